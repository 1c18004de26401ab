"""Python data sources that do what is right and what is wrong, batches and streams. Each case gives a text."""

import json
import os

import pyarrow as pa
from pyspark.sql import Row
from pyspark.sql import functions as f
from pyspark.sql.datasource import (
    DataSource,
    DataSourceArrowWriter,
    DataSourceReader,
    DataSourceStreamArrowWriter,
    DataSourceStreamReader,
    DataSourceStreamWriter,
    DataSourceWriter,
    InputPartition,
    SimpleDataSourceStreamReader,
    WriterCommitMessage,
)
from pyspark.sql.streaming.datasource import ReadAllAvailable, ReadMaxRows, SupportsTriggerAvailableNow
from pyspark.sql.types import IntegerType, StructField, StructType
from told import told


class Message(WriterCommitMessage):
    def __init__(self, rows):
        self.rows = rows


def note(path, *what):
    with open(path, "a") as file:
        file.write(json.dumps(what) + "\n")


class Two(DataSource):
    """Partitions of two rows."""

    @classmethod
    def name(cls):
        return "two"

    def schema(self):
        return "i INT, s STRING"

    def reader(self, schema):
        return TwoReader(self.options)

    def writer(self, schema, overwrite):
        kind = TwoArrowWriter if self.options.get("arrow") else TwoWriter
        return kind(self.options, schema, overwrite)


class TwoReader(DataSourceReader):
    def __init__(self, options):
        self.options = options

    def partitions(self):
        return [InputPartition(at) for at in range(int(self.options.get("numPARTS", 2)))]

    def read(self, partition):
        how = self.options.get("how", "tuple")
        for more in range(2):
            at = partition.value * 10 + more
            if how == "boom" and at == 11:
                raise ValueError("boom at 11")
            yield {
                "tuple": lambda at=at: (at, f"s{at}"),
                "boom": lambda at=at: (at, "x"),
                "list": lambda at=at: [at, f"s{at}"],
                "row": lambda at=at: Row(s=f"s{at}", i=at),
                "other row": lambda at=at: Row(s=f"s{at}", j=at),
                "short": lambda at=at: (at,),
                "scalar": lambda at=at: at,
                "string": lambda: "ab",
                "none": lambda: None,
                "wrong": lambda: ("x", "y"),
                "null": lambda: (None, None),
                "arrow": lambda at=at: batch(i=pa.array([at], pa.int32()), s=pa.array([f"a{at}"])),
                "other type": lambda at=at: batch(i=pa.array([at], pa.int64()), s=pa.array(["a"])),
                "other names": lambda at=at: batch(j=pa.array([at], pa.int32()), s=pa.array(["a"])),
                "more columns": lambda at=at: batch(i=pa.array([at]), s=pa.array(["a"]), t=pa.array([1])),
            }[how]()


def batch(**columns):
    return pa.RecordBatch.from_pydict(columns)


class TwoWriter(DataSourceWriter):
    def __init__(self, options, schema, overwrite):
        self.options, self.schema, self.overwrite = options, schema, overwrite

    def write(self, rows):
        fail = self.options.get("fail")
        if fail == "write":
            raise KeyError("wr")
        found = [[type(row).__name__, row.asDict()] for row in rows]
        return 5 if fail == "message" else None if fail == "none" else Message(found)

    def commit(self, messages):
        if self.options.get("fail") == "commit":
            raise RuntimeError("no commit")
        rows = sorted((row for message in messages for row in message.rows), key=str)
        note(self.options["out"], "commit", self.overwrite, self.schema.simpleString(), rows)

    def abort(self, messages):
        note(self.options["out"], "abort", len(messages), sum(message is None for message in messages))


class TwoArrowWriter(TwoWriter, DataSourceArrowWriter):
    def write(self, batches):
        return Message([row for batch in batches for row in batch.to_pylist()])


