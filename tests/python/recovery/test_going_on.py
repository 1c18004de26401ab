"""A program goes on from its checkpoints: streams, windows, functions, contexts; what can't go on says why."""

import logging
import os
import shutil
import stat
import sys
import threading

import pytest
from pyrite.context import SparkContext
from pyrite.errors import Py4JJavaError
from pyrite.streaming import StreamingContext
from pyrite.streaming.state import StateSpec
from pyrite.testing import advance


def counts(lines):
    return lines.flatMap(str.split).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)


def test_a_stopped_program_goes_on(program, seen):
    program.start(lambda lines: counts(lines).foreachRDD(seen.keep))
    program.batch(one="a b a")
    program.batch(two="c")
    program.stop()
    assert program.setups == 1
    program.start(lambda lines: lines.pprint())
    assert program.setups == 1, "the streams come from the checkpoint"
    program.batch(three="d")
    assert seen.rows == [(1, [("a", 2), ("b", 1)]), (2, [("c", 1)]), (3, [("d", 1)])]


def test_missed_batches_are_made_up_for_with_their_times(program, seen):
    program.start(lambda lines: lines.foreachRDD(seen.keep))
    program.batch(one="1")
    program.stop()
    late = program.incoming / "late"
    late.write_text("late")
    os.utime(late, (3, 3))
    program.start(lambda lines: lines.foreachRDD(seen.keep), **{"spark.streaming.manualClock.jump": 3000})
    advance(program.ssc)
    assert seen.rows == [(1, ["1"]), (2, []), (3, ["late"]), (4, []), (5, [])]


def test_windows_go_on(program, seen):
    program.start(lambda lines: lines.window(3, 1).foreachRDD(seen.keep))
    for name in "abc":
        program.batch(**{name: name})
    program.stop()
    program.start(lambda lines: lines.pprint())
    program.batch(d="d")
    program.batch(e="e")
    assert seen.rows[3:] == [(4, ["b", "c", "d"]), (5, ["c", "d", "e"])]


def total(new, old):
    return sum(new) + (old or 0)


def summed(pairs):
    return pairs.updateStateByKey(total)


def slid(pairs):
    return pairs.reduceByKeyAndWindow(lambda a, b: a + b, lambda a, b: a - b, 60, 2)


@pytest.mark.parametrize("build", [summed, slid])
@pytest.mark.parametrize("batches", [8, 9])
def test_what_slides_by_several_batches_goes_on(program, seen, build, batches):
    def streams(lines):
        build(lines.map(lambda line: (line, 1)).window(2, 2)).foreachRDD(seen.keep)

    def batch(number):
        # So many names that no checkpoint holds those of all batches.
        program.batch(**{f"f{number}-{i}-{'x' * 150}": "a" for i in range(50)})

    program.start(streams)
    for number in range(batches):
        batch(number)
    program.stop()
    program.start(streams)
    for number in range(batches, 12):
        batch(number)
    assert program.setups == 1
    assert seen.rows == [(t, [("a", 50 * t)]) for t in range(2, 13, 2)]


@pytest.mark.parametrize("map_with", [False, True])
def test_what_is_there_at_first_outlives_a_crash_before_the_first_saving(program, seen, tmp_path, map_with):
    def build(lines):
        pairs = lines.map(lambda line: (line, 1))
        if map_with:
            spec = StateSpec.function(lambda key, value, state: state.update((state.getOption() or 0) + value))
            states = pairs.mapWithState(spec.initialState([("a", 10), ("b", 20)])).stateSnapshots()
        else:
            states = pairs.updateStateByKey(total, initialRDD=[("a", 10), ("b", 20)])
        states.foreachRDD(seen.keep)

    program.start(build)
    program.batch(one="a")
    # As a crash would leave it: the end of the first run is not in there.
    copy = tmp_path / "copy"
    shutil.copytree(program.checkpoints, copy, ignore=shutil.ignore_patterns(".unfinished*"))
    program.stop()
    program.checkpoints = copy
    program.start(build)
    program.batch(two="b")
    assert seen.rows[-1] == (2, [("a", 11), ("b", 21)])


def test_a_window_goes_on_after_two_restarts(program, seen):
    """Also where nothing was made of the window between them."""

    def build(lines):
        pairs = lines.map(lambda line: (line, 1))
        w = pairs.reduceByKeyAndWindow(lambda a, b: a + b, lambda a, b: a - b, 10, 2)
        w.foreachRDD(seen.keep)

    program.start(build)
    program.batch(one="a")
    for _ in range(11):
        program.batch()
    for _ in range(2):
        program.stop()
        program.start(build)
        program.batch()
    assert seen.rows[-2:] == [(12, [("a", 0)]), (14, [("a", 0)])]


