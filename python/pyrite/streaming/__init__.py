"""PySpark's streaming API: `StreamingContext` makes streams, `DStream` is one."""

from pyrite.streaming.context import StreamingContext
from pyrite.streaming.dstream import DStream
from pyrite.streaming.listener import StreamingListener
from pyrite.streaming.receiver import Receiver
from pyrite.streaming.state import State, StateSpec

__all__ = ["DStream", "Receiver", "State", "StateSpec", "StreamingContext", "StreamingListener"]
