"""cloudpickle, with the file's name left in each code object: a traceback shows the program's lines by it.

From version 3.1.3 on cloudpickle puts `<dynamic-code>` there, so that its pickles don't depend on where they are made.
"""

from __future__ import annotations

import io
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


def dumps(value: Any) -> bytes:
    """As `cloudpickle.dumps`."""
    with io.BytesIO() as file:
        Pickler(file).dump(value)
        return file.getvalue()


def code(file: str, make: Callable[..., CodeType], arguments: tuple[Any, ...]) -> CodeType:
    """The code object that the pickler saw."""
    made = make(*arguments)
    return made if made.co_filename == file else made.replace(co_filename=file)