def test_the_interval_of_a_state_is_that_of_its_stream(program, seen):
    program.start(lambda lines: lines.map(lambda line: (line, 1)).updateStateByKey(total).checkpoint(1).pprint())
    for number in range(4):
        program.batch(**{f"f{number}": "a"})
    assert list((program.checkpoints / "state").glob("*state-*"))


def test_an_odd_interval_comes_back(make_sc, tmp_path):
    make_sc("local[1]", **{"spark.streaming.clock": "ManualClock"})
    (tmp_path / "in").mkdir()

    def setup():
        ssc = StreamingContext(SparkContext.getOrCreate(), 1.0015)
        ssc.textFileStream(str(tmp_path / "in")).pprint()
        return ssc

    for _ in range(2):
        ssc = StreamingContext.getOrCreate(str(tmp_path / "checkpoints"), setup)
        assert ssc._interval_ms == 1001
        ssc.start()
        ssc.stop(False)
    ssc.sparkContext.stop()


@pytest.mark.parametrize(("first", "then"), [("local[2]", "local[1]"), ("local[1]", "local[3]")])
def test_another_number_of_threads_goes_on(program, seen, first, then):
    program.start(lambda lines: counts(lines).window(2, 1).foreachRDD(seen.keep), master=first)
    program.batch(one="a b")
    program.stop()
    program.start(lambda lines: lines.pprint(), master=then)
    program.batch(two="a c")
    assert seen.rows[-1] == (2, [("a", 1), ("a", 1), ("b", 1), ("c", 1)])


def test_a_failed_batch_runs_again(program, seen):
    broken = [True]
    seen.broken = broken

    def fails(time, rdd):
        import recovery_seen

        if rdd.collect() == ["bad"] and recovery_seen.broken:
            raise ValueError("bad")
        recovery_seen.keep(time, rdd)

    program.start(lambda lines: lines.foreachRDD(fails))
    program.batch(good="good")
    with pytest.raises(ValueError, match="bad"):
        program.batch(bad="bad")
    program.stop()
    broken.clear()
    program.start(lambda lines: lines.pprint())
    program.batch(more="more")
    assert seen.rows == [(1, ["good"]), (2, ["bad"]), (3, ["more"])]


def test_a_window_over_a_state_goes_on(program, seen):
    """It asks for states before the one that the program goes on from."""

    def build(lines):
        total = lines.map(lambda word: (word, 1)).updateStateByKey(lambda new, old: sum(new) + (old or 0))
        total.window(3, 1).foreachRDD(seen.keep)

    program.start(build)
    for name in "abc":
        program.batch(**{name: "x"})
    program.stop()
    program.start(build)
    program.batch(d="x")
    assert seen.rows[-1] == (4, [("x", 2), ("x", 3), ("x", 4)])


def fails_third(time, rdd):
    import recovery_seen

    rows = rdd.collect()
    if time.second == 3 and recovery_seen.broken:
        raise ValueError("third")
    recovery_seen.keep(time, SparkContext.getOrCreate().parallelize(rows))


KEPT = {
    "state": lambda pairs: pairs.updateStateByKey(lambda new, old: sum(new) + (old or 0)),
    "window": lambda pairs: pairs.reduceByKeyAndWindow(lambda a, b: a + b, lambda a, b: a - b, 9, 1),
}


@pytest.mark.parametrize("how", KEPT)
def test_a_failed_batch_takes_nothing_from_what_is_saved(program, seen, how):
    """The failed batch had computed what its successor goes on from; what is saved is what the one before has left."""
    seen.broken = [True]

    def build(lines):
        KEPT[how](lines.map(lambda word: (word, 1))).foreachRDD(fails_third)

    program.start(build)
    program.batch(a="a")
    program.batch(b="a\nb")
    with pytest.raises(ValueError, match="third"):
        program.batch(c="a")
    program.stop()
    seen.broken.clear()
    program.start(build)
    program.batch(d="a")
    assert seen.rows == [
        (1, [("a", 1)]),
        (2, [("a", 2), ("b", 1)]),
        (3, [("a", 3), ("b", 1)]),
        (4, [("a", 4), ("b", 1)]),
    ]


def test_functions_keep_contexts_broadcasts_and_accumulators(program, seen):
    def build(lines):
        sc = SparkContext.getOrCreate()
        names = sc.broadcast({"a": "Anna"})
        many = sc.accumulator(0)

        def count(time, rdd):
            import recovery_seen

            rdd.foreach(lambda _: many.add(1))
            recovery_seen.rows.append((time.second, rdd.collect(), many.value, sc.defaultParallelism))

        lines.map(lambda line: names.value.get(line, "?")).foreachRDD(count)

    program.start(build)
    program.batch(one="a\nb")
    program.stop()
    program.start(build, master="local[3]")
    program.batch(two="a")
    assert seen.rows == [(1, ["Anna", "?"], 2, 2), (2, ["Anna"], 3, 3)]


