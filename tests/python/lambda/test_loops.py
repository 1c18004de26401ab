"""Loops of a `def`: what compiles gives what CPython gives, and is left where nobody waits any more."""

import os
import signal
import threading
import time
from collections import Counter

import pytest
from lambda_reference import evaluate, ran_natively, tree, with_body
from loop_programs import Programs
from pyrite import _engine
from pyrite._lambda import freeze

NUMBERS = [(i * 37 % 101 - 20,) for i in range(200)]
LISTS = [([i * j % 7 - 2 for j in range(i % 6)],) for i in range(60)]
TEXTS = [("hello wörld 漢 aeiou"[i % 9 : i % 20],) for i in range(60)]
PAIRS = [((i, i * 7 % 50 + 1),) for i in range(100)]
SOURCES = {
    "a sum": (NUMBERS, "total = 0\nfor i in range(50):\n    total += (x ^ i) % 7\nreturn total"),
    "a sum of a list": (LISTS, "total = 0\nfor y in x:\n    total += y\nreturn total"),
    "ints that become floats": (NUMBERS, "n = 0\nfor i in range(3):\n    n = n + i / 2\nreturn n"),
    "a prime": (NUMBERS, "if x < 2:\n    return False\nfor i in range(2, int(x**0.5) + 1):\n    if x % i == 0:\n        return False\nreturn True"),
    "a prime by while": (NUMBERS, "if x < 2:\n    return False\ni = 2\nwhile i * i <= x:\n    if x % i == 0:\n        return False\n    i += 1\nreturn True"),
    "a prime by else": (NUMBERS, "for i in range(2, max(x, 0)):\n    if x % i == 0:\n        break\nelse:\n    return x > 1\nreturn False"),
    "steps": (NUMBERS, "n, steps = abs(x) + 1, 0\nwhile n != 1:\n    n = n // 2 if n % 2 == 0 else 3 * n + 1\n    steps += 1\nreturn steps"),
    "a divisor": (PAIRS, "a, b = x\nwhile b:\n    a, b = b, a % b\nreturn a"),
    "letters": (TEXTS, "n = 0\nfor c in x:\n    if c in 'aeiou':\n        n += 1\nreturn n"),
    "backwards": (TEXTS, "out = ''\nfor c in x:\n    out = c + out\nreturn out"),
    "the first": (LISTS, "for y in x:\n    if y > 3:\n        return y\nreturn None"),
    "the largest and where": (LISTS, "best, at = None, -1\nfor i, y in enumerate(x):\n    if best is None or y > best:\n        best, at = y, i\nreturn at, best"),
    "enumerate from one": (LISTS, "n = 0\nfor i, y in enumerate(x, 1):\n    n += i * y\nreturn n"),
    "zip": (LISTS, "n = 0\nfor a, b in zip(x, x[1:]):\n    n += a < b\nreturn n"),
    "pairs of a list": (LISTS, "n = 0\nfor a in x:\n    for b in x:\n        if a + b == 5:\n            return a * 100 + b\n        n += 1\nreturn n"),
    "unpacking": (LISTS, "n = 0\nfor a, b in [(y, y * 2) for y in x]:\n    n += b - a\nreturn n"),
    "continue and break": (TEXTS, "n = 0\nfor c in x:\n    if c == ' ':\n        continue\n    if c == 'w':\n        break\n    n += 1\nreturn n"),
    "no turn": (NUMBERS, "n = x\nfor i in range(0):\n    n += 1\nfor i in []:\n    n += 1\nwhile False:\n    n += 1\nreturn n"),
    "a step down": (NUMBERS, "n = 0\nfor i in range(x, -3, -2):\n    n = n * 3 % 1000 + i\nreturn n"),
    "constants": (NUMBERS, "n = 0\nfor a, b in ((1, 2), (3, 4)):\n    n += a * x + b\nreturn n"),
    "a variable of a turn": (LISTS, "n = 0\nfor y in x:\n    z = y * y\n    z += 1\n    n += z\nreturn n"),
    "the same name again": (LISTS, "n = 0\nfor y in x:\n    n += y\nfor y in x:\n    n -= 2 * y\nreturn n"),
    "a variable that stays": (TEXTS, "longest = ''\nfor w in x.split(' '):\n    if len(w) > len(longest):\n        longest = w\nreturn longest"),
}  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
def test_agree(name):
    rows, body = SOURCES[name]
    function = with_body(body)
    expected = [function(*row) for row in rows]
    assert [evaluate(tree(function), row) for row in rows] == expected
    found, why = _engine.evaluate(freeze(function).expression, "map", rows)
    assert why is None
    assert repr(found) == repr(expected)


def test_random_programs_agree():
    programs = Programs(int(os.environ.get("PYRITE_SEED", "7")))

    def rows():
        return [(programs.row(),) for _ in range(programs.r.choice([1, 5, 40, 200]))]

    assert ran_natively((programs.program(), rows()) for _ in range(400)) > 200


@pytest.mark.parametrize(
    "body",
    [
        "n = 1\nfor i in range(70):\n    n *= 3\nreturn n",  # leaves 64 bits
        "n = 0\nfor y in x:\n    n += y\nreturn n",  # an int isn't iterated
        "for i in range(1, 3, 0):\n    pass\nreturn 1",  # raises
        "n = 0\nfor i in range(x):\n    n = n + (0.5 if i else 1)\nreturn n",  # ints here, floats there
    ],
)
def test_what_no_column_holds_is_pythons(body):
    _, why = _engine.evaluate(freeze(with_body(body)).expression, "map", [(1,), (2,), (3,)])
    assert why is not None


def test_on_every_path(sc):
    rows = sc.parallelize(range(3000), 3)

    def digits(n):
        total = 0
        while n:
            n, total = n // 10, total + n % 10
        return total

    assert rows.map(digits).sum() == sum(map(digits, range(3000)))
    assert rows.filter(lambda n: digits(n) == 3).collect() == [n for n in range(3000) if digits(n) == 3]
    counted = rows.map(lambda n: (digits(n), 1)).reduceByKey(lambda a, b: a + b)
    assert dict(counted.collect()) == Counter(map(digits, range(3000)))


def test_folds_by_a_loop_are_pythons(sc):
    def halved(a, b):
        while a > 100:
            a = a // 2
        return a + b

    rows = sc.parallelize(range(500), 2)
    expected = 0
    for start in (0, 250):
        part = start
        for row in range(start + 1, start + 250):
            part = halved(part, row)
        expected = halved(expected, part) if start else part
    assert rows.reduce(halved) == expected
    counted = rows.map(lambda n: (n % 3, n)).reduceByKey(halved, 2)
    assert len(counted.collect()) == 3
    if sc.getConf().get("pyrite.native") != "off":
        assert "Python: a loop row by row" in counted.toDebugString().decode()


def test_a_loop_without_end_is_interrupted(sc):
    def forever(x):
        n = 1
        while n > 0:
            n = n % 7 + 1
        return n

    # More than once: the first signal may come before the job.
    stop = threading.Event()

    def interrupt():
        while not stop.wait(0.5):
            os.kill(os.getpid(), signal.SIGINT)

    def run():
        try:
            threading.Thread(target=interrupt, daemon=True).start()
            sc.parallelize(range(100), 2).map(forever).collect()
        finally:
            stop.set()

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run()
    assert time.monotonic() - began < 20
    assert sc.parallelize([1, 2]).map(lambda x: x + 1).sum() == 5
