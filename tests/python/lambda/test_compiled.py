"""Every compiled construct does what CPython does, or declines: on generated values of every kind, right and wrong."""

from __future__ import annotations

import dis
import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from lambda_reference import interpreted, make
from pyrite import _engine
from pyrite._lambda import freeze
from test_agree import ANY_ROWS, NAMES, PERCENT, ROWS, SETTINGS, add, anything, booleans, double

ODD = "aA zZ_09,.;:-+eE'\"\\%\n\t\r\x0b\x0c\x1c\x1f\x85\u2028\xa0\u3000ßÄİıΣσςŉǅﬁÿ국밥ñ٣²½Ⅷ𝟘😀𐐀\u0301"
TEXT = st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"])), max_size=20)
WORDS = st.lists(st.sampled_from(["the", "Fox", "a1", "", "é", "x" * 13]), max_size=5).map(", ".join)
NUMERIC = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(str),
    st.from_regex(r"[ \t]?[+-]?[0-9_]{0,4}\.?[0-9]{0,3}(e-?[0-9]{1,3})?\n?", fullmatch=True),
    st.sampled_from(
        ["inf", "-Infinity", "nan", "1_000", "٣", "1e400", " 12 ", "+7", "0x10", "\x1c5", "--1", "1.", "."]
    ),
)
BORDERS = [0, 1, -1, 2**31, 2**53, 2**53 + 1, -(2**53) - 1, 2**62, 2**63 - 1, -(2**63)]
INT = st.one_of(st.integers(-20, 20), st.sampled_from(BORDERS), st.integers(-(2**63), 2**63 - 1))
FLOAT = st.one_of(
    st.floats(),
    st.integers(-1000, 1000).map(float),
    st.integers(-4000, 4000).map(lambda i: i / 8),
    st.sampled_from([0.0, -0.0, 1e16, 1e22, 123456.789, 5e-324, 2.0**63, -(2.0**63), 2.0**53, 0.1, 2.675, 1e-5]),
    st.integers(-1074, 1023).map(lambda e: 2.0**e),
)
TEXTS = st.one_of(TEXT, WORDS)
# Each makes the values of one column: of one type, sometimes with None, sometimes of any type.
COLUMNS: dict[str, st.SearchStrategy[Any]] = {
    "s": TEXTS,
    "n": st.one_of(NUMERIC, TEXT),
    "i": INT,
    "j": st.integers(-6, 6),
    "f": FLOAT,
    "b": st.booleans(),
    "t": st.tuples(TEXTS, INT),
    "u": st.tuples(st.integers(-3, 3), st.sampled_from(["a", "b"])),
    "l": st.lists(TEXTS, max_size=4),
    "L": st.lists(st.integers(-5, 5), max_size=4),
    "F": st.lists(FLOAT, max_size=5),
    "o": st.none() | TEXTS,
    "O": st.none() | st.integers(-3, 3),
}
WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    FLOAT,
    TEXTS,
    st.binary(max_size=3),
    st.tuples(TEXTS),
    st.lists(INT, max_size=2),
)


