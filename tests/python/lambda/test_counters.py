"""Accumulators that functions of rows add to: counted once, natively as by the interpreter."""

from __future__ import annotations

import pytest
from lambda_reference import make

ROWS = [(i * 37) % 23 - 5 for i in range(60)]
TEXTS = ["1", "x", "22", "", "é", "-3"] * 8
SOURCES = {
    "add": ("map", ROWS, "def f(x):\n    acc.add(1)\n    return x\n"),
    "a lambda": ("map", ROWS, "lambda x: acc.add(x)"),
    "by +=": ("map", ROWS, "def f(x):\n    global acc\n    if x > 3:\n        acc += x\n    return x * 2\n"),
    "a filter": (
        "filter",
        ROWS,
        "def f(x):\n    if x < 0:\n        acc.add(1)\n        return False\n    return x % 2\n",
    ),
    "a flat map": ("flatMap", ROWS, "def f(x):\n    acc.add(2)\n    return [x, x + 1]\n"),
    "a loop": (
        "map",
        ROWS,
        "def f(x):\n    for i in range(3):\n        if i == x:\n            acc.add(i)\n    return x\n",
    ),
    "in a handler": (
        "map",
        TEXTS,
        "def f(x):\n    try:\n        return int(x)\n    except ValueError:\n        acc.add(1)\n        return -1\n",
    ),
    "in a try": (
        "map",
        TEXTS,
        "def f(x):\n    try:\n        acc.add(1)\n        return int(x)\n    except ValueError:\n        return -1\n",
    ),
    "after a try": (
        "map",
        TEXTS,
        "def f(x):\n    try:\n        y = int(x)\n    except ValueError:\n        y = 0\n        acc.add(1)\n    acc.add(10)\n    return y\n",
    ),
    "by keyword": ("map", ROWS, "def f(x):\n    acc.add(term=x)\n    return acc is None\n"),
    "a comparison": ("map", ROWS, "def f(x):\n    acc.add(x > 2)\n    return x\n"),
    "a float": ("map", ROWS, "def f(x):\n    acc.add(0.5)\n    return x\n"),
    "large": ("map", [2**62] * 5, "def f(x):\n    acc.add(x)\n    return 1\n"),
    "overflow in a row": ("map", [2**62] * 5, "def f(x):\n    acc.add(x)\n    acc.add(x)\n    return 1\n"),
    "its value": ("map", ROWS, "def f(x):\n    acc.add(1)\n    return acc.value\n"),
    "two": ("map", ROWS, "def f(x):\n    acc.add(1)\n    other.add(x)\n    return x\n"),
    "None": ("map", ROWS, "def f(x):\n    acc.add(None)\n    return x\n"),
}
# Under other names than the function's own.
SOURCES |= {
    name: ("map", ROWS, source)
    for name, source in {
        "handed on": "def g(counter, x):\n    counter.add(1)\n    return x * 2\n\ndef f(x):\n    acc.add(10)\n    return g(acc, x)\n",
        "handed on as itself": "def g(acc, x):\n    acc.add(1)\n    return x * 2\n\nf = lambda x: g(acc, x)\n",
        "handed on as another": "def g(acc, other):\n    acc.add(1)\n    other.add(2)\n    return 3\n\nf = lambda x: g(other, acc)\n",
        "an alias": "def f(x):\n    a = acc\n    a.add(1)\n    return x\n",
        "an alias by +=": "def f(x):\n    a = acc\n    a += 1\n    return x\n",
        "one of two": "def f(x):\n    a = acc if x > 2 else other\n    a.add(1)\n    return x\n",
        "unpacked": "def f(x):\n    a, b = acc, other\n    a.add(1)\n    b.add(2)\n    return x\n",
        "of a helper": "def g(x):\n    acc.add(1)\n    return x * 2\n\ndef f(x):\n    return g(x)\n",
        "of an inner function": "def f(x):\n    def g(acc):\n        acc.add(1)\n        return 1\n    return g(other)\n",
    }.items()
}
INTERPRETED = (
    *("in a try", "by keyword", "its value", "handed on", "handed on as itself", "handed on as another"),
    *("an alias", "an alias by +=", "one of two", "unpacked", "of a helper", "of an inner function"),
)


def counted(sc, name, zero=0):
    kind, rows, source = SOURCES[name]
    acc, other = sc.accumulator(zero), sc.accumulator(0)
    function = make(source, acc=acc, other=other)
    made = getattr(sc.parallelize(rows, 3), kind)(function)
    found = []
    acts = (
        made.collect,
        made.count,
        lambda: made.take(2),
        lambda: made.map(lambda x: (x, 1)).collect(),
        # Of fewer rows than there are the functions before see some only.
        lambda: made.mapPartitions(lambda it: [next(it, None)]).collect(),
    )
    for act in acts:
        try:
            found.append(act())
        except Exception as error:  # noqa: BLE001 - whatever it is has to be the same on both paths
            found.append(f"{type(error).__name__}: {error}")
        found.append((repr(acc.value), repr(other.value)))
    return made._explained(), found


@pytest.mark.parametrize("name", SOURCES)
def test_agree(make_sc, name):
    found = []
    for native in ("auto", "off"):
        sc = make_sc("local[2]", **{"pyrite.native": native, "pyrite.python.workers": "0"})
        found += [counted(sc, name), counted(sc, name, 1.5)]
        sc.stop()
    assert found[0][1] == found[2][1]
    assert found[1][1] == found[3][1]
    assert "\n      native" in found[0][0] or name in INTERPRETED, found[0][0]


def test_once_for_each_task(make_sc):
    """What a chunk that is declined was to add is added by the interpreter, and only by it."""
    for native in ("auto", "off"):
        sc = make_sc("local[2]", **{"pyrite.native": native, "pyrite.python.workers": "0"})
        acc = sc.accumulator(0)

        def count(x, acc=acc):
            acc.add(1)
            return x * 4

        rows = [2**62 if i == 30_000 else i for i in range(50_000)]
        assert sc.parallelize(rows, 2).map(count).count() == 50_000
        assert acc.value == 50_000
        sc.stop()
