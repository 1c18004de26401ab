"""What plans refer to: local rows, views, files, kept tables, registered functions, settings."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.settings import Settings

if TYPE_CHECKING:
    from pyrite._frames.executor import Executor

__all__ = ["Catalog", "plain_table"]

# Local rows of more bytes than this in all are forgotten, oldest first: a plan that needs them brings them again.
_LOCAL_BYTES = 256 << 20


class Catalog:
    """The names of one session. The planner's questions are its methods `local` to `values`."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        self.executor = executor
        self.settings = settings
        self.views: dict[str, bytes] = {}
        self.functions: dict[str, bytes] = {}
        self.tables: dict[str, tuple[Any, str]] = {}
        self.caches: dict[bytes, tuple[str, str]] = {}
        self._local: dict[str, Any] = {}
        self._local_bytes = 0
        self._next = 0

    def fresh(self, prefix: str) -> str:
        """A name for a table that no other has."""
        self._next += 1
        return f"{prefix}{self._next}"

    def local(self, data: bytes) -> str:
        """The table of an Arrow stream."""
        name = "l" + hashlib.blake2b(data, digest_size=12).hexdigest()
        if name not in self._local:
            import pyarrow as pa

            self._local[name] = table = plain_table(pa.ipc.open_stream(io.BytesIO(data)).read_all())
            self._local_bytes += table.nbytes
            while self._local_bytes > _LOCAL_BYTES and len(self._local) > 1:
                oldest = next(iter(self._local))
                self._local_bytes -= self._local.pop(oldest).nbytes
                self.executor.drop(oldest)
        if not self.executor.has(name):
            self.executor.put(name, self._local[name])
        return name

    def view(self, parts: list[str]) -> bytes | None:
        """The plan of a view or a table."""
        if len(parts) == 2 and parts[0] == "global_temp":
            return self.views.get("global_temp." + parts[1].lower())
        if len(parts) == 1 or parts[-2].lower() == "default":
            return self.views.get(parts[-1].lower())
        return None

    def read(self, form: str, schema: str | None, paths: list[str], options: dict[str, str]) -> tuple[str, str]:
        """The SQL that reads files, and their schema."""
        from pyrite._frames.reading import read

        return read(self, form, schema, paths, options)

    def keep(self, table: Any, schema: str) -> str:
        """Keep a table of Arrow's; gives its id."""
        name = self.fresh("k")
        self.tables[name] = (plain_table(table), schema)
        return name

    def kept(self, name: str) -> tuple[str, str]:
        """A kept table's name and schema."""
        if name not in self.tables:
            raise faults.unsupported("A DataFrame of a session that has ended")
        table, schema = self.tables[name]
        if not self.executor.has(name):
            self.executor.put(name, table)
        return name, schema

    def cached(self, relation: bytes) -> tuple[str, str] | None:
        """The table that a cached relation became."""
        found = self.caches.get(relation)
        return None if found is None else self.kept(found[0])

    def function(self, name: str) -> bytes | None:
        """A function registered by name."""
        return self.functions.get(name.lower())

    def setting(self, key: str) -> str | None:
        """A setting of the session, or None."""
        return self.settings.get(key)

    def values(self, steps: list[Any], sql: str) -> list[str | None]:
        """A query's only column as texts, now."""
        from pyrite._frames.running import run_sql, run_steps

        run_steps(self, steps)
        found: list[str | None] = run_sql(self, sql).column(0).to_pylist()
        return found


def plain_table(table: Any) -> Any:
    """The same with types that the executor takes as Spark means them: durations are whole microseconds."""
    import pyarrow as pa

    def plain(kind: Any) -> Any:
        if pa.types.is_duration(kind):
            return pa.int64()
        if pa.types.is_timestamp(kind) and kind.unit != "us":
            return pa.timestamp("us", kind.tz)
        return kind

    fields = [field.with_type(plain(field.type)) for field in table.schema]
    if fields == list(table.schema):
        return table
    columns = []
    for column, field in zip(table.columns, fields, strict=True):
        if pa.types.is_duration(column.type):
            column = column.cast(pa.duration("us"))
        columns.append(column.cast(field.type, safe=False))
    return pa.table(columns, schema=pa.schema(fields))
