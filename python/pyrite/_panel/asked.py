"""What `live` may be asked for, here and on a cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["By", "check"]

By = Callable[[Any], Any] | int | str | None


def check(n: int, by: By) -> None:
    """Refuse what isn't a number of rows, or says nothing to rank by.

    Raises
    ------
    ValueError
        `n` is not 1 or more.
    TypeError
        `by` is neither a function of a row nor the index or name of a field.
    """
    if type(n) is not int or n < 1:
        raise ValueError(f"live(n) shows n rows, 1 or more, not {n!r}")
    if isinstance(by, bool) or not (by is None or isinstance(by, int | str) or callable(by)):
        raise TypeError(f"live(by=...) ranks by a function of a row, or by the index of a field, not by {by!r}")
