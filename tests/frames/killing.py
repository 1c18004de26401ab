"""A query that is killed at system calls on its checkpoint and its output, and started again, until it has read all.

Each start is a child that is forked before anything runs. In it an audit hook counts the calls that open for writing, rename,
remove or make something below the root, and at one of them the process kills itself: before the call, or, where a file is opened, with
half of something in it.
"""

import json
import os
import random
import signal
import sys
import time

CALLS = {"open", "os.rename", "os.remove", "os.mkdir"}


def arm(root, number):
    """Die at the call of this number, counted from 1."""
    count = 0

    def hook(event, arguments):
        nonlocal count
        if event not in CALLS or not arguments or not str(arguments[0]).startswith((f"{root}/ck", f"{root}/out")):
            return
        if event == "open" and not isinstance(arguments[1], str):
            return
        if event == "open" and not set(arguments[1]) & set("wax+"):
            return
        count += 1
        if count == number:
            if event == "open" and "w" in arguments[1]:
                handle = os.open(arguments[0], os.O_WRONLY | os.O_CREAT)
                os.write(handle, b"v1\n{")
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def arm_later(seconds):
    """Die after a time."""
    import threading

    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL))
    timer.daemon = True
    timer.start()


def run(root, query, number, later=None):
    """Run the query in a child that may die; whether it came to its end."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            from pyspark.sql import SparkSession

            spark = SparkSession.builder.master("local[2]").config("spark.sql.session.timeZone", "UTC").getOrCreate()
            if number:
                arm(root, number)
            if later is not None:
                arm_later(later)
            query(spark, root).awaitTermination()
            code = 0
        except BaseException as error:  # noqa: BLE001
            print(f"killed at {number}, then: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return False
    if os.WEXITSTATUS(status):
        raise SystemExit("the query can't go on")
    return True


def distinct(spark, root):
    """Files to files by way of a state."""
    rows = spark.readStream.schema("v INT").option("maxFilesPerTrigger", 2).json(f"{root}/in").dropDuplicates(["v"])
    writer = rows.writeStream.format("json").option("checkpointLocation", f"{root}/ck").trigger(availableNow=True)
    return writer.start(f"{root}/out")


def messages(spark, root):
    """Kafka to Kafka; where it is and which topics are in a file."""
    with open(f"{root}/kafka.json") as file:
        address, source, sink = json.load(file)
    reader = spark.readStream.format("kafka").option("kafka.bootstrap.servers", address).option("subscribe", source)
    rows = (
        reader.option("startingOffsets", "earliest").option("maxOffsetsPerTrigger", 400).load().select("key", "value")
    )
    writer = rows.writeStream.format("kafka").option("kafka.bootstrap.servers", address).option("topic", sink)
    return writer.option("checkpointLocation", f"{root}/ck").trigger(availableNow=True).start()


def feed(root, number):
    """A file with rows of which half were there before."""
    path = f"{root}/.{number}"
    with open(path, "w") as file:
        file.writelines(json.dumps({"v": value}) + "\n" for value in range(number * 5, number * 5 + 10))
    os.makedirs(f"{root}/in", exist_ok=True)
    os.rename(path, f"{root}/in/{number}.json")


def main(root, kills, seed, query=distinct):
    """So many kills; prints where they were and how many starts came to their end."""
    import pyrite

    pyrite.init()
    import duckdb  # noqa: F401
    import pyarrow.json
    import pyarrow.parquet  # noqa: F401
    import pyspark.sql.connect.session  # noqa: F401

    chance = random.Random(seed)
    done = ended = fed = 0
    begun = time.monotonic()
    while done < kills:
        if query is distinct:
            feed(root, fed)
            fed += 1
        # Between messages there are no calls to die at.
        later = chance.uniform(0, 1) if query is messages and chance.random() < 0.5 else None
        if run(root, query, 0 if later is not None else chance.randint(1, 24), later):
            ended += 1
            if query is messages:
                break
        else:
            done += 1
    run(root, query, 0)
    print(json.dumps({"kills": done, "ended": ended, "files": fed, "seconds": round(time.monotonic() - begun, 1)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), messages if sys.argv[4:] == ["kafka"] else distinct)
