"""A state that is larger than the limit: the answers are right, the process stays near the limit, files are where they belong."""

import pytest
from pyrite.streaming import StateSpec, StreamingContext
from pyrite.testing import advance, run_batches

pytestmark = pytest.mark.usefixtures("directory_known")

# name, stream of states, what a key's state is after its values
UPDATES = {
    "compiled": (lambda q: q.updateStateByKey(lambda new, old: sum(new) + (old or 0), 4), sum),
    "every key": (lambda q: q.updateStateByKey(lambda new, old: sum(new) + (old or 0) + 1, 4), None),
    "opaque": (
        lambda q: q.updateStateByKey(lambda new, old: {"n": sum(new) + (old["n"] if old else 0), "pad": "p" * 90}, 4),
        lambda values: {"n": sum(values), "pad": "p" * 90},
    ),
    "texts": (lambda q: q.updateStateByKey(lambda new, old: (new or [old])[-1], 4), lambda values: values[-1]),
}


def batches_of(kind):
    value = (lambda k, b: f"{k}-{b}" * 9) if kind == "texts" else (lambda k, b: k + b)
    # Every key in the first batch, then a tenth and none.
    return [[(k, value(k, b)) for k in keys] for b, keys in enumerate([range(6000), range(0, 6000, 10), []])]


def model(kind, batches):
    state = {}
    for batch in batches:
        came = {}
        for key, value in batch:
            came.setdefault(key, []).append(value)
        if kind == "every key":
            state = {k: sum(came.get(k, [])) + state.get(k, 0) + 1 for k in {**state, **came}}
        else:
            for key, values in came.items():
                state.setdefault(key, []).extend(values)
    result = UPDATES[kind][1]
    return dict(state) if result is None else {key: result(values) for key, values in state.items()}


@pytest.mark.parametrize("native", ["auto", "off"])
@pytest.mark.parametrize("kind", UPDATES)
def test_updates_are_right(small, spilling, native, kind):
    sc = small(native, limit="64k", **{"spark.streaming.clock": "ManualClock"})
    batches = batches_of(kind)
    seen = run_batches(StreamingContext(sc, 1), batches, UPDATES[kind][0], more=1)
    assert dict(seen[-1]) == model(kind, [*batches, []] if kind == "every key" else batches)
    assert len(seen[-1]) == 6000
    assert sc._engine.memory["spilled"] > 64 << 10
    assert spilling.files
    sc.stop()
    assert not spilling.dirs


@pytest.mark.parametrize("native", ["auto", "off"])
def test_mapping_is_right(small, spilling, native):
    def last(key, value, state):
        if state.isTimingOut():
            return key, "gone", state.get()
        state.update((state.getOption() or "") + value * 20)
        return key, len(state.get())

    sc = small(native, limit="64k", **{"spark.streaming.clock": "ManualClock"})
    ssc = StreamingContext(sc, 1)
    q = ssc.queueStream([[(k, "abc") for k in range(4000)], [(k, "d") for k in range(0, 4000, 7)]])
    mapped = q.mapWithState(StateSpec.function(last).timeout(2).numPartitions(4))
    rows, states = [], []
    mapped.foreachRDD(lambda rdd: rows.append(rdd.collect()))
    mapped.stateSnapshots().foreachRDD(lambda rdd: states.append(dict(rdd.collect())))
    ssc.start()
    advance(ssc, 5)
    touched = set(range(0, 4000, 7))
    assert sorted(rows[0]) == [(k, 60) for k in range(4000)]
    assert sorted(rows[1]) == [(k, 80) for k in sorted(touched)]
    assert states[2] == {k: "abc" * 20 + "d" * 20 * (k in touched) for k in range(4000)}
    assert sorted(rows[3]) == [(k, "gone", "abc" * 20) for k in range(4000) if k not in touched]
    assert states[3] == {k: "abc" * 20 + "d" * 20 for k in touched}
    assert sc._engine.memory["spilled"] > 64 << 10
    assert spilling.files


PROGRAM = """
    import sys
    from peak import Peak
    from pyrite import SparkConf, SparkContext
    from pyrite.streaming import StateSpec, StreamingContext
    from pyrite.testing import advance, manual_clock_conf
    kind, local, kept = sys.argv[1:]
    conf = manual_clock_conf().set("pyrite.memory.limit", "32m").set("spark.local.dir", local)
    # A worker process takes 60 MB of its own.
    conf.set("pyrite.python.workers", "0")
    sc = SparkContext("local[2]", "peak", conf=conf)
    KEYS = 160_000
    def rows(numbers):
        return sc.parallelize(numbers, 2).map(lambda i: (i, f"{i:08d}" + "x" * 992))
    ssc = StreamingContext(sc, 1)
    StreamingContext(sc, 1).checkpoint(kept)
    # All keys, over eight batches, then some.
    some = [range(n, KEYS, 8) for n in range(8)] + [range(0, KEYS, 50)] * 3
    q = ssc.queueStream([rows(numbers) for numbers in some])
    def keep(key, value, state):
        state.update(value)
        return key
    if kind == "map":
        mapped = q.mapWithState(StateSpec.function(keep).numPartitions(8))
        mapped.foreachRDD(lambda rdd: rdd.count())
        states = mapped.stateSnapshots()
    elif kind == "compiled":
        states = q.updateStateByKey(lambda new, old: new[-1] if new else old, 8)
    else:
        states = q.updateStateByKey(lambda new, old: {"text": new[-1]} if new else old, 8)
    counts = []
    states.foreachRDD(lambda rdd: counts.append(rdd.count()))
    ssc.start()
    with Peak() as peak:
        advance(ssc, len(some))
    assert counts == [KEYS // 8 * n for n in range(1, 9)] + [KEYS] * 3, counts
    print(sc._engine.memory["spilled"], peak.bytes)
    ssc.stop()
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["compiled", "opaque", "map"])
def test_160_mb_under_a_limit_of_32(measured, tmp_path, kind):
    spilled, peak = measured(PROGRAM, kind, str(tmp_path / "local"), str(tmp_path / "kept"), timeout=110)
    assert spilled > 100 << 20
    assert peak < (32 + 200) << 20, f"{peak >> 20} MB"
