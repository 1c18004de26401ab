"""Lines of a socket. A thread of its own reads; what is read waits until its batch is committed, and no more than so much of it."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.query.sources import Description, no_schema_of_users

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Session

# Received bytes that wait for a batch: beyond, the sender waits.
_MOST = 64 << 20


def schema(description: Description) -> str:
    """`value`, and the moment of its reception where that is wanted."""
    no_schema_of_users(description, "TextSocketSourceProvider")
    for name in ("host", "port"):
        if name not in description.options:
            raise faults.exception(
                "AnalysisException",
                f"_LEGACY_ERROR_TEMP_{1295 + (name == 'port')}",
                None,
                {},
                f'Set a {name} to read from with option("{name}", ...).',
            )
    fields = [{"name": "value", "type": "string", "nullable": True, "metadata": {}}]
    if description.flag("includetimestamp"):
        fields.append({"name": "timestamp", "type": "timestamp", "nullable": True, "metadata": {}})
    return json.dumps({"type": "struct", "fields": fields})


def open_source(description: Description, session: Session) -> Socket:
    """Connect."""
    return Socket(description, session)


class Socket:
    """Offsets count lines from -1, as Spark's `TextSocketMicroBatchStream`."""

    def __init__(self, description: Description, session: Session) -> None:
        host, port = description.options["host"], description.whole("port") or 0
        self.description = f"TextSocketV2[host: {host}, port: {port}]"
        self._timed = description.flag("includetimestamp")
        self._session = session
        # Blocks of whole lines: (number of lines, bytes, moment); `_first` is the number of the first line of them.
        self._blocks: list[tuple[int, bytes, int]] = []
        self._first = 0
        self._lines = 0
        self._bytes = 0
        self._committed = -1
        self._frozen: int | None = None
        self._changed = threading.Condition()
        self._closed = False
        self._socket = socket.create_connection((host, port))
        self._reader = threading.Thread(target=self._read, name=f"pyrite-socket-{host}:{port}", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        rest = b""
        with contextlib.suppress(OSError):
            while not self._closed:
                block = self._socket.recv(1 << 18)
                if not block:
                    break
                whole, newline, tail = block.rpartition(b"\n")
                if not newline:
                    rest += block
                    continue
                lines, rest = rest + whole, tail
                self._put(lines)
        if rest and not self._closed:
            self._put(rest)

    def _put(self, lines: bytes) -> None:
        count = lines.count(b"\n") + 1
        with self._changed:
            self._changed.wait_for(lambda: self._bytes < _MOST or self._closed)
            self._blocks.append((count, lines, time.time_ns() // 1_000_000))
            self._lines += count
            self._bytes += len(lines)
        self._session.wake.set()

    def latest(self, start: Any) -> int:
        """The last line that came."""
        with self._changed:
            return self._lines - 1 if self._frozen is None else self._frozen

    def rows(self, start: Any, end: int) -> Any:
        """Lines by number."""
        import pyarrow as pa

        begin = -1 if start is None else start
        parts: list[bytes] = []
        times: list[tuple[int, int]] = []
        with self._changed:
            at, blocks = self._first, list(self._blocks)
        for count, block, moment in blocks:
            first, last = max(0, begin + 1 - at), min(count, end + 1 - at)
            if first < last:
                whole = (first, last) == (0, count)
                parts.append(block if whole else b"\n".join(block.split(b"\n")[first:last]))
                times.append((moment * 1000, last - first))
            at += count
        columns = {"value": _lines(b"\n".join(parts)) if parts else pa.array([], pa.string())}
        if self._timed:
            moments = [pa.repeat(pa.scalar(moment, pa.int64()), count) for moment, count in times]
            made = pa.concat_arrays(moments) if moments else pa.array([], pa.int64())
            columns["timestamp"] = made.cast(pa.timestamp("us", "UTC"))
        return pa.table(columns)

    def commit(self, end: int) -> None:
        """These lines go. A socket can't send again what it has sent: after a restart lines are counted anew, and that ends it."""
        if end < self._committed:
            raise faults.exception(
                "IllegalStateException",
                None,
                None,
                {},
                f"Offsets committed out of order: {self._committed} followed by {end}",
            )
        self._committed = end
        with self._changed:
            while self._blocks and self._first + self._blocks[0][0] <= end + 1:
                count, block, _ = self._blocks.pop(0)
                self._first += count
                self._bytes -= len(block)
            self._changed.notify_all()

    def available(self) -> int:
        """The last line that came."""
        return self._lines - 1

    def freeze(self) -> None:
        """Lines that have come."""
        self._frozen = self._lines - 1

    def patience(self) -> float:
        """The reader wakes the query."""
        return 1.0

    def close(self) -> None:
        """Hang up."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        if self._reader is not threading.current_thread():
            self._reader.join(2)


def _lines(text: bytes) -> Any:
    """The lines of a text, which ends with its last one. Arrow splits what is plain."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if b"\r" not in text:
        ends = pa.py_buffer(b"\0\0\0\0" + len(text).to_bytes(4, sys.byteorder))
        whole = pa.StringArray.from_buffers(1, ends, pa.py_buffer(text))
        try:
            whole.validate(full=True)
        except pa.ArrowInvalid:
            pass  # not UTF-8
        else:
            return pc.split_pattern(whole, "\n").flatten()
    return pa.array([line.removesuffix("\r") for line in text.decode("utf-8", "replace").split("\n")], pa.string())
