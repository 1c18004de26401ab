"""`RDD.pipe`: rows go through a program, line by line."""

from __future__ import annotations

import shlex
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Generic, TypeVar, cast

from pyrite._traceback import action
from pyrite.errors import PySparkRuntimeError

if TYPE_CHECKING:
    from pyrite.rdd import RDD

T = TypeVar("T")


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
    program = subprocess.Popen(shlex.split(command), env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    failed: list[BaseException] = []
    feeder = threading.Thread(target=_feed, args=(program.stdin, rows, failed), name="pyrite-pipe", daemon=True)
    feeder.start()
    try:
        with cast("IO[bytes]", program.stdout) as out:
            for line in out:
                yield line.rstrip(b"\n").decode("utf-8")
        feeder.join()
        code = program.wait()
    finally:
        # Who wants no more rows doesn't wait for a program that goes on.
        program.kill()
        program.wait()
        feeder.join()
    if failed:
        raise failed[0]
    if check and code:
        raise PySparkRuntimeError(
            errorClass="PIPE_FUNCTION_EXITED", messageParameters={"func_name": command, "error_code": str(code)}
        )


def _feed(into: Any, rows: Iterator[Any], failed: list[BaseException]) -> None:
    """Writes the rows. What a row's own function raises is kept for the task; a program may stop reading."""
    try:
        with into:
            for row in rows:
                into.write((str(row).rstrip("\n") + "\n").encode())
    except BrokenPipeError:
        pass
    except BaseException as error:  # noqa: BLE001 - raised again by the task
        failed.append(error)
