"""Progress of jobs that take long: one line on a terminal, one in a notebook, gone when they are done.

The thread that waits for a job calls `show` now and then. Where nobody can watch, nothing is written.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from typing import Any

__all__ = ["Progress", "line"]

_REDRAW = 0.18
_BAR = 24

Job = tuple[int, float, list[tuple[int, int, int, int, int]]]


class Progress:
    """Shows the jobs of one context."""

    def __init__(self, jobs: Any) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._drawn = 0.0
        self._shown: _Line | _Display | None = None

    def show(self, goes_on: bool) -> None:
        """Draw the line anew, or wipe it when no job goes on."""
        # While another job's thread draws it this one needn't, but the last one wipes it.
        if not self._lock.acquire(blocking=not goes_on):
            return
        try:
            jobs = self._jobs.progress()
            if not goes_on and not any(seconds >= 0.5 for _, seconds, _ in jobs):
                self._wipe()
                return
            now = time.monotonic()
            if now - self._drawn < _REDRAW:
                return
            self._drawn = now
            if self._shown is None:
                self._shown = _place()
            if self._shown is not None:
                self._shown.draw(line(jobs))
        finally:
            self._lock.release()

    def _wipe(self) -> None:
        shown, self._shown = self._shown, None
        if shown is not None:
            shown.wipe()


def line(jobs: list[Job]) -> str:
    """What is said of the running jobs: `Stage 4: [====>    ] 3/8 tasks, 2 running, 120,000 rows/s`."""
    stages = [(seconds, stage) for _, seconds, stages in jobs for stage in stages if stage[3] < stage[1]]
    if not stages:
        return ""
    tasks, active, done = (sum(stage[at] for _, stage in stages) for at in (1, 2, 3))
    names = ", ".join(str(stage[0]) for _, stage in stages[:3]) + (" ..." if len(stages) > 3 else "")
    full = _BAR * done // tasks
    bar = ("=" * full + ">").ljust(_BAR)[:_BAR]
    text = f"Stage {names}: [{bar}] {done}/{tasks} tasks, {active} running"
    rate = sum(sum(stage[4] for stage in stages) / max(seconds, 0.1) for _, seconds, stages in jobs)
    return f"{text}, {rate:,.0f} rows/s" if rate >= 1 else text


def _place() -> _Line | _Display | None:
    """Where it can be watched: a terminal, or the cell whose thread this is."""
    module = sys.modules.get("IPython.core.getipython")
    shell = module.get_ipython() if module is not None else None
    if getattr(shell, "kernel", None) is not None:
        return _Display() if threading.current_thread() is threading.main_thread() else None
    err = sys.stderr
    if err is sys.__stderr__ and err is not None and err.isatty():
        return _Line(err)
    return None


class _Line:
    """The last line of a terminal."""

    def __init__(self, terminal: Any) -> None:
        self._terminal = terminal

    def draw(self, text: str) -> None:
        width = shutil.get_terminal_size().columns
        self._terminal.write(f"\r\x1b[2K{text[: width - 1]}")
        self._terminal.flush()

    def wipe(self) -> None:
        self._terminal.write("\r\x1b[2K")
        self._terminal.flush()


class _Display:
    """A piece of a cell's output."""

    def __init__(self) -> None:
        from IPython.display import display

        self._handle: Any = display({"text/plain": ""}, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def draw(self, text: str) -> None:
        self._handle.update({"text/plain": text}, raw=True)

    def wipe(self) -> None:
        self._handle.update({"text/plain": ""}, raw=True)
