"""`toTable` and `readStream.table`. Each case gives a text."""

import os
import pathlib

from pyspark.sql import functions as f
from told import told


def tables(spark, folder):
    """The warehouse is `{folder}/warehouse`."""
    source = pathlib.Path(folder, "in")
    source.mkdir()
    (source / "a.json").write_text('{"k":"a","n":1}\n{"k":"b","n":2}\n')
    answers = {}
    numbers = iter(range(1000))

    def case(name, call):
        answers[name] = told(call, folder)

    def stream():
        return spark.readStream.schema("k STRING, n INT").json(str(source))

    def writer(rows=None):
        rows = stream() if rows is None else rows
        return rows.writeStream.trigger(availableNow=True).option("checkpointLocation", f"{folder}/ck{next(numbers)}")

    def done(query):
        query.awaitTermination()
        return query.lastProgress.sink.description

    def files(place):
        """Names without what differs; how many are written is each engine's own."""
        found = {path.relative_to(folder) for path in pathlib.Path(place).rglob("*") if path.is_file()}
        shown = (f"{path.parent}/{path.name[:4]}{path.suffix}" for path in found if not path.name.startswith("."))
        return sorted(set(shown))

    def rows(name):
        return sorted(map(tuple, spark.table(name).collect())), spark.table(name).columns

    def streamed(frame, name):
        done(writer(frame).queryName(name).format("memory").start())
        return sorted(map(str, spark.table(name).collect()))

    warehouse = f"{folder}/warehouse"
    case("no checkpoint", lambda: stream().writeStream.toTable("t0"))
    case("made", lambda: done(writer().toTable("t")))
    case("files", lambda: files(f"{warehouse}/t"))
    case("rows", lambda: rows("t"))
    case("schema", lambda: spark.read.table("t").schema)
    case("sql", lambda: spark.sql("SELECT sum(n) AS s FROM t").collect())
    case("exists", lambda: [spark.catalog.tableExists(name) for name in ("t", "default.t", "nosuch")])
    case("listed", lambda: [tuple(each) for each in spark.catalog.listTables()])
    case("shown", lambda: spark.sql("SHOW TABLES").collect())
    (source / "b.json").write_text('{"k":"c","n":3}\n')
    case("qualified", lambda: [done(writer().toTable(name)) for name in ("default.t", "spark_catalog.default.t")])
    case("a batch that the table has", lambda: rows("t"))
    case("another format", lambda: done(writer().format("json").toTable("t")))
    case("json", lambda: (done(writer().format("json").toTable("tj")), rows("tj")))
    case("arguments", lambda: done(writer().toTable("tc", format="csv", outputMode="append", partitionBy="k")))
    case("csv", lambda: (files(f"{warehouse}/tc"), rows("tc")))
    case("partitions", lambda: (done(writer().partitionBy("k").toTable("tp")), rows("tp")))
    case("number as a partition", lambda: (done(writer().partitionBy("n").toTable("tn")), rows("tn")))
    case("no such partition", lambda: done(writer().partitionBy("zz").toTable("tz")))
    grouped = stream().groupBy("k").count()
    case("complete", lambda: done(writer(grouped).outputMode("complete").toTable("tcomplete")))
    case("update", lambda: done(writer().outputMode("update").toTable("tupdate")))
    spark.range(3).createOrReplaceTempView("v")
    case("into a view", lambda: done(writer().toTable("v")))
    case("another database", lambda: done(writer().toTable("nodb.t")))
    case("path", lambda: (done(writer().option("path", f"{folder}/ext").toTable("te")), rows("te")))
    case("external", lambda: tuple(spark.catalog.getTable("te")))
    case("console", lambda: done(writer().format("console").toTable("tb")))
    case("no name", lambda: done(writer().toTable("a b")))
    for name in ("`a b`", "`A-b`", "`한글`", "`a.b`", "`../x`", "a1_"):
        case(f"the name {name}", lambda: done(writer().toTable(name)))
    pathlib.Path(warehouse, "tloc").mkdir()
    pathlib.Path(warehouse, "tloc", "x").write_text("x")
    case("a folder in the way", lambda: done(writer().toTable("tloc")))
    case("stream of a view", lambda: spark.readStream.table("v").schema)
    stream().createOrReplaceTempView("sv")
    case("stream of a view of streams", lambda: spark.readStream.table("sv").schema)
    case("stream", lambda: (spark.readStream.table("tj").isStreaming, spark.readStream.table("tj").schema))
    case("streamed", lambda: streamed(spark.readStream.table("tj"), "m1"))
    case("streamed partitions", lambda: streamed(spark.readStream.table("tp"), "m2"))
    case(
        "streamed options", lambda: streamed(spark.readStream.option("maxFilesPerTrigger", 1).table("default.tj"), "m3")
    )
    case("streamed columns", lambda: streamed(spark.readStream.table("tj").select(f.col("tj.n")), "m4"))
    case("a schema of the user's", lambda: spark.readStream.schema("k STRING").table("tj").schema)
    case("dropped", lambda: (spark.sql("DROP TABLE tj").collect(), os.path.exists(f"{warehouse}/tj")))
    case("gone", lambda: spark.catalog.tableExists("tj"))
    case("external dropped", lambda: (spark.sql("DROP TABLE te").collect(), os.path.exists(f"{folder}/ext")))
    return answers
