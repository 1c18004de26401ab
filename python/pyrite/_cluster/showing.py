"""`live` on a cluster: the view in a cell needs this machine's engine, so here it prints, as `pprint` does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pyrite._panel.asked import By, check

__all__ = ["live"]


def live(self: Any, n: int = 10, by: By = None) -> None:
    """Print `n` rows of every batch: those that are largest `by` a function of a row, or an index or name of a field;
    without it, pairs (key, number) with the largest numbers, and of other rows the first.

    Raises
    ------
    ValueError
        `n` is not 1 or more.
    TypeError
        `by` is none of these.
    """
    check(n, by)

    def show(time: datetime, rdd: Any) -> None:
        first = rdd.take(n + 1)
        rank = _second if by is None and first and all(map(_is_counted, first)) else _rank(by)
        rows = first[:n] if rank is None else rdd.top(n, key=rank)
        line = "-" * 43
        text = "\n".join([line, f"Time: {time}", line, *map(str, rows), *(["..."] if len(first) > n else []), ""])
        print(text)

    self.foreachRDD(show)


def _is_counted(row: Any) -> bool:
    return isinstance(row, tuple) and len(row) == 2 and isinstance(row[1], int | float) and not isinstance(row[1], bool)


def _rank(by: By) -> Callable[[Any], Any] | None:
    if isinstance(by, int):
        return lambda row: row[by]
    if isinstance(by, str):
        return lambda row: row[by] if isinstance(row, dict) else getattr(row, by)
    return by


# A function of the program's, for the executors: they have no Pyrite.
_second = _rank(1)
