"""`StreamingContext`: where streams come from, and their life: start, wait, stop."""

from __future__ import annotations

import atexit
import contextlib
import math
import os
import pickle
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from pyrite import _engine, _log
from pyrite._callsite import CallSite, call_site
from pyrite._lambda.watching import follow, lent
from pyrite._mistakes import absent
from pyrite._places import is_address
from pyrite._properties import DESCRIPTION, GROUP, LocalProperties
from pyrite._traceback import action
from pyrite.errors import Py4JError, PySparkRuntimeError, engine_error
from pyrite.rdd import RDD
from pyrite.storagelevel import StorageLevel
from pyrite.streaming import _callbacks, _output
from pyrite.streaming._listening import PATIENCE, Listening
from pyrite.streaming._recording import Recorded
from pyrite.streaming._recovery import directory_of, failed, recovered
from pyrite.streaming._shutdown import Shutdown
from pyrite.streaming._threads import receivers as _receivers
from pyrite.streaming._threads import threads as _threads
from pyrite.streaming.dstream import DStream
from pyrite.streaming.receiver import Launch, Receiver
from pyrite.streaming.util import clock_time, milliseconds

if TYPE_CHECKING:
    from pyrite.context import SparkContext
    from pyrite.streaming.listener import StreamingListener

__all__ = ["StreamingContext"]

_SETTINGS = ("spark.streaming.", "pyrite.", "spark.scheduler.listenerbus.eventqueue.capacity")
_INTERRUPTED = "Interrupted: the StreamingContext was stopped; the SparkContext goes on."
# An interrupt is over within 100 ms: a running job gets this long before it is cancelled, and as long to notice.
_GRACE_INTERRUPTED = 0.015
# A script that ends while a stream runs doesn't wait longer for a running job.
_GRACE_AT_EXIT = 0.1
# SparkContexts that know a directory for checkpoints: Spark asks them, not the StreamingContext, whether there is one.
_with_directory: weakref.WeakSet[SparkContext] = weakref.WeakSet()


