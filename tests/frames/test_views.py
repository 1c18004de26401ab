"""Views of views: what is read when, and what may not be."""

import pytest


def test_views_read_what_they_read_when_they_were_made(spark):
    """A DataFrame's view keeps the plans of views that it read; a text's reads them anew, and none may read itself."""
    from pyspark.errors import AnalysisException

    def rows(name):
        return [row.id for row in spark.table(name).orderBy("id").collect()]

    spark.range(2).createOrReplaceTempView("v")
    spark.table("v").selectExpr("id + 1 AS id").createOrReplaceTempView("w")
    spark.sql("CREATE OR REPLACE TEMP VIEW x AS SELECT id + 10 AS id FROM v")
    spark.sql("SELECT id FROM x").createOrReplaceTempView("z")
    spark.range(5, 6).createOrReplaceTempView("v")
    assert (rows("w"), rows("x"), rows("z")) == ([1, 2], [15], [10, 11])
    for _ in range(3):
        spark.sql("SELECT id * 2 AS id FROM v").createOrReplaceTempView("v")
    assert (rows("v"), rows("x")) == ([40], [50])
    spark.sql("CREATE OR REPLACE TEMP VIEW y AS SELECT * FROM x")
    for name, cycle in (("v", "`v` -> `v`"), ("x", "`x` -> `y` -> `x`")):
        with pytest.raises(AnalysisException) as caught:
            spark.sql(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT id + 1 AS id FROM {cycle.split(' -> ')[-2]}")
        assert caught.value.getCondition() == "RECURSIVE_VIEW"
        assert f"(cycle: {cycle})" in str(caught.value)
    spark.sql("CREATE OR REPLACE TEMP VIEW z AS SELECT id AS z FROM v")
    spark.sql("CREATE OR REPLACE TEMP VIEW z AS SELECT id AS z FROM v")
    for name in "vwxyz":
        spark.catalog.dropTempView(name)
