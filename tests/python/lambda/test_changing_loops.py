"""Loops that change lists, sets and dicts, and that make texts: machine code gives what CPython gives, or nothing does."""

import os
from collections import defaultdict

import pytest
from container_programs import ContainerPrograms
from lambda_reference import ran_natively, with_body
from pyrite import _engine
from pyrite._lambda import freeze

INTS = [(i * 37 % 101 + 1,) for i in range(120)]
TEXTS = [("abc 12  aeiou zz, b"[i % 9 : i % 19],) for i in range(60)]
WIDE = [("aé 漢b1 É,É٣ßaa 漢b"[i % 9 : i % 20],) for i in range(60)]
LISTS = [([i * j % 7 - 2 for j in range(i % 6)],) for i in range(60)]
FLOATS = [([i * j % 7 / 4 - 1 for j in range(i % 6)],) for i in range(60)]
PAIRS = [([("ab"[j % 2] * (j % 3), i * j % 5) for j in range(i % 7)],) for i in range(60)]
# What becomes machine code: rows, and the body of a function of x.
SOURCES = {
    "append": (INTS, "out = []\nwhile x:\n    out.append(x % 10)\n    x //= 10\nreturn out"),
    "append of tuples": (TEXTS, "out = []\nlast = ''\nfor c in x:\n    out.append((last, c))\n    last = c\nreturn out"),
    "append of one of two types": (LISTS, "out = []\nlast = None\nfor y in x:\n    out.append(last)\n    last = y\nreturn out"),
    "append of lists": (TEXTS, "out = []\nfor w in x.split():\n    out.append([w, w[:1]])\n    n = len(out)\nreturn out"),
    "append of parts": (LISTS, "out = []\nn = 0\nfor y in x:\n    n += 1\n    out.append(x[:n])\nreturn out"),
    "pairs of two loops": (WIDE, "ws = x.split()\nfor i, a in enumerate(ws):\n    for b in ws[i + 1:]:\n        yield (a, b)"),
    "running totals": (FLOATS, "t = 0.0\nfor y in x:\n    t += y\n    yield t"),
    "a histogram": (LISTS, "h = [0] * 8\nfor y in x:\n    h[y] += 1\nreturn h"),
    "items set from the end": (LISTS, "h = [0, 1, 2]\nfor y in x:\n    h[-1 - y % 3] = y\nreturn h"),
    "a stack": (WIDE, "stack = []\nfor c in x:\n    if stack and stack[-1] == c:\n        stack.pop()\n    else:\n        stack.append(c)\nreturn ''.join(stack)"),
    "a queue": (LISTS, "q = [1]\nn = 0\nwhile q and n < 9:\n    y = q.pop(0)\n    n += 1\n    if y < 4:\n        q.append(y + 1)\n        q.insert(0, y + 2)\nreturn (n, q)"),
    "seen": (WIDE, "seen = set()\nout = []\nfor w in x.split():\n    if w not in seen:\n        seen.add(w)\n        out.append(w)\nreturn out"),
    "many seen": (INTS, "seen = set()\nn = x\nwhile n not in seen:\n    seen.add(n)\n    n = n * 7 % 1009\nreturn len(seen)"),
    "pairs seen": (PAIRS, "seen = set()\nfor p in x:\n    seen.add(p)\nreturn sorted(seen)"),
    "counts by get": (WIDE, "d = {}\nfor c in x:\n    d[c] = d.get(c, 0) + 1\nreturn sorted(d.items())"),
    "counts in order": (WIDE, "d = {}\nfor w in x.split():\n    d[w] = d.get(w, 0) + 1\nreturn [(k, n) for k, n in d.items()]"),
    "counts by if": (TEXTS, "d = {}\nfor c in x:\n    if c in d:\n        d[c] += 1\n    else:\n        d[c] = 1\nreturn max(d.values()) if d else 0"),
    "counts in a defaultdict": (WIDE, "d = defaultdict(int)\nfor c in x:\n    d[c] += 1\nfor k, n in d.items():\n    yield (k, n)"),
    "many keys": (INTS, "d = {}\nfor i in range(300):\n    d[i * x % 211] = i\nreturn list(d.items())"),
    "keys of tuples": (PAIRS, "d = {}\nfor a, n in x:\n    d[a, n] = d.get((a, n), 0) + n\nreturn list(d.items())"),
    "groups": (WIDE, "d = defaultdict(list)\nfor w in x.split():\n    d[len(w)].append(w)\nreturn sorted(d.items())"),
    "groups by setdefault": (PAIRS, "d = {}\nfor a, n in x:\n    d.setdefault(a, []).append(n)\nreturn list(d.items())"),
    "del": (LISTS, "d = {}\nfor y in x:\n    if y in d:\n        del d[y]\n    else:\n        d[y] = len(d)\nreturn list(d.items())"),
    "edit distance": (WIDE, "a, b = x[:4], x[2:]\nprev = list(range(len(b) + 1))\nfor i, c in enumerate(a):\n    cur = [i + 1]\n    for j, e in enumerate(b):\n        cur.append(min(prev[j] + (c != e), prev[j + 1] + 1, cur[j] + 1))\n    prev = cur\nreturn prev[-1]"),
    "a table": (WIDE, "a, b = x[:5], x[3:]\ndp = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]\nfor i in range(1, len(a) + 1):\n    for j in range(1, len(b) + 1):\n        if a[i - 1] == b[j - 1]:\n            dp[i][j] = dp[i - 1][j - 1] + 1\n        else:\n            dp[i][j] = max(dp[i - 1][j], dp[i][j - 1])\nreturn dp"),
    "a text": (TEXTS, "out = ''\nfor c in x:\n    if c.isalpha():\n        out += c.upper()\n    else:\n        out = '-' + out\nreturn out"),
    "caesar": (TEXTS, "out = ''\nfor c in x:\n    if c.isalpha():\n        out += chr((ord(c) - 97 + 3) % 26 + 97)\n    else:\n        out += c\nreturn out"),
    "joined": (WIDE, "out = []\nn = 0\nfor w in x.split(','):\n    n += len(w)\n    out.append(w.strip()[::-1])\nreturn '|'.join(out)"),
    "f-strings": (LISTS, "out = []\nn = 0\nfor i, y in enumerate(x):\n    n -= y\n    out.append(f'{i}:{n}' + str(y / 2))\nreturn out"),
    "run lengths": (WIDE, "out = []\ni = 0\nwhile i < len(x):\n    j = i\n    while j < len(x) and x[j] == x[i]:\n        j += 1\n    out.append((x[i], j - i))\n    i = j\nreturn out"),
    "two texts at once": (TEXTS, "a = b = ''\nfor c in x:\n    a += c\n    old = a\n    b += a[:2]\n    a += '!'\n    b += old\nreturn (a, b)"),
    "sorted as it grows": (LISTS, "out = []\nfor y in x:\n    out.append(y * 3 % 7)\n    out = sorted(out, reverse=True)\nreturn out"),
    "sorted by a key": (WIDE, "out = []\nn = 0\nfor w in x.split():\n    n += len(w)\n    out.append(w)\nreturn sorted(out, key=lambda w: (len(w), w))"),
    "copies": (LISTS, "a = [0]\nd = {0: 1}\ns = {1}\nfor y in x:\n    b = list(a)\n    e = d.copy()\n    r = set(s)\n    a.append(y)\n    d[y] = 2\n    s.add(y)\n    b.append(9)\n    e[9] = 9\n    r.add(9)\n    n = (len(b), len(e), len(r))\nreturn (a, list(d.items()), sorted(s))"),
    "a list that begins as an argument's part": (LISTS, "p = list(x[:2])\nn = 0\nfor y in x:\n    n += 1\n    p.append(n)\nreturn (p, x)"),
    "a set of sets' members": (LISTS, "s = set()\nfor y in x:\n    s.update([y, y + 1])\nreturn sorted(s)"),
    "keys of a copy": (LISTS, "d = {}\nfor y in x:\n    d[y] = y * 2\nfor k in list(d):\n    if k + 1 in d:\n        del d[k + 1]\nreturn list(d.items())"),
    "a copy that is gone through": (LISTS, "xs = [1, 2, 3]\nt = 0\nfor y in list(xs):\n    xs[2] = 100 + len(x)\n    t += y\nreturn (t, xs)"),
    "a copy of pairs": (LISTS, "xs = [1, 2, 3]\nt = 0\nfor i, y in list(enumerate(xs)):\n    xs[2] = 50\n    t += i * y\nfor a in list(reversed(xs)):\n    xs[0] = 9\n    t = t * 3 + a\nreturn (t, xs)"),
    "a copy of a dict's items": (LISTS, "d = {}\nfor y in x:\n    d[y] = y * 2\nt = 0\nfor k, v in list(d.items()):\n    d[k + 10] = v\n    d[1] = 77\n    t = t * 3 + v\nfor v in list(d.values()):\n    d[2] = t\n    t += v\nreturn (t, list(d.items()))"),
    "wide items": ([([tuple("t" * (j + i) for j in range(130)) for i in range(3)],)], "ys = list(x)\nfor i in range(2):\n    ys.append(x[0])\nt = 0\nfor z in ys[1:]:\n    t = t * 2 + len(z[0]) + len(z[129])\nfor z in ys[::-1]:\n    t = t * 2 + len(z[0]) + len(z[129])\nreturn t"),
    "sieve": (INTS, "flags = [True] * x\nout = []\nfor i in range(2, x):\n    if flags[i]:\n        out.append(i)\n        for j in range(i * i, x, i):\n            flags[j] = False\nreturn out"),
}  # fmt: skip
# What is left to CPython, which raises or does as it does.
LEFT = {
    "IndexError": (LISTS, "h = [0]\nfor y in x:\n    h[y + 3] = 1\nreturn h"),
    "KeyError": (LISTS, "d = {}\nfor y in x:\n    d[y] += 1\nreturn len(d)"),
    "pop of nothing": (LISTS, "s = []\nfor y in x:\n    s.append(y)\n    s.pop()\n    s.pop()\nreturn s"),
    "an int and a float as keys": ([([1, 2],), ([1.0],)], "s = set()\nfor y in x:\n    s.add(y)\nreturn len(s)"),
    "int past 64 bits": (INTS, "out = []\nfor i in range(9):\n    out.append(x ** (i * 3))\nreturn out"),
    "lists as keys": (LISTS, "s = set()\nfor y in x:\n    s.add(x)\nreturn len(s)"),
}  # fmt: skip


