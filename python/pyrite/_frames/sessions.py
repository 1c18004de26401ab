"""The client's session that stands behind one of Pyrite's."""

from __future__ import annotations

import os
import tempfile
import threading
import weakref
from typing import TYPE_CHECKING, Any

from pyrite._frames.loading import load

if TYPE_CHECKING:
    from pyrite.sql.session import SparkSession

__all__ = ["client_session", "close", "service_of"]

_lock = threading.RLock()
_services: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


def client_session(session: SparkSession) -> Any:
    """The client's session for a session of Pyrite's, made at the first call."""
    made = vars(session).get("_client")
    if made is not None:
        return made
    with _lock:
        made = vars(session).get("_client")
        if made is None:
            made = _made(session)
            vars(session)["_client"] = made
        return made


def _made(session: SparkSession) -> Any:
    module = load()
    from pyrite._frames.channel import builder, commands_of
    from pyrite._frames.executor import Executor
    from pyrite._frames.query import manager
    from pyrite._frames.service import Service
    from pyrite._frames.settings import Settings

    context = session.sparkContext
    threads = max(1, min(context.defaultParallelism, os.cpu_count() or 1))
    executor = Executor(threads, None, os.path.join(tempfile.gettempdir(), f"pyrite-{os.getpid()}"))
    service = Service(executor, Settings(context), context)
    for key, value in session.conf.getAll.items():
        if key.startswith("spark.sql."):
            service.settings.put(key, str(value))
    made = module.SparkSession.builder.channelBuilder(builder(service)).create()
    made._client._use_reattachable_execute = False
    made._client.execute_command = commands_of(made._client, service)
    made._pyrite = session
    # From now on `spark.conf` is the client's, so that both see what is set.
    session._runtime_conf = made.conf
    _services[made] = service
    service.session = weakref.ref(made)
    manager.first_at_exit()
    queries = weakref.ref(service.queries)

    def end_queries() -> None:
        """Before the context itself ends, so that its page and its log hear of it."""
        if (found := queries()) is not None:
            found.close()

    context._on_stop(end_queries)
    return made


def service_of(client: Any) -> Any:
    """The service behind a client's session; None where it talks to a server."""
    return _services.get(client)


def close(context: Any) -> None:
    """The sessions of a context that stops end: their views and tables go."""
    for client, service in list(_services.items()):
        if client._pyrite._sc is context:
            service.queries.close()
            service.catalog.close()
