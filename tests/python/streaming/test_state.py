"""What streams remember by key equals a plain dict, whatever comes, goes and fails."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keyed_functions import limited
from pyrite.streaming import StreamingContext
from pyrite.streaming.state import State, StateSpec
from pyrite.testing import advance, run_batches

pytestmark = pytest.mark.usefixtures("directory_known")


def rows_of(batches, build, context, more=0):
    return run_batches(context, batches, build, more=more)


KEYS = {
    "ints": st.integers(0, 6),
    "texts": st.sampled_from(["a", "b", "a long key that is not kept inline", ""]),
    "mixed": st.sampled_from([1, "1", None, (1, "a"), 2.5, b"x"]),
}
UPDATES = {
    "sum": (lambda new, old: sum(new) + (old or 0), lambda n, o: sum(n) + (o or 0)),
    "count": (lambda new, old: (old or 0) + len(new), lambda n, o: (o or 0) + len(n)),
    "removing": (
        lambda new, old: None if not new and (old or 0) % 2 else sum(new) + (old or 0),
        lambda n, o: None if not n and (o or 0) % 2 else sum(n) + (o or 0),
    ),
    "last": (lambda new, old: old if not new else new[-1], lambda n, o: o if not n else n[-1]),
    "opaque": (lambda new, old: {"n": len(new) + (old["n"] if old else 0)}, None),
}


def model_of_updates(batches, update, initial=()):
    state, out = dict(reversed(list(initial))), []
    for batch in batches:
        came = {}
        for key, value in batch:
            came.setdefault(key, []).append(value)
        after = {}
        for key, old in state.items():
            after[key] = update(came.get(key, []), old)
        for key, new in came.items():
            if key not in state:
                after[key] = update(new, None)
        state = {key: value for key, value in after.items() if value is not None}
        out.append(sorted(state.items(), key=repr))
    return out


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("native", ["auto", "off"])
def test_updates_equal_a_dict(keys, update, native, manual):
    function, model = UPDATES[update]
    model = model or function

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.lists(st.tuples(KEYS[keys], st.integers(-5, 5)), max_size=12), min_size=1, max_size=6))
    def check(batches):
        context = StreamingContext(sc, 1)
        try:
            seen = run_batches(context, batches, lambda q: q.updateStateByKey(function), more=2)
            expected = model_of_updates([*batches, [], []], model)
            assert [sorted(rows, key=repr) for rows in seen] == expected
        finally:
            context.stop(False)

    sc = manual("local[2]", **{"pyrite.native": native})
    check()


def test_it_runs_natively(manual):
    context = StreamingContext(manual("local[2]", **{"pyrite.native": "require"}), 1)
    batches = [[(i % 50, i) for i in range(200)], [(7, 1), (99, 2)], []]
    seen = run_batches(context, batches, lambda q: q.updateStateByKey(lambda new, old: sum(new) + (old or 0)))
    expected = model_of_updates(batches, lambda n, o: sum(n) + (o or 0))
    assert [sorted(rows, key=repr) for rows in seen] == expected


def test_the_order_is_of_arrival_and_a_key_that_comes_again_is_last(context):
    def update(new, old):
        return None if 0 in new else sum(new) + (old or 0)

    batches = [[(k, 1) for k in (5, 3, 1, 9)], [(3, 0), (7, 1)], [(3, 1), (8, 1)], [(2, 1)]]
    seen = rows_of(batches, lambda q: q.updateStateByKey(update, 1), context)
    assert [[k for k, _ in rows] for rows in seen] == [
        [5, 3, 1, 9],
        [5, 1, 9, 7],
        [5, 1, 9, 7, 3, 8],
        [5, 1, 9, 7, 3, 8, 2],
    ]


def test_a_failing_update_fails_every_later_batch_and_skips_nothing(ssc):
    seen = []
    q = ssc.queueStream([[("a", 1)], [("a", 0)], [("a", 2)]])
    q.updateStateByKey(lambda new, old: sum(8 // v for v in new) + (old or 0)).foreachRDD(
        lambda time, rdd: seen.append((time.second, rdd.collect()))
    )
    ssc.start()
    for _ in range(4):
        ssc._clock.advance(1000)
        assert ssc._streaming.wait_idle(20)
    assert seen == [(1, [("a", 8)])]
    with pytest.raises(ZeroDivisionError) as caught:
        ssc.awaitTerminationOrTimeout(0)
    assert any("updateStateByKey" in note for note in caught.value.__notes__)


def test_a_failing_output_takes_nothing_from_the_state(ssc):
    seen, failures = [], []

    def fail_once(time, rdd):
        if time.second == 2:
            failures.append(time)
            raise ValueError("once")

    states = ssc.queueStream([[("a", 1)], [("a", 2)], [("a", 4)]]).updateStateByKey(
        lambda new, old: sum(new) + (old or 0)
    )
    states.foreachRDD(fail_once)
    states.foreachRDD(lambda time, rdd: seen.append(rdd.collect()))
    ssc.start()
    for _ in range(3):
        ssc._clock.advance(1000)
        assert ssc._streaming.wait_idle(20)
    assert seen == [[("a", 1)], [("a", 3)], [("a", 7)]]


def test_what_only_part_of_is_read_is_computed_all_the_same(ssc, capsys):
    states = ssc.queueStream([[(i, 1) for i in range(100)]] * 40).updateStateByKey(
        lambda new, old: (old or 0) + len(new)
    )
    states.pprint(1)
    ssc.start()
    advance(ssc, 40)
    assert states._states.state_size[0] == 100
    rows = RDDs(states, ssc)
    assert sorted(rows) == [(i, 40) for i in range(100)]


def RDDs(stream, ssc):
    zero = ssc._streaming.zero
    [rdd] = stream.slice((zero + 40_000) / 1000, (zero + 40_000) / 1000)
    return rdd.collect()


def test_older_states_stay_as_they_were(ssc):
    ssc.remember(10)
    states = ssc.queueStream([[("a", i), (i, i)] for i in range(1, 6)]).updateStateByKey(
        lambda new, old: sum(new) + (old or 0), 1
    )
    states.foreachRDD(lambda rdd: rdd.count())
    ssc.start()
    advance(ssc, 5)
    zero = ssc._streaming.zero / 1000
    found = [rdd.collect() for rdd in states.slice(zero + 1, zero + 5)]
    assert [dict(rows)["a"] for rows in found] == [1, 3, 6, 10, 15]
    assert [len(rows) for rows in found] == [2, 3, 4, 5, 6]


def model_of_mapping(batches, timeout=None, initial=()):
    state = dict(reversed(list(initial)))
    touched = dict.fromkeys(state, 1)
    out, snapshots = [], []
    for time, batch in enumerate(batches, 1):
        rows = []
        for key, value in batch:
            count = state.get(key, 0) + value
            rows.append((key, count))
            if count > 20:
                state.pop(key, None)
            else:
                state[key], touched[key] = count, time
        if timeout is not None:
            for key in [k for k in state if touched[k] < time - timeout]:
                rows.append((key, "gone", state.pop(key)))
        out.append(sorted(rows, key=repr))
        snapshots.append(sorted(state.items(), key=repr))
    return out, snapshots


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("timeout", [None, 2])
def test_mapping_equals_a_dict(keys, timeout, manual):
    sc = manual("local[2]")

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.lists(st.tuples(KEYS[keys], st.integers(0, 9)), max_size=12), min_size=1, max_size=8))
    def check(batches):
        context = StreamingContext(sc, 1)
        try:
            spec = StateSpec.function(limited)
            if timeout:
                spec = spec.timeout(timeout)
            snapshots = []

            def build(q):
                mapped = q.mapWithState(spec)
                mapped.stateSnapshots().foreachRDD(lambda rdd: snapshots.append(sorted(rdd.collect(), key=repr)))
                return mapped

            seen = run_batches(context, batches, build, more=4)
            expected, states = model_of_mapping([*batches, [], [], [], []], timeout)
            assert [sorted(rows, key=repr) for rows in seen] == expected
            assert snapshots == states
        finally:
            context.stop(False)

    check()


def test_a_mapping_keeps_the_order_of_arrival_and_calls_once(context):
    build = lambda q: q.mapWithState(StateSpec.function(limited).numPartitions(1))  # noqa: E731
    seen = rows_of([[("b", 1), ("a", 2), ("b", 3)], [("a", 1)]], build, context)
    assert seen == [[("b", 1), ("a", 2), ("b", 4)], [("a", 3)]]


def test_initial_states_and_the_time(context):
    def mapping(time, key, value, state):
        if value < 0:
            return None
        state.update(value)
        return time.second, key, value

    spec = StateSpec.function(mapping).initialState([("a", 5), ("b", 6)]).numPartitions(2)
    snapshots = []

    def build(q):
        mapped = q.mapWithState(spec)
        mapped.stateSnapshots().foreachRDD(lambda rdd: snapshots.append(sorted(rdd.collect())))
        return mapped

    seen = rows_of([[("a", 1), ("c", -1)], [("c", 2)]], build, context)
    assert seen == [[(1, "a", 1)], [(2, "c", 2)]]
    assert snapshots == [[("a", 1), ("b", 6)], [("a", 1), ("b", 6), ("c", 2)]]


def test_states_that_change_in_place_belong_to_their_batch(context):
    def mapping(key, value, state):
        seen = state.getOption() or []
        seen.append(value)
        state.update(seen)
        return key, list(seen)

    seen = rows_of([[("a", 1), ("a", 2)], [("a", 3)]], lambda q: q.mapWithState(StateSpec.function(mapping)), context)
    assert seen == [[("a", [1]), ("a", [1, 2])], [("a", [1, 2, 3])]]


def test_a_failing_mapping_says_where(ssc):
    def mapping(key, value, state):
        return 1 // value

    ssc.queueStream([[("a", 0)]]).mapWithState(StateSpec.function(mapping)).foreachRDD(lambda rdd: rdd.collect())
    ssc.start()
    ssc._clock.advance(1000)
    assert ssc._streaming.wait_idle(20)
    with pytest.raises(ZeroDivisionError) as caught:
        ssc.awaitTerminationOrTimeout(0)
    assert any("('a', 0)" in note for note in caught.value.__notes__)


def test_the_rules_of_a_state():
    state = State()
    assert not state.exists()
    assert state.getOption() is None
    with pytest.raises(LookupError, match="State is not set"):
        state.get()
    state.update(None)
    assert state.exists()
    assert state.get() is None
    state.remove()
    assert not state.exists()
    with pytest.raises(ValueError, match="after it has been removed"):
        state.update(1)
    with pytest.raises(ValueError, match="already been removed"):
        state.remove()


def test_what_a_spec_refuses(ssc):
    with pytest.raises(TypeError, match=r"\(key, value, state\)"):
        StateSpec.function(lambda x: x)
    with pytest.raises(ValueError, match="positive number of seconds"):
        StateSpec.function(limited).timeout(0)
    with pytest.raises(TypeError, match="takes a StateSpec"):
        ssc.queueStream([[]]).mapWithState(limited)
    with pytest.raises(TypeError, match="not callable"):
        ssc.queueStream([[]]).updateStateByKey(3)


def test_many_keys_through_compaction(context):
    batches = [[(i, 1) for i in range(step, 6000, step + 1)] for step in range(12)]
    update = lambda new, old: None if old == 3 else (old or 0) + len(new)  # noqa: E731
    seen = rows_of(batches, lambda q: q.updateStateByKey(update), context)
    expected = model_of_updates(batches, lambda n, o: None if o == 3 else (o or 0) + len(n))
    assert [sorted(rows, key=repr) for rows in seen] == expected
