"""Spark's own example programs that use only RDDs and streams of them, as PySpark's wheel installs them.

`examples.py [--python PATH]` records in `examples.json` what each prints with PySpark; PATH is the Python of a virtual
environment with pyspark 4.3 (default: $PYRITE_PYSPARK, else .venv-pyspark), which needs Java, and numpy for some.

The rest of the wheel's: `sql/`, `ml/` and `streaming/sql_network_wordcount` need DataFrames, `mllib/` (all but
`stratified_sampling_example`) needs pyspark.mllib, `avro_inputformat` and `parquet_inputformat` need jars of a JVM.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

HERE = Path(__file__).parent
RECORDED = HERE / "examples.json"
FILES = {
    "words.txt": "to be or not to be\n\nthat is  the question\n스파크 를 배우다 스파크\n",
    "numbers.txt": "3 1 2\n10 -5 7\n3\n",
    "pages.txt": "1 2\n1 3\n1 4\n2 1\n3 1\n4 1\n4\t 2\na b\n",
    "points.txt": "".join(f"{i % 3}.{i * 7 % 10} {i % 3 * 4 + i % 2}.5 {i * i % 5}\n" for i in range(40)),
    "labels.txt": "".join(
        " ".join([str(i % 2 * 2 - 1), *(str((i * (d + 3) % 17) / 8 - 1 + i % 2 * 0.5) for d in range(10))]) + "\n"
        for i in range(60)
    ),
    # The programs that draw numbers without a seed draw the same ones.
    "sitecustomize.py": "import random\nrandom.seed(5)\ntry:\n    import numpy\n    numpy.random.seed(5)\n"
    "except ImportError:\n    pass\n",
}
SENTIMENTS = {"data/streaming/AFINN-111.txt": "good 3\nbad -3\nfine 2\nawful -4\nabandon\t-2\n"}
SPOKEN = b"hello world good good a fine day\nawful a bad hello\n"
# The program, its arguments, and the options of spark-submit.
PROGRAMS = {
    "wordcount": (["words.txt"], []),
    "sort": (["numbers.txt"], []),
    "pagerank": (["pages.txt", "10"], []),
    "pi": (["4"], []),
    # Without it each of its rounds has twice the partitions of the one before.
    "transitive_closure": (["2"], ["--conf", "spark.default.parallelism=2"]),
    "status_api_demo": ([], []),
    "kmeans": (["points.txt", "3", "0.01"], []),
    "logistic_regression": (["labels.txt", "4"], []),
    "als": (["20", "50", "4", "3", "2"], []),
    "mllib/stratified_sampling_example": ([], []),
    "streaming/queue_stream": ([], []),
    "streaming/network_wordcount": (["localhost", "PORT"], []),
    "streaming/stateful_network_wordcount": (["localhost", "PORT"], []),
    "streaming/recoverable_network_wordcount": (["localhost", "PORT", "checkpoint", "counts"], []),
    "streaming/network_wordjoinsentiments": (["localhost", "PORT"], []),
    "streaming/hdfs_wordcount": (["in"], []),
}
NEEDS_NUMPY = ("kmeans", "logistic_regression", "als")
# The programs that run until they are ended, and what they print when they have done what they were given.
ENDLESS = {
    "streaming/network_wordcount": "('hello', 2)",
    "streaming/stateful_network_wordcount": "('hello', 3)",
    "streaming/recoverable_network_wordcount": "('hello', 2)",
    "streaming/network_wordjoinsentiments": "awful (-4 happiness)",
    "streaming/hdfs_wordcount": "('hello', 2)",
}
# How long one of them may take, in seconds.
PATIENCE = 300


def folder(python: Path) -> Path | None:
    """Where the examples are that belong to a virtual environment's pyspark."""
    found = python.parent.parent.glob("lib/python3*/site-packages/pyspark/examples/src/main/python/wordcount.py")
    return next((path.parent for path in found), None)


def python_of_pyspark() -> Path:
    return Path(os.environ.get("PYRITE_PYSPARK") or HERE.parents[1] / ".venv-pyspark" / "bin" / "python")


def submitted(examples: Path, name: str, where: Path, environment: dict[str, str]) -> str:
    """What the program prints that `pyrite submit` runs."""
    arguments, settings = PROGRAMS[name]
    command = [
        sys.executable,
        "-m",
        "pyrite",
        "submit",
        "--master",
        "local[2]",
        *settings,
        str(examples / f"{name}.py"),
    ]
    return said(name, [*command, *arguments], where, environment)