def test_saved_files_are_written_once(program, tmp_path):
    out = str(tmp_path / "out")
    program.start(lambda lines: counts(lines).saveAsTextFiles(out, "txt"))
    program.batch(one="a b a")
    program.stop()
    program.start(lambda lines: lines.pprint())
    program.batch(two="a")
    program.stop()
    found = {
        p.name: sorted("".join(f.read_text() for f in p.glob("part-*")).split("\n")) for p in tmp_path.glob("out-*")
    }
    assert found == {"out-1000.txt": ["", "('a', 2)", "('b', 1)"], "out-2000.txt": ["", "('a', 1)"]}


def test_the_directory_is_its_owners_and_keeps_ten(program, seen):
    program.start(lambda lines: lines.foreachRDD(seen.keep))
    for _ in range(15):
        program.batch()
    program.stop()
    names = program.names()
    assert len(names) <= 10
    assert "checkpoint-15000" in names
    assert stat.S_IMODE(program.checkpoints.stat().st_mode) == 0o700
    assert stat.S_IMODE((program.checkpoints / "state").stat().st_mode) == 0o700


def test_a_damaged_checkpoint_is_passed_over(program, seen, caplog):
    program.start(lambda lines: lines.foreachRDD(seen.keep))
    for name in "abc":
        program.batch(**{name: name})
    program.stop()
    newest = program.checkpoints / program.names()[-1]
    newest.write_bytes(newest.read_bytes()[:-5])
    with caplog.at_level(logging.WARNING, "pyrite"):
        program.start(lambda lines: lines.pprint())
        program.batch(d="d")
        program.stop()
    assert program.setups == 1
    assert any(newest.name in r.getMessage() and "older" in r.getMessage() for r in caplog.records)
    assert seen.rows == [(1, ["a"]), (2, ["b"]), (3, ["c"]), (4, ["d"])]


def test_a_foreign_directory_is_refused(program):
    program.checkpoints.mkdir()
    (program.checkpoints / "checkpoint-1000").write_bytes(b"\x80\x04\x95 a pickle of somebody's")
    with pytest.raises(Py4JJavaError, match="Failed to read checkpoint from directory") as raised:
        program.start(lambda lines: lines.pprint())
    assert "checkpoint-1000" in str(raised.value)
    assert "another directory" in str(raised.value)
    assert program.setups == 0


def test_a_module_that_is_gone_is_named(program, seen, monkeypatch):
    program.start(lambda lines: lines.foreachRDD(seen.keep))
    program.batch(a="a")
    program.stop()
    monkeypatch.delitem(sys.modules, "recovery_seen")
    with pytest.raises(Py4JJavaError, match="recovery_seen") as raised:
        program.start(lambda lines: lines.pprint())
    text = str(raised.value)
    assert str(program.checkpoints) in text
    assert "importable" in text
    assert isinstance(raised.value.__cause__, ModuleNotFoundError)


def test_what_cannot_be_pickled_fails_the_start(program):
    lock = threading.Lock()

    def locked(rdd):
        with lock:
            rdd.count()

    with pytest.raises(Py4JJavaError, match="An exception was raised by Python") as raised:
        program.start(lambda lines: lines.foreachRDD(locked))
    assert "java.io.IOException" in str(raised.value)
    assert "lock" in str(raised.value)
    program.ssc = None


def test_a_queue_cannot_go_on(make_sc, tmp_path):
    directory = str(tmp_path / "checkpoints")

    def setup():
        ssc = StreamingContext(make_sc(**{"spark.streaming.clock": "ManualClock"}), 1)
        ssc.queueStream([[1]]).pprint()
        return ssc

    ssc = StreamingContext.getOrCreate(directory, setup)
    ssc.start()
    advance(ssc)
    ssc.stop()
    with pytest.raises(Py4JJavaError, match="queueStream doesn't support checkpointing"):
        StreamingContext.getOrCreate(directory, setup)


def test_a_recovered_context_takes_no_more_streams(program, seen):
    program.start(lambda lines: lines.foreachRDD(seen.keep))
    program.batch(a="a")
    program.stop()
    program.make_sc(**{"spark.streaming.clock": "ManualClock"})
    ssc = StreamingContext.getOrCreate(str(program.checkpoints), lambda: None)
    ssc.textFileStream(str(program.incoming)).pprint()
    with pytest.raises(Py4JJavaError, match="has not been initialized"):
        ssc.start()
    ssc.stop()


