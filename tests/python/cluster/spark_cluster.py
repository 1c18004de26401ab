"""A real standalone cluster on loopback: a master and two workers, begun with the scripts of PySpark's wheel.

`make spark-venv` makes the Python that has the real PySpark; Pyrite comes to the programs by PYTHONPATH, and not to the
workers, where it needn't be.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

from kafka_broker import free_port

ROOT = Path(__file__).parents[3]
VENV = Path(os.environ.get("PYRITE_SPARK_VENV", ROOT / "target" / "spark-venv"))
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
MISSING = "there is no Java here, or no real PySpark (make spark-venv)"
# For every Java that is started: most of a small program's time is Java's own beginning.
QUICK = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto"
WORKERS = 2


def spark_home() -> Path | None:
    """The folder of the real PySpark."""
    return next(iter(VENV.glob("[Ll]ib*/**/site-packages/pyspark")), None)


def is_available() -> bool:
    """Whether a cluster can be started here."""
    return shutil.which("java") is not None and spark_home() is not None


def environment() -> dict[str, str]:
    """That of a program's process."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK_", "PYSPARK_", "PYTHONHASH"))}
    own = {"SPARK_LOCAL_IP": "127.0.0.1", "JDK_JAVA_OPTIONS": QUICK, "PYTHONPATH": str(ROOT / "python")}
    return kept | own | {"PYTHONWARNINGS": "ignore"}


def python(*words: str) -> subprocess.Popen[str]:
    """A Python process with both PySpark and Pyrite, whose output is text."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([str(PYTHON), *words], env=environment(), text=True, encoding="utf-8", **pipes)


class Cluster:
    """A master and its workers, each a process that ends by its id."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.processes: list[subprocess.Popen[bytes]] = []
        port, page = free_port(), free_port()
        self.master = f"spark://127.0.0.1:{port}"
        self._page = f"http://127.0.0.1:{page}/json/"
        self._start("master.Master", "--port", str(port), "--webui-port", str(page))
        for number in range(WORKERS):
            folder = directory / f"worker{number}"
            self._start(
                "worker.Worker",
                "--cores",
                "2",
                "--memory",
                "1g",
                "--webui-port",
                "0",
                "--work-dir",
                str(folder),
                self.master,
            )
        self._wait()

    def _start(self, kind: str, *words: str) -> None:
        env = environment() | {"SPARK_DAEMON_MEMORY": "256m"}
        # The workers' Python finds no Pyrite.
        env.pop("PYTHONPATH", None)
        script = spark_home() / "bin" / ("spark-class.cmd" if os.name == "nt" else "spark-class")
        command = [str(script), f"org.apache.spark.deploy.{kind}", "--host", "127.0.0.1", *words]
        with (self.directory / f"log{len(self.processes)}.txt").open("wb") as log:
            # The script becomes Java, so that this is Java's process.
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, env=env))

    def state(self) -> dict:
        """What the master says of itself."""
        with urllib.request.urlopen(self._page, timeout=10) as answer:
            return json.load(answer)

    def _wait(self) -> None:
        for _ in range(1500):
            try:
                if self.state()["aliveworkers"] == WORKERS:
                    return
            except OSError:
                pass
            if any(process.poll() is not None for process in self.processes):
                break
            time.sleep(0.2)
        logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in sorted(self.directory.glob("log*.txt")))
        self.end()
        raise AssertionError(logs)

    def end(self) -> None:
        """Ends the processes, workers first."""
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def small(words: str = "") -> list[str]:
    """Options of `pyrite submit` under which driver and executors are small."""
    options = ["--driver-memory", "512m", "--executor-memory", "512m", "--conf", "spark.ui.enabled=false"]
    return [*options, "--conf", "spark.ui.showConsoleProgress=false", *words.split()]
