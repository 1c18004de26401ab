"""Rows for functions of the standard library: texts of every plane, and what CPython and the engine make of them."""

from __future__ import annotations

import base64
import csv
import hashlib
import html
import io
import json
import os.path
import posixpath
import string
import unicodedata
import urllib.parse
import zlib
from random import Random
from typing import Any

from construct_rows import FLOATS, INTS, TEXTS
from lambda_reference import agrees, agrees_together, make
from pyrite._lambda import freeze

NAMES: dict[str, Any] = {
    "base64": base64,
    "csv": csv,
    "hashlib": hashlib,
    "html": html,
    "io": io,
    "json": json,
    "os": os,
    "posixpath": posixpath,
    "string": string,
    "unicodedata": unicodedata,
    "urllib": urllib,
    "urlparse": urllib.parse.urlparse,
    "urlsplit": urllib.parse.urlsplit,
    "parse_qs": urllib.parse.parse_qs,
    "parse_qsl": urllib.parse.parse_qsl,
    "quote": urllib.parse.quote,
    "quote_plus": urllib.parse.quote_plus,
    "unquote": urllib.parse.unquote,
    "unquote_plus": urllib.parse.unquote_plus,
    "zlib": zlib,
}
#: Letters of every kind of case, marks that a sigma looks through, digits of other scripts, what decomposes.
LETTERS = "aAbZ zß'’.:·Σσςῼᾳᾼ\u0345ǅǆǄŉİıﬁΐև԰Ա𐐀𐐨ªºⓐⒶ1²½٣Ⅷ一〇_\u0301\u00ad\u200déÅ한ÆÞ℘℮·፩\u1885"
PIECES = [
    *TEXTS,
    *("a,b", '"a,b",c', 'x"y"z', '""', '"', '"a""b"', "a\nb", "a\r", "'", "a;b;c", "\\", "a\\,b", "\x00"),
    *("http://example.org/a/b?x=1&y=2#z", "HTTP://User:pw@Host.COM:80/p;q?r", "//h/p", "a?b=c&b=d&e", "x=%41+b%20&é=%E9", "mailto:a@b"),
    *("/a/b.c.gz", "/", "//a//b/", ".bashrc", "a.b/c", "..", "dir/", "x.", "...a", "&amp;&lt;p&gt;&#65;&#x41;&eacute;&notit;&#0;&#x110000;", "&", "&;", "%zz%4"),
]  # fmt: skip


class Texts:
    """Makes rows for the letters of a signature: t text, i int, x float, v anything that JSON has."""

    def __init__(self, seed: int) -> None:
        self.r = Random(seed)

    def row(self, signature: str) -> tuple[Any, ...]:
        return tuple(self.value(letter) for letter in signature)

    def text(self) -> str:
        r = self.r
        how = r.random()
        if how < 0.3:
            return r.choice(PIECES)
        if how < 0.5:
            return "".join(r.choice(PIECES) for _ in range(r.randint(1, 3)))
        if how < 0.8:
            return "".join(r.choice(LETTERS) for _ in range(r.randint(0, 8)))
        return "".join(self.character() for _ in range(r.randint(0, 5)))

    def character(self) -> str:
        plane = self.r.choice([0, 0, 0, 1, 1, 2, 3, 14, 15, 16])
        point = self.r.randrange(0x10000) + plane * 0x10000
        return chr(point) if not 0xD800 <= point < 0xE000 else "a"

    def value(self, letter: str) -> Any:
        r = self.r
        if letter == "t":
            return self.text()
        if letter == "i":
            return r.choice(INTS)
        if letter == "x":
            return r.choice([*FLOATS, r.random(), r.random() * 10 ** r.randint(-20, 20), float(r.randint(-9, 9))])
        if letter == "T":
            return [self.text() for _ in range(r.randint(0, 4))]
        return r.choice([None, True, False, r.choice(INTS), r.choice(FLOATS), self.text()])


def agree(source: str, signature: str, seed: int, rows: int = 300) -> tuple[int, int]:
    """How many rows ran natively, each by itself and those that raise nothing together; fails where one differs."""
    function = make(source, **NAMES)
    frozen = freeze(function)
    assert frozen.expression is not None, frozen.reason
    texts = Texts(seed)
    native = agrees(function, [texts.row(signature) for _ in range(rows)])
    kinds: dict[Any, list[Any]] = {}
    for row in native:
        kinds.setdefault(tuple(type(part) for part in row), []).append(row)
    return len(native), sum(agrees_together(function, alike) for alike in kinds.values())
