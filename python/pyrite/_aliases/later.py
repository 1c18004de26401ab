"""What the client's modules see otherwise when they import: each is run with an `__import__` of its own.

Libraries that they import at their start and a program may never need come at their first use; and to them this is a
process without a JVM, whatever others are told. Nobody else sees that: `sys.modules` has no stand-ins.
"""

from __future__ import annotations

import builtins
import importlib
import shutil
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

__all__ = ["own_builtins", "running"]

# pandas takes longer than all the rest of the client.
_LATER = ("pandas",)

_running = threading.local()


@contextmanager
def running(module: ModuleType) -> Iterator[None]:
    """A module of the client's runs for the first time: what it imports at its top level may come later."""
    names = vars(_running).setdefault("names", [])
    names.append(module.__name__)
    try:
        yield
    finally:
        names.pop()


def own_builtins() -> dict[str, Any]:
    """The built-in names with an `__import__` that puts off what it can."""
    return {**vars(builtins), "__import__": _import}


def _import(
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    if level == 0 and globals is not None:
        if name == "pyspark.util" and fromlist:
            return _Util(name)
        if name == "pyspark.testing.utils" and fromlist == ("should_test_connect",):
            return _Tested(name)  # a package for tests: it imports all that it might use
        library = name.partition(".")[0]
        if library not in sys.modules:
            at_top = vars(_running).get("names") or [None]
            if library in _LATER and globals.get("__name__") == at_top[-1]:
                return _Later(name, annotations=not fromlist)
            if name == "IPython.utils.terminal":
                return _Terminal(name)
            if library == "IPython":
                # The client asks whether it runs in IPython: whoever does has loaded it.
                raise ModuleNotFoundError(f"{name} is not loaded", name=name)
    return builtins.__import__(name, globals, locals, fromlist or (), level)


class _Later(ModuleType):
    """Stands for a library. While the client is loaded its names are those of annotations, or are imported."""

    def __init__(self, name: str, annotations: bool) -> None:
        super().__init__(name)
        self._annotations = annotations

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if not vars(_running).get("names"):
            return getattr(importlib.import_module(self.__name__), name)
        return Any if self._annotations else _Function(self.__name__, name)


class _Function:
    """A function of such a library: it is found when it is called."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(importlib.import_module(self._module), self._name)(*args, **kwargs)


class _Util(ModuleType):
    """`pyspark.util`, where there is no JVM: modules have other names then."""

    @staticmethod
    def is_remote_only() -> bool:
        """Always."""
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module("pyspark.util"), name)


class _Tested(ModuleType):
    # What it means is found out by `pyrite._extra.installed`.
    should_test_connect = True


class _Terminal(ModuleType):
    # IPython takes it from the standard library itself.
    @staticmethod
    def get_terminal_size(defaultx: int = 80, defaulty: int = 25) -> tuple[int, int]:
        """Columns and lines."""
        return shutil.get_terminal_size((defaultx, defaulty))
