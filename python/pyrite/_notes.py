"""What a task's exception is told on its way out: the operation, the partition, the record; and a hint where the
mistake is a usual one. The engine calls this for each exception of a user's function.
"""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any

from pyrite._traceback import without_our_frames

_RECORD_LENGTH = 200
_WHILE = "while running "

_ROW, _VALUE, _TWO = "f(row)", "f(value)", "f(a, b)"
# How an operation calls its function.
_CALLS = {
    "aggregate": "seqOp(result, row) and combOp(result, result)",
    "aggregateByKey": "seqFunc(result, value) and combFunc(result, result)",
    "combineByKey": "createCombiner(value), mergeValue(combiner, value) and mergeCombiners(combiner, combiner)",
    "filter": _ROW,
    "flatMap": _ROW,
    "flatMapValues": _VALUE,
    "fold": _TWO,
    "foldByKey": _TWO,
    "foreach": _ROW,
    "foreachPartition": "f(iterator)",
    "groupBy": _ROW,
    "keyBy": _ROW,
    "map": _ROW,
    "mapPartitions": "f(iterator)",
    "mapPartitionsWithIndex": "f(index, iterator)",
    "mapValues": _VALUE,
    "partitionBy": "f(key)",
    "reduce": _TWO,
    "reduceByKey": _TWO,
    "reduceByKeyLocally": _TWO,
    "sortBy": _ROW,
    "sortByKey": "f(key)",
}


def annotate(
    error: BaseException,
    traceback: TracebackType | None,
    operation: str,
    partition: int | None,
    *record: Any,
) -> None:
    """Add the notes; an exception that came through an operation further on has them already."""
    if any(note.startswith(_WHILE) for note in getattr(error, "__notes__", ())):
        return
    note = _WHILE + operation
    if partition is not None:
        note += f" on partition {partition}"
    if record:
        note += f"; the record: {_shown(record[0])}"
    error.add_note(note)
    # The hints are for what went wrong around the function, not inside it.
    if without_our_frames(traceback) is None:
        hint = _hint(error, operation.partition(" ")[0], *record)
        if hint:
            error.add_note(hint)


def _shown(record: Any) -> str:
    try:
        text = repr(record)
    except Exception:  # noqa: BLE001 - the user's own __repr__
        return "(its repr failed)"
    return text if len(text) <= _RECORD_LENGTH else text[:_RECORD_LENGTH] + "..."


def _hint(error: BaseException, method: str, *record: Any) -> str | None:
    text = str(error)
    if not isinstance(error, TypeError | ValueError):
        return None
    if "unpack" in text:
        hint = f"{method} works on pairs, (key, value), and this record is not one"
        return hint + _instead_of(*record)
    if "unhashable type" in text:
        return "keys, and rows that are compared with each other, must be hashable: use a tuple in place of a list"
    if "not supported between instances" in text:
        return f"{method} can only order values of one kind: convert them first, for example with str() or float()"
    if "for %: " in text or "string formatting" in text or "interpreted as an integer" in text:
        return "a partition function must return an int"
    if "is not iterable" in text and method in ("flatMap", "flatMapValues"):
        return f"{_given(method)}, which must return a list (or another iterable), [] for nothing"
    if "is not iterable" in text and method in ("mapPartitions", "mapPartitionsWithIndex"):
        return f"{_given(method)}, which must return a list (or another iterable), or be a generator"
    if "object is not callable" in text and method in _CALLS:
        return f"{method} takes a function: a lambda, or a function's name without ()"
    if "is not iterable" in text and _CALLS.get(method) in (_ROW, _VALUE):
        return f"{_given(method)}; rdd.sum(), rdd.max() or rdd.reduce(...) work on all rows"
    if re.search(r"positional argument|arguments? \(|expected .* arguments?", text) and method in _CALLS:
        hint = f"{method} calls its function as {_CALLS[method]}"
        if "missing" in text and _CALLS[method] == _ROW and isinstance((*record, ())[0], tuple):
            hint += "; a pair is one argument: take it apart with row[0] and row[1]"
        if _CALLS[method] == _VALUE:
            hint += ", without the key"
        return hint
    return None


def _given(method: str) -> str:
    return f"{method} calls its function as {_CALLS[method]}"


def _instead_of(*record: Any) -> str:
    """How to make a pair of a record that is none."""
    if not record:
        return ""
    if record[0] is None:
        return "; the function before it returned None: does it end with `return`?"
    if isinstance(record[0], str):
        return "; to count words, first make pairs: map(lambda word: (word, 1))"
    return ""
