"""From Kafka to Kafka, killed wherever it is, the broker too: what is counted is what came, exactly."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "programs" / "through.py"
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills as POSIX does")


class Feeder:
    """Sends lines of words to three partitions, the first of which gets most."""

    def __init__(self, broker, topic):
        self._broker, self._topic = broker, topic
        self.sent = Counter()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        from confluent_kafka import Producer

        chance = random.Random(11)
        producer = Producer({"bootstrap.servers": self._broker.address, "enable.idempotence": True, "log_level": 0})
        while not self._ended.is_set():
            for _ in range(20):
                line = " ".join(f"w{chance.randrange(50)}" for _ in range(10))
                producer.produce(self._topic, line, partition=chance.choice([0, 0, 0, 0, 1, 1, 2]))
                self.sent.update(line.split())
            producer.poll(0)
            self._ended.wait(0.02)
        assert producer.flush(120) == 0

    def stop(self):
        self._ended.set()
        self._thread.join()
        return self.sent


def launch(broker, topics, place):
    with (place / "log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, PROGRAM, broker.address, *topics, place],
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )


def counts(broker, topic):
    totals = Counter()
    for key, value in broker.read(topic, timeout=60, **{"isolation.level": "read_committed"}):
        totals[key.decode()] += int(value)
    return totals


def killed(broker, topic, place, stream_kills, broker_kills):
    chance = random.Random(3)
    topics = topic(3), topic(2)
    feeder = Feeder(broker, topics[0])
    kills = ["stream"] * stream_kills + ["broker"] * broker_kills
    chance.shuffle(kills)
    process = launch(broker, topics, place)
    try:
        for kill in kills:
            end = time.monotonic() + 60
            while not (place / "running").exists():
                assert process.poll() is None and time.monotonic() < end, (place / "log").read_text()[-4000:]
                time.sleep(0.02)
            time.sleep(2 * chance.random())
            assert process.poll() is None, (place / "log").read_text()[-4000:]
            if kill == "broker":
                broker.kill()
                time.sleep(chance.random())
                broker.start()
                continue
            (place / "running").unlink()
            process.kill()
            process.wait()
            process = launch(broker, topics, place)
        sent = feeder.stop()
        end, before = time.monotonic() + 60, 0
        while (found := counts(broker, topics[1])) != sent and found.total() <= sent.total():
            if found.total() > before:
                end, before = time.monotonic() + 60, found.total()
            assert time.monotonic() < end, (before, sent.total(), (place / "log").read_text()[-4000:])
            time.sleep(0.5)
        assert found == sent
        (place / "stop").touch()
        assert process.wait(60) == 0, (place / "log").read_text()[-4000:]
        assert counts(broker, topics[1]) == sent
        return sent.total()
    finally:
        feeder.stop()
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_killed_a_few_times(own_broker, own_topic, tmp_path):
    assert killed(own_broker, own_topic, tmp_path, stream_kills=4, broker_kills=1) > 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_killed_often(own_broker, own_topic, tmp_path):
    words = killed(own_broker, own_topic, tmp_path, stream_kills=20, broker_kills=5)
    print(f"{words} words, 20 kills of the stream, 5 of the broker: counted exactly")
