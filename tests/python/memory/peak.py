"""The most memory that a process and its workers take together, for programs that the tests start."""

import threading

import psutil


class Peak:
    """`with Peak() as peak: ...` looks again and again; `peak.bytes` is the most that it has seen."""

    def __init__(self) -> None:
        self.bytes = 0
        self._me = psutil.Process()
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch)

    def __enter__(self) -> "Peak":
        self._watcher.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            processes = [self._me, *self._me.children(recursive=True)]
            self.bytes = max(self.bytes, sum(p.memory_info().rss for p in processes))
