"""`try` of a `def`: what compiles gives what CPython gives, whatever is raised, and who raises goes to CPython."""

import math
import os

import pytest
from lambda_reference import evaluate, make, reason, tree, with_body
from pyrite import _engine
from pyrite._lambda import freeze
from pyrite._lambda.tries import RAISED
from try_programs import FEW, D, L, Programs

LINES = ["a,b,1.5", "a,b", "", "a,b,x", "c,d,2", ",,nan", "x,y,1e5,z", "a,b,-", "q,q,7"] * 3
NUMBERS = ["12", "-3", " 7 ", "x", "", "1.5", "1_", "+", "0", "é", "한국어", "--1", "1__0", "12abc"] * 2
PAIRS = [("12", "3"), ("x", "3"), ("12", "y"), ("x", "y"), ("0", "0"), ("7", "-2")]
MAYBE = ["a b", None, "c", "", None, "d e f"]
INTS = [0, 1, -1, 2, 5, -7, 3]
FLOATS = [0.0, 1.5, -2.0, -0.0, 9.0, 0.25]
SPECIAL = [1.0, math.nan, math.inf, -math.inf, 2.7, -0.5]
LISTS = [["1", "2"], [], ["3"], ["4", "x", "5"], ["y"], ["6", "7", "8"]]
BYTES = [b"abc", b"\xff\xfe", b"", "é漢".encode(), b"a\xc3"]

