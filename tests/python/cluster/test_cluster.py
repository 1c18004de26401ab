"""Programs on a real cluster: the course's, and one of windows and Kafka."""

import json
import re
import threading
from pathlib import Path

import pytest
import spark_cluster
from pyrite.netcat import LineServer

PROGRAMS = Path(__file__).parent / "programs"
pytestmark = pytest.mark.timeout(1200)


@pytest.fixture
def server():
    """What `nc -lk` does; the lines wait for the first to connect."""
    made = LineServer("127.0.0.1")
    yield made
    made.close()


def ended(process, patience=900):
    """What the process has printed, once it has ended."""
    try:
        return process.communicate(timeout=patience)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_the_course_changes_one_string(cluster, server, tmp_path):
    """`SparkContext(master=...)` itself takes the program to the cluster; its imports were Pyrite's."""
    text = (PROGRAMS / "course.py").read_text(encoding="utf-8")
    text = text.replace('"local[2]"', f'"{cluster.master}"')
    # The tests' own: a port that is free, batches that come soon.
    text = text.replace("9999", str(server.port)).replace("(sc, 10)", "(sc, 2)")
    (tmp_path / "course.py").write_text(text, encoding="utf-8")
    server.send(b"To be, or not to be: that is the question.\n")
    process = spark_cluster.python("-m", "pyrite", "submit", *spark_cluster.small(), str(tmp_path / "course.py"))
    guard = threading.Timer(900, process.kill)
    guard.start()
    found = []
    try:
        for line in process.stdout:
            if line.startswith("("):
                found.append(line.strip())
            elif found and line.startswith("-"):
                break
        on_it = [app["name"] for app in cluster.state()["activeapps"]]
    finally:
        guard.cancel()
        process.terminate()
        _, errors = ended(process)
    assert sorted(found) == sorted(
        ["('to', 2)", "('be', 2)", *(f"('{word}', 1)" for word in ("or", "not", "that", "is", "the", "question"))]
    ), errors
    assert {found[0], found[1]} == {"('to', 2)", "('be', 2)"}
    assert on_it == ["course.py"]


def test_windows_and_kafka(cluster, broker, server, tmp_path):
    name, out = broker.make_topic("words", 3), broker.make_topic("counts", 1)
    broker.send(name, [b"to be or", b"to", b"be"] * 20)
    server.send(b"a b a\na\n")
    words = [str(server.port), broker.address, name, out, (tmp_path / "checkpoint").as_uri()]
    process = spark_cluster.python(
        "-m", "pyrite", "submit", "--master", cluster.master, *spark_cluster.small(), str(PROGRAMS / "counts.py"), *words
    )  # fmt: skip
    output, errors = ended(process)
    assert "RESULT" in output, errors
    seen = json.loads(output.partition("RESULT")[2])
    assert seen["window"] == [["a", 3], ["b", 1]]
    # The most frequent first, of each batch that had some.
    shown = re.findall(r"^\('(\w+)', (\d+)\)$", output, re.MULTILINE)
    assert {word for word, _ in shown} >= {"to", "be"}
    assert seen["kafka"] == [["be", 40], ["or", 20], ["to", 40]]
    assert (seen["group"], seen["ranges"]) == (60, 60)
    assert [offset for offset, _ in seen["rdd"]] == [0, 1, 2]
    assert seen["master"] == cluster.master
    # Workers of two executors, which have no Pyrite.
    assert seen["processes"] >= 2
    assert seen["pyrite"] is True
    assert "on a cluster have the receiver write to a socket" in seen["refused"]
    written = {}
    for key, value in broker.read(out):
        written[key] = written.get(key, 0) + int(value)
    assert written == {b"to": 40, b"be": 40, b"or": 20}
    assert process.returncode == 0
