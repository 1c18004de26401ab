"""What the engine says an operation raises is what CPython raises, for operands of all types."""

import builtins
import math

import pytest
from lambda_reference import make
from pyrite import _engine
from pyrite._lambda import freeze
from pyrite._lambda.tries import RAISED

HUGE = 2**62
VALUES = [
    None, True, False, 0, 1, -1, 2, 70, -HUGE, HUGE, 1114112, 2**31, 0.0, -0.0, 1.5, -2.0, 1e308, 800.0, math.nan, math.inf, -math.inf,
    "", "a", "ab", "12", " 7\n", "x,y", "1_0", "_1", "1__0", "1e5", "1e", ".", "-", "nan", "+inf", "in_f", "1_0.5", "é", "٣", "1é", "9" * 30, "0x1", "5\x00", "\x1c5",
    b"", b"ab", b"\xff", (), (1,), (1, 2), ("a", 1), [], [1], ["a"], [1, 2, 3],
]  # fmt: skip
OTHERS = [
    None,
    True,
    0,
    1,
    -1,
    3,
    0.0,
    -1.5,
    2.0,
    math.inf,
    math.nan,
    "",
    "a",
    ",",
    "utf-8",
    b"a",
    (),
    (1, "b"),
    [],
    [2],
    ["a", "b"],
]
ONE = [
    "int(a)", "float(a)", "len(a)", "abs(a)", "round(a)", "ord(a)", "chr(a)", "-a", "+a", "~a", "min(a)", "max(a)", "sum(a)", "list(a)", "tuple(a)",
    "math.sqrt(a)", "math.log(a)", "math.log2(a)", "math.log10(a)", "math.exp(a)", "math.floor(a)", "math.ceil(a)", "math.trunc(a)", "math.asin(a)", "math.acos(a)",
    "math.isnan(a)", "math.fabs(a)", "math.sin(a)", "a.lower()", "a.split()", "a.strip()", "a.decode()", "a.encode()", "a.isdigit()", "a.title()", "a.splitlines()", "a.casefold()", "a.isupper()",
    "[x for x in a]", "[x for x, y in [a]]", "[int(x) for x in a]", "re.split(',', a)", "re.match('(a)', a).group(1)", "re.sub('a', 'b', a)", "a[::0]", "a[1:]", "a[0]", "a[-3]", "sorted(a)",
]  # fmt: skip
TWO = [
    *(f"a {op} b" for op in ("+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<<", ">>", "<", "<=", ">", ">=", "==", "in", "not in")),
    "a[b]", "a[b:]", "a[:b]", "a[::b]", "divmod(a, b)", "pow(a, b)", "min(a, b)", "max(a, b)", "sum(a, b)", "round(a, b)", "int(a, b)", "(a, b)[b]", "[a, b][b]",
    "a.index(b)", "a.find(b)", "a.count(b)", "a.split(b)", "a.rsplit(b)", "a.strip(b)", "a.join(b)", "a.startswith(b)", "a.endswith(b)", "a.replace(b, 'x')", "a.replace('a', b)", "a.partition(b)",
    "a.split(',', b)", "a.zfill(b)", "a.ljust(b)", "a.center(5, b)", "a.removeprefix(b)", "a.decode(b)", "a.find('a', b)", "a.rindex(b)", "int(a) + b", "a.split(str(int(b)))", "math.pow(a, b)", "math.log(a, b)", "math.atan2(a, b)",
]  # fmt: skip
HANDLERS = "".join(
    f"    except {name}:\n        return '{name}'\n"
    for name in sorted(RAISED, key=lambda n: n == "ValueError")
    if hasattr(builtins, name)
)


def body(expression):
    head = "def f(a, b):\n" if expression in TWO else "def f(a):\n"
    return make(
        f"{head}    try:\n        {expression}\n{HANDLERS}    except Exception:\n        return 'another'\n    return 'none'\n"
    )


@pytest.mark.parametrize("expression", ONE + TWO)
def test_the_class_is_pythons(expression):
    function = body(expression)
    frozen = freeze(function)
    if frozen.reason is not None:
        pytest.skip(frozen.reason)
    rows = [(a, b) for a in VALUES for b in OTHERS if not _is_large(expression, a, b)]
    rows = rows if expression in TWO else [(a,) for a in VALUES]
    raised = set()
    for row in rows:
        found, why = _engine.evaluate(frozen.expression, "map", [row, row])
        if why is None:
            expected = function(*row)
            assert found == [expected, expected], row
            raised.add(expected)
    assert raised, "never evaluated natively"


@pytest.mark.parametrize(
    "expression",
    ["a // b", "a % b", "a / b", "a << b", "int(a) + b", "a[b]", "a + b", "a < b", "a.index(b)", "a.split(b)"],
)
def test_several_rows_of_one_type(expression):
    function = body(expression)
    frozen = freeze(function)
    kinds = {(type(a), type(b)) for a in VALUES for b in OTHERS}
    native = 0
    for kind, other in sorted(kinds, key=str):
        rows = [
            (a, b)
            for a in VALUES
            for b in OTHERS
            if type(a) in (kind, type(None)) and type(b) is other and not _is_large(expression, a, b)
        ]
        found, why = _engine.evaluate(frozen.expression, "map", rows)
        if why is None:
            native += 1
            assert found == [function(*row) for row in rows]
    assert native


def _is_large(expression, a, b):
    """What would take CPython long."""
    huge = type(a) is int and abs(a) > 1000 or type(b) is int and abs(b) > 1000
    return huge and any(op in expression for op in ("**", "<<", "pow", "zfill", "ljust", "*"))
