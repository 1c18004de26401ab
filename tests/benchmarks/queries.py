"""Streaming queries beside PySpark's: small batches over many keys, windows with a watermark, a socket's words, memory."""

import json
import sys
import tempfile
from pathlib import Path

from frames import python_of_frames
from report import Row, quantile
from setting import PROGRAMS, Setting, timed

import kafka


def measure(setting: Setting) -> list[Row]:
    ours = python_of_frames()
    if ours is None:
        print("there is no Python with pyrite[sql] here (.venv-frames): queries are not measured", file=sys.stderr)
        return []
    count = 60 if setting.quick else 300
    rows = []
    for what, name, bar in (("words", "100 rows, 44,000 keys, update", 5), ("windows", "10,000 rows, windows", 15)):
        taken = told(ours, "pyrite", what, count)
        p50 = quantile(taken, 0.5)
        rows.append(Row(f"a batch of {name}, p50", f"{p50:.1f} ms", f"<= {bar} ms", p50 <= bar, {"ms": taken}))
        if setting.pyspark:
            theirs = told(setting.pyspark, "pyspark", what, 10)
            rows.append(Row(f"a batch of {name}, PySpark", f"{quantile(theirs, 0.5):.0f} ms", figures={"ms": theirs}))
    rows += sustained(setting, ours)
    batches = 2000 if setting.quick else 100_000
    for kept in ("", "checkpoint"):
        figures = told(ours, "pyrite", "memory", batches, *filter(None, [kept]))
        grown = figures["grown"] / (1 << 20)
        name = f"{batches:,} batches{', ' if kept else ''}{kept}, memory"
        said = f"{grown:+.1f} MB" + (f", {figures['files'][-1]} files" if kept else "")
        rows.append(Row(name, said, "< 20 MB", grown < 20, figures))
    return rows


def sustained(setting: Setting, ours: str) -> list[Row]:
    """Rows a second of warm queries: words of a socket, and messages of Kafka by key, each with the same data for both."""
    seconds = 2 if setting.quick else 5
    rows = [beside(setting, "words of a socket, lines/s", 20, [ours, "pyrite", "socket", str(seconds)])]
    import kafka_broker

    if not kafka_broker.is_available():
        return [*rows, Row("messages of Kafka by key", "not measured: there is no Java, or no Kafka (make kafka-jars)")]
    count = 600_000 if setting.quick else 3_000_000
    with tempfile.TemporaryDirectory() as place, kafka.running(kafka_broker.Broker(Path(place))) as broker:
        broker.make_topic("keys", 4)
        values = ((f"key{at % 1000}".encode(), b"x" * 100) for at in range(count))
        broker.send("keys", values, **{"linger.ms": 20, "queue.buffering.max.messages": 1_000_000})
        command = [ours, "pyrite", "kafka", str(count), broker.address, "keys"]
        # PySpark 4.3's own connector isn't served; 4.2's works with it.
        return [*rows, beside(setting, "messages of Kafka by key, rows/s", 5, command, jars=kafka.spark_jars())]


def beside(setting: Setting, name: str, bar: int, command: list[str], jars: str | None = "") -> Row:
    """Our rate, then PySpark's."""
    program = str(PROGRAMS / "rates.py")
    rate = rate_of([command[0], program, *command[1:]])
    if setting.pyspark is None or jars is None:
        return Row(name, f"{rate['rate']:,.0f}", figures={"pyrite": rate})
    more = [f"spark.jars={jars}"] if jars else []
    spark = rate_of([setting.pyspark, program, "pyspark", *command[2:], *more])
    times = rate["rate"] / spark["rate"]
    said = f"{rate['rate']:,.0f}, PySpark {spark['rate']:,.0f}: {times:.1f} x"
    return Row(name, said, f">= {bar} x PySpark", times >= bar, {"pyrite": rate, "pyspark": spark})


def rate_of(command: list[str]) -> dict:
    _, _, out = timed(command)
    return json.loads(out.splitlines()[-1])


def told(python: str, engine: str, what: str, count: int, *more: str):
    """What the program of `programs/queries.py` gives."""
    _, _, out = timed([python, str(PROGRAMS / "queries.py"), engine, what, str(count), *more])
    return json.loads(out.splitlines()[-1])