def swapped(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    """Takes a pair apart."""
    left, right = pair
    return right, left


Case = tuple[Callable[..., Any], str, tuple[Any, ...]]

# A function, the columns of its arguments, and a row that must not be declined.
CASES: list[Case] = [
    # The course's word count
    (lambda line: re.split("\\W+", line), "s", ("Hello, World 국밥!",)),
    (lambda w: len(w) > 0, "s", ("é",)),
    (lambda w: w.lower(), "s", ("ÄBC",)),
    (lambda w: (w, 1), "s", ("a",)),
    (lambda x: x[1], "t", (("a", 1),)),
    (lambda r: (r[1], r[0]), "t", (("a", 1),)),
    (lambda a, b: a + b, "ii", (1, 2)),
    # Cases and ends
    (lambda w: w.upper(), "s", ("straße",)),
    (lambda w: w.strip(), "s", ("\u3000 a\x1c",)),
    (lambda w: w.lstrip(), "s", (" a ",)),
    (lambda w: w.rstrip(), "s", (" a ",)),
    (lambda w: w.strip(".,a "), "s", (".a.",)),
    (lambda w: w.lstrip("é."), "s", ("éa",)),
    (lambda w: w.rstrip(",0"), "s", ("a0",)),
    (lambda w: w.title(), "s", ("they're bill's 3a",)),
    (lambda w: w.capitalize(), "s", ("aBC",)),
    (lambda w: w.swapcase(), "s", ("aBC",)),
    (lambda w: w.casefold(), "s", ("aBC",)),
    (lambda w: str.lower(w), "s", ("ABC",)),
    # Splits
    (lambda w: w.split(), "s", (" a  b ",)),
    (lambda w: w.split(None, 1), "s", (" a  b c ",)),
    (lambda w: w.split(","), "s", ("a,b,,c",)),
    (lambda w: w.split(", "), "s", ("a, b",)),
    (lambda w: w.split(",", 1), "s", ("a,b,c",)),
    (lambda w: w.split(" ", maxsplit=2), "s", ("a b c d",)),
    (lambda w: w.rsplit(), "s", (" a b ",)),
    (lambda w: w.rsplit(None, 1), "s", (" a b c ",)),
    (lambda w: w.rsplit(",", 1), "s", ("a,b,c",)),
    (lambda w: w.splitlines(), "s", ("a\r\nb\x85c",)),
    (lambda w: w.splitlines(True), "s", ("a\r\nb\x85c",)),
    (lambda w: w.partition(","), "s", ("a,b,c",)),
    (lambda w: w.rpartition(","), "s", ("a,b,c",)),
    (lambda w: w.split(",")[0], "s", ("a,b",)),
    (lambda w: w.split()[-1], "s", ("a b",)),
    (lambda w: len(w.split()), "s", ("a b",)),
    # Tests and searches
    (lambda w: w.startswith("a"), "s", ("ab",)),
    (lambda w: w.startswith(("a", "é")), "s", ("ab",)),
    (lambda w: w.endswith("z"), "s", ("ab",)),
    (lambda w, p: w.startswith(p), "ss", ("ab", "a")),
    (lambda w: w.find("a"), "s", ("éa",)),
    (lambda w: w.rfind("a"), "s", ("éaa",)),
    (lambda w: w.count("a"), "s", ("éaa",)),
    (lambda w: w.count(""), "s", ("éaa",)),
    (lambda w: w.index("a"), "s", ("éa",)),
    (lambda w, i, j: (w.find("a", i), w.rfind("", i, j), w.count("", i, j)), "sjj", ("éaa", 1, 2)),
    (lambda w, i, j: (w.startswith("a", i), w.endswith("", i, j)), "sjj", ("éaa", 1, 2)),
    (lambda w: w.rindex("a"), "s", ("éaa",)),
    (lambda w: w.istitle(), "s", ("Ab Cd",)),
    (lambda w: w.encode(), "s", ("é",)),
    (lambda w: w.encode("utf-8").decode("utf-8"), "s", ("é",)),
    (lambda a: int(a, 16), "n", ("ff",)),
    (lambda a: int(a, 2), "n", ("101",)),
    (lambda w: w.replace("a", "bb"), "s", ("éaa",)),
    (lambda w: w.replace("", "-"), "s", ("éa",)),
    (lambda w: w.replace("a", "", 1), "s", ("aaé",)),
    (lambda w: w.removeprefix("a"), "s", ("ab",)),
    (lambda w: w.removesuffix("a"), "s", ("ba",)),
    (lambda w: w.isdigit(), "s", ("٣²",)),
    (lambda w: w.isalpha(), "s", ("국",)),
    (lambda w: w.isalnum(), "s", ("국1",)),
    (lambda w: w.isspace(), "s", ("\u3000",)),
    (lambda w: w.isupper(), "s", ("AB1",)),
    (lambda w: w.islower(), "s", ("ab1",)),
    (lambda w: w.isascii(), "s", ("é",)),
    (lambda w: "a" in w, "s", ("éa",)),
    (lambda w: w not in ("the", "a", "Fox"), "s", ("a",)),
    (lambda w: w in ["the", "a"], "s", ("a",)),
    (lambda w, v: w in v, "ss", ("a", "ab")),
    (lambda w: ",".join(w), "l", (["a", "é"],)),
    (lambda w: "-".join(w), "s", ("aé",)),
    (lambda w: w.zfill(5), "s", ("-12",)),
    (lambda w: w.ljust(6) + "|" + w.rjust(5, "*") + w.center(9), "s", ("é1",)),
    # Lengths, positions, slices
    (lambda w: len(w), "s", ("é국😀",)),
    (lambda w: len(w), "l", (["a"],)),
    (lambda w: w[0], "s", ("éa",)),
    (lambda w: w[-1], "s", ("aé",)),
    (lambda w, i: w[i], "sj", ("aé", -1)),
    (lambda w: w[1:], "s", ("éab",)),
    (lambda w: w[:-1], "s", ("éab",)),
    (lambda w: w[-3:2], "s", ("éab",)),
    (lambda w: w[::-1], "s", ("éab",)),
    (lambda w, i, j: w[i:j], "sjj", ("éab", 0, 2)),
    (lambda w, i, j: w[i:j:2], "sjj", ("éab", 0, 2)),
    (lambda w, i, j: w[i:j:-1], "sjj", ("éab", 2, 0)),
    (lambda t: t[-1], "t", (("a", 1),)),
    (lambda t: t[:1], "t", (("a", 1),)),
    (lambda v, i: v[i], "lj", (["a", "b"], 1)),
    (lambda v: v[1:], "l", (["a", "b"],)),
    # Arithmetic
    *[
        (function, kinds, row)
        for kinds, row in [
            ("ii", (7, -3)),
            ("ff", (7.5, -2.0)),
            ("if", (7, 2.5)),
            ("fj", (2.5, 3)),
            ("bi", (True, 3)),
            ("jj", (3, 2)),
        ]
        for function in [
            lambda a, b: a + b,
            lambda a, b: a - b,
            lambda a, b: a * b,
            lambda a, b: a / b,
            lambda a, b: a // b,
            lambda a, b: a % b,
            lambda a, b: a < b,
            lambda a, b: a <= b,
            lambda a, b: a == b,
            lambda a, b: a != b,
            lambda a, b: a > b,
            lambda a, b: a >= b,
            lambda a, b: (max(a, b), min(a, b)),
        ]
    ],
    (lambda a, b: a**b, "jj", (3, 2)),
    (lambda a, b: a**b, "ij", (3, 2)),
    (lambda a, b: a**b, "fj", (2.5, 2)),
    (lambda a, b: a**b, "ff", (2.5, 0.5)),
    (lambda a: a**2, "i", (3,)),
    (lambda a, b: a & b | 1, "ii", (7, 12)),
    (lambda a, b: a ^ b, "bb", (True, False)),
    (lambda a, b: (a << b) + (a >> b), "jj", (5, 2)),
    (lambda a: (-a, +a, not a, abs(a)), "i", (5,)),
    (lambda a: (-a, +a, not a, abs(a)), "f", (-0.0,)),
    (lambda a: ~a, "i", (5,)),
    (lambda a, b: a + b, "ss", ("é", "b")),
    (lambda a, b: a * b, "sj", ("é", 2)),
    (lambda a, b: a + b, "ll", (["a"], ["b"])),
    (lambda a, b: a + b, "tt", (("a", 1), ("b", 2))),
    (lambda a, b: (a < b, a == b, a != b, a >= b), "ss", ("é", "b")),
    (lambda a, b: (a < b, a == b), "uu", ((1, "a"), (1, "b"))),
    (lambda a, b: a == b, "si", ("a", 1)),
    (lambda a: 0 < a < 10, "i", (5,)),
    (lambda a, b: a < b <= 3.5 != a, "if", (1, 2.0)),
    # Logic
    (lambda a, b: a and b, "ss", ("", "b")),
    (lambda a, b: a or b, "ii", (0, 3)),
    (lambda a: a and a[0] == "a", "s", ("ab",)),
    (lambda a: a != "" and a[0] > "b", "s", ("ab",)),
    (lambda a: len(a) > 2 and a.isalpha(), "s", ("abc",)),
    (lambda a: not a or a[-1].isdigit(), "s", ("ab1",)),
    (lambda a: "long" if len(a) > 3 else "short", "s", ("ab",)),
    (lambda a, b: a / b if b else 0.0, "ff", (1.0, 0.0)),
    (lambda a: int(a) if a.isdigit() and a.isascii() else -1, "n", ("12",)),
    (lambda a: None if a < 0 else a, "i", (3,)),
    (lambda a: a is None, "o", (None,)),
    (lambda a: a is not None and len(a) > 1, "o", (None,)),
    (lambda a: a or "none", "o", (None,)),
    (lambda a: 0 if a is None else a + 1, "O", (None,)),
    (lambda a: a + 1, "O", (1,)),
    (lambda a: (a, [a, a]), "o", (None,)),
    # Conversions
    (lambda a: int(a), "n", (" -12\n",)),
    (lambda a: float(a), "n", ("1.5e3",)),
    (lambda a: int(a), "f", (-2.5,)),
    (lambda a: float(a), "i", (2**53 + 1,)),
    (lambda a: str(a), "i", (-5,)),
    (lambda a: str(a), "f", (1e16,)),
    (lambda a: str(a), "b", (True,)),
    (lambda a: str(a), "u", ((1, "a"),)),
    (lambda a: repr(a), "s", ("a'b",)),
    (lambda a: (bool(a), int(a)), "b", (True,)),
    (lambda a: bool(a), "s", ("a",)),
    (lambda a: round(a), "f", (2.5,)),
    (lambda a: round(a, 2), "f", (2.675,)),
    (lambda a: round(a, 0), "f", (0.5,)),
    (lambda a: round(a, 1), "i", (7,)),
    (lambda a: ord(a), "s", ("é",)),
    (lambda a: chr(a), "i", (233,)),
    (lambda a: (isinstance(a, int), isinstance(a, (str, float))), "b", (True,)),
    (lambda a: sum(a), "L", ([1, 2],)),
    (lambda a: sum(a), "F", ([0.1] * 10,)),
    (lambda a: sum(a, 0.5), "F", ([0.1, 0.2],)),
    (lambda a, b: sum((a, b, True, a)), "fi", (1.0, 1 << 53)),
    (lambda a: (max(a), min(a)), "F", ([0.1, 0.2],)),
    (lambda a: sorted(a), "L", ([2, 1],)),
    (lambda a: sorted(a, reverse=True), "l", (["a", "b"],)),
    (lambda a: (list(a), tuple(a)), "l", (["a", "b"],)),
    (lambda a: (any(a), all(a)), "L", ([0, 1],)),
    # Formats
    (lambda a, b: f"{a}:{b}", "si", ("é", 5)),
    (lambda a: f"{a!r:>9}|{a:<7.3}|{a:^8}|{a:*>5s}", "s", ("abcd",)),
    (lambda a: f"{a:5d}|{a:05}|{a:+,}|{a:x}|{a:<6}|{a:=+8}|{a:o}{a:b}{a:X}", "i", (-1234567,)),
    (lambda a: f"{a:.2f}|{a:10.3f}|{a:+.0f}|{a:,.2f}|{a:08.2f}", "f", (1234.5,)),
    (lambda a: f"{a:e}|{a:.3E}|{a:g}|{a:.3G}|{a:.1%}", "f", (1234.5,)),
    (lambda a: f"{a}", "f", (1e-5,)),
    (lambda a: f"{a:.2f}", "i", (12,)),
    (lambda a, b: "%s-%d" % (a, b), "si", ("é", 5)),
    (lambda a: "%5.1f%%|%-8.3e|%g" % (a, a, a), "f", (12.25,)),
    (lambda a: "%05d|%x" % (a, a), "i", (12,)),
    (lambda a, b: "{} {:>4}".format(a, b), "si", ("é", 5)),
    # math
    *[
        (function, kinds, row)
        for function in [
            lambda x: math.sqrt(x),
            lambda x: math.exp(x),
            lambda x: math.log(x),
            lambda x: math.log2(x),
            lambda x: math.log10(x),
            lambda x: math.sin(x),
            lambda x: math.cos(x),
            lambda x: math.tan(x),
            lambda x: math.atan(x),
            lambda x: math.degrees(x),
            lambda x: math.radians(x),
            lambda x: math.floor(x),
            lambda x: math.ceil(x),
            lambda x: math.trunc(x),
            lambda x: math.fabs(x),
            lambda x: math.isnan(x),
            lambda x: math.isinf(x),
            lambda x: math.isfinite(x),
            lambda x: math.log(x, 10),
            lambda x: math.atan2(x, 2),
            lambda x: math.pow(x, 2),
        ]
        for kinds, row in [("f", (2.5,)), ("i", (3,))]
    ],
    (lambda x: math.asin(x) + math.acos(x), "f", (0.5,)),
    (lambda a, b: math.gcd(a, b), "ii", (12, 18)),
    # re
    (lambda w: re.split(r"\s+", w), "s", ("a  국 b",)),
    (lambda w: re.split(r"\s", w), "s", ("a  b",)),
    (lambda w: re.split(r"[,;.]", w), "s", ("a,b;c",)),
    (lambda w: re.split(r"[,\s]+", w), "s", ("a, b\u3000c",)),
    (lambda w: re.split(r"[^a-zA-Z']+", w), "s", ("a, b's",)),
    (lambda w: re.split(r"\W+", w, maxsplit=1), "s", ("a, b c",)),
    (lambda w: re.split(r"(,)|;", w), "s", ("a,b;c",)),
    (lambda w: re.split(r", ?", w), "s", ("a, b,c",)),
    (lambda w: re.split(r"\d+", w), "s", ("a12b",)),
    (lambda w: re.findall(r"\w+", w), "s", ("a, é",)),
    (lambda w: re.findall(r"[a-z]+", w), "s", ("ab, cd",)),
    (lambda w: re.findall(r"(\w)(\d)?", w), "s", ("a1 b",)),
    (lambda w: re.findall(r"(\w)\w*", w), "s", ("ab cd",)),
    (lambda w: re.sub(r"[^\w\s]", "", w), "s", ("a, b!",)),
    (lambda w: re.sub("a+", "b", w, count=1), "s", ("aa a",)),
    (lambda w: re.sub(r"(a)b", r"\\1", w), "s", ("ab",)),
    (lambda w: re.sub(r"(a)b", r"\\g<1>", w), "s", ("ab",)),
    (lambda w: re.sub(r"(\w)(?P<n>\d)?", r"<\g<n>\1\g<0>\101>", w), "s", ("a1 b",)),
    (lambda w: re.sub(r"(\w)(,)", r"\2\1\0\n", w, count=1), "s", ("a,b,",)),
    (lambda w: re.search(r"\d", w) is not None, "s", ("a1",)),
    (lambda w: bool(re.match(r"[a-c]", w)), "s", ("a1",)),
    (lambda w: re.fullmatch(r"\w+", w) is None, "s", ("a1",)),
    (lambda w: re.match(r"(\w+),", w).group(1) if re.match(r"(\w+),", w) else "", "s", ("a1,",)),
    (lambda w: re.search(r"^a|z$", w) is not None, "s", ("bz\n",)),
    (lambda w: re.split("(?i)THE|fox", w), "s", ("a the b",)),
    # Unpacking
    (swapped, "t", (("a", 1),)),
    (lambda a: [y for x, y in [(1, "b"), a] if x], "u", ((1, "a"),)),
    (lambda a, b: divmod(a, b), "ij", (7, 2)),
    (lambda a, b: pow(a, b) if abs(a) < 1000 and abs(b) < 100 else 0, "jj", (2, 3)),
    # Comprehensions
    (lambda w: [x.lower() for x in w.split() if len(x) > 1], "s", ("AB c De",)),
    (lambda w: [(x, len(x)) for x in re.split(r"\W+", w) if x], "s", ("AB c",)),
    (lambda a: sum(x * 2 for x in a), "L", ([1, 2],)),
    (lambda a: max(len(x) for x in a), "l", (["ab", ""],)),
    (lambda a, b: [x + b for x in a.split() if b in x], "ss", ("ab c", "b")),
    (lambda w: [c + "!" for c in w if c != "a"], "s", ("éab",)),
    (lambda w: [int(x) if x.isdigit() and x.isascii() else None for x in w.split(",")], "n", ("1,a",)),
    (lambda w: [[y for y in x if y != "a"] for x in w.split()], "s", ("ab ca",)),
    (lambda w: [x for x in w.split() if re.match(r"[a-z]", x)], "s", ("ab Ca",)),
    (lambda w: "".join(c for c in w if c.isalnum()), "s", ("a-b",)),
]


def names(case: Case) -> str:
    frozen = freeze(case[0])
    return f"{frozen.name}-{case[1]}"


def same(left: Any, right: Any) -> bool:
    """Equal in type, value, sign of zero and nan, all the way down."""
    return type(left) is type(right) and repr(left) == repr(right)


def check(function: Callable[..., Any], rows: list[tuple[Any, ...]]) -> None:
    frozen = freeze(function)
    if frozen.expression is None:
        return
    expected = interpreted(function, rows)
    for mode in ("map", "truth", "flat"):
        got, reason = _engine.evaluate(frozen.expression, mode, rows)
        if got is None:
            assert reason
            continue
        wanted: list[Any] | None = expected
        if mode == "truth" and expected is not None:
            wanted = [bool(v) for v in expected]
        elif mode == "flat" and expected is not None:
            wanted = interpreted(lambda v: list(v), [(v,) for v in expected])
            wanted = None if wanted is None else [x for part in wanted for x in part]
        assert wanted is not None, f"{mode}: raises on {rows!r}, compiled gave {got!r}"
        assert same(got, wanted), f"{mode} of {rows!r}: compiled {got!r}, interpreted {wanted!r}"


@pytest.mark.parametrize("case", CASES, ids=names)
def test_a_common_row_is_not_declined(case: Case) -> None:
    function, _, row = case
    frozen = freeze(function)
    assert frozen.expression is not None, frozen.reason
    got, reason = _engine.evaluate(frozen.expression, "map", [row, row])
    assert reason is None
    assert same(got, [function(*row)] * 2)


@pytest.mark.parametrize("case", CASES, ids=names)
@given(data=st.data())
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_compiled_equals_interpreted(case: Case, data: st.DataObject) -> None:
    function, kinds, _ = case
    row = st.tuples(*(COLUMNS[k] for k in kinds))
    check(function, data.draw(st.lists(row, min_size=1, max_size=4)))


@pytest.mark.parametrize("case", CASES, ids=names)
@given(data=st.data())
@settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))
def test_wrong_types_decline_or_agree(case: Case, data: st.DataObject) -> None:
    function, kinds, _ = case
    powers = any(step.argrepr == "**" for step in dis.get_instructions(function))

    def drawn() -> tuple[Any, ...]:
        row = data.draw(st.tuples(*(WRONG for _ in kinds)))
        # Python itself would multiply for hours.
        assume(not powers or len(row) < 2 or not isinstance(row[1], int) or abs(row[1]) < 1000)
        return row

    row = drawn()
    check(function, [row])
    check(function, [row, drawn()])


