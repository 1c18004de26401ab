"""Runs a user's PySpark script as `python script.py` would, with `pyspark` meaning Pyrite and Spark's hash seed."""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import subprocess
import sys
import tokenize
from importlib.machinery import SourceFileLoader
from types import ModuleType, TracebackType
from typing import NoReturn

import pyrite
from pyrite._places import between_commas, importable
from pyrite._submit import submit
from pyrite.errors import Py4JJavaError

__all__ = ["fix_hash_seed", "keep_source", "run_script"]


# The name of a program that comes from standard input.
_STDIN = "<stdin>"


def run_script(path: str, arguments: list[str], settings: dict[str, str] | None = None) -> None:
    """Run the script in this process, as `__main__`; its exceptions and exits come out of here.

    `-` is a script on standard input. `settings` are those that it was submitted with. `fix_hash_seed` comes first.
    """
    name = _STDIN if path == "-" else os.path.abspath(path)
    try:
        source = _read(path)
    except OSError as error:
        print(f"pyrite: can't open {path!r}: {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None

    if settings is not None:
        submit({"spark.app.name": os.path.basename(path), **settings} if path != "-" else settings)
    pyrite.init()
    module = ModuleType("__main__")
    vars(module)["__builtins__"] = __builtins__
    if path != "-":
        vars(module).update(__file__=name, __loader__=SourceFileLoader("__main__", name))
    sys.modules["__main__"] = module
    sys.argv[:] = [path, *arguments]
    # The script's folder comes in the place of the current one (`-m`), or of the folder of commands (`pyrite run`).
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(path)) if path != "-" else ""
    _find_modules((settings or {}).get("spark.submit.pyFiles", ""))
    _hide_frames_above(name)
    exec(compile(source, name, "exec", dont_inherit=True), vars(module))


def _read(path: str) -> bytes:
    if path != "-":
        with io.open_code(os.path.abspath(path)) as file:
            return file.read()
    source = sys.stdin.buffer.read()
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    keep_source(_STDIN, source.decode(encoding, "replace"))
    return source


def keep_source(name: str, text: str) -> None:
    """Have the source of code compiled under this name found, as a file's is: its functions can be compiled then."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)


def _find_modules(files: str) -> None:
    """Let the program import what `--py-files` names before it has a context, which warns of what isn't there."""
    for path in reversed(between_commas(files)):
        with contextlib.suppress(OSError, Py4JJavaError):
            importable(path)


def fix_hash_seed() -> None:
    """Start this interpreter again with PYTHONHASHSEED=0, unless the user has chosen a seed: it can't be set later.

    Spark's workers run with seed 0, and the order of a set of strings depends on it.
    """
    if "PYTHONHASHSEED" in os.environ or not sys.flags.hash_randomization:
        return
    os.environ["PYTHONHASHSEED"] = "0"
    command = [sys.executable, *sys.orig_argv[1:]]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execv(sys.executable, command)
    # Windows' exec returns to the prompt at once: wait for a child instead, which handles Ctrl-C itself.
    child = subprocess.Popen(command)
    while True:
        try:
            _exit(child.wait())
        except KeyboardInterrupt:
            continue


def _exit(code: int) -> NoReturn:
    raise SystemExit(code)


def _hide_frames_above(path: str) -> None:
    """Let an uncaught exception's traceback begin in the script, not in the code here that runs it."""
    shown = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        own = traceback
        while own is not None and own.tb_frame.f_code.co_filename != path:
            own = own.tb_next
        shown(kind, error.with_traceback(own), own)

    sys.excepthook = hook
