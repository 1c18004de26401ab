"""Unicode tables of the running interpreter for the engine's kernels: made when first asked for, in milliseconds.

Ranges come as little-endian u32 pairs, first and last code point; surrogates belong to none of them. The case maps
leave out the capital sigma where its lower case depends on what stands round it (U+03A3, `CONTEXT_DEPENDENT`).
"""

from __future__ import annotations

import functools
import itertools
import re
import sys
from array import array
from collections.abc import Callable, Iterable
from unicodedata import category, combining, unidata_version

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


def _joined(points: Iterable[int]) -> bytes:
    """The ranges of code points that come in order."""
    found: list[tuple[int, int]] = []
    for point in points:
        if found and found[-1][1] == point - 1:
            found[-1] = (found[-1][0], point)
        else:
            found.append((point, point))
    return _pack(found)


def _ranges(test: Callable[[str], bool]) -> Callable[[], bytes]:
    """Makes the ranges of a test."""
    return functools.cache(lambda: _joined(itertools.compress(range(0x110000), map(test, every_character()))))


def _among_words(test: Callable[[str], bool]) -> Callable[[], bytes]:
    r"""The same of a test that only characters of `\\w` can pass: one pass over these few."""
    return functools.cache(
        lambda: _joined(point for lo, hi in _words() for point in range(lo, hi + 1) if test(chr(point)))
    )


def _in_blocks(test: Callable[[str], bool], none: Callable[[str], bool]) -> Callable[[], bytes]:
    """The same where it can be told of a block of characters that none of them passes."""

    def made() -> bytes:
        text = every_character()
        blocks = ((start, text[start : start + _BLOCK]) for start in range(0, len(text), _BLOCK))
        return _joined(start + i for start, block in blocks if not none(block) for i, c in enumerate(block) if test(c))

    return functools.cache(made)


@functools.cache
def word_ranges() -> bytes:
    r"""`\w`: `str.isalnum` or an underscore"""
    return _pack(_words())


@functools.cache
def space_ranges() -> bytes:
    r"""`\s`, which is `str.isspace`"""
    return _pack(_matching(r"\s+", every_character()))


def _no_lower(block: str) -> bool:
    """Whether no character is of lower case or of title case."""
    return (block + "A").isupper()


def _no_upper(block: str) -> bool:
    """Whether no character is of upper case or of title case."""
    return (block + "a").islower()


def _no_final_sigma(block: str) -> bool:
    """Whether nothing is seen through, and nothing is a letter with a case."""
    return "\u03c2" not in "\u03a3\nA".join(block).lower()


def _is_seen_through(c: str) -> bool:
    return ("A" + c + "\u03a3").lower().endswith("\u03c2") and not (c + "\u03a3").lower().endswith("\u03c2")


isspace_ranges = space_ranges
#: `\\d` is `str.isdecimal`.
digit_ranges = _among_words(str.isdecimal)
isalpha_ranges = _among_words(str.isalpha)
isdigit_ranges = _among_words(str.isdigit)
isalnum_ranges = _among_words(str.isalnum)
isnumeric_ranges = _among_words(str.isnumeric)
isupper_ranges = _in_blocks(str.isupper, _no_upper)
islower_ranges = _in_blocks(str.islower, _no_lower)
#: What is title case and no upper case: `str.istitle` of one character, but not `str.isupper`.
istitle_ranges = _in_blocks(lambda c: c.istitle() and not c.isupper(), _no_upper)
isprintable_ranges = _ranges(str.isprintable)
#: What an identifier may begin with, and go on with.
name_start_ranges = _ranges(str.isidentifier)
name_part_ranges = _ranges(lambda c: ("a" + c).isidentifier())
#: What has a case: a letter behind it is none that begins a title.
cased_ranges = _in_blocks(
    lambda c: c.isupper() or c.islower() or c.istitle(), lambda block: _no_lower(block) and _no_upper(block)
)
#: What a sigma that ends a word doesn't see before or behind itself: a cased letter is seen through it.
ignorable_ranges = _in_blocks(_is_seen_through, _no_final_sigma)
#: What has a category: the interpreter's Unicode knows it.
assigned_ranges = _ranges(lambda c: category(c) != "Cn")


def version() -> tuple[int, ...]:
    """That of the interpreter's Unicode."""
    return tuple(map(int, unidata_version.split(".")))


def _mapping(change: Callable[[str], str], apart: str = "") -> list[tuple[int, str]]:
    text = every_character()
    pairs = []
    # Whole blocks first: most have no case.
    for start in range(0, len(text), _BLOCK):
        block = text[start : start + _BLOCK]
        whole = apart.join(block) if apart else block
        if change(whole) != whole:
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


@functools.cache
def casefold_map() -> list[tuple[int, str]]:
    """Code points whose `casefold()` differs, with it."""
    return _mapping(str.casefold)


@functools.cache
def swapcase_map() -> list[tuple[int, str]]:
    """Code points whose `swapcase()` differs, with it."""
    return [(point, other) for point, other in _mapping(str.swapcase) if point not in CONTEXT_DEPENDENT]


@functools.cache
def title_map() -> list[tuple[int, str]]:
    """Code points that differ where they begin a word of a title, with what they are there."""
    return _mapping(str.title, " ")


def _runs(value: Callable[[str], object]) -> list[tuple[int, str]]:
    """Where a value of characters changes, and to what."""
    found: list[tuple[int, str]] = []
    last: object = None
    for point, known in enumerate(map(value, every_character())):
        if known != last:
            found.append((point, str(known)))
            last = known
    return found


@functools.cache
def category_runs() -> list[tuple[int, str]]:
    """`unicodedata.category`"""
    return _runs(category)


@functools.cache
def combining_runs() -> list[tuple[int, str]]:
    """`unicodedata.combining`"""
    return _runs(combining)