class Plain(DataSource):
    """Says only who it is."""

    @classmethod
    def name(cls):
        return "plain"

    def reader(self, schema):
        return None


class BadSchema(Plain):
    @classmethod
    def name(cls):
        return "badschema"

    def schema(self):
        return IntegerType()


class Init(Plain):
    @classmethod
    def name(cls):
        return "init"

    def __init__(self, options):
        raise ValueError("no init")


class NoSource:
    @classmethod
    def name(cls):
        return "nosource"


class ListReader(DataSourceReader):
    def read(self, partition):
        return [(1,), (2,)]


class Lists(Plain):
    @classmethod
    def name(cls):
        return "lists"

    def schema(self):
        return StructType([StructField("i", IntegerType(), False)])

    def reader(self, schema):
        return ListReader()


class PushReader(DataSourceReader):
    def pushFilters(self, filters):
        yield from filters

    def read(self, partition):
        yield (5,)


class Push(Lists):
    @classmethod
    def name(cls):
        return "push"

    def reader(self, schema):
        return PushReader()


class TypesReader(DataSourceReader):
    def read(self, partition):
        import datetime
        import decimal

        moment, day = datetime.datetime(2020, 1, 2, 3, 4, 5), datetime.date(2020, 1, 2)
        yield ([1, 2], {"a": 1.5}, moment, day, b"xy", decimal.Decimal("1.25"), (1, "q"))
        yield (None,) * 7


class Types(Lists):
    @classmethod
    def name(cls):
        return "types"

    def schema(self):
        return "x ARRAY<INT>, m MAP<STRING,DOUBLE>, t TIMESTAMP, d DATE, b BINARY, c DECIMAL(10,2), n STRUCT<a: INT, b: STRING>"

    def reader(self, schema):
        return TypesReader()


class Simple(SimpleDataSourceStreamReader):
    def __init__(self, options):
        self.options = options

    def initialOffset(self):
        return {"offset": 0}

    def read(self, start):
        at = start["offset"]
        end = min(at + 2, int(self.options.get("max", 6)))
        note(self.options["log"], "read", start)
        if self.options.get("fail") == "read" and at >= 2:
            raise ValueError("read failed")
        if self.options.get("fail") == "same":
            return iter([(1,)]), start
        return iter([(each,) for each in range(at, end)]), {"offset": end}

    def readBetweenOffsets(self, start, end):
        note(self.options["log"], "between", start, end)
        return iter([(each,) for each in range(start["offset"], end["offset"])])

    def commit(self, end):
        note(self.options["log"], "commit", end)


class Parts(DataSourceStreamReader):
    def __init__(self, options):
        self.options = options
        self.end = 0

    def initialOffset(self):
        return {"o": 0}

    def latestOffset(self):
        self.end = min(self.end + 2, 6)
        return {"o": self.end}

    def partitions(self, start, end):
        note(self.options["log"], "partitions", start, end)
        return [InputPartition((at,)) for at in range(start["o"], end["o"])]

    def read(self, partition):
        if self.options.get("fail") == "read":
            raise ValueError("parts failed")
        yield (partition.value[0],)

    def commit(self, end):
        note(self.options["log"], "commit", end)


class Limits(DataSourceStreamReader, SupportsTriggerAvailableNow):
    def __init__(self, options):
        self.options = options
        self.most = 5

    def initialOffset(self):
        return {"o": 0}

    def getDefaultReadLimit(self):
        return ReadMaxRows(2)

    def prepareForTriggerAvailableNow(self):
        note(self.options["log"], "prepare")

    def latestOffset(self, start, limit):
        note(self.options["log"], "latest", start, str(limit))
        return {"o": self.most if isinstance(limit, ReadAllAvailable) else min(start["o"] + limit.max_rows, self.most)}

    def reportLatestOffset(self):
        return {"o": 99}

    def partitions(self, start, end):
        return [InputPartition((start["o"], end["o"]))]

    def read(self, partition):
        return iter([(at,) for at in range(*partition.value)])


