"""The executor: DuckDB. All that Pyrite asks of it goes through this module, so that it can be exchanged."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any
from weakref import WeakSet

from pyrite._frames import ending
from pyrite._frames.ending import INSIDE
from pyrite._frames.formulas import Formulas

__all__ = ["Executor", "ExecutorError"]

_BATCH = 1 << 17


class ExecutorError(Exception):
    """What the executor says of a query that fails; the text is its own."""


class _Connection:
    """What one thread has: connections may not be shared, and what one is given the others don't see."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.zone = ""
        # Names by keys, with what keeps the table there.
        self.lent: dict[str, tuple[str, Any]] = {}
        # What other threads have forgotten. Only this one may touch its cursor.
        self.forgotten: deque[str] = deque()

    def lend(self, key: str, table: Any) -> str:
        """A table under a name of this connection's."""
        if key not in self.lent:
            # By PySpark's measure queries are small: a view, which is what `register` makes, takes as long as the query.
            source = getattr(self.cursor, "_register_source", None)
            if source is None:
                self.cursor.register(key, table)
                self.lent[key] = key, None
            else:
                handle = source(table, None)
                self.lent[key] = handle.name, handle
        return self.lent[key][0]

    def forget(self, key: str) -> None:
        """Its name goes."""
        name, handle = self.lent.pop(key, (None, None))
        if name is not None and handle is None:
            self.cursor.unregister(name)

    def table(self, sql: str) -> Any:
        """A query's rows."""
        submit = getattr(self.cursor, "_submit", None)
        if submit is None:
            return self.cursor.sql(sql).to_arrow_table(_BATCH)
        # A relation asks for the columns of a query first, which are known.
        return submit(sql, None, "arrow", _BATCH).arrow_table()


class Executor:
    """A database in memory. Its tables are Arrow tables by name."""

    def __init__(self, threads: int, memory_limit: str | None, spill: str | None) -> None:
        import duckdb

        config: dict[str, Any] = {
            "threads": threads,
            "preserve_insertion_order": "true",
            "autoinstall_known_extensions": "false",
        }
        if memory_limit:
            config["memory_limit"] = memory_limit
        if spill:
            config["temp_directory"] = spill
        self._error = duckdb.Error
        self._root = duckdb.connect(":memory:", config=config)
        self._formulas = Formulas(self._root)
        self._limit = memory_limit
        self._local = threading.local()
        self._connections: WeakSet[_Connection] = WeakSet()
        self._lock = threading.Lock()
        self._zone = "UTC"
        ending.executors.add(self)

    def interrupt(self) -> None:
        """Give up what runs, whichever thread runs it."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.cursor.interrupt()

    def _connection(self) -> _Connection:
        connection: _Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = _Connection(self._root.cursor())
            with self._lock:
                self._connections.add(connection)
        if connection.zone != self._zone:
            connection.cursor.execute(f"SET TimeZone = {_quoted(self._zone)}")
            connection.zone = self._zone
        return connection

    def set_zone(self, zone: str) -> None:
        """The session's time zone."""
        self._zone = zone

    def lend(self, key: str, table: Any) -> str:
        """Have this thread's queries find a table of Arrow's until its key is forgotten; gives the name to call it by."""
        with INSIDE:
            return self._connection().lend(key, table)

    def forget(self, key: str) -> None:
        """No thread's queries need this table any more: for others it goes when they `tidy`."""
        with INSIDE:
            self._forget(key)

    def _forget(self, key: str) -> None:
        own = self._connection()
        with self._lock:
            others = [each for each in self._connections if each is not own]
        for each in others:
            # A thread that asks no more would gather the names of all that it never had.
            if key in each.lent:
                each.forgotten.append(key)
        own.forget(key)

    def tidy(self) -> None:
        """Let go of what other threads have forgotten; nothing of this thread's may be about to run."""
        with INSIDE:
            connection = self._connection()
            while connection.forgotten:
                connection.forget(connection.forgotten.popleft())

    def put(self, name: str, table: Any) -> None:
        """A table of Arrow's under a name, for this thread's queries."""
        with INSIDE:
            self._connection().cursor.register(name, table)

    def drop(self, name: str) -> None:
        """The end of `put`."""
        with INSIDE:
            self._connection().cursor.unregister(name)

    def offer(self, name: str, table: Any) -> tuple[str, Any]:
        """A table for this thread's next queries, for less than `put`: the name to call it by, and what keeps it there."""
        with INSIDE:
            cursor = self._connection().cursor
            source = getattr(cursor, "_register_source", None)
            if source is None:
                cursor.register(name, table)
                return name, None
            handle = source(table, None)
            return handle.name, handle

    def run(self, sql: str) -> Any:
        """A query's rows as an Arrow table.

        Raises
        ------
        ExecutorError
            The query can't run, or a value doesn't allow what it asks.
        """
        try:
            with INSIDE:
                connection = self._connection()
                self._formulas.provide(sql)
                return connection.table(sql)
        except self._error as error:
            raise ExecutorError(str(error)) from None

    def execute(self, sql: str) -> None:
        """A statement without rows.

        Raises
        ------
        ExecutorError
            It can't run.
        """
        try:
            with INSIDE:
                self._formulas.provide(sql)
                self._connection().cursor.execute(sql)
        except self._error as error:
            raise ExecutorError(str(error)) from None

    def clear_up(self) -> bool:
        """Have the database forget blocks that have gone: it keeps some hundred bytes for each until they are some ten thousand.

        It looks through them where it is to keep to a limit, which here is one that it can't keep to. Whether that was done: no
        other thread's query may run meanwhile, as it would have the limit, too.
        """
        with INSIDE.alone() as alone:
            if not alone:
                return False
            try:
                cursor = self._root.cursor()
            except self._error:
                return False  # it is closed
            with cursor:
                try:
                    cursor.execute("SET memory_limit = '1KB'")
                except self._error:
                    return True  # the old limit still holds
                cursor.execute(f"SET memory_limit = {_quoted(self._limit)}" if self._limit else "RESET memory_limit")
        return True

    def explain(self, sql: str) -> str:
        """The executor's own plan of a query."""
        with INSIDE:
            self._formulas.provide(sql)
            rows = self._connection().cursor.execute("EXPLAIN " + sql).fetchall()
        return "\n".join(str(row[-1]) for row in rows)

    def close(self) -> None:
        """Let go of everything; a query that another thread still runs ends first."""
        self._local = threading.local()
        self._root.close()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
