"""Windows over keys equal what PySpark makes of them: golden batches, brute force, failures, what is said of mistakes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keyed_functions import add, sub
from pyrite.conf import SparkConf
from pyrite.streaming import StreamingContext
from pyrite.testing import advance, streaming_context

PAIRS = [[("a", 1), ("b", 2)], [("a", 3)], [], [("c", 1)], [], [], [], []]


def set_directory(ssc, tmp_path):
    """Streams that are carried on need a directory for checkpoints: that of another context will do, and nothing is
    written."""
    StreamingContext(ssc.sparkContext, 1).checkpoint(str(tmp_path))


def keeping(rows):
    return lambda rdd: rows.append(rdd.collect())


@pytest.fixture(params=["auto-1", "auto-2", "off-1", "off-2"])
def golden(request, make_sc, tmp_path):
    """`golden(build)`: what a stream over the golden input holds, by partition, batch by batch, on local[n] with two
    partitions."""
    native, threads = request.param.split("-")
    sc = make_sc(
        f"local[{threads}]",
        **{"pyrite.native": native, "spark.streaming.clock": "ManualClock", "spark.default.parallelism": "2"},
    )
    ssc = StreamingContext(sc, 1)
    set_directory(ssc, tmp_path)

    def run(*builds):
        q = ssc.queueStream(PAIRS)
        seen = [[] for _ in builds]
        for build, rows in zip(builds, seen, strict=True):
            build(q).glom().foreachRDD(keeping(rows))
        ssc.start()
        advance(ssc, 9)
        return seen

    yield run
    ssc.stop()


def table(text):
    """`b2 | a1` for each batch: the partitions, each a list of pairs of a letter and a number."""
    return [[[(p[0], int(p[1:])) for p in part.split()] for part in line.split("|")] for line in text]


def test_sums_of_the_golden_batches(golden):
    small, full, kept = golden(
        lambda q: q.reduceByKeyAndWindow(add, sub, 3, 1),
        lambda q: q.reduceByKeyAndWindow(add, sub, 5, 1),
        lambda q: q.reduceByKeyAndWindow(add, sub, 5, 1, None, lambda kv: kv[1] != 0),
    )
    same = ["b2 | a1", "b2 | a4", "b2 | a4"]
    assert small == table([*same, "c1 | a3", "c1 |", "c1 |", "|", "|", "|"])
    rest = ["b2 c1 | a4", "b2 c1 | a4", "b0 c1 | a3", "b0 c1 | a0", "b0 c1 | a0", "b0 c0 | a0"]
    assert full == table([*same, *rest])
    assert kept == table([*same, "b2 c1 | a4", "b2 c1 | a4", "c1 | a3", "c1 |", "c1 |", "|"])


def test_counts_and_groups_of_the_golden_batches(golden):
    def key(kv):
        return kv[0]

    def value(kv):
        return kv[1]

    counts, more, of_values, of_more, groups, kept, sums, full = golden(
        lambda q: q.countByWindow(2, 1),
        lambda q: q.countByWindow(5, 1),
        lambda q: q.map(key).countByValueAndWindow(2, 1),
        lambda q: q.map(key).countByValueAndWindow(5, 1),
        lambda q: q.groupByKeyAndWindow(2, 1).mapValues(list),
        lambda q: q.groupByKeyAndWindow(5, 1).mapValues(list),
        lambda q: q.map(value).reduceByWindow(add, None, 2, 1),
        lambda q: q.map(value).reduceByWindow(add, sub, 5, 1),
    )
    assert counts == [[[2]], [[3]], [[1]], [[1]], [[1]], [[]], [[]], [[]], [[]]]
    assert more == [[[2]], [[3]], [[3]], [[4]], [[4]], [[2]], [[1]], [[1]], [[0]]]
    assert of_values == table(["b1 | a1", "b1 | a2", "| a1", "c1 |", "c1 |", "|", "|", "|", "|"])
    seen = ["b1 | a1", "b1 | a2", "b1 | a2", "b1 c1 | a2", "b1 c1 | a2", "c1 | a1", "c1 |", "c1 |", "|"]
    assert of_more == table(seen)
    assert groups == [
        [[("b", [2])], [("a", [1])]],
        [[("b", [2])], [("a", [1, 3])]],
        [[], [("a", [3])]],
        *[[[("c", [1])], []]] * 2,
        *[[[], []]] * 4,
    ]
    assert kept == [
        [[("b", [2])], [("a", [1])]],
        *[[[("b", [2])], [("a", [1, 3])]]] * 2,
        *[[[("b", [2]), ("c", [1])], [("a", [1, 3])]]] * 2,
        [[("b", []), ("c", [1])], [("a", [3])]],
        *[[[("b", []), ("c", [1])], [("a", [])]]] * 2,
        [[("b", []), ("c", [])], [("a", [])]],
    ]
    assert sums == [[[3]], [[6]], [[3]], [[1]], [[1]], [[]], [[]], [[]], [[]]]
    assert full == [[[3]], [[6]], [[6]], [[7]], [[7]], [[4]], [[1]], [[1]], [[0]]]


# -- brute force


def folded(batches, merge):
    """Each batch's pairs reduced, then the batches in order."""
    whole = {}
    for pairs in batches:
        pane = {}
        for key, value in pairs:
            pane[key] = merge(pane[key], value) if key in pane else value
        for key, value in pane.items():
            whole[key] = merge(whole[key], value) if key in whole else value
    return list(whole.items())


