"""The two ends of a program's pipes, for one thread that serves both: it never waits for one while the other is ready.

A system that can wait for several pipes at once needs nothing else (`Selected`). Windows can't; there two threads move
bytes, and nothing but bytes (`Threaded`). Both have the same methods.
"""

from __future__ import annotations

import os
import queue
import selectors
import threading
from typing import Any

_MOST = 1 << 16


class Selected:
    """Ends that a selector waits for."""

    def __init__(self, into: Any, out: Any, patience: float) -> None:
        """Files without buffers; a look lasts no longer than `patience` seconds."""
        # Whether it may still be written to, and whether something may still come.
        self.takes = self.gives = True
        self._into, self._out, self._patience = into, out, patience
        self._unsent = memoryview(b"")
        os.set_blocking(into.fileno(), False)
        self._ready = selectors.DefaultSelector()
        self._ready.register(into, selectors.EVENT_WRITE)
        self._ready.register(out, selectors.EVENT_READ)

    def look(self) -> tuple[bytes, bool]:
        """What came, and whether all is written and more may be. Sends what waits."""
        ready = [key.fileobj for key, _ in self._ready.select(self._patience)]
        read = b""
        if self._out in ready:
            read = self._out.read(_MOST)
            if not read:
                self._ready.unregister(self._out)
                self.gives = False
        if self._into in ready:
            self._send()
        return read, self._into in ready and self.takes and not self._unsent

    def write(self, block: bytes) -> None:
        """Sends more; only where all is written."""
        self._unsent = memoryview(block)
        self._send()

    def finish(self) -> None:
        """Nothing more is written; what waits is lost."""
        if self.takes:
            self.takes = False
            self._ready.unregister(self._into)
            self._into.close()

    def close(self) -> None:
        """Lets go of the files."""
        self.finish()
        self._ready.close()
        self._out.close()

    def _send(self) -> None:
        try:
            while self._unsent:
                written = self._into.write(self._unsent)
                if not written:
                    return
                self._unsent = self._unsent[written:]
        except BrokenPipeError:  # it may stop reading
            self.finish()


class Threaded:
    """Ends that two threads wait at. They end with the program, at the latest with what it has started."""

    def __init__(self, into: Any, out: Any, patience: float) -> None:
        """As `Selected`."""
        self.takes = self.gives = True
        self._patience = patience
        self._busy = self._broken = self._over = False
        self._blocks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        # What was read; None where a block is written.
        self._events: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        # What was read and not looked at stays within bounds.
        self._room = threading.Semaphore(16)
        for work in (self._write_all, into), (self._read_all, out):
            threading.Thread(target=work[0], args=work[1:], name="pyrite-pipe", daemon=True).start()

    def look(self) -> tuple[bytes, bool]:
        """As `Selected`."""
        read = b""
        try:
            ready = self.takes and not self._busy
            event = self._events.get_nowait() if ready else self._events.get(timeout=self._patience)
        except queue.Empty:
            return read, ready
        if event is None:
            self._busy = False
            if self._broken:
                self.finish()
        else:
            read = event
            self._room.release()
            self.gives = bool(read)
        return read, self.takes and not self._busy

    def write(self, block: bytes) -> None:
        """As `Selected`."""
        self._busy = True
        self._blocks.put(block)

    def finish(self) -> None:
        """As `Selected`."""
        if self.takes:
            self.takes = False
            self._blocks.put(b"")

    def close(self) -> None:
        """As `Selected`; the files are let go of once nobody waits at them."""
        self.finish()
        self._over = True
        self._room.release()

    def _write_all(self, into: Any) -> None:
        try:
            with into:
                for block in iter(self._blocks.get, b""):
                    unsent = memoryview(block)
                    while unsent and not self._over:
                        unsent = unsent[into.write(unsent) :]
                    self._events.put(None)
        except OSError:  # it may stop reading
            self._broken = True
            self._events.put(None)

    def _read_all(self, out: Any) -> None:
        with out:
            read = b"more"
            while read and not self._over:
                self._room.acquire()
                read = out.read(_MOST)
                self._events.put(read)
