"""Small pieces of Python that the engine calls: pickling of rows, unpacking of pairs, what can't change."""

from __future__ import annotations

import datetime
import pickle
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pyrite._records import is_record


def dumps(rows: list[Any]) -> bytes:
    """Pickles rows as PySpark does: by cloudpickle where pickle can't, so that lambdas go too.

    Raises pickle.PicklingError with PySpark's text when a row doesn't pickle.
    """
    by_name = plain(rows)
    if by_name is not None:
        return by_name
    from pyrite import _inprocess

    return pickled(_inprocess.dump_rows, rows)


def plain(rows: list[Any]) -> bytes | None:
    """The rows as pickle itself writes them, classes by their names; None where that is impossible."""
    try:
        return pickle.dumps(rows, 5)
    except MemoryError:
        # A group that doesn't fit says so; no other pickler could do more.
        raise
    except Exception:  # noqa: BLE001 - a row's own __reduce__ may raise anything; another pickler gets its turn
        return None


def pickled(dump: Callable[[Any], bytes], value: Any) -> bytes:
    """`dump(value)`, with PySpark's PicklingError whatever it fails with."""
    try:
        return dump(value)
    except pickle.PicklingError:
        raise
    except Exception as error:
        message = f"Could not serialize object: {type(error).__name__}: {error}"
        raise pickle.PicklingError(message) from error


def unpack(row: Any) -> tuple[Any, Any]:
    """The pair that `row` is, with Python's own error where it is none."""
    key, value = row
    return key, value


_IMMUTABLE = {
    complex,
    datetime.date,
    datetime.datetime,
    datetime.time,
    datetime.timedelta,
    range,
    type(Ellipsis),
}


def is_immutable(value: Any) -> bool:
    """Whether `value` can't change at any depth, so that two readers may share it."""
    kind = type(value)
    if kind in (tuple, frozenset) or (issubclass(kind, tuple) and is_record(kind)):
        # Not by the class's own __iter__.
        return all(map(is_immutable, tuple.__iter__(value) if kind is not frozenset else value))
    if kind in (int, str, float, bool, bytes, type(None)):
        return True
    if kind in _IMMUTABLE:
        return getattr(value, "tzinfo", None) is None
    return (kind.__module__, kind.__qualname__) in {("decimal", "Decimal"), ("uuid", "UUID"), ("fractions", "Fraction")}


def messages(rows: list[Any]) -> list[tuple[bytes | None, bytes | None]]:
    """Each row as a message of Kafka: a str, bytes or None is its value, a pair of them key and value.

    Raises
    ------
    TypeError
        A row is something else.
    """
    return [_message(row) for row in rows]


def _message(row: Any) -> tuple[bytes | None, bytes | None]:
    if isinstance(row, tuple) and len(row) == 2:
        return _encoded(row[0], "the key of a message"), _encoded(row[1], "the value of a message")
    return None, _encoded(row, "a message")


def _encoded(value: Any, what: str) -> bytes | None:
    if value is None or type(value) is bytes:
        return value
    if isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    error = TypeError(f"{what} is str, bytes or None, not {type(value).__name__}: {value!r:.60}")
    error.add_note(
        "saveToKafka writes str, bytes, None and pairs of them: say how others are written, such as value=str"
    )
    raise error


def serve(run: Callable[[], None]) -> None:
    """What a task thread does: it runs tasks until it is let go, or told to leave a task that nobody waits for."""
    with suppress(SystemExit):
        run()
