"""Runs the streaming programs in processes of their own, against a feeder where they read a socket."""

import json
import subprocess
import sys

from setting import PROGRAMS, Setting, environment


def figures(*arguments: object, program: str = "streamed.py", pyspark: str | None = None) -> dict:
    """What a program writes to standard error, run by Pyrite or by the Python that has PySpark."""
    command = [pyspark or sys.executable, str(PROGRAMS / program), *map(str, arguments)]
    env = environment(PYRITE_SIDE="pyspark") if pyspark else environment()
    done = subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    start = done.stderr.rfind('{"')
    if done.returncode or start < 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stderr[start:])


def figures_of_pyspark(setting: Setting, *arguments: object, program: str) -> dict | None:
    """The same by PySpark, where it is here and doesn't fail."""
    if setting.pyspark is None:
        return None
    try:
        return figures(*arguments, program=program, pyspark=setting.pyspark)
    except RuntimeError as error:
        print(f"PySpark: {error}", file=sys.stderr)
        return None


def figures_from_socket(what: str, seconds: int, *feeding: object) -> dict:
    command = [sys.executable, str(PROGRAMS / "feeder.py"), *map(str, feeding)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as feeder:
        try:
            return figures(what, int(feeder.stdout.readline()), seconds)
        finally:
            feeder.kill()