def compiled(body):
    return with_body(body, defaultdict=defaultdict)


def called(function, *row):
    found = function(*row)
    return found if type(found).__name__ != "generator" else list(found)


@pytest.mark.parametrize("name", SOURCES)
def test_agree(name):
    rows, body = SOURCES[name]
    function = compiled(body)
    frozen = freeze(function)
    assert frozen.reason is None, frozen.reason
    before = _engine.machine_code()
    how = "flat" if "yield" in body else "map"
    found, why = _engine.evaluate(frozen.expression, how, rows)
    wanted = [called(function, *row) for row in rows]
    assert why is None, why
    assert repr(found) == repr([item for given in wanted for item in given] if how == "flat" else wanted)
    assert _engine.machine_code() > before


@pytest.mark.parametrize("name", LEFT)
def test_left_to_cpython(sc, name):
    rows, body = LEFT[name]
    function = compiled(body)
    try:
        wanted = [function(*row) for row in rows]
    except Exception as error:
        with pytest.raises(type(error)):
            sc.parallelize([row[0] for row in rows], 1).map(function).collect()
    else:
        assert sc.parallelize([row[0] for row in rows], 1).map(function).collect() == wanted


@pytest.mark.parametrize("name", ["append", "seen", "counts by get", "a table", "joined"])
def test_without_machine_code_nothing_is_wrong(sc, machine, name):
    rows, body = SOURCES[name]
    function = compiled(body)
    assert sc.parallelize([row[0] for row in rows], 2).map(function).collect() == [function(*row) for row in rows]


