"""Whole programs: Ctrl-C, the end of a script with a running stream, output through a pipe."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

HEAD = """
import sys, time, os, threading
from pyrite.context import SparkContext
from pyrite.streaming import StreamingContext
sc = SparkContext("local[2]")
ssc = StreamingContext(sc, 0.05)
q = ssc.queueStream([[1]], default=[2])
"""


def start(body: str) -> subprocess.Popen:
    source = HEAD + textwrap.dedent(body)
    return subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )


def finish(program: subprocess.Popen, timeout: float = 30):
    out, err = program.communicate(timeout=timeout)
    return program.returncode, out, err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to one process")
def test_an_interrupt_of_await_termination_stops_the_stream_and_keeps_the_context():
    program = start(
        """
        q.foreachRDD(lambda rdd: rdd.count())
        ssc.start()
        print("ready", flush=True)
        ssc.awaitTermination()
        at = time.time()
        print(sc.parallelize([1, 2, 3]).count(), at, ssc.awaitTerminationOrTimeout(1))
        """
    )
    assert program.stdout.readline() == "ready\n"
    time.sleep(0.2)
    sent = time.time()
    program.send_signal(signal.SIGINT)
    code, out, err = finish(program)
    assert (code, err) == (0, "Interrupted: the StreamingContext was stopped; the SparkContext goes on.\n")
    count, at, stopped = out.split()
    assert (count, stopped) == ("3", "True")
    assert float(at) - sent < 0.5  # 100 ms, and what a busy machine adds


@pytest.mark.parametrize(
    "body",
    [
        "q.foreachRDD(lambda rdd: rdd.count())",
        "q.transform(lambda rdd: (time.sleep(0.01), rdd)[1]).pprint()",
        "q.foreachRDD(lambda rdd: time.sleep(60))",
        "q.map(lambda x: time.sleep(60)).pprint()",
        "q.map(lambda x: x).foreachRDD(lambda rdd: rdd.foreach(print))",
        "ssc.socketTextStream('localhost', 1).pprint(); q.pprint()",
    ],
)
def test_a_script_that_ends_with_a_running_stream_ends_at_once(body):
    program = start(
        body
        + """
ssc.start()
ssc.awaitTerminationOrTimeout(0.2)
# In one piece: a batch may print from another thread between two of them.
sys.stdout.write(f"\\nend {time.time()}\\n")
sys.stdout.flush()
"""
    )
    code, out, err = finish(program)
    ended = time.time()
    said = next(line for line in out.splitlines() if line.startswith("end "))
    assert code == 0
    assert not any(word in err for word in ("Traceback", "Fatal", "panicked", "terminate")), err
    assert ended - float(said.split()[1]) < 1.5


def test_a_failure_ends_a_script_with_the_users_traceback():
    program = start(
        """
        def invert(x):
            return 1 // (x - 1)
        q.map(invert).pprint()
        ssc.start()
        ssc.awaitTermination()
        """
    )
    code, _, err = finish(program)
    assert code == 1
    assert err.splitlines()[-1].startswith("in the batch of ")
    assert "ZeroDivisionError" in err
    assert "pyrite/" not in err
    assert len(err.splitlines()) <= 20


def test_pprint_reaches_a_pipe_batch_by_batch():
    program = start(
        """
        q.pprint()
        ssc.start()
        ssc.awaitTermination()
        """
    )
    lines = [program.stdout.readline() for _ in range(5)]
    program.kill()
    program.communicate()
    assert lines[0] == lines[2] == "-" * 43 + "\n"
    assert lines[1].startswith("Time: ")
    assert lines[3:] == ["1\n", "\n"]
