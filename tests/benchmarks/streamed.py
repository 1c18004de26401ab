"""Runs the streaming programs in processes of their own, against a feeder where they read a socket."""

import json
import subprocess
import sys

from setting import PROGRAMS, environment


def figures(*arguments: object, program: str = "streamed.py") -> dict:
    command = [sys.executable, str(PROGRAMS / program), *map(str, arguments)]
    done = subprocess.run(
        command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    start = done.stderr.rfind('{"')
    if done.returncode or start < 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stderr[start:])


def figures_from_socket(what: str, seconds: int, *feeding: object) -> dict:
    command = [sys.executable, str(PROGRAMS / "feeder.py"), *map(str, feeding)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as feeder:
        try:
            return figures(what, int(feeder.stdout.readline()), seconds)
        finally:
            feeder.kill()
