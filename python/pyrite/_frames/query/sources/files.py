"""New files of a folder: text, CSV, JSON, Parquet. The executor reads them as `spark.read` does."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.partitioned import columns_of
from pyrite._frames.query.checkpoint.compacted import CompactedLog
from pyrite._frames.query.checkpoint.paths import of_uri, uri
from pyrite._frames.query.sources import Description
from pyrite._frames.query.sources.cleaning import cleaner
from pyrite._frames.query.sources.seen import Seen
from pyrite._frames.query.triggers import duration
from pyrite._frames.reading import files_of, local_path, read

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Session

_OWN = {
    "maxfilespertrigger", "maxbytespertrigger", "latestfirst", "filenameonly", "maxfileage", "maxcachedfiles", "cleansource",
    "sourcearchivedir", "discardcachedinputratio",
}  # fmt: skip
_WEEK = 7 * 24 * 3_600_000


def _path(description: Description) -> str:
    paths = description.paths or ([description.options["path"]] if "path" in description.options else [])
    if not paths:
        raise faults.exception(
            "IllegalArgumentException", "_LEGACY_ERROR_TEMP_2047", None, {}, "'path' is not specified."
        )
    return paths[0]


def schema(description: Description) -> str:
    """The user's, or that of lines."""
    path = _path(description)
    if not any(c in path for c in "*?[{") and not os.path.exists(local_path(path)):
        raise faults.analysis("PATH_NOT_FOUND", "42K03", {"path": path}, f"Path does not exist: {path}.")
    if description.schema:
        given = json.loads(description.schema)
        for field in given["fields"]:
            field["nullable"] = True
        # What folders are named by comes last, as for a DataFrame of files.
        here = files_of(
            [path], {key: value for key, value in description.options.items() if key not in _OWN | {"path"}}
        )
        last = {name.lower() for name, _ in columns_of(here[0], local_path(path))} if here else set()
        given["fields"].sort(key=lambda field: field["name"].lower() in last)
        return json.dumps(given)
    if description.form.lower() == "text":
        field = {"name": "value", "type": "string", "nullable": True, "metadata": {}}
        return json.dumps({"type": "struct", "fields": [field]})
    raise faults.exception(
        "IllegalArgumentException", "_LEGACY_ERROR_TEMP_2048", None, {},
        "Schema must be specified when creating a streaming source DataFrame. If some files already exist in the directory, then "
        "depending on the file format you may be able to create a static DataFrame on that directory with "
        "'spark.read.load(directory)' and infer schema from it.",
    )  # fmt: skip


def open_source(description: Description, session: Session) -> Files:
    """Nothing is read yet."""
    return Files(description, session)


def _positive(description: Description, name: str) -> int | None:
    """An option that limits a batch."""
    text = description.options.get(name.lower())
    if text is None:
        return None
    if text.strip().isdigit() and int(text) > 0:
        return int(text)
    raise faults.exception(
        "IllegalArgumentException",
        None,
        None,
        {},
        f"Invalid value '{text}' for option '{name}', must be a positive integer",
    )


def _flag(description: Description, name: str) -> bool:
    text = description.options.get(name.lower(), "false")
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    raise faults.exception(
        "IllegalArgumentException",
        None,
        None,
        {},
        f"Invalid value '{text}' for option '{name}', must be 'true' or 'false'",
    )


