"""`mapWithState`'s functions, compiled, say and do what Python's calls of them say and do; what can't be compiled isn't."""

import linecache
import random
import re

import pytest
from keyed_functions import limited
from pyrite._lambda import freeze
from pyrite._lambda.states import WithState
from pyrite.streaming import StreamingContext
from pyrite.streaming.state import StateSpec
from pyrite.testing import run_batches

BIG = 2**62
pytestmark = pytest.mark.usefixtures("directory_known")


def total(key, value, state):
    """A running total, as one writes it."""
    total = (value or 0) + (state.get() if state.exists() else 0)
    state.update(total)
    return (key, total)


def plain(key, value, state):
    if state.exists():
        state.update(state.get() + 1)
    else:
        state.update(1)


def sometimes(key, value, state):
    """Changes only some states; the others are left alone, and count as touched where keys time out."""
    if value is not None and value % 2:
        state.update(value)
        state.update(state.get() * 10)
    return key, state.exists(), state.getOption(), state.isTimingOut()


def pairs(key, value, state):
    if value is None:
        return "out", state.get()
    count, most = state.get() if state.exists() else (0, value)
    state.update((count + 1, max(most, value)))
    return key, count + 1


def once(key, value, state):
    if state.exists():
        if state.isTimingOut():
            return None
        state.remove()
        return "seen", key
    state.update(newState=None)
    return "new", key


def raising(key, value, state):
    """A key that comes first with 7 raises."""
    if value == 7 and not state.exists():
        return state.get()
    if value is not None:
        state.update(value)
    return key


def removes_twice(key, value, state):
    state.remove()
    if value == 3:
        state.remove()
    return key


def overflowing(key, value, state):
    grown = (state.getOption() or 0) + (value or 0) * BIG
    if value is not None:
        state.update(grown)
    return grown


def timed(time, key, value, state):
    if value is None or value < 4:
        return None
    state.update(value)
    return key, value


def added(key, value, state):
    count = state.getOption() or 0
    count += value or 0
    if not state.isTimingOut():
        state.update(count)
    return count


def named(key, value, state):
    whose = state
    text = f"{key}:{value}"
    whose.update((whose.getOption() or "") + text)
    return (lambda s: s.get())(state)


COMPILED = [total, limited, plain, sometimes, pairs, once, raising, removes_twice, overflowing, timed, added, named]


@pytest.mark.parametrize("function", COMPILED, ids=lambda f: f.__name__)
def test_it_compiles(function):
    frozen = freeze(WithState(function, function is timed))
    assert frozen.reason is None
    assert frozen.parameters == 3
    copy = frozen.copy()
    assert type(copy) is WithState
    assert copy.function is not function


KEYS = {"ints": [0, 1, 2, 3, 4], "texts": ["a", "b", "", "long enough not to be kept inline"]}


def programs(keys, count=12):
    """The batches of several programs: of few keys and many, with empty ones between."""
    draw = random.Random(3)
    for _ in range(count):
        most = draw.choice([3, 8, 40])
        yield [
            [(draw.choice(keys), draw.randrange(10)) for _ in range(draw.choice([0, 1, most]))]
            for _ in range(draw.randrange(1, 6))
        ]


def outcome(sc, function, timeout, initial, batches):
    """All rows, all states, and what the stream failed with."""
    context = StreamingContext(sc, 1)
    seen, states = [], []
    spec = StateSpec.function(function).initialState(initial)
    mapped = context.queueStream(batches).mapWithState(spec.timeout(timeout) if timeout else spec)
    mapped.foreachRDD(lambda rdd: seen.append(rdd.glom().collect()))
    mapped.stateSnapshots().foreachRDD(lambda rdd: states.append(rdd.glom().collect()))
    failure = None
    try:
        run_batches(context, len(batches) + 4)
    except Exception as error:
        failure = type(error), str(error)
    finally:
        context.stop(False)
    return seen, states, failure


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("timeout", [None, 2])
@pytest.mark.parametrize("function", COMPILED, ids=lambda f: f.__name__)
def test_it_says_what_python_says(function, timeout, keys, manual):
    initial = [(KEYS[keys][1], "3" if function is named else (1, 3) if function is pairs else 3)]
    told = {}
    for native in ("off", "auto"):
        sc = manual("local[2]", **{"pyrite.native": native})
        told[native] = [outcome(sc, function, timeout, initial, batches) for batches in programs(KEYS[keys])]
        sc.stop()
    assert told["auto"] == told["off"]
    rows_and_states = [batch for seen, states, _ in told["off"] for batch in (*seen, *states)]
    assert any(rows for batch in rows_and_states for rows in batch)


def explained(stream, capsys):
    capsys.readouterr()
    stream.explain()
    return capsys.readouterr().out


