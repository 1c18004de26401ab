"""A program's names that were Pyrite's when it imported them become the real PySpark's.

A notebook imports SparkContext and StreamingContext cells before a master says that they are a cluster's.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from types import FunctionType, ModuleType
from typing import Any

import pyrite
from pyrite._aliases.finder import Facade
from pyrite._aliases.names import MODULES

__all__ = ["rename"]

_OURS = ("pyrite", "pyspark", "py4j", "findspark")


def rename(facades: Sequence[Facade]) -> None:
    """Put PySpark's modules, classes and functions in the places of Pyrite's, in modules that are neither's."""
    for name in (*pyrite._HOMES, *pyrite.BESIDES):
        vars(pyrite).pop(name, None)
    streaming = sys.modules.get("pyrite.streaming")
    pairs = _pairs()
    for name in (*streaming.__all__, "kafka") if streaming is not None else ():
        vars(streaming).pop(name, None)
    sys.modules.pop("pyrite.streaming.kafka", None)
    if not facades and not pairs:
        return
    for facade in facades:
        real = _imported(facade.__name__)
        if real is not None:
            facade.become(real)
            pairs[id(facade)] = (facade, real)
    for name, module in list(sys.modules.items()):
        if isinstance(module, ModuleType) and name.partition(".")[0] not in _OURS:
            _rename_in(vars(module), pairs)


def _rename_in(names: dict[str, Any], pairs: dict[int, tuple[Any, Any]]) -> None:
    for name, value in list(names.items()):
        pair = pairs.get(id(value))
        if pair is not None and pair[0] is value:
            names[name] = pair[1]


def _pairs() -> dict[int, tuple[Any, Any]]:
    """Of each public class and function that is loaded: its id, it and the real one."""
    pairs: dict[int, tuple[Any, Any]] = {}
    for place in ("sql", "streaming", *MODULES):
        ours = sys.modules.get(f"pyrite.{place}")
        real = None if ours is None else _imported(f"pyspark.{place}")
        if real is None:
            continue
        pairs[id(ours)] = (ours, real)
        for name, value in list(vars(ours).items()):
            if isinstance(value, (type, FunctionType)) and value.__module__.startswith("pyrite"):
                other = getattr(real, name, None)
                if isinstance(other, (type, FunctionType)):
                    pairs[id(value)] = (value, other)
    return pairs


def _imported(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None  # Pyrite's own: a KafkaUtils that lacks its client is another ImportError, which the user reads
