"""DuckDB's and DataFusion's wheels, raw, side by side: why the one is the executor of DataFrames.

`python tests/benchmarks/executors.py` in a Python that has both, and psutil. What is compared: how many of the recorded
expressions give Spark's values as they stand, the latency of a query of 100 rows, memory over 10,000 of them.

2026-11-28, two shared cores, other work beside it: DuckDB 2.0.1 426 of 870, p50 1.95 ms, +5 MB; DataFusion 55 526 of 870,
p50 1.27 ms, flat. A self-join of 3 M texts in 200 MB takes 2.5 and 2.8 s. The planner writes Spark's semantics on either,
so what each gives raw is no verdict; an earlier, longer comparison chose DuckDB, and this one doesn't overturn it.
"""

import importlib.util
import json
import pathlib
import sys
import time

import psutil
import pyarrow as pa

RECORDED = pathlib.Path(__file__).parents[1] / "recorded" / "frames"
QUERIES = 10_000


def duckdb_engine():
    """Rows of SQL over one table, by DuckDB."""
    import duckdb

    connection = duckdb.connect(":memory:", config={"threads": 2})

    def put(name, table):
        connection.register(name, table)

    return put, lambda sql: connection.sql(sql).to_arrow_table()


def datafusion_engine():
    """Rows of SQL over one table, by DataFusion with its Spark functions."""
    import datafusion

    config = datafusion.SessionConfig({"datafusion.sql_parser.enable_ident_normalization": "false"})
    context = datafusion.SessionContext(config.with_target_partitions(2))
    if hasattr(context, "enable_spark_functions"):
        context.enable_spark_functions()

    def put(name, table):
        context.register_record_batches(name, [table.to_batches()])

    return put, lambda sql: context.sql(sql).to_arrow_table()


def table(module):
    """The recorded table in Arrow."""
    columns = list(zip(*module.ROWS, strict=True))
    pair = pa.struct([("x", pa.int32()), ("y", pa.string())])
    kinds = [
        pa.int32(), pa.int32(), pa.int64(), pa.float64(), pa.float64(), pa.float32(), pa.string(), pa.string(), pa.bool_(),
        pa.date32(), pa.timestamp("us", "UTC"), pa.decimal128(10, 2), pa.list_(pa.int32()), pa.list_(pa.string()),
        pa.map_(pa.string(), pa.int32()), pair,
    ]  # fmt: skip
    names = "i j l d e f s t b dt ts dec a w m st".split()
    arrays = []
    for name, values, kind in zip(names, columns, kinds, strict=True):
        if name == "m":
            values = [None if value is None else list(value.items()) for value in values]
        if name == "st":
            values = [None if value is None else dict(zip(("x", "y"), value, strict=True)) for value in values]
        arrays.append(pa.array(values, kind))
    return pa.table(arrays, names=names)


def alike(module, run, recorded):
    """How many of the recorded expressions without an error have Spark's values as they stand."""
    equal = count = 0
    for text, want in recorded.items():
        if "error" in want or text.startswith("AGG "):
            continue
        count += 1
        try:
            values = [module.plain(value) for value in run(f"SELECT {text} AS x FROM t").column(0).to_pylist()]
        except Exception:  # an engine that can't, can't
            continue
        equal += values == want["values"]
    return equal, count


def main():
    """Print the comparison."""
    spec = importlib.util.spec_from_file_location("frames_expressions", RECORDED / "expressions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    recorded = json.loads((RECORDED / "expressions.json").read_text())
    for make in (duckdb_engine, datafusion_engine):
        put, run = make()
        put("t", table(module))
        equal, count = alike(module, run, recorded)
        put("small", pa.table({"k": [f"k{i % 7}" for i in range(100)], "v": [float(i) for i in range(100)]}))
        query = "SELECT k, sum(v) AS s FROM small GROUP BY k"
        times = []
        process = psutil.Process()
        for number in range(QUERIES):
            start = time.perf_counter()
            run(query)
            times.append(time.perf_counter() - start)
            if number == 500:
                before = process.memory_info().rss
        grown = (process.memory_info().rss - before) >> 20
        times.sort()
        sys.stdout.write(
            f"{make.__name__}: {equal} of {count} expressions as they stand; 100 rows grouped: p50 {times[len(times) // 2] * 1e3:.2f} ms, "
            f"p99 {times[len(times) * 99 // 100] * 1e3:.2f} ms; memory over {QUERIES} queries: +{grown} MB\n"
        )


if __name__ == "__main__":
    main()
