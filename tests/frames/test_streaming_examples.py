"""Spark's own examples of Structured Streaming, unmodified, over a real socket; all at once, as one of them waits for ten seconds."""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "python" / "kafka"))

import kafka_shared  # noqa: E402
from test_examples import ROOT, _folder  # noqa: E402

pytestmark = pytest.mark.skipif(_folder() is None, reason="a real PySpark, whose wheel has the examples, isn't here")
LINES = b"apache spark\napache\npyrite spark apache\n"


class Example:
    """One that runs, with the lines it is sent."""

    def __init__(self, name, folder, *more, given=None):
        self.server = socket.create_server(("127.0.0.1", 0))
        given = given or ("127.0.0.1", str(self.server.getsockname()[1]))
        self.out = ""
        self.peer = None
        self.ran = subprocess.Popen(
            [
                sys.executable, "-W", "ignore", "-u", "-m", "pyrite", str(_folder() / "streaming" / f"{name}.py"),
                *given, *more,
            ],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "python"), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.feeder = threading.Thread(target=self._feed, daemon=True)
        self.feeder.start()

    def _read(self):
        for line in self.ran.stdout:
            self.out += line

    def _feed(self):
        with contextlib.suppress(OSError):
            self.server.settimeout(20)
            self.peer, _ = self.server.accept()
            self.peer.sendall(LINES)

    def until(self, holds, seconds=45):
        end = time.monotonic() + seconds
        while not holds(self.out) and time.monotonic() < end and self.ran.poll() is None:
            time.sleep(0.05)
        return holds(self.out)

    def close(self):
        self.ran.kill()
        self.ran.wait()
        self.reader.join(5)
        with contextlib.suppress(OSError):  # whoever still waits for a connection gets one
            socket.create_connection(self.server.getsockname()).close()
        self.feeder.join(25)
        for each in (self.server, self.peer, self.ran.stdout, self.ran.stderr):
            if each is not None:
                each.close()


def rows(text):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def counted(text):
    """The counts of words in the last table, over all windows."""
    found = {}
    for cells in rows(text.rpartition("Batch: ")[2])[1:]:
        found[cells[-2]] = found.get(cells[-2], 0) + int(cells[-1])
    return found


@pytest.mark.timeout(120)
def test_examples(tmp_path):
    wanted = {"apache": 3, "spark": 2, "pyrite": 1}
    examples = {
        "plain": Example("structured_network_wordcount", tmp_path),
        "windowed": Example("structured_network_wordcount_windowed", tmp_path, "10", "10"),
        "sessions": Example("structured_network_wordcount_session_window", tmp_path),
        "sessionization": Example("structured_sessionization", tmp_path),
        "blocks": Example("structured_blockchain_admission_control", tmp_path),
    }
    try:
        plain, windowed = examples["plain"], examples["windowed"]
        assert plain.until(lambda out: counted(out) == wanted), plain.out
        assert windowed.until(lambda out: counted(out) == wanted), windowed.out
        assert re.search(r"\|\{20\d\d-\d\d-\d\d [\d:]+, 20\d\d-\d\d-\d\d [\d:]+\}\|apache", windowed.out)
        # Spark 4 takes no sessions in update mode: so its example says, here as there.
        refused = examples["sessionization"]
        assert refused.ran.wait(45) != 0
        assert "not supported for session window streaming aggregations" in refused.ran.stderr.read()
        # A data source in Python says that a batch has twenty rows; a console shows them.
        blocks = examples["blocks"]
        assert blocks.until(lambda out: "Batch: 2" in out), blocks.out
        shown = [int(cells[0]) for cells in rows(blocks.out.partition("Batch: 2")[0]) if cells[0].isdigit()]
        assert shown == list(range(40))
        # A session ends ten seconds after its last word, by the clock.
        sessions = examples["sessions"]
        assert sessions.until(lambda out: {(c[0], c[1]) for c in rows(out)} >= {(w, str(n)) for w, n in wanted.items()})
    finally:
        for example in examples.values():
            example.close()


@pytest.mark.timeout(180)
def test_kafka(tmp_path):
    """Spark's table of the same lines, in batches of two topics, whose messages come once the query waits for them."""
    broker = kafka_shared.broker()
    topics = [broker.make_topic(f"words-{uuid.uuid4().hex[:8]}", 2) for _ in range(2)]
    example = Example("structured_kafka_wordcount", tmp_path, given=(broker.address, "subscribe", ",".join(topics)))
    try:
        assert example.until(lambda out: "Batch: 0" in out), example.out
        for at, line in enumerate(LINES.splitlines()):
            broker.send(topics[at % 2], [line])
        assert example.until(lambda out: counted(out) == {"apache": 3, "spark": 2, "pyrite": 1}), example.out
        assert rows(example.out)[0] == ["word", "count"]
    finally:
        example.close()
        kafka_shared.end()