# What compiles and is evaluated without the interpreter.
SOURCES = {
    "parse": (LINES, "try:\n    parts = x.split(',')\n    return (parts[0], float(parts[2]))\nexcept (ValueError, IndexError):\n    return None"),
    "an int or 0": (NUMBERS, "try:\n    return int(x)\nexcept ValueError:\n    return 0"),
    "Exception": (NUMBERS, "try:\n    return int(x)\nexcept Exception:\n    return None"),
    "bare": (NUMBERS, "try:\n    return int(x)\nexcept:\n    return None"),
    "as e": (NUMBERS, "try:\n    return int(x)\nexcept ValueError as e:\n    return -1"),
    "a base class": (LINES, "try:\n    return x.split(',')[2]\nexcept LookupError:\n    return ''"),
    "arithmetic": (INTS, "try:\n    return 10 // x\nexcept ArithmeticError:\n    return -1"),
    "the first handler": (LINES, "try:\n    return float(x.split(',')[2])\nexcept IndexError:\n    return -1.0\nexcept ValueError:\n    return -2.0"),
    "the first that fits": (LINES, "try:\n    return float(x.split(',')[2])\nexcept Exception:\n    return -1.0\nexcept ValueError:\n    return -2.0"),
    "no handler for it": (NUMBERS, "try:\n    try:\n        return int(x)\n    except IndexError:\n        return 1\nexcept ValueError:\n    return 2"),
    "else": (NUMBERS, "try:\n    n = int(x)\nexcept ValueError:\n    return None\nelse:\n    return n + 1"),
    "else raises": (PAIRS, "a, b = x\ntry:\n    try:\n        n = int(a)\n    except ValueError:\n        return 'inner'\n    else:\n        m = int(b)\nexcept ValueError:\n    return 'outer'\nreturn 'none'"),
    "pass": (NUMBERS, "n = -1\ntry:\n    n = int(x)\nexcept ValueError:\n    pass\nreturn n * 2"),
    "what was bound before": (NUMBERS, "n = 1\ntry:\n    n = 2\n    m = int(x)\nexcept ValueError:\n    return n\nreturn m + 100"),
    "what was bound between": (PAIRS, "a, b = x\nn = 0\ntry:\n    n = int(a)\n    n = n + int(b)\nexcept ValueError:\n    return (n, 'bad')\nreturn (n, 'good')"),
    "bound and used after": (PAIRS, "a, b = x\nn = m = 0\ntry:\n    n = int(a)\n    m = int(b)\nexcept ValueError:\n    pass\nreturn n * 1000 + m"),
    "one after the other": (PAIRS, "a, b = x\ntry:\n    n = int(a)\nexcept ValueError:\n    n = -1\ntry:\n    m = int(b)\nexcept ValueError:\n    m = -2\nreturn (n, m)"),
    "a handler raises": (PAIRS, "a, b = x\ntry:\n    try:\n        return int(a)\n    except ValueError:\n        return int(b)\nexcept ValueError:\n    return None"),
    "nested": (LINES, "try:\n    p = x.split(',')\n    try:\n        return float(p[2])\n    except ValueError:\n        return float(len(p[3]))\nexcept IndexError:\n    return -1.0"),
    "an if in it": (NUMBERS, "try:\n    if x.startswith('-'):\n        return -int(x[1:])\n    n = int(x)\nexcept ValueError:\n    return 0\nreturn n"),
    "in an if": (NUMBERS, "if len(x) > 1:\n    try:\n        return int(x)\n    except ValueError:\n        return -1\nreturn -2"),
    "a value that isn't used": (NUMBERS, "try:\n    float(x)\n    return True\nexcept ValueError:\n    return False"),
    "in a loop": (LISTS, "n = 0\nfor y in x:\n    try:\n        n += int(y)\n    except ValueError:\n        continue\nreturn n"),
    "a loop that breaks off": (LISTS, "n = 0\nfor y in x:\n    try:\n        n += int(y)\n    except ValueError:\n        break\nreturn n"),
    "a loop that returns": (LISTS, "for y in x:\n    try:\n        n = int(y)\n    except ValueError:\n        return -1\n    if n > 4:\n        return n\nreturn 0"),
    "a loop in it": (LISTS, "n = 0\ntry:\n    for y in x:\n        n += int(y)\nexcept ValueError:\n    return None\nreturn n"),
    "a turn that is left in the middle": (LISTS, "n, last = 0, ''\nfor y in x:\n    try:\n        last = y\n        n += int(y)\n    except ValueError:\n        continue\nreturn (n, last)"),
    "a loop that is left in the middle": (LISTS, "n, last = 0, ''\nfor y in x:\n    try:\n        last = y\n        n += int(y)\n    except ValueError:\n        break\nreturn (n, last)"),
    "bound in it, asked for by a handler": (LINES, "try:\n    parts = x.split(',')\n    return (parts[0], float(parts[2]))\nexcept ValueError:\n    return (parts[0] + '!', None)\nexcept IndexError:\n    return (parts[-1], 0.0)"),
    "all of a list": (LISTS, "try:\n    return [int(y) for y in x]\nexcept ValueError:\n    return []"),
    "a sum": (LISTS, "try:\n    return sum(int(y) for y in x)\nexcept ValueError:\n    return -1"),
    "None.split": (MAYBE, "try:\n    return x.split(' ')[0]\nexcept AttributeError:\n    return 'none'"),
    "before its arguments": (MAYBE, "try:\n    return x.split(str(int('z')))\nexcept ValueError:\n    return ['value']\nexcept AttributeError:\n    return ['attribute']"),
    "int(None)": (MAYBE, "try:\n    return int(x)\nexcept TypeError:\n    return -1\nexcept ValueError:\n    return -2"),
    "len(5)": (INTS, "try:\n    return len(x)\nexcept TypeError:\n    return -1"),
    "None + 1": (INTS, "y = None if x > 0 else x\ntry:\n    return y + 1\nexcept TypeError:\n    return -100"),
    "'a' + 1": (INTS, "try:\n    return 'a' + x\nexcept TypeError:\n    return 'type'"),
    "'a' < 1": (INTS, "try:\n    return 'a' < x\nexcept TypeError:\n    return None"),
    "1 in 2": (INTS, "try:\n    return 1 in x\nexcept TypeError:\n    return None"),
    "a str's index": (NUMBERS, "try:\n    return x[1]\nexcept IndexError:\n    return ''"),
    "str.index": (LINES, "try:\n    return x.index('b')\nexcept ValueError:\n    return -1"),
    "an empty separator": (LINES, "try:\n    return x.split('')\nexcept ValueError:\n    return ['empty']"),
    "too few": (LINES, "try:\n    a, b, c = x.split(',')\n    return c\nexcept ValueError:\n    return 'count'"),
    "unpacking": (LINES, "try:\n    a, b = x.split(',')\nexcept ValueError:\n    return None\nreturn b + a"),
    "x // 0": (INTS, "try:\n    return 7 // x\nexcept ZeroDivisionError:\n    return 0"),
    "x % 0": (INTS, "try:\n    return 7 % x\nexcept ZeroDivisionError:\n    return 0"),
    "x / 0": (INTS, "try:\n    return 7 / x\nexcept ZeroDivisionError:\n    return 0.0"),
    "x / 0.0": (FLOATS, "try:\n    return 7 / x\nexcept ZeroDivisionError:\n    return 0.0"),
    "x % 0.0": (FLOATS, "try:\n    return 7 % x\nexcept ZeroDivisionError:\n    return 0.0"),
    "0.0 ** x": (INTS, "try:\n    return 0.0 ** x\nexcept ZeroDivisionError:\n    return -1.0"),
    "a shift": (INTS, "try:\n    return 3 << x\nexcept ValueError:\n    return -1"),
    "math.sqrt": (FLOATS, "try:\n    return math.sqrt(x)\nexcept ValueError:\n    return -1.0"),
    "math.log": (FLOATS, "try:\n    return math.log(x)\nexcept ValueError:\n    return -1.0"),
    "math.acos": (FLOATS, "try:\n    return math.acos(x)\nexcept ValueError:\n    return -1.0"),
    "int of floats": (SPECIAL, "try:\n    return int(x)\nexcept ValueError:\n    return -1\nexcept OverflowError:\n    return -2"),
    "floor": (SPECIAL, "try:\n    return math.floor(x)\nexcept (ValueError, OverflowError):\n    return -1"),
    "round": (SPECIAL, "try:\n    return round(x)\nexcept ValueError:\n    return -1\nexcept OverflowError:\n    return -2"),
    "float('nan')": (["nan", "1e999", "-inf", "x"], "try:\n    return str(float(x))\nexcept ValueError:\n    return 'no'"),
    "min of nothing": (LISTS, "try:\n    return min(x)\nexcept ValueError:\n    return 'none'"),
    "chr": ([65, -1, 1114112, 55, 300], "try:\n    return chr(x)\nexcept ValueError:\n    return '?'"),
    "ord": (["a", "", "ab", "é"], "try:\n    return ord(x)\nexcept TypeError:\n    return -1"),
    "decode": (BYTES, "try:\n    return x.decode('utf-8')\nexcept UnicodeDecodeError:\n    return 'bad'"),
    "decode, a ValueError": (BYTES, "try:\n    return x.decode()\nexcept ValueError:\n    return 'bad'"),
    "a dict": (["a", "b", "12", "", "zz"], "try:\n    return D[x]\nexcept KeyError:\n    return -1"),
    "a list": (INTS, "try:\n    return L[x]\nexcept LookupError:\n    return -9"),
    "a captured tuple": (["a", "b", "q"], "try:\n    return D[x] + int(x)\nexcept FEW:\n    return -1"),
    "a call": (NUMBERS, "return number(x) + 1"),
    "a call that is caught": (LINES, "try:\n    return number(x.split(',')[2])\nexcept IndexError:\n    return -1"),
    "a match": (LINES, "try:\n    return re.match('(\\\\w),(\\\\w)', x).group(2)\nexcept AttributeError:\n    return ''"),
    "a condition": (PAIRS, "a, b = x\ntry:\n    return int(a) if len(b) > 1 else int(b) and 5 // int(b)\nexcept ValueError:\n    return -1\nexcept ZeroDivisionError:\n    return -2"),
    "which comes first": (PAIRS, "a, b = x\ntry:\n    return [int(a)][int(b)]\nexcept IndexError:\n    return -1\nexcept ValueError:\n    return -2"),
    "a chain": (PAIRS, "a, b = x\ntry:\n    return 1 < len(a) < int(b) < 9 // len(b)\nexcept ValueError:\n    return False"),
    "an f-string": (PAIRS, "a, b = x\ntry:\n    return f'{a}:{int(b)}'\nexcept ValueError:\n    return 'bad'"),
    "tuples of several types": (NUMBERS, "try:\n    return (x, int(x))\nexcept ValueError:\n    return (x, None)"),
    "Own is no ValueError's": (NUMBERS, "try:\n    try:\n        return int(x)\n    except Own:\n        return 1\nexcept ValueError:\n    return 2"),
}  # fmt: skip
HEAD = """
class Own(ValueError):
    pass

def number(text):
    try:
        return int(text)
    except ValueError:
        return -7

"""


