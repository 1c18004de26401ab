"""`SparkContext`: the program's way in. It holds the settings and the engine, and makes the first RDDs."""

from __future__ import annotations

import atexit
import contextlib
import getpass
import itertools
import logging
import os
import shutil
import sys
import tempfile
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar

from pyrite import _engine, _log, _page
from pyrite._callsite import CallSite, call_site, operation
from pyrite._context.arrow import Arrow
from pyrite._context.files import Files
from pyrite._context.hadoop import Hadoop
from pyrite._context.profiling import Profiling
from pyrite._master import threads_of, tries_of
from pyrite._mistakes import absent
from pyrite._places import PACKAGES, between_commas, importable
from pyrite._progress import Progress
from pyrite._properties import DESCRIPTION, GROUP, INTERRUPT, TAGS, LocalProperties
from pyrite._slicing import list_slices, range_slices
from pyrite._traceback import action
from pyrite.accumulators import (
    COMPLEX_ACCUMULATOR_PARAM,
    FLOAT_ACCUMULATOR_PARAM,
    INT_ACCUMULATOR_PARAM,
    Accumulator,
    AccumulatorParam,
)
from pyrite.broadcast import Broadcast
from pyrite.conf import SparkConf, system_properties
from pyrite.errors import Py4JError, Py4JJavaError, PySparkRuntimeError, engine_error
from pyrite.files import SparkFiles
from pyrite.profiler import BasicProfiler, MemoryProfiler, ProfilerCollector, UDFBasicProfiler
from pyrite.serializers import AutoBatchedSerializer, BatchedSerializer, CPickleSerializer

if TYPE_CHECKING:
    from pyrite._engine import Plan
    from pyrite.rdd import RDD
    from pyrite.status import StatusTracker

__all__ = ["SparkContext"]

T = TypeVar("T")
U = TypeVar("U")

_VERSION = "4.3.0"
_LOG_LEVELS = {
    "ALL": 1,
    "DEBUG": logging.DEBUG,
    "ERROR": logging.ERROR,
    "FATAL": logging.CRITICAL,
    "TRACE": 5,
    "WARN": logging.WARNING,
    "INFO": logging.INFO,
    "OFF": logging.CRITICAL + 10,
}
_SERIALIZER = CPickleSerializer()
# The ints that columns have.
_INT64 = (-(2**63), 2**63 - 1)
# How long stop() waits for running user code, in seconds; a program that ends waits less.
_GRACE, _GRACE_AT_EXIT = 2.0, 0.2


