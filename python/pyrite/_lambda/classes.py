"""Character classes of a parsed pattern: ranges and categories as the engine reads them."""

from __future__ import annotations

import functools
import re
from re import _constants as sre  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from .decline import Decline
from .node import Json

_LAST = 0x10FFFF
_CATEGORIES = {
    sre.CATEGORY_WORD: "w",
    sre.CATEGORY_NOT_WORD: "W",
    sre.CATEGORY_DIGIT: "d",
    sre.CATEGORY_NOT_DIGIT: "D",
    sre.CATEGORY_SPACE: "s",
    sre.CATEGORY_NOT_SPACE: "S",
}
_ASCII = {"w": [(48, 57), (65, 90), (95, 95), (97, 122)], "d": [(48, 57)], "s": [(9, 13), (32, 32)]}


class Class(NamedTuple):
    """The union of its ranges and categories, perhaps negated as a whole."""

    negated: bool
    ranges: list[tuple[int, int]]
    categories: str

    def json(self) -> Json:
        """`CharClass` of the engine's tree."""
        ranges = [list(r) for r in merge(self.ranges)]
        return {"negated": self.negated, "ranges": ranges, "categories": list(self.categories)}

    def regex(self) -> str:
        """The class in the `regex` crate's syntax; `{{w}}` stands for ranges without brackets."""
        parts = [f"{{{{{c}}}}}" for c in self.categories]
        parts += [_range(lo, hi) for lo, hi in merge(self.ranges)]
        return f"[{'^' if self.negated else ''}{''.join(parts)}]"


def single(op: Any, argument: Any, flags: int) -> Class | None:
    """The class that an element of one character stands for, None for other elements."""
    if op is sre.ANY:
        return Class(False, [(0, _LAST)], "") if flags & sre.SRE_FLAG_DOTALL else Class(True, [(10, 10)], "")
    if op in (sre.LITERAL, sre.NOT_LITERAL):
        return _expand(op is sre.NOT_LITERAL, [(argument, argument)], "", flags)
    if op is not sre.IN:
        return None
    negated, ranges, categories = False, [], ""
    for part, value in argument:
        if part is sre.NEGATE:
            negated = True
        elif part is sre.LITERAL:
            ranges.append((value, value))
        elif part is sre.RANGE:
            ranges.append(value)
        elif part is sre.CATEGORY and value in _CATEGORIES:
            name = _CATEGORIES[value]
            if flags & sre.SRE_FLAG_ASCII:
                ranges += _complement(_ASCII[name.lower()]) if name.isupper() else _ASCII[name]
            elif name not in categories:
                categories += name
        else:
            raise Decline("its pattern has an unknown kind of class")
    if flags & sre.SRE_FLAG_ASCII and flags & sre.SRE_FLAG_IGNORECASE and any(p is sre.CATEGORY for p, _ in argument):
        raise Decline("its pattern ignores case in an ASCII category")
    return _expand(negated, ranges, categories, flags)


def _expand(negated: bool, ranges: list[tuple[int, int]], categories: str, flags: int) -> Class:
    for lo, hi in ranges:
        if 0xD800 <= lo <= 0xDFFF or 0xD800 <= hi <= 0xDFFF:
            raise Decline("its pattern has a lone surrogate")
    if not flags & sre.SRE_FLAG_IGNORECASE:
        return Class(negated, ranges, categories)
    if any(hi > 127 for _, hi in ranges):
        raise Decline("its pattern ignores case outside ASCII")
    if categories and negated:
        raise Decline("its pattern ignores case in a negated category")
    # `re` itself says which characters a letter matches: with Unicode, also the Kelvin sign and the long s.
    wanted = "".join(_range(lo, hi) for lo, hi in ranges)
    if wanted:
        text = "".join(map(chr, range(128))) + ("" if flags & sre.SRE_FLAG_ASCII else _alike())
        found = re.findall(f"[{_python(ranges)}]", text, flags & (sre.SRE_FLAG_ASCII | sre.SRE_FLAG_IGNORECASE))
        ranges = [(ord(c), ord(c)) for c in found]
    return Class(negated, ranges, categories)


@functools.cache
def _alike() -> str:
    """The characters outside ASCII that match an ASCII one when case is ignored."""
    from .unicode_tables import every_character

    return "".join(re.findall("[\x00-\x7f]", every_character()[128:], re.IGNORECASE))


def _python(ranges: list[tuple[int, int]]) -> str:
    return "".join(f"\\x{lo:02x}-\\x{hi:02x}" for lo, hi in ranges)


def _range(lo: int, hi: int) -> str:
    return escape(lo) if lo == hi else f"{escape(lo)}-{escape(hi)}"


def escape(point: int) -> str:
    """A code point as a literal of the `regex` crate, inside and outside brackets."""
    character = chr(point)
    return character if character.isascii() and character.isalnum() else f"\\x{{{point:x}}}"


def merge(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted, without overlaps or neighbours."""
    merged: list[tuple[int, int]] = []
    for lo, hi in sorted(ranges):
        if merged and lo <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(hi, merged[-1][1]))
        else:
            merged.append((lo, hi))
    return merged


def _complement(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    gaps, at = [], 0
    for lo, hi in merge(ranges):
        if at < lo:
            gaps.append((at, lo - 1))
        at = hi + 1
    return [*gaps, (at, _LAST)]
