r"""Patterns of `re` for the engine: parsed by CPython's own parser, compiled only where both engines agree.

What is emitted in `Matcher::Regex` is in the `regex` crate's syntax, with no flags set outside it. Every class is
written in brackets; `{{w}} {{W}} {{d}} {{D}} {{s}} {{S}}` stand only within brackets and are to be replaced by the
ranges (`\x{..}-\x{..}`, no brackets) of the interpreter's `\w \W \d \D \s \S`. Nothing else in the text looks like
them: a literal brace is `\x{7b}`. `\b` between the interpreter's `\w` and `\W` is the crate's own on ASCII texts; on
others the crate can't say it. That, what looks ahead or behind, `$` in the middle, references back to a group and
patterns that may match nothing where match after match is found are steps (`steps.py`). Groups are numbered as in
Python and never named.
"""

from __future__ import annotations

import re
import warnings
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from .classes import Class, escape, single
from .decline import Decline
from .node import Json, MatchInfo, check_text
from .steps import steps

_PARSED_FLAGS = re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE | re.ASCII | re.UNICODE
_REFUSED = {
    sre.ASSERT: "looks ahead or behind",
    sre.ASSERT_NOT: "looks ahead or behind",
    sre.GROUPREF: "refers back to a group",
    sre.GROUPREF_EXISTS: "has a conditional group",
    sre.GROUPREF_IGNORE: "refers back to a group",
    sre.ATOMIC_GROUP: "has an atomic group",
    sre.POSSESSIVE_REPEAT: "has a possessive repeat",
}
# These find match after match, so an empty match would matter.
_CONSUMING = ("split", "sub", "findall", "finditer")


# What stands for `\\b`.
_BOUNDARY = "{{b}}"


def translate_pattern(source: Any, flags: int, function: str, scans: bool = True) -> tuple[Json, MatchInfo]:
    """The engine's pattern for `function` (split, sub, findall, search, match, fullmatch) and what its groups are.

    One character class is a scan by table, where that is wanted.
    """
    if not isinstance(source, str):
        raise Decline("its pattern is not a str")
    check_text(source, "its pattern")
    if flags & ~int(_PARSED_FLAGS):
        raise Decline("its pattern has a flag that is not compiled")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = _parser.parse(source, flags)
    except (re.error, OverflowError, RecursionError, ValueError):
        raise Decline("its pattern is malformed") from None
    flags = parsed.state.flags
    if flags & ~int(_PARSED_FLAGS):
        raise Decline("its pattern has a flag that is not compiled")
    groups = parsed.state.groups - 1
    whole = True
    matcher = _class_matcher(parsed, flags) if groups == 0 and scans else None
    if matcher is None:
        matcher, whole = _matcher(parsed, flags, function)
    info = MatchInfo(dict(parsed.state.groupdict), groups, whole, pattern=(source, flags))
    return {"source": source, "groups": groups, "matcher": matcher}, info


def anchored(pattern: Json, function: str) -> Json:
    """The same pattern for `finditer` where it is to match at the begin only, or the whole text."""
    matcher = pattern["matcher"]
    begin, end = r"\A", r"\z" if function == "fullmatch" else ""
    if "regex" in matcher:
        return {**pattern, "matcher": {"regex": f"{begin}(?:{matcher['regex']}){end}"}}
    parts = [{"syntax": begin}, matcher["steps"]["steps"], *([{"syntax": end}] if end else [])]
    ascii_ = matcher["steps"]["ascii"]
    ascii_ = None if ascii_ is None else f"{begin}(?:{ascii_}){end}"
    return {**pattern, "matcher": {"steps": {"steps": {"concat": parts}, "ascii": ascii_}}}


