"""`DStream.live`: a stream's newest batch in the notebook cell that asked for it, while the stream runs.

The output operation hands a batch's rows over and goes on; one thread (`_panel.sender`) makes HTML of the newest ones
and sends it. Outside of a notebook, or without anywidget, it prints as `pprint` does.
"""

from __future__ import annotations

import operator
import threading
import time as clock
import traceback
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any

from pyrite import _engine
from pyrite._callsite import operation
from pyrite._panel import html, panel
from pyrite._panel.asked import By, check
from pyrite._panel.sender import sender
from pyrite._panel.words import in_language, word
from pyrite.errors import Py4JJavaError
from pyrite.streaming import _output
from pyrite.streaming._threads import threads
from pyrite.streaming.util import batch_time

if TYPE_CHECKING:
    from pyrite.rdd import RDD
    from pyrite.streaming.context import StreamingContext
    from pyrite.streaming.dstream import DStream

# How many batches the small charts show.
_BATCHES = 60
# What the notebook keeps is written anew every so many seconds: often where perhaps nothing else is seen.
_SAVED_UNSEEN, _SAVED_SEEN = 1.0, 3.0
_LONGEST_ERROR = 6000
_LATE = (
    "live() is an output operation: call it before ssc.start(). A stream that has a live view may be shown again in "
    "any cell; for another one, stop with ssc.stop(stopSparkContext=False) and make a new StreamingContext."
)
_views: list[View] = []
_said: set[str] = set()


def live(stream: DStream[Any], n: int, by: By) -> None:
    """See `DStream.live`."""
    check(n, by)
    why = panel.missing()
    if why is not None:
        _say(f"{why}. live() prints here, as pprint() does.")
        stream._output("live", Showing(n, by))
        return
    cell = panel.running_cell()
    for view in [view for view in _views if view.is_of_earlier_run(cell)]:
        view.retire()
    ssc = stream._ssc
    phase = ssc._streaming.phase
    showing = next((each for each in stream._live if not each.views or phase == "active"), None)
    if showing is None or phase == "stopped":
        showing = Showing(n, by)
        try:
            stream._output("live", showing)
        except Py4JJavaError as error:
            error.add_note(_LATE)
            raise
        stream._live.append(showing)
    view = View(ssc, showing, n, by, operation("live"), cell)
    showing.views = (*showing.views, view)
    _views.append(view)
    sender.watch(view)


def _say(why: str) -> None:
    """Once in a program."""
    if why not in _said:
        _said.add(why)
        _output.announce(why[0].upper() + why[1:])


class Showing:
    """The output operation: it gives each batch's rows to the views that there are. Without any it prints."""

    def __init__(self, n: int, by: By) -> None:
        self._n = n
        self._by = by
        self.views: tuple[View, ...] = ()
        self._had_views = False

    def __reduce__(self) -> tuple[Any, ...]:
        # The cell of a view belongs to this process: what goes on from a checkpoint prints.
        return Showing, (self._n, self._by)

    def __call__(self, time: datetime, rdd: RDD[Any]) -> None:
        """Hand over a batch."""
        views = self.views
        self._had_views = self._had_views or bool(views)
        if self._had_views:
            for view in views:
                view.take(time, rdd)
            return
        rows = rdd.take(self._n + 1) if self._by is None else largest(rdd, self._n + 1, self._by)
        _output.write(_engine.pprint_text(str(time), [str(row) for row in rows], self._n))


def largest(rdd: RDD[Any], n: int, by: By) -> list[Any]:
    """The n rows that are largest by a field or a function."""
    if rdd.getNumPartitions() == 0:
        return []
    return rdd.top(n, by if callable(by) else operator.itemgetter(by))


