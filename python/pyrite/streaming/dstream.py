"""`DStream`: a stream of RDDs, one a batch, and what can be made of it and done with it.

As in PySpark, a stateless operation is a transform that calls the RDD method of the same name in every batch, and a
chain of them is one node of the engine's graph: an uncached `TransformedDStream` is folded into each of its children.
"""

from __future__ import annotations

import operator
import sys
import time as clock
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, overload

from pyrite import _engine
from pyrite._arity import arity
from pyrite._callsite import operation
from pyrite._kafka import Topic, settings
from pyrite._mistakes import NotAList, absent, advised
from pyrite._traceback import action
from pyrite.errors import PySparkRuntimeError, engine_error
from pyrite.rdd import RDD, portable_hash
from pyrite.storagelevel import StorageLevel
from pyrite.streaming import _callbacks, _live, _output, _shown
from pyrite.streaming._steps import Printing, Saving, SavingToKafka, Step, counted, counted_by_value, reduced
from pyrite.streaming._windows import Windows
from pyrite.streaming.state import Stateful
from pyrite.streaming.util import milliseconds

if TYPE_CHECKING:
    from pyrite.resultiterable import ResultIterable
    from pyrite.streaming.context import StreamingContext

__all__ = ["DStream", "TransformedDStream"]

T = TypeVar("T")
U = TypeVar("U")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class DStream(Windows[T], NotAList, Stateful, Generic[T]):
    """A stream: in every batch it has an RDD, or nothing. Made by a StreamingContext or from other streams."""

    _rows = (
        "a stream has rows only batch by batch: pprint() prints them, foreachRDD(lambda rdd: ...) and "
        "transform(lambda rdd: ...) work on the RDD of each batch"
    )

    def __init__(self, jdstream: Any, ssc: StreamingContext, jrdd_deserializer: Any = None) -> None:
        self._node = jdstream
        self._ssc = ssc
        self._sc = ssc._sc
        self.is_cached = False
        self.is_checkpointed = False
        #: Its output operations that live views show.
        self._live: list[_live.Showing] = []
        #: The engine's stream of states behind it, where there is one.
        self._states: Any = None

    @staticmethod
    def _of(node: Any, ssc: StreamingContext) -> DStream[Any]:
        """The stream of a node of the engine's graph."""
        return DStream(node, ssc)

    @property
    def _stream(self) -> Any:
        """Its node in the engine's graph."""
        return self._node

    @property
    def _slideDuration(self) -> float:
        """Seconds from one of its RDDs to the next."""
        return self._slide_ms / 1000

    @property
    def _slide_ms(self) -> int:
        ms: int = self._stream.slide_ms
        return ms

    if not TYPE_CHECKING:  # type checkers know what isn't there

        @action
        def __getattr__(self, name: str) -> NoReturn:
            raise absent(self, name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} with a batch every {self._slide_ms} ms; pprint() prints its first rows>"

    def _repr_html_(self) -> str:
        return _shown.of_stream(self)

    def __reduce__(self) -> NoReturn:
        raise PySparkRuntimeError(errorClass="RDD_TRANSFORM_ONLY_VALID_ON_DRIVER", messageParameters={})

    def context(self) -> StreamingContext:
        """The StreamingContext that it belongs to."""
        return self._ssc

    # -- transformations

    def _each(self, method: str, make: str | Callable[..., RDD[Any]], *args: Any) -> DStream[Any]:
        """A stream of `make(rdd, *args)`, or of that method; its steps are named after the line that called it."""
        return TransformedDStream(self, Step(operation(method), make, args))

    def map(self, f: Callable[[T], U], preservesPartitioning: bool = False) -> DStream[U]:
        """`f(row)` for each row."""
        return self._each("map", "map", f, preservesPartitioning)

    def flatMap(self, f: Callable[[T], Iterable[U]], preservesPartitioning: bool = False) -> DStream[U]:
        """All elements of `f(row)`, for each row."""
        return self._each("flatMap", "flatMap", f, preservesPartitioning)

    def filter(self, f: Callable[[T], Any]) -> DStream[T]:
        """The rows for which `f(row)` is true."""
        return self._each("filter", "filter", f)

    def mapValues(self: DStream[tuple[K, V]], f: Callable[[V], U]) -> DStream[tuple[K, U]]:
        """`(key, f(value))` for each pair."""
        return self._each("mapValues", "mapValues", f)

    def flatMapValues(self: DStream[tuple[K, V]], f: Callable[[V], Iterable[U]]) -> DStream[tuple[K, U]]:
        """`(key, element)` for each element of `f(value)`, for each pair."""
        return self._each("flatMapValues", "flatMapValues", f)

    def mapPartitions(self, f: Callable[[Iterator[T]], Iterable[U]], preservesPartitioning: bool = False) -> DStream[U]:
        """What `f(iterator)` gives, called once a partition."""
        return self._each("mapPartitions", "mapPartitions", f, preservesPartitioning)

    def mapPartitionsWithIndex(
        self, f: Callable[[int, Iterator[T]], Iterable[U]], preservesPartitioning: bool = False
    ) -> DStream[U]:
        """What `f(index, iterator)` gives, called once a partition."""
        return self._each("mapPartitionsWithIndex", "mapPartitionsWithIndex", f, preservesPartitioning)

    def glom(self) -> DStream[list[T]]:
        """Each partition as one list."""
        return self._each("glom", "glom")

    def count(self) -> DStream[int]:
        """The number of rows; nothing in a batch whose RDD has no partitions."""
        return self._each("count", "mapPartitions", counted)._reduced(operator.add, "count")

    def reduce(self, func: Callable[[T, T], T]) -> DStream[T]:
        """The rows reduced by `func`; nothing in a batch without rows."""
        return self._reduced(func, "reduce")

    def _reduced(self, func: Callable[[Any, Any], Any], method: str) -> DStream[Any]:
        return self._each(method, reduced, func)

    def countByValue(self) -> DStream[tuple[T, int]]:
        """`(value, how often)` for each different row."""
        return self._each("countByValue", counted_by_value, self._sc.defaultParallelism)

    def _partitions(self, given: int | None) -> int:
        """A stream's shuffles make `defaultParallelism` partitions unless the call says otherwise."""
        return self._sc.defaultParallelism if given is None else given

    def reduceByKey(
        self: DStream[tuple[K, V]], func: Callable[[V, V], V], numPartitions: int | None = None
    ) -> DStream[tuple[K, V]]:
        """Each key's values reduced by `func`."""
        count = self._partitions(numPartitions)
        return self._each("reduceByKey", "reduceByKey", func, count)

    def combineByKey(
        self: DStream[tuple[K, V]],
        createCombiner: Callable[[V], U],
        mergeValue: Callable[[U, V], U],
        mergeCombiners: Callable[[U, U], U],
        numPartitions: int | None = None,
    ) -> DStream[tuple[K, U]]:
        """One combination of each key's values."""
        count = self._partitions(numPartitions)
        return self._each("combineByKey", "combineByKey", createCombiner, mergeValue, mergeCombiners, count)

    def groupByKey(
        self: DStream[tuple[K, V]], numPartitions: int | None = None
    ) -> DStream[tuple[K, ResultIterable[V]]]:
        """Each key with all its values."""
        count = self._partitions(numPartitions)
        return self._each("groupByKey", "groupByKey", count)

    def partitionBy(
        self: DStream[tuple[K, V]], numPartitions: int, partitionFunc: Callable[[K], int] = portable_hash
    ) -> DStream[tuple[K, V]]:
        """Each pair in partition `partitionFunc(key) % numPartitions`."""
        return self._each("partitionBy", "partitionBy", numPartitions, partitionFunc)

    def repartition(self, numPartitions: int) -> DStream[T]:
        """That number of partitions, evenly filled."""
        return self._each("repartition", "repartition", numPartitions)

    @overload
    def transform(self, func: Callable[[RDD[T]], RDD[U] | None]) -> TransformedDStream[U]: ...

    @overload
    def transform(self, func: Callable[[datetime, RDD[T]], RDD[U] | None]) -> TransformedDStream[U]: ...

    @action
    def transform(self, func: Callable[..., RDD[U] | None]) -> TransformedDStream[U]:
        """A stream of `func(rdd)` or `func(time, rdd)`, called once a batch on the driver.

        It returns an RDD, or None: then the stream has nothing in that batch, and what depends on it is skipped.

        Raises
        ------
        AssertionError
            It takes neither one argument nor two.
        """
        _callbacks.warn_without_return(func)
        return TransformedDStream(self, _callbacks.with_time(func, 1, "func should take one or two arguments"))

    @action
    def transformWith(
        self, func: Callable[..., RDD[U] | None], other: DStream[Any], keepSerializer: bool = False
    ) -> DStream[U]:
        """A stream of `func(rdd, other_rdd)` or `func(time, rdd, other_rdd)`. A missing RDD counts as empty.

        Raises
        ------
        AssertionError
            It takes neither two arguments nor three.
        """
        return self._with(_callbacks.with_time(func, 2, "func should take two or three arguments"), other)

    def _with(self, function: Callable[..., Any], other: DStream[Any], name: str = "transformWith") -> DStream[Any]:
        if not isinstance(other, DStream):
            _no_stream(other, name)
        function = _callbacks.driver(self._sc, _callbacks.tallied(function))
        nodes = [self._stream, other._stream]
        return DStream(self._ssc._streaming.transformed(name, nodes, function, "empty"), self._ssc)

    def _both(
        self, method: str, other: DStream[Any], make: str | Callable[..., RDD[Any]] | None = None, *args: Any
    ) -> DStream[Any]:
        return self._with(Step(operation(method), method if make is None else make, args), other, method)

    @action
    def union(self, other: DStream[U]) -> DStream[T | U]:
        """The partitions of this stream, then those of the other.

        Raises
        ------
        ValueError
            They don't slide together.
        """
        if not isinstance(other, DStream):
            _no_stream(other, "union")
        if self._slide_ms != other._slide_ms:
            raise ValueError("the two DStream should have same slide duration")
        return self._both("union", other)

    @action
    def cogroup(
        self: DStream[tuple[K, V]], other: DStream[tuple[K, U]], numPartitions: int | None = None
    ) -> DStream[tuple[K, tuple[ResultIterable[V], ResultIterable[U]]]]:
        """Each key with its values here and there."""
        count = self._partitions(numPartitions)
        return self._both("cogroup", other, None, count)

    @action
    def join(
        self: DStream[tuple[K, V]], other: DStream[tuple[K, U]], numPartitions: int | None = None
    ) -> DStream[tuple[K, tuple[V, U]]]:
        """`(key, (here, there))` for each pair of values of a key that both have."""
        count = self._partitions(numPartitions)
        return self._both("join", other, None, count)

    @action
    def leftOuterJoin(
        self: DStream[tuple[K, V]], other: DStream[tuple[K, U]], numPartitions: int | None = None
    ) -> DStream[tuple[K, tuple[V, U | None]]]:
        """Like `join`, with `(key, (here, None))` where the other lacks the key."""
        count = self._partitions(numPartitions)
        return self._both("leftOuterJoin", other, None, count)

    @action
    def rightOuterJoin(
        self: DStream[tuple[K, V]], other: DStream[tuple[K, U]], numPartitions: int | None = None
    ) -> DStream[tuple[K, tuple[V | None, U]]]:
        """Like `join`, with `(key, (None, there))` where this stream lacks the key."""
        count = self._partitions(numPartitions)
        return self._both("rightOuterJoin", other, None, count)

    @action
    def fullOuterJoin(
        self: DStream[tuple[K, V]], other: DStream[tuple[K, U]], numPartitions: int | None = None
    ) -> DStream[tuple[K, tuple[V | None, U | None]]]:
        """Like `join`, with None where either lacks the key."""
        count = self._partitions(numPartitions)
        return self._both("fullOuterJoin", other, None, count)

    def _states_of(self, states: Any, site: str) -> DStream[tuple[Any, Any]]:
        """The pairs of a stream of states."""
        stream: DStream[tuple[Any, Any]] = DStream(self._ssc._streaming.state_view(states, True, site), self._ssc)
        stream._states = states
        return stream

    def _mapped_with(self, states: Any, site: str) -> MapWithStateDStream[Any]:
        """What the function of a stream of states returned."""
        mapped: MapWithStateDStream[Any] = MapWithStateDStream(
            self._ssc._streaming.state_view(states, False, site), self._ssc
        )
        mapped._states = states
        return mapped

    @action
    def slice(self, begin: datetime | float, end: datetime | float) -> list[RDD[T]]:
        """The RDDs from `begin` to `end`, both included: datetimes, or seconds since 1970.

        What isn't remembered any more is made now.
        """
        zero = self._ssc._streaming.zero
        first, last = _epoch_ms(begin), _epoch_ms(end)
        if zero is None:
            self._stream.plan(first)  # raises
            return []
        slide = self._slide_ms
        times = range(zero + (first - zero) // slide * slide, zero + (last - zero) // slide * slide + 1, slide)
        plans = [self._stream.plan(at) for at in times if at >= zero]
        return [RDD(plan, self._sc) for plan in plans if plan is not None]

    # -- what is done in every batch

    @overload
    def foreachRDD(self, func: Callable[[RDD[T]], object]) -> None: ...

    @overload
    def foreachRDD(self, func: Callable[[datetime, RDD[T]], object]) -> None: ...

    @action
    def foreachRDD(self, func: Callable[..., Any]) -> None:
        """Have `func(rdd)` or `func(time, rdd)` called in every batch, on a thread of its own on the driver."""
        if arity(func) == 1:
            self._output("foreachRDD", _callbacks.Timeless(func))
        else:
            self._output("foreachRDD", func)

    def _output(self, name: str, function: Callable[[datetime, RDD[T]], Any]) -> None:
        self._ssc._streaming.output(operation(name), self._stream, _callbacks.output(self._sc, function))

    @action
    def pprint(self, num: int = 10) -> None:
        """Print the time and the first `num` rows of every batch."""
        self._output("pprint", Printing(num))

    @action
    def live(self, n: int = 10, by: Callable[[T], Any] | int | str | None = None) -> None:
        """Show the newest batch below the cell that calls this, while the stream runs. Not in PySpark.

        It shows `n` rows, records per batch and processing time as small charts, what a batch failed with, and a button
        that stops the stream and keeps the SparkContext. Rows that are pairs (key, number) are those with the largest
        numbers, as bars; others are the first ones, as `pprint` prints them. With `by`, a function of a row or the
        index or name of a field, they are the rows that are largest by it. An empty batch leaves the rows before it.

        Calling it again in the same cell takes the old view's place; a stream that has a view can be shown in other
        cells, too, also after the start. Outside of a notebook, and without `pip install 'pyrite[jupyter]'`, it prints.

        Raises
        ------
        ValueError
            `n` is not 1 or more.
        TypeError
            `by` is none of these.
        Py4JJavaError
            The context was started, and this stream has no view; or it has stopped.
        """
        _live.live(self, n, by)

    @action
    def saveAsTextFiles(self, prefix: str, suffix: str | None = None) -> None:
        """Write every batch to a folder `prefix-<milliseconds>`, with `.suffix` if there is one.

        A folder that is there is replaced, so that a batch that is run again leaves no two.
        """
        self._output("saveAsTextFiles", Saving(prefix, suffix))

    @action
    def saveToKafka(
        self,
        topic: str,
        params: Mapping[str, Any],
        key: Callable[[T], str | bytes | None] | None = None,
        value: Callable[[T], str | bytes | None] | None = None,
        transactional: bool = False,
    ) -> None:
        """Write each row of every batch as a message to a topic of Kafka. Not in PySpark.

        See `RDD.saveToKafka`. A batch is done when all its messages are acknowledged; one that runs again, after a
        crash, writes them again. With `transactional` a batch is one transaction, which also records the batch's time,
        so that a batch that runs again writes nothing twice. `transactional.id` in `params` names who writes, for as
        long as the stream lives, crashes included; else it is made of the application's name, the topic, and which of
        the context's calls this is.

        Raises
        ------
        TypeError
            An argument isn't what it should be.
        Py4JJavaError
            A setting isn't known.
        """
        name = None
        if transactional:
            made = f"pyrite-{self._sc.appName}-{topic}-{len(self._ssc._streaming)}"
            name = dict(settings(params)).get("transactional.id", made)
        saving = Topic(topic, params, key, value, name)
        saving.connect(_output.engine_log())
        self._output("saveToKafka", SavingToKafka(saving))

    # -- persisting

    def cache(self) -> DStream[T]:
        """Keep the rows of every RDD once they have been computed; returns self."""
        return self.persist(StorageLevel.MEMORY_ONLY)

    @action
    def persist(self, storageLevel: StorageLevel) -> DStream[T]:
        """Keep the rows of every RDD once they have been computed; returns self.

        Raises
        ------
        TypeError
            It isn't a StorageLevel.
        Py4JJavaError
            The context was started.
        """
        if not isinstance(storageLevel, StorageLevel):
            raise TypeError("storageLevel must be of type pyspark.StorageLevel")
        stream = self._stream
        if self._ssc._streaming.phase != "initialized":
            raise engine_error(
                "java.lang.UnsupportedOperationException",
                "Cannot change storage level of a DStream after streaming context has started",
            )
        self.is_cached = True
        self._ssc._streaming.persist(stream)
        return self

    @action
    def checkpoint(self, interval: float) -> DStream[T]:
        """Have what the stream remembers written down every `interval` seconds; returns self.

        `ssc.checkpoint(directory)` says where. The interval is checked at the start: a multiple of the stream's slide.

        Raises
        ------
        Py4JJavaError
            The context was started.
        """
        stream = self._stream
        if self._ssc._streaming.phase != "initialized":
            raise engine_error(
                "java.lang.UnsupportedOperationException",
                "Cannot change checkpoint interval of a DStream after streaming context has started",
            )
        self.is_checkpointed = True
        if self._states is None:
            self._ssc._streaming.persist(stream)
        else:
            # What shows the states remembers nothing; they do.
            stream = self._states
        self._ssc._streaming.checkpoint_stream(stream, milliseconds(interval))
        return self

    # -- explaining

    @action
    def explain(self) -> None:
        """Print how its RDDs are made, and for every function whether it is compiled, and if not, why.

        Before the first batch the functions given to `transform` are called once with an empty RDD to find out.
        """
        sys.stdout.write(self._explained())

    def _explained(self) -> str:
        lines = [f"a batch every {self._slide_ms} ms, its RDD:"]
        lines += RDD(self._sample(), self._sc)._explained().split("\n")
        return "\n".join(lines) + "\n"

    def _sample(self) -> Any:
        """The plan it made last, else one made of nothing."""
        latest = None if self._node is None else self._node.latest
        return _engine.Plan.empty(1) if latest is None else latest


class TransformedDStream(DStream[T]):
    """A stream of `func(time, rdd)` over another one. Its node is made when something needs it."""

    def __init__(self, prev: DStream[Any], func: Callable[[datetime, RDD[Any]], RDD[T] | None]) -> None:
        super().__init__(None, prev._ssc)
        func = _callbacks.tallied(func)
        if isinstance(prev, TransformedDStream) and not prev.is_cached and not prev.is_checkpointed:
            self.func: Callable[[datetime, Any], Any] = _callbacks.Composed(func, prev.func)
            self.prev: DStream[Any] = prev.prev
        else:
            self.func = func
            self.prev = prev

    @property
    def _stream(self) -> Any:
        if self._node is None:
            function = _callbacks.driver(self._sc, self.func)
            self._node = self._ssc._streaming.transformed("transform", [self.prev._stream], function, "skip")
        return self._node

    @property
    def _slide_ms(self) -> int:
        return self.prev._slide_ms

    def _sample(self) -> Any:
        latest = None if self._node is None else self._node.latest
        if latest is None:
            made = self.func(datetime.now(), RDD(self.prev._sample(), self._sc))
            latest = made._plan if isinstance(made, RDD) else _engine.Plan.empty(0)
        return latest


class MapWithStateDStream(DStream[T]):
    """What `mapWithState`'s function returned, with the states behind it."""

    def stateSnapshots(self) -> DStream[tuple[Any, Any]]:
        """All keys with their states, in every batch."""
        return self._states_of(self._states, operation("stateSnapshots"))


def _no_stream(other: object, method: str) -> NoReturn:
    """PySpark's exception for something else in place of a stream."""
    error = AttributeError(f"{type(other).__name__!r} object has no attribute '_jdstream'")
    note = f"{method} takes another stream; with an RDD: stream.transform(lambda rdd: rdd.{method}(other))"
    raise advised(error, note)


def _epoch_ms(time: datetime | float) -> int:
    """PySpark's reading of a point in time: a datetime loses its fraction of a second."""
    return int(clock.mktime(time.timetuple()) * 1000) if isinstance(time, datetime) else milliseconds(time)
