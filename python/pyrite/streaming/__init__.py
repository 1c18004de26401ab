"""PySpark's streaming API: `StreamingContext` makes streams, `DStream` is one.

On a cluster the names are those of the real `pyspark.streaming`.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

import pyrite

if TYPE_CHECKING:
    from pyrite.streaming.context import StreamingContext
    from pyrite.streaming.dstream import DStream
    from pyrite.streaming.listener import StreamingListener
    from pyrite.streaming.receiver import Receiver
    from pyrite.streaming.state import State, StateSpec

__all__ = ["DStream", "Receiver", "State", "StateSpec", "StreamingContext", "StreamingListener"]

_HOMES = {
    "DStream": "dstream",
    "Receiver": "receiver",
    "State": "state",
    "StateSpec": "state",
    "StreamingContext": "context",
    "StreamingListener": "listener",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        if not name.startswith("_") and importlib.util.find_spec(f"pyrite.streaming.{name}"):
            return importlib.import_module(f"pyrite.streaming.{name}")
        raise AttributeError(f"module 'pyrite.streaming' has no attribute {name!r}", name=name)
    if pyrite._handed_over:
        return getattr(importlib.import_module("pyspark.streaming"), name)
    value = globals()[name] = getattr(importlib.import_module(f"pyrite.streaming.{home}"), name)
    return value