def test_paths_and_functions_are_looked_at():
    with pytest.raises(Py4JJavaError, match="Can not create a Path from a null string"):
        StreamingContext.getOrCreate(None, lambda: None)
    with pytest.raises(Py4JJavaError, match="to a directory of this machine"):
        StreamingContext.getOrCreate("hdfs://host/checkpoints", lambda: None)
    with pytest.raises(TypeError, match="setupFunc should be callable"):
        StreamingContext.getActiveOrCreate("x", None)


def test_setup_that_gives_nothing_is_pysparks_error(tmp_path):
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'checkpoint'"):
        StreamingContext.getOrCreate(str(tmp_path / "none"), lambda: None)


def test_the_active_context_comes_first(program, seen):
    ssc = program.start(lambda lines: lines.foreachRDD(seen.keep))
    assert StreamingContext.getActive() is ssc
    assert StreamingContext.getActiveOrCreate(str(program.checkpoints), lambda: None) is ssc
    program.stop()
    assert StreamingContext.getActive() is None


@pytest.mark.parametrize(
    ("seconds", "slide", "message"),
    [
        (
            1,
            2,
            r"has been set to 1000 ms which is lower than its slide time \(2000 ms\). Please set it to at least 2000 ms.",
        ),
        (
            1.5,
            1,
            r"has been set to  1500 ms which not a multiple of its slide time \(1000 ms\). "
            r"Please set it to a multiple of 1000 ms.",
        ),
    ],
)
def test_intervals_are_checked_at_the_start(make_sc, tmp_path, seconds, slide, message):
    ssc = StreamingContext(make_sc(), 1)
    ssc.checkpoint(str(tmp_path))
    stream = ssc.queueStream([[1]]).window(slide, slide).map(lambda x: x)
    assert stream.checkpoint(seconds) is stream
    assert stream.is_checkpointed
    stream.pprint()
    with pytest.raises(
        Py4JJavaError, match="requirement failed: The checkpoint interval for PythonTransformedDStream " + message
    ):
        ssc.start()
    assert ssc._streaming.phase == "stopped"
    ssc.stop()


@pytest.mark.parametrize(
    ("kind", "build"),
    [
        ("PythonStateDStream", lambda q: q.updateStateByKey(total)),
        ("PythonReducedWindowedDStream", lambda q: q.reduceByKeyAndWindow(max, min, 6, 2)),
    ],
)
def test_streams_that_remember_are_called_by_their_names(make_sc, tmp_path, kind, build):
    ssc = StreamingContext(make_sc(), 1)
    ssc.checkpoint(str(tmp_path))
    build(ssc.queueStream([[("a", 1)]])).checkpoint(2.5).pprint()
    with pytest.raises(Py4JJavaError, match=f"The checkpoint interval for {kind} has been set to  2500 ms which not"):
        ssc.start()
    ssc.stop()


def test_an_interval_needs_a_directory(make_sc):
    ssc = StreamingContext(make_sc(), 1)
    stream = ssc.queueStream([[1]])
    stream.checkpoint(2)
    stream.pprint()
    with pytest.raises(Py4JJavaError, match="The checkpoint directory has not been set"):
        ssc.start()
    ssc.stop()


def test_an_interval_after_the_start_is_refused(program, seen):
    streams = []

    def build(lines):
        streams.append(lines)
        lines.foreachRDD(seen.keep)

    program.start(build)
    with pytest.raises(Py4JJavaError, match="Cannot change checkpoint interval of a DStream after streaming context"):
        streams[0].checkpoint(2)


def test_the_setting_names_a_directory(make_sc, tmp_path):
    path = tmp_path / "by-setting"
    ssc = StreamingContext(make_sc(**{"spark.streaming.checkpoint.directory": path}), 1)
    assert path.is_dir()
    ssc.stop()


def test_a_directory_that_cannot_be_made_is_told(make_sc, tmp_path):
    (tmp_path / "file").write_text("in the way")
    ssc = StreamingContext(make_sc(), 1)
    with pytest.raises(Py4JJavaError, match="no directory .*for checkpoints"):
        ssc.checkpoint(str(tmp_path / "file" / "below"))
    ssc.stop()


def test_a_full_disk_is_told_calmly(program, seen, caplog):
    resource = pytest.importorskip("resource")
    program.start(lambda lines: lines.foreachRDD(seen.keep))
    program.batch(a="a")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with caplog.at_level(logging.INFO, "pyrite"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
        try:
            advance(program.ssc, 3)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        program.batch(b="b")
        program.stop()
    told = [r.getMessage() for r in caplog.records if "No checkpoint could be written" in r.getMessage()]
    assert len(told) == 1
    assert seen.rows == [(1, ["a"]), (2, []), (3, []), (4, []), (5, ["b"])]
    program.start(lambda lines: lines.pprint())
    program.batch(c="c")
    assert seen.rows[-1] == (6, ["c"])
    assert len(seen.rows) == 6
