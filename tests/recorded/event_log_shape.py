"""Records what Spark's event log looks like: for each kind of event the names and types of its fields.

Run by the Python that has PySpark: it writes event_log_shape.json beside this file.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

# Fields whose keys are settings, or whose items Pyrite has none of (accumulators with names of their own, a JVM's frames).
FREE = {"Properties", "Spark Properties", "Hadoop Properties", "System Properties", "Metrics Properties",
        "Classpath Entries", "Accumulables", "Accumulator Updates", "Stack Trace"}  # fmt: skip


def settings(conf, directory):
    """A log that is easily read."""
    for key, value in {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": Path(directory).as_uri(),
        "spark.eventLog.compress": "false",
        "spark.eventLog.logBlockUpdates.enabled": "true",
    }.items():
        conf.set(key, value)
    return conf.setMaster("local[2]").setAppName("events").set("spark.ui.enabled", "false")


def program(sc):
    """What is logged: a cached RDD, jobs that end well and badly."""
    pairs = sc.parallelize(range(100), 4).map(lambda x: (x % 5, x)).setName("pairs").cache()
    sc.setJobGroup("g", "my description")
    pairs.reduceByKey(lambda a, b: a + b, 3).collect()
    pairs.count()
    try:
        sc.parallelize([1, 0], 2).map(lambda x: 1 / x).collect()
    except Exception:  # noqa: BLE001, S110 - it is meant to fail
        pass
    pairs.unpersist()


def stream(sc, streaming_context):
    """Two batches."""
    ssc = streaming_context(sc, 1)
    ssc.queueStream([[1, 2, 3], [4, 5]]).map(lambda x: (x % 2, x)).reduceByKey(lambda a, b: a + b).pprint()
    ssc.start()
    time.sleep(3.5)
    ssc.stop(stopSparkContext=False)


def events(directory):
    """The events of the only log in a directory."""
    (log,) = Path(directory).glob("eventlog_v2_*")
    files = sorted(log.glob("events_*"), key=lambda path: int(path.name.split("_")[1]))
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]


def merged(one, other):
    """The shape of things of which each may have fields that others haven't."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: merged(one.get(name, other.get(name)), other.get(name, one.get(name))) for name in one | other}
    if isinstance(one, list) and isinstance(other, list):
        return [merged(one[0], other[0])] if one and other else one or other
    return one


def shape(value, name=""):
    """The names of fields and the types of values."""
    if name in FREE:
        return type(value).__name__
    if isinstance(value, list):
        found = []
        for item in value:
            found = merged(found, [shape(item)])
        return found
    if not isinstance(value, dict):
        return type(value).__name__
    return {key: shape(of, key) for key, of in sorted(value.items())}


def shapes(log):
    """The shape of each kind of event; of the kinds of ends that a task or a job has, each has its own."""
    found = {}
    for event in log:
        kind = event["Event"]
        how = event.get("Task End Reason", {}).get("Reason") or event.get("Job Result", {}).get("Result")
        kind += f" {how}" if how else ""
        found[kind] = merged(found.get(kind, {}), shape(event))
    return found


if __name__ == "__main__":
    from pyspark import SparkConf, SparkContext
    from pyspark.streaming import StreamingContext

    with tempfile.TemporaryDirectory() as directory:
        sc = SparkContext(conf=settings(SparkConf(), directory))
        program(sc)
        stream(sc, StreamingContext)
        sc.stop()
        found = shapes(events(directory))
    sys.stdout.write("\n".join(sorted(found)) + "\n")
    Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
