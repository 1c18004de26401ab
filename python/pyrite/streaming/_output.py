"""Where what streams print and log goes: the notebook cell that waits for the stream, else the cell that started it.

Jupyter finds the cell of a write through context variables, so functions of a stream run in a copy of the context of
that cell. Messages of the engine come from threads that never enter Python; one thread here logs them.
"""

from __future__ import annotations

import atexit
import contextvars
import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from pyrite import _engine, _log
from pyrite._traceback import shown
from pyrite.streaming.util import clock_time

_started = contextvars.Context()
_awaiting: list[contextvars.Context] = []
_lock = threading.Lock()
_messages: Any = None
#: Who is told of an exception that a batch has raised, and of the batch's time.
failures: list[Callable[[BaseException, datetime], None]] = []


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


def is_awaited() -> bool:
    """Whether a cell waits for a stream."""
    return bool(_awaiting)


def run(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function so that its output goes to the right cell."""
    try:
        context = _awaiting[-1]
    except IndexError:
        context = _started
    return context.copy().run(function, *args, **kwargs)


def write(text: str) -> None:
    """Write to stdout at once; what is piped to another program shall not wait for a full buffer."""
    out = sys.stdout
    out.write(text)
    if isinstance(out, io.TextIOWrapper):
        out.flush()


def announce(line: str) -> None:
    """One line for who sits in front of it: below the cell in a notebook, where stderr looks like a failure."""
    print(line, file=sys.stdout if in_notebook() else sys.stderr, flush=True)


def in_notebook() -> bool:
    """Whether this is a Jupyter kernel."""
    module = sys.modules.get("IPython.core.getipython")
    shell = module.get_ipython() if module is not None else None
    return getattr(shell, "kernel", None) is not None


def engine_log() -> Any:
    """Where the engine puts its messages; the first call starts the thread that logs them."""
    global _messages
    with _lock:
        if _messages is None:
            _messages = _engine.Log()
            _log.prepare()
            thread = threading.Thread(target=_drain, args=(_messages,), name="pyrite-log", daemon=True)
            thread.start()
            atexit.register(_close, thread)
        return _messages


def _drain(messages: Any) -> None:
    # No name here stands for a message while the next ones are waited for: an exception holds frames of the program's.
    while _logged(messages.next()):
        pass


def _logged(batch: list[Any] | None) -> bool:
    """Log messages; None says that no more come."""
    for level, name, text, ms, error in batch or ():
        said = text if ms is None else f"The batch of {clock_time(ms)} {text}"
        run(_log.logger.getChild(name).log, level, "%s", said, exc_info=error and shown(*error))
    return batch is not None


def _close(thread: threading.Thread) -> None:
    _messages.close()
    thread.join(1.0)