numbers = st.one_of(st.integers(-5, 5), st.sampled_from([2**62, -(2**63)]))
values = {
    "ints": (numbers, add, sub),
    "floats": (st.sampled_from([0.1, 0.2, 0.3, 1e16, -1e16, -0.0]), add, sub),
    "texts": (st.text("xy", max_size=3), add, lambda a, b: a[len(b) :]),
    "largest": (numbers, max, None),
    "smallest": (st.text("xy", max_size=3), lambda a, b: a if a < b else b, None),
}


@pytest.mark.parametrize("kind", values)
@pytest.mark.parametrize("native", ["auto", "off"])
@settings(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_window_is_its_batches(kind, native, tmp_path, data):
    strategy, merge, inverse = values[kind]
    batches = data.draw(
        st.lists(st.lists(st.tuples(st.sampled_from("abcd"), strategy), max_size=5), min_size=1, max_size=14)
    )
    slide = data.draw(st.integers(1, 3))
    window = data.draw(st.integers(slide, 12))  # a shorter one doesn't ask for every batch
    conf = SparkConf().set("pyrite.native", native)
    seen, carried = [], []
    with streaming_context(1, "local[1]", conf) as ssc:
        q = ssc.queueStream([ssc.sparkContext.parallelize(batch, 1) for batch in batches])
        q.reduceByKeyAndWindow(merge, None, window, slide, 1).foreachRDD(lambda rdd: seen.append(rdd.collect()))
        if inverse:
            set_directory(ssc, tmp_path)
            w = q.reduceByKeyAndWindow(merge, inverse, window, slide, 1, lambda kv: kv[1] != 0)
            w.foreachRDD(lambda rdd: carried.append(rdd.collect()))
        ssc.start()
        advance(ssc, 15)
    given_batches = batches + [[]] * (15 - len(batches))
    ends = range(slide, 16, slide)
    assert repr(seen) == repr([folded(given_batches[max(0, end - window) : end], merge) for end in ends])
    if inverse:
        assert repr(carried) == repr(brute(given_batches, merge, inverse, window, slide))


def brute(batches, merge, inverse, window, slide):
    """PySpark's rule: from five slides on of the window before, and what the filter drops is forgotten."""
    before, results = None, []
    for end in range(slide, 16, slide):
        if before is None or window < 5 * slide:
            now = dict(folded(batches[max(0, end - window) : end], merge))
        else:
            gone = dict(folded(batches[max(0, end - slide - window) : max(0, end - window)], merge))
            now = {key: inverse(value, gone[key]) if key in gone else value for key, value in before.items()}
            for key, value in folded(batches[end - slide : end], merge):
                now[key] = merge(now[key], value) if key in now else value
        before = {key: value for key, value in now.items() if value != 0}
        results.append(list(before.items()))
    return results


# -- failures


@pytest.mark.parametrize("window", [3, 6])
def test_a_window_recovers_when_a_failing_batch_has_left_it(ssc, tmp_path, window):
    set_directory(ssc, tmp_path)
    q = ssc.queueStream([[(1, 2), (2, 0)], [(1, 2)], [(1, 4)]])
    seen = []
    w = q.mapValues(lambda v: 8 // v).reduceByKeyAndWindow(add, sub, window, 1)
    w.foreachRDD(lambda rdd: seen.append(rdd.collect()))
    ssc.start()
    failed = 0
    for _ in range(9):
        try:
            advance(ssc)
        except ZeroDivisionError:
            failed += 1
    assert failed > 0
    assert len(seen) == 9 - window
    assert seen[0] == ([(1, 6)] if window == 3 else [(1, 6)])


def test_what_an_output_raises_changes_no_window(ssc, tmp_path):
    """The window goes on from the one before although that batch has failed."""
    set_directory(ssc, tmp_path)
    q = ssc.queueStream([[("a", 1)], [("b", 1)]])
    w = q.reduceByKeyAndWindow(add, sub, 5, 1)
    seen = []

    def fail(rdd):
        if len(seen) == 3:
            seen.append(None)
            raise ValueError("no")
        seen.append(sorted(rdd.collect()))

    w.foreachRDD(fail)
    ssc.start()
    for _ in range(9):
        try:
            advance(ssc)
        except ValueError:
            pass
    assert seen[-1] == [("a", 0), ("b", 0)]


# -- mistakes


def test_durations_are_multiples_of_the_parents_slide(ssc):
    q = ssc.queueStream([[("a", 1)]])
    message = r"windowDuration must be multiple of the parent dstream's slide \(batch\) duration \(1000 ms\)"
    for wrong in (1.5, 0, -1):
        with pytest.raises(ValueError, match=message):
            q.reduceByKeyAndWindow(add, None, wrong, 1)
        with pytest.raises(ValueError, match=message):
            q.countByWindow(wrong, 1)
    two = q.window(2, 2)
    with pytest.raises(ValueError, match=r"slideDuration must be multiple .* \(2000 ms\)"):
        two.groupByKeyAndWindow(4, 3)
