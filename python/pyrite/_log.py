"""Pyrite's messages: Python's `logging`, under `pyrite`. A program that sets up no logging sees them on stderr."""

from __future__ import annotations

import logging
import sys

logger = logging.getLogger("pyrite")


class _Stderr(logging.Handler):
    """Writes a message as one line to what `sys.stderr` is by then, unless the program has handlers of its own."""

    def emit(self, record: logging.LogRecord) -> None:
        if logging.root.handlers:
            return
        try:
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
        except Exception:  # noqa: BLE001 - a closed stderr must not stop a stream
            self.handleError(record)


def prepare() -> None:
    """See to it that messages reach somebody. Calling it again does nothing."""
    if any(isinstance(handler, _Stderr) for handler in logger.handlers):
        return
    handler = _Stderr()
    handler.setFormatter(logging.Formatter("pyrite: %(message)s"))
    logger.addHandler(handler)
    # A program with logging of its own has levels of its own, too.
    if not logging.root.handlers and logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