def compiled(body, head=HEAD):
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return make(f"{head}def f(x):\n{lines}".lstrip(), D=D, L=L, FEW=FEW)


def called(function, rows):
    """What the engine gives for the rows and why it doesn't."""
    frozen = freeze(function)
    assert frozen.reason is None, frozen.reason
    return _engine.evaluate(frozen.expression, "map", [(row,) for row in rows], captured=list(frozen.captured))


@pytest.mark.parametrize("name", SOURCES)
def test_agree(name):
    rows, body = SOURCES[name]
    function = compiled(body)
    expected = list(map(function, rows))
    found, why = called(function, rows)
    assert why is None
    assert repr(found) == repr(expected)
    for row, value in zip(rows, expected, strict=True):
        found, why = called(function, [row, row])
        assert why is None, row
        assert repr(found) == repr([value, value])


@pytest.mark.parametrize(
    "name", [name for name in SOURCES if not {"D", "L"} & set(SOURCES[name][1].replace("[", " ").split())]
)
def test_the_tree_means_the_same(name):
    rows, body = SOURCES[name]
    function = compiled(body)
    assert repr([evaluate(tree(function), [row]) for row in rows]) == repr(list(map(function, rows)))


GENERATORS = [
    "try:\n    yield int(x)\nexcept ValueError:\n    pass",
    "try:\n    yield int(x)\nexcept ValueError:\n    return",
    "try:\n    yield int(x)\nexcept ValueError:\n    yield -1",
    "try:\n    n = int(x)\nexcept ValueError:\n    return\nyield n\nyield n + 1",
    "try:\n    n = int(x)\nexcept ValueError:\n    n = 0\nfor c in x:\n    yield n",
    "for w in x.split(','):\n    try:\n        yield float(w)\n    except ValueError:\n        pass",
    "for w in x.split(','):\n    try:\n        n = float(w)\n    except ValueError:\n        continue\n    yield n",
    "for w in x.split(','):\n    try:\n        yield float(w)\n    except ValueError:\n        yield -1.0",
    "for w in x.split(','):\n    try:\n        n = 1 / len(w)\n    except ZeroDivisionError:\n        continue\n    if n < 1:\n        yield (w, n)",
]


