"""`RDD.pipe`: rows go through a program, line by line.

The task's own thread pulls the rows, writes them and reads what comes back, whichever is possible: so no row is pulled
that the program won't get, and the end of the task is the end of all of it.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pyrite import _engine, _worker
from pyrite._ends import Selected, Threaded
from pyrite._traceback import action
from pyrite.errors import PySparkRuntimeError

if TYPE_CHECKING:
    from pyrite.rdd import RDD

T = TypeVar("T")

# Rows are written together: so many at most, and for no longer than this many seconds, as the program waits meanwhile.
_ROWS = 1024
_PATIENCE = 0.01

# How often a program that does nothing lets the task look at its cancellation, in seconds.
_SLICE = 0.05


class Piping(Generic[T]):
    """What `RDD` has of other programs."""

    @action
    def pipe(self, command: str, env: dict[str, str] | None = None, checkCode: bool = False) -> RDD[str]:
        """The lines that a program writes when it is given the rows as lines; it is started once a partition.

        The command is split as a shell would do it, but no shell runs. The program's environment is `env` and nothing
        else. Its exit code counts only with `checkCode`.

        Raises
        ------
        FileNotFoundError
            There is no such program; raised by the action.
        PySparkRuntimeError
            It ended with another code than 0, and `checkCode` is true; raised by the action.

        Examples
        --------
        >>> sc.parallelize(["1", "2", "", "3"]).pipe("cat").collect()
        ['1', '2', '', '3']
        """
        run = partial(_through, command, {} if env is None else env, bool(checkCode))
        return cast("RDD[Any]", self).mapPartitions(run)


def _through(command: str, env: dict[str, str], check: bool, rows: Iterator[Any]) -> Iterator[str]:
    # A group of its own is ended whole. A worker process has one, and its parent ends that.
    group = None if sys.platform == "win32" or _worker.is_one() else 0
    program = subprocess.Popen(
        shlex.split(command),
        env=env,
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        process_group=group,
    )
    code = None
    try:
        with closing(_ends(program)) as ends:
            yield from _lines(ends, rows, program)
        code = _code(program)
    finally:
        if code is None:
            # Who wants no more rows doesn't wait for a program that goes on.
            _end(program, group)
    if check and code:
        raise PySparkRuntimeError(
            errorClass="PIPE_FUNCTION_EXITED", messageParameters={"func_name": command, "error_code": str(code)}
        )


def _ends(program: subprocess.Popen[bytes]) -> Selected | Threaded:
    """Its standard input and output, as this system can wait for them."""
    kind = Threaded if sys.platform == "win32" else Selected
    return kind(program.stdin, program.stdout, _SLICE)


def _lines(ends: Selected | Threaded, rows: Iterator[Any], program: subprocess.Popen[bytes]) -> Iterator[str]:
    failed: list[BaseException] = []
    rest = bytearray()
    while ends.takes or ends.gives:
        _engine.check_task()
        if ends.takes and not ends.gives and program.poll() is not None:
            # What it has started may still read; nobody would hear of it.
            break
        read, ready = ends.look()
        if read:
            rest += read
            if b"\n" in read:
                whole, _, rest = rest.rpartition(b"\n")
                yield from _decoded(whole)
        elif rest and not ends.gives:
            yield rest.decode("utf-8")
            rest = bytearray()
        if ready:
            # A row that fails is the end of the input. The lines of those before it come first.
            block = b"" if failed else _block(rows, failed)
            if block:
                ends.write(block)
            else:
                ends.finish()
    if failed:
        raise failed[0]


def _block(rows: Iterator[Any], failed: list[BaseException]) -> bytes:
    """The next rows as the program gets them; nothing at the end."""
    lines: list[str] = []
    end = monotonic() + _PATIENCE
    try:
        for row in islice(rows, _ROWS):
            lines.append(str(row).rstrip("\n") + "\n")
            if monotonic() > end:
                break
        return "".join(lines).encode()
    except BaseException as error:  # noqa: BLE001 - raised again when the program has answered
        failed.append(error)
    try:
        return "".join(lines).encode()
    except UnicodeEncodeError as error:
        failed.append(error)
    return b""


def _decoded(lines: bytearray) -> Iterator[str]:
    try:
        yield from lines.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        # Those before the one that isn't text are.
        for line in lines.split(b"\n"):
            yield line.decode("utf-8")


def _code(program: subprocess.Popen[bytes]) -> int:
    while True:
        _engine.check_task()
        try:
            return program.wait(_SLICE)
        except subprocess.TimeoutExpired:
            pass


def _end(program: subprocess.Popen[bytes], group: int | None) -> None:
    if group is None or sys.platform == "win32":
        program.kill()
    elif program.returncode is None:
        # Nobody has waited for it, so that the number is still its group's. It may have ended.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(program.pid, signal.SIGKILL)
    program.wait()