class StreamingContext:
    """A program's streams, in batches of `batchDuration` seconds; any fraction down to a millisecond.

    Raises
    ------
    ValueError
        The batch duration isn't at least a millisecond.

    Examples
    --------
    >>> ssc = StreamingContext(sc, 1)  # doctest: +SKIP
    >>> ssc.socketTextStream("localhost", 9999).count().pprint()  # doctest: +SKIP
    >>> ssc.start()  # doctest: +SKIP
    >>> ssc.awaitTermination()  # doctest: +SKIP
    """

    _active: ClassVar[StreamingContext | None] = None
    _lock: ClassVar[threading.RLock] = threading.RLock()

    @action
    def __init__(self, sparkContext: SparkContext, batchDuration: float | None = None, jssc: Any = None) -> None:
        assert batchDuration is not None or jssc is not None, "a StreamingContext needs a batch duration in seconds"
        if jssc is not None:
            raise ValueError("jssc is a handle to a JVM; Pyrite runs without one, so leave it out")
        if not hasattr(sparkContext, "_engine"):
            kind = type(sparkContext).__name__
            raise TypeError(f"StreamingContext(sparkContext, seconds) takes a SparkContext first, not a {kind}")
        self._sc = sparkContext
        if isinstance(batchDuration, str):
            raise TypeError(
                f"the batch duration is a number of seconds, such as 5 or 0.5, not the str {batchDuration!r}"
            )
        seconds = batchDuration or 0
        interval = milliseconds(seconds) if math.isfinite(seconds) else 0
        if interval < 1:
            raise ValueError(
                f"the batch duration must be at least 0.001 seconds (a millisecond), but it is {batchDuration!r}"
            )
        conf = sparkContext._conf
        settings = [(k, v) for k, v in conf.getAll() if k.startswith(_SETTINGS)]
        self._clock = None
        if (conf.get("spark.streaming.clock") or "").endswith("ManualClock"):
            self._clock = _engine.ManualClock()
        self._interval_ms = interval
        self._streaming = Recorded(
            _engine.Streaming(interval, settings, _output.engine_log(), sparkContext._engine, self._clock),
            sparkContext._engine,
        )
        # Where checkpoints are written, and for a recovered context how many calls made its streams.
        self._checkpoint_directory: str | None = None
        self._recovered_calls: int | None = None
        self._recovered_from: tuple[str, Sequence[str]] | None = None
        self._threads: list[threading.Thread] = []
        self._generator: threading.Thread | None = None
        self._writer: threading.Thread | None = None
        self._started_at: CallSite | None = None
        self._listening = Listening(self._streaming)
        self._graceful_end = self._streaming.flag("spark.streaming.stopGracefullyOnShutdown", False)
        self._shutdown = Shutdown(lambda: self._end(graceful=True))
        directory = conf.get("spark.streaming.checkpoint.directory")
        if directory:
            self.checkpoint(directory)

    if not TYPE_CHECKING:  # type checkers know what isn't there

        @action
        def __getattr__(self, name: str) -> NoReturn:
            raise absent(self, name)

    def __reduce__(self) -> NoReturn:
        raise PySparkRuntimeError(errorClass="CONTEXT_ONLY_VALID_ON_DRIVER", messageParameters={})

    def __repr__(self) -> str:
        return f"<StreamingContext {self._streaming.phase}, batches of {self._interval_ms} ms>"

    @property
    def sparkContext(self) -> SparkContext:
        """The SparkContext that it works on."""
        return self._sc

    # -- streams

    @action
    def socketTextStream(
        self, hostname: str, port: int, storageLevel: StorageLevel = StorageLevel.MEMORY_AND_DISK_2
    ) -> DStream[str]:
        r"""The lines that a TCP server sends; they end at `\n`, `\r\n` or `\r`.

        The server may come and go: the stream connects again every `spark.streaming.receiverRestartDelay` (2 s). Text
        is UTF-8, or what `pyrite.socket.encoding` says. While batches are slow the server is slowed down and nothing
        is lost.

        Raises
        ------
        Py4JError
            The port isn't a number, or is none that a server can have.
        """
        if not isinstance(hostname, str) or not isinstance(port, int):
            kinds = f"{type(hostname).__name__}, {type(port).__name__}"
            text = f"socketTextStream(hostname, port) takes a str and an int, not ({kinds})"
            if isinstance(port, str) and port.strip().isdecimal():
                text += f": write {port.strip()} without quotes"
            raise Py4JError(text)
        return DStream(self._streaming.socket(hostname, port), self)

    @action
    def receiverStream(self, receiver: Receiver) -> DStream[Any]:
        """The rows that a `Receiver` of the program stores. Pyrite has it beyond PySpark's Python API.

        The receiver runs in the program's own process, on threads of its own.

        Raises
        ------
        TypeError
            It is no receiver, or receives for another stream.
        """
        if not isinstance(receiver, Receiver):
            kind = receiver.__name__ if isinstance(receiver, type) else type(receiver).__name__
            text = f"receiverStream(receiver) takes an object of a class of yours that extends Receiver, not {kind}"
            raise TypeError(text + " itself: call it" * isinstance(receiver, type))
        if receiver.__dict__.get("_has_stream"):
            raise TypeError(f"this {type(receiver).__name__} receives for another stream: make a new one for each")
        receiver.__dict__["_has_stream"] = True
        return DStream(self._streaming.receiver(type(receiver).__name__, Launch(receiver)), self)

    @action
    def binaryRecordsStream(self, directory: str, recordLength: int) -> DStream[bytes]:
        """Records of `recordLength` bytes of files that appear in a directory from now on, each file read once.

        A file whose size is no multiple of that fails the batch that reads it.

        Raises
        ------
        Py4JJavaError
            A record would have no bytes.
        """
        is_path, is_length = isinstance(directory, str | os.PathLike), isinstance(recordLength, int)
        if not is_path or not is_length:
            kinds = f"{type(directory).__name__}, {type(recordLength).__name__}"
            raise Py4JError(f"binaryRecordsStream(directory, recordLength) takes a str and an int, not ({kinds})")
        length = max(0, min(recordLength, 2**31 - 1))
        return DStream(self._streaming.binary_files(_watched(directory), length), self)

    @action
    def textFileStream(self, directory: str) -> DStream[str]:
        """The lines of files that appear in a directory from now on, each file read once.

        Files must appear whole: write them elsewhere on the same file system and move them. Why one is skipped is
        logged.
        """
        if not isinstance(directory, str | os.PathLike):
            raise Py4JError(f"textFileStream(directory) takes a str, not a {type(directory).__name__}")
        return DStream(self._streaming.files(_watched(directory)), self)

    @action
    def queueStream(
        self, rdds: Sequence[RDD[Any] | Iterable[Any]], oneAtATime: bool = True, default: Any = None
    ) -> DStream[Any]:
        """RDDs or lists, one a batch, or all of them in the first; then the default, or empty RDDs.

        Raises
        ------
        IndexError
            The queue is empty and there is no default.
        """
        if default and not isinstance(default, RDD):
            default = self._sc.parallelize(default)
        queue: list[Any] = list(rdds)
        if not queue and default:
            queue = [[]]
        if not isinstance(queue[0], RDD):
            queue = [self._sc.parallelize(rows) for rows in queue]
        plans = [rdd._plan for rdd in queue]
        return DStream(self._streaming.queue(plans, bool(oneAtATime), default._plan if default else None), self)

    @action
    def transform(
        self, dstreams: Sequence[DStream[Any]], transformFunc: Callable[[tuple[RDD[Any], ...]], RDD[Any]]
    ) -> DStream[Any]:
        """A stream of `transformFunc(rdds)`, called with a tuple of the streams' RDDs in every batch.

        Raises
        ------
        Py4JJavaError
            There are no streams, or they don't slide together.
        """
        if not dstreams:
            raise engine_error("java.util.NoSuchElementException", "head of empty list")
        if len({s._slideDuration for s in dstreams}) > 1:
            raise engine_error(
                "java.lang.IllegalArgumentException",
                "requirement failed: Some of the DStreams have different slide durations",
            )
        function = _callbacks.tallied(_callbacks.Together(transformFunc))
        function = _callbacks.driver(self._sc, function, required=True)
        nodes = [s._stream for s in dstreams]
        return DStream(self._streaming.transformed("transform", nodes, function, "fail"), self)

    @action
    def union(self, *dstreams: DStream[Any]) -> DStream[Any]:
        """The partitions of several streams one after the other.

        Raises
        ------
        ValueError
            There are no streams, or they don't slide together.
        """
        if not dstreams:
            raise ValueError("should have at least one DStream to union")
        if len(dstreams) == 1:
            return dstreams[0]
        if len({s._slideDuration for s in dstreams}) > 1:
            raise ValueError("All DStreams should have same slide duration")
        return DStream(self._streaming.union([s._stream for s in dstreams]), self)

    @action
    def remember(self, duration: float) -> None:
        """Have every stream remember its RDDs for that many seconds; once only.

        Raises
        ------
        Py4JJavaError
            It was set before.
        """
        self._streaming.remember(milliseconds(duration))

    @action
    def addStreamingListener(self, streamingListener: StreamingListener) -> None:
        """Have the methods of a listener called when something happens, on a thread of their own.

        Who is added before the start hears of everything. Events wait while a listener is slow, 10,000 at most
        (`spark.scheduler.listenerbus.eventqueue.capacity`).

        Raises
        ------
        Py4JError
            It is no StreamingListener.
        """
        self._listening.add(streamingListener)
        if self._streaming.phase == "active":
            self._listen()

    def _listen(self) -> None:
        thread = self._listening.start()
        if thread is not None:
            _threads.add(thread)
            thread.start()

    # -- checkpoints

    @action
    def checkpoint(self, directory: str | None) -> None:
        """Write checkpoints to a directory, from which `getOrCreate` goes on; None writes none.

        The directory is made at once if it isn't there, readable for this user alone.

        Raises
        ------
        Py4JJavaError
            It can't be made.
        """
        path = None if directory is None else directory_of(directory)
        if path is not None and self._recovered_calls is not None and path == self._checkpoint_directory:
            return
        self._streaming.engine.checkpoint(path, self._record)
        self._checkpoint_directory = path
        if path is not None:
            _with_directory.add(self._sc)

    def _record(self) -> bytes:
        return self._streaming.dump(self)

    def _recover(self, found: Any, directory: str, changes: Sequence[str]) -> None:
        """Go on from a checkpoint, whose streams are made."""
        self._streaming.engine.recover(found, directory, self._record)
        self._recovered_from = (found.path, changes)
        self._checkpoint_directory = directory
        self._recovered_calls = len(self._streaming)
        _with_directory.add(self._sc)

    def _has_directory(self) -> bool:
        """Whether a directory for checkpoints is known, here or to the SparkContext."""
        if self._checkpoint_directory is not None or self._sc in _with_directory:
            return True
        of_context = getattr(type(self._sc), "getCheckpointDir", None)
        return of_context is not None and self._sc.getCheckpointDir() is not None  # type: ignore[attr-defined,unused-ignore]

    @classmethod
    def getOrCreate(cls, checkpointPath: str | None, setupFunc: Callable[[], StreamingContext]) -> StreamingContext:
        """What goes on from the newest checkpoint of a directory; where there is none, what `setupFunc()` makes.

        A context that goes on has the streams and functions that were written: `setupFunc` isn't called. It uses the
        active SparkContext, else one like that of the program that wrote the checkpoint. Batches that were not done,
        and those of the time between, run first, with the times and the input that they had.

        Raises
        ------
        Py4JJavaError
            There are checkpoints, and none of them can be used.
        """
        directory_of(checkpointPath)
        assert checkpointPath is not None
        ssc = recovered(cls, checkpointPath)
        if ssc is None:
            ssc = setupFunc()
            ssc.checkpoint(checkpointPath)
        return ssc

    # -- life

    @action
    def start(self) -> None:
        """Begin to make batches, at the next multiple of the batch duration. Does nothing when that was done before.

        Raises
        ------
        Py4JJavaError
            The context was stopped, another one runs, or there is no output operation.
        """
        with StreamingContext._lock:
            active = StreamingContext._active
            phase = self._streaming.phase
            if active is not None and active is not self and phase != "stopped":
                place = active._started_at
                where = "" if place is None else f"at {place.place()}"
                raise engine_error(
                    "java.lang.IllegalStateException",
                    "Only one StreamingContext may be started in this JVM. Currently running StreamingContext was "
                    f"started {where}. Stop it first: StreamingContext.getActive().stop(stopSparkContext=False)",
                )
            _ = self._sc._engine
            if self._recovered_calls is not None and len(self._streaming) != self._recovered_calls:
                self._streaming.stop(False, 0, False)
                raise engine_error(
                    "org.apache.spark.SparkException",
                    "a stream that was added after the recovery from a checkpoint has not been initialized: a "
                    "recovered context has the streams that it had. Set everything up in the setupFunc of "
                    "getOrCreate; to change it, start anew with another checkpoint directory.",
                )
            if not self._start_engine():
                return
            StreamingContext._active = self
            self._started_at = call_site()
        _output.started_here()
        self._sc._on_stop(lambda: self._end(graceful=False))
        self._listen()
        properties = self._sc._properties
        given = {key: value for key, value in properties.values.items() if key not in (GROUP, DESCRIPTION)}
        self._generator = threading.Thread(
            target=_make_batches,
            args=(self._streaming.engine, properties, given, lent()),
            name="pyrite-batches",
            daemon=True,
        )
        self._threads = [
            threading.Thread(
                target=_run_jobs,
                args=(self._streaming.engine, properties, given, lent()),
                name=f"pyrite-jobs-{i}",
                daemon=True,
            )
            for i in range(self._streaming.concurrent_jobs)
        ]
        _threads.update([self._generator, *self._threads])
        if self._checkpoint_directory is not None:
            write = self._streaming.engine.run_checkpoints
            self._writer = threading.Thread(target=write, name="pyrite-checkpoints", daemon=True)
            _threads.add(self._writer)
            self._writer.start()
        self._generator.start()
        for thread in self._threads:
            thread.start()
        if self._graceful_end:
            self._shutdown.arm()
        if self._sc._page is not None:
            self._sc._page.show(self._streaming.engine)

    def _start_engine(self) -> bool:
        try:
            started: bool = self._streaming.engine.start(self._has_directory())
        except (AttributeError, ImportError, TypeError, pickle.UnpicklingError) as error:
            if self._recovered_from is None:
                raise
            # The states' own classes, most likely.
            path, changes = self._recovered_from
            raise failed(self._checkpoint_directory or "", path, error, changes) from error
        return started

    @action
    def awaitTermination(self, timeout: float | None = None) -> None:
        """Wait until the context stops, or for `timeout` seconds. Raises what a batch failed with.

        An interrupt (Ctrl-C, a notebook's stop button) stops the StreamingContext and keeps the SparkContext.
        """
        self._await(timeout)

    @action
    def awaitTerminationOrTimeout(self, timeout: float) -> bool:
        """Wait like `awaitTermination`; whether the context stopped."""
        return self._await(timeout)

    def _await(self, timeout: float | None) -> bool:
        if self._streaming.phase == "initialized":
            _log.logger.warning("The StreamingContext was not started: call ssc.start() before awaiting its end.")
        try:
            with _output.awaited_here():
                stopped: bool = self._streaming.wait(timeout)
        except KeyboardInterrupt as interrupt:
            if self._streaming.phase != "active":
                raise
            self._end(graceful=False, grace=_GRACE_INTERRUPTED)
            _output.announce(_INTERRUPTED)
            del interrupt
            return True
        return stopped

    @action
    def stop(self, stopSparkContext: bool = True, stopGraceFully: bool = False) -> None:
        """Stop, and stop the SparkContext too unless told otherwise. Gracefully: what was received is worked on first.

        It may be called from a function of the stream itself; a graceful stop then goes on behind it.
        """
        if stopGraceFully and self._is_own_thread():
            behind = threading.Thread(target=self._stop, args=(stopSparkContext, True), name="pyrite-stop", daemon=True)
            _threads.add(behind)
            behind.start()
            return
        self._stop(stopSparkContext, stopGraceFully)

    def _stop(self, stop_spark: bool, graceful: bool) -> None:
        try:
            self._end(graceful=graceful)
        finally:
            if stop_spark:
                self._sc.stop()

    def _is_own_thread(self) -> bool:
        current = threading.current_thread()
        own = (self._generator, self._listening.thread, *self._threads)
        return current in own or current in _receivers

    def _end(self, *, graceful: bool, grace: float = 2.0) -> None:
        current = threading.current_thread()
        own_jobs = int(current in self._threads)
        try:
            self._streaming.stop(graceful, own_jobs, current is self._generator, grace)
        finally:
            # First: who waited for the end may start another.
            with StreamingContext._lock:
                if StreamingContext._active is self:
                    StreamingContext._active = None
            self._shutdown.disarm()
            self._listening.stop(min(grace, PATIENCE))
            if self._streaming.phase == "stopped":
                self._streaming.forget()
        deadline = time.monotonic() + min(grace, 0.1)
        for thread in [*self._threads, *filter(None, [self._generator, self._writer])]:
            if thread is not current:
                thread.join(max(0.0, deadline - time.monotonic()))

    @classmethod
    def getActive(cls) -> StreamingContext | None:
        """The context that was started and not stopped."""
        return StreamingContext._active

    @classmethod
    def getActiveOrCreate(
        cls, checkpointPath: str | None, setupFunc: Callable[[], StreamingContext]
    ) -> StreamingContext:
        """The active context, else what `getOrCreate` gives; without a path what `setupFunc()` makes.

        Raises
        ------
        TypeError
            `setupFunc` can't be called.
        """
        if not callable(setupFunc):
            raise TypeError("setupFunc should be callable.")
        active = cls.getActive()
        if active is not None:
            return active
        return setupFunc() if checkpointPath is None else cls.getOrCreate(checkpointPath, setupFunc)


