"""Worker processes: how one is started, what it does first, and which functions may go to one.

Only what a worker needs is imported at once: tasks wait for it to begin.
"""

from __future__ import annotations

import importlib
import io
import os
import pickle
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pyrite import _engine

_MAIN = "import sys; sys.path[:] = {path!r}; from pyrite._worker import main; main()"
_KNOWN_TEXT = "pyrite"
# Nobody edits what lies here while a program runs.
_INSTALLED = (sys.prefix, sys.base_prefix, os.path.dirname(os.path.abspath(__file__)))


def known_hash() -> int:
    """What a known text hashes to: the same in processes with the same seed."""
    return hash(_KNOWN_TEXT)


def launch() -> tuple[list[str], list[tuple[str, str]], int, bool]:
    """How a worker is started: its command, what is added to the environment, the known hash here, and whether the
    worker will have it too. Where the seed isn't known, workers have 0, as PySpark's.
    """
    import subprocess

    program = [sys.executable] if sys.executable else []
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    command = [*program, *flags, "-c", _MAIN.format(path=_search_path())]
    seed = os.environ.get("PYTHONHASHSEED", "")
    known = not sys.flags.hash_randomization or seed.isdecimal()
    environment = [("PYTHONHASHSEED", seed if known and seed.isdecimal() else "0")]
    return command, environment, known_hash(), known


def _search_path() -> list[str]:
    """Where this process finds modules; Pyrite itself first, whatever lies in the current folder."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return [own, *(str(entry) for entry in sys.path)]


def may_move(functions: list[Callable[..., Any]], same_hashes: bool) -> bool:
    """Whether functions give the same there as here and nobody watches them here."""
    from pyrite._hashes import sees_no_hash
    from pyrite._lambda.watching import watched

    return watched() is None and (same_hashes or all(map(sees_no_hash, functions)))


def dump(functions: list[Callable[..., Any]]) -> bytes:
    """The task's functions, with what they hold by now, and where their modules are found."""
    import cloudpickle

    aliases = any(type(finder).__module__ == "pyrite._aliases.finder" for finder in sys.meta_path)
    return pickle.dumps((sys.path, os.getcwd(), aliases, cloudpickle.dumps(functions)))


_refused: set[str] = set()


def refused(why: str) -> None:
    """Say, once for each reason, that functions run in this process because no worker takes them."""
    if why not in _refused:
        from pyrite import _log

        _refused.add(why)
        _log.prepare()
        _log.logger.getChild("workers").info(
            "Functions run in this process, one at a time: a worker process can't take them (%s).", why
        )


def load(dumped: bytes) -> list[Callable[..., Any]]:
    """What `dump` got. The parent's search path and working folder may have changed since this process began."""
    path, folder, aliases, inner = pickle.loads(dumped)
    if sys.path[1:] != path:  # Pyrite itself stands first
        sys.path[1:] = path
        importlib.invalidate_caches()
    if folder != os.getcwd():
        os.chdir(folder)
    _forget_changed_modules()
    if aliases:
        import pyrite

        pyrite.init()
    functions: list[Callable[..., Any]] = pickle.loads(inner)
    return functions


def main() -> None:
    """Run a worker: tasks come through standard input and their rows leave through standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to handle
    ends = [os.dup(0), os.dup(1)]
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    port = _engine.WorkerPort(*map(_handle, ends))
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - it stays open
    sys.stdout, sys.stderr = _Printed(port, 1), _Printed(port, 2)
    import cloudpickle  # noqa: F401 - the first task needs it

    port.serve()


def finish() -> None:
    """After a task: send what it printed without ending the line, and note what it imported."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # a function may have put anything in its place
            stream.flush()

    for name, file in _modules():
        _written.setdefault(name, _time(file))


# The user's modules that functions have imported here, and when each file was written.
_written: dict[str, float] = {}


def _forget_changed_modules() -> None:
    """Have a module imported anew that was edited: a worker lives longer than the cell or context that needed it."""
    for name, file in _modules():
        if name in _written and _written[name] != _time(file):
            del sys.modules[name], _written[name]


def _modules() -> list[tuple[str, str]]:
    """Names and files of the user's modules."""
    files = [(name, getattr(module, "__file__", None)) for name, module in sys.modules.items()]
    return [(name, file) for name, file in files if isinstance(file, str) and not file.startswith(_INSTALLED)]


def _time(file: str) -> float:
    try:
        return os.stat(file).st_mtime
    except OSError:  # removed meanwhile
        return 0.0


def _handle(descriptor: int) -> int:
    if sys.platform == "win32":
        import msvcrt

        return msvcrt.get_osfhandle(descriptor)
    return descriptor


class _Printed(io.TextIOBase):
    """A text stream whose lines are printed by the parent."""

    encoding = "utf-8"

    def __init__(self, port: _engine.WorkerPort, stream: int) -> None:
        self._port = port
        self._stream = stream
        self._waiting: list[str] = []

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._waiting.append(text)
        if "\n" in text:
            self.flush()
        return len(text)

    def flush(self) -> None:
        text = "".join(self._waiting)
        self._waiting.clear()
        if text:
            self._port.print(self._stream, text.encode("utf-8", "backslashreplace").decode())
