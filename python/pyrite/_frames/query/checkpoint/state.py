"""Operators' rows by version: what a batch changed, and all of them now and then.

The rows before batch N are version N. `state/O/` has the stores of operator O: `S.N.delta` is what version N changed of version
N - 1, `S.N.snapshot` is all of it. A file is a mark, lengths, Arrow streams and a checksum, so that it holds every type that a state's
schema can have, and a file that was cut off or altered is known as such: then an older snapshot and the deltas after it are read.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.query.checkpoint import files
from pyrite._frames.query.checkpoint.schema import check, described

if TYPE_CHECKING:
    from pyrite._frames.query.operators import Operator
    from pyrite._frames.query.state import Changes, StateStore

__all__ = ["StateFiles", "StoreFiles"]

_MARK = b"PyriteState1\n"
_DIGEST = 16
# At most so many deltas are read after a snapshot.
_MOST_DELTAS = 1000


class StateFiles:
    """The folder `state` of a checkpoint."""

    def __init__(self, folder: str, deltas: int) -> None:
        self._folder = folder
        self._deltas = deltas
        self._stores: list[StoreFiles] = []

    def open(self, operators: list[Operator], version: int, partitions: int) -> None:
        """Have the operators' stores hold that version, and write down the next ones."""
        told = [described(at, operator, partitions) for at, operator in enumerate(operators)]
        check(self._folder, told, version)
        for at, operator in enumerate(operators):
            folder = os.path.join(self._folder, str(at))
            os.makedirs(os.path.join(folder, "_metadata"), exist_ok=True)
            text = "v1\n" + json.dumps(told[at]["metadata"], separators=(",", ":"))
            for name, data in (("metadata", text), ("schema.pyrite", json.dumps(told[at]["stores"]))):
                path = os.path.join(folder, "_metadata", name)
                if files.text_of(path) != data:
                    files.write(path, data.encode())
            for number, store in enumerate(operator.stores()):
                kept = StoreFiles(folder, number, self._deltas)
                kept.load(store, version)
                store.files = kept
                self._stores.append(kept)

    def purge(self, oldest: int) -> None:
        """Remove what no version from that one on needs."""
        for store in self._stores:
            store.purge(oldest)


class StoreFiles:
    """The files of one store."""

    def __init__(self, folder: str, number: int, deltas: int) -> None:
        self._folder = folder
        self._number = number
        self._deltas = deltas
        # Deltas since the last snapshot, and the rows in them.
        self._since = self._rows = 0
        self._snapshots: list[int] = []
        self._oldest = 0

    def _path(self, version: int, kind: str) -> str:
        return os.path.join(self._folder, f"{self._number}.{version}.{kind}")

    def _versions(self, kind: str) -> list[int]:
        found = []
        for name in os.listdir(self._folder):
            parts = name.split(".")
            if len(parts) == 3 and parts[0] == str(self._number) and parts[2] == kind and parts[1].isdigit():
                found.append(int(parts[1]))
        return sorted(found)

    def load(self, store: StateStore, version: int) -> None:
        """Fill an empty store. Later versions go: their batches run again."""
        for kind in ("delta", "snapshot"):
            for later in self._versions(kind):
                if later > version:
                    files.remove(self._path(later, kind))
        snapshots = self._versions("snapshot")
        deltas = self._versions("delta")
        self._oldest = min([*snapshots, *deltas], default=version + 1)
        broken: list[str] = []
        for base in [*reversed(snapshots), 0]:
            if base and not self._filled(store, base, broken):
                continue
            self._snapshots = [each for each in snapshots if each <= base]
            self._since = self._rows = 0
            for each in range(base + 1, version + 1):
                changes = self._read(each, "delta")
                if isinstance(changes, str):
                    raise _lost(version, "; ".join([*broken, changes]))
                store.restore(*changes)
                self._since += 1
                self._rows += sum(table.num_rows for table in changes)
            store.version = version
            return

    def _filled(self, store: StateStore, version: int, broken: list[str]) -> bool:
        tables = self._read(version, "snapshot")
        if isinstance(tables, str):
            broken.append(tables)
            return False
        store.restore(*tables)
        return True

    def _read(self, version: int, kind: str) -> tuple[Any, Any] | str:
        """The tables of a file, or what is wrong with it."""
        import pyarrow as pa

        path = self._path(version, kind)
        try:
            with open(path, "rb") as file:
                data = file.read()
        except FileNotFoundError:
            return f"{path} is missing"
        body = data[:-_DIGEST]
        if len(data) < len(_MARK) + 16 + _DIGEST or not data.startswith(_MARK):
            return (
                f"{path} is truncated"
                if _MARK.startswith(data[: len(_MARK)])
                else f"{path} is not a file of Pyrite's state"
            )
        if hashlib.blake2b(body, digest_size=_DIGEST).digest() != data[-_DIGEST:]:
            return f"{path} is truncated or its checksum is wrong"
        first, second = struct.unpack_from("<QQ", data, len(_MARK))
        begin = len(_MARK) + 16
        parts = data[begin : begin + first], data[begin + first : begin + first + second]
        put, removed = (pa.ipc.open_stream(part).read_all() for part in parts)
        return put, removed

    def write(self, store: StateStore, version: int, changes: Changes) -> None:
        """A version, and all of it where the deltas have become as much as that."""
        put, removed = changes
        self._save(version, "delta", put, removed)
        self._since += 1
        self._rows += put.num_rows + removed.num_rows
        if self._since >= self._deltas and (self._rows >= len(store) or self._since >= _MOST_DELTAS):
            self._save(version, "snapshot", store.all(), removed.slice(0, 0))
            self._snapshots.append(version)
            self._since = self._rows = 0

    def _save(self, version: int, kind: str, put: Any, removed: Any) -> None:
        parts = [_stream(put), _stream(removed)]
        body = b"".join([_MARK, struct.pack("<QQ", len(parts[0]), len(parts[1])), *parts])
        files.write(self._path(version, kind), body + hashlib.blake2b(body, digest_size=_DIGEST).digest())

    def purge(self, oldest: int) -> None:
        """What is before the last snapshot that version `oldest` can be made of isn't needed; one more stands by."""
        bases = [each for each in self._snapshots if each <= oldest]
        if len(bases) < 2:
            return
        base = bases[-2]
        for version in range(self._oldest, base):
            files.remove(self._path(version, "delta"))
            files.remove(self._path(version, "snapshot"))
        # The snapshot has what its own delta has.
        self._oldest = base
        self._snapshots = [each for each in self._snapshots if each >= base]


def _stream(table: Any) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _lost(version: int, why: str) -> Exception:
    condition = "CANNOT_LOAD_STATE_STORE.UNCATEGORIZED"
    return faults.exception(
        "SparkException", condition, "58030", {},
        f"[{condition}] An error occurred during loading state. The rows before batch {version} can't be put together: {why}. Restore "
        "the file, or start the query with another checkpointLocation. SQLSTATE: 58030",
    )  # fmt: skip