def test_random_programs_agree():
    programs = ContainerPrograms(int(os.environ.get("PYRITE_SEED", "7")))
    assert ran_natively((programs.program(), programs.rows(programs.r.choice([1, 5, 40]))) for _ in range(250)) > 60


# What somebody else has under another name, or goes through, while it changes.
SEEN = [
    "a = [1]\nb = [2]\nm = max(a, b)\nfor y in x:\n    b.append(y)\nreturn m",
    "a = [1]\nm = max([], default=a)\nfor y in x:\n    a.append(y)\nreturn m",
    "a = [1]\nb = sum([], a)\nfor y in x:\n    a.append(y)\nreturn b",
    "t = [[1], [2]]\nm = max(t[0], t[1])\nfor y in x:\n    t[1].append(y)\nreturn m",
    "t = [[1], [2]]\nm = max(t[:2])\nfor y in x:\n    t[1].append(y)\nreturn m",
    "t = [[1], [2]]\nm = list(t[:1])\nfor y in x:\n    t[0].append(y)\nreturn m",
    "t = [[1], [2]]\nm = t[:1][0]\nfor y in x:\n    t[0].append(y)\nreturn m",
    "g = {}\nfor y in x:\n    g.setdefault(y % 2, []).append(y)\nm = min(g.get(0, [1]), g.get(1, [2]))\nfor y in x:\n    g[y % 2].append(y)\nreturn m",
    "xs = [1, 2, 0]\nt = 0\nfor i in xs:\n    t = t * 10 + i\n    xs[i] = len(x) % 3\nreturn (t, xs)",
    "xs = [1, 2, 0]\nt = 0\nfor i in reversed(xs):\n    t = t * 10 + i\n    xs[0] = len(x)\nreturn (t, xs)",
]


@pytest.mark.parametrize("body", SEEN)
def test_what_others_see_is_not_changed_natively(machine, body):
    function, rows = compiled(body), [([1, 2],), ([],), ([3],)]
    frozen = freeze(function)
    if frozen.reason is None:
        found, why = _engine.evaluate(frozen.expression, "map", rows)
        assert why is not None or repr(found) == repr([function(*row) for row in rows])


def test_inner_lists_of_others_are_not_changed_natively(sc):
    def shared(x):
        row = [0, 0]
        table = [row, row]
        for y in x:
            table[0][y % 2] = y
        return table

    def saved(x):
        table = [[0], [1]]
        first = table[0]
        for y in x:
            table[0].append(y)
        return (first, table)

    def gone_through(x):
        table = [[0], [1]]
        out = []
        for row in table:
            out.append(row)
        for y in x:
            table[1].append(y)
        return out

    rows = [row[0] for row in LISTS]
    for function in (shared, saved, gone_through):
        assert sc.parallelize(rows, 2).map(function).collect() == [function(row) for row in rows]