@pytest.mark.parametrize("body", GENERATORS)
def test_generators(body):
    function = compiled(body)
    frozen = freeze(function)
    assert frozen.reason is None, frozen.reason
    for rows in (LINES, NUMBERS, ["1,2,x", "3", "a"], *([line] for line in LINES + NUMBERS)):
        found, why = _engine.evaluate(frozen.expression, "flat", [(row,) for row in rows])
        assert why is None
        assert repr(found) == repr([item for row in rows for item in function(row)])


@pytest.mark.parametrize(
    "body",
    [
        "try:\n    yield x\n    yield int(x)\nexcept ValueError:\n    yield -1",
        "try:\n    for w in x:\n        yield int(w)\nexcept ValueError:\n    pass",
        "for w in x:\n    try:\n        yield int(w)\n        n = int(w)\n    except ValueError:\n        pass",
        "for w in x:\n    try:\n        yield w\n        n = int(w)\n    except ValueError:\n        yield 'no'",
    ],
)
def test_what_was_yielded_before_an_exception_stays(body):
    function = compiled(body)
    frozen = freeze(function)
    for row in ["12", "1a2", "a", ""]:
        if frozen.expression is not None:
            found, why = _engine.evaluate(frozen.expression, "flat", [(row,)])
            assert why is not None or repr(found) == repr(list(function(row)))


