"""Programs with all processes they start: the most memory they are found with, and how long processors worked for them."""

import threading

import psutil

LOOK_EVERY = 0.05


def resident(root: psutil.Process) -> int:
    total = 0
    try:
        for process in [root, *root.children(recursive=True)]:
            total += process.memory_info().rss
    except psutil.Error:
        pass  # one has ended meanwhile: the next look is 50 ms away
    return total


def worked(root: int) -> float:
    """Processor seconds so far: steadier than the clock while others use the machine."""
    total = 0.0
    try:
        program = psutil.Process(root)
        for process in [program, *program.children(recursive=True)]:
            spent = process.cpu_times()
            # What has ended and was waited for is in its parent's `children_*`; Windows has none.
            total += spent.user + spent.system
            total += getattr(spent, "children_user", 0.0) + getattr(spent, "children_system", 0.0)
    except psutil.Error:
        pass  # one has ended meanwhile
    return total


class Peaks:
    """Looks at processes, by the names they are given, until the end of the `with`; `bytes` says what was found."""

    def __init__(self, processes: dict[str, int]) -> None:
        self.bytes = dict.fromkeys(processes, 0)
        self._roots = {name: psutil.Process(pid) for name, pid in processes.items()}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._end.wait(LOOK_EVERY):
            for name, root in self._roots.items():
                self.bytes[name] = max(self.bytes[name], resident(root))

    def __enter__(self) -> "Peaks":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
