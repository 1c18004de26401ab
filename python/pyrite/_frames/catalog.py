"""What plans refer to: local rows, views, files, kept tables, registered functions, settings."""

from __future__ import annotations

import hashlib
import itertools
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from pyrite._frames import faults
from pyrite._frames.arrow_types import by_place
from pyrite._frames.data_sources.registry import Registry
from pyrite._frames.settings import Settings
from pyrite._frames.warehouse import Stored, files_by_name, key_of, not_in_memory

if TYPE_CHECKING:
    from pyrite._frames.executor import Executor

__all__ = ["Catalog", "plain_table"]

# So many local relations are kept open, the last ones that were used, and no more bytes of them than this: a plan that needs
# another one brings it along.
_LOCAL_COUNT, _LOCAL_BYTES = 64, 256 << 20


class Views(MutableMapping[str, bytes]):
    """Plans by name. Global ones are those of all sessions."""

    everywhere: ClassVar[dict[str, bytes]] = {}

    def __init__(self) -> None:
        self._own: dict[str, bytes] = {}

    def _of(self, name: str) -> dict[str, bytes]:
        return self.everywhere if name.startswith("global_temp.") else self._own

    def __getitem__(self, name: str) -> bytes:
        return self._of(name)[name]

    def __setitem__(self, name: str, plan: bytes) -> None:
        self._of(name)[name] = plan

    def __delitem__(self, name: str) -> None:
        del self._of(name)[name]

    def __iter__(self) -> Iterator[str]:
        return iter([*self._own, *self.everywhere])

    def __len__(self) -> int:
        return len(self._own) + len(self.everywhere)


