"""Runs a user's PySpark script as `python script.py` would, with `pyspark` meaning Pyrite and Spark's hash seed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from types import ModuleType, TracebackType
from typing import NoReturn

import pyrite

__all__ = ["run_script"]


def run_script(path: str, arguments: list[str]) -> None:
    """Run the script in this process, as `__main__`; its exceptions and exits come out of here."""
    _fix_hash_seed()
    try:
        with io.open_code(os.path.abspath(path)) as file:
            source = file.read()
    except OSError as error:
        print(f"pyrite: can't open {path!r}: {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None

    pyrite.init()
    module = ModuleType("__main__")
    full_path = os.path.abspath(path)
    vars(module).update(
        __file__=full_path, __loader__=SourceFileLoader("__main__", full_path), __builtins__=__builtins__
    )
    sys.modules["__main__"] = module
    sys.argv[:] = [path, *arguments]
    # The script's folder comes in the place of the current one (`-m`), or of the folder of commands (`pyrite run`).
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    _hide_frames_above(full_path)
    exec(compile(source, full_path, "exec", dont_inherit=True), vars(module))


def _fix_hash_seed() -> None:
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