def _watched(directory: str | os.PathLike[str]) -> str:
    """The directory of a stream of files, which is of this machine: other systems don't say what is new."""
    path = os.fspath(directory)
    if is_address(path):
        raise engine_error(
            "java.lang.UnsupportedOperationException",
            f"{path}: streams watch directories of this machine; mount it as one, or have sc.textFile read it in a "
            "foreachRDD or transform",
        )
    return path


def _make_batches(streaming: Any, properties: LocalProperties, given: dict[str, str], tracer: Any) -> None:
    """What the thread that makes batches runs. Jobs that are started there carry the properties, too."""
    follow(tracer)
    properties.values = given
    streaming.run_generator()


def _run_jobs(streaming: Any, properties: LocalProperties, given: dict[str, str], tracer: Any) -> None:
    """What a job thread runs, until the context stops. A loop in Python: see `_engine.Job`.

    `given` are the local properties of the thread that started the context; its jobs carry them.
    """
    follow(tracer)
    while (job := streaming.next_job()) is not None:
        properties.values = {**given, **_properties_of(job.time, job.output)}
        function, ms, plan = job.call()
        try:
            function(ms, plan)
        except BaseException as error:  # noqa: BLE001 - kept for who waits
            del function, plan
            job.finish(error)
        else:
            del function, plan
            job.finish()
        del job


