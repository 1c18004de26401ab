"""Files in SQL without a reader: `CREATE TEMPORARY VIEW ... USING` and ``SELECT ... FROM csv.`path` ``. Rows and refusals are PySpark 4.3's."""

import pytest
from pyspark.errors import AnalysisException, ParseException
from pyspark.sql.datasource import DataSource, DataSourceReader


class Reader(DataSourceReader):
    def __init__(self, options):
        self.options = options

    def read(self, partition):
        yield (self.options.get("n", "none"),)


class Mine(DataSource):
    @classmethod
    def name(cls):
        return "mine"

    def schema(self):
        return "v STRING"

    def reader(self, schema):
        return Reader(self.options)


@pytest.fixture
def place(spark, tmp_path):
    (tmp_path / "p.csv").write_text("a,b\n1,x\n2,y\n")
    (tmp_path / "p.json").write_text('{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n')
    yield tmp_path
    for name in ("v", "v 1", "w"):
        spark.catalog.dropTempView(name)
    spark.catalog.dropGlobalTempView("v")


@pytest.mark.parametrize(
    ("head", "tail", "schema", "rows"),
    [
        ("TEMPORARY VIEW v", "USING csv OPTIONS (path '{p}/p.csv', header 'true')", "a:string,b:string", [("1", "x"), ("2", "y")]),
        ("temp view v", "using CSV options (path = '{p}/p.csv', header = TRUE, inferSchema true)", "a:int,b:string", [(1, "x"), (2, "y")]),
        ("TEMP VIEW v (a INT, b DECIMAL(3,1))", "USING csv OPTIONS ('path' '{p}/p.csv', \"header\" \"true\", mode 'DROPMALFORMED');", "a:int,b:decimal(3,1)", []),
        ("TEMPORARY VIEW `v 1`", "USING json OPTIONS (path \"{p}/p.json\")", "a:bigint,b:string", [(1, "x"), (2, "y")]),
        ("GLOBAL TEMPORARY VIEW v", "USING json OPTIONS (path '{p}/p.json')", "a:bigint,b:string", [(1, "x"), (2, "y")]),
        ("TEMPORARY VIEW v", "USING mine OPTIONS (n 5)", "v:string", [("5",)]),
        ("TEMPORARY VIEW v", "USING mine", "v:string", [("none",)]),
    ],
)  # fmt: skip
def test_views_of_sources(spark, place, head, tail, schema, rows):
    spark.dataSource.register(Mine)
    assert spark.sql(f"CREATE {head} {tail.format(p=place)}").collect() == []
    name = "global_temp.v" if "GLOBAL" in head else "`v 1`" if "`" in head else "v"
    frame = spark.table(name)
    assert frame.schema.simpleString() == f"struct<{schema}>"
    assert [tuple(row) for row in frame.collect()] == rows
    with pytest.raises(AnalysisException, match="TEMP_TABLE_OR_VIEW_ALREADY_EXISTS"):
        spark.sql(f"CREATE {head} {tail.format(p=place)}")
    spark.sql(f"CREATE OR REPLACE {head} {tail.format(p=place)}")


@pytest.mark.parametrize(
    ("tail", "kind", "said"),
    [
        ("USING nosuch OPTIONS (a 'b')", AnalysisException, "DATA_SOURCE_NOT_FOUND"),
        ("USING csv", AnalysisException, "Unable to infer schema for CSV. It must be specified manually."),
        ("USING csv OPTIONS (path '/nowhere/x')", AnalysisException, "Path does not exist: file:/nowhere/x"),
        ("USING csv OPTIONS (path 'x', header 'a', header 'b')", ParseException, "Found duplicate keys `header`"),
        ("USING csv OPTIONS (path 'x', header)", ParseException, r"Values must be specified for key\(s\): \[header\]"),
        ("USING csv OPTIONS (path 'x' 'y')", ParseException, "PARSE_SYNTAX_ERROR"),
    ],
)
def test_views_that_are_refused(spark, place, tail, kind, said):
    with pytest.raises(kind, match=said):
        spark.sql(f"CREATE TEMPORARY VIEW w {tail}")
    with pytest.raises(ParseException, match="PARSE_SYNTAX_ERROR"):
        spark.sql(f"CREATE VIEW w {tail}")
    assert not spark.catalog.tableExists("w")


def test_files_by_their_path(spark, place):
    def rows(text):
        return [tuple(row) for row in spark.sql(text.format(p=place)).collect()]

    assert rows("SELECT * FROM csv.`{p}/p.csv`") == [("a", "b"), ("1", "x"), ("2", "y")]
    assert rows("SELECT a FROM json.`{p}/p.json` j WHERE j.a > 1") == [(2,)]
    assert rows("SELECT p.x FROM CSV.`file:{p}/p.csv` AS p(x, y)") == [("a",), ("1",), ("2",)]
    spark.range(3).write.parquet(f"{place}/rows")
    assert rows("SELECT sum(id) FROM parquet.`{p}/rows`") == [(3,)]
    assert spark.table(f"json.`{place}/p.json`").count() == 2
    assert rows("SELECT value FROM text.`{p}/p.csv`") == [("a,b",), ("1,x",), ("2,y",)]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("csv.`/nowhere/x.csv`", "PATH_NOT_FOUND"),
        ("nosuch.`/x`", "TABLE_OR_VIEW_NOT_FOUND"),
        ("csv.``", "INVALID_EMPTY_LOCATION"),
        ("rate.`x`", "UNSUPPORTED_DATASOURCE_FOR_DIRECT_QUERY"),
    ],
)
def test_paths_that_are_refused(spark, name, said):
    with pytest.raises(AnalysisException, match=said):
        spark.sql(f"SELECT * FROM {name}").collect()


@pytest.mark.parametrize("name", ["a b", "a-b", "한글"])
def test_names_of_tables_are_plain(spark, name):
    with pytest.raises(AnalysisException, match="is not a valid name for tables/schemas"):
        spark.range(1).write.saveAsTable(f"`{name}`")