class View:
    """One live view in one cell."""

    def __init__(
        self, ssc: StreamingContext, showing: Showing, n: int, by: By, site: str, cell: tuple[str, str] | None
    ) -> None:
        self._ssc: StreamingContext | None = ssc
        self._streaming: Any = ssc._streaming
        self._interval_ms = ssc._interval_ms
        self._showing: Showing | None = showing
        self._n = n
        self._by = by
        self._site = site
        self._cell = cell
        self._ranks = by is not None
        self._language = "en"
        self._seen = False
        # What the batches' thread hands over: each is replaced as a whole, so that no lock is needed.
        self._handed: tuple[datetime, list[Any], bool] | None = None
        self._taken: datetime | None = None
        self._failed: tuple[datetime, str] | None = None
        self._stopping = self._over = self._retired = False
        # What the sender's thread makes of it.
        self._made_of: object = None
        self._newest: datetime | None = None
        self._rows: tuple[datetime, html.Table, str] | None = None
        self._shown = self._saved = ""
        self._saved_at = 0.0
        self._panel = panel.Panel(self._html(True), self._plain(), self.hear)
        ssc._at_end.append(self.end)
        _output.failures.append(self._fail)

    def take(self, time: datetime, rdd: RDD[Any]) -> None:
        """Hand over the rows of a batch; raises what they fail with."""
        rows, ranked = self._newest_of(rdd)
        if rows:
            self._handed = (time, rows, ranked)
        self._taken = time
        sender.wake()

    def _newest_of(self, rdd: RDD[Any]) -> tuple[list[Any], bool]:
        """Rows, and whether they are ranked. Pairs of a key and a number are ranked by the number unless `by` says."""
        if self._by is not None:
            return largest(rdd, self._n, self._by), True
        if self._ranks:
            # Once they were such pairs they are taken for it; where they aren't any more, the first rows are shown.
            try:
                rows = largest(rdd, self._n, 1)
            except (TypeError, IndexError, KeyError):
                self._ranks = False
            else:
                self._ranks = all(map(html.is_ranked_pair, rows))
                return rows, self._ranks
        rows = rdd.take(self._n)
        if rows and all(map(html.is_ranked_pair, rows)):
            self._ranks = True
            return self._newest_of(rdd)
        return rows, False

    def _fail(self, error: BaseException, time: datetime) -> None:
        """A batch has failed: what is printed of it is kept, not the exception, which holds frames."""
        try:
            text = "".join(traceback.format_exception(error))
        except Exception:  # noqa: BLE001 - the exception's own __str__
            text = type(error).__name__
        self._failed = (time, text[-_LONGEST_ERROR:])
        sender.wake()

    def hear(self, said: dict[str, Any]) -> None:
        """What the page says, on a thread of the kernel's."""
        if said.get("do") == "seen":
            self._seen = True
            self._language = "ko" if said.get("language") == "ko" else "en"
        elif said.get("do") == "stop":
            self._stop()
        sender.wake()

    def _stop(self) -> None:
        """Stop the stream and keep the SparkContext. What it takes isn't waited for here."""
        ssc = self._ssc
        if ssc is None or self._stopping or self._streaming.phase != "active":
            return
        self._stopping = True
        behind = threading.Thread(target=ssc.stop, args=(False,), name="pyrite-stop", daemon=True)
        threads.add(behind)
        behind.start()

    def end(self, patience: float) -> None:
        """The context has stopped: what is shown is the last, and that is kept."""
        self._over = True
        sender.flush(patience, at_once=True)

    def is_of_earlier_run(self, cell: tuple[str, str] | None) -> bool:
        """Whether the same cell showed it when it ran before."""
        return None not in (cell, self._cell) and cell[0] == self._cell[0] and cell[1] != self._cell[1]  # type: ignore[index]

    def retire(self) -> None:
        """Its cell runs again: the output it was in is gone."""
        self._retired = True
        _views.remove(self)
        self._detach()
        sender.watch(self)

    def _detach(self) -> None:
        """No batch is handed over any more, and no end is told."""
        ssc, showing = self._ssc, self._showing
        if showing is not None:
            showing.views = tuple(view for view in showing.views if view is not self)
        if ssc is not None:
            ssc._at_end[:] = [told for told in ssc._at_end if told != self.end]
        _output.failures[:] = [told for told in _output.failures if told != self._fail]

    def _let_go(self) -> None:
        """The page's widget may live on, and shall hold no context."""
        self._detach()
        self._ssc = self._showing = self._streaming = None

    def send(self) -> bool:
        """Send what is new, on the sender's thread; whether more may come."""
        over = self._over
        if self._retired:
            self._panel.close()
            self._let_go()
            return False
        shown = self._html(True)
        if shown != self._shown:
            self._shown = shown
            self._panel.show(shown)
        now = clock.monotonic()
        if over or now - self._saved_at >= (_SAVED_SEEN if self._seen else _SAVED_UNSEEN):
            saved = in_language(self._html(False), self._language)
            if saved != self._saved:
                self._saved, self._saved_at = saved, now
                self._panel.save(saved, self._plain())
        if over:
            self._let_go()
        return not over

    # -- what it looks like

    def _html(self, live: bool) -> str:
        self._look()
        history = self._history()
        phase = self._phase(history)
        failed = self._failed
        buttons = ""
        if live and phase in ("running", "failed"):
            buttons = word("stop", "button", 'type="button" data-do="stop"')
        newest = "" if self._newest is None else f'<span class="faint">{word("batch")} {_clock(self._newest)}</span>'
        head = (
            f'<span class="dot" aria-hidden="true"></span><b>{word(phase, "span", _STATUS)}</b>'
            f"{newest}<code>{escape(self._site)}</code>"
        )
        records = [float(each[1]) for each in history]
        took = [each[3] / 1000 for each in history]
        newest_count = f"{history[-1][1]:,}" if history else "0"
        if self._rows is not None and not any(records):
            newest_count = "-"  # files and queues are not counted before they are read
        charts = html.sparkline("records", records, newest_count)
        charts += html.sparkline("processing", took, _ms(took[-1]) if took else "0 ms", self._interval_ms)
        error = ""
        if failed is not None:
            error = (
                f"<details{' open' * (phase == 'failed')}><summary>{word('error')} {_clock(failed[0])}</summary>"
                f"<pre>{escape(failed[1])}</pre></details>"
            )
        awaited = ' data-awaited="1"' * (live and _output.is_awaited())
        return (
            f'<div class="pyrite-panel" data-phase="{phase}"{awaited}>'
            f'<div class="head"><span data-part="state" class="head">{head}</span>'
            f'<span data-part="do" class="do">{buttons}</span></div>'
            f'<div data-part="charts" class="charts">{charts}</div>'
            f"{self._table()}"
            f'<div data-part="error">{error}</div></div>'
        )

    def _look(self) -> None:
        """Take in what was handed over."""
        taken, handed = self._taken, self._handed
        if taken is not None:
            self._newest = taken if self._newest is None else max(self._newest, taken)
        if handed is None or handed is self._made_of:
            return
        self._made_of = handed
        time, rows, ranked = handed
        by = self._by if isinstance(self._by, int) else 1 if ranked and all(map(_is_pair, rows)) else None
        texts = [html.text_of(row) for row in rows]
        self._rows = (time, html.table(rows, by), _engine.pprint_text(str(time), texts, len(texts)))

    def _table(self) -> str:
        if self._rows is None:
            return f'<div data-part="rows" class="rows faint">{word("none")}</div>'
        time, rows, _ = self._rows
        old = time != self._newest
        caption = f"{word('rows')} {_clock(time)}, {word('since')}" if old else word("newest")
        return f'<div data-part="rows" class="rows{" old" * old}">{html.table_html(rows, caption)}</div>'

    def _plain(self) -> str:
        return "" if self._rows is None else self._rows[2].rstrip("\n")

    def _history(self) -> Sequence[tuple[int, int, int, int, bool]]:
        history: list[tuple[int, int, int, int, bool]] = self._streaming.history()[-_BATCHES:]
        if history:
            last = batch_time(history[-1][0])
            self._newest = last if self._newest is None else max(self._newest, last)
        return history

    def _phase(self, history: Sequence[tuple[int, int, int, int, bool]]) -> str:
        phase: str = self._streaming.phase
        if self._over or phase == "stopped":
            return "stopped"
        if self._stopping:
            return "stopping"
        if phase == "initialized":
            return "waiting"
        failed = self._failed is not None and self._newest is not None and self._failed[0] >= self._newest
        return "failed" if failed or (bool(history) and history[-1][4]) else "running"


_STATUS = 'role="status"'


def _clock(time: datetime) -> str:
    """A batch's time, with milliseconds where it has some."""
    return time.isoformat(" ", "milliseconds" if time.microsecond else "seconds")


def _is_pair(row: object) -> bool:
    return isinstance(row, tuple) and len(row) == 2


def _ms(took: float) -> str:
    return f"{took:,.0f} ms" if took >= 10 else f"{took:.1f} ms"
