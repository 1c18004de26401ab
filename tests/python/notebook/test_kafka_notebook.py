"""The notebook of Kafka runs against a broker as it stands but for its address and its seconds; so does its Korean edition."""

import json
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "notebooks"
NAMES = ["04_kafka.ipynb", "04_kafka.ko.ipynb"]

sys.path.insert(0, str(Path(__file__).parents[1] / "kafka"))

import kafka_shared  # noqa: E402 - found only now


@pytest.fixture(scope="session")
def broker():
    """The one that all tests share."""
    yield kafka_shared.broker()
    kafka_shared.end()


@pytest.mark.parametrize("name", NAMES)
def test_words_from_kafka(student, broker, batches, name):
    words, counts = (broker.make_topic(f"{topic}-{time.time_ns()}") for topic in ("words", "counts"))
    changes = {"_localhost:9092": broker.address, '_"words"': f'"{words}"', '_"counts"': f'"{counts}"'}
    with student(name, "pyrite", None, **changes, **{"_(sc,2)": "(sc,0.5)"}) as reader:
        reader.run_until("ssc.awaitTermination()")

        def watch(see):
            broker.send(words, [b"To Kafka"])
            see(r"\('kafka', 1\)", 30)
            see(r"partition 0 offsets \d to 3", 30)

        said, _ = reader.run_watched(watch)
        assert reader.run() == ""
    assert any("('kafka', 1)" in block for block in batches(said))
    written = Counter()
    for word, count in broker.read(counts, **{"isolation.level": "read_committed"}):
        written[word.decode()] += int(count)
    assert written == Counter("to be or not to be that is the question to kafka".split())


def test_the_kafka_editions_have_the_same_code():
    english, korean = (
        [cell["source"] for cell in json.loads((FOLDER / name).read_text())["cells"] if cell["cell_type"] == "code"]
        for name in NAMES
    )
    assert english == korean
