"""Random programs of shuffles, joins, sorts and caches give what a plain Python model of PySpark gives, whatever way they
run: compiled or not, on one thread or two, and with so little memory that their rows go to files.

`PYRITE_FUZZ` is the number of programs, `PYRITE_FUZZ_SEED` the first one's seed: a failure names its seed.
"""

import copy
import itertools
import os
import random

import pytest
from pyrite.rdd import portable_hash
from pyrite.storagelevel import StorageLevel

PROGRAMS = int(os.environ.get("PYRITE_FUZZ", "40"))
FIRST = int(os.environ.get("PYRITE_FUZZ_SEED", "1"))
# pyrite.native, task threads, pyrite.memory.limit, pyrite.python.workers
WAYS = [
    ("auto", 2, None, 0),
    ("off", 1, None, 0),
    ("auto", 2, "64k", 0),
    ("off", 2, "64k", 0),
    ("auto", 1, "256k", 0),
    ("auto", 2, "64k", 2),
]
LEVELS = [
    StorageLevel.MEMORY_ONLY,
    StorageLevel.MEMORY_AND_DISK,
    StorageLevel.DISK_ONLY,
    StorageLevel.MEMORY_ONLY_2,
    StorageLevel.MEMORY_AND_DISK_DESER,
]

KEYS = {
    "int": lambda r: r.randrange(-5, 20),
    "ints": lambda r: r.randrange(-(10**6), 10**6),
    "huge": lambda r: r.choice([2**63, -(2**63), 2**63 - 1, 5, 10**30]),
    "str": lambda r: r.choice(["a", "b", "", "to be or not to be", "é", "zebra"]),
    "strs": lambda r: "%x" % r.randrange(4096) * r.randrange(4),
    "float": lambda r: r.choice([0.0, -0.0, 0.5, 1.0, 2.0, -1.5, 1e300, float("inf")]),
    "bool": lambda r: r.random() < 0.5,
    "none": lambda r: r.choice([None, None, 1, 2]),
    "onlynone": lambda r: None,
    "tuple": lambda r: (r.randrange(3), r.choice("ab")),
    "nested": lambda r: ((r.randrange(2), None), "x"),
    "tuples": lambda r: (r.randrange(3),) * r.randrange(3),
    "mixed": lambda r: r.choice([1, 1.0, True, "1", None, (1,), 0, False, 2]),
    "number": lambda r: r.choice([1, 2.5, 2, -1.0, True]),
    "bytes": lambda r: r.choice([b"", b"a", b"\xff"]),
    "list": lambda r: [r.randrange(3)],
    "frozen": lambda r: frozenset([r.randrange(3)]),
}
VALUES = {
    **KEYS,
    "lists": lambda r: [r.randrange(9) for _ in range(r.randrange(4))],
    "dict": lambda r: {"k": r.randrange(3)},
    "long": lambda r: "v" * r.randrange(300),
    "set": lambda r: {r.randrange(3)},
}
RARE = {"list", "mixed", "huge", "frozen"}


