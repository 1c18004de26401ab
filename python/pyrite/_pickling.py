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


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """A pickler for functions that are going to raise."""

    def reducer_override(self, value: Any) -> Any:
        """Code keeps its file's name; everything else is cloudpickle's."""
        if type(value) is CodeType:
            make, arguments = cloudpickle.Pickler.dispatch_table[CodeType](value)[:2]
            return code, (value.co_filename, make, arguments)
        return super().reducer_override(value)


def dumps_with_classes(value: Any) -> bytes:
    """The value, and by their names the classes of `__main__` that it needs."""
    with io.BytesIO() as file:
        pickler = _Collecting(file)
        # The dict is pickled when it is full.
        pickler.dump((value, pickler.classes))
        return file.getvalue()


class _Collecting(Pickler):
    """Notes which classes of `__main__` come by."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.classes: dict[str, type] = {}

    def reducer_override(self, value: Any) -> Any:
        """As the others do."""
        if isinstance(value, type) and value.__module__ == "__main__":
            name = value.__qualname__
            found_by_name = vars(sys.modules["__main__"]).get(name) is value
            if found_by_name:
                self.classes[name] = value
        return super().reducer_override(value)


def dumps(value: Any) -> bytes:
    """As `cloudpickle.dumps`."""
    with io.BytesIO() as file:
        Pickler(file).dump(value)
        return file.getvalue()


def code(file: str, make: Callable[..., CodeType], arguments: tuple[Any, ...]) -> CodeType:
    """The code object that the pickler saw."""
    made = make(*arguments)
    return made if made.co_filename == file else made.replace(co_filename=file)
