"""`from_json` and `to_json`: the cases, and what they give. Both Pyrite and real PySpark run this."""

import file_writing as writing

TEXTS = [
    '{"a":1,"b":"x"}', '{"a":2,', "not json", '{"a":"three","b":"y"}', '[{"a":4,"b":"z"},{"a":5}]', "7", '{"a":6.5,"b":7}', "",
    None, " ", "null", "[]", "{}", '{"a":99999999999,"b":{"c":[1, 2.0]}}', '{"b":"é\\n","c":1} trailing', "{'a':3}", '[1,2]',
    '{"a":{"x":1.5},"l":[1,null,"q"],"m":{"k":1},"d":"2024-01-02","t":"2024-01-02T03:04:05Z"}', '{"l":{"a":1}}', '["u"]',
]  # fmt: skip
SCHEMAS = [
    "a int, b string", "a bigint", "b string, _corrupt_record string", "a struct<x:double>, l array<int>, m map<string,int>, d date, t timestamp",
    "array<struct<a:int>>", "map<string,string>", "array<int>", "struct<a:double>", "l array<string>",
]  # fmt: skip
PLAIN = [f'{{"id": {n}, "name": "n{n}", "at": "2024-01-02 03:04:{n % 60:02}", "v": {n / 4}}}' for n in range(100)]


def answers(spark):
    """By what is called, the rows that it gives."""
    from pyspark.sql import functions as F

    texts = spark.createDataFrame([(text,) for text in TEXTS], "j string").coalesce(1)
    found = {}
    for schema in SCHEMAS:
        column = F.from_json("j", schema)
        frame = texts.select(column.alias("v"))
        values = [dict(sorted(row.v.items())) if isinstance(row.v, dict) else row.v for row in frame.collect()]
        found[schema] = [frame.schema.simpleString(), list(map(repr, values))]
    found["name"] = texts.select(F.from_json("j", "a int"), F.from_json("j", "a int").a).columns
    formats = {"dateFormat": "dd/MM/yyyy", "mode": "PERMISSIVE"}
    dates = spark.createDataFrame([('{"d":"03/02/2024"}',), ('{"d":"2024-02-03"}',)], "j string").coalesce(1)
    found["formats"] = [repr(row.v) for row in dates.select(F.from_json("j", "d date", formats).alias("v")).collect()]
    plain = spark.createDataFrame([(text,) for text in PLAIN], "j string").coalesce(1)
    parsed = plain.select(F.from_json("j", "id int, name string, at timestamp, v double, none string").alias("v"))
    found["plain"] = [repr(row) for row in parsed.select("v.*").collect()]
    rows = spark.createDataFrame(writing.ROWS, writing.SCHEMA).coalesce(1)
    for name, column in {
        "struct": F.to_json(F.struct("i", "s", "d", "f", "b", "dt", "ts", "c", "x", "t")),
        "nulls": F.to_json(F.struct("i", "d", "t"), {"ignoreNullFields": "false"}),
        "array": F.to_json("l"),
        "map": F.to_json("m"),
        "formats of times": F.to_json(
            F.struct("dt", "ts"), {"timestampFormat": "yyyy/MM/dd HH:mm", "dateFormat": "d.M.yyyy"}
        ),
    }.items():
        frame = rows.select(column)
        found[f"to_json {name}"] = [*frame.columns, *(row[0] for row in frame.collect())]
    return found
