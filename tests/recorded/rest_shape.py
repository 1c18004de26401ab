"""Records what Spark's REST answers look like: the names and types of their fields, and the texts of what isn't there.

Run by the Python that has PySpark: it writes rest_shape.json beside this file.
"""

import json
import re
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

APP = "/api/v1/applications/APP"
PATHS = [
    "/jobs", "/jobs?status=failed", "/jobs/0", "/jobs/777", "/stages", "/stages/0", "/stages/1", "/stages/1/0", "/stages/1/0/taskList",
    "/stages/1/0/taskSummary", "/stages?details=true", "/stages/777", "/executors", "/allexecutors", "/executors/driver/threads", "/executors/9/threads", "/executors/x-y/threads", "/storage/rdd", "/storage/rdd/1",
    "/storage/rdd/999", "/environment", "/streaming/statistics", "/streaming/receivers", "/streaming/receivers/0",
    "/streaming/receivers/77", "/streaming/batches", "/streaming/batches?status=completed", "/streaming/batches/123",
    "/streaming/batches/T", "/streaming/batches/T/operations", "/streaming/batches/T/operations/0",
    "/streaming/batches/T/operations/9",
]  # fmt: skip
# Dicts whose keys are ids.
BY_ID = {"tasks", "executorSummary"}


def program(sc, streaming_context):
    """What is looked at: a cached RDD, jobs that end well and badly, a stream one of whose batches fails."""
    rdd = sc.parallelize(range(100), 4).map(lambda x: (x % 5, x)).setName("pairs").cache()
    sc.setJobGroup("g", "my description")
    rdd.reduceByKey(lambda a, b: a + b).collect()
    rdd.count()
    try:
        sc.parallelize([1, 0], 2).map(lambda x: 1 / x).collect()
    except Exception:  # noqa: BLE001, S110 - it is meant to fail
        pass
    sc.setJobDescription(None)
    ssc = streaming_context(sc, 1)
    queue = ssc.queueStream([[1, 2, 3], [4, 5], [6]])
    queue.map(lambda x: x * 2).pprint()
    queue.foreachRDD(lambda rdd: rdd.map(lambda x: 1 / (x - 6)).count())
    ssc.start()
    return rdd, ssc


def get(url):
    """Status and text."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def shape(value, key=None):
    """The names of fields and the types of values."""
    if isinstance(value, str):
        return "time" if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+GMT", value) else "str"
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if not isinstance(value, dict):
        return type(value).__name__
    if key in BY_ID:
        return {"*": shape(next(iter(value.values())))}
    return {name: shape(of, name) for name, of in sorted(value.items())}


def chosen(path, value):
    """Of what holds things of several kinds, the kind that is compared."""
    if path.endswith("/jobs"):
        every = {}
        for job in value:
            every |= job
        return [every]
    if path.endswith("/stages"):
        return [stage for stage in value if stage["status"] == "COMPLETE" and stage.get("description")][:1]
    if path.endswith("/threads"):
        # A lock's name is there where a thread waits for one of Java's.
        return [{name: of for name, of in thread.items() if name != "lockName"} for thread in value][:1]
    if path.endswith("/operations"):
        return [operation for operation in value if "failureReason" not in operation][:1]
    if path.endswith("/environment"):
        empty = dict.fromkeys(("hadoopProperties", "systemProperties", "metricsProperties", "classpathEntries"), [])
        return {**value, **empty, "resourceProfiles": [{"id": 0}]}
    return value


def answers(base, app):
    """What a program's REST says: path -> status and shape, or the text of what isn't there."""
    _, batches = get(f"{base}{APP}/streaming/batches".replace("APP", app))
    time_of_one = str(json.loads(batches)[-1]["batchId"])
    kept = json.loads(get(f"{base}{APP}/storage/rdd".replace("APP", app))[1])[0]["id"]
    found = {}
    for path in [
        "/api/v1/version",
        "/api/v1/applications",
        "/api/v1/applications/nope/jobs",
        APP,
        *(APP + p for p in PATHS),
    ]:
        asked = path.replace("APP", app).replace("/T", f"/{time_of_one}").replace("/rdd/1", f"/rdd/{kept}")
        status, text = get(base + asked)
        found[path] = (
            {"status": status, "shape": shape(chosen(path, json.loads(text)))}
            if status == 200
            else {"status": status, "text": text}
        )
    return found


if __name__ == "__main__":
    from pyspark import SparkConf, SparkContext
    from pyspark.streaming import StreamingContext

    sc = SparkContext(conf=SparkConf().setMaster("local[2]").setAppName("rest").set("spark.ui.port", "0"))
    cached, ssc = program(sc, StreamingContext)
    time.sleep(6)
    found = answers(re.sub("//[^:]+", "//127.0.0.1", sc.uiWebUrl), sc.applicationId)
    ssc.stop(stopSparkContext=False)
    time.sleep(1)
    url = re.sub("//[^:]+", "//127.0.0.1", sc.uiWebUrl) + f"{APP}/streaming/statistics".replace("APP", sc.applicationId)
    status, text = get(url)
    found["without a stream"] = {"status": status, "text": text}
    Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    sc.stop()
