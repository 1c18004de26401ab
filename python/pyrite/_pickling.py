"""cloudpickle, with the file's name left in each code object: a traceback shows the program's lines by it.

From version 3.1.3 on cloudpickle puts `<dynamic-code>` there, so that its pickles don't depend on where they are made.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

import cloudpickle

from pyrite._nameless import Maker, has_a_name, made_by


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """A pickler for functions that are going to raise."""

    def reducer_override(self, value: Any) -> Any:
        """Code keeps its file's name; everything else is cloudpickle's."""
        if type(value) is CodeType:
            make, arguments = cloudpickle.Pickler.dispatch_table[CodeType](value)[:2]
            return code, (value.co_filename, make, arguments)
        return super().reducer_override(value)


def dumps_with_classes(value: Any) -> bytes:
    """The value, and by modules and names the classes that it needs of which another process doesn't know."""
    with io.BytesIO() as file:
        pickler = _Collecting(file)
        # The dict is pickled when it is full.
        pickler.dump((value, pickler.classes))
        return file.getvalue()


class _Collecting(Pickler):
    """Notes which classes come by that only this process finds."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        #: By module and name the class, and its name in full, which cloudpickle leaves behind.
        self.classes: dict[tuple[str, str], tuple[type, str]] = {}

    def reducer_override(self, value: Any) -> Any:
        """As the others do."""
        if isinstance(value, type):
            kind: type = value
            name = kind.__qualname__
            found_by_name = kind.__module__ == "__main__" and vars(sys.modules["__main__"]).get(name) is kind
            if found_by_name:
                self.classes["__main__", name] = kind, name
            elif not has_a_name(kind):
                self.classes[Maker.__module__, made_by(kind).name] = kind, name
        return super().reducer_override(value)


def dumps(value: Any) -> bytes:
    """As `cloudpickle.dumps`."""
    with io.BytesIO() as file:
        Pickler(file).dump(value)
        return file.getvalue()


class _Plain(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles that a process without Pyrite can load, too."""

    def reducer_override(self, value: Any) -> Any:
        """Code keeps its file's name, where that stands among what it is made of."""
        if type(value) is CodeType:
            make, arguments = cloudpickle.Pickler.dispatch_table[CodeType](value)[:2]
            return make, tuple(value.co_filename if each == "<dynamic-code>" else each for each in arguments)
        return super().reducer_override(value)


def plain_dumps(value: Any, protocol: int) -> bytes:
    """As `cloudpickle.dumps`; who loads it needs no Pyrite."""
    with io.BytesIO() as file:
        _Plain(file, protocol).dump(value)
        return file.getvalue()


def code(file: str, make: Callable[..., CodeType], arguments: tuple[Any, ...]) -> CodeType:
    """The code object that the pickler saw."""
    made = make(*arguments)
    return made if made.co_filename == file else made.replace(co_filename=file)
