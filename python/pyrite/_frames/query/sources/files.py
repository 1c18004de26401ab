"""New files of a folder: text, CSV, JSON, Parquet. The executor reads them as `spark.read` does."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.query.sources import Description
from pyrite._frames.reading import files_of, local_path, read

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Session

_OWN = {"maxfilespertrigger", "latestfirst", "filenameonly"}
_NOT_YET = {"maxbytespertrigger", "maxfileage", "maxcachedfiles", "cleansource", "sourcearchivedir"}


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
    for name in sorted(_NOT_YET & set(description.options)):
        raise faults.unsupported(f"The option {name} of a streaming source of files")
    if not any(c in path for c in "*?[{") and not os.path.exists(local_path(path)):
        raise faults.analysis("PATH_NOT_FOUND", "42K03", {"path": path}, f"Path does not exist: {path}.")
    if description.schema:
        given = json.loads(description.schema)
        for field in given["fields"]:
            field["nullable"] = True
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


class Files:
    """Offsets number the batches of files, as Spark's `FileStreamSource` does: `entries[n]` are the files of batch n."""

    def __init__(self, description: Description, session: Session) -> None:
        self._session = session
        self._form = description.form
        self._schema = schema(description)
        self._path = _path(description)
        self._options = {key: value for key, value in description.options.items() if key not in _OWN | {"path"}}
        most = description.whole("maxfilespertrigger")
        self._most = most if most is None or most > 0 else None
        self._newest_first = description.flag("latestfirst")
        self._by_name = description.flag("filenameonly")
        self.description = f"FileStreamSource[file:{os.path.abspath(local_path(self._path))}]"
        self.entries: list[list[tuple[str, int]]] = []
        self._seen: set[str] = set()
        self._frozen: list[tuple[str, int]] | None = None
        self._took = 0.0

    def _new(self) -> list[tuple[str, int]]:
        """Files that no batch has had, with their times, in the order in which batches take them."""
        if self._frozen is not None:
            found = self._frozen
        else:
            begin = time.perf_counter()
            found = self._listed()
            self._took = time.perf_counter() - begin
        return [each for each in found if self._key(each[0]) not in self._seen]

    def _listed(self) -> list[tuple[str, int]]:
        files = []
        for path in files_of([self._path], self._options):
            try:
                files.append((path, os.stat(path).st_mtime_ns // 1_000_000))
            except FileNotFoundError:
                continue
        return sorted(files, key=lambda each: each[1], reverse=self._newest_first)

    def _key(self, path: str) -> str:
        return os.path.basename(path) if self._by_name else path

    def latest(self, start: Any) -> Any:
        """The next batch of files gets its number here."""
        new = self._new()[: self._most]
        if new:
            self.entries.append(new)
            self._seen.update(self._key(path) for path, _ in new)
        return {"logOffset": len(self.entries) - 1} if self.entries else None

    def rows(self, start: Any, end: Any) -> Any:
        """What the executor reads of the files of these batches."""
        from pyrite._frames.arrow_types import conformed, schema_of
        from pyrite._frames.query.planned import schema_message
        from pyrite._frames.running import run_sql

        first = 0 if start is None else start["logOffset"] + 1
        paths = [path for entry in self.entries[first : end["logOffset"] + 1] for path, _ in entry]
        catalog = self._session.catalog
        sql, schema = read(catalog, self._form, self._schema, paths, self._options)
        return conformed(run_sql(catalog, sql), schema_of(schema_message(schema)))

    def commit(self, end: Any) -> None:
        """The files stay where they are."""

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