@given(anything, st.lists(ROWS, min_size=1, max_size=4), ANY_ROWS)
@settings(SETTINGS, max_examples=500)
def test_random_functions_agree_or_decline(source: str, rows: list[tuple[Any, ...]], wrong: tuple[Any, ...]) -> None:
    function = make(f"lambda {NAMES}: {source}", K="k,1", add=add, double=double)
    check(function, rows)
    check(function, [wrong])


STATEMENTS = st.lists(st.tuples(st.sampled_from("abxn"), anything, booleans), max_size=3)


@given(STATEMENTS, anything, st.lists(ROWS, min_size=1, max_size=4), ANY_ROWS)
@settings(SETTINGS, max_examples=300)
def test_random_blocks_agree_or_decline(
    statements: list[tuple[str, str, str]], result: str, rows: list[tuple[Any, ...]], wrong: tuple[Any, ...]
) -> None:
    lines = [f"def f({NAMES}):", "    a = b = x"]
    for name, value, condition in statements:
        lines += [f"    if {condition}:", f"        {name} = {value}", "    else:", f"        a, b = {name}, n"]
    lines += [f"    if a == b: return {result}", "    return a, b, n"]
    function = make("\n".join(lines) + "\n", K="k,1", add=add, double=double)
    check(function, rows)
    check(function, [wrong])


