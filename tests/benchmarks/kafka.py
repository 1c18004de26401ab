"""Messages of Kafka a second: counted, and counted by word on one core, beside a bare rdkafka loop and Spark."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from report import Row, median, quantile
from setting import PROGRAMS, ROOT, Setting, environment, plain_rust

sys.path.insert(0, str(ROOT / "tests" / "python" / "kafka"))

COUNT_BAR, LOOP_SHARE, WORDS_SHARE, LATENCY_BAR, SPARK_BAR = 500_000, 0.8, 0.6, 250, 5


def measure(setting: Setting) -> list[Row]:
    import kafka_broker

    loop = plain_rust("plain-kafka", "bench,kafka")
    if not kafka_broker.is_available() or loop is None:
        return [Row("Kafka", "not measured: there is no Java, no Kafka (make kafka-jars) or no cargo")]
    count = 200_000 if setting.quick else 5_000_000
    with tempfile.TemporaryDirectory() as place, running(kafka_broker.Broker(Path(place))) as broker:
        for topic, partitions, size in (("lines", 4, 100), ("words", 4, 7)):
            broker.make_topic(topic, partitions)
            asked([str(loop), "produce", broker.address, topic, str(count), str(size)])
        return [*counted(setting, broker, loop, count), *by_word(setting, broker, loop, count)]


def counted(setting: Setting, broker, loop: Path, count: int) -> list[Row]:
    """All cores, as the loop has them: librdkafka's threads, its own, and the broker's."""
    plain, ours = [], []
    for _ in range(setting.slow_runs):
        plain.append(count / looped(loop, broker, "lines", None))
        ours.append(count / streamed("count", broker, "lines", count, 2, 0.1)["seconds"])
    share = median(ours) / median(plain)
    rows = [
        Row(
            f"Kafka: count {count:,} messages of 100 bytes",
            f"{median(ours):,.0f}/s, bare loop {median(plain):,.0f}/s",
            f">= {COUNT_BAR:,}/s, {LOOP_SHARE} of it",
            median(ours) >= COUNT_BAR and share >= LOOP_SHARE,
            {"pyrite": ours, "rdkafka": plain},
        )
    ]
    return rows + beside_spark(setting, broker, "count", "lines", count / median(ours))


def by_word(setting: Setting, broker, loop: Path, count: int) -> list[Row]:
    """One core for each of both; the broker has the others."""
    plain, ours = [], []
    for _ in range(setting.slow_runs):
        plain.append(count / looped(loop, broker, "words", 1))
        ours.append(count / streamed("words", broker, "words", count, 1, 0.1)["seconds"])
    share = median(ours) / median(plain)
    rows = [
        Row(
            "Kafka: word count on one core",
            f"{median(ours):,.0f}/s, bare loop {median(plain):,.0f}/s",
            f">= {WORDS_SHARE} of it",
            share >= WORDS_SHARE,
            {"pyrite": ours, "rdkafka": plain},
        )
    ]
    rate, seconds = 100_000, 5 if setting.quick else 20
    broker.make_topic("live", 4)
    delays = live(broker, loop, rate, seconds)
    p95 = quantile(delays, 0.95)
    rows.append(
        Row(
            f"Kafka: latency at {rate:,}/s, 100 ms batches",
            f"p50 {quantile(delays, 0.5):.0f} ms, p95 {p95:.0f} ms",
            f"p95 < {LATENCY_BAR} ms",
            p95 < LATENCY_BAR,
            {"ms": delays},
        )
    )
    # Spark has all cores, so have we.
    both = [streamed("words", broker, "words", count, 2, 0.1)["seconds"] for _ in range(setting.slow_runs)]
    return rows + beside_spark(setting, broker, "words", "words", median(both))


def beside_spark(setting: Setting, broker, what: str, topic: str, seconds: float) -> list[Row]:
    name = f"Kafka: Structured Streaming, {what}"
    jars = spark_jars()
    if setting.pyspark is None or jars is None:
        return [Row(name, "not measured")]
    program = [setting.pyspark, str(PROGRAMS / "kafka_structured.py"), what, broker.address, topic, jars]
    spark = json.loads(asked(program))["seconds"]
    ratio = spark / seconds
    figures = {"spark": spark, "pyrite": seconds}
    return [
        Row(name, f"{spark:.1f} s : {seconds:.1f} s = {ratio:.1f} x", f">= {SPARK_BAR} x", ratio >= SPARK_BAR, figures)
    ]


def spark_jars() -> str | None:
    place = ROOT / "target" / "kafka-spark"
    if not any(place.glob("*.jar")):
        if not shutil.which("mvn"):
            return None
        pom = ROOT / "tests" / "kafka" / "spark.xml"
        subprocess.run(
            ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={place}"],
            check=True,
        )
    return ",".join(sorted(str(jar) for jar in place.glob("*.jar")))


@contextlib.contextmanager
def running(broker) -> Iterator:
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


def looped(loop: Path, broker, topic: str, cores: int | None) -> float:
    """Seconds of the bare loop."""
    pinned = {"preexec_fn": lambda: os.sched_setaffinity(0, first(cores))} if cores and os.name != "nt" else {}
    done = subprocess.run(
        [str(loop), "consume", broker.address, topic], capture_output=True, text=True, check=True, **pinned
    )
    return float(done.stdout.split()[1])


def first(cores: int) -> list[int]:
    return sorted(os.sched_getaffinity(0))[:cores]


def stream_command(what: str, broker, topic: str, count: int, cores: int, interval: float) -> list[str]:
    program = str(PROGRAMS / "kafka_stream.py")
    return [sys.executable, program, what, broker.address, topic, str(count), str(cores), str(interval)]


def streamed(what: str, broker, topic: str, count: int, cores: int, interval: float) -> dict:
    return json.loads(asked(stream_command(what, broker, topic, count, cores, interval)))


def live(broker, loop: Path, rate: int, seconds: int) -> list[float]:
    """Milliseconds from the moment when the first message of a batch could come until its counts were there."""
    count = rate * seconds
    command = stream_command("latency", broker, "live", count, 1, 0.1)
    stream = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)
    assert stream.stdout is not None
    stream.stdout.readline()
    asked([str(loop), "produce", broker.address, "live", str(count), "7", str(rate)])
    answer = json.loads(stream.stdout.readline())
    stream.wait()
    return [delay for _, delay in answer["batches"][5:]]


def asked(command: list[str]) -> str:
    """The last line that a program has written."""
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return done.stdout.splitlines()[-1]
