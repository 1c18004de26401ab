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


def _chosen(chosen: Iterable[bool]) -> bytes:
    """The ranges of the code points that are chosen, of all in order."""
    found: list[tuple[int, int]] = []
    for point in itertools.compress(range(0x110000), chosen):
        if found and found[-1][1] == point - 1:
            found[-1] = (found[-1][0], point)
        else:
            found.append((point, point))
    return _pack(found)


@functools.cache
def isnumeric_ranges() -> bytes:
    """`str.isnumeric`"""
    return _chosen(map(str.isnumeric, every_character()))


@functools.cache
def isupper_ranges() -> bytes:
    """`str.isupper`"""
    return _chosen(map(str.isupper, every_character()))


@functools.cache
def islower_ranges() -> bytes:
    """`str.islower`"""
    return _chosen(map(str.islower, every_character()))


@functools.cache
def istitle_ranges() -> bytes:
    """What is title case and no upper case: `str.istitle` of one character, but not `str.isupper`"""
    return _chosen(c.istitle() and not c.isupper() for c in every_character())


@functools.cache
def isprintable_ranges() -> bytes:
    """`str.isprintable`"""
    return _chosen(map(str.isprintable, every_character()))


@functools.cache
def name_start_ranges() -> bytes:
    """What an identifier may begin with."""
    return _chosen(map(str.isidentifier, every_character()))


@functools.cache
def name_part_ranges() -> bytes:
    """What an identifier may go on with."""
    return _chosen(map(str.isidentifier, map("a".__add__, every_character())))


@functools.cache
def cased_ranges() -> bytes:
    """What has a case: a letter behind it is none that begins a title."""
    return _chosen((c + "A").title().endswith("a") for c in every_character())


@functools.cache
def ignorable_ranges() -> bytes:
    """What a sigma that ends a word doesn't see before or behind itself: a cased letter is seen through it."""
    final = "\u03c2"
    return _chosen(
        ("A" + c + "\u03a3").lower().endswith(final) and not (c + "\u03a3").lower().endswith(final)
        for c in every_character()
    )


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
    import unicodedata

    return _runs(unicodedata.category)


@functools.cache
def combining_runs() -> list[tuple[int, str]]:
    """`unicodedata.combining`"""
    import unicodedata

    return _runs(unicodedata.combining)


@functools.cache
def assigned_ranges() -> bytes:
    """What has a category: the interpreter's Unicode knows it."""
    import unicodedata

    return _chosen(unicodedata.category(c) != "Cn" for c in every_character())
