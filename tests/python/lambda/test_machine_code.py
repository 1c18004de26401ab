"""Loops as machine code and as trees: both give what CPython gives, and what isn't CPython's is declined."""

import math
import os

import pytest
from lambda_reference import ran_natively, with_body
from number_programs import NumberPrograms
from pyrite import _engine
from pyrite._lambda import freeze

INTS = [(i * 37 % 101 - 20,) for i in range(200)]
PAIRS = [((i * 7919 % 1000 - 300, i * 104729 % 97 + 1),) for i in range(100)]
FLOATS = [(i / 7 - 9.5,) for i in range(150)]
MIXED = [(None if i % 3 else i,) for i in range(60)]
TEXTS = [("abc 12 aeiou zz"[i % 9 : i % 16],) for i in range(60)]
WIDE = [("aé 漢b1 ÉÉ٣ßaa"[i % 9 : i % 15],) for i in range(60)]
LISTS = [([i * j % 7 - 2 for j in range(i % 6)],) for i in range(60)]
NESTED = [([(j, j / 4, "ab"[j % 2] * j) for j in range(i % 5)],) for i in range(60)]
WORDS = [([w * (i % 3) for w in ("x", "yy", "é漢")[: i % 4]],) for i in range(40)]
# What becomes machine code: rows, and the body of a function of x.
SOURCES = {
    "floor and modulo": (PAIRS, "a, b = x\nt = 0\nfor i in range(-3, 4):\n    t += a // (b * 2 - 7) * 3 + a % -b + (a * i) % 7 - (a - i) // -3 + a % 8 + a // 16\nreturn t"),
    "a float": (FLOATS, "g = 1.0\nfor i in range(9):\n    g = (g + x / (g + 20)) / 2\nreturn g"),
    "float floor": (FLOATS, "t = 0.0\nfor i in range(1, 5):\n    t += x // i + x % -i\nreturn t"),
    "int or float": (INTS, "t = 0\nfor i in range(3):\n    t = t + x / 2\nreturn t"),
    "int or float or no turn": (FLOATS, "t = 0\nn = 0\nwhile t < x + 10:\n    t = t + x * x + 1\n    n += 1\nreturn n"),
    "None or int": (LISTS, "best = None\nfor y in x:\n    if best is None or y > best:\n        best = y\nreturn best"),
    "optional": (MIXED, "t = 0\nfor i in range(3):\n    if x is not None:\n        t += x\n    else:\n        t -= 1\nreturn t"),
    "bools": (INTS, "t, odd = 0, False\nfor i in range(5):\n    odd = (x + i) % 2 == 1\n    t += odd\n    t += odd & (x > 3)\nreturn (t, odd)"),
    "a chain": (INTS, "t = 0\nfor i in range(9):\n    if 0 < x - i <= 40 != i:\n        t += 1\nreturn t"),
    "and and or": (INTS, "t = 0\nfor i in range(9):\n    t += (i and x) or 7\nreturn t"),
    "int and float compared": (FLOATS, "t = 0\nfor i in range(-9, 9):\n    t += i < x\n    t += (i == x) + (x >= i * 2)\nreturn t"),
    "a prime": (INTS, "if x < 2:\n    return False\ni = 2\nwhile i * i <= x:\n    if x % i == 0:\n        return False\n    i += 1\nreturn True"),
    "else": (INTS, "for i in range(2, max(x, 0)):\n    if x % i == 0:\n        break\nelse:\n    return 'no'\nreturn 'yes'"),
    "while True": (INTS, "n = 0\nwhile True:\n    n += 1\n    if n * n > x:\n        return n"),
    "nested": (INTS, "t = 0\nfor i in range(6):\n    for j in range(i):\n        if (x + j) % 3 == 0:\n            continue\n        if j > 3:\n            break\n        t += i * j\n    else:\n        t -= 1\nreturn t"),
    "vowels": (TEXTS, "n = 0\nfor c in x:\n    if c in 'aeiou':\n        n += 1\nreturn n"),
    "classes": (TEXTS, "n = m = 0\nfor c in x:\n    if c.isalpha():\n        n += 1\n    elif c.isdigit() or c.isspace():\n        m += 1\nreturn (n, m)"),
    "classes beyond ASCII": (WIDE, "n = m = 0\nfor c in x:\n    if c.isalpha():\n        n += 1\n    elif c.isdigit() or c.isspace():\n        m += 1\nreturn (n, m)"),
    "by index": (WIDE, "n = 0\nfor i in range(len(x)):\n    if x[i] == x[-1 - i] and x[i] != 'é':\n        n += i\nreturn n"),
    "an upper letter": (WIDE, "out = ''\nfor c in x:\n    if c > out and c != 'ß':\n        out = c.upper()\nreturn out"),
    "runs": (WIDE, "best = run = 0\nold = ''\nfor c in x:\n    run = run + 1 if c == old else 1\n    best = max(best, run)\n    old = c\nreturn best"),
    "ord": (WIDE, "h = 0\nfor c in x:\n    h = (h * 31 + ord(c)) % 1000003\nreturn h"),
    "the longest": (WORDS, "longest = ''\nfor w in x:\n    if len(w) > len(longest):\n        longest = w\nreturn longest"),
    "the last word": (WORDS, "last = None\nfor w in x:\n    if w >= 'x':\n        last = w\nreturn last"),
    "parts of a text": (TEXTS, "n = 0\nfor i in range(len(x)):\n    if x[i:i + 2] == 'ae' or x[i:] < 'b':\n        n += 1\nreturn n"),
    "tuples in a list": (NESTED, "t = 0\nfor a, b, c in x:\n    t += a * len(c)\nreturn t"),
    "a list by index": (LISTS, "t = 0\ni = 0\nwhile i < len(x):\n    t += x[i] * x[-1]\n    i += 1\nreturn t"),
    "zip and enumerate": (LISTS, "t = 0\nfor a, b in zip(x, x[1:]):\n    t += a * b\nfor i, a in enumerate(x, 1):\n    t += i * a\nreturn t"),
    "digits of a text": (INTS, "t = 0\nfor d in str(abs(x)):\n    t += int(d)\nreturn t"),
    "a split": (TEXTS, "n = 0\nwords = x.split(' ')\nfor i in range(len(words)):\n    n += len(words[i])\nreturn n"),
    "shifts": (INTS, "t = 0\nfor i in range(5):\n    t ^= x << i\n    t |= x >> i\n    t = ~t & 0xFFFF\nreturn t"),
}  # fmt: skip


