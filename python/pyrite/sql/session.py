"""`SparkSession`: the door through which most programs come to their SparkContext."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

from pyrite._extra import installed
from pyrite._submit import is_cluster
from pyrite.conf import SparkConf
from pyrite.errors import PySparkRuntimeError
from pyrite.sql._later import not_yet
from pyrite.sql.conf import RuntimeConfig

if TYPE_CHECKING:
    from pyrite.context import SparkContext
    from pyrite.sql.readwriter import DataFrameReader

__all__ = ["SparkSession"]


class _Builder:
    """Collects a session's options."""

    _lock = threading.RLock()

    def __init__(self) -> None:
        self._options: dict[str, Any] = {}

    def appName(self, name: str) -> _Builder:
        """Set the application's name."""
        return self.config("spark.app.name", name)

    def master(self, master: str) -> _Builder:
        """Set where it runs: `local`, `local[N]`, `local[*]`."""
        return self.config("spark.master", master)

    def config(
        self,
        key: str | None = None,
        value: Any = None,
        conf: SparkConf | None = None,
        *,
        map: dict[str, Any] | None = None,
    ) -> _Builder:
        """Set one key, or every key of a SparkConf or a dict."""
        if conf is not None:
            self._options.update(conf.getAll())
        elif map is not None:
            self._options.update(map)
        elif key is not None:
            self._options[key] = value
        return self

    def getOrCreate(self) -> SparkSession:
        """The session that runs, with these options set on it, or a new one; the real one for a cluster's master."""
        master = self._options.get("spark.master") or SparkConf().get("spark.master")
        if is_cluster(master) and _active_context() is None:
            from pyrite._cluster import session as on_cluster

            real: SparkSession = on_cluster(str(master), self._options)
            return real
        with self._lock:
            session = SparkSession._instantiatedSession
            if session is None or session._sc is not _active_context():
                session = SparkSession(_context(self._options))
            for key, value in self._options.items():
                session.conf.set(key, value)
            return session

    create = getOrCreate

    def enableHiveSupport(self) -> _Builder:
        """Kept for programs that ask for it: there is no Hive, and RDDs need none."""
        return self.config("spark.sql.catalogImplementation", "hive")

    def remote(self, url: str) -> Any:
        """A builder of sessions of a Spark Connect server: `sc://host:15002`; it needs the extra `pyrite[sql]`."""
        if not installed():
            raise not_yet("SparkSession.builder", "remote")
        from pyrite._frames.loading import load

        builder = load().SparkSession.builder.remote(url)
        for key, value in self._options.items():
            if key != "spark.master":
                builder.config(key, value)
        return builder

    def __getattr__(self, name: str) -> NoReturn:
        raise not_yet("SparkSession.builder", name)


class _NewBuilder:
    """`SparkSession.builder` is a fresh builder each time it is read."""

    def __get__(self, instance: object, owner: type) -> _Builder:
        return _Builder()


class SparkSession:
    """A SparkContext with the settings that programs expect of a session. There are no DataFrames and no SQL."""

    Builder = _Builder
    builder = _NewBuilder()
    _instantiatedSession: SparkSession | None = None

    def __init__(self, sparkContext: SparkContext, options: dict[str, Any] | None = None) -> None:
        self._sc = sparkContext
        self._client: Any = None
        self._runtime_conf = RuntimeConfig(sparkContext.getConf())
        for key, value in (options or {}).items():
            self._runtime_conf.set(key, value)
        SparkSession._instantiatedSession = self

    @classmethod
    def getActiveSession(cls) -> SparkSession | None:
        """The session whose context runs, or None."""
        session = cls._instantiatedSession
        return session if session is not None and session._sc is _active_context() else None

    @classmethod
    def active(cls) -> SparkSession:
        """The session whose context runs.

        Raises
        ------
        PySparkRuntimeError
            There is none.
        """
        session = cls.getActiveSession()
        if session is None:
            raise PySparkRuntimeError(errorClass="NO_ACTIVE_OR_DEFAULT_SESSION", messageParameters={})
        return session

    @property
    def sparkContext(self) -> SparkContext:
        """The context: `spark.sparkContext.parallelize(...)`."""
        return self._sc

    @property
    def conf(self) -> RuntimeConfig:
        """Settings to read and to change."""
        return self._runtime_conf

    @property
    def version(self) -> str:
        """The Spark release whose answers Pyrite gives."""
        return self._sc.version

    @property
    def read(self) -> DataFrameReader:
        """Reads text files: `spark.read.text(path).rdd`; with the extra `pyrite[sql]` all that is a DataFrame."""
        if installed():
            from pyrite._frames.sessions import client_session

            reader: DataFrameReader = client_session(self).read
            return reader
        from pyrite.sql.readwriter import DataFrameReader

        return DataFrameReader(self)

    def newSession(self) -> SparkSession:
        """A session with settings of its own, over the same context."""
        first = SparkSession._instantiatedSession
        made = SparkSession(self._sc)
        SparkSession._instantiatedSession = first
        return made

    def stop(self) -> None:
        """Stop the context."""
        from pyrite.sql.context import SQLContext

        self._sc.stop()
        if installed():
            from pyrite._frames.sessions import close

            close(self._sc)
        SparkSession._instantiatedSession = None
        SQLContext._instantiatedContext = None

    def __enter__(self) -> SparkSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and installed():
            from pyrite._frames.sessions import client_session

            return getattr(client_session(self), name)
        raise not_yet("SparkSession", name)


def _active_context() -> SparkContext | None:
    from pyrite.context import SparkContext

    return SparkContext._active_spark_context


def _context(options: dict[str, Any]) -> SparkContext:
    from pyrite.context import SparkContext

    conf = SparkConf()
    for key, value in options.items():
        conf.set(key, value)
    return SparkContext.getOrCreate(conf)