@given(PERCENT, st.one_of(INT, FLOAT, TEXT, st.booleans(), st.none()))
@settings(SETTINGS, max_examples=500)
def test_percent_formats_agree_or_decline(spec: str, value: Any) -> None:
    check(make(f"lambda x: '{spec}!' % (x,)"), [(value,)])


FORMATS = st.from_regex(r"([*x0])?[<>^=]?[-+ ]?0?[0-9]{0,2},?(\.[0-9])?[sdxXobeEfFgG%]?", fullmatch=True)


@given(FORMATS, st.one_of(INT, FLOAT, TEXT, st.booleans(), st.none()))
@settings(SETTINGS, max_examples=1000)
def test_format_specifications_agree_or_decline(spec: str, value: Any) -> None:
    check(make(f"lambda x: f'{{x:{spec}}}!'"), [(value,)])


class Subclass(str):
    """A str whose methods may be anything."""

    __slots__ = ()

    def lower(self) -> str:
        return "mine"


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, "\ud800", Subclass("A"), {1: 2}, {1}, 1j, object, [1, "a"]])
def test_what_no_column_holds_is_declined(value: Any) -> None:
    got, reason = _engine.evaluate('{"param": 0}', "map", [(value,)])
    assert got is None and reason


@given(
    st.lists(
        st.recursive(st.one_of(*COLUMNS.values(), st.binary()), lambda s: st.tuples(s, s) | st.lists(s, max_size=3)),
        max_size=6,
    )
)
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_rows_come_back_as_they_were(rows: list[Any]) -> None:
    got, _ = _engine.evaluate('{"param": 0}', "map", [(row,) for row in rows])
    assert got is None or same(got, rows)


@pytest.mark.parametrize("source", ["sorted(F)", "sorted(F, reverse=True)", "sorted([(x, 1) for x in F])"])
def test_sorted_of_nan_is_left_to_the_interpreter(source: str) -> None:
    frozen = freeze(make(f"lambda F: {source}"))
    assert frozen.expression is not None
    row = [math.nan if i % 3 == 0 else float(-i) for i in range(100)]
    got, reason = _engine.evaluate(frozen.expression, "map", [(row,)])
    assert got is None and "nan" in str(reason)
