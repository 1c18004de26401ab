"""DataFrames: the genuine Spark Connect client under the `pyspark` alias, its plans planned in Rust, run by DuckDB.

It comes with the extra `pyrite[sql]` and is loaded at the first name of a DataFrame's. The path of a query: `channel` (what
the client sends) -> `service` (what each message asks) -> `_engine.plan_frame` (names, types, SQL) -> `executor`.
"""