class SparkContext(Arrow, Files, Hadoop, Profiling):
    """The connection of a program to the engine; one is active in a process at a time.

    Parameters are PySpark's. `master` and `appName` go before what `conf` says; without either they are `local[*]` and
    `pyspark-shell`. `batchSize` counts in how `parallelize` cuts lists. `sparkHome` and `serializer` are kept for
    programs that read them; the profiler classes are used where `spark.python.profile` is true; `gateway` and `jsc`
    belong to a JVM and must be None.

    Raises
    ------
    ValueError
        Another context is active. `pyrite.replaceContext` says what then: `auto` replaces it in a notebook, `true`
        always, `false` never.
    Py4JJavaError
        `master` isn't one that Pyrite runs on.

    Examples
    --------
    >>> with SparkContext("local[2]", "example") as context:  # doctest: +SKIP
    ...     context.parallelize([1, 2, 3]).map(lambda x: x + 1).collect()
    [2, 3, 4]
    """

    PACKAGE_EXTENSIONS: ClassVar[Iterable[str]] = PACKAGES

    _active_spark_context: ClassVar[SparkContext | None] = None
    _lock: ClassVar[threading.RLock] = threading.RLock()
    _python_includes: ClassVar[list[str]] = []
    _next_accum_id: ClassVar[itertools.count[int]] = itertools.count()

    @action
    def __init__(
        self,
        master: str | None = None,
        appName: str | None = None,
        sparkHome: str | None = None,
        pyFiles: list[str] | None = None,
        environment: dict[str, Any] | None = None,
        batchSize: int = 0,
        serializer: Any = _SERIALIZER,
        conf: SparkConf | None = None,
        gateway: Any = None,
        jsc: Any = None,
        profiler_cls: Any = BasicProfiler,
        udf_profiler_cls: Any = UDFBasicProfiler,
        memory_profiler_cls: Any = MemoryProfiler,
    ) -> None:
        self._callsite = call_site() or CallSite("__init__", "<unknown>", 0)
        self.__engine: Any = None
        self._page: _page.Page | None = None
        self._stop_hooks: list[Callable[[], None]] = []
        if gateway is not None or jsc is not None:
            raise ValueError("gateway and jsc are handles to a JVM; Pyrite runs without one, so leave them out")
        self._conf = SparkConf() if conf is None else conf._copy()
        self._settle(master, appName, sparkHome, environment)
        threads, tries = threads_of(self.master), tries_of(self.master, self._conf)
        _log.prepare()
        with SparkContext._lock:
            _make_room(self._conf)
            if serializer is not None:
                serializer = (
                    AutoBatchedSerializer(serializer) if batchSize == 0 else BatchedSerializer(serializer, batchSize)
                )
            self.serializer = serializer
            self.profiler_cls, self.udf_profiler_cls = profiler_cls, udf_profiler_cls
            self.memory_profiler_cls = memory_profiler_cls
            self.profiler_collector = None
            wanted = [str(self._conf.get(f"spark.python.profile{kind}")).lower() == "true" for kind in ("", ".memory")]
            if any(wanted):
                dump_path = self._conf.get("spark.python.profile.dump")
                self.profiler_collector = ProfilerCollector(
                    profiler_cls or BasicProfiler, udf_profiler_cls, memory_profiler_cls, dump_path
                )
            self._profiles_rdds = wanted[0]
            self._files: dict[str, str] = {}
            self._archives: dict[str, str] = {}
            self._batchSize = batchSize
            self._threads = threads
            self._pid = os.getpid()
            self.pythonExec = os.environ.get("PYSPARK_PYTHON", sys.executable)
            self.pythonVer = f"{sys.version_info.major}.{sys.version_info.minor}"
            self._properties = LocalProperties()
            self._folder: str | None = None
            self._remove_folder: Callable[[], object] = _nothing
            listening = _page.wanted(self)
            engine = _engine.Engine(
                threads,
                str(self._conf.get("pyrite.native", "auto")),
                str(self._conf.get("pyrite.python.workers", "auto")),
                [(key, str(value)) for key, value in self._conf.getAll()],
                tries=tries,
                remembered=(self._number("spark.ui.retainedJobs", 1000), self._number("spark.ui.retainedStages", 1000)),
                properties=self._properties,
            )
            engine.start()
            if str(self._conf.get("spark.ui.showConsoleProgress")).lower() != "false":
                engine.on_progress(Progress(engine.jobs).show)
            self.__engine = engine
            self._page = None if listening is None else _page.start(engine, self, listening)
            SparkContext._active_spark_context = SparkFiles._sc = self
        try:
            for path in pyFiles or ():
                self.addPyFile(path)
            for path in self._listed("spark.submit.pyFiles"):
                self._add_submitted(path)
            for path in self._listed("spark.files"):
                self.addFile(path)
            for path in self._listed("spark.archives"):
                self.addArchive(path)
        except BaseException:
            self.stop()
            raise

    def _settle(
        self, master: str | None, appName: str | None, sparkHome: str | None, environment: Mapping[str, Any] | None
    ) -> None:
        """Bring the arguments and the conf together, as the conf of a running Spark shows them."""
        conf = self._conf
        if master:
            conf.setMaster(master)
        if appName:
            conf.setAppName(appName)
        if sparkHome:
            conf.setSparkHome(sparkHome)
        for key, value in (environment or {}).items():
            conf.setExecutorEnv(key, value)
        self._start = int(time.time() * 1000)
        conf.setIfMissing("spark.master", "local[*]")
        conf.setIfMissing("spark.app.name", "pyspark-shell")
        for key, value in {
            "spark.app.id": f"local-{self._start}",
            "spark.app.startTime": self._start,
            "spark.app.submitTime": self._start,
            "spark.driver.host": "localhost",
            "spark.driver.port": "0",
            "spark.executor.id": "driver",
            "spark.submit.deployMode": "client",
        }.items():
            conf.set(key, value)
        for key, value in {
            "spark.serializer.objectStreamReset": "100",
            "spark.submit.pyFiles": "",
            "spark.ui.showConsoleProgress": "true",
        }.items():
            conf.setIfMissing(key, value)
        self.master = str(conf.get("spark.master"))
        self.appName = str(conf.get("spark.app.name"))
        self.sparkHome = conf.get("spark.home")
        prefix = "spark.executorEnv."
        self.environment: dict[str, Any] = {
            key.removeprefix(prefix): value for key, value in conf.getAll() if key.startswith(prefix)
        }
        self.environment["PYTHONHASHSEED"] = os.environ.get("PYTHONHASHSEED", "0")

    def _listed(self, key: str) -> list[str]:
        """The paths of a setting, which stand between commas."""
        return between_commas(str(self._conf.get(key) or ""))

    def _add_submitted(self, path: str) -> None:
        """What the program was submitted with and isn't there is no reason to end it."""
        try:
            self.addPyFile(path)
        except (OSError, Py4JJavaError):
            places = "\n  ".join(sys.path)
            warnings.warn(
                f"Failed to add file [{path}] specified in 'spark.submit.pyFiles' to Python path:\n  {places}",
                RuntimeWarning,
                stacklevel=3,
            )

    # -- life

    @property
    def _engine(self) -> Any:
        """The engine of a context that runs.

        Raises
        ------
        Py4JJavaError
            The context has been stopped, or this process was forked from the one that made it.
        """
        if self.__engine is None:
            raise engine_error(
                "java.lang.IllegalStateException",
                f"Cannot call methods on a stopped SparkContext. It was created by {_place(self._callsite)}; "
                "make a new one to go on.",
            )
        if self._pid != os.getpid():
            raise engine_error(
                "java.lang.IllegalStateException",
                "This SparkContext belongs to the process that forked this one: its threads are not here. "
                "Make a SparkContext in the child, or start it with the spawn method.",
            )
        return self.__engine

    def _on_stop(self, hook: Callable[[], None]) -> None:
        """Have `hook()` called when the context stops: what runs on the context stops first."""
        self._stop_hooks.append(hook)

    def stop(self) -> None:
        """Stop what runs on this context and free its threads. Calling it again does nothing."""
        self._end(_GRACE)

    def _end(self, grace: float) -> None:
        """Stop; user code that runs has `grace` seconds to end."""
        with SparkContext._lock:
            engine, self.__engine = self.__engine, None
            hooks, self._stop_hooks = self._stop_hooks, []
            if SparkContext._active_spark_context is self:
                SparkContext._active_spark_context = SparkFiles._sc = None
        if engine is None or self._pid != os.getpid():
            return
        try:
            for hook in reversed(hooks):
                hook()
        finally:
            if self._page is not None:
                self._page.stop()
            engine.stop(grace)
            self._remove_folder()
            SparkFiles._forget()

    def __enter__(self) -> SparkContext:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @classmethod
    @action
    def getOrCreate(cls, conf: SparkConf | None = None) -> SparkContext:
        """The active context, or a new one with the settings of `conf`."""
        with SparkContext._lock:
            active = SparkContext._active_spark_context
            if active is None or active._pid != os.getpid():
                return SparkContext(conf=conf or SparkConf())
            return active

    @classmethod
    def setSystemProperty(cls, key: str, value: str) -> None:
        """Set a key for every SparkConf made afterwards; call it before there is a context."""
        system_properties[key] = value

    @classmethod
    def getSystemProperty(cls, key: str) -> str | None:
        """What `setSystemProperty` has set, or None."""
        return system_properties.get(key)

    def __reduce__(self) -> NoReturn:
        raise PySparkRuntimeError(errorClass="CONTEXT_ONLY_VALID_ON_DRIVER", messageParameters={})

    if not TYPE_CHECKING:  # type checkers know what isn't there

        @action
        def __getattr__(self, name: str) -> NoReturn:
            raise absent(self, name)

    # -- facts

    def __repr__(self) -> str:
        return f"<SparkContext master={self.master} appName={self.appName}>"

    def _repr_html_(self) -> str:
        rows = {"Version": f"v{self.version}", "Master": self.master, "AppName": self.appName, "Engine": "Pyrite"}
        items = "".join(f"<dt>{name}</dt><dd><code>{escape(value)}</code></dd>" for name, value in rows.items())
        return f"<div><p><b>SparkContext</b></p><dl>{items}</dl></div>"

    @property
    def version(self) -> str:
        """The PySpark release whose answers Pyrite gives."""
        return _VERSION

    @property
    def applicationId(self) -> str:
        """`local-` and the start time in milliseconds."""
        return str(self._conf.get("spark.app.id"))

    @property
    def startTime(self) -> int:
        """When the context was made, in milliseconds since 1970."""
        return self._start

    @property
    def uiWebUrl(self) -> str | None:
        """The address of the web page that shows the jobs and the stream; None without one (`spark.ui.enabled`)."""
        return None if self._page is None else self._page.url

    @property
    def defaultParallelism(self) -> int:
        """Partitions where nothing else says: `spark.default.parallelism`, or the number of task threads."""
        given = self._conf.get("spark.default.parallelism")
        return self._threads if given is None else int(given)

    @property
    def defaultMinPartitions(self) -> int:
        """Least partitions of a text file: 2, or `defaultParallelism` if that is less."""
        return min(self.defaultParallelism, 2)

    def sparkUser(self) -> str:
        """The user who runs the program."""
        try:
            return getpass.getuser()
        except (OSError, KeyError, ImportError):  # no name for this user id, as in a bare container
            return str(os.getuid()) if hasattr(os, "getuid") else "unknown"

    def getConf(self) -> SparkConf:
        """A copy of the settings; changing it does not change the context."""
        return self._conf._copy()

    @action
    def setLogLevel(self, logLevel: str) -> None:
        """Set from which level on Pyrite's messages are shown.

        Raises
        ------
        Py4JJavaError
            The level is none of ALL, DEBUG, ERROR, FATAL, TRACE, WARN, INFO and OFF.
        """
        level = _LOG_LEVELS.get(str(logLevel).upper())
        if level is None:
            raise engine_error(
                "java.lang.IllegalArgumentException",
                f"requirement failed: Supplied level {logLevel} did not match one of: {','.join(_LOG_LEVELS)}",
            )
        _log.logger.setLevel(level)

    @action
    def addPyFile(self, path: str) -> None:
        """Make the modules of a .py, .zip, .egg or .jar file importable, here and in functions that run on data.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        """
        self._python_includes.append(os.path.basename(importable(path, self.PACKAGE_EXTENSIONS)))

    # -- RDDs

    @action
    def parallelize(self, c: Iterable[T], numSlices: int | None = None) -> RDD[T]:
        """An RDD of the rows of a collection, cut into `numSlices` partitions as PySpark cuts it.

        A range is cut by element, anything else by chunks; the rows are taken now, later changes aren't seen.

        Raises
        ------
        ZeroDivisionError
            `numSlices` is 0.
        Py4JJavaError
            `numSlices` is negative.
        """
        _ = self._engine
        slices = self.defaultParallelism if numSlices is None else int(numSlices)
        if slices < 0:
            raise engine_error("java.lang.IllegalArgumentException", "Positive number of partitions required")
        parts: list[list[Any]]
        if isinstance(c, range) and len(c):
            if slices and _INT64[0] <= min(c[0], c[-1], c.step) and max(c[0], c[-1], c.step) <= _INT64[1]:
                plan = _engine.Plan.range(c.start, c.step, len(c), slices)
                if plan is not None:
                    numbers = self._rdd(plan, "ParallelCollectionRDD")
                    numbers._passed_by = True  # PySpark's range is a step of Python's
                    return numbers
            parts = [list(part) for part in range_slices(c, slices)]
        else:
            parts = list_slices(c if hasattr(c, "__len__") else list(c), slices, self._batchSize)
        return self._rdd(_engine.Plan.parallelize(parts), "ParallelCollectionRDD")

    def range(self, start: int, end: int | None = None, step: int = 1, numSlices: int | None = None) -> RDD[int]:
        """An RDD of the numbers of `range(start, end, step)`, or of `range(start)`."""
        return self.parallelize(range(start) if end is None else range(start, end, step), numSlices)

    def emptyRDD(self) -> RDD[Any]:
        """An RDD without partitions."""
        return self._rdd(_engine.Plan.empty(0), "EmptyRDD")

    @action
    def textFile(self, name: str, minPartitions: int | None = None, use_unicode: bool = True) -> RDD[str]:
        r"""The lines of text files: one path, several with commas, globs or a directory; .gz and .bz2 are unpacked.

        Addresses such as `s3a://bucket/file` and `https://host/file` are read through fsspec (`pyrite[remote]`).

        Lines end at `\n`, `\r` or `\r\n`, and lose their end. Bytes that aren't UTF-8 become U+FFFD. Without
        `use_unicode` lines are bytes. Files are looked for at the first action: it raises a Py4JJavaError for a path
        that doesn't exist.
        """
        if not isinstance(name, str | os.PathLike):
            raise Py4JError(f"textFile(name) takes a str, not a {type(name).__name__}")
        name = os.fspath(name)
        least = self.defaultMinPartitions if minPartitions is None else int(minPartitions)
        lines = self._rdd(_engine.Plan.text_files(name, least, self._elsewhere(name)), "MapPartitionsRDD")
        if not use_unicode:
            lines = lines.map(lambda line: line.encode("utf-8"))
        return lines.setName(name)

    @action
    def wholeTextFiles(
        self, path: str, minPartitions: int | None = None, use_unicode: bool = True
    ) -> RDD[tuple[str, str]]:
        """Files as one row each: (address, text). Paths are those of `textFile`; small files share partitions.

        Bytes that aren't UTF-8 become U+FFFD. Without `use_unicode` address and text are bytes.
        """
        return self._whole("wholeTextFiles", path, False, use_unicode, minPartitions)

    @action
    def binaryFiles(self, path: str, minPartitions: int | None = None) -> RDD[tuple[str, bytes]]:
        """Files as one row each: (address, bytes). Paths are those of `textFile`; small files share partitions."""
        return self._whole("binaryFiles", path, True, True, minPartitions)

    def _whole(self, method: str, path: str, binary: bool, unicode: bool, least: int | None) -> RDD[Any]:
        if not isinstance(path, str | os.PathLike):
            raise Py4JError(f"{method}(path) takes a str, not a {type(path).__name__}")
        least = self.defaultMinPartitions if least is None else int(least)
        path = os.fspath(path)
        plan = _engine.Plan.whole_files(
            path, binary, bool(unicode), max(least, 0), self.defaultParallelism, self._elsewhere(path)
        )
        return self._rdd(plan, "MapPartitionsRDD")

    @action
    def binaryRecords(self, path: str, recordLength: int) -> RDD[bytes]:
        """Records of `recordLength` bytes each, out of the files that `textFile` would read.

        Raises
        ------
        Py4JJavaError
            There is no such path, `recordLength` is below 1, or, by the action, a file ends within a record.
        """
        length = int(recordLength)
        if length < 1:
            raise engine_error(
                "java.io.IOException",
                f"Fixed record length {length} is invalid.  It should be set to a value greater than zero",
            )
        path = os.fspath(path)
        return self._rdd(_engine.Plan.binary_records(path, length, self._elsewhere(path)), "MapPartitionsRDD")

    @action
    def union(self, rdds: Sequence[RDD[T]]) -> RDD[T]:
        """The partitions of several RDDs one after the other; if all share a partitioner, partition by partition.

        Raises
        ------
        IndexError
            The list is empty.
        """
        first = rdds[0]
        return first._derived(_engine.Plan.union([rdd._taken() for rdd in rdds]), "union", "UnionRDD")

    @action
    def runJob(
        self,
        rdd: RDD[T],
        partitionFunc: Callable[[Iterable[T]], Iterable[U]],
        partitions: Sequence[int] | None = None,
        allowLocal: bool = False,
    ) -> list[U]:
        """Run a function over the listed partitions (all by default) and return its rows in that order.

        Raises
        ------
        Py4JJavaError
            A partition with that index doesn't exist.
        """
        total = rdd.getNumPartitions()
        wanted = list(range(total)) if partitions is None else [int(index) for index in partitions]
        for index in wanted:
            if not 0 <= index < total:
                raise engine_error(
                    "java.lang.IllegalArgumentException",
                    f"Attempting to access a non-existent partition: {index}. Total number of partitions: {total}",
                )
        rows: list[U] = self._engine.run(rdd._over_partitions(partitionFunc)._plan, wanted)
        return rows

    # -- what tasks share

    @action
    def accumulator(self, value: T, accum_param: AccumulatorParam[T] | None = None) -> Accumulator[T]:
        """A value that tasks can add to and the program reads.

        Raises
        ------
        TypeError
            The value is no int, float or complex, and no AccumulatorParam says how such values are added up.
        """
        if accum_param is None:
            known: Any = None
            if isinstance(value, int):
                known = INT_ACCUMULATOR_PARAM
            elif isinstance(value, float):
                known = FLOAT_ACCUMULATOR_PARAM
            elif isinstance(value, complex):
                known = COMPLEX_ACCUMULATOR_PARAM
            else:
                raise TypeError(f"No default accumulator param for type {type(value)}")
            accum_param = known
        return Accumulator(next(SparkContext._next_accum_id), value, accum_param)

    @action
    def broadcast(self, value: T) -> Broadcast[T]:
        """A value for tasks to read, as it is now.

        Raises
        ------
        PicklingError
            The value doesn't pickle.
        """
        _ = self._engine
        return Broadcast(self, value)

    @property
    def _temp_dir(self) -> str:
        """A folder for what this context writes; it goes with the context."""
        with SparkContext._lock:
            if self._folder is None:
                parent = next(iter(self._listed("spark.local.dir")), None)
                self._folder = tempfile.mkdtemp(prefix="pyrite-", dir=parent)
                self._remove_folder = weakref.finalize(self, _remove, self._folder, os.getpid())
            return self._folder

    # -- jobs

    @action
    def setLocalProperty(self, key: str, value: str | None) -> None:
        """Set what the jobs of this thread carry along; None takes the property away."""
        _ = self._engine
        if key is None:
            raise engine_error("java.lang.NullPointerException", "a local property's key is None")
        self._properties.set(_text("setLocalProperty", key), _text("setLocalProperty", value))

    @action
    def getLocalProperty(self, key: str) -> str | None:
        """A local property of this thread; None where it isn't set."""
        _ = self._engine
        return self._properties.values.get(key)

    @action
    def setJobGroup(self, groupId: str, description: str, interruptOnCancel: bool = False) -> None:
        """Have the jobs that this thread starts from now on belong to a group.

        A cancelled task of Pyrite always ends as soon as its function lets it, whatever `interruptOnCancel` says.
        """
        group, text = _text("setJobGroup", groupId), _text("setJobGroup", description)
        self.setJobDescription(text)
        self.setLocalProperty(GROUP, group)
        self.setInterruptOnCancel(interruptOnCancel)

    @action
    def setInterruptOnCancel(self, interruptOnCancel: bool) -> None:
        """Kept for programs that set it: see `setJobGroup`."""
        if not isinstance(interruptOnCancel, bool):
            raise Py4JError(f"setInterruptOnCancel takes a bool, not a {type(interruptOnCancel).__name__}")
        self.setLocalProperty(INTERRUPT, "true" if interruptOnCancel else "false")

    @action
    def setJobDescription(self, value: str | None) -> None:
        """Describe the jobs that this thread starts from now on; None takes the description away."""
        self.setLocalProperty(DESCRIPTION, value)

    @action
    def addJobTag(self, tag: str) -> None:
        """Tag the jobs that this thread starts from now on.

        Raises
        ------
        Py4JJavaError
            The tag is empty or has a comma in it.
        """
        new, tags = _tag("addJobTag", tag), self._tags()
        if new not in tags:
            self.setLocalProperty(TAGS, ",".join([*tags, new]))

    @action
    def removeJobTag(self, tag: str) -> None:
        """Take a tag away from the jobs that this thread starts from now on.

        Raises
        ------
        Py4JJavaError
            The tag is empty or has a comma in it.
        """
        old = _tag("removeJobTag", tag)
        tags = [known for known in self._tags() if known != old]
        self.setLocalProperty(TAGS, ",".join(tags) or None)

    @action
    def getJobTags(self) -> set[str]:
        """The tags of the jobs that this thread starts."""
        return set(self._tags())

    @action
    def clearJobTags(self) -> None:
        """Take away all tags."""
        self.setLocalProperty(TAGS, None)

    def _tags(self) -> list[str]:
        return [tag for tag in (self.getLocalProperty(TAGS) or "").split(",") if tag]

    @action
    def cancelJobGroup(self, groupId: str) -> None:
        """Cancel the running jobs of a group; any thread may do that."""
        jobs = self._engine.jobs
        if groupId is not None:
            jobs.cancel_group(_text("cancelJobGroup", groupId))

    @action
    def cancelJobsWithTag(self, tag: str) -> None:
        """Cancel the running jobs that carry a tag.

        Raises
        ------
        Py4JJavaError
            The tag is empty or has a comma in it.
        """
        self._engine.jobs.cancel_tag(_tag("cancelJobsWithTag", tag))

    @action
    def cancelAllJobs(self) -> None:
        """Cancel every running job."""
        self._engine.jobs.cancel_all()

    @action
    def statusTracker(self) -> StatusTracker:
        """What tells how far jobs and their stages are."""
        from pyrite.status import StatusTracker

        return StatusTracker(self._engine.jobs)

    def _number(self, key: str, default: int, least: int = 1) -> int:
        try:
            return max(least, int(self._conf.get(key) or default))
        except ValueError:
            raise engine_error(
                "java.lang.IllegalArgumentException", f"{key} should be int, but was {self._conf.get(key)}"
            ) from None

    def _rdd(self, plan: Plan, kind: str) -> RDD[Any]:
        from pyrite.rdd import RDD

        _ = self._engine  # a stopped context makes no more RDDs
        return RDD(plan, self, kind=kind, site=operation("SparkContext"))