def _matcher(parsed: Any, flags: int, function: str) -> tuple[Json, bool]:
    """In the crate's syntax where that is possible, and whether the whole match ends where it does in Python."""
    writer = _Writer(function)
    refused, syntax = None, None
    try:
        syntax = writer.sequence(parsed, flags, last=True)
    except Decline as decline:
        refused = decline
    empty = function in _CONSUMING and parsed.getwidth()[0] < 1
    if syntax is not None and not empty and _BOUNDARY not in syntax:
        return {"regex": syntax}, not writer.newline
    try:
        made = steps(parsed, flags, lambda op, argument, flags: _Writer(function).element(op, argument, flags, False))
    except Decline:
        raise (refused or Decline("its pattern can match empty")) from None
    plain = syntax is not None and not empty and not writer.newline
    of_ascii = syntax.replace(_BOUNDARY, r"(?-u:\b)") if plain and syntax is not None else None
    return {"steps": {"steps": made, "ascii": of_ascii}}, True


def _class_matcher(parsed: Any, flags: int) -> Json | None:
    """A class, alone or repeated once or more, which is a scan by table."""
    if len(parsed) != 1:
        return None
    op, argument = parsed[0]
    if op is sre.MAX_REPEAT and argument[0] == 1 and argument[1] is sre.MAXREPEAT and len(argument[2]) == 1:
        inner, of = argument[2][0]
        run = single(inner, of, flags)
        return None if run is None else {"class_run": run.json()}
    one = single(op, argument, flags)
    return None if one is None else {"class_one": one.json()}


class _Writer:
    """Writes the `regex` crate's syntax."""

    def __init__(self, function: str) -> None:
        self.function = function
        # Whether a final `$` may have taken the newline behind the match.
        self.newline = False

    def sequence(self, parsed: Any, flags: int, last: bool) -> str:
        items = list(parsed)
        return "".join(self.element(op, a, flags, last and i == len(items) - 1) for i, (op, a) in enumerate(items))

    def element(self, op: Any, argument: Any, flags: int, last: bool) -> str:
        """One element; `last` when nothing follows it in the whole pattern."""
        if op is sre.LITERAL and not flags & sre.SRE_FLAG_IGNORECASE:
            check_text(chr(argument), "its pattern")
            return escape(argument)
        found = single(op, argument, flags)
        if isinstance(found, Class):
            return found.regex()
        if op is sre.BRANCH:
            return "(?:" + "|".join(self.sequence(b, flags, last) for b in argument[1]) + ")"
        if op is sre.SUBPATTERN:
            group, added, removed, inner = argument
            flags = (flags | added) & ~removed
            # A newline that `$` takes must not get into a group.
            last = last and (group is None or self.function == "fullmatch")
            return ("(?:" if group is None else "(") + self.sequence(inner, flags, last) + ")"
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            least, most, inner = argument
            if inner.getwidth()[0] < 1:
                raise Decline("its pattern repeats what can match empty")
            if least > 1000 or (most is not sre.MAXREPEAT and most > 1000):
                raise Decline("its pattern repeats too often")
            upper = "" if most is sre.MAXREPEAT else str(most)
            lazy = "?" if op is sre.MIN_REPEAT else ""
            return f"(?:{self.sequence(inner, flags, False)}){{{least},{upper}}}{lazy}"
        if op is sre.AT:
            return self.position(argument, flags, last)
        raise Decline(f"its pattern {_REFUSED.get(op, 'has an unknown element')}")

    def position(self, where: Any, flags: int, last: bool) -> str:
        multiline = flags & sre.SRE_FLAG_MULTILINE
        if where is sre.AT_BEGINNING_STRING or (where is sre.AT_BEGINNING and not multiline):
            return r"\A"
        if where is sre.AT_END_STRING:
            return r"\z"
        if where is sre.AT_BEGINNING:
            return "(?m:^)"
        if where is sre.AT_END and multiline:
            return "(?m:$)"
        if where is sre.AT_END:
            return self.end(last)
        if where is sre.AT_BOUNDARY and flags & sre.SRE_FLAG_ASCII:
            return r"(?-u:\b)"
        if where is sre.AT_BOUNDARY:
            return "{{b}}"
        raise Decline("its pattern has \\B")

    def end(self, last: bool) -> str:
        """`$`: at the end, or before a final newline, which the `regex` crate can't look at without taking it."""
        if last and self.function == "fullmatch":
            return r"\z"
        if last and self.function in ("search", "match"):
            self.newline = True
            return r"(?:\n?\z)"
        raise Decline("its pattern has $ where the newline behind it matters")
