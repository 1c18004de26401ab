"""For tests of your own streams: time by hand, so that no test sleeps and a day of batches takes a second.

`run_batches` feeds lists to a stream and gives what came out of it, batch by batch:

>>> from pyrite.testing import run_batches, streaming_context
>>> def word_counts(lines):
...     return lines.flatMap(str.split).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
>>> with streaming_context() as ssc:
...     outputs = run_batches(ssc, [["to be or", "not to be"], [], ["to"]], word_counts)
>>> [sorted(rows) for rows in outputs]
[[('be', 2), ('not', 1), ('or', 1), ('to', 2)], [], [('to', 1)]]

With pytest, `pytest_plugins = ["pyrite.testing"]` in conftest.py gives tests the fixture `ssc`:

    def test_counts(ssc):
        assert run_batches(ssc, [["a a"]], word_counts) == [[("a", 2)]]

Several streams and several outputs: `source` makes a stream of given rows, `collect` keeps what a stream brings, and
`run_batches(ssc, n)` runs batches, without a number as many as the sources have rows for.

>>> from pyrite.testing import PAUSE, collect, source
>>> with streaming_context() as ssc:
...     numbers = source(ssc, [1, 2, 3, PAUSE, 4], rows=2)
...     seen, sums = collect(numbers), collect(numbers.reduce(lambda a, b: a + b))
...     run_batches(ssc)
>>> seen, sums, sums.times
([[1, 2], [3], [], [4]], [[3], [3], [], [4]], [1000, 2000, 3000, 4000])

`ABORT` among the rows ends the context as a crash would, once, and `END` is where `run_batches` without a number stops.
Streams that aren't fed by lists move on with `advance`.

Structured Streaming: queries that start within `query_clock` go by a clock of their own, so that triggers, timeouts
and TTL of states come when the test says so:

    with query_clock(spark) as clock:
        query = frame.writeStream.trigger(processingTime="1 minute").format("memory").queryName("rows").start()
        clock.advance(60_000)
        assert spark.table("rows").count() == 1
        query.stop()
"""

from __future__ import annotations

import importlib.util
import time
import uuid
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, overload

from pyrite.conf import SparkConf
from pyrite.context import SparkContext
from pyrite.streaming import _callbacks
from pyrite.streaming.context import StreamingContext
from pyrite.streaming.dstream import DStream

if TYPE_CHECKING:
    from pyrite.rdd import RDD

__all__ = [
    "ABORT",
    "END",
    "PAUSE",
    "Aborted",
    "Collected",
    "Mark",
    "QueryClock",
    "advance",
    "collect",
    "manual_clock_conf",
    "query_clock",
    "run_batches",
    "source",
    "streaming_context",
]


class Mark:
    """Something other than a row among the rows of a `source`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name

    def __reduce__(self) -> str:
        return self._name


PAUSE: Final = Mark("PAUSE")
"""A batch without rows."""
ABORT: Final = Mark("ABORT")
"""The batch that would begin here ends the context as a crash would. It does so once in a process: a context that is
recovered from a checkpoint gets the rows behind it."""
END: Final = Mark("END")
"""`run_batches` without a number stops here; the next call goes on behind it."""


class Aborted(Exception):
    """A source came to `ABORT`: the context was stopped and the batch thrown away."""


class Collected(list[Any]):
    """What `collect` has seen so far: one list of rows for each batch in which the stream had something."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[int] = []
        """The batches' times in milliseconds."""

    @property
    def rows(self) -> list[Any]:
        """The rows of all batches."""
        return [row for rows in self for row in rows]


class _Layout:
    """The rows of a source by batch: the first batch has number 0."""

    def __init__(self, items: Iterable[Any], rows: int) -> None:
        self.batches: list[list[Any]] = []
        self.aborts: dict[int, str] = {}
        self.ends: list[int] = []
        open_batch: list[Any] | None = None
        for item in items:
            if not isinstance(item, Mark):
                if open_batch is None or len(open_batch) == rows:
                    open_batch = []
                    self.batches.append(open_batch)
                open_batch.append(item)
                continue
            open_batch = None
            if item is PAUSE:
                self.batches.append([])
            elif item is ABORT:
                self.aborts[len(self.batches)] = uuid.uuid4().hex
            else:
                self.ends.append(len(self.batches))
        self.ends.append(max([len(self.batches), *(number + 1 for number in self.aborts)]))


