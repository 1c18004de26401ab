"""Worker processes: how one is started, what it does first, and which functions may go to one.

Only what a worker needs is imported at once: tasks wait for it to begin.
"""

from __future__ import annotations

import gc
import importlib
import io
import os
import pickle
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from pyrite import _engine
from pyrite.accumulators import Carrying, gathered, resume
from pyrite.broadcast import loading

_MAIN = "import sys; sys.path[:] = {path!r}; from pyrite._worker import main; main()"
# New objects after which the garbage collector looks at the young ones.
_YOUNG = 20_000
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
    """Where this process finds modules, and Pyrite itself in any case."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return [*(str(entry) for entry in sys.path), own]


_SEES_HASHES = (
    "it may see what texts hash to, which differs between processes unless the program is started with "
    "PYTHONHASHSEED=0, as `python -m pyrite program.py` does"
)


def stays(functions: list[Callable[..., Any]], same_hashes: bool) -> tuple[int, str] | None:
    """None where functions give the same there as here and nobody watches them here. Otherwise which of them has to
    stay in this process, and why.
    """
    from pyrite._hashes import sees_no_hash
    from pyrite._inprocess import Staying
    from pyrite._lambda.watching import watched

    watcher = watched()
    for at, function in enumerate(functions):
        try:
            if isinstance(function, Staying):
                return at, "it belongs to this process"
            known = same_hashes or sees_no_hash(function)
        except Exception:  # noqa: BLE001 - strange objects with strange attributes stay
            known = False
        if watcher is not None:
            return at, watcher
        if not known:
            return at, _SEES_HASHES
    return None


def dump(functions: list[Callable[..., Any]]) -> tuple[bytes, dict[int, Any]]:
    """The task's functions, with what they hold by now, and where their modules are found. And the accumulators that
    they hold.
    """
    from pyrite import _pickling

    aliases = any(type(finder).__module__ == "pyrite._aliases.finder" for finder in sys.meta_path)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}
    limits = sys.getrecursionlimit(), sys.get_int_max_str_digits()
    setting = (sys.path, _folder(), environment, limits, aliases)
    with Carrying() as carried:
        inner = _pickling.dumps_with_classes(functions)
    values = {aid: held._value for aid, held in carried.items() if held._deserialized}
    return pickle.dumps((setting, inner, dump_rows([values]) if values else None)), carried


def dump_updates(task: dict[int, Any]) -> bytes:
    """What the accumulators of a task have gathered in this process."""
    return dump_rows(gathered(task))


def dump_changed(functions: list[Callable[..., Any]]) -> bytes:
    """The functions that `load` gave, if they have changed: a task goes on with them in the process that sent them.

    Raises
    ------
    PicklingError
        They hold by now what won't pickle.
    """
    from pyrite import _pickling

    try:
        with loading():
            untouched = pickle.loads(_loaded[-1])[0]
        before = _pickling.dumps(untouched)
    except Exception:  # noqa: BLE001 - what doesn't pickle as it came tells nothing of changes
        return b""
    try:
        now = _pickling.dumps(functions)
    except Exception as error:
        raise pickle.PicklingError(
            "Functions in a worker process have come upon a row that may show what texts hash to, so that they have to "
            "go on in the program's own process; but what they have come to hold can't be pickled: "
            f"{type(error).__name__}: {error}. Start the program with PYTHONHASHSEED=0 (python -m pyrite does), so "
            "that they may stay where they are, or set pyrite.python.workers to 0, so that they never leave."
        ) from error
    return b"" if now == before else now


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # removed meanwhile
        return None


def dump_plain(rows: list[Any]) -> bytes:
    """Pickles rows as this process loads them: classes by names that are here. Nothing where that is impossible."""
    from pyrite import _nameless
    from pyrite._runtime import plain

    return plain(rows) or _nameless.dumps(rows) or b""


def dump_by_value(rows: list[Any]) -> bytes:
    """Pickles rows with those of their classes that another process doesn't find."""
    from pyrite import _nameless, _pickling
    from pyrite._runtime import pickled

    return _nameless.dumps(rows, _ByValue) or pickled(_pickling.dumps, rows)


def dump_lasting(rows: list[Any]) -> bytes:
    """Pickles rows for a later run of the program, with those of their classes that no name finds there."""
    from pyrite._runtime import plain

    return plain(rows) or dump_by_value(rows)


class _ByValue:
    """Stands for a class's maker in a pickle, which takes the class along."""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def __call__(self) -> None:
        """What stands first in what `__reduce__` returns is callable."""

    def __reduce__(self) -> tuple[Any, ...]:
        from pyrite import _pickling

        return _made_by, (_pickling.dumps(self._kind), self._kind.__qualname__)


def _made_by(dumped: bytes, full_name: str) -> Callable[..., Any]:
    kind = pickle.loads(dumped)
    _name_in_full(kind, full_name)
    return partial(kind.__new__, kind)


def _name_in_full(kind: type, full_name: str) -> None:
    """Say where in a function or class a class was made: cloudpickle forgets it."""
    if kind.__qualname__ != full_name:
        with suppress(Exception):  # its metaclass may have its own mind
            kind.__qualname__ = full_name


