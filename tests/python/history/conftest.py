"""Programs with an event log, and Spark's own history server that reads it."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from pyrite import SparkConf, SparkContext

ROOT = Path(__file__).parents[3]
# Made by `make spark-venv`.
VENV = Path(os.environ.get("PYRITE_SPARK_VENV", ROOT / "target" / "spark-venv"))
MISSING = "there is no Java here, or no real PySpark (make spark-venv)"
# Most of the time is Java's own beginning.
QUICK = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto"
# A guard against what hangs: Java takes a minute to begin where much else runs.
PATIENCE = 300


def spark_home():
    """The folder of the real PySpark, if it can run here."""
    found = next(iter(VENV.glob("[Ll]ib*/**/site-packages/pyspark")), None)
    return found if shutil.which("java") else None


def pytest_report_header():
    if spark_home() is None:
        return f"=== SPARK: {MISSING}: the tests on its history server were NOT run ==="
    return None


@pytest.fixture
def make_context(tmp_path):
    """Makes contexts that log into `tmp_path / "logs"`, in plain text."""
    made = []
    (tmp_path / "logs").mkdir()

    def make(**settings):
        conf = SparkConf().setMaster("local[2]").setAppName("events").set("spark.ui.enabled", "false")
        conf.set("spark.eventLog.enabled", "true").set("spark.eventLog.dir", (tmp_path / "logs").as_uri())
        conf.set("spark.eventLog.compress", "false")
        for key, value in settings.items():
            conf.set(f"spark.{key.replace('_', '.')}", value)
        made.append(SparkContext(conf=conf))
        return made[-1]

    yield make
    for sc in made:
        sc.stop()


class HistoryServer:
    """Spark's history server on loopback, over one folder of logs."""

    def __init__(self, home, logs, folder):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        options = {"fs.logDirectory": logs.as_uri(), "ui.port": port, "fs.update.interval": "1s"}
        environment = {
            **os.environ,
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_HISTORY_OPTS": " ".join(f"-Dspark.history.{key}={value}" for key, value in options.items()),
            "SPARK_DAEMON_JAVA_OPTS": QUICK,
        }
        script = home / "bin" / ("spark-class2.cmd" if os.name == "nt" else "spark-class")
        self._said = folder / "history.txt"
        with self._said.open("wb") as said:
            command = [str(script), "org.apache.spark.deploy.history.HistoryServer"]
            self._process = subprocess.Popen(command, env=environment, stdout=said, stderr=said, cwd=folder)
        self._place = f"http://127.0.0.1:{port}"
        self._base = f"{self._place}/api/v1/applications"

    def get(self, path=""):
        """What it answers; None where it doesn't know."""
        try:
            with urllib.request.urlopen(self._base + path, timeout=PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            said = self._said.read_text(encoding="utf-8", errors="replace")[-4000:]
            raise AssertionError(f"{path}: {error.code}\n{said}") from error
        except OSError:
            assert self._process.poll() is None, self._said.read_text(encoding="utf-8", errors="replace")[-4000:]
            return None

    def page(self, path):
        """The text of one of its pages."""
        with urllib.request.urlopen(self._place + path, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def wait_for(self, is_there, path=""):
        """What it answers once that is so."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = self.get(path)
            if found is not None and is_there(found):
                return found
            assert time.monotonic() < deadline, f"{path}: {found}"
            time.sleep(0.2)

    def end(self):
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@pytest.fixture(scope="session")
def history(tmp_path_factory):
    """A history server and the folder of its logs."""
    home = spark_home()
    if home is None:
        if os.environ.get("PYRITE_REAL_SPARK"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    folder = tmp_path_factory.mktemp("history")
    (folder / "logs").mkdir()
    server = HistoryServer(home, folder / "logs", folder)
    yield server, folder / "logs"
    server.end()
