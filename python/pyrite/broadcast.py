"""Broadcasts: values that tasks read, taken along once instead of with every function.

The value is pickled when the broadcast is made, into a file. Each process that runs tasks reads it once, when a task
first asks for it; all tasks of a process share what it reads. The program has a copy of its own.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import mmap
import os
import pickle
import tempfile
import threading
import weakref
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Generic, TypeVar

from pyrite import _engine
from pyrite.accumulators import carried_to_worker
from pyrite.errors import PySparkRuntimeError, engine_error

if TYPE_CHECKING:
    from pyrite.context import SparkContext

__all__ = ["Broadcast"]

T = TypeVar("T")

# What tasks of this process have of each broadcast, by its id.
_loaded: dict[int, Broadcast[Any]] = {}
# Broadcasts that functions asked for since `loading` began; None outside of it.
_asked: set[int] | None = None
_ids = itertools.count()
_lock = threading.Lock()


class Broadcast(Generic[T]):
    """A value for tasks to read, made by `SparkContext.broadcast`.

    Examples
    --------
    >>> names = sc.broadcast({1: "one", 2: "two"})
    >>> sc.parallelize([2, 1]).map(lambda n: names.value[n]).collect()
    ['two', 'one']
    >>> names.value
    {1: 'one', 2: 'two'}
    """

    _value: T

    def __init__(
        self,
        sc: SparkContext | None = None,
        value: T | None = None,
        pickle_registry: Any = None,
        path: str | None = None,
        sock_file: BinaryIO | None = None,
    ) -> None:
        self._sc = sc
        self._id: int | None = None
        self._destroyed = False
        # Held while the value's own classes run: a thread may come back to it, others wait without the interpreter.
        self._reading = threading.RLock()
        if sc is None:
            if sock_file is not None:
                self._value = self.load(sock_file)
            else:
                assert path is not None
                self._path = path
            return
        descriptor, self._path = tempfile.mkstemp(prefix="broadcast-", dir=sc._temp_dir)
        try:
            self.dump(value, os.fdopen(descriptor, "wb"))  # type: ignore[arg-type]
        except BaseException:
            _unlink(self._path)
            raise
        self._id = next(_ids)
        self._forget = weakref.finalize(self, _forget, self._id, self._path)
        self._forget.atexit = False  # the context removes its folder

    def dump(self, value: T, f: IO[bytes]) -> None:
        """Write the value's pickle to an open file and close it.

        Raises
        ------
        PicklingError
            The value doesn't pickle: broadcasts are pickled plainly, without lambdas and local classes.
        """
        with contextlib.closing(f):
            try:
                pickle.dump(value, f, pickle.HIGHEST_PROTOCOL)
            except pickle.PickleError:
                raise
            except Exception as error:
                text = f"Could not serialize broadcast: {type(error).__name__}: {error}"
                raise pickle.PicklingError(text) from error

    def load_from_path(self, path: str) -> T:
        """The value that a file holds."""
        with open(path, "rb") as file:
            try:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except (OSError, ValueError):  # a file system without
                return self.load(file)
            with mapped:
                return self._unpickled(lambda: pickle.loads(mapped))

    def load(self, file: BinaryIO) -> T:
        """The value that an open file holds."""
        return self._unpickled(lambda: pickle.load(file))

    @staticmethod
    def _unpickled(load: Callable[[], T]) -> T:
        # A large value is many objects, none of which is garbage.
        collects = gc.isenabled()
        gc.disable()
        try:
            return load()
        finally:
            if collects:
                gc.enable()

    @property
    def value(self) -> T:
        """The value.

        Raises
        ------
        FileNotFoundError
            It was destroyed before anybody read it here.
        """
        if "_value" not in self.__dict__:
            with self._reading:
                if "_value" not in self.__dict__:
                    value = self.load_from_path(self._path)
                    self.__dict__.setdefault("_value", value)  # the value's own classes may have asked for it
        return self._value

    def unpersist(self, blocking: bool = False) -> None:
        """Give up what tasks have read; they read it again when they need it.

        Raises
        ------
        PySparkRuntimeError
            A task calls it.
        Py4JJavaError
            It was destroyed.
        """
        self._usable("unpersisted")
        _loaded.pop(self._number, None)

    def destroy(self, blocking: bool = False) -> None:
        """Give the value up for good: no task can use it any more.

        Raises
        ------
        PySparkRuntimeError
            A task calls it.
        Py4JJavaError
            It was destroyed.
        """
        self._usable("destroyed")
        self._destroyed = True
        self._forget()

    @property
    def _number(self) -> int:
        assert self._id is not None
        return self._id

    def _usable(self, operation: str) -> None:
        if self._id is None or self._sc is None:
            raise PySparkRuntimeError(
                errorClass="INVALID_BROADCAST_OPERATION", messageParameters={"operation": operation}
            )
        if self._destroyed:
            raise engine_error(
                "org.apache.spark.SparkException",
                f"[INTERNAL_ERROR_BROADCAST] Attempted to use Broadcast({self._id}) after it was destroyed",
            )

    def __reduce__(self) -> tuple[Callable[[int, str], Broadcast[T]], tuple[int, str]]:
        if self._sc is None and self._id is not None and carried_to_worker():
            return _from_id, (self._id, self._path)  # a task takes it along to another process
        self._in_tasks()
        return _from_id, (self._number, self._path)

    def _in_tasks(self) -> Broadcast[T]:
        """What the tasks of this process have in its place.

        Raises
        ------
        Py4JJavaError
            It was destroyed.
        """
        if self._destroyed:
            raise engine_error(
                "org.apache.spark.SparkException",
                f"Task not serializable: it uses Broadcast({self._id}), which was destroyed",
            )
        self._usable("serialized")
        return _shared(self._number, self._path)


def _from_id(bid: int, path: str) -> Broadcast[Any]:
    """What a pickle of the program's broadcast loads as: in tasks only."""
    if _engine.task_accumulators() is None:
        raise PySparkRuntimeError(errorClass="BROADCAST_VARIABLE_NOT_LOADED", messageParameters={"variable": str(bid)})
    if _asked is not None:
        _asked.add(bid)
    return _shared(bid, path)


def _shared(bid: int, path: str) -> Broadcast[Any]:
    with _lock:
        known = _loaded.get(bid)
        if known is None:
            known = _loaded[bid] = Broadcast(path=path)
            known._id = bid
        return known


def _forget(bid: int, path: str) -> None:
    _loaded.pop(bid, None)
    _unlink(path)


def _unlink(path: str) -> None:
    with contextlib.suppress(OSError):  # its folder has gone with the context
        os.unlink(path)


@contextlib.contextmanager
def loading() -> Any:
    """In a worker process, round the loading of a task's functions: broadcasts that they don't use are given up."""
    global _asked
    _asked = set()
    try:
        yield
        for bid in _loaded.keys() - _asked:
            del _loaded[bid]
    finally:
        _asked = None
