"""What a query leaves on disk so that it goes on where it was: `metadata`, `offsets/N`, `commits/N`, `sources/S/N`, `state/`.

All but `state/` is Spark's own JSON, so that people, and Spark, can read it. A batch's offsets are written before it runs and its
commit after: what has offsets and no commit runs again, with exactly those. Each file here has one concept:

- `files`: a file that is there whole or not at all. `log`: files by number, with a version in the first line.
- `offsets`: what a batch reads, and with which settings. `state`: versions of operators' rows. `lock`: one query at a time.
- `location`: where the checkpoint is.
"""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.query.checkpoint import files, offsets
from pyrite._frames.query.checkpoint.lock import Lock
from pyrite._frames.query.checkpoint.log import Log
from pyrite._frames.query.checkpoint.state import StateFiles

if TYPE_CHECKING:
    from pyrite._frames.query.operators import Operator

__all__ = ["Checkpoint", "Recovered"]


@dataclass
class Recovered:
    """Where a query was when it ended."""

    # The batch that comes next: one that has offsets already, or a new one.
    batch_id: int
    # Each source's offset after the last batch that is done; None before the first.
    committed: list[Any]
    # What the next batch is, where it was begun.
    pending: offsets.Entry | None
    watermark: int
    # The watermark of the batch before that one.
    late: int
    conf: dict[str, str]


class Checkpoint:
    """The folder of one query, which no other has while this one is open."""

    def __init__(self, folder: str, retained: int, deltas: int = 10) -> None:
        self.folder = folder
        self.retained = retained
        self._offsets = Log(os.path.join(folder, "offsets"))
        self._commits = Log(os.path.join(folder, "commits"))
        self._state = StateFiles(os.path.join(folder, "state"), deltas)
        self._lock: Lock | None = None
        self.id = self._identity()

    def _identity(self) -> str:
        """The query's id, which is that of its first start."""
        path = os.path.join(self.folder, "metadata")
        text = files.text_of(path)
        if text is None:
            if self.used():
                condition = "STREAMING_CHECKPOINT_MISSING_METADATA_FILE"
                raise faults.exception(
                    "SparkRuntimeException", condition, "42K03", {"checkpointLocation": f"file:{self.folder}"},
                    f"[{condition}] Checkpoint location file:{self.folder} is in an inconsistent state: the metadata file is missing but "
                    "offset and/or commit logs contain data. Please restore the metadata file or create a new checkpoint directory. "
                    "SQLSTATE: 42K03",
                )  # fmt: skip
            os.makedirs(self.folder, exist_ok=True)
            made = str(uuid.uuid4())
            files.write(path, json.dumps({"id": made}, separators=(",", ":")).encode())
            return made
        try:
            found = json.loads(text)["id"]
        except (ValueError, KeyError, TypeError):
            found = None
        if not isinstance(found, str) or not found:
            raise files.broken(path, "it isn't the metadata of a streaming query")
        return found

    def used(self) -> bool:
        """Whether a batch was ever begun."""
        return bool(self._offsets.numbers() or self._commits.numbers())

    def lock(self) -> None:
        """No other query may use the folder now."""
        self._lock = Lock(os.path.join(self.folder, ".pyrite.lock"), self._offsets.latest)
        files.sweep(self.folder)

    def source(self, at: int) -> str:
        """The folder of a source's own log."""
        return os.path.join(self.folder, "sources", str(at))

    def recovered(self, sources: int) -> Recovered | None:
        """Where it was; None where it never ran."""
        latest = self._offsets.latest()
        if latest is None:
            return None
        entry = offsets.parsed(self._offsets.path(latest), self._offsets.lines(latest), sources)
        before = None
        if latest:
            if not self._offsets.has(latest - 1):
                raise faults.exception(
                    "IllegalStateException", None, None, {},
                    f"batch {latest - 1} doesn't exist: {self._offsets.path(latest - 1)} is missing, the offsets where batch {latest} begins",
                )  # fmt: skip
            before = offsets.parsed(self._offsets.path(latest - 1), self._offsets.lines(latest - 1), sources)
        done = self._commits.latest()
        if done is not None and done >= latest:
            watermark = max(
                entry.watermark, offsets.next_watermark(self._commits.path(latest), self._commits.lines(latest))
            )
            return Recovered(latest + 1, entry.offsets, None, watermark, entry.watermark, entry.conf)
        committed = [None] * sources if before is None else before.offsets
        late = 0 if before is None else before.watermark
        return Recovered(latest, committed, entry, entry.watermark, late, entry.conf)

    def load(self, operators: list[Operator], version: int, partitions: int) -> None:
        """The operators' rows as they were before the batch of that number, which are written down from now on."""
        self._state.open(operators, version, partitions)

    def begin(self, batch_id: int, entry: offsets.Entry) -> None:
        """A batch is about to run."""
        self._offsets.add(batch_id, entry.lines())

    def commit(self, batch_id: int, next_watermark: int) -> None:
        """It is done. What is older than is retained goes."""
        self._commits.add(batch_id, offsets.commit_lines(next_watermark))
        oldest = batch_id - self.retained
        if oldest > 0:
            self._offsets.purge(oldest)
            self._commits.purge(oldest)
            self._state.purge(oldest)

    def close(self) -> None:
        """Another query may use it."""
        if self._lock is not None:
            self._lock.release()
