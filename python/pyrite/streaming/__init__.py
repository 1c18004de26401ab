"""PySpark's streaming API: `StreamingContext` makes streams, `DStream` is one."""

from pyrite.streaming.context import StreamingContext
from pyrite.streaming.dstream import DStream
from pyrite.streaming.listener import StreamingListener

__all__ = ["DStream", "StreamingContext", "StreamingListener"]
