"""Local properties: what a thread of the program says of the jobs it starts (their group, tags, description)."""

from __future__ import annotations

import threading

from pyrite._callsite import call_site

__all__ = ["DESCRIPTION", "GROUP", "INTERRUPT", "TAGS", "LocalProperties"]

GROUP, DESCRIPTION = "spark.jobGroup.id", "spark.job.description"
INTERRUPT, TAGS = "spark.job.interruptOnCancel", "spark.job.tags"


class LocalProperties(threading.local):
    """A context's local properties; each thread sees its own."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def set(self, key: str, value: str | None) -> None:
        """Set a property; None takes it away."""
        # A new dict: jobs have the old one.
        values = {known: text for known, text in self.values.items() if known != key}
        if value is not None:
            values[key] = value
        self.values = values

    def job(self) -> tuple[dict[str, str], str]:
        """For the engine, when a job starts: the thread's properties and the call that starts it."""
        site = call_site()
        return self.values, "" if site is None else f"{site.function} at {site.place()}"