def test_explain_says_that_it_ran_natively(ssc, capsys):
    mapped = ssc.queueStream([[("a", 1), ("b", 2)], [("a", 3)]]).mapWithState(StateSpec.function(total))
    mapped.foreachRDD(lambda rdd: rdd.count())
    run_batches(ssc, 2)
    text = explained(mapped, capsys)
    assert re.search(r"map with state total at .*\n\s+native; rows: 3 native, 0 declined, 0 Python", text)


def test_a_total_beyond_64_bits_is_pythons(ssc, capsys):
    batches = [[("a", 2**62)], [("a", 2**62), ("b", 1)], [("a", 1)]]
    seen = run_batches(ssc, batches, lambda q: q.mapWithState(StateSpec.function(total).numPartitions(1)))
    assert seen == [[("a", 2**62)], [("a", 2**63), ("b", 1)], [("a", 2**63 + 1)]]


def test_states_of_several_types(ssc):
    def last(key, value, state):
        before = state.getOption()
        state.update(value)
        return key, before

    batches = [[("a", 1), ("b", "x")], [("a", 2.5), ("c", 1)], [("a", None), ("b", 1), ("c", "y")], [("c", 0)]]
    seen = run_batches(ssc, batches, lambda q: q.mapWithState(StateSpec.function(last).numPartitions(1)))
    assert seen == [
        [("a", None), ("b", None)],
        [("a", 1), ("c", None)],
        [("a", 2.5), ("b", "x"), ("c", 1)],
        [("c", "y")],
    ]


def test_what_it_captures_is_read_at_every_batch(ssc):
    step = [1]

    def stepping(key, value, state):
        state.update((state.getOption() or 0) + value * step[0])
        return state.get()

    seen = []
    mapped = ssc.queueStream([[("a", 1)], [("a", 1)]]).mapWithState(StateSpec.function(stepping))
    mapped.foreachRDD(lambda rdd: seen.append(rdd.collect()))
    mapped.foreachRDD(lambda rdd: step.append(step.pop() + 9))
    run_batches(ssc, 2)
    assert seen == [[1], [11]]


def test_an_update_of_a_state_that_times_out_raises(ssc):
    spec = StateSpec.function(total).timeout(1)
    ssc.queueStream([[("a", 1)], [], [], []]).mapWithState(spec).foreachRDD(lambda rdd: rdd.collect())
    with pytest.raises(ValueError, match="Cannot update the state that is timing out") as caught:
        run_batches(ssc, 4)
    assert any("('a', None)" in note for note in caught.value.__notes__)


def test_what_runs_in_a_module_whose_source_is_gone_runs_in_python(ssc):
    scope = {}
    exec("def unseen(key, value, state):\n    state.update(value)\n    return key\n", scope)
    seen = run_batches(ssc, [[("a", 1)]], lambda q: q.mapWithState(StateSpec.function(scope["unseen"])))
    assert seen == [["a"]]


SOURCES = [
    ("    state.update(value)\n    return state", "uses the State as a value"),
    ("    return (state.update(1), key)", "changes the State within an expression"),
    ("    return key if state else 0", "uses the State as a value"),
    ("    return state or 0", "uses the State as a value"),
    ("    return str(state)", "uses the State as a value"),
    ("    return helper(state)", "passes the State to a function"),
    ("    state.value = 3\n    return key", "assigns to something other than a name"),
    ("    return state._value", "reads the attribute ._value"),
    ("    state.update(1, 2)\n    return key", "calls .update() of the State oddly"),
    ("    state.forget()\n    return key", "calls .forget() of the State oddly"),
    ("    return state.peek()", "calls .peek() of the State"),
    ("    state.get()\n    return key", "calls .get() of the State oddly"),
    ("    for i in value:\n        state.update(i)\n    return key", "changes the State in a loop"),
    (
        "    seen = state.getOption() or []\n    seen.append(value)\n    return seen",
        "has the statement `seen.append(value)`",
    ),
]


@pytest.mark.parametrize(("body", "reason"), SOURCES)
def test_what_does_not_compile_says_why(body, reason):
    source = f"def helper(s):\n    return s.get()\n\ndef f(key, value, state):\n{body}\n"
    name = f"<mapping {hash(body)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    scope = {"__name__": "__main__"}
    exec(compile(source, name, "exec"), scope)
    assert reason in freeze(WithState(scope["f"], False)).reason


def test_the_time_is_pythons():
    assert freeze(WithState(lambda t, k, v, s: (t, k), True)).reason == "uses the time of the batch"
    assert freeze(WithState(lambda k, v, s, more=1: (k, more), True)).reason == "has arguments with defaults"
    assert freeze(WithState(str.replace, False)).expression is None
