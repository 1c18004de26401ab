"""What the client would send away: in one process a query calls the user's own functions and listeners."""

from __future__ import annotations

import itertools
import pickle
import threading
import weakref
from typing import Any

__all__ = ["add", "function_of"]

_MARK = b"pyrite-function:"


class _Held:
    """A function; it stays while a writer that was given it does, or a query that runs it."""

    def __init__(self, function: Any) -> None:
        self.function = function


_functions: weakref.WeakValueDictionary[bytes, _Held] = weakref.WeakValueDictionary()
_numbers = itertools.count(1)
_lock = threading.Lock()


def function_of(command: bytes) -> Any:
    """The function that was given to `foreachBatch`."""
    if command.startswith(_MARK):
        with _lock:
            return _functions[command].function
    return pickle.loads(command)


def add() -> None:
    """Put it on the client's classes."""
    from pyspark.sql.connect.streaming.query import StreamingQuery, StreamingQueryManager
    from pyspark.sql.connect.streaming.readwriter import DataStreamWriter

    from pyrite._frames.sessions import service_of

    remote_batch, remote_mode = DataStreamWriter.foreachBatch, DataStreamWriter.outputMode

    def foreach_batch(self: Any, func: Any) -> Any:
        if service_of(self._session) is None:
            return remote_batch(self, func)
        with _lock:
            key = _MARK + str(next(_numbers)).encode()
            self._pyrite_function = _functions[key] = _Held(func)
        self._write_proto.foreach_batch.python_function.command = key
        return self

    def output_mode(self: Any, outputMode: str) -> Any:
        if service_of(self._session) is not None and str(outputMode).lower() not in ("append", "complete", "update"):
            from pyrite._frames.query.starting import wrong_mode

            raise wrong_mode(outputMode)
        return remote_mode(self, outputMode)

    foreach_batch.__doc__, output_mode.__doc__ = remote_batch.__doc__, remote_mode.__doc__
    DataStreamWriter.foreachBatch, DataStreamWriter.outputMode = foreach_batch, output_mode
    add_remote, remove_remote = StreamingQueryManager.addListener, StreamingQueryManager.removeListener

    def add_listener(self: Any, listener: Any) -> None:
        service = service_of(self._session)
        if service is None:
            add_remote(self, listener)
            return
        listener._set_spark_session(self._session)
        service.queries.bus.listeners.append(listener)

    def remove_listener(self: Any, listener: Any) -> None:
        service = service_of(self._session)
        if service is None:
            remove_remote(self, listener)
        elif listener in service.queries.bus.listeners:
            service.queries.bus.listeners.remove(listener)

    add_listener.__doc__, remove_listener.__doc__ = add_remote.__doc__, remove_remote.__doc__
    StreamingQueryManager.addListener, StreamingQueryManager.removeListener = add_listener, remove_listener
    remote_exception = StreamingQuery.exception

    def exception(self: Any) -> Any:
        service = service_of(self._session)
        if service is None:
            return remote_exception(self)
        query = service.queries.of_run(self._run_id)
        return None if query is None or query.failure is None else query.failure.exception()

    exception.__doc__ = remote_exception.__doc__
    StreamingQuery.exception = exception