@pytest.mark.parametrize("bad", [0, 1, 2, 50, 999])
def test_many_rows(sc, bad):
    def parse(line):
        try:
            parts = line.split(",")
            return (parts[0], float(parts[2]))
        except (ValueError, IndexError):
            return None

    worse = ["q,w", "q,w,e", "", "한,글,é"]
    lines = [worse[i % 4] if i % 1000 < bad else f"k{i % 7},x,{i / 8}" for i in range(5000)]
    rows = sc.parallelize(lines, 3)
    assert rows.map(parse).collect() == list(map(parse, lines))
    good = rows.map(parse).filter(lambda pair: pair is not None)
    assert good.count() == sum(parse(line) is not None for line in lines)
    if sc.getConf().get("pyrite.native") != "off":
        assert "declined" not in rows.map(parse).toDebugString().decode()


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ("try:\n    return int(x)\nexcept ValueError:\n    return 0", ["9" * 30]),
        ("try:\n    return int(x)\nexcept ValueError:\n    return 0", ["9" * 5000]),
        ("try:\n    return int(x)\nexcept ValueError:\n    return 0", ["٣"]),
        ("try:\n    return int(x)\nexcept IndexError:\n    return 0", ["1", "x"]),
        ("try:\n    return x * 10**10\nexcept OverflowError:\n    return 0", [10**10]),
        ("try:\n    return int(x)\nexcept ValueError:\n    return int(x)", ["x"]),
        ("try:\n    n = int(x)\nexcept ValueError:\n    n = 0\nreturn 1 // n", ["x"]),
        ("try:\n    return int(x)\nexcept ValueError:\n    return 'no'", ["1", "x"]),
        ("try:\n    return any(int(y) > 3 for y in x.split(','))\nexcept ValueError:\n    return None", ["5,x"]),
        ("try:\n    return re.match('(a)', x)[1]\nexcept TypeError:\n    return 'none'", ["b"]),
        ("try:\n    return '{1} {0}'.format(int(x), x[9])\nexcept IndexError:\n    return 'x'\nexcept ValueError:\n    return 'y'", ["b"]),
        ("try:\n    return [10 // int(y) for y in x.split(',') if 1 / len(y)]\nexcept ValueError:\n    return []\nexcept ZeroDivisionError:\n    return [0]", ["0,x,"]),
        ("try:\n    return f'{x:d}{int(x)}'\nexcept ZeroDivisionError:\n    return ''", ["a"]),
    ],
)  # fmt: skip
def test_what_is_not_known_is_pythons(body, rows):
    function = compiled(body)
    found, why = called(function, rows)
    if why is None:
        assert repr(found) == repr(list(map(function, rows)))


