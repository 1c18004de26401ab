"""A chain of row operations as one Python function.

Python calls a function of Python's from its own loop for about half of what the call costs from outside, since 3.11
makes no frame of C's for it. So where a task runs several functions for each row, the loop round them is written out
in Python and compiled, once for each kind of chain; rows, order and laziness are those of the engine's own loop.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

__all__ = ["Stopped", "stops", "written"]

# Frames of this file are not shown to anybody.
_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "<chain>")

# Loops that stand inside each other: the compiler takes 20 blocks.
_DEEPEST = 12

# Of so many elements of one flatMap's results the loop looks once whether it is to go on.
_LOOK = 1024

_MISSING = object()

# Where a line of the loop belongs: the operation (none: the engine's own), and the name of the record.
Place = tuple[int | None, str | None]


class Stopped(Exception):
    """A function's StopIteration on its way out of a generator, which must not raise one."""


class _Loop:
    """The lines of one loop, and where each belongs."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.places: list[Place] = [(None, None)]
        self.depth = 0

    def add(self, line: str, operation: int | None = None, record: str | None = None) -> None:
        self.lines.append("    " * self.depth + line)
        self.places.append((operation, record))

    def open(self, line: str, operation: int | None = None, record: str | None = None) -> None:
        self.add(line, operation, record)
        self.depth += 1


# What a key step sees of the row; `key` of a pair that is no tuple makes one.
_SEEN = {"key_of_row": "{row}", "key_of_first": "{row}[0]", "key_of_key": "k{at}"}


def _step(loop: _Loop, at: int, kind: str, row: str) -> str:
    """One operation on what the variable `row` holds; gives the variable that holds what comes of it."""
    out, call = f"r{at + 1}", f"f{at}"

    def add(line: str) -> None:
        loop.add(line, at, row)

    def elements(variable: str) -> None:
        loop.open(f"for {variable} in i{at}:", at)
        loop.add(f"n = counts[{at + 1}] = counts[{at + 1}] + 1")
        loop.add(f"if not n % {_LOOK}: look()")

    if kind == "map":
        add(f"{out} = {call}({row})")
    elif kind == "filter":
        add(f"if not {call}({row}): continue")
        loop.add(f"counts[{at + 1}] += 1")
        return row
    elif kind == "flat_map":
        add(f"i{at} = iter({call}({row}))")
        elements(out)
    elif kind == "map_values":
        add(f"{out} = ({row}[0], {call}({row}[1]))")
    elif kind == "as_it_is":
        add(f"{out} = {row} if type({row}) is tuple and len({row}) == 2 else ({row}[0], {row}[1])")
    elif kind == "flat_map_values":
        add(f"k{at}, i{at} = {row}[0], iter({call}({row}[1]))")
        elements("e")
        loop.add(f"{out} = (k{at}, e)")
    else:
        seen, beside, _ = kind.partition("_beside")
        if seen == "key_of_key":
            add(f"k{at}, v{at} = {row}")
        key = f"{call}({_SEEN[seen].format(row=row, at=at)})"
        pair = f"{row} if type({row}) is tuple else (k{at}, v{at})" if seen == "key_of_key" else row
        add(f"{out} = ({key}, {pair})" if beside else f"{out} = {key}")
    return out


def _merge(loop: _Loop, at: int, tail: str, row: str) -> None:
    """What a table does with a row; the operation `at` is the table's."""
    if tail == "fold":
        loop.add(f"kept = {row} if kept is MISSING else merge(kept, {row})", at)
        return
    loop.add(f"k, v = {row}", at, row)
    loop.add("found = get(k, MISSING)", at, row)
    first = "create(v)" if tail == "create" else "v"
    loop.add(f"table[k] = {first} if found is MISSING else merge(found, v)", at, row)


_ARGUMENTS = {
    "yield": [],
    "fold": ["table", "merge"],
    "reduce": ["table", "merge"],
    "create": ["table", "merge", "create"],
}


def stops(functions: tuple[Any, ...]) -> bool:
    """Whether a function calls the debugger, which would go on from it into the loop."""
    for function in functions:
        names = getattr(getattr(function, "__code__", None), "co_names", ())
        if "breakpoint" in names or "set_trace" in names:
            return True
    return False


@functools.lru_cache(maxsize=256)
def written(kinds: tuple[str, ...], tail: str) -> tuple[Callable[..., Any], tuple[Place, ...]] | None:
    """The loop, and the place of each of its lines.

    `kinds` are the operations, by the engine's names; `tail` says what becomes of a row: "yield", or what a table does
    with it ("reduce", "create", "fold"). The loop takes the rows, the counts (the one at `i`, of what comes out of the
    filter or flatMap before operation `i`), what it calls now and then, the table with its functions, and the
    operations'. None where the chain is too deep.
    """
    if sum(kind.startswith("flat_map") for kind in kinds) > _DEEPEST:
        return None
    loop = _Loop()
    functions = [f"f{at}" for at in range(len(kinds))]
    loop.open(f"def chain({', '.join(['rows', 'counts', 'look', *_ARGUMENTS[tail], *functions])}):")
    if tail == "yield":
        loop.open("try:")
    elif tail == "fold":
        loop.add("kept = table.get(None, MISSING)")
    else:
        loop.add("get = table.get")
    loop.open("for r0 in rows:")
    row = "r0"
    for at, kind in enumerate(kinds):
        row = _step(loop, at, kind, row)
    if tail == "yield":
        loop.add(f"yield {row}")
        loop.depth = 1
        loop.open("except StopIteration as stop:")
        loop.add("raise Stopped(stop) from None")
    else:
        _merge(loop, len(kinds), tail, row)
    if tail == "fold":
        loop.depth = 1
        loop.add("if kept is not MISSING: table[None] = kept")
    names: dict[str, Any] = {
        "__name__": __name__,  # who asks where it is called from gets a name
        "MISSING": _MISSING,
        "Stopped": Stopped,
        "iter": iter,
        "len": len,
        "tuple": tuple,
        "type": type,
    }
    exec(compile("\n".join(loop.lines) + "\n", _FILE, "exec"), names)
    return names["chain"], tuple(loop.places)