def _properties_of(ms: int, output: int) -> dict[str, str]:
    """What Spark says of an output operation's jobs."""
    said = f"[output operation {output}, batch time {clock_time(ms)}]"
    return {
        DESCRIPTION: f'Streaming job from <a href="/streaming/batch/?id={ms}">{said}</a>',
        "spark.streaming.internal.batchTime": str(ms),
        "spark.streaming.internal.outputOpId": str(output),
    }


@atexit.register
def _stop_at_exit() -> None:
    """Threads that can call Python must end before the interpreter does."""
    active = StreamingContext._active
    if active is not None:
        with contextlib.suppress(Exception):
            active._end(graceful=False, grace=_GRACE_AT_EXIT)
            active._sc._engine.stop(_GRACE_AT_EXIT)
    for thread in _left(_GRACE_AT_EXIT):
        import ctypes

        # SystemExit ends the program's own function at its next line; a thread that sleeps never wakes again.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))
    _left(_GRACE_AT_EXIT)


def _left(grace: float) -> list[threading.Thread]:
    """The streams' threads that go on after so many seconds."""
    deadline = time.monotonic() + grace
    for thread in list(_threads):
        if thread.is_alive() and thread is not threading.current_thread():
            thread.join(max(0.0, deadline - time.monotonic()))
    return [thread for thread in _threads if thread.is_alive()]
