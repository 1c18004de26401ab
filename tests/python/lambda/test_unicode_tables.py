"""The tables are exactly what this interpreter's str and re say of every code point."""

import re
import struct
import time
import unicodedata

import pytest
from pyrite._lambda import unicode_tables

EVERY = [chr(point) for point in range(0x110000)]


@pytest.mark.parametrize(
    ("name", "test"),
    [
        ("word_ranges", lambda c: c == "_" or c.isalnum()),
        ("word_ranges", re.compile(r"\w").match),
        ("digit_ranges", re.compile(r"\d").match),
        ("space_ranges", re.compile(r"\s").match),
        ("isspace_ranges", str.isspace),
        ("isalpha_ranges", str.isalpha),
        ("isdigit_ranges", str.isdigit),
        ("isalnum_ranges", str.isalnum),
        ("isnumeric_ranges", str.isnumeric),
        ("isupper_ranges", str.isupper),
        ("islower_ranges", str.islower),
        ("istitle_ranges", lambda c: c.istitle() and not c.isupper()),
        ("isprintable_ranges", str.isprintable),
        ("name_start_ranges", str.isidentifier),
        ("name_part_ranges", lambda c: f"a{c}".isidentifier()),
        ("cased_ranges", lambda c: f"{c}A".title().endswith("a")),
        ("ignorable_ranges", lambda c: f"A{c}Σ".lower()[-1] == "ς" and f"{c}Σ".lower()[-1] == "σ"),
        ("assigned_ranges", lambda c: unicodedata.category(c) != "Cn"),
    ],
)
def test_ranges(name, test):
    packed = getattr(unicode_tables, name)()
    pairs = list(struct.iter_unpack("<II", packed))
    assert all(a[1] + 1 < b[0] for a, b in zip(pairs, pairs[1:]))
    found = {point for lo, hi in pairs for point in range(lo, hi + 1)}
    assert found == {point for point, c in enumerate(EVERY) if test(c)}


@pytest.mark.parametrize(("name", "change"), [("lower_map", str.lower), ("upper_map", str.upper)])
def test_case_maps(name, change):
    expected = [(p, change(c)) for p, c in enumerate(EVERY) if change(c) != c]
    if name == "lower_map":
        expected = [e for e in expected if e[0] not in unicode_tables.CONTEXT_DEPENDENT]
    assert getattr(unicode_tables, name)() == expected


def test_only_sigma_depends_on_its_neighbours():
    # A letter before and after is the context in which a lower case could differ.
    context = [
        p for p, c in enumerate(EVERY) if f"a{c}".lower() != "a" + c.lower() or f"{c}a".lower() != c.lower() + "a"
    ]
    assert context == list(unicode_tables.CONTEXT_DEPENDENT)


def test_every_character():
    assert unicode_tables.every_character() == "".join(EVERY)


def test_a_sigma_costs_little():
    names = ("lower_map", "cased_ranges", "ignorable_ranges")
    for name in names:
        getattr(unicode_tables, name).cache_clear()
    started = time.process_time()
    for name in names:
        getattr(unicode_tables, name)()
    # In the time of two passes over all characters.
    spent = time.process_time() - started
    started = time.process_time()
    list(map(str.title, EVERY))
    assert spent < 6 * (time.process_time() - started)