def _nothing() -> None:
    pass


def _remove(folder: str, pid: int) -> None:
    if pid == os.getpid():  # a forked process leaves it to its parent
        shutil.rmtree(folder, ignore_errors=True)


def _text(method: str, value: Any) -> Any:
    if value is not None and not isinstance(value, str):
        raise Py4JError(f"{method} takes str, not {type(value).__name__}")
    return value


def _tag(method: str, tag: Any) -> str:
    if tag is None:
        why = "cannot be null."
    elif _text(method, tag) == "":
        why = "cannot be an empty string."
    elif "," in tag:
        why = "cannot contain ','."
    else:
        return str(tag)
    raise engine_error("java.lang.IllegalArgumentException", f"Spark job tag {why}")


def _place(site: CallSite) -> str:
    return f"{site.function} at {site.file}:{site.line}"


def _make_room(conf: SparkConf) -> None:
    """See to it that no context is active: replace it where that is wanted.

    Raises
    ------
    ValueError
        A context is active and stays.
    """
    active = SparkContext._active_spark_context
    if active is None:
        return
    if active._pid != os.getpid():
        SparkContext._active_spark_context = None
        return
    wish = str(conf.get("pyrite.replaceContext", "auto")).lower()
    if wish == "true" or (wish == "auto" and _in_notebook()):
        active.stop()
        _log.logger.warning(
            "The SparkContext %r (%s) was stopped; the new one replaces it.", active.appName, active.master
        )
        return
    raise ValueError(
        "Cannot run multiple SparkContexts at once; existing SparkContext"
        f"(app={active.appName}, master={active.master}) created by {_place(active._callsite)} "
        "-- stop that one first with its stop(), or take it: SparkContext.getOrCreate()"
    )


def _in_notebook() -> bool:
    """Whether a Jupyter kernel runs this program: there a cell is run again and again."""
    module = sys.modules.get("IPython.core.getipython")
    shell = module.get_ipython() if module is not None else None
    return getattr(shell, "kernel", None) is not None


@atexit.register
def _stop_at_exit() -> None:
    """Threads that can call Python must end before the interpreter does."""
    active = SparkContext._active_spark_context
    if active is not None:
        told = threading.excepthook

        def hook(failure: threading.ExceptHookArgs) -> None:
            """A thread of the program whose job ends with the program needs no traceback."""
            if not isinstance(failure.exc_value, Py4JJavaError):
                told(failure)

        threading.excepthook = hook
        with contextlib.suppress(Exception):
            active._end(_GRACE_AT_EXIT)
    _engine.end_calls(_GRACE_AT_EXIT)
    if threading.active_count() > 1:
        # A thread of the program may be in a short call, such as `rdd.map`; its next one fails before it gets there.
        time.sleep(0.03)
        _engine.end_calls(_GRACE_AT_EXIT)
