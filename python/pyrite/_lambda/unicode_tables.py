"""Unicode tables of the running interpreter for the engine's kernels: made when first asked for, in milliseconds.

Ranges come as little-endian u32 pairs, first and last code point; surrogates belong to none of them. The case maps
leave out the capital sigma, whose lower case depends on what stands round it (U+03A3, `CONTEXT_DEPENDENT`).
"""

from __future__ import annotations

import functools
import re
import sys
from array import array
from collections.abc import Callable

#: Code points whose `lower()` depends on their neighbours.
CONTEXT_DEPENDENT = (0x3A3,)

_BLOCK = 256


def every_character() -> str:
    """All code points in order, so that an index is a code point."""
    raw = bytearray(4 * 0x110000)
    raw[0::4] = bytes(range(256)) * 0x1100
    raw[1::4] = b"".join(bytes([high]) * 0x100 for high in range(256)) * 0x11
    raw[2::4] = b"".join(bytes([plane]) * 0x10000 for plane in range(0x11))
    return raw.decode("utf-32-le", "surrogatepass")


def _pack(pairs: list[tuple[int, int]]) -> bytes:
    flat = array("I", [point for pair in pairs for point in pair])
    if sys.byteorder == "big":
        flat.byteswap()
    return flat.tobytes()


def _matching(pattern: str, text: str) -> list[tuple[int, int]]:
    return [(m.start(), m.end() - 1) for m in re.finditer(pattern, text)]


@functools.cache
def _words() -> list[tuple[int, int]]:
    return _matching(r"\w+", every_character())


def _among_words(test: Callable[[str], bool]) -> bytes:
    r"""The ranges of a test that only characters of `\\w` can pass: one pass over these few."""
    found: list[tuple[int, int]] = []
    for lo, hi in _words():
        for point in range(lo, hi + 1):
            if test(chr(point)):
                if found and found[-1][1] == point - 1:
                    found[-1] = (found[-1][0], point)
                else:
                    found.append((point, point))
    return _pack(found)


@functools.cache
def word_ranges() -> bytes:
    r"""`\w`: `str.isalnum` or an underscore"""
    return _pack(_words())


@functools.cache
def digit_ranges() -> bytes:
    r"""`\d`: `str.isdecimal`"""
    return _among_words(str.isdecimal)


@functools.cache
def space_ranges() -> bytes:
    r"""`\s`, which is `str.isspace`"""
    return _pack(_matching(r"\s+", every_character()))


def isspace_ranges() -> bytes:
    """`str.isspace`"""
    return space_ranges()


@functools.cache
def isalpha_ranges() -> bytes:
    """`str.isalpha`"""
    return _among_words(str.isalpha)


@functools.cache
def isdigit_ranges() -> bytes:
    """`str.isdigit`"""
    return _among_words(str.isdigit)


@functools.cache
def isalnum_ranges() -> bytes:
    """`str.isalnum`"""
    return _among_words(str.isalnum)


def _mapping(change: Callable[[str], str]) -> list[tuple[int, str]]:
    text = every_character()
    pairs = []
    # Whole blocks first: most have no case.
    for start in range(0, len(text), _BLOCK):
        block = text[start : start + _BLOCK]
        if change(block) != block:
            pairs += [(start + i, change(c)) for i, c in enumerate(block) if change(c) != c]
    return pairs


@functools.cache
def lower_map() -> list[tuple[int, str]]:
    """Code points whose lower case differs, with it."""
    return [(point, lower) for point, lower in _mapping(str.lower) if point not in CONTEXT_DEPENDENT]


@functools.cache
def upper_map() -> list[tuple[int, str]]:
    """Code points whose upper case differs, with it."""
    return _mapping(str.upper)
