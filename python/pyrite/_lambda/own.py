"""The package's own functions of rows.

They are compiled whatever `pyrite.native` says, which is about a user's functions, and whatever watches the
interpreter: there is nothing of the user's in them.
"""

from __future__ import annotations

from typing import Any


def beside_nothing(row: Any) -> tuple[Any, None]:
    """A row as a key."""
    return (row, None)


def beside_true(row: Any) -> tuple[Any, bool]:
    """A row as a key with a value of some kind."""
    return (row, True)


def first_of(first: Any, again: Any) -> Any:
    """What came first."""
    return first


def key_of(pair: Any) -> Any:
    """The first element of a pair."""
    return pair[0]


def value_of(pair: Any) -> Any:
    """The second element of a pair."""
    return pair[1]


def text_of(row: Any) -> str:
    """A row as `saveAsTextFile` writes it: bytes decoded as UTF-8, what is a str as it is, anything else by `str()`."""
    if isinstance(row, bytes):
        return row.decode("utf-8", "replace")
    # What a class of its own says is not asked of a text.
    return "".join((row,)) if isinstance(row, str) and type(row) is not str else str(row)


_ALL = (beside_nothing, beside_true, first_of, key_of, value_of, text_of)
CODES = frozenset(function.__code__ for function in _ALL)