def dump_rows(rows: list[Any]) -> bytes:
    """Pickles rows for another process, in which `__main__` is another module."""
    plain = dump_plain(rows)
    found = plain and not any(module.encode() in plain for module in _NOT_THERE)
    return plain if found else dump_by_value(rows)


# Another process has other things in these modules, until it is sent ours.
_NOT_THERE = ("__main__", "pyrite._nameless")


def dump_classes(names: list[tuple[str, str]]) -> bytes | None:
    """The classes of these names in modules `_NOT_THERE`, for `install` in another process; None if one isn't here."""
    from pyrite import _nameless, _pickling

    classes: dict[tuple[str, str], tuple[type, str]] = {}
    for module, name in names:
        found = _nameless.find(module, name)
        kind = found.kind if isinstance(found, _nameless.Maker) else found
        # A class within another comes with that one.
        outer = name.partition(".")[0]
        whole = kind if outer == name else _nameless.find(module, outer)
        if not isinstance(kind, type) or not isinstance(whole, type):
            return None
        classes[module, outer] = whole, whole.__qualname__
        classes[module, name] = kind, kind.__qualname__
    try:
        return _pickling.dumps(classes)
    except Exception:  # noqa: BLE001 - a class may hold anything
        return None


def install(dumped: bytes) -> None:
    """Have rows find the classes of `dump_classes` in this process, until the next task comes."""
    _install(pickle.loads(dumped))


def _install(classes: dict[tuple[str, str], tuple[type, str]]) -> None:
    from pyrite import _nameless

    for (module, name), (kind, full_name) in classes.items():
        _name_in_full(kind, full_name)
        if "." in name:
            continue  # it is found in the other
        if module == "__main__":
            _installed[name] = kind
            setattr(sys.modules["__main__"], name, kind)
        else:
            _nameless.take(kind, name)


# What `__main__` has here of the program's.
_installed: dict[str, type] = {}


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


# The functions of the last task, as they came.
_loaded: list[bytes] = []


def load(dumped: bytes) -> list[Callable[..., Any]]:
    """What `dump` got. The parent's search path and working folder may have changed since this process began."""
    from pyrite import _nameless

    (path, folder, environment, limits, aliases), inner, values = pickle.loads(dumped)
    if sys.path != path:
        sys.path[:] = path
        importlib.invalidate_caches()
    if folder is not None and folder != _folder():
        os.chdir(folder)
    seed = os.environ.get("PYTHONHASHSEED", "0")
    if environment != {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}:
        os.environ.clear()
        os.environ.update(environment, PYTHONHASHSEED=seed)
    sys.setrecursionlimit(limits[0])
    sys.set_int_max_str_digits(limits[1])
    _forget_changed_modules()
    if aliases:
        import pyrite

        pyrite.init()
    _loaded[:] = [inner]
    main = vars(sys.modules["__main__"])
    for name in _installed:
        main.pop(name, None)
    _installed.clear()
    _nameless.forget()
    functions: list[Callable[..., Any]]
    with loading():
        functions, classes = pickle.loads(inner)
    # Rows of these classes are pickled by name on their way home.
    _install(classes)
    if values is not None:
        resume(pickle.loads(values)[0])
    return functions


# Whether this process is a worker.
_is_one = False


def is_one() -> bool:
    """Whether this process is a worker."""
    return _is_one


def main() -> None:
    """Run a worker: tasks come through standard input and their rows leave through standard output."""
    global _is_one
    _is_one = True
    from pyrite import _nameless

    _nameless.begin_worker()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to handle
    ends = [os.dup(0), os.dup(1)]
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    try:
        port = _engine.WorkerPort(*map(_handle, ends))
    except BrokenPipeError:  # the program has ended meanwhile
        os._exit(0)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - it stays open
    sys.stdout, sys.stderr = _Printed(port, 1), _Printed(port, 2)
    from pyrite import _pickling  # noqa: F401 - the first task needs it

    # What is here by now stays; tasks hold many objects, and few in circles.
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
    try:
        port.serve()
    finally:
        # A thread that a function has left must not keep the process.
        os._exit(0)


def finish() -> None:
    """After a task: send what it printed without ending the line, and note what it imported."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # a function may have put anything in its place
            stream.flush()

    with suppress(Exception):  # modules may be anything, and change meanwhile
        for name, file in _modules():
            _written.setdefault(name, _time(file))


# The user's modules that functions have imported here, and when each file was written.
_written: dict[str, float] = {}


def _forget_changed_modules() -> None:
    """Have a module imported anew that was edited: a worker lives longer than the cell or context that needed it."""
    with suppress(Exception):  # modules may be anything
        for name, file in _modules():
            if name in _written and _written[name] != _time(file):
                del sys.modules[name], _written[name]


def _modules() -> list[tuple[str, str]]:
    """Names and files of the user's modules."""
    files = [(name, getattr(module, "__dict__", {}).get("__file__")) for name, module in list(sys.modules.items())]
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

    def fileno(self) -> int:
        return 2

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
