"""Patterns that the `regex` crate can't say, as steps of the engine's own backtracker (`Step` of the engine's tree)."""

from __future__ import annotations

import re
from collections.abc import Callable
from re import _constants as sre  # type: ignore[attr-defined]
from typing import Any

from .decline import Decline
from .node import Json

#: Writes what needs no step of its own in the crate's syntax.
Write = Callable[[Any, Any, int], str]
_OWN = (sre.ASSERT, sre.ASSERT_NOT, sre.GROUPREF)
_MOST = 1000
# Newer interpreters find it in an empty text.
_B_OF_NOTHING = re.search(r"\B", "") is not None


def steps(parsed: Any, flags: int, write: Write) -> Json:
    """The steps of a parsed pattern."""
    made: list[Json] = []
    plain = ""
    for op, argument in parsed:
        if not _is_own(op, argument, flags):
            plain += write(op, argument, flags)
            continue
        if plain:
            made.append({"syntax": plain})
            plain = ""
        made.append(_step(op, argument, flags, write))
    if plain or not made:
        made.append({"syntax": plain})
    return made[0] if len(made) == 1 else {"concat": made}


def _parts(op: Any, argument: Any, flags: int) -> tuple[list[Any], int]:
    """The patterns within an element and the flags there."""
    if op is sre.BRANCH:
        return list(argument[1]), flags
    if op is sre.SUBPATTERN:
        return [argument[3]], (flags | argument[1]) & ~argument[2]
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        return [argument[2]], flags
    if op in (sre.ASSERT, sre.ASSERT_NOT):
        return [argument[1]], flags
    return [], flags


def _is_own(op: Any, argument: Any, flags: int) -> bool:
    if op in _OWN or (op is sre.SUBPATTERN and argument[0] is not None):
        return True
    if op is sre.AT:
        ends = argument is sre.AT_END and not flags & sre.SRE_FLAG_MULTILINE
        return ends or argument in (sre.AT_BOUNDARY, sre.AT_NON_BOUNDARY)
    inner, flags = _parts(op, argument, flags)
    return any(_is_own(o, a, flags) for part in inner for o, a in part)


def _has_groups(parsed: Any, flags: int) -> bool:
    for op, argument in parsed:
        if op is sre.SUBPATTERN and argument[0] is not None:
            return True
        inner, _ = _parts(op, argument, flags)
        if any(_has_groups(part, flags) for part in inner):
            return True
    return False


def _step(op: Any, argument: Any, flags: int, write: Write) -> Json:
    if op is sre.AT:
        if argument is sre.AT_END:
            return "end"
        if argument is sre.AT_NON_BOUNDARY and _B_OF_NOTHING:
            raise Decline("its pattern has \\B")
        return {"boundary": {"negated": argument is not sre.AT_BOUNDARY, "ascii": bool(flags & sre.SRE_FLAG_ASCII)}}
    if op is sre.GROUPREF:
        if flags & sre.SRE_FLAG_IGNORECASE:
            raise Decline("its pattern refers back to a group whatever its case")
        return {"back": argument}
    inner, flags = _parts(op, argument, flags)
    if op in (sre.ASSERT, sre.ASSERT_NOT):
        return _around(op, argument, flags, write)
    if op is sre.BRANCH:
        return {"branch": [steps(part, flags, write) for part in inner]}
    made = steps(inner[0], flags, write)
    if op is sre.SUBPATTERN:
        return made if argument[0] is None else {"group": [argument[0], made]}
    if op not in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        raise Decline("its pattern has an unknown element")
    least, most, _ = argument
    if inner[0].getwidth()[0] < 1 and most > 1:
        raise Decline("its pattern repeats what can match empty")
    if least > _MOST or (most is not sre.MAXREPEAT and most > _MOST):
        raise Decline("its pattern repeats too often")
    upper = None if most is sre.MAXREPEAT else int(most)
    return {"repeat": {"least": int(least), "most": upper, "greedy": op is sre.MAX_REPEAT, "of": made}}


def _around(op: Any, argument: Any, flags: int, write: Write) -> Json:
    direction, inner = argument
    if _has_groups(inner, flags):
        raise Decline("its pattern has a group in what looks ahead or behind")
    behind = None
    if direction < 0:
        least, most = inner.getwidth()
        if least != most:
            raise Decline("its pattern looks behind for something of no fixed width")
        behind = int(least)
    return {"around": {"behind": behind, "negated": op is sre.ASSERT_NOT, "of": steps(inner, flags, write)}}
