"""Progress of jobs that take long: a line on a terminal, bars in a notebook with a button that cancels, gone when they
are done.

The thread that waits for a job calls `show` now and then. Where nobody can watch, nothing is written.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from typing import Any

from pyrite._panel import panel
from pyrite._panel.words import word

__all__ = ["Progress", "line"]

_REDRAW = 0.18
_BAR = 24
_MOST_STAGES = 6

Job = tuple[int, float, list[tuple[int, int, int, int, int]]]


class Progress:
    """Shows the jobs of one context."""

    def __init__(self, jobs: Any) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._drawn = 0.0
        self._shown: _Line | _Display | _Bars | None = None

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
                self._shown = _place(self._jobs)
            if isinstance(self._shown, _Bars):
                self._shown.draw_jobs(jobs)
            elif self._shown is not None:
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


def bars(jobs: list[Job], rates: Rates, cancelled: set[int]) -> str:
    """What a notebook shows of the running jobs: a bar for each stage that has begun, and a button for each job."""
    stages, buttons = [], []
    for number, seconds, all_stages in jobs:
        begun = [stage for stage in all_stages if stage[2] or stage[3]]
        for stage, tasks, _active, done, rows in begun[-_MOST_STAGES:]:
            rate = rates.of(stage, seconds, done >= tasks, rows)
            said = f"{done}/{tasks} {word('tasks')}" + (f", {rate:,.0f} {word('rate')}" if rate >= 1 else "")
            stages.append(
                f'<div class="stage">{word("stage")} {stage} <progress max="{tasks}" value="{done}" '
                f'data-label="stage" data-what="{stage}" aria-label="stage: {stage}"></progress> '
                f"<span>{said}</span></div>"
            )
        if number in cancelled:
            buttons.append(word("cancelling"))
        else:
            buttons.append(word("cancel", "button", f'type="button" data-do="cancel" data-of="{number}"'))
    return (
        '<div class="pyrite-panel" data-phase="running" data-awaited="1">'
        f'<div data-part="stages">{"".join(stages)}</div>'
        f'<div class="head"><span data-part="do">{" ".join(buttons)}</span></div></div>'
    )


class Rates:
    """Rows per second of each stage, from when it was first seen to its end."""

    def __init__(self) -> None:
        self._from: dict[int, float] = {}
        self._to: dict[int, float] = {}

    def of(self, stage: int, seconds: float, done: bool, rows: int) -> float:
        """The rate of a stage whose job began so many seconds ago, and which has given so many rows."""
        now = time.monotonic()
        # The stages that are there at first have begun with their job.
        began = self._from.setdefault(stage, now if self._from else now - seconds)
        ended = self._to.setdefault(stage, now) if done else now
        return rows / max(ended - began, 0.1)


def _place(jobs: Any) -> _Line | _Display | _Bars | None:
    """Where it can be watched: a terminal, or the cell whose thread this is."""
    if panel.shell() is not None:
        if threading.current_thread() is not threading.main_thread():
            return None
        return _Display() if panel.missing() else _Bars(jobs)
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


class _Bars:
    """A panel below the running cell."""

    def __init__(self, jobs: Any) -> None:
        self._jobs = jobs
        self._rates = Rates()
        self._cancelled: set[int] = set()
        self._panel: panel.Panel | None = None

    def draw_jobs(self, jobs: list[Job]) -> None:
        html = bars(jobs, self._rates, self._cancelled)
        if self._panel is None:
            self._panel = panel.Panel(html, "", self._hear, keeps=False)
        else:
            self._panel.show(html)

    def wipe(self) -> None:
        if self._panel is not None:
            self._panel.close()

    def _hear(self, said: dict[str, Any]) -> None:
        if said.get("do") == "cancel" and str(said.get("of")).isdecimal():
            number = int(said["of"])
            self._cancelled.add(number)
            self._jobs.cancel(number, "from the notebook")


class _Display:
    """A piece of a cell's output, where there are no panels."""

    def __init__(self) -> None:
        from IPython.display import display

        self._handle: Any = display({"text/plain": ""}, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def draw(self, text: str) -> None:
        self._handle.update({"text/plain": text}, raw=True)

    def wipe(self) -> None:
        self._handle.update({"text/plain": ""}, raw=True)
