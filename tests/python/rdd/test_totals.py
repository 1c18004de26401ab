"""Every action that makes one value of all rows answers as PySpark's plain Python does, natively and not."""

import operator
import pickle
from collections import defaultdict
from functools import reduce
from heapq import nlargest, nsmallest

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyrite.statcounter import StatCounter

ints = st.integers(-5, 5) | st.integers(-(2**70), 2**70)
small = st.integers(-3, 6)
floats = st.floats(allow_nan=True) | st.sampled_from([0.0, -0.0, 0.1, 1e16])
texts = st.sampled_from(["", "a", "b", "é", "longer than twelve bytes", "\ud800"])
kinds = [ints, small, floats, texts, st.none(), st.booleans(), st.tuples(texts, small), st.tuples(small, floats)]
rows_of_one_kind = st.sampled_from(kinds).flatmap(lambda kind: st.lists(kind, max_size=30))
mixed = st.lists(st.one_of(ints, floats, st.booleans(), texts, st.none()), max_size=12)
numbers = st.lists(small, max_size=20) | st.lists(floats, max_size=20) | st.lists(ints | floats, max_size=20)


@st.composite
def partitions(draw, rows=rows_of_one_kind | mixed | numbers):
    drawn = draw(rows)
    cuts = sorted(draw(st.lists(st.integers(0, len(drawn)), max_size=3)))
    return [drawn[a:b] for a, b in zip([0, *cuts], [*cuts, len(drawn)], strict=True)]


def outcome(work):
    """An answer with its types, signs and nans, or the type of the error."""
    try:
        answer = work()
    except Exception as error:
        return type(error).__name__
    if isinstance(answer, StatCounter):
        answer = vars(answer)
    return type(answer).__name__, repr(answer)


def fold_parts(parts, one, merge):
    made = [r for part in parts for r in one(part)]
    if not made:
        raise ValueError("Can not reduce() empty RDD")
    return reduce(merge, made)


def reduced(parts, f):
    return fold_parts(parts, lambda part: [reduce(f, part)] if part else [], f)


def tallied(part):
    counts = defaultdict(int)
    for row in part:
        counts[row] += 1
    return [counts]


def merged(left, right):
    for key, count in right.items():
        left[key] += count
    return left


def folded(parts, zero, seq, comb):
    return reduce(comb, [reduce(seq, part, zero) for part in parts], zero)


negated = lambda x: -x
add = lambda a, b: a + b
pick = lambda a, b: a if a >= b else b
seq = lambda a, x: (a[0] + x, a[1] + 1)
comb = lambda a, b: (a[0] + b[0], a[1] + b[1])
stateful = {"n": 0}
not_compiled = lambda a, b: [a, b, stateful][1]

ACTIONS = {
    "sum": (lambda r: r.sum(), lambda p: reduce(operator.add, [sum(part) for part in p], 0)),
    "min": (lambda r: r.min(), lambda p: reduced(p, min)),
    "max": (lambda r: r.max(), lambda p: reduced(p, max)),
    "min by key": (lambda r: r.min(negated), lambda p: reduced(p, lambda a, b: min(a, b, key=negated))),
    "max by key": (lambda r: r.max(negated), lambda p: reduced(p, lambda a, b: max(a, b, key=negated))),
    "stats": (lambda r: r.stats(), lambda p: fold_parts(p, lambda x: [StatCounter(x)], StatCounter.mergeStats)),
    "top": (
        lambda r: r.top(3),
        lambda p: fold_parts(p, lambda x: [nlargest(3, iter(x))], lambda a, b: nlargest(3, a + b)),
    ),
    "takeOrdered": (
        lambda r: r.takeOrdered(4, negated),
        lambda p: fold_parts(p, lambda x: [nsmallest(4, iter(x), negated)], lambda a, b: nsmallest(4, a + b, negated)),
    ),
    "countByValue": (lambda r: r.countByValue(), lambda p: fold_parts(p, tallied, merged)),
    "reduce": (lambda r: r.reduce(add), lambda p: reduced(p, add)),
    "reduce, choosing": (lambda r: r.reduce(pick), lambda p: reduced(p, pick)),
    "reduce in Python": (lambda r: r.reduce(not_compiled), lambda p: reduced(p, not_compiled)),
    "fold": (lambda r: r.fold(0, add), lambda p: folded(p, 0, add, add)),
    "aggregate": (lambda r: r.aggregate((0, 0), seq, comb), lambda p: folded(p, (0, 0), seq, comb)),
    "aggregate into a list": (
        lambda r: r.aggregate([], lambda a, x: [*a, x], add),
        lambda p: folded(p, [], lambda a, x: [*a, x], add),
    ),
    "zipWithIndex": (
        lambda r: r.zipWithIndex().collect(),
        lambda p: [(row, i) for i, row in enumerate(row for part in p for row in part)],
    ),
    "zipWithUniqueId": (
        lambda r: r.zipWithUniqueId().collect(),
        lambda p: [(row, i * len(p) + k) for k, part in enumerate(p) for i, row in enumerate(part)],
    ),
}


def rdd_of(sc, parts):
    """An RDD of exactly these partitions."""
    return sc.union([sc.parallelize(part, 1) for part in parts])


