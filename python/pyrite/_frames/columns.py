"""Arrow's columns of plain Python values. PyArrow's own way there imports pandas, which takes longer than a small query."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import date
from itertools import accumulate
from typing import Any

__all__ = ["CLASSES", "arrow_type", "column"]

# By a type's name: the only class that its values have here.
CLASSES = {
    "byte": int, "short": int, "integer": int, "long": int, "double": float, "string": str, "boolean": bool, "date": date,
}  # fmt: skip

# What Python's arrays call the same numbers.
_CODES = {"byte": "b", "short": "h", "integer": "i", "long": "q", "double": "d", "date": "i"}

_EPOCH = date(1970, 1, 1).toordinal()


def arrow_type(kind: str) -> Any:
    """Arrow's type of a kind."""
    import pyarrow as pa

    types = {
        "byte": pa.int8(), "short": pa.int16(), "integer": pa.int32(), "long": pa.int64(), "double": pa.float64(),
        "string": pa.string(), "boolean": pa.bool_(), "date": pa.date32(),
    }  # fmt: skip
    return types[kind]


def column(values: Sequence[Any], kind: str) -> Any:
    """The values, each of the kind's class or None.

    Raises
    ------
    OverflowError, ValueError
        One doesn't fit: a long number, a lone surrogate.
    """
    import pyarrow as pa

    valid = None
    if None in values:
        valid = _bits([value is not None for value in values])
        nothing = date.fromordinal(_EPOCH) if kind == "date" else CLASSES[kind]()
        values = [nothing if value is None else value for value in values]
    if kind == "string":
        texts = [value.encode() for value in values]
        offsets = array("i", accumulate(map(len, texts), initial=0))
        parts = [pa.py_buffer(offsets), pa.py_buffer(b"".join(texts))]
    elif kind == "boolean":
        parts = [_bits(values)]
    else:
        numbers = [value.toordinal() - _EPOCH for value in values] if kind == "date" else values
        parts = [pa.py_buffer(array(_CODES[kind], numbers))]
    return pa.Array.from_buffers(arrow_type(kind), len(values), [valid, *parts])


def _bits(values: Sequence[bool]) -> Any:
    import numpy as np
    import pyarrow as pa

    return pa.py_buffer(np.packbits(np.array(values, bool), bitorder="little").tobytes())