class Files:
    """Offsets number the batches of files, as Spark's `FileStreamSource` does; each is written down before it is used."""

    def __init__(self, description: Description, session: Session) -> None:
        self._session = session
        self._form = description.form
        self._schema = schema(description)
        self._path = _path(description)
        self._options = {key: value for key, value in description.options.items() if key not in _OWN | {"path"}}
        self._most = _positive(description, "maxFilesPerTrigger")
        self._most_bytes = _positive(description, "maxBytesPerTrigger")
        if self._most and self._most_bytes:
            raise faults.exception(
                "IllegalArgumentException", None, None, {},
                "Options 'maxFilesPerTrigger' and 'maxBytesPerTrigger' can't be both set at the same time",
            )  # fmt: skip
        self._newest_first = _flag(description, "latestFirst")
        age: int | None = duration(description.options.get("maxfileage"), _WEEK)
        if self._newest_first and (self._most or self._most_bytes):
            # Old files come last then: they would be too old.
            age = None
        self._seen = Seen(age, by_name=_flag(description, "fileNameOnly"))
        self._clean = cleaner(description, self._path)
        self.description = f"FileStreamSource[file:{os.path.abspath(local_path(self._path))}]"
        # The files of each batch that isn't done, with their times; `_last` is the last batch there is.
        self._entries: dict[int, list[tuple[str, int]]] = {}
        self._last = -1
        self._going = False
        self._log = CompactedLog(session.folder) if session.folder is not None else None
        if self._log is not None:
            self._restore(self._log)
        self._frozen: list[tuple[str, int]] | None = None
        self._took = 0.0

    def _restore(self, log: CompactedLog) -> None:
        for entry in log.entries():
            path, moment, number = of_uri(entry["path"]), int(entry["timestamp"]), int(entry["batchId"])
            self._entries.setdefault(number, []).append((path, moment))
            self._seen.add(path, moment)
        self._seen.purge()
        self._last = max(log.numbers(), default=-1)

    def _new(self) -> list[tuple[str, int]]:
        """Files that no batch has had, with their times, in the order in which batches take them."""
        if self._frozen is not None:
            found = self._frozen
        else:
            begin = time.perf_counter()
            found = self._listed()
            self._took = time.perf_counter() - begin
        return [each for each in found if self._seen.fresh(*each)]

    def _listed(self) -> list[tuple[str, int]]:
        files = []
        for path in files_of([self._path], self._options):
            try:
                files.append((os.path.abspath(path), os.stat(path).st_mtime_ns // 1_000_000))
            except FileNotFoundError:
                continue
        return sorted(files, key=lambda each: each[1], reverse=self._newest_first)

    def _limited(self, files: list[tuple[str, int]]) -> list[tuple[str, int]]:
        if self._session.unlimited:
            return files
        if self._most_bytes is None:
            return files[: self._most]
        taken: list[tuple[str, int]] = []
        size = 0
        for path, moment in files:
            size += _size(path)
            # One at least, so that it goes on.
            if taken and size > self._most_bytes:
                break
            taken.append((path, moment))
        return taken

    def latest(self, start: Any) -> Any:
        """The next batch of files gets its number here, and is written down."""
        taken = self._limited(self._new())
        for path, moment in taken:
            self._seen.add(path, moment)
        self._seen.purge()
        if taken:
            number = self._last + 1
            if self._log is not None:
                self._log.append(
                    number, [{"path": uri(path), "timestamp": moment, "batchId": number} for path, moment in taken]
                )
            self._last = number
            self._entries[number] = taken
        return {"logOffset": self._last} if self._last >= 0 else None

    def rows(self, start: Any, end: Any) -> Any:
        """What the executor reads of the files of these batches."""
        from pyrite._frames.arrow_types import conformed, schema_of
        from pyrite._frames.query.planned import schema_message
        from pyrite._frames.running import run_sql

        first = _number(start) + 1
        paths = [path for at in range(first, _number(end) + 1) for path, _ in self._entries.get(at, ())]
        catalog = self._session.catalog
        sql, found = read(catalog, self._form, self._schema, paths, self._options, self._path)
        table = conformed(run_sql(catalog, sql), schema_of(schema_message(found)))
        names = [field["name"] for field in json.loads(self._schema)["fields"]]
        return table if names == table.column_names else table.select(names)

    def commit(self, end: Any) -> None:
        """Files of the batches before it go where the user wants them away: those of the last one when the next is done, as in Spark."""
        last = _number(end)
        for number in [each for each in self._entries if each < last]:
            files = self._entries.pop(number)
            # What was done before this run has been cleaned, but for the last batch.
            if self._clean is not None and self._going:
                for path, _ in files:
                    self._clean(path)
        self._going = True

    def available(self) -> None:
        """It doesn't tell."""

    def freeze(self) -> None:
        """The files that are there."""
        self._frozen = self._listed()

    def patience(self) -> float:
        """A folder of many files isn't looked through all the time."""
        return max(0.01, 5 * self._took)

    def close(self) -> None:
        """Nothing is open."""


def _number(offset: Any) -> int:
    return -1 if offset is None else int(offset["logOffset"])


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0