# The aborts that have happened: by name, since a function that comes back from a checkpoint is another object.
_aborted: set[str] = set()
_layouts: weakref.WeakKeyDictionary[StreamingContext, list[_Layout]] = weakref.WeakKeyDictionary()


def manual_clock_conf(conf: SparkConf | None = None) -> SparkConf:
    """Settings under which streaming contexts have a clock that `advance` moves. It starts at 0."""
    return (conf or SparkConf()).set("spark.streaming.clock", "org.apache.spark.util.ManualClock")


@contextmanager
def streaming_context(
    batchDuration: float = 1, master: str = "local[2]", conf: SparkConf | None = None
) -> Iterator[StreamingContext]:
    """A StreamingContext on a manual clock with a SparkContext of its own; both are stopped at the end.

    `batchDuration` is in seconds of that clock: no time passes while it is moved.
    """
    sc = SparkContext(master, "pyrite.testing", conf=manual_clock_conf(conf))
    ssc = StreamingContext(sc, batchDuration)
    try:
        yield ssc
    finally:
        ssc.stop()


def source(ssc: StreamingContext, items: Iterable[Any], *, rows: int = 1, partitions: int = 1) -> DStream[Any]:
    """A stream of given rows, `rows` of them a batch, then of nothing. `PAUSE`, `ABORT` and `END` may stand among them.

    What a batch gets depends on its time alone, so that a batch that is run again gets the same.

    Raises
    ------
    ValueError
        `rows` is less than 1.
    """
    if rows < 1:
        raise ValueError(f"a batch of a source takes 1 row or more, not {rows}")
    layout = _Layout(items, rows)
    _layouts.setdefault(ssc, []).append(layout)
    supply = _callbacks.driver(ssc._sc, _Supply(layout, partitions), required=True)
    return DStream(ssc._streaming.transformed("source", [], supply, "skip"), ssc)


class _Supply:
    """The rows of each time. It knows no context, so that a checkpoint can hold it."""

    def __init__(self, layout: _Layout, partitions: int) -> None:
        self._layout = layout
        self._partitions = partitions

    def __call__(self, time: datetime) -> RDD[Any]:
        ssc = StreamingContext.getActive()
        assert ssc is not None, "a source gives its rows while its context runs"
        ms = round(time.timestamp() * 1000)
        number = (ms - (ssc._streaming.zero or 0)) // ssc._interval_ms - 1
        abort = self._layout.aborts.get(number)
        if abort is not None and abort not in _aborted:
            _aborted.add(abort)
            ssc._end(graceful=False, grace=0.0)
            raise Aborted(f"the source came to ABORT in the batch of {ms} ms")
        batches = self._layout.batches
        return ssc._sc.parallelize(batches[number] if number < len(batches) else [], self._partitions)


def collect(stream: DStream[Any], *, partitions: bool = False) -> Collected:
    """A list that grows with what the stream brings: a batch's rows, or with `partitions` those of each partition."""
    seen = Collected()

    def keep(time: datetime, rdd: RDD[Any]) -> None:
        rows = rdd.glom().collect() if partitions else rdd.collect()
        seen.append(rows)
        seen.times.append(round(time.timestamp() * 1000))

    stream.foreachRDD(keep)
    return seen


def advance(ssc: StreamingContext, batches: int = 1, timeout: float = 60) -> None:
    """Move the clock on by that many batches, one after the other, each worked on before the next.

    Raises what a batch failed with.

    Raises
    ------
    ValueError
        The context isn't on a manual clock.
    TimeoutError
        A batch takes longer than `timeout` seconds.
    """
    if ssc._clock is None:
        raise ValueError("the context runs on the machine's clock: make it with streaming_context()")
    for _ in range(batches):
        ssc._clock.advance(ssc._interval_ms)
        if not ssc._streaming.wait_idle(timeout):
            raise TimeoutError(f"the batch of {ssc._clock.now()} ms was not done after {timeout} seconds")
        if ssc._generator is not None and ssc._streaming.phase == "stopped":
            ssc._generator.join(timeout)  # what ended the context was perhaps not told yet
        ssc.awaitTerminationOrTimeout(0)