def evaluated(function, rows):
    frozen = freeze(function)
    assert frozen.reason is None, frozen.reason
    return _engine.evaluate(frozen.expression, "map", rows)


@pytest.mark.parametrize("name", SOURCES)
def test_agree(machine, name):
    rows, body = SOURCES[name]
    function = with_body(body)
    before = _engine.machine_code()
    found, why = evaluated(function, rows)
    assert (_engine.machine_code() > before) == machine
    assert why is None
    assert repr(found) == repr([function(*row) for row in rows])


@pytest.mark.parametrize(
    ("rows", "body"),
    [
        ([(5,), (2**62,)], "t = x\nfor i in range(3):\n    t += x\nreturn t"),
        ([(5,), (2**40,)], "t = x\nfor i in range(3):\n    t *= x\nreturn t"),
        ([(5,), (-(2**63),)], "t = 0\nfor i in range(3):\n    t = -x\nreturn t"),
        ([(5,), (-(2**63),)], "t = 0\nfor i in range(3):\n    t = abs(x) // -1\nreturn t"),
        ([(5,), (-(2**63),)], "t = 0\nfor i in range(1, 3):\n    t = x // -i\nreturn t"),
        ([(5,), (0,)], "t = 0\nfor i in range(3):\n    t = t + 7 // x\nreturn t"),
        ([(5,), (0,)], "t = 0\nfor i in range(3):\n    t = t + 7 % x\nreturn t"),
        ([(5.0,), (0.0,)], "t = 0.0\nfor i in range(3):\n    t = t + 7 / x\nreturn t"),
        ([(5,), (0,)], "t = 0.0\nfor i in range(3):\n    t = t + 7 / x\nreturn t"),
        ([([1],), ([],)], "t = 0\nfor i in range(3):\n    t += x[0]\nreturn t"),
        ([("a",), ("",)], "t = 0\nfor i in range(3):\n    t += ord(x[-1])\nreturn t"),
        ([("1",), ("x",)], "t = 0\nfor c in x:\n    t += int(c)\nreturn t"),
        ([(5,), (None,)], "t = 0\nfor i in range(3):\n    t += x\nreturn t"),
        ([(5,), (2**53 + 1,)], "t = 0.0\nfor i in range(3):\n    t = x / 3\nreturn t"),
        ([(5,), (80,)], "t = 0\nfor i in range(3):\n    t = 1 << x\nreturn t"),
        ([(5,), (-1,)], "t = 0\nfor i in range(3):\n    t = 1 >> x\nreturn t"),
        ([(1.5,), (math.nan,)], "t = 0\nfor i in range(3):\n    t += int(x)\nreturn t"),
        ([(1.5,), (1e30,)], "t = 0\nfor i in range(3):\n    t += int(x)\nreturn t"),
    ],
)  # fmt: skip
def test_what_leaves_64_bits_or_raises_is_the_interpreters(machine, rows, body):
    _, why = evaluated(with_body(body), rows)
    assert why is not None


