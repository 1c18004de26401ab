"""Files in a folder, with Spark's `_spark_metadata`: what a batch has written counts once the log names it, and only once."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from typing import Any

from pyrite._frames import faults, writing
from pyrite._frames.query.checkpoint.compacted import CompactedLog
from pyrite._frames.query.checkpoint.files import sync_folder
from pyrite._frames.query.checkpoint.paths import of_uri, uri
from pyrite._frames.query.sinks import Start
from pyrite._frames.query.triggers import duration
from pyrite._frames.reading import local_path

_BLOCK = 32 << 20


def open_sink(form: str, start: Start) -> Files:
    """The folder is made with the first batch."""
    options = {key.lower(): value for key, value in start.options.items()}
    path = start.path or options.get("path")
    if not path:
        raise faults.exception(
            "IllegalArgumentException", "_LEGACY_ERROR_TEMP_2047", None, {}, "'path' is not specified."
        )
    if start.mode != "append":
        condition = "STREAMING_OUTPUT_MODE.UNSUPPORTED_DATASOURCE"
        raise faults.exception(
            "AnalysisException", condition, "42KDE", {"outputMode": start.mode, "className": form},
            f"[{condition}] Invalid streaming output mode: {start.mode}. This output mode is not supported in Data Source {form}. "
            "SQLSTATE: 42KDE",
        )  # fmt: skip
    own = {"path", "checkpointlocation", "retention", "queryname"}
    kept = {key: value for key, value in options.items() if key not in own}
    writing.check_options(form, kept)
    return Files(start, form, os.path.abspath(local_path(path)), kept, options.get("retention"))


class Files:
    """Files get their names at once; readers go by the log."""

    counts = False

    def __init__(self, start: Start, form: str, path: str, options: dict[str, str], retention: str | None) -> None:
        self._start = start
        self._form = form
        self._path = path
        self._options = options
        self._retention = None if retention is None else duration(retention, 0)
        self._log = CompactedLog(os.path.join(path, "_spark_metadata"), kept=self._kept)
        self.description = f"FileSink[file:{path}]"

    def begin(self, schema: Any) -> None:
        """Before the query starts: partitions are columns of it, and not all."""
        names = [field.name for field in schema.struct.fields]
        lower = [name.lower() for name in names]
        for name in self._start.partitions:
            if name.lower() not in lower:
                raise faults.exception(
                    "AnalysisException", "_LEGACY_ERROR_TEMP_1196", None, {},
                    f"Partition column {name} not found in existing columns ({', '.join(names)}).",
                )  # fmt: skip
        if names and len({name.lower() for name in self._start.partitions}) == len(names):
            condition = "ALL_PARTITION_COLUMNS_NOT_ALLOWED"
            raise faults.analysis(condition, "KD005", {}, "Cannot use all columns for partition columns.")

    def _kept(self, entry: dict[str, Any]) -> bool:
        """Whether a file stays in the log when it is put together."""
        if self._retention is None:
            return True
        return bool(entry["modificationTime"] >= time.time_ns() // 1_000_000 - self._retention)

    def add(self, batch_id: int, table: Any, schema: Any) -> None:
        """A batch that the log has was written before."""
        if batch_id <= max(self._log.numbers(), default=-1):
            return
        os.makedirs(self._path, exist_ok=True)
        by = self._start.partitions
        end = ".c000" if by else "-c000"
        written: list[str] = []
        try:
            writing.write_files(
                self._start.service, table, schema, self._form, self._options, by, self._path,
                lambda: f"part-00000-{uuid.uuid4()}{end}", written,
            )  # fmt: skip
            self._sync(written)
            self._log.append(batch_id, [self._entry(path) for path in written])
        except BaseException:
            # Nobody reads what the log doesn't name, but it needn't stay.
            if batch_id not in self._log.numbers():
                for path in written:
                    with contextlib.suppress(OSError):
                        os.unlink(path)
            raise

    def _sync(self, written: list[str]) -> None:
        """All of it is on disk before the log says so."""
        folders = {self._path}
        for path in written:
            with open(path, "rb+") as file:
                os.fsync(file.fileno())
            folder = os.path.dirname(path)
            while folder not in folders:
                folders.add(folder)
                folder = os.path.dirname(folder)
        for folder in folders:
            sync_folder(folder)

    def _entry(self, path: str) -> dict[str, Any]:
        found = os.stat(path)
        return {
            "path": uri(path),
            "size": found.st_size,
            "isDir": False,
            "modificationTime": found.st_mtime_ns // 1_000_000,
            "blockReplication": 1,
            "blockSize": _BLOCK,
            "action": "add",
        }

    def close(self) -> None:
        """Nothing is open."""


def committed(folder: str) -> list[str] | None:
    """The files of a folder that a stream has written, by its log; None where there is no log."""
    log = os.path.join(folder, "_spark_metadata")
    if not os.path.isdir(log):
        return None
    found: dict[str, None] = {}
    for entry in CompactedLog(log).entries():
        path = of_uri(entry["path"])
        if entry.get("action") == "delete":
            found.pop(path, None)
        else:
            found[path] = None
    return list(found)