class StreamWriter(DataSourceStreamWriter):
    def __init__(self, options, overwrite):
        self.options, self.overwrite = options, overwrite

    def write(self, rows):
        found = [row.asDict() for row in rows]
        if self.options.get("fail") == "write" and found:
            raise ValueError("no write")
        return Message(found)

    def commit(self, messages, batchId):
        if self.options.get("fail") == "commit":
            raise RuntimeError("no commit")
        rows = sorted((row for message in messages for row in message.rows), key=str)
        note(self.options["out"], batchId, self.overwrite, rows)

    def abort(self, messages, batchId):
        note(self.options["out"], "abort", batchId, sum(message is None for message in messages))


class StreamArrowWriter(StreamWriter, DataSourceStreamArrowWriter):
    def write(self, batches):
        return Message([row for batch in batches for row in batch.to_pylist()])


class SimpleSource(DataSource):
    @classmethod
    def name(cls):
        return "simple"

    def schema(self):
        return "i INT"

    def simpleStreamReader(self, schema):
        return Simple(self.options)

    def streamWriter(self, schema, overwrite):
        kind = StreamArrowWriter if self.options.get("arrow") else StreamWriter
        return kind(self.options, overwrite)


class PartsSource(SimpleSource):
    @classmethod
    def name(cls):
        return "parts"

    def streamReader(self, schema):
        return Parts(self.options)


class LimitsSource(SimpleSource):
    @classmethod
    def name(cls):
        return "limits"

    def streamReader(self, schema):
        return Limits(self.options)


SOURCES = (Two, Plain, BadSchema, Init, NoSource, Lists, Push, Types, SimpleSource, PartsSource, LimitsSource)
ROWS = (
    "tuple list row null arrow boom short scalar string none wrong".split(),
    ["other row", "other type", "other names", "more columns"],
)


def taken(path):
    """What was noted, once."""
    if not os.path.exists(path):
        return []
    with open(path) as file:
        lines = [json.loads(line) for line in file]
    os.unlink(path)
    return lines


def batches(spark, folder):
    """Reads and writes."""
    for source in SOURCES:
        spark.dataSource.register(source)
    out = f"{folder}/out"
    answers = {}

    def case(name, call):
        answers[name] = told(call, folder)

    def read(form="two", **options):
        return spark.read.format(form).options(**options).load()

    case("schema", lambda: read().schema)
    case("three parts", lambda: read(NumParts="3").count())
    for how in ROWS[0] + ROWS[1]:
        case(how, lambda how=how: read(how=how).collect())
    case("a schema of the user's", lambda: spark.read.format("two").schema("i LONG, s STRING").load().collect())
    case("name in another case", lambda: read("TWO").count())
    case("a path", lambda: spark.read.format("two").load("/x/y").count())
    case("operations", lambda: read().filter("i > 5").groupBy().sum("i").collect())
    case("types", lambda: read("types").collect())
    case("not null", lambda: read("lists").schema)
    case("no iterator", lambda: read("lists").collect())
    case("filters", lambda: read("push").filter("i = 5").collect())
    case("no source", lambda: read("nosource").collect())
    case("no schema", lambda: read("plain").collect())
    case("no struct", lambda: read("badschema").collect())
    case("no instance", lambda: read("init").collect())
    case("no reader", lambda: spark.read.format("plain").schema("i INT").load().collect())
    case("no writer", lambda: spark.range(1).write.format("plain").mode("append").save())

    def write(mode="append", **options):
        rows = spark.range(3).select(f.col("id").cast("int").alias("i"), f.lit("x").alias("s")).coalesce(1)
        try:
            rows.write.format("two").mode(mode).options(out=out, **options).save()
        finally:
            answers["written"] = str(taken(out))
        return answers["written"]

    for mode in ("append", "overwrite", "error", "ignore"):
        case(f"write {mode}", lambda mode=mode: write(mode))
    for fail in ("write", "message", "none", "commit"):
        case(f"write fails: {fail}", lambda fail=fail: write(fail=fail))
        answers[f"written then: {fail}"] = answers["written"]
    case("write arrow", lambda: write(arrow="1"))
    answers.pop("written")
    return answers


