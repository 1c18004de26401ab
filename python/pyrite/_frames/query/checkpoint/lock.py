"""One query at a time has a checkpoint: in this process by a set of folders, against others by a lock of the system's."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from pyrite._frames import faults

__all__ = ["Lock"]

_held: set[str] = set()
_guard = threading.Lock()


class Lock:
    """Goes with the process, however that ends."""

    def __init__(self, path: str, batch: Callable[[], int | None]) -> None:
        self._path = os.path.realpath(path)
        with _guard:
            taken = self._path in _held
            _held.add(self._path)
        if taken:
            raise _refused(path, batch())
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                _take(self._handle)
            except OSError:
                os.close(self._handle)
                raise _refused(path, batch()) from None
        except BaseException:
            self._forget()
            raise

    def _forget(self) -> None:
        with _guard:
            _held.discard(self._path)

    def release(self) -> None:
        """Let others have it."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)
            self._forget()


def _take(handle: int) -> None:
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        return
    import fcntl

    # The kind that a child does not inherit: a worker that outlives its parent must not hold the query back.
    fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _refused(path: str, batch: int | None) -> Exception:
    number = 0 if batch is None else batch
    return faults.exception(
        "SparkException", "CONCURRENT_STREAM_LOG_UPDATE", "40000", {"batchId": str(number)},
        f"[CONCURRENT_STREAM_LOG_UPDATE] Concurrent update to the log. Multiple streaming jobs detected for {number}. Please make sure "
        f"only one streaming job runs on a specific checkpoint location at a time: {os.path.dirname(path)} is in use. SQLSTATE: 40000",
    )  # fmt: skip
