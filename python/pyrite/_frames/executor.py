"""The executor: DuckDB. All that Pyrite asks of it goes through this module, so that it can be exchanged."""

from __future__ import annotations

import threading
from importlib.resources import files
from typing import Any

__all__ = ["Executor", "ExecutorError"]


class ExecutorError(Exception):
    """What the executor says of a query that fails; the text is its own."""


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
        self._local = threading.local()
        for line in files("pyrite._frames").joinpath("formulas.sql").read_text(encoding="utf-8").splitlines():
            if line.startswith("CREATE"):
                self._root.execute(line)
        self._root.execute("CREATE MACRO p_user() AS " + _quoted(_user()))
        self._zone = "UTC"

    def _cursor(self) -> Any:
        cursor = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = self._root.cursor()
            self._local.zone = None
        if self._local.zone != self._zone:
            cursor.execute(f"SET TimeZone = {_quoted(self._zone)}")
            self._local.zone = self._zone
        return cursor

    def set_zone(self, zone: str) -> None:
        """The session's time zone."""
        self._zone = zone

    def put(self, name: str, table: Any) -> None:
        """A table of Arrow's under a name."""
        self._cursor().register(name, table)
        self._tables().add(name)

    def _tables(self) -> set[str]:
        tables: set[str] | None = getattr(self._local, "tables", None)
        if tables is None:
            tables = self._local.tables = set()
        return tables

    def has(self, name: str) -> bool:
        """Whether this thread's connection knows the table."""
        return name in self._tables()

    def drop(self, name: str) -> None:
        """Forget a table."""
        if name in self._tables():
            self._cursor().unregister(name)
            self._tables().discard(name)

    def run(self, sql: str) -> Any:
        """A query's rows as an Arrow table.

        Raises
        ------
        ExecutorError
            The query can't run, or a value doesn't allow what it asks.
        """
        cursor = self._cursor()
        try:
            return cursor.sql(sql).to_arrow_table()
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
            self._cursor().execute(sql)
        except self._error as error:
            raise ExecutorError(str(error)) from None

    def explain(self, sql: str) -> str:
        """The executor's own plan of a query."""
        rows = self._cursor().execute("EXPLAIN " + sql).fetchall()
        return "\n".join(str(row[-1]) for row in rows)

    def close(self) -> None:
        """Let go of everything."""
        self._root.close()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "user"