def test_an_int_or_a_float(machine):
    function = with_body("n = 0\nfor i in range(x):\n    n = n + (0.5 if i else 1)\nreturn n")
    found, why = evaluated(function, [(5,), (0,)])
    assert why is not None or repr(found) == "[3.0, 0]"


def test_odd_floats(machine):
    values = [0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, 1e308, -1.5]
    rows = [((a, b),) for a in values for b in values]
    function = with_body(
        "a, b = x\nt = -0.0\nfor i in range(1):\n    t = (a + b) * -1.0 if a < b else min(a, b) - max(a, -b)\nreturn (t, a == b, a != b, a <= b)"
    )
    found, why = evaluated(function, rows)
    assert why is None
    assert repr(found) == repr([function(*row) for row in rows])


def test_random_programs_agree(machine):
    programs, before = NumberPrograms(int(os.environ.get("PYRITE_SEED", "7"))), _engine.machine_code()
    assert ran_natively((programs.program(), programs.rows(programs.r.choice([1, 5, 40]))) for _ in range(250)) > 60
    assert (_engine.machine_code() > before) == machine


def test_one_function_for_columns_of_several_types(sc):
    def total(x):
        t = 0
        for i in range(5):
            t = t + x * i
        return t

    for rows in (range(2000), [i / 3 for i in range(2000)], [i % 2 == 0 for i in range(2000)]):
        assert sc.parallelize(rows, 2).map(total).collect() == [total(row) for row in rows]


def test_a_row_that_raises_is_the_users_error(sc):
    def quotients(x):
        t = 0
        for i in range(3):
            t += 100 // (x - 1000)
        return t

    with pytest.raises(ZeroDivisionError):
        sc.parallelize(range(2000), 2).map(quotients).collect()


def test_rows_of_a_group(sc):
    def largest(values):
        best = None
        for value in values:
            if best is None or value > best:
                best = value
        return best

    pairs = sc.parallelize([(i % 7, i * 37 % 101) for i in range(500)], 2)
    found = dict(pairs.groupByKey().mapValues(largest).collect())
    assert found == {k: max(i * 37 % 101 for i in range(500) if i % 7 == k) for k in range(7)}
