"""Stateful operators: (rows, batch, state store) -> rows. One is a file here, with a class and a line in `KINDS`.

The plan is cut where one stands (`src/sql/stream.rs`): its step has the queries of the rows that go in, the fields of what comes
out, which of them are keys, and facts that the planner wrote down for it.
"""

from __future__ import annotations

import importlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyrite._frames.query.event_time import Expiry, Late
from pyrite._frames.query.state import StateStore

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Batch

__all__ = ["KINDS", "Operator", "Step", "made"]

# The module and the class of each kind of step.
KINDS = {
    "aggregate": "Aggregate", "deduplicate": "Deduplicate", "group_state": "GroupState", "join": "Join", "limit": "Limit",
    "processor": "Processor", "sessions": "Sessions", "watermark": "Watermark",
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """A cut of the plan."""

    # The table that the rest of the plan reads.
    name: str
    kind: str
    # The queries of the rows that go in, and their Arrow schemas.
    inputs: list[tuple[str, Any]]
    # Places or numbers of keys, as the kind has it.
    keys: list[int]
    # The Arrow schema of what comes out.
    output: Any
    facts: dict[str, str] = field(default_factory=dict)
    # Spark's number for the kind of a user's function, and the pickled function.
    eval_type: int = 0
    command: bytes = b""


class Operator:
    """One operator of a query. `process` is called once a batch, by the query's thread."""

    # What progress calls it.
    progress_name = ""
    # Whether progress tells of it.
    told = True

    def __init__(self, step: Step, store: StateStore) -> None:
        self.step = step
        self.store = store
        self.updated = self.removed = self.dropped = 0
        place = step.facts.get("event")
        self.late = Late(None if place is None else int(place))
        self._expiry: Expiry | None = None
        self.milliseconds = {"update": 0, "removal": 0, "commit": 0}

    @staticmethod
    def state_schema(step: Step) -> tuple[Any, int]:
        """The schema of the rows that are kept, and how many of its columns are the key."""
        raise NotImplementedError

    def process(self, batch: Batch) -> Any:
        """The rows of this batch that come out. `batch.rows(...)` runs an input's query."""
        raise NotImplementedError

    def wants(self, mode: str, now: int, following: int) -> bool:
        """Whether a batch without rows has something to do when the watermark goes on from `now` to `following`."""
        return False

    def ripe(self, clock: int) -> bool:
        """Whether a batch without rows has something to do because the clock has come to this time."""
        return False

    def run(self, batch: Batch) -> Any:
        """`process`, with what progress wants to know of it."""
        begin = time.perf_counter()
        self.updated = self.removed = self.dropped = 0
        out = self.process(batch)
        self.milliseconds["update"] = int((time.perf_counter() - begin) * 1000)
        return out

    def stores(self) -> list[StateStore]:
        """All that it keeps; always in the same order."""
        return [self.store]

    def commit(self, batch_id: int) -> None:
        """The batch is done."""
        begin = time.perf_counter()
        for store in self.stores():
            store.commit(batch_id + 1)
        self.milliseconds["commit"] = int((time.perf_counter() - begin) * 1000)

    def progress(self, partitions: int) -> dict[str, Any]:
        """Its part of a batch's progress."""
        if not self.store.width:
            partitions = 1
        memory = self.store.memory()
        return {
            "operatorName": self.progress_name,
            "numRowsTotal": len(self.store),
            "numRowsUpdated": self.updated,
            "allUpdatesTimeMs": self.milliseconds["update"],
            "numRowsRemoved": self.removed,
            "allRemovalsTimeMs": self.milliseconds["removal"],
            "commitTimeMs": self.milliseconds["commit"],
            "memoryUsedBytes": memory,
            "numRowsDroppedByWatermark": self.dropped,
            "numShufflePartitions": partitions,
            "numStateStoreInstances": partitions,
            "customMetrics": {
                "forceSnapshotCount": 0,
                "loadedMapCacheHitCount": 0,
                "loadedMapCacheMissCount": 0,
                "numSnapshotsAutoRepaired": 0,
                "stateOnCurrentVersionSizeBytes": memory,
            },
        }


def made(step: Step) -> Operator:
    """The operator of a step, with an empty store."""
    kind: type[Operator] = getattr(importlib.import_module(f"{__name__}.{step.kind}"), KINDS[step.kind])
    return kind(step, StateStore(*kind.state_schema(step)))