def streams(spark, folder):
    """Streams from sources and into them, stopped and begun again."""
    for source in SOURCES:
        spark.dataSource.register(source)
    log, out = f"{folder}/log", f"{folder}/out"
    answers = {}

    def case(name, call):
        answers[name] = told(call, folder)
        # A query that waits asks again and again.
        noted = taken(log)
        while len(noted) > 1 and noted[-1] == noted[-2]:
            noted.pop()
        answers[f"{name}: calls"] = str(noted)

    def run(form, checkpoint, into="simple", trigger=None, mode="append", sink=None, **options):
        rows = spark.readStream.format(form).options(log=log, **options).load()
        writer = rows.writeStream.format(into).outputMode(mode).options(out=out, **(sink or {}))
        if checkpoint:
            writer = writer.option("checkpointLocation", f"{folder}/{checkpoint}")
        query = (writer.trigger(**trigger) if trigger else writer).start()
        try:
            if trigger:
                query.awaitTermination(100)
            else:
                query.processAllAvailable()
            told = [
                (each.batchId, each.numInputRows, source.startOffset, source.endOffset, source.latestOffset)
                for each in query.recentProgress
                if each.numInputRows
                for source in each.sources
            ]
            last = query.lastProgress
            return taken(out), told, [last.sources[0].description, last.sink.description]
        finally:
            query.stop()

    def undo(checkpoint):
        """The last batch was begun, and its end isn't written down."""
        commits = f"{folder}/{checkpoint}/commits"
        last = max(int(name) for name in os.listdir(commits) if name.isdigit())
        for name in (f"{last}", f".{last}.crc"):
            if os.path.exists(f"{commits}/{name}"):
                os.unlink(f"{commits}/{name}")

    for form in ("simple", "parts"):
        checkpoint = f"ck_{form}"
        case(form, lambda form=form, at=checkpoint: run(form, at))
        if form == "parts":
            continue
        case(f"{form} goes on", lambda form=form, at=checkpoint: run(form, at, max="9"))
        undo(checkpoint)
        case(f"{form} again", lambda form=form, at=checkpoint: run(form, at, max="9"))
        undo(checkpoint)
        case(f"{form} again and on", lambda form=form, at=checkpoint: run(form, at, max="11"))
    now, once = {"availableNow": True}, {"once": True}
    case("simple now", lambda: run("simple", "ck_simple_now", trigger=now))
    case("parts now", lambda: run("parts", "ck_parts_now", trigger=now))
    case("limits", lambda: run("limits", "ck_limits"))
    case("limits now", lambda: run("limits", "ck_limits_now", trigger=now))
    case("limits once", lambda: run("limits", "ck_limits_once", trigger=once))
    case("read fails", lambda: run("simple", "ck_fails", fail="read"))
    taken(out)
    case("offsets stay", lambda: run("simple", "ck_same", fail="same"))
    case("parts fail", lambda: run("parts", "ck_parts_fail", fail="read"))
    answers["parts fail: written"] = str(taken(out))
    case("update", lambda: run("simple", "ck_update", mode="update"))
    case("arrow", lambda: run("simple", "ck_arrow", sink={"arrow": "1"}))
    for fail in ("write", "commit"):
        case(f"sink fails: {fail}", lambda fail=fail: run("simple", f"ck_sink_{fail}", sink={"fail": fail}))
        answers[f"sink fails: {fail}: written"] = str(taken(out))
    case("no stream reader", lambda: run("two", "ck_two"))
    case("no stream writer", lambda: run("simple", "ck_no_writer", into="two"))
    case("no checkpoint", lambda: run("simple", None))
    return answers
