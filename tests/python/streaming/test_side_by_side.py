"""A listener that fails, one that is slow, failing transforms, `print(ssc)`, late listeners, interrupts and stop, all at once
and with several jobs at a time: nothing hangs, and what was told is in order."""

import os
import subprocess
import sys
import textwrap

import pytest

SOAK = int(os.environ.get("PYRITE_SOAK") or 0)

PROGRAM = """
import random, signal, threading, time
from pyrite.conf import SparkConf
from pyrite.context import SparkContext
from pyrite.streaming import StreamingContext, StreamingListener

SECONDS = {seconds}
conf = SparkConf().set("spark.streaming.concurrentJobs", "3").set("spark.scheduler.listenerbus.eventqueue.capacity", "50")
sc = SparkContext("local[2]", "side", conf=conf)
sc.setLogLevel("OFF")
dice = random.Random({seed})
completed, rounds = [], 0

class Keeps(StreamingListener):
    def __init__(self):
        self.times = []
    def onBatchCompleted(self, told):
        info = told.batchInfo()
        assert info.totalDelay() >= 0 and info.outputOperationInfos()
        self.times.append(info.batchTime().milliseconds())

class Fails(StreamingListener):
    def onBatchStarted(self, told):
        raise ValueError(told)

class Slow(StreamingListener):
    def onOutputOperationCompleted(self, told):
        time.sleep(0.003)

def moody(rdd):
    if dice.random() < 0.3:
        raise LookupError("moody")
    return None if dice.random() < 0.2 else rdd.map(lambda x: (x % 3, x))

def one(how):
    ssc = StreamingContext(sc, 0.004)
    keeps = Keeps()
    for listener in (keeps, Fails(), Slow()):
        ssc.addStreamingListener(listener)
    q = ssc.queueStream([[1]], default=list(range(12)))
    changed = q.transform(moody)
    changed.reduceByKey(lambda a, b: a + b).foreachRDD(lambda rdd: rdd.collect())
    changed.window(0.012, 0.008).foreachRDD(lambda rdd: rdd.count())
    q.foreachRDD(lambda rdd: rdd.map(lambda x: 1 // (x - 3 * (dice.random() < 0.2))).collect())
    ssc.start()
    over = threading.Event()
    def look():
        while not over.is_set():
            print(ssc, file=open("/dev/null", "w"))
            ssc._streaming.history()
            ssc.addStreamingListener(StreamingListener())
            time.sleep(0.002)
    looking = threading.Thread(target=look)
    looking.start()
    time.sleep(dice.uniform(0.02, 0.2))
    begin = time.monotonic()
    if how == "interrupt":
        main = threading.main_thread().ident
        threading.Timer(0.02, signal.pthread_kill, (main, signal.SIGINT)).start()
        try:
            while not ssc.awaitTerminationOrTimeout(5):
                pass
        except Exception:  # what a batch failed with
            try:
                time.sleep(5)
            except KeyboardInterrupt:
                ssc.stop(False)
    elif how == "other":
        stoppers = [threading.Thread(target=ssc.stop, args=(False, graceful)) for graceful in (True, False)]
        [s.start() for s in stoppers]
        [s.join() for s in stoppers]
    else:
        ssc.stop(False, how == "graceful")
    took = time.monotonic() - begin
    over.set()
    looking.join()
    assert took < 6, (how, took)
    assert ssc._streaming.phase == "stopped", how
    assert keeps.times == sorted(set(keeps.times)), how
    return len(keeps.times)

end = time.monotonic() + SECONDS
total = 0
while time.monotonic() < end or rounds < 4:
    total += one(["now", "graceful", "interrupt", "other"][rounds % 4])
    rounds += 1
assert sc.parallelize([1, 2]).count() == 2
sc.stop()
print("ended", rounds >= 4, total > 0)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pthread_kill")
@pytest.mark.timeout(200 + SOAK * 60)
@pytest.mark.parametrize("seed", [1, 2])
def test_everything_goes_on_and_ends(seed):
    source = textwrap.dedent(PROGRAM).replace("{seconds}", str(60 if SOAK else 5)).replace("{seed}", str(seed))
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", source], capture_output=True, text=True, timeout=150 + SOAK * 60
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[-1] == "ended True True"