class Catalog:
    """The names of one session. The planner's questions are its methods `local` to `values`; any thread may ask them."""

    def __init__(self, executor: Executor, settings: Settings, context: Any) -> None:
        self.executor = executor
        self.context = context
        self.settings = settings
        self.views = Views()
        self.functions: dict[str, bytes] = {}
        self.data_sources = Registry()
        self.tables: dict[str, tuple[Any, str]] = {}
        # Tables whose rows are files, by their names.
        self.stored: dict[str, Stored] = {}
        self.caches: dict[bytes, str] = {}
        self._local: dict[str, tuple[Any, int]] = {}
        self._local_bytes = 0
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._closed = False
        self._noted = threading.local()
        # Tables that change: what gives the rows that are there now, and the last that were lent, with their number.
        self._changing: dict[str, tuple[Callable[[], Any], Any, int]] = {}
        self._stale: deque[str] = deque()

    def fresh(self, prefix: str) -> str:
        """A name for a table that no other has."""
        return f"{prefix}{next(self._numbers)}"

    def tidy(self) -> None:
        """Before a plan is made: what no plan has needed for long goes. Not in between, where this one may need it."""
        if self._closed:
            raise faults.unsupported("A DataFrame of a session that has ended")
        old = []
        with self._lock:
            while self._local and (len(self._local) > _LOCAL_COUNT or self._local_bytes > _LOCAL_BYTES):
                key = next(iter(self._local))
                self._local_bytes -= self._local.pop(key)[1]
                old.append(key)
        for _ in range(len(self._stale)):
            old.append(self._stale.popleft())
        for key in old:
            self.executor.forget(key)
        self.executor.tidy()

    def local(self, data: bytes) -> str:
        """The table of an Arrow stream."""
        key = "l" + hashlib.blake2b(data, digest_size=12).hexdigest()
        with self._lock:
            found = self._local.get(key)
        if found is not None:
            return self._opened(key, found[0])
        import pyarrow as pa

        return self._opened(key, plain_table(pa.ipc.open_stream(data).read_all()))

    def opened(self, table: Any) -> str:
        """A table that was read for the plan at hand."""
        return self._opened(self.fresh("o"), plain_table(table))

    def _opened(self, key: str, table: Any) -> str:
        with self._lock:
            # The last one that was used stands last.
            size = self._local.pop(key, (None, 0))[1]
            self._local_bytes -= size
            self._local[key] = table, size or table.nbytes
            self._local_bytes += self._local[key][1]
        return self.executor.lend(key, table)

    def view(self, parts: list[str]) -> bytes | None:
        """The plan of a view or a table."""
        if len(parts) == 2 and parts[0] == "global_temp":
            key = "global_temp." + parts[1].lower()
        elif len(parts) == 1 or parts[-2].lower() == "default":
            key = parts[-1].lower()
        else:
            return files_by_name(parts)
        noted = getattr(self._noted, "names", None)
        if noted is not None:
            noted.add(key)
        found = self.views.get(key)
        if found is None and key in self.stored:
            found = self.stored[key].relation()
        return found

    def streamed(self, parts: list[str], options: dict[str, str]) -> tuple[str, str] | None:
        """What a stream reads by a name that is a table's, as `stream` gives it; None for a view of streams, and for nothing."""
        from pyrite._frames.running import plan

        key = key_of(parts)
        if len(parts) == 1 and key is not None and key in self.views:
            with self.noting_streams() as streams:
                plan(self, self.views[key])
            if not streams:
                not_in_memory(self.views[key], "readStream.table")
                raise faults.exception(
                    "AnalysisException", "_LEGACY_ERROR_TEMP_1008", None, {"quoted": parts[-1]},
                    f"{parts[-1]} is not a temp view of streaming logical plan, please use batch API such as "
                    "`DataFrameReader.table` to read it.",
                )  # fmt: skip
            return None
        found = None if key is None else self.stored.get(key)
        if found is None:
            return None
        options = {name: value for name, value in options.items() if name.lower() != "path"}
        return self.stream(found.form, found.schema, [found.path], options)

    @contextmanager
    def noting_views(self) -> Iterator[set[str]]:
        """The names of the views that plans of this thread ask for."""
        self._noted.names = names = set[str]()
        try:
            yield names
        finally:
            self._noted.names = None

    def read(self, form: str, schema: str | None, paths: list[str], options: dict[str, str]) -> tuple[str, str]:
        """The SQL that reads files, and their schema."""
        from pyrite._frames.reading import read

        return read(self, form, schema, paths, options)

    def stream(self, form: str, schema: str | None, paths: list[str], options: dict[str, str]) -> tuple[str, str]:
        """A stream's source, for a plan that isn't run: the name of a table that isn't there, and the schema."""
        from pyrite._frames.query.sources import Description, schema_of

        description = Description(form, schema, paths, options, self.data_sources.find(form))
        found = schema_of(description)
        noted = getattr(self._noted, "streams", None)
        if noted is not None:
            noted.append(description.shown())
        return "pyrite_stream_", found

    @property
    def runs(self) -> bool:
        """Whether the plan that this thread makes is to run: what is read has to be there then."""
        return bool(getattr(self._noted, "runs", False))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Plans of this thread are to run."""
        before, self._noted.runs = self.runs, True
        try:
            yield
        finally:
            self._noted.runs = before

    @contextmanager
    def noting_streams(self) -> Iterator[list[str]]:
        """The streams that plans of this thread read."""
        before = getattr(self._noted, "streams", None)
        self._noted.streams = streams = list[str]()
        try:
            yield streams
        finally:
            # A plan may be made while another is.
            self._noted.streams = before

    def keep_changing(self, rows: Callable[[], Any], schema: str) -> str:
        """A table whose rows are asked for whenever it is read; the same object means the same rows."""
        name = self.fresh("k")
        self._changing[name] = (rows, None, 0)
        self.tables[name] = (None, schema)
        return name

    def keep(self, table: Any, schema: str) -> str:
        """Keep a table of Arrow's; gives its id."""
        name = self.fresh("k")
        self.tables[name] = (plain_table(table), schema)
        return name

    def kept(self, name: str) -> tuple[str, str]:
        """A kept table's name and schema."""
        found = self.tables.get(name)
        if found is None:
            raise faults.unsupported("A DataFrame of a session that has ended")
        table, schema = found
        if table is None:
            return self._lent_now(name), schema
        return self.executor.lend(name, table), schema

    def _lent_now(self, name: str) -> str:
        """What a table that changes has now. What it had is forgotten when no plan is in between."""
        rows = self._changing[name][0]()
        with self._lock:
            give, last, number = self._changing[name]
            if rows is not last:
                if last is not None:
                    self._stale.append(f"{name}_{number}")
                number += 1
                self._changing[name] = (give, rows, number)
        return self.executor.lend(f"{name}_{number}", rows)

    def forget(self, name: str) -> None:
        """A table that was kept isn't needed any more. The collector may say so anywhere, even where a lock is held."""
        if self.tables.pop(name, None) is not None:
            self._stale.append(name)

    def close(self) -> None:
        """Views, tables and functions go with the session."""
        self._closed = True
        for names in (self.views, self.functions, self.tables, self.stored, self.caches, self._local, self._changing):
            names.clear()
        self.executor.close()

    def cache(self, relation: bytes, table: Any, schema: str) -> None:
        """Keep what a relation became."""
        name = self.keep(table, schema)
        if self.caches.setdefault(relation, name) != name:
            self.forget(name)  # another thread was faster

    def uncache(self, relation: bytes) -> None:
        """Its rows are computed again from now on."""
        name = self.caches.pop(relation, None)
        if name is not None:
            self.forget(name)

    def cached(self, relation: bytes) -> tuple[str, str] | None:
        """The table that a cached relation became."""
        found = self.caches.get(relation)
        return None if found is None or found not in self.tables else self.kept(found)

    def function(self, name: str) -> bytes | None:
        """A function registered by name."""
        return self.functions.get(name.lower())

    def setting(self, key: str) -> str | None:
        """A setting of the session, or None."""
        return self.settings.get(key)

    def values(self, steps: list[Any], sql: str) -> list[str | None]:
        """A query's only column as texts, now."""
        from pyrite._frames.running import run_sql, run_steps

        with run_steps(self, steps):
            found: list[str | None] = run_sql(self, sql).column(0).to_pylist()
        return found


def plain_table(table: Any) -> Any:
    """The same with types that the executor takes as Spark means them: durations are whole microseconds, and a struct's
    fields have the names that the planner gives them, of which no two differ in case alone.
    """
    import pyarrow as pa

    def plain(kind: Any) -> Any:
        if pa.types.is_struct(kind):
            fields = [field.with_type(plain(field.type)) for field in kind]
            return pa.struct([field.with_name(name) for field, name in zip(fields, _field_names(kind), strict=True)])
        if pa.types.is_list(kind):
            return pa.list_(kind.value_field.with_type(plain(kind.value_type)))
        if pa.types.is_map(kind):
            return pa.map_(
                kind.key_field.with_type(plain(kind.key_type)), kind.item_field.with_type(plain(kind.item_type))
            )
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
        columns.append(
            by_place(column, field.type) if pa.types.is_nested(field.type) else column.cast(field.type, safe=False)
        )
    return pa.table(columns, schema=pa.schema(fields))


def _field_names(kind: Any) -> list[str]:
    """The planner's names of a struct's fields."""
    seen: set[str] = set()
    names = []
    for at, field in enumerate(kind):
        own = re.search("[\0-\6]", field.name)
        if field.name and not own and field.name.lower() not in seen:
            seen.add(field.name.lower())
            names.append(field.name)
        else:
            names.append(re.sub("[\0-\6]", "", field.name) + f"\1{at}")
    return names
