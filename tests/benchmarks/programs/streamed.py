"""Streaming programs that are measured from inside: `streamed.py one-batch BATCHES [WATCHED]`, `streamed.py interval PORT SECONDS`,
`streamed.py rate PORT SECONDS`. Each writes its figures as JSON to standard error; standard output is pprint's.
"""

import contextlib
import json
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

from pyrite import SparkContext
from pyrite.streaming import StreamingContext


def words_of(lines):
    words = lines.flatMap(lambda line: re.split(r"\W+", line)).filter(lambda word: len(word) > 0)
    return words.map(lambda w: w.lower()).map(lambda w: (w, 1)).reduceByKey(lambda v1, v2: v1 + v2)


def notebook(lines):
    return words_of(lines).transform(lambda rdd: rdd.sortBy(lambda x: x[1], False))


def since(batch_time) -> float:
    """Milliseconds from the moment a batch stands for."""
    return (time.time() - batch_time.timestamp()) * 1000


@contextlib.contextmanager
def watching(url: str, how: int):
    """Has another process look at the page meanwhile."""
    if how == 0:
        yield
        return
    command = [sys.executable, str(Path(__file__).with_name("watch_page.py")), url, ("read", "browse")[how - 1]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as watcher:
        watcher.stdout.readline()
        yield
        watcher.stdin.close()
        watcher.stdout.read()


def one_batch(sc, batches: int, watched: int = 0) -> dict:
    """Every second batch holds 100 lines, the others nothing; a batch's cost runs from its generation to pprint's end.

    With 1 another process asks what the open page asks, with 2 a browser has it open.
    """
    full = [f"the {i} quick Brown fox, jumps over 데이터 {i % 7} lazy dogs" for i in range(100)]
    ssc = StreamingContext(sc, 0.02)
    begun, costs, ticks, done = [], [], [], threading.Event()

    def begin(rdd):
        begun.append(time.perf_counter())
        return rdd

    def end(batch_time, rdd):
        costs.append((time.perf_counter() - begun[len(costs)]) * 1000)
        ticks.append(since(batch_time))
        if len(costs) == batches:
            done.set()

    lines = ssc.queueStream([full, []] * (batches // 2 + 1))
    notebook(lines.transform(begin)).pprint()
    lines.foreachRDD(end)
    with watching(sc.uiWebUrl, watched):
        ssc.start()
        done.wait()
    ssc.stop(False)
    warm = batches // 10 // 2 * 2
    return {"full": costs[warm:batches:2], "empty": costs[warm + 1 : batches : 2], "since_tick": ticks[warm:batches]}


def interval(sc, port: int, seconds: float) -> dict:
    """A row for each 10 ms batch: its time, the delay until its job began, until its job ended, and its words."""
    ssc = StreamingContext(sc, 0.01)
    rows = []

    def record(batch_time, rdd):
        begun = since(batch_time)
        words = sum(count for _, count in rdd.collect())
        rows.append((batch_time.timestamp(), begun, since(batch_time), words))

    notebook(ssc.socketTextStream("127.0.0.1", port)).foreachRDD(record)
    run_for(ssc, rows, seconds)
    return {"batches": rows}


def rate(sc, port: int, seconds: float) -> dict:
    """A row for each 100 ms batch: the moment it was done, its delay, its words, and the memory then."""
    ssc = StreamingContext(sc, 0.1)
    rows = []

    def record(batch_time, rdd):
        words = rdd.map(lambda kv: kv[1]).sum()
        rows.append((time.time(), since(batch_time), words, memory()))

    words_of(ssc.socketTextStream("127.0.0.1", port)).foreachRDD(record)
    run_for(ssc, rows, seconds)
    return {"batches": rows}


def run_for(ssc, rows: list, seconds: float) -> None:
    """Runs from the first batch with words on."""
    ssc.start()
    end = time.monotonic() + 30
    while not any(row[-1] if len(row) == 4 else row for row in rows[-5:]) and time.monotonic() < end:
        time.sleep(0.05)
    ssc.awaitTerminationOrTimeout(seconds)
    ssc.stop(False)


def memory() -> int:
    """Resident bytes of this process."""
    import psutil

    return psutil.Process().memory_info().rss


def main(what: str, *arguments: str) -> None:
    sc = SparkContext("local[2]", what)
    figures = {"one-batch": one_batch, "interval": interval, "rate": rate}[what](sc, *map(int, arguments))
    sc.stop()
    json.dump(figures, sys.stderr)


main(*sys.argv[1:])
