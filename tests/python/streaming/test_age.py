"""A batch costs the same, and a stream takes the same memory, however old the stream is.

The long forms print what they measured: batches a second, resident memory at the begin and at the end, the last tenth's CPU
time over the second's. `PYRITE_SOAK_SCALE=0.1` makes them a tenth as long.
"""

import gc
import os
import time
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from keyed_functions import add, sub, updated
from pyrite.conf import SparkConf
from pyrite.context import SparkContext
from pyrite.streaming import StateSpec, StreamingContext
from pyrite.testing import manual_clock_conf, source

MB = 1 << 20
# So many batches are due at once: the clock isn't waited for.
DUE = 500


class Age(NamedTuple):
    """What was measured."""

    batches: int
    seconds: float
    cpu: list[float]
    memory: list[int]

    @property
    def ratio(self) -> float:
        """The last tenth's CPU time over the second's: the first one is warming up."""
        return self.cpu[-1] / self.cpu[1]

    @property
    def growth(self) -> int:
        """Of resident memory, since the end of the second tenth."""
        return self.memory[-1] - self.memory[1]

    def __str__(self) -> str:
        rate, (_, begin, *_, end) = self.batches / self.seconds, self.memory
        return (
            f"{self.batches} batches in {self.seconds:.1f} s ({rate:.0f} a second, CPU {sum(self.cpu):.1f} s); resident "
            f"{begin / MB:.1f} MB after two tenths, {end / MB:.1f} at the end; last tenth : second {self.ratio:.3f}"
        )


def age(batches, interval, build, folder, *, checkpoints=False, master="local[1]"):
    """Runs that many batches of `interval` seconds of what `build(ssc)` makes."""
    ssc = StreamingContext(SparkContext(master, "age", conf=manual_clock_conf(SparkConf())), interval)
    process = psutil.Process(os.getpid())
    cpu, memory = [], []
    try:
        # Some streams need a directory for checkpoints: that of another context will do, and nothing is written.
        (ssc if checkpoints else StreamingContext(ssc.sparkContext, 1)).checkpoint(str(folder))
        build(ssc)
        ssc.start()
        begun = time.monotonic()
        for tenth in range(10):
            begin = time.process_time()
            left = batches * (tenth + 1) // 10 - batches * tenth // 10
            while left:
                due = min(left, DUE)
                ssc._clock.advance(due * ssc._interval_ms)
                assert ssc._streaming.wait_idle(120)
                ssc.awaitTerminationOrTimeout(0)
                left -= due
            cpu.append(time.process_time() - begin)
            gc.collect()
            memory.append(process.memory_info().rss)
        return Age(batches, time.monotonic() - begun, cpu, memory)
    finally:
        ssc.stop()


def run(rdd):
    rdd.count()


def mapped(key, value, state):
    if not state.isTimingOut():
        state.update((state.getOption() or 0) + value)


def window_and_state(ssc):
    """Windows with an inverse and without, and a state."""
    rows = ssc.sparkContext.parallelize([("a", 1), ("b", 2)], 1)
    q, slide = ssc.queueStream([], default=rows), ssc._interval_ms / 1000
    q.reduceByKeyAndWindow(add, sub, 60 * slide, slide, 1).foreachRDD(run)
    q.updateStateByKey(updated, 1).foreachRDD(run)


def a_day(ssc):
    """What a program of a day may have."""
    rows = ssc.sparkContext.parallelize([(i % 10, i) for i in range(20)], 1)
    q = ssc.queueStream([], default=rows)
    q.reduceByKeyAndWindow(add, sub, 60, 1, 1).foreachRDD(run)
    q.reduceByKeyAndWindow(max, None, 60, 10, 1).foreachRDD(run)
    q.updateStateByKey(updated, 1).foreachRDD(run)


def all_kinds(ssc):
    """Every stream that remembers, over a source that a checkpoint can hold; keys come and go."""
    pairs = source(ssc, []).transform(lambda time, _: _some(time)).map(lambda n: (n, 1))
    total = pairs.updateStateByKey(lambda new, old: None if not new and old > 3 else sum(new) + (old or 0), 1)
    total.foreachRDD(run)
    total.window(3, 1).foreachRDD(run)
    pairs.mapWithState(StateSpec.function(mapped).timeout(20).numPartitions(1)).foreachRDD(run)
    pairs.reduceByKeyAndWindow(add, sub, 10, 1, 1, lambda kv: kv[1] > 0).foreachRDD(run)
    pairs.reduceByKeyAndWindow(add, sub, 20, 2, 1).pprint(0)
    pairs.window(5, 5).foreachRDD(run)


def _some(at):
    """Numbers whose keys are all there in the first tenth of a short life: more keys would be more work."""
    sc = SparkContext.getOrCreate()
    number = round(at.timestamp())
    return sc.parallelize([number % 7, number % 50, number % 70], 1)


@pytest.mark.parametrize("build", [window_and_state, all_kinds])
def test_a_short_life(build, tmp_path):
    """The best of three, for a machine may have other things to do."""
    measured = []
    for attempt in range(3):
        measured.append(age(3000, 0.001 if build is window_and_state else 1, build, tmp_path / str(attempt)))
        if measured[-1].ratio <= 1.3 and measured[-1].growth < 8 * MB:
            return
    pytest.fail("; ".join(map(str, measured)))


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_half_a_million_batches(tmp_path, scaled, told):
    measured = age(scaled(500_000), 0.001, window_and_state, tmp_path)
    told(f"batches of 1 ms with a window and a state: {measured}")
    assert measured.ratio <= 1.1, measured
    assert measured.growth < 8 * MB, measured


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_day(tmp_path, scaled, told):
    measured = age(scaled(86_400), 1, a_day, tmp_path)
    told(f"a day of 1 s with windows and a state: {measured}")
    assert measured.ratio <= 1.1, measured
    assert measured.growth < 8 * MB, measured
    assert measured.seconds < 60, measured


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_long_life_with_checkpoints(tmp_path, scaled, told):
    """Neither memory nor the directory grows, nor what a checkpoint costs."""
    folder = tmp_path / "kept"
    measured = age(scaled(50_000), 1, all_kinds, folder, checkpoints=True)
    files = [path for path in folder.rglob("*") if path.is_file()]
    told(f"with checkpoints: {measured}; {len(files)} files of {sum(map(_size, files)) / MB:.1f} MB")
    assert measured.ratio <= 1.15, measured
    assert measured.growth < 8 * MB, measured
    # Ten checkpoints, and what the batches between the first and the last of them have written: a quick machine has more.
    assert len(files) < 1000
    assert sum(map(_size, files)) < 32 * MB


def _size(path: Path) -> int:
    return path.stat().st_size