@pytest.mark.parametrize(
    "body",
    [
        "try:\n    return int(x)\nexcept IndexError:\n    return 0",
        "try:\n    return int(x)\nexcept ValueError:\n    return 1 // 0",
    ],
)
def test_what_is_not_caught_is_raised(sc, body):
    rows = sc.parallelize(["1", "2", "x", "3"], 1).map(compiled(body))
    with pytest.raises(ValueError if "IndexError" in body else ZeroDivisionError):
        rows.collect()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("try:\n    return 1\nexcept E:\n    return x", "E is not defined"),
        ("try:\n    return 1\nexcept D:\n    return x", "has an except of D, which is no known class"),
        ("e = 1\ntry:\n    return 1\nexcept ValueError as e:\n    return 2", "gives the exception a name that is used for something else, e"),
        ("try:\n    y = int(x)\nexcept ValueError as e:\n    y = 1\nreturn e", "e may be unbound"),
        ("try:\n    y = int(x)\nexcept* ValueError:\n    y = 1\nreturn y", "has an except*"),
        ("try:\n    y = int(x)\nexcept ValueError:\n    pass\nz = y\nreturn z", "y may be unbound"),
        ("n = 0\ntry:\n    for y in x:\n        n += int(y)\nexcept ValueError:\n    return n\nreturn n", "has a loop in a try that changes n, which is used after an exception"),
        ("try:\n    print(x)\nexcept ValueError:\n    pass", "calls print(), which has side effects"),
        ("try:\n    ValueError = KeyError\n    return int(x)\nexcept ValueError:\n    return 1", "ValueError may be unbound"),
        ("try:\n    return int(x)\nexcept ValueError:\n    return 1\nValueError = 1", "ValueError may be unbound"),
        ("a = 0\ntry:\n    a, (b, c) = x\nexcept ValueError:\n    pass\nreturn a", "binds several names in a try, of which some may be bound when it raises"),
    ],
)  # fmt: skip
def test_reason(body, expected):
    assert reason(compiled(body)) == expected


def test_the_names_of_classes_are_those_bound_now():
    source = "def f(x):\n    try:\n        return int(x)\n    except ValueError:\n        return 0\n"
    function = make(source, ValueError=KeyError)
    assert called(function, ["1", "x"])[1] is not None
    function = make(source.replace("ValueError", "Few"), Few=(KeyError, ValueError))
    assert called(function, ["1", "x"])[0] == [1, 0]
    function.__globals__["Few"] = (KeyError,)
    assert called(function, ["1", "x"])[1] is not None


def test_the_engine_knows_the_classes():
    for name, kind in RAISED.items():
        assert name == kind.__name__
        tree = f'{{"try":{{"number":0,"body":{{"param":0}},"handlers":[[["{name}"],"none"]]}}}}'
        assert _engine.evaluate(tree, "map", [(1,)]) == ([1], None)


def test_random_programs_agree():
    """`PYRITE_HUNT=400000` goes on until so many rows were compared; the seed is `PYRITE_SEED`."""
    programs = Programs(int(os.environ.get("PYRITE_SEED", "7")))
    hunt, rounds, compared, tried = int(os.environ.get("PYRITE_HUNT", "0")), 0, 0, 0
    while rounds < 100 or compared < hunt:
        rounds += 1
        source = programs.program()
        function = make(source, D=D, L=L, FEW=FEW)
        frozen = freeze(function)
        if frozen.reason is not None:
            continue
        odd = programs.r.choice([0.0, 0.0, 0.0, 0.1])
        rows = [programs.row(odd) for _ in range(programs.r.choice([1, 5, 40, 200]))]
        expected = [_outcome(function, row) for row in rows]
        for batch in (rows, *([row] for row in rows[:20])):
            tried += len(batch)
            found, why = _engine.evaluate(
                frozen.expression, "map", [(r,) for r in batch], captured=list(frozen.captured)
            )
            if why is None:
                compared += len(batch)
                wanted = expected[: len(batch)] if batch is rows else [_outcome(function, batch[0])]
                assert repr(found) == repr([value for value, raised in wanted if raised is None]), (source, batch[0])
    print(rounds, "programs", tried, "rows", compared, "compared")
    assert compared > 1000


def _outcome(function, row):
    try:
        return function(row), None
    except Exception as raised:
        return None, type(raised)


def test_a_captured_list_has_indices_and_a_dict_has_keys():
    """Both are longer than what stands in the tree itself."""
    for table in (list(range(100)), tuple(range(100)), dict.fromkeys(range(100), 7)):
        body = "try:\n    return TABLE[x]\nexcept IndexError:\n    return -1\nexcept KeyError:\n    return -2"
        function = with_body(body, TABLE=table)
        frozen = freeze(function)
        found, why = _engine.evaluate(frozen.expression, "map", [(5,), (100,), (99,)], captured=list(frozen.captured))
        assert why is None
        assert found == [function(5), function(100), function(99)]
