"""Programs that once stood for ever: a thread waited for the interpreter with a lock held that who was in it wanted."""

import os
import subprocess
import sys
import textwrap

import pytest

# Seconds that each of the stress tests runs in `make soak`; fewer elsewhere.
SOAK = 0 if os.environ.get("PYRITE_SOAK", "0") in ("", "0") else 60

PREPARE = """
import faulthandler, logging, sys, threading, time
logging.getLogger("pyrite").addHandler(logging.NullHandler())
logging.getLogger("pyrite").propagate = False
logging.getLogger("pyrite").setLevel(logging.CRITICAL)
from pyrite import SparkConf, SparkContext
from pyrite.streaming import StreamingContext

SECONDS = float(sys.argv[1])
faulthandler.dump_traceback_later(SECONDS + 25, exit=True)
sc = SparkContext("local[2]", "hangs")
ssc = StreamingContext(sc, 0.002)
batches = []

class Odd(Exception):
    pass

def odd(rdd):
    batches.append(1)
    if len(batches) % 2:
        raise Odd([object() for _ in range(10)])
    return rdd
"""


def run(program, seconds):
    """Runs a program that has `SECONDS` to do and prints how it ended."""
    source = textwrap.dedent(PREPARE) + textwrap.dedent(program)
    done = subprocess.run(
        [sys.executable, "-c", source, str(seconds)],
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.timeout(200 + SOAK)
def test_a_failing_transform_beside_operations_that_work():
    out = run(
        """
        q = ssc.queueStream([[1]], default=[1, 2])
        q.transform(odd).foreachRDD(lambda rdd: None)
        q.foreachRDD(lambda rdd: None)
        ssc.start()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            time.sleep(0.01)
        ssc.stop(stopSparkContext=True)
        print("ended after", len(batches) > 10)
        """,
        SOAK or 4,
    )
    assert out == "ended after True\n"


@pytest.mark.timeout(200 + SOAK)
def test_looking_at_a_context_whose_transform_fails():
    out = run(
        """
        q = ssc.queueStream([[1]], default=[1, 2])
        q.transform(odd).foreachRDD(lambda rdd: None)
        ssc.start()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            repr(ssc)
            ssc._streaming.history()
        ssc.stop(stopSparkContext=True)
        print("ended after", len(batches) > 10)
        """,
        SOAK or 4,
    )
    assert out == "ended after True\n"


@pytest.mark.timeout(200 + SOAK)
def test_everything_side_by_side():
    """A transform that fails, None now and then, windows, `print(ssc)`, `explain()`, `slice()` and interrupts."""
    out = run(
        """
        import contextlib, signal

        def moody(rdd):
            batches.append(1)
            match len(batches) % 3:
                case 0:
                    raise Odd(rdd)
                case 1:
                    return None
            return rdd.map(lambda x: (x % 2, [x]))

        q = ssc.queueStream([[1]], default=list(range(20)))
        changed = q.transform(moody)
        changed.window(0.006, 0.002).foreachRDD(lambda rdd: rdd.count())
        q.foreachRDD(lambda rdd: rdd.map(lambda x: 1 // x).collect())
        q.map(lambda x: [x]).foreachRDD(lambda rdd: rdd.collect())
        ssc.start()
        end = time.monotonic() + SECONDS
        looked = []

        def look():
            while time.monotonic() < end:
                repr(ssc), repr(changed)
                changed._explained()
                now = time.time()
                with contextlib.suppress(Odd):
                    changed.slice(now - 0.01, now)
                with contextlib.suppress(Exception):
                    ssc.awaitTerminationOrTimeout(0.001)
                looked.append(1)

        inside = []

        def interrupted(*_):
            if inside:
                raise KeyboardInterrupt

        signal.signal(signal.SIGINT, interrupted)

        def interrupt():
            while time.monotonic() < end:
                time.sleep(0.1)
                signal.raise_signal(signal.SIGINT)

        def slow():
            return sc.parallelize(range(400), 4).map(lambda x: [x]).map(lambda x: time.sleep(0.001) or x).collect()

        slow()  # an interrupt of an import would leave the module locked: CPython's own hang
        threads = [threading.Thread(target=look) for _ in range(2)]
        for thread in threads:
            thread.start()
        threads.append(threading.Thread(target=interrupt))
        threads[-1].start()
        interrupts = 0
        while time.monotonic() < end:
            try:
                inside.append(1)
                slow()
                inside.clear()
            except KeyboardInterrupt:
                inside.clear()
                interrupts += 1
        for thread in threads:
            thread.join()
        ssc.stop(stopSparkContext=True)
        print("ended after", len(batches) > 10, len(looked) > 10, interrupts > 2)
        """,
        SOAK or 5,
    )
    assert out == "ended after True True True\n"


FAILING = """
import gc, weakref

class Thing:
    pass

alive = weakref.WeakSet()

def raises(rdd):
    made = Thing()
    alive.add(made)
    batches.append(1)
    raise Odd(made)

def left():
    # The last error is kept for awaitTermination.
    end = time.monotonic() + 10
    while len(alive) > 1 and time.monotonic() < end:
        time.sleep(0.1)
        gc.collect()  # an exception and its frames refer to each other
    return len(alive)

q = ssc.queueStream([[1]], default=[1])
q.transform(raises).foreachRDD(lambda rdd: None)
"""


def test_references_that_nobody_asks_for_are_released():
    """Dropped without the interpreter, they wait for whoever comes next; a thread looks every second."""
    out = run(
        FAILING
        + """
ssc.start()
time.sleep(SECONDS)
ssc.stop(stopSparkContext=False)
print(len(batches) > 10, left())
""",
        1,
    )
    assert out == "True 1\n"


def test_errors_that_were_logged_together_are_released():
    """The thread that logs takes all messages that wait: it once kept the last of them until the next ones came."""
    out = run(
        FAILING
        + """
class Slow(logging.Handler):
    def emit(self, record):
        logged.append(1)
        free.wait(SECONDS)

free, logged = threading.Event(), []
logging.getLogger("pyrite").setLevel(logging.ERROR)
logging.getLogger("pyrite").addHandler(Slow())
ssc.start()
while len(batches) < 10 or not logged:
    time.sleep(0.01)
ssc.stop(stopSparkContext=False)
# The first is being logged, the others wait.
print(len(logged), len(alive) > 5)
free.set()
print(left(), len(logged) > 5)
""",
        20,
    )
    assert out == "1 True\n1 True\n"
