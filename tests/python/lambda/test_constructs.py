"""Sets, dicts, dates, what iterates, and what changes in place: compiled gives what CPython gives, or declines."""

from __future__ import annotations

import collections
import datetime
import functools
import heapq
import itertools
import math
import operator
import string
import zlib

import pytest
from construct_rows import Rows
from lambda_reference import agrees, agrees_together, make, plain

NAMES = {
    "collections": collections,
    "Counter": collections.Counter,
    "defaultdict": collections.defaultdict,
    "datetime": datetime.datetime,
    "date": datetime.date,
    "timedelta": datetime.timedelta,
    "functools": functools,
    "reduce": functools.reduce,
    "heapq": heapq,
    "it": itertools,
    "math": math,
    "operator": operator,
    "string": string,
    "zlib": zlib,
    "START": datetime.datetime(2000, 2, 29, 12, 30),
}
# The signature by letters of `Rows`, and an expression of a, b, c.
EXPRESSIONS: list[tuple[str, str]] = [
    ("t", "len(set(a.split()))"), ("t", "sorted(set(a))"), ("K", "len(set(a))"), ("K", "sorted(set(a))"), ("KK", "len(set(a) & set(b))"),
    ("KK", "len(set(a) | set(b))"), ("II", "sorted(set(a) - set(b))"), ("TT", "sorted(set(a) ^ set(b))"), ("KK", "set(a) <= set(b)"), ("KK", "set(a) == set(b)"),
    ("KK", "set(a).isdisjoint(b)"), ("KK", "sorted(set(a).union(b))"), ("KK", "set(a).issubset(set(b))"), ("TT", "len(set(a) & set(b)) / len(set(a) | set(b))"),
    ("kK", "a in set(b)"), ("K", "max(set(a))"), ("K", "min({x for x in a})"), ("kk", "len({a, b})"), ("K", "any(set(a))"), ("KK", "sorted(set(a) & set(b))"),
    ("K", "list(Counter(a).items())"), ("K", "Counter(a).most_common(2)"), ("K", "Counter(a).most_common()"), ("kK", "Counter(b)[a]"), ("K", "sorted(Counter(a).values())"),
    ("T", "Counter(a).most_common(1)[0][0]"), ("K", "len(Counter(a))"), ("K", "list({x: 1 for x in a})"), ("K", "list({x: i for i, x in enumerate(a)}.items())"),
    ("P", "list(dict(a).items())"), ("tP", "dict(b)[a]"), ("tP", "dict(b).get(a)"), ("tP", "dict(b).get(a, -1)"), ("tP", "a in dict(b)"), ("P", "len(dict(a))"),
    ("T", "dict([p.split('=') for p in a])['k']"), ("t", "dict(p.split('=', 1) for p in a.split())['x']"), ("ti", "{'a': a, 'b': b}['b']"), ("ti", "{'a': a, 'b': b}.get('c', 0)"),
    ("ti", "sum(v for k, v in {'a': b, 'b': 2}.items())"), ("ti", "len({'a': a, 'b': b})"), ("ti", "list({a: b, 'a': 1}.items())"), ("P", "list({**dict(a), 'a': 0}.items())"),
    ("P", "sorted(dict(a))"), ("P", "[k for k in dict(a)]"), ("P", "list(dict(a).keys())"), ("TI", "dict(zip(a, b)).get('a')"), ("TI", "list(dict(zip(a, b)).values())"),
    ("i", "list(range(a)) if -9 < a < 99 else 0"), ("ii", "[x for x in range(a, b)] if abs(a) + abs(b) < 99 else 0"), ("iii", "sum(range(a, b, c)) if abs(a) + abs(b) < 99 else 0"),
    ("KK", "list(zip(a, b))"), ("II", "[x * y for x, y in zip(a, b)]"), ("tt", "sum(x != y for x, y in zip(a, b))"), ("K", "list(enumerate(a))"), ("Ki", "list(enumerate(a, b))"),
    ("K", "list(reversed(a))"), ("t", "''.join(reversed(a))"), ("T", "' '.join(reversed(a))"), ("K", "list(zip(a, a[1:]))"), ("P", "list(zip(*a))"), ("PP", "[x for p in (a, b) for x in p]"),
    ("TT", "[(x, y) for x in a for y in b if x < y]"), ("T", "[c for w in a for c in w]"), ("tt", "sorted(w for x in (a, b) for w in x.split())"), ("I", "list(map(lambda x: x + 1, a))"),
    ("II", "sum(map(operator.mul, a, b))"), ("II", "list(map(lambda x, y: (x, y), a, b))"), ("T", "list(map(str.strip, a))"), ("T", "list(filter(str.isalpha, a))"), ("K", "list(filter(None, a))"),
    ("T", "max(a, key=len)"), ("T", "min(a, key=lambda w: (-len(w), w))"), ("T", "sorted(a, key=len, reverse=True)"), ("P", "sorted(a, key=lambda p: p[1])"), ("P", "sorted(a, key=operator.itemgetter(1), reverse=True)"),
    ("K", "sorted(a, key=str)"), ("T", "max(a, key=a.count)"), ("P", "max(a, key=lambda p: p[1])"), ("X", "sorted(a, key=lambda x: -x)"), ("T", "sorted(a, key=lambda w: w.lower())"), ("P", "sorted(dict(a).items(), key=lambda p: -p[1])"),
    ("I", "heapq.nlargest(2, a)"), ("X", "heapq.nsmallest(2, a)"), ("P", "heapq.nlargest(3, a, key=lambda p: p[1])"), ("Ii", "next((x for x in a if x > b), None)"), ("I", "reduce(lambda x, y: x + y, a)"),
    ("I", "reduce(lambda x, y: x * y, a, 1)"), ("T", "reduce(lambda x, y: x + y, a, '')"), ("K", "list(it.combinations(a, 2))"), ("T", "[x + y for x, y in it.combinations(sorted(set(a)), 2)]"), ("TI", "list(it.product(a, b))"),
    ("KK", "list(it.chain(a, b))"), ("PP", "list(it.chain.from_iterable((a, b)))"), ("I", "list(it.accumulate(a))"), ("K", "list(it.islice(a, 2))"), ("K", "list(it.islice(a, 1, None))"), ("t", "[(k, len(list(g))) for k, g in it.groupby(a)]"),
    ("T", "[(k, list(g)) for k, g in it.groupby(a, key=len)]"), ("I", "[(k, sum(g)) for k, g in it.groupby(a, lambda x: x % 3)]"), ("i", "(hex(a), bin(a), oct(a))"), ("i", "math.factorial(a) if 0 <= a < 30 else 0"),
    ("t", "zlib.crc32(a.encode())"), ("t", "a.expandtabs()"), ("t", "a.expandtabs(3)"), ("t", "(a.isdecimal(), a.isnumeric())"), ("t", "a.isidentifier()"), ("t", "a.encode('ascii', 'ignore')"), ("t", "a.encode('utf-8', 'ignore')"),
    ("t", "a.translate(str.maketrans('', '', string.punctuation))"), ("t", "a.translate(str.maketrans('abc', 'xyz'))"), ("t", "a.translate(str.maketrans({'a': '4', 'b': None, 'é': 'ee'}))"), ("x", "format(a, '.3f')"), ("i", "format(a, '05d')"),
    ("ti", "'{} {}'.format(*(a, b))"), ("K", "'{0}-{1}'.format(*a)"), ("t", "datetime.strptime(a, '%Y-%m-%d').year"), ("t", "datetime.strptime(a, '%Y-%m-%d %H:%M:%S').hour"), ("t", "str(datetime.strptime(a, '%Y-%m-%d %H:%M:%S'))"),
    ("t", "datetime.strptime(a, '%d/%b/%Y').isoformat()"), ("t", "datetime.strptime(a, '%Y%m%d').strftime('%A %d %B %y %j %p')"), ("t", "datetime.strptime(a[:10], '%Y-%m-%d').weekday()"), ("t", "(datetime.strptime(a, '%Y-%m-%d') - START).days"),
    ("t", "(datetime.strptime(a, '%Y-%m-%d %H:%M:%S') - START).seconds"), ("t", "(datetime.strptime(a, '%Y-%m-%d %H:%M:%S') - START).total_seconds()"), ("t", "str(datetime.strptime(a, '%Y-%m-%d') + timedelta(days=1, hours=3))"),
    ("t", "str(datetime.strptime(a, '%Y-%m-%d') - timedelta(days=40))"), ("t", "datetime.strptime(a, '%Y-%m-%d').isocalendar()[1]"), ("t", "str(datetime.strptime(a, '%Y-%m-%d').replace(day=1, hour=5))"), ("t", "str(datetime.strptime(a, '%Y-%m-%d').date())"),
    ("t", "datetime.strptime(a, '%Y-%m-%d') > START"), ("t", "datetime.fromisoformat(a).month"), ("t", "date.fromisoformat(a).day"), ("t", "date.fromisoformat(a).toordinal()"), ("iii", "date(a, b, c).isoformat()"), ("iii", "str(datetime(2020, 1, 1, a, b, c))"),
    ("tt", "(datetime.strptime(a, '%Y-%m-%d') - datetime.strptime(b, '%Y-%m-%d')).days"), ("t", "str(date.fromisoformat(a) + timedelta(days=2, hours=30))"), ("t", "datetime.strptime(a, '%Y-%m-%d %H:%M:%S') == START"),
]  # fmt: skip
# The signature and the body of a function of a, b, c.
BODIES: list[tuple[str, str]] = [
    ("K", "out = []\nfor x in a:\n    out.append(x)\nreturn out"),
    ("T", "out = []\nfor w in a:\n    if len(w) > 1:\n        out.append(w.lower())\nreturn out"),
    ("T", "out = []\nfor w in a:\n    if not w:\n        continue\n    out.append((w, len(w)))\n    out.append((w, 0))\nreturn out"),
    ("I", "total, out = 0, []\nfor x in sorted(a):\n    total += x\n    out.append(total)\nreturn out"),
    ("T", "out = []\nfor i in range(len(a)):\n    for j in range(i + 1, len(a)):\n        out.append((a[i], a[j]))\nreturn out"),
    ("T", "current, out = [], []\nfor w in a:\n    if not w:\n        out.append(current)\n        current = []\n    current.append(w)\nreturn out, current"),
    ("K", "d = {}\nfor x in a:\n    d[x] = d.get(x, 0) + 1\nreturn list(d.items())"),
    ("K", "d = {}\nfor x in a:\n    if x in d:\n        d[x] += 1\n    else:\n        d[x] = 1\nreturn sorted(d.values())"),
    ("K", "d = defaultdict(int)\nfor x in a:\n    d[x] += 1\nreturn [(k, v) for k, v in d.items()]"),
    ("K", "d = Counter()\nfor x in a:\n    d[x] += 2\nreturn d.most_common(2)"),
    ("P", "d = {}\nfor k, v in a:\n    d[k] = v\nreturn len(d), list(d)"),
    ("tP", "d = dict(b)\nd['a'] = 1\ndel d[a]\nreturn list(d.items())"),
    ("ti", "d = {'a': a}\nd['b'] = b\nd['a'] = b\nreturn d['a'], d['b'], len(d)"),
    ("T", "d = {}\nfor t in a:\n    d[t] = d.get(t, 0) + 1\ntotal = float(sum(d.values()))\nfor t in d:\n    d[t] = d[t] / total\nreturn list(d.items())"),
    ("K", "seen = set()\nout = []\nfor x in a:\n    if x not in seen:\n        seen.add(x)\n        out.append(x)\nreturn out"),
    ("KK", "s = set(a)\ns.update(b)\nreturn len(s)"),
    ("Ki", "p = list(a)\np[b] = 'z'\nreturn p"), ("Ki", "p = a[:]\ndel p[b]\nreturn p"), ("Ki", "p = list(a)\nx = p.pop(b)\nreturn x, p"), ("K", "p = list(a)\np.pop()\nreturn p"),
    ("Kik", "p = list(a)\np.insert(b, c)\nreturn p"), ("Kk", "p = list(a)\np.remove(b)\nreturn p"), ("K", "p = list(a)\np.sort()\nreturn p"), ("T", "p = list(a)\np.sort(key=len, reverse=True)\nreturn p"), ("K", "p = list(a)\np.reverse()\nreturn p"),
    ("KK", "p = list(a)\np.extend(b)\nreturn p"), ("KK", "p = []\np += a\np += b\nreturn p"), ("Kk", "p = [1]\np += b\nreturn p"), ("t", "counts = [0] * 26\nfor c in a:\n    if 'a' <= c <= 'z':\n        counts[ord(c) - 97] += 1\nreturn counts"),
    ("K", "x, *y = a\nreturn x, y"), ("K", "x, *y, z = a\nreturn z, y"), ("T", "first, *_ = a\nreturn first"), ("i", "assert a > 0, 'small'\nreturn a"), ("i", "if a > 3:\n    raise ValueError(a)\nreturn a"),
    ("t", "import math\nreturn math.floor(len(a) / 2)"), ("t", "from datetime import datetime\nreturn datetime.strptime(a, '%Y-%m-%d').day"), ("t", "try:\n    return datetime.strptime(a, '%Y-%m-%d').month\nexcept ValueError:\n    return 0"),
    ("tP", "try:\n    return dict(b)[a]\nexcept KeyError:\n    return -1"), ("Ki", "try:\n    p = list(a)\n    p[b] = 1\n    return len(p)\nexcept IndexError:\n    return -1"),
    ("K", "out = []\ntry:\n    for x in a:\n        out.append(int(x))\nexcept (ValueError, TypeError):\n    return out\nreturn out"),
    ("T", "for f in ('%Y-%m-%d', '%d/%b/%Y'):\n    try:\n        return datetime.strptime(a[0], f).month\n    except ValueError:\n        continue\nreturn None"),
    ("tt", "prev = list(range(len(b) + 1))\nfor i, x in enumerate(a, 1):\n    cur = [i]\n    for j, y in enumerate(b, 1):\n        cur.append(min(prev[j] + 1, cur[j - 1] + 1, prev[j - 1] + (x != y)))\n    prev = cur\nreturn prev[-1]"),
    ("I", "best = {}\nfor x in a:\n    k = x % 3\n    if k not in best or x > best[k]:\n        best[k] = x\nreturn sorted(best.items())"),
    ("T", "out = []\nseen = out\nfor w in a:\n    out.append(w)\nreturn seen"),
    ("K", "out = []\nfor x in a:\n    out.append(x)\n    if len(out) > 2:\n        break\nelse:\n    out.append('end')\nreturn out"),
    ("KK", "x, y = set(a), set(b)\nreturn len(x & y), len(x | y)"),
    ("KK", "x, z, w = [], [], []\nfor p in a:\n    y = x\n    for q in b:\n        x = x + [q]\n        z.append(q)\n    w.append(len(y))\nreturn w, z, x"),
    ("Ki", "p = list(a)\nn = 0\nfor i in range(4):\n    try:\n        p[i + b] = 'q'\n    except IndexError:\n        n += len(p)\nreturn p, n"),
    ("K", "d = {}\nfor x in a:\n    d['n'] = len(d)\n    try:\n        d[[x]] = 1\n    except TypeError:\n        d['e'] = len(d)\nreturn list(d.items())"),
]  # fmt: skip
GENERATORS: list[tuple[str, str]] = [
    ("T", "for i, x in enumerate(a):\n    for y in a[i + 1:]:\n        yield (x, y)"),
    ("Ti", "yield ('all', b)\nfor x in a:\n    yield (x, 1)\nyield ('end', 0)"),
    ("K", "yield from a"),
    ("T", "total = 0\nfor w in a:\n    total += len(w)\n    yield total"),
    ("T", "last, n = None, 0\nfor w in sorted(a):\n    if last is None or len(w) > len(last):\n        n += 1\n    last = w\n    yield (n, w)"),
    ("K", "for x in a:\n    try:\n        yield int(x)\n    except ValueError:\n        yield -1"),
    ("T", "d = {}\nfor w in a:\n    d[w] = d.get(w, 0) + 1\nfor k, v in d.items():\n    yield k, v"),
    ("T", "for w in a:\n    if w == 'a':\n        return\n    yield w\n    yield w"),
    ("T", "out = []\nfor w in a:\n    out.append(w)\n    yield out"),
]  # fmt: skip


