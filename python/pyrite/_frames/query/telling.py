"""Who hears of a query beside those who ask it: listeners, the web page, the event log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyrite._frames.query.progress import moment

if TYPE_CHECKING:
    from pyrite._frames.query.running import Query
    from pyrite._frames.settings import Settings

__all__ = ["Telling"]

# Spark's names of the events in its log.
_EVENT = "org.apache.spark.sql.streaming.StreamingQueryListener$"
_SUMS = ("numInputRows", "inputRowsPerSecond", "processedRowsPerSecond")
# A longer plan is cut on the page.
_LONGEST = 1 << 16


class Telling:
    """Tells of one query. Nothing here waits: listeners hear later, the page and the log take a text."""

    def __init__(self, query: Query) -> None:
        self._query = query
        context = query.session.catalog.context
        self._page = getattr(context, "_page", None)
        self._log = getattr(context, "_event_log", None)
        self._bus = query.manager.bus
        self._shown: Any = None

    def started(self, plan: str) -> None:
        """It begins."""
        query = self._query
        now = query.session.clock()
        settings = query.session.catalog.settings
        if self._page is not None and (settings.get("spark.sql.streaming.ui.enabled") or "true") == "true":
            self._shown = self._page.query(
                (query.id, query.run_id, query.name),
                now,
                json.dumps(_facts(query)),
                plan[:_LONGEST],
                metered=settings.get("spark.sql.streaming.metricsEnabled") == "true",
                remembered=(_number(settings, "retainedQueries"), _number(settings, "retainedProgressUpdates")),
                stop=query.stop_from_page,
            )
        event: dict[str, Any] = {
            "id": query.id,
            "runId": query.run_id,
            "name": query.name,
            "timestamp": moment(now),
            "jobTags": [],
        }
        self._write("QueryStartedEvent", event, needed=True)
        self._bus.now("onQueryStarted", event)

    def say(self, message: str) -> None:
        """What it does now."""
        if self._shown is not None:
            self._shown.say(message)

    def progress(self, told: dict[str, Any], text: str, seconds: float, watermark: int | None, *, idle: bool) -> None:
        """A batch is done that took so many seconds, or there was none for a while; `text` is its JSON."""
        if idle:
            event = {"id": told["id"], "runId": told["runId"], "timestamp": told["timestamp"]}
            self._write("QueryIdleEvent", event)
            self._bus.later("onQueryIdle", event)
            return
        if self._shown is not None:
            self._shown.tell(
                text, "addBatch" in told["durationMs"], told["numInputRows"], seconds,
                told["inputRowsPerSecond"], told["processedRowsPerSecond"], watermark,
            )  # fmt: skip
        if self._log is not None:
            self._write("QueryProgressEvent", {"progress": _whole(told)})
        self._bus.later("onQueryProgress", {"progress": told})

    def ended(self) -> None:
        """It runs no more."""
        query = self._query
        failure = query.failure
        event: dict[str, Any] = {
            "id": query.id,
            "runId": query.run_id,
            "exception": None if failure is None else failure.message,
            "errorClassOnException": None if failure is None else failure.condition,
        }
        if self._shown is not None and self._page is not None:
            self._shown.say(query.state()[0])
            self._shown.end(query.session.clock(), event["exception"])
            self._page.ended(query.run_id)
        self._write("QueryTerminatedEvent", event, needed=True)
        self._bus.later("onQueryTerminated", event, needed=True)

    def _write(self, name: str, event: dict[str, Any], *, needed: bool = False) -> None:
        if self._log is not None:
            self._log.tell(_EVENT + name, json.dumps(event), needed=needed)


def _number(settings: Settings, name: str) -> int:
    """How much the page remembers of something; Spark's default where nobody says it."""
    text = (settings.get(f"spark.sql.streaming.ui.{name}") or "").strip()
    return int(text) if text.isdecimal() else 100


def _facts(query: Query) -> dict[str, Any]:
    """What the page says of a query beside its name."""
    trigger, checkpoint = query.trigger, query.checkpoint
    interval = f"{trigger.interval} ms" if trigger.interval else "as soon as possible"
    return {
        "outputMode": query.mode.capitalize(),
        "trigger": "once" if trigger.once else "available now" if trigger.available else interval,
        "triggerMs": trigger.interval,
        "sink": query.sink.description,
        "sources": [description.shown() for _, description in query.planned.streams],
        "checkpoint": None if checkpoint is None else checkpoint.folder,
    }


def _whole(told: dict[str, Any]) -> dict[str, Any]:
    """A batch's progress as Spark's log has it: offsets are texts, sums over the sources aren't there, empty parts are."""
    return {
        **{name: value for name, value in told.items() if name not in _SUMS},
        "eventTime": told.get("eventTime") or {},
        "stateOperators": [{**each, "snapshotCustomMetricNames": []} for each in told["stateOperators"]],
        "sources": [
            {
                **each,
                **{name: _text(each[name]) for name in ("startOffset", "endOffset", "latestOffset")},
                "metrics": each.get("metrics") or {},
            }
            for each in told["sources"]
        ],
        "sink": {**told["sink"], "metrics": {}},
        "observedMetrics": {},
    }


def _text(offset: Any) -> str | None:
    return None if offset is None else offset if isinstance(offset, str) else json.dumps(offset, separators=(",", ":"))
