"""The thread that tells a context's listeners what happens, one event after the other and beside the batches."""

from __future__ import annotations

import threading
from typing import Any

from pyrite import _log
from pyrite._mistakes import advised
from pyrite._traceback import clean
from pyrite.errors import Py4JError
from pyrite.streaming import _output
from pyrite.streaming._events import EVENTS

# What stop() waits for listeners that are behind, in seconds.
PATIENCE = 1.0


class Listening:
    """The listeners of a context. Events wait in the engine's mailbox, so that a slow listener holds up no batch."""

    def __init__(self, streaming: Any) -> None:
        self._streaming = streaming
        self._mailbox: Any = None
        self._listeners: list[Any] = []
        self.thread: threading.Thread | None = None

    def add(self, listener: Any) -> None:
        """Tell this one, too, from now on."""
        if isinstance(listener, type) or not hasattr(type(listener), "Java"):
            kind = listener.__name__ if isinstance(listener, type) else type(listener).__name__
            error = Py4JError(f"addStreamingListener(listener) takes a StreamingListener, not {kind!r}")
            how = f"make one: {kind}()" if isinstance(listener, type) else "derive its class from StreamingListener"
            raise advised(error, how)
        if self._mailbox is None:
            self._mailbox = self._streaming.listen()
        self._listeners = [*self._listeners, listener]

    def start(self) -> threading.Thread | None:
        """The thread, where there are listeners and it doesn't run yet; it is to be started."""
        if self._mailbox is None or self.thread is not None:
            return None
        self.thread = threading.Thread(target=self._tell_all, name="pyrite-listeners", daemon=True)
        return self.thread

    def stop(self, patience: float) -> None:
        """Let the listeners hear what happened, for that many seconds at most, and no more after that."""
        if self._mailbox is None:
            return
        own = self.thread is None or threading.current_thread() is self.thread
        done = own or self._mailbox.wait_empty(patience)
        # A listener that stops its context hears of the end behind that.
        left = self._mailbox.close(own and self.thread is not None)
        if not done:
            _log.logger.warning(
                "stop() gave up waiting for a streaming listener; %d events that it had not heard of were dropped.",
                left,
            )

    def _tell_all(self) -> None:
        """What the thread runs."""
        failed: set[tuple[int, str]] = set()
        while (fetched := self._mailbox.fetch()) is not None:
            name, told = fetched
            event = EVENTS[name](*told)
            for listener in self._listeners:
                self._tell(listener, name, event, failed)
            del fetched, told, event

    def _tell(self, listener: Any, name: str, event: Any, failed: set[tuple[int, str]]) -> None:
        try:
            method = getattr(listener, name, None)
            if method is not None:
                _output.run(method, event)
        except BaseException as error:  # noqa: BLE001 - a listener is a guest: the others hear the event all the same
            if (id(listener), name) in failed:
                return
            failed.add((id(listener), name))
            _output.run(
                _log.logger.error,
                "%s.%s failed. The stream goes on; if it fails again that is not said.",
                type(listener).__name__,
                name,
                exc_info=clean(error),
            )