class Model:
    """What PySpark would do: partitions that are made anew for each reader, and where keys are."""

    def __init__(self, makers, placed=None):
        self.makers, self.placed = makers, placed

    def parts(self):
        return [list(make()) for make in self.makers]

    def narrow(self, f, keeps=False):
        def piped(make):
            return lambda: f(make())

        return Model([piped(make) for make in self.makers], self.placed if keeps else None)

    def kept(self):
        """Rows that are computed once; each reader has copies."""
        made = {}

        def once(i, make):
            def read():
                if i not in made:
                    made[i] = list(make())
                return iter(copy.deepcopy(made[i]))

            return read

        return Model([once(i, make) for i, make in enumerate(self.makers)], self.placed)

    def whole(self, f, n, placed=None):
        """Partitions that `f` makes of all, once."""
        made = []

        def part(i):
            def read():
                if not made:
                    made.append(f())
                return iter(copy.deepcopy(made[0][i]))

            return read

        return Model([part(i) for i in range(n)], placed)

    def spread(self, n):
        if self.placed == n:
            return self

        def move():
            out = [[] for _ in range(n)]
            for rows in self.parts():
                for k, v in rows:
                    out[portable_hash(k) % n].append((k, v))
            return out

        return self.whole(move, n, n)

    def combine(self, create, merge, join, n):
        def local(rows):
            table = {}
            for k, v in rows:
                table[k] = merge(table[k], v) if k in table else create(v)
            return iter(table.items())

        def together(rows):
            table = {}
            for k, v in rows:
                table[k] = join(table[k], v) if k in table else v
            return iter(table.items())

        return self.narrow(local, True).spread(n).narrow(together, True)

    def union(self, other):
        if self.placed is not None and self.placed == other.placed and self.makers and other.makers:

            def both(a, b):
                return lambda: itertools.chain(a(), b())

            return Model([both(a, b) for a, b in zip(self.makers, other.makers)], self.placed)
        kept = [m for m in (self, other) if m.makers]
        if len(kept) == 1:
            return Model(kept[0].makers, kept[0].placed)
        return Model(self.makers + other.makers)

    def coalesce(self, n):
        have = len(self.makers)
        n = min(n, have)

        def group(i):
            makers = self.makers[i * have // n : (i + 1) * have // n]
            return lambda: itertools.chain.from_iterable(make() for make in makers)

        return Model([group(i) for i in range(n)])

    def ordered(self, key, ascending, n):
        """In one partition, as where ranges end is not promised."""

        def rows():
            every = list(itertools.chain(*self.parts()))
            if n > 1:
                # Keys are compared with the bounds of the ranges, also a single one.
                all(key(row) < key(row) for row in every[:1])
            return [sorted(every, key=key, reverse=not ascending)]

        return self.whole(rows, 1)

    def cogroup(self, other, n):
        def tag(i):
            return lambda rows: ((k, (i, v)) for k, v in rows)

        def split(rows):
            for k, vs in rows:
                yield k, ([v for i, v in vs if i == 0], [v for i, v in vs if i == 1])

        both = self.narrow(tag(0), True).union(other.narrow(tag(1), True))
        groups = both.combine(lambda v: [v], lambda c, v: [*c, v], lambda a, b: a + b, n or len(both.makers))
        return groups.narrow(split, True)


def make(r, sc, keys=None):
    """Rows, and how they are made on either side."""
    keys = keys or r.choice([k for k in KEYS if k not in RARE or r.random() < 0.3])
    values = r.choice(list(VALUES))
    size = r.choice([0, 1, 2, 7, 30, 30, 200, 2500])
    rows = [(KEYS[keys](r), VALUES[values](r)) for _ in range(size)]
    n = r.choice([1, 2, 3, 5])
    if r.random() < 0.1 and rows:
        rows[-1] = (KEYS[r.choice(list(KEYS))](r), None)
    rdd = sc.parallelize(rows, n)
    slices = rdd.glom().collect()
    model = Model([lambda part=part: iter(copy.deepcopy(part)) for part in slices])
    return rdd, model, keys


def mapped(f):
    return lambda rows: (f(x) for x in rows)


def valued(f):
    return lambda rows: ((k, f(v)) for k, v in rows)


def grown(v):
    if isinstance(v, list):
        v.append(7)
    return v


NEW_VALUES = [lambda v: 1, lambda v: (v, 1), lambda v: str(v), lambda v: [v], grown, lambda v: v]
SORT_KEYS = [
    lambda x: x[0],
    lambda x: x[1],
    lambda x: str(x),
    lambda x: len(str(x[1])),
    lambda x: 1,
    lambda x: x,
    lambda x: -len(str(x)),
    lambda x: (str(x[0]), x[1] is None),
]
REDUCES = [
    lambda a, b: a + b,
    lambda a, b: a,
    lambda a, b: b,
    lambda a, b: [a, b],
    lambda a, b: max(a, b),
    lambda a, b: min(a, b),
]


def step(r, sc, rdd, model, keys):
    n = r.choice([1, 2, 3, 7])
    way = r.randrange(19)
    if way == 0:
        f = r.choice(NEW_VALUES)
        return rdd.mapValues(f), model.narrow(valued(f), True)
    if way == 1:
        level = r.choice(LEVELS)
        return (rdd if rdd.is_cached else rdd.persist(level)), model.kept()
    if way == 2:
        return rdd.coalesce(n), model.coalesce(n)
    if way in (3, 4):
        key, up = r.choice(SORT_KEYS), r.random() < 0.5
        return rdd.sortBy(key, up, n).coalesce(1), model.ordered(key, up, n)
    if way == 5:
        up = r.random() < 0.5
        return rdd.sortByKey(up, n).coalesce(1), model.ordered(lambda x: x[0], up, n)
    if way == 6:
        f = r.choice(REDUCES)
        return rdd.reduceByKey(f, n), model.combine(lambda v: v, f, f, n)
    if way == 7:
        grouped = model.combine(lambda v: [v], lambda c, v: [*c, v], lambda a, b: a + b, n)
        return rdd.groupByKey(n).mapValues(list), grouped
    if way == 8:
        args = (lambda v: (v,), lambda c, v: (*c, v), lambda a, b: a + b)
        return rdd.combineByKey(*args, n), model.combine(*args, n)
    if way == 9:
        distinct = model.narrow(mapped(lambda x: (x, None))).combine(lambda v: v, lambda a, b: a, lambda a, b: a, n)
        return rdd.distinct(n), distinct.narrow(mapped(lambda x: x[0]))
    if way == 10:
        return rdd.partitionBy(n), model.spread(n)
    if way == 11:
        return rdd.filter(lambda x: x[1]), model.narrow(lambda rows: (x for x in rows if x[1]), True)
    if way == 12:
        return rdd.union(rdd), model.union(model)
    if r.random() < 0.3:
        other, second = rdd.mapValues(lambda v: 1), model.narrow(valued(lambda v: 1), True)
    elif r.random() < 0.1:
        other, second = sc.emptyRDD(), Model([])
    else:
        other, second, _ = make(r, sc, keys if r.random() < 0.8 else None)
    if r.random() < 0.3:
        other, second = other.partitionBy(n), second.spread(n)
    if r.random() < 0.3:
        rdd, model = rdd.partitionBy(n), model.spread(n)
    if way == 13:
        return rdd.union(other), model.union(second)
    n = r.choice([None, n])
    if way == 14:

        def lists(sides):
            return [list(side) for side in sides]

        return rdd.cogroup(other, n).mapValues(lists), model.cogroup(second, n).narrow(valued(lists), True)
    if way == 15:

        def unpaired(rows):
            return ((k, v) for k, (vs, ws) in rows if vs and not ws for v in vs)

        return rdd.subtractByKey(other, n), model.cogroup(second, n).narrow(unpaired, True)
    if way == 16:
        alone = mapped(lambda x: (x, 1))
        if r.random() < 0.5:
            met = model.narrow(alone).cogroup(second.narrow(alone), None)
            return rdd.intersection(other), met.narrow(lambda rows: (k for k, (vs, ws) in rows if vs and ws))
        left = model.narrow(alone).cogroup(second.narrow(alone), n)
        left = left.narrow(lambda rows: (k for k, (vs, ws) in rows if vs and not ws for _ in vs))
        return rdd.subtract(other, n), left
    if way == 17:

        def inner(rows):
            return ((k, (v, w)) for k, (vs, ws) in rows for v in vs for w in ws)

        return rdd.join(other, n), model.cogroup(second, n).narrow(inner, True)
    kind = r.choice(["left", "right", "full"])

    def outer(rows):
        for k, (vs, ws) in rows:
            if (kind == "left" and not vs) or (kind == "right" and not ws):
                continue
            for v in vs or [None]:
                for w in ws or [None]:
                    yield k, (v, w)

    return getattr(rdd, f"{kind}OuterJoin")(other, n), model.cogroup(second, n).narrow(outer, True)


def shown(parts):
    return [[repr(x) for x in rows] for rows in parts]


def attempt(f):
    try:
        return f()
    except Exception as error:
        return type(error).__name__


LARGEST = 6000


def program(sc, seed, steps=None):
    """What the program of this seed gives: with `steps` it makes so many of them and reads them in several ways, without
    it asks the model, and says for how many steps it did.
    """
    r = random.Random(seed)
    rdd, model, keys = make(r, sc)
    wanted, done = shown(model.parts()), 0
    most = r.choice([1, 2, 3, 4, 6])
    for _ in range(most if steps is None else steps):
        rdd, model = step(r, sc, rdd, model, keys)
        if steps is None:
            parts = attempt(lambda model=model: shown(model.parts()))
            if not isinstance(parts, str) and sum(map(len, parts)) > LARGEST:
                break
            wanted, done = parts, done + 1
            if isinstance(parts, str):
                break
    if steps is None:
        return wanted, done
    rdd._explained()
    return [
        attempt(lambda: shown(rdd.glom().collect())),
        attempt(lambda: shown(rdd.glom().collect())),
        attempt(lambda: [repr(x) for x in rdd.take(3)]),
        attempt(rdd.count),
    ]


def fits(found, wanted):
    """Whether all reads gave the model's rows, or its error; `take` may do without the rows that raise it."""
    if isinstance(wanted, str):
        return [found[0], found[1], found[3]] == [wanted] * 3
    rows = list(itertools.chain(*wanted))
    return found == [wanted, wanted, rows[:3], len(rows)]


@pytest.mark.parametrize(
    "programs",
    [PROGRAMS, pytest.param(100 * PROGRAMS, marks=[pytest.mark.soak, pytest.mark.timeout(7200)])],
    ids=["short", "long"],
)
def test_every_way_to_run_gives_what_the_model_gives(make_sc, programs):
    seeds = range(FIRST, FIRST + programs)
    wanted, differ = {}, []
    for native, threads, limit, workers in WAYS:
        settings = {"pyrite.native": native, "pyrite.python.workers": workers}
        if limit:
            settings["pyrite.memory.limit"] = limit
        sc = make_sc(f"local[{threads}]", **settings)
        for seed in seeds:
            if seed not in wanted:
                wanted[seed] = program(sc, seed)
            rows, steps = wanted[seed]
            found = program(sc, seed, steps)
            if not fits(found, rows):
                differ.append((seed, native, threads, limit, workers))
                print(*differ[-1], "\n    found ", str(found)[:600], "\n    wanted", str(rows)[:600])
        sc.stop()
    assert not differ, f"{len(differ)} differ: {differ[:20]}"
