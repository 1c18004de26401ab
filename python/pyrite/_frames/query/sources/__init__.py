"""Where a stream's rows come from. A source is a file here, with a class and a line in `FORMATS`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from pyrite._frames import faults

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Session

__all__ = ["Description", "Source", "opened", "schema_of"]

# Offsets are what JSON has: a checkpoint writes them as Spark does.
Offset = Any


class Source(Protocol):
    """An open source of one query. Its methods are called by the query's own thread."""

    # What progress calls it.
    description: str

    def latest(self, start: Offset | None) -> Offset | None:
        """The end of the next batch after `start` (None: the beginning); None where there never was anything."""

    def rows(self, start: Offset | None, end: Offset) -> Any:
        """The rows after `start` up to `end`, as an Arrow table of the source's schema; the same whenever it is asked."""

    def commit(self, end: Offset) -> None:
        """A batch up to `end` is done: what came before isn't asked for again. Called for the last one when a query goes on, too."""

    def available(self) -> Offset | None:
        """What progress shows as the latest offset; None where the source doesn't tell."""

    def freeze(self) -> None:
        """Trigger `availableNow`: what comes from now on isn't for this query."""

    def patience(self) -> float:
        """Seconds until it is worth to ask for `latest` again; `Session.wake` may end the wait earlier."""

    def close(self) -> None:
        """The query has ended. May be called from another thread."""


class Description:
    """What a plan says of a source: it has a schema before it is open."""

    def __init__(
        self,
        form: str,
        schema: str | None,
        paths: list[str],
        options: Mapping[str, str],
        data_source: bytes | None = None,
    ) -> None:
        self.form = form
        # The pickled class, where the format is one that was registered.
        self.data_source = data_source
        self.schema = schema
        self.paths = paths
        self.options = dict(options)

    def shown(self) -> str:
        """What an error says of it."""
        where = self.paths[0] if self.paths else self.options.get("path", "")
        return f"FileSource[{where}]" if where else self.form

    def flag(self, name: str) -> bool:
        """An option that is true or false."""
        return self.options.get(name, "false").lower() == "true"

    def whole(self, name: str, default: int | None = None) -> int | None:
        """An option that is a whole number."""
        text = self.options.get(name)
        if text is None:
            return default
        try:
            return int(text)
        except ValueError:
            raise faults.exception(
                "IllegalArgumentException",
                None,
                None,
                {},
                f"Invalid value '{text}' for option '{name}', must be a whole number",
            ) from None


# The modules of the formats. Each has `schema(description) -> JSON`, which checks options too, and `open_source(description, session)`.
# A source that needs a log of its own has `session.folder` for it then: None where the query has no checkpoint.
FORMATS = {
    "socket": "socket",
    "rate": "rate",
    "rate-micro-batch": "rate_batch",
    "kafka": "kafka",
    "text": "files",
    "csv": "files",
    "json": "files",
    "parquet": "files",
}

_NOT_YET = {"orc", "avro", "xml", "binaryfile", "statestore", "delta"}
_BATCH_ONLY = {"console", "memory", "noop", "jdbc"}


def _module(description: Description) -> Any:
    form = description.form
    lower = form.lower()
    if lower in FORMATS:
        return importlib.import_module(f"{__name__}.{FORMATS[lower]}")
    if description.data_source is not None:
        return importlib.import_module(f"{__name__}.python")
    if lower in _NOT_YET:
        raise faults.unsupported(f"The streaming source {form}")
    if lower in _BATCH_ONLY:
        raise faults.exception(
            "UnsupportedOperationException", "_LEGACY_ERROR_TEMP_2049", None, {"className": form, "operator": "reading"},
            f"Data source {form} does not support streamed reading.",
        )  # fmt: skip
    raise faults.no_such_source(form)


def schema_of(description: Description) -> str:
    """The JSON of the schema of what comes."""
    schema: str = _module(description).schema(description)
    return schema


def opened(description: Description, session: Session, folder: str | None = None) -> Source:
    """The source, open, for one query; in the folder is what it wrote down before."""
    session.folder = folder
    source: Source = _module(description).open_source(description, session)
    return source


def no_schema_of_users(description: Description, provider: str) -> None:
    """These sources have one schema only."""
    if description.schema:
        raise faults.exception(
            "UnsupportedOperationException", "_LEGACY_ERROR_TEMP_2242", None, {"provider": provider},
            f"{provider} source does not support user-specified schema.",
        )  # fmt: skip