def agree(source: str, signature: str, flat: bool, seed: int) -> tuple[int, int]:
    """How many rows ran natively, each by itself and many together; fails where one differs."""
    function, rows = make(source, **NAMES), Rows(seed)
    native = agrees(function, [rows.row(signature, 0.0 if i % 3 else 0.25) for i in range(240)], flat)
    good = [row for row in (rows.row(signature, 0.0) for _ in range(400)) if plain(function, row)][:100]
    return len(native), int(agrees_together(function, good, flat))


def defined(signature: str, body: str) -> str:
    return f"def f({', '.join('abc'[: len(signature)])}):\n" + "".join(f"    {line}\n" for line in body.split("\n"))


@pytest.mark.parametrize("at", range(len(EXPRESSIONS)), ids=[source for _, source in EXPRESSIONS])
def test_expressions(at: int) -> None:
    signature, source = EXPRESSIONS[at]
    agree(f"lambda {', '.join('abc'[: len(signature)])}: {source}", signature, False, at)


@pytest.mark.parametrize("at", range(len(BODIES)))
def test_bodies(at: int) -> None:
    signature, body = BODIES[at]
    agree(defined(signature, body), signature, False, at)


@pytest.mark.parametrize("at", range(len(GENERATORS)))
def test_generators(at: int) -> None:
    signature, body = GENERATORS[at]
    agree(defined(signature, body), signature, True, at)


def test_most_run_natively() -> None:
    """The comparison would say little of what declines."""
    expressions = [(s, f"lambda {', '.join('abc'[: len(s)])}: {source}", False) for s, source in EXPRESSIONS]
    bodies = [(s, defined(s, body), False) for s, body in BODIES]
    generators = [(s, defined(s, body), True) for s, body in GENERATORS]
    every = [*expressions, *bodies, *generators]
    idle = [source for s, source, flat in every if not agree(source, s, flat, 5)[0]]
    assert len(idle) < len(every) // 7, idle
