"""Where what streams print and log goes: the notebook cell that waits for the stream, else the cell that started it.

Jupyter finds the cell of a write through context variables, so functions of a stream run in a copy of the context of
that cell. Messages of the engine come from threads that never enter Python; one thread here logs them.
"""

from __future__ import annotations

import atexit
import contextvars
import io
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from pyrite import _engine

_started = contextvars.Context()
_awaiting: list[contextvars.Context] = []
_lock = threading.Lock()
_log: Any = None
_logger = logging.getLogger("pyrite")


def started_here() -> None:
    """The running cell starts a stream."""
    global _started
    _started = contextvars.copy_context()


@contextmanager
def awaited_here() -> Iterator[None]:
    """The running cell waits for a stream."""
    here = contextvars.copy_context()
    _awaiting.append(here)
    try:
        yield
    finally:
        _awaiting[:] = [context for context in _awaiting if context is not here]


def run(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function so that its output goes to the right cell."""
    try:
        context = _awaiting[-1]
    except IndexError:
        context = _started
    return context.copy().run(function, *args)


def write(text: str) -> None:
    """Write to stdout at once; what is piped to another program shall not wait for a full buffer."""
    out = sys.stdout
    out.write(text)
    if isinstance(out, io.TextIOWrapper):
        out.flush()


def announce(line: str) -> None:
    """One line for who sits in front of it: below the cell in a notebook, where stderr looks like a failure."""
    module = sys.modules.get("IPython.core.getipython")
    shell = module.get_ipython() if module is not None else None
    print(line, file=sys.stdout if getattr(shell, "kernel", None) is not None else sys.stderr, flush=True)


class _Handler(logging.StreamHandler[TextIO]):
    """Shows messages on stderr for as long as the program has not set up logging of its own."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(logging.Formatter("pyrite: %(message)s"))

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr

    def emit(self, record: logging.LogRecord) -> None:
        if not logging.getLogger().handlers:
            super().emit(record)


def engine_log() -> Any:
    """Where the engine puts its messages; the first call starts the thread that logs them."""
    global _log
    with _lock:
        if _log is None:
            _log = _engine.Log()
            if not _logger.handlers:
                _logger.addHandler(_Handler())
            if _logger.level == logging.NOTSET and not logging.getLogger().handlers:
                _logger.setLevel(logging.INFO)
            thread = threading.Thread(target=_drain, args=(_log,), name="pyrite-log", daemon=True)
            thread.start()
            atexit.register(_close, thread)
        return _log


def _drain(log: Any) -> None:
    while (messages := log.next()) is not None:
        for level, name, text in messages:
            run(logging.getLogger(f"pyrite.{name}").log, level, "%s", text)


def _close(thread: threading.Thread) -> None:
    _log.close()
    thread.join(1.0)