@overload
def run_batches(ssc: StreamingContext, inputs: int | None = None, *, more: int = 0, timeout: float = 60) -> None: ...
@overload
def run_batches(
    ssc: StreamingContext,
    inputs: Sequence[Iterable[Any]],
    build: Callable[[DStream[Any]], DStream[Any]],
    *,
    more: int = 0,
    partitions: bool = False,
    timeout: float = 60,
) -> list[Any]: ...
def run_batches(
    ssc: StreamingContext,
    inputs: int | Sequence[Iterable[Any]] | None = None,
    build: Callable[[DStream[Any]], DStream[Any]] | None = None,
    *,
    more: int = 0,
    partitions: bool = False,
    timeout: float = 60,
) -> list[Any] | None:
    """What `build(stream)` gives in each batch, when the stream gets one of `inputs` a batch.

    An output is the list of the batch's rows (with `partitions`, a list for each partition), or None where the stream
    has nothing at that time. `more` batches without input follow. The context is started, so one context is good for
    one call. Raises what a batch failed with, and a TimeoutError where one takes longer than `timeout` seconds.

    With a number instead of inputs, that many batches are run, without either as many as the context's sources have
    rows for, up to the next `END`; then nothing is given back, and it may be called again.
    """
    if inputs is None or isinstance(inputs, int):
        if build is not None:
            raise TypeError("run_batches(ssc, inputs, build) takes the inputs of build's stream, a list for each batch")
        _run(ssc, inputs, more, timeout)
        return None
    if build is None:
        raise TypeError("run_batches(ssc, inputs, build) takes a function from a stream to a stream")
    outputs: dict[datetime, list[Any]] = {}

    def keep(time: datetime, rdd: RDD[Any]) -> None:
        outputs[time] = rdd.glom().collect() if partitions else rdd.collect()

    stream = ssc.queueStream(list(inputs) or [[]])
    build(stream).foreachRDD(keep)
    ssc.start()
    zero = ssc._streaming.zero or 0
    advance(ssc, len(inputs) + more, timeout)
    times = (zero + (i + 1) * ssc._interval_ms for i in range(len(inputs) + more))
    return [outputs.get(datetime.fromtimestamp(ms / 1000)) for ms in times]


class QueryClock:
    """The time of a session's streaming queries, in milliseconds."""

    def __init__(self, queries: Any, now: int) -> None:
        from pyrite._frames.query.clocks import ManualClock

        self._queries = queries
        self._clock = ManualClock(now)

    def now(self) -> int:
        """What it shows."""
        return self._clock.now()

    def advance(self, milliseconds: int, timeout: float = 60) -> None:
        """Move it on; all queries on it have done what is due when this returns. Raises what one failed with.

        Raises
        ------
        TimeoutError
            A query takes longer than `timeout` seconds.
        """
        end = time.monotonic() + timeout
        mine = [query for query in self._queries.active() if query.session.time is self._clock]
        # What is due before the clock moves is done at that time.
        self._settle(mine, end)
        self._clock.advance(milliseconds)
        self._settle(mine, end)

    def _settle(self, queries: list[Any], end: float) -> None:
        for query in queries:
            while not query.settled(self._clock.now()):
                if time.monotonic() > end:
                    raise TimeoutError(f"the query {query.name or query.id} takes too long")
                query.ended.wait(0.002)
            query.await_end(0)


@contextmanager
def query_clock(spark: Any, now: int = 0) -> Iterator[QueryClock]:
    """A clock for the streaming queries that this session starts within; it begins at `now` and moves by `advance`.

    Raises
    ------
    TypeError
        It isn't a session of Pyrite's.
    """
    from pyrite._frames.sessions import client_session, service_of
    from pyrite.sql.session import SparkSession

    if not isinstance(spark, SparkSession):
        raise TypeError(f"query_clock takes a SparkSession of Pyrite's, not a {type(spark).__name__}")
    service = service_of(client_session(spark))
    clock, before = QueryClock(service.queries, now), service.queries.clock
    service.queries.clock = clock._clock
    try:
        yield clock
    finally:
        service.queries.clock = before


def _run(ssc: StreamingContext, batches: int | None, more: int, timeout: float) -> None:
    """Batches of a context that has its streams."""
    ssc.start()
    if batches is None:
        zero = ssc._streaming.zero or 0
        done = 0 if ssc._clock is None else (ssc._clock.now() - zero) // ssc._interval_ms
        # The next mark of each source that isn't over; the last of them is where all have given what they had.
        ends = [min((end for end in layout.ends if end > done), default=done) for layout in _layouts.get(ssc, [])]
        batches = max(ends, default=done) - done
    advance(ssc, batches + more, timeout)


if importlib.util.find_spec("pytest") is not None:
    import pytest

    @pytest.fixture
    def ssc() -> Iterator[StreamingContext]:
        """A StreamingContext with batches of a second on a manual clock."""
        with streaming_context() as context:
            yield context
