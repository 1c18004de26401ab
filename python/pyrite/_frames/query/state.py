"""Keyed state of one operator: rows by their first columns.

A batch asks for the keys that came and writes those back, so that its cost is that of its own rows, however many keys there are;
what a version has changed is known, for a checkpoint that writes only that. A dict of Python's does it: for the rows of a batch it
is as fast as the queries around it, and a row that isn't touched is one tuple.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyrite._frames.query.checkpoint.state import StoreFiles

__all__ = ["Changes", "StateStore", "frozen"]

Row = tuple[Any, ...]
# Tables of the rows that a version has put, and of those that it has removed.
Changes = tuple[Any, Any]


class StateStore:
    """Rows of a schema of Arrow's; the first `width` columns are the key. Only one thread at a time uses it."""

    def __init__(self, schema: Any, width: int) -> None:
        self.schema = schema
        self.width = width
        self.version = 0
        self._rows: dict[Any, Row] = {}
        # Rows that were put and removed since the last version, where a checkpoint writes them down.
        self._put: dict[Any, Row] = {}
        self._removed: dict[Any, Row] = {}
        self.files: StoreFiles | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, keys: Any) -> list[Row | None]:
        """The row of each key of a table, whose first columns are the keys; None where there is none."""
        find = self._rows.get
        return [find(key) for key in self.keys_of(keys)]

    def put(self, table: Any) -> None:
        """Write rows, all columns of them."""
        rows = _rows_of(table)
        changed = dict(zip(self.keys_of(table), rows, strict=True))
        self._rows.update(changed)
        if self.files is not None:
            self._put.update(changed)
            if self._removed:
                for key in changed:
                    self._removed.pop(key, None)

    def remove(self, keys: Iterable[Any]) -> list[Row]:
        """Take rows out, by what `keys_of` gives."""
        gone = []
        for key in keys:
            row = self._rows.pop(key, None)
            if row is not None:
                gone.append(row)
                if self.files is not None:
                    self._put.pop(key, None)
                    self._removed[key] = row
        return gone

    def row(self, key: Any) -> Row | None:
        """The row of a key, as `keys_of` gives it."""
        return self._rows.get(key)

    def key_table(self, keys: Iterable[Any]) -> Any:
        """Keys as the columns of a table."""
        import pyarrow as pa

        columns = list(zip(*keys, strict=True)) or [()] * self.width
        return pa.Table.from_arrays(
            [pa.array(column, field.type) for column, field in zip(columns, self.schema, strict=False)],
            names=self.schema.names[: self.width],
        )

    def items(self) -> Iterable[tuple[Any, Row]]:
        """All rows, with their keys."""
        return self._rows.items()

    def table(self, rows: Iterable[Row]) -> Any:
        """Rows as a table."""
        import pyarrow as pa

        columns = list(zip(*rows, strict=True)) or [()] * len(self.schema)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self.schema, strict=True)]
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def all(self) -> Any:
        """All rows as a table."""
        return self.table(self._rows.values())

    def commit(self, version: int) -> None:
        """The batch is done: what it has changed is on disk when this returns, where there is a checkpoint."""
        if self.files is not None:
            changes = self.table(self._put.values()), self.table(self._removed.values())
            self._put, self._removed = {}, {}
            self.files.write(self, version, changes)
        self.version = version

    def restore(self, put: Any, removed: Any) -> None:
        """Changes that were written down."""
        self._rows.update(zip(self.keys_of(put), _rows_of(put), strict=True))
        for key in self.keys_of(removed):
            self._rows.pop(key, None)

    def memory(self) -> int:
        """About how many bytes it takes."""
        return 200 + len(self._rows) * (120 + 40 * len(self.schema))

    def keys_of(self, table: Any) -> list[Any]:
        """What the store knows the rows of a table by."""
        columns = [_hashable(table.column(at)) for at in range(self.width)]
        if len(columns) == 1:
            return columns[0]
        return list(zip(*columns, strict=True)) if columns else [()] * table.num_rows


def _rows_of(table: Any) -> list[Row]:
    columns = [column.to_pylist() for column in table.columns]
    return list(zip(*columns, strict=True)) if columns else [()] * table.num_rows


def _hashable(column: Any) -> list[Any]:
    import pyarrow as pa

    values: list[Any] = column.to_pylist()
    if pa.types.is_nested(column.type):
        return [frozen(value) for value in values]
    if pa.types.is_floating(column.type):
        # One NaN is another's equal.
        return ["nan" if value != value else value for value in values]
    return values


def frozen(value: Any) -> Any:
    """A value as a part of a key."""
    if isinstance(value, dict):
        return tuple(frozen(each) for each in value.values())
    if isinstance(value, list | tuple):
        return tuple(map(frozen, value))
    return "nan" if isinstance(value, float) and value != value else value