def said(name: str, command: list[str], where: Path, environment: dict[str, str]) -> str:
    for file, text in {**FILES, **SENTIMENTS}.items():
        (where / file).parent.mkdir(parents=True, exist_ok=True)
        (where / file).write_text(text, encoding="utf-8")
    paths = [str(where), *filter(None, [environment.get("PYTHONPATH")])]
    environment = {**environment, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": os.pathsep.join(paths)}
    if name in ENDLESS:
        return steady(name, said_until(ENDLESS[name], command, where, environment))
    done = subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(done.stderr)
    return steady(name, done.stdout)


def steady(name: str, said: str) -> str:
    """What is the same each time."""
    if name == "pi":
        return said[:15]
    if name.startswith("streaming/"):
        return steady_batches(name, said)
    return said[said.index("Job results are") :] if name == "status_api_demo" else said


def steady_batches(name: str, said: str) -> str:
    """What the batches print that had something, without their times; of those that print a state, the last one."""
    said = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", said)
    said = re.sub(r"(Appending to ).*", r"\1PLACE", said)
    if "recoverable" in name:
        lines = said.splitlines()
        return "\n".join([lines[0], *lines[-3:]])
    if "sentiments" in name:
        return said[said.rindex("Happiest topics") :]
    batches = re.split(r"-{43}\nTime: TIME\n-{43}\n", said)
    batches = [batch for batch in batches if batch.strip()]
    return "\n".join(batches[-1:] if "stateful" in name else batches)


def said_until(enough: str, command: list[str], where: Path, environment: dict[str, str]) -> str:
    """What a program prints until this is among it, that listens to what is spoken here and looks into a directory."""
    begun, ended = threading.Event(), threading.Event()
    (where / "in").mkdir()
    with socket.create_server(("localhost", 0)) as server:
        command = [str(server.getsockname()[1]) if each == "PORT" else each for each in command]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True, "encoding": "utf-8"}
        environment = {**environment, "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(command, cwd=where, env=environment, start_new_session=True, **options) as program:
            for work in (lambda: speak(server, ended), lambda: drop(where, begun, ended)):
                threading.Thread(target=work, daemon=True).start()
            late = threading.Timer(PATIENCE, kill, (program,))
            late.start()
            try:
                return read_until(enough, program.stdout, begun)
            finally:
                late.cancel()
                ended.set()
                begun.set()
                kill(program)


def kill(program: "subprocess.Popen[str]") -> None:
    """It and those that it started, such as a JVM."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
    else:
        program.kill()


def read_until(enough: str, output: IO[str], begun: threading.Event) -> str:
    text = ""
    for line in output:
        text += line
        if line.startswith("Time: "):
            begun.set()
        # The last line of a batch.
        if enough in text and (line == "\n" or line.startswith("Appending") or "happiness" in enough):
            break
    return text


def speak(server: socket.socket, ended: threading.Event) -> None:
    """Everything at once, as soon as somebody listens."""
    try:
        listener, _ = server.accept()
    except OSError:
        return
    with listener:
        # In the middle of a second: the batch that has begun then has all of it.
        time.sleep(1.3 - time.time() % 1)
        listener.sendall(SPOKEN)
        ended.wait()


def drop(where: Path, begun: threading.Event, ended: threading.Event) -> None:
    """A new file for a stream that has begun."""
    begun.wait()
    if ended.is_set():
        return
    (where / "new").write_bytes(SPOKEN)
    (where / "new").rename(where / "in" / "file")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, default=python_of_pyspark())
    parser.add_argument("names", nargs="*", default=list(PROGRAMS))
    options = parser.parse_args()
    examples = folder(options.python)
    answers = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else {}
    for name in options.names:
        arguments, settings = PROGRAMS[name]
        environment = {
            **os.environ,
            "PYSPARK_SUBMIT_ARGS": " ".join(["--master local[2]", *settings, "pyspark-shell"]),
            "PYTHONHASHSEED": "0",
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        command = [str(options.python), str(examples / f"{name}.py"), *arguments]
        with tempfile.TemporaryDirectory() as where:
            answers[name] = said(name, command, Path(where), environment)
        print(name, repr(answers[name]), flush=True)
        RECORDED.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