@pytest.mark.parametrize("action", ACTIONS)
@example(parts=[[float("inf")]])
@given(parts=partitions())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_action_is_the_plain_definition(action, sc, parts):
    ours, plain = ACTIONS[action]
    assert outcome(lambda: ours(rdd_of(sc, parts))) == outcome(lambda: plain(pickle.loads(pickle.dumps(parts))))


@pytest.mark.parametrize("action", ACTIONS)
def test_python_goes_on_where_the_kernel_stopped(action, sc):
    """The first rows are columns, later ones are not, and nothing is pulled twice."""
    parts = [[*range(20_000), 2**70, -(2**66), 5], [1, 2], [], [3.5, 0.1, 7, True]]
    ours, plain = ACTIONS[action]
    assert outcome(lambda: ours(rdd_of(sc, parts))) == outcome(lambda: plain(pickle.loads(pickle.dumps(parts))))


@pytest.mark.parametrize("action", ACTIONS)
def test_away(action, make_sc):
    sc = make_sc("local[2]", **{"pyrite.native": "off", "pyrite.python.workers": "2"})
    parts = [[3, 1, 2], [5, 2**70], [4]]
    ours, plain = ACTIONS[action]
    rdd = rdd_of(sc, parts).map(lambda x: x)
    assert outcome(lambda: ours(rdd)) == outcome(lambda: plain(pickle.loads(pickle.dumps(parts))))


class TestGroups:
    """`groupByKey` makes ResultIterables, as columns or not."""

    @pytest.mark.parametrize("value", [1, 2**70], ids=["columns", "objects"])
    def test_groups(self, sc, value):
        groups = sc.parallelize([("a", value), ("b", 2), ("a", 3)], 2).groupByKey(2)
        assert {type(v).__name__ for _, v in groups.collect()} == {"ResultIterable"}
        assert sorted(groups.mapValues(list).collect()) == [("a", [value, 3]), ("b", [2])]
        assert sorted(groups.mapValues(len).collect()) == [("a", 2), ("b", 1)]


def test_groups_run_natively(make_sc):
    sc = make_sc("local[2]", **{"pyrite.native": "require"})
    sums = sc.parallelize([("a", 1), ("b", 2), ("a", 3)], 2).groupByKey().mapValues(sum)
    assert sorted(sums.collect()) == [("a", 4), ("b", 2)]
    assert "3 native" not in sums._explained()
    assert "2 native, 0 declined, 0 Python" in sums._explained()


MEAN = (lambda v: (v, 1), lambda a, v: (a[0] + v, a[1] + 1), lambda a, b: (a[0] + b[0], a[1] + b[1]))


@pytest.mark.parametrize("odd", [[], [("a", 2**70)], [("a", 0.5)], [("b", None)]])
def test_aggregates_by_key(sc, odd):
    """Natively as far as it goes; what Python takes over gives what it gives from the start."""
    rows = [("abc"[i % 3], i) for i in range(9000)] + odd
    rdd = sc.parallelize(rows, 2)

    def plain(create, update, merge):
        tables = []
        for part in rdd.glom().collect():
            table = {}
            for key, value in part:
                table[key] = update(table[key], value) if key in table else create(value)
            tables.append(table)
        total = {}
        for table in tables:
            for key, state in table.items():
                total[key] = merge(total[key], state) if key in total else state
        return sorted(total.items())

    _, update, merge = MEAN
    combined = outcome(lambda: plain(*MEAN))
    assert outcome(lambda: sorted(rdd.combineByKey(*MEAN).collect())) == combined
    aggregated = outcome(lambda: plain(lambda v: update((0, 0), v), update, merge))
    assert outcome(lambda: sorted(rdd.aggregateByKey((0, 0), update, merge).collect())) == aggregated
    summed = outcome(lambda: plain(lambda v: 0 + v, add, add))
    assert outcome(lambda: sorted(rdd.foldByKey(0, add).collect())) == summed
    listed = outcome(lambda: plain(lambda v: [v], lambda a, v: [*a, v], add))
    assert outcome(lambda: sorted(rdd.aggregateByKey([], lambda a, v: [*a, v], add).collect())) == listed


def test_explain_tells_who_aggregated(make_sc):
    sc = make_sc("local[2]", **{"pyrite.native": "auto"})
    rdd = sc.parallelize([("a", 1), ("b", 2), ("a", 3), ("a", 4)], 1)

    native = rdd.aggregateByKey((0, 0), MEAN[1], MEAN[2], 1)
    assert native.count() == 2
    text = native._explained()
    assert text.count("    native; rows:") == 2
    assert "2 native, 0 declined, 0 Python" in text

    interpreted = rdd.combineByKey(MEAN[0], MEAN[1], not_compiled, 1)
    assert interpreted.count() == 2
    text = interpreted._explained()
    assert "native;" not in text
    assert "its merge combiners function is not compiled" in text


def test_a_captured_container_aggregates(sc):
    weights = {"a": 2, "b": 3}
    rdd = sc.parallelize([("k", "a"), ("k", "b"), ("m", "a")], 2)
    total = rdd.aggregateByKey(0, lambda s, v: s + weights[v], add)
    assert sorted(total.collect()) == [("k", 5), ("m", 2)]
