"""RDDs and the tables of other libraries, both ways, by Arrow's PyCapsule interface."""

import collections
import ctypes
import gc
import math
import os
import signal
import threading
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from time import monotonic
from time import sleep as wait
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyrite.sql import Row

BIG = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)


# -- out


def test_scalars_are_one_column(sc):
    table = pa.table(sc.parallelize([1, None, 3, 2**63 - 1, -(2**63)], 3).toArrow())
    assert table.schema == pa.schema([("value", pa.int64())])
    assert table["value"].to_pylist() == [1, None, 3, 2**63 - 1, -(2**63)]


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([True, None, False], pa.bool_()),
        ([1, 2, None], pa.int64()),
        ([1.5, -0.0, None, math.inf], pa.float64()),
        (["", "a", None, "é漢😀" * 9], pa.string()),
        ([b"", b"\xff" * 40, None], pa.binary()),
        ([[1], [], None, [2, None]], pa.list_(pa.int64())),
        ([["a"], [], None, ["b", None]], pa.list_(pa.string())),
        ([date(1, 1, 1), None, date(2026, 11, 26)], pa.date32()),
        ([datetime(1, 1, 1), None, datetime(2026, 11, 26, 1, 2, 3, 4)], pa.timestamp("us")),
        ([datetime(2026, 1, 1, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        ([datetime(2026, 7, 1, 5, tzinfo=ZoneInfo("Europe/Vienna")), None], pa.timestamp("us", "Europe/Vienna")),
        ([datetime(2026, 7, 1, 5, tzinfo=timezone(timedelta(hours=-5, minutes=-30)))], pa.timestamp("us", "-05:30")),
        ([time(23, 59, 59, 999999), None], pa.time64("us")),
        ([timedelta(-1, 2, 3), None], pa.duration("us")),
        ([Decimal("1.50"), None, Decimal("-12")], pa.decimal128(4, 2)),
        ([Decimal("12345678901234567890123456789012345678901.5"), Decimal("1.0")], pa.decimal256(42, 1)),
        ([None, None], pa.null()),
        ([bytearray(b"ab"), None], pa.binary()),
        ([[date(2020, 1, 1)], [], None], pa.list_(pa.date32())),
    ],
)
def test_every_type_goes_out_and_comes_back(sc, rows, kind):
    table = pa.table(sc.parallelize(rows, 2).toArrow())
    assert table.schema.field("value").type == kind
    assert table["value"].to_pylist() == [bytes(r) if type(r) is bytearray else r for r in rows]
    back = sc.fromArrow(table["value"], 2).collect()
    assert back == rows
    assert [type(b) for b in back] == [bytes if type(r) is bytearray else type(r) for r in rows]
    assert sc.fromArrow(table, 3).map(lambda row: row.value).collect() == rows


def test_tuples_have_sparks_names(sc):
    rows = [("to", 1, (1.5, None)), ("be", None, (2.5, "x"))]
    table = pa.table(sc.parallelize(rows, 2).toArrow())
    assert table.column_names == ["_1", "_2", "_3"]
    assert table.schema.field("_3").type == pa.struct([("_1", pa.float64()), ("_2", pa.string())])
    assert table.to_pylist() == [
        {"_1": "to", "_2": 1, "_3": {"_1": 1.5, "_2": None}},
        {"_1": "be", "_2": None, "_3": {"_1": 2.5, "_2": "x"}},
    ]
    back = sc.fromArrow(table).collect()
    assert back == rows
    assert back[0] == Row(_1="to", _2=1, _3=Row(_1=1.5, _2=None))
    assert back[0].asDict(True) == {"_1": "to", "_2": 1, "_3": {"_1": 1.5, "_2": None}}


Point = collections.namedtuple("Point", "x y")


def test_rows_and_named_tuples_keep_their_names(sc):
    table = pa.table(sc.parallelize([Row(word="a", n=1), Row(word="b", n=None)], 2).toArrow())
    assert table.to_pylist() == [{"word": "a", "n": 1}, {"word": "b", "n": None}]
    table = pa.table(sc.parallelize([Point(1, 2.5), Point(3, 4.5)]).toArrow())
    assert table.to_pylist() == [{"x": 1, "y": 2.5}, {"x": 3, "y": 4.5}]
    nested = pa.table(sc.parallelize([(1, Point(1, 2))]).toArrow())
    assert nested.to_pylist() == [{"_1": 1, "_2": {"x": 1, "y": 2}}]


def test_dicts_are_columns_by_key_and_maps_below(sc):
    rows = [{"b": 1, "a": "x"}, {"a": None, "c": {"k": 1}}, {}, {"c": {}}]
    table = pa.table(sc.parallelize(rows, 3).toArrow())
    assert table.column_names == ["a", "b", "c"]
    assert table["a"].to_pylist() == ["x", None, None, None]
    assert table["c"].to_pylist() == [None, [("k", 1)], None, []]
    assert sc.fromArrow(table).map(lambda row: row["c"]).collect() == [None, {"k": 1}, None, {}]


def test_none_is_found_late(sc):
    parts = [[(None, [])], [], [("a", [1])], [(None, [None])]]
    rdd = sc.parallelize(range(4), 4).flatMap(lambda i: parts[i])
    for table in (pa.table(rdd.toArrow()), pa.table(rdd)):
        assert table.schema.types == [pa.string(), pa.list_(pa.int64())]
        assert table["_2"].to_pylist() == [[], [1], [None]]


def test_no_rows(sc):
    for rdd in (sc.emptyRDD(), sc.parallelize([], 3), sc.parallelize([1, 2], 2).filter(lambda x: x > 5)):
        for table in (pa.table(rdd.toArrow()), pa.table(rdd)):
            assert table.num_rows == 0
            assert table.column_names == ["value"]
    assert pa.table(sc.parallelize([(), ()]).toArrow()).num_rows == 2
    assert len(sc.emptyRDD().toArrow()) == 0


def test_groups_are_lists(sc):
    pairs = sc.parallelize([("a", 1), ("b", 2), ("a", 3)], 2)
    table = pa.table(pairs.groupByKey().toArrow())
    assert sorted(table.to_pylist(), key=str) == [{"_1": "a", "_2": [1, 3]}, {"_1": "b", "_2": [2]}]
    mixed = pa.table(pairs.groupByKey().map(lambda kv: (kv[0], kv[1], date(2020, 1, 1))).toArrow())
    assert sorted(mixed["_2"].to_pylist()) == [[1, 3], [2]]


def test_numpy_scalars_are_numbers(sc):
    np = pytest.importorskip("numpy")
    table = pa.table(sc.parallelize([1, 2]).map(lambda x: (np.float64(x), np.int32(x), np.bool_(x))).toArrow())
    assert table.schema.types == [pa.float64(), pa.int64(), pa.bool_()]


@pytest.mark.parametrize(
    ("rows", "error", "says"),
    [
        ([1, "a"], TypeError, "int in some rows and a str in others"),
        ([1, 2.5], TypeError, "map all to one first"),
        ([1, True], TypeError, "bool"),
        ([2**63], ValueError, "doesn't fit into 64 bits"),
        (["a", "\ud800"], ValueError, "lone surrogate"),
        ([("a", 1), ("b", "c")], TypeError, "the field _2"),
        ([(1,), (1, 2)], TypeError, "has the fields"),
        ([(1, 2), None], TypeError, "a row is None"),
        ([Row(a=1), Row(b=1)], TypeError, "has the fields (b)"),
        ([{1, 2}], TypeError, "a set"),
        ([1j], TypeError, "a complex"),
        ([{"a": 1}, 5], TypeError, "others are dicts"),
        ([{1: 2}], TypeError, "columns are named by str"),
        ([(1, {"a": 1, "b": "x"})], TypeError, "a value of the field _2"),
        ([Decimal("NaN")], ValueError, "NaN"),
        ([Decimal(10) ** 80], ValueError, "76"),
        ([datetime(2020, 1, 1), datetime(2020, 1, 1, tzinfo=UTC)], ValueError, "several time zones"),
        ([time(1, tzinfo=UTC)], ValueError, "time zone"),
    ],
)
def test_what_has_no_exact_column_is_an_error_that_says_what_to_do(sc, rows, error, says):
    with pytest.raises(error) as raised:
        sc.parallelize(rows, 1).toArrow()
    assert says in str(raised.value)
    with pytest.raises(error) as raised:
        pa.table(sc.parallelize(rows, 1))
    assert says in str(raised.value)


def test_partitions_of_several_types_are_an_error(sc):
    with pytest.raises(TypeError, match="the field value is Int64 in some and Utf8 in others"):
        sc.parallelize([1, "a"], 2).toArrow()
    with pytest.raises(Exception, match="Int64 in some and Utf8 in others"):
        pa.table(sc.parallelize([1, "a"], 2))


def test_decimals_of_partitions_share_a_type(sc):
    rows = [Decimal("1.5"), Decimal("123456"), Decimal("0.001"), Decimal(10) ** 38, None]
    table = pa.table(sc.parallelize(rows, 5).toArrow())
    assert table["value"].to_pylist() == rows
    with pytest.raises(Exception, match="toArrow"):
        pa.table(sc.parallelize(rows, 5))


# -- streams


def test_a_stream_computes_partitions_as_they_are_taken(sc, calls):
    rdd = sc.parallelize(range(8), 4).map(calls.mark)
    reader = pa.RecordBatchReader.from_stream(rdd)
    assert calls.count == 2
    assert reader.read_next_batch()["value"].to_pylist() == [0, 1]
    assert reader.read_next_batch()["value"].to_pylist() == [2, 3]
    assert calls.count == 4
    del reader
    gc.collect()
    assert calls.count == 4
    assert sc.parallelize([1]).count() == 1


def test_errors_of_functions(sc):
    def fails(x):
        if x == 5:
            raise KeyError("five")
        return x

    rdd = sc.parallelize(range(8), 4).map(fails)
    with pytest.raises(KeyError, match="five"):
        rdd.toArrow()
    with pytest.raises(KeyError, match="five"):
        pa.table(sc.parallelize([5, 5], 1).map(fails))
    reader = pa.RecordBatchReader.from_stream(rdd)
    reader.read_next_batch()
    reader.read_next_batch()
    with pytest.raises(Exception, match="KeyError: 'five'") as raised:
        reader.read_next_batch()
    assert "partition 2" in str(raised.value)


def test_an_error_with_a_zero_in_it(sc):
    def fails(x):
        if x:
            raise ValueError("a\0b")
        return x

    with pytest.raises(Exception, match=r"a\\0b"):
        pa.table(sc.parallelize(range(2), 2).map(fails))


@pytest.mark.skipif(os.name == "nt", reason="signals are raised otherwise there")
def test_an_interrupt_gets_out(make_sc):
    sc = make_sc("local[2]", **{"pyrite.python.workers": "0"})
    slow = sc.parallelize(range(4), 4).map(lambda x: [wait(3 * min(x, 1)), x][1])
    reader = pa.RecordBatchReader.from_stream(slow)
    reader.read_next_batch()
    for take in (reader.read_next_batch, slow.toArrow):
        threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
        began = monotonic()
        interrupted = False
        try:
            try:
                take()
            finally:
                # A consumer raises its own error; the interrupt comes where Python goes on.
                for _ in range(1000):
                    pass
        except KeyboardInterrupt:
            interrupted = True
        assert interrupted
        assert monotonic() - began < 2
    sc.stop()


def test_a_stopped_context_ends_a_stream(sc):
    reader = pa.RecordBatchReader.from_stream(sc.parallelize(range(4), 4))
    reader.read_next_batch()
    sc.stop()
    with pytest.raises(Exception, match="stopped SparkContext"):
        reader.read_all()


def test_text_as_it_is_asked_for(sc):
    rows = [("a" * 40, b"b" * 30), ("c", None), (None, b"")]
    rdd = sc.parallelize(rows, 2)
    want = pa.schema([("x", pa.large_string()), ("y", pa.binary_view())])
    for source in (rdd, rdd.toArrow(), rdd.toArrow(views=True)):
        table = pa.RecordBatchReader.from_stream(source, want).read_all()
        assert table.schema.types == want.types
        assert [tuple(row.values()) for row in table.to_pylist()] == rows
    assert pa.table(rdd.toArrow(views=True)).schema.types == [pa.string_view(), pa.binary_view()]
    # What can't be given so is given as it is.
    odd = pa.schema([("x", pa.int32()), ("y", pa.binary())])
    assert pl.DataFrame(rdd.toArrow()).rows() == rows
    assert rdd.toArrow().__arrow_c_stream__(odd.__arrow_c_schema__()) is not None


def test_rows_can_be_taken_twice_and_outlive_the_context(sc):
    rows = sc.parallelize([("a", 1), ("b", 2)], 2).toArrow()
    assert repr(rows) == "<ArrowRows(_1: Utf8, _2: Int64), 2 rows>"
    assert pa.schema(rows) == pa.schema([("_1", pa.string()), ("_2", pa.int64())])
    sc.stop()
    assert pa.table(rows) == pa.table(rows)
    assert len(rows) == 2


# -- in


def test_a_tables_rows_are_rows(sc):
    table = pa.table({"word": ["a", "b", "a"], "n": [1, None, 3]})
    rdd = sc.fromArrow(table, 2)
    assert rdd.getNumPartitions() == 2
    assert rdd.collect() == [Row(word="a", n=1), Row(word="b", n=None), Row(word="a", n=3)]
    first = rdd.first()
    assert type(first) is Row
    assert (first.word, first["n"], first[0], first.__fields__) == ("a", 1, "a", ["word", "n"])
    assert rdd.count() == 3
    assert rdd.filter(lambda r: r.word == "a").map(lambda r: r["n"]).sum() == 4
    assert rdd.filter(lambda r: r.n is not None).collect() == [Row(word="a", n=1), Row(word="a", n=3)]
    assert rdd.map(lambda r: (r[-2], 1)).reduceByKey(lambda a, b: a + b).collectAsMap() == {"a": 2, "b": 1}
    assert rdd.map(lambda r: r).collect() == rdd.collect()
    assert rdd.cache().map(lambda r: r.asDict()).collect()[1] == {"word": "b", "n": None}
    assert pa.table(rdd.toArrow()) == table.cast(pa.schema([("word", pa.string()), ("n", pa.int64())]))


def test_functions_of_rows_compile(make_sc):
    sc = make_sc("local[2]", **{"pyrite.native": "require", "pyrite.python.workers": "0"})
    rdd = sc.fromArrow(pa.table({"word": ["a", "b"], "n": [1, 2], "count": [5, 6]}), 2)
    assert rdd.map(lambda r: (r.word.upper(), r["n"] + r[1])).collect() == [("A", 2), ("B", 4)]
    assert rdd.filter(lambda r: r.n > 1).map(lambda r: r["count"]).collect() == [6]
    assert rdd.map(lambda r: r.word).collect() == ["a", "b"]


def test_a_field_does_not_hide_what_a_row_has(sc):
    rdd = sc.fromArrow(pa.table({"count": [5, 6], "index": [1, 2]}))
    assert rdd.map(lambda r: (r.count(5), r["count"])).collect() == [(1, 5), (0, 6)]
    assert rdd.map(lambda r: callable(r.index)).collect() == [True, True]
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert sc.fromArrow(twice).map(lambda r: (r.a, r[1], r["a"])).collect() == [(1, 2, 1)]
    with pytest.raises(Exception, match="nothing"):
        sc.fromArrow(twice).map(lambda r: r.nothing).collect()


def column(kind, values):
    return pa.array(values, kind)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        *((kind, [1, None, 2]) for kind in (pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint16(), pa.uint32())),
        (pa.uint64(), [1, None, 2]),
        (pa.uint64(), [2**64 - 1, None, 2]),
        (pa.float32(), [1.5, None, -0.0]),
        (pa.float16(), [1.5, None]),
        (pa.large_string(), ["a", None, "x" * 50]),
        (pa.string_view(), ["a", None, "x" * 50]),
        (pa.large_binary(), [b"a", None]),
        (pa.binary_view(), [b"a", None, b"y" * 30]),
        (pa.binary(2), [b"ab", None]),
        (pa.large_list(pa.int32()), [[1, None], None, []]),
        (pa.list_(pa.int32(), 2), [[1, 2], None, [3, None]]),
        (pa.list_view(pa.int64()), [[1, 2], None, [3, None]]),
        (pa.large_list_view(pa.string()), [["a"], None, []]),
        (pa.list_(pa.list_(pa.string())), [[["a"], None], None, []]),
        (pa.dictionary(pa.int8(), pa.string()), ["a", None, "a"]),
        (pa.date64(), [date(2020, 1, 2), None]),
        (pa.time32("s"), [time(1, 2, 3), None]),
        (pa.time32("ms"), [time(1, 2, 3, 4000), None]),
        (pa.timestamp("s"), [datetime(1960, 1, 2), None]),
        (pa.timestamp("ms", "+05:30"), [datetime(2020, 1, 2, tzinfo=timezone(timedelta(hours=5, minutes=30))), None]),
        (pa.duration("ms"), [timedelta(1, 2, 3000), None]),
        (pa.decimal128(38, 10), [Decimal("1.5000000000"), None, Decimal("-9999999999999999999999999999.9999999999")]),
        (pa.decimal256(76, 0), [Decimal(10) ** 75, None]),
        (pa.list_(pa.decimal128(3, 1)), [[Decimal("1.5")], None, []]),
        (pa.null(), [None, None]),
        (pa.list_(pa.null()), [[None], []]),
    ],
    ids=str,
)
def test_every_type_comes_in(sc, kind, values):
    array = column(kind, values)
    for taken in (array, pa.chunked_array([array, array.slice(1)]), array.slice(1, 1)):
        want = taken.to_pylist()
        assert sc.fromArrow(taken, 2).collect() == want
        found = sc.fromArrow(pa.table({"a": taken}), 2).map(lambda r: r.a).collect()
        assert found == want
        assert list(map(type, found)) == list(map(type, want))


def test_structs_are_rows_and_maps_dicts(sc):
    structs = pa.array(
        [{"a": 1, "b": {"c": "x"}}, None], pa.struct([("a", pa.int8()), ("b", pa.struct([("c", pa.string())]))])
    )
    assert sc.fromArrow(pa.table({"s": structs})).map(lambda r: r.s).collect() == [Row(a=1, b=Row(c="x")), None]
    assert sc.fromArrow(pa.chunked_array([structs])).collect() == [Row(a=1, b=Row(c="x")), None]
    maps = pa.array([[("a", 1), ("b", None)], None, []], pa.map_(pa.string(), pa.int64()))
    assert sc.fromArrow(maps).collect() == [{"a": 1, "b": None}, None, {}]
    assert sc.fromArrow(maps.slice(1)).collect() == [None, {}]
    with pytest.raises(ValueError, match="has a key twice"):
        sc.fromArrow(pa.array([[("a", 1), ("a", 2)]], pa.map_(pa.string(), pa.int64())))
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([2, 5], pa.int32()), pa.array(["a", None]))
    assert sc.fromArrow(runs.slice(1)).collect() == ["a", None, None, None]


def test_what_has_no_python_value_is_an_error(sc):
    with pytest.raises(TypeError, match="the column i is of Arrow's type Interval"):
        sc.fromArrow(pa.table({"i": pa.array([None], pa.month_day_nano_interval())}))
    union = pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])])
    with pytest.raises(TypeError, match="Union"):
        sc.fromArrow(union)
    with pytest.raises(ValueError, match="the column t: 1 nanoseconds"):
        sc.fromArrow(pa.table({"t": pa.array([1], pa.timestamp("ns"))}))
    assert sc.fromArrow(pa.array([1000, None], pa.timestamp("ns"))).collect() == [
        datetime(1970, 1, 1, 0, 0, 0, 1),
        None,
    ]
    with pytest.raises(TypeError, match="not a list"):
        sc.fromArrow([1, 2])
    with pytest.raises(ZeroDivisionError):
        sc.fromArrow(pa.array([1]), 0)


@pytest.mark.parametrize("count", [0, 1, 5, 10, 3000])
@pytest.mark.parametrize("slices", [1, 3, 4, 7])
def test_slices_are_those_of_parallelize(sc, count, slices):
    rows = list(range(count))
    batches = [pa.record_batch({"a": rows[i : i + 700]}) for i in range(0, count, 700)]
    table = pa.Table.from_batches(batches, pa.schema([("a", pa.int64())]))
    want = sc.parallelize(rows, slices).glom().collect()
    assert sc.fromArrow(table, slices).map(lambda r: r.a).glom().collect() == want
    assert sc.fromArrow(table["a"], slices).glom().collect() == want


def test_what_stands_behind_a_null_is_never_seen(sc):
    valid = pa.py_buffer(bytes([0b101]))
    ints = pa.Array.from_buffers(
        pa.int64(), 3, [valid, pa.py_buffer(b"".join(i.to_bytes(8, "little") for i in (7, 8, 7)))]
    )
    views = pa.py_buffer(
        (1).to_bytes(4, "little") + b"a" + bytes(11) + b"\xff" * 16 + (1).to_bytes(4, "little") + b"b" + bytes(11)
    )
    texts = pa.Array.from_buffers(pa.string_view(), 3, [valid, views])
    assert sc.fromArrow(ints).collect() == [7, None, 7]
    assert sc.fromArrow(ints).distinct().count() == 2
    assert sc.fromArrow(ints).countByValue() == {7: 2, None: 1}
    assert sc.fromArrow(ints).map(lambda x: (x, 1)).reduceByKey(lambda a, b: a + b).collectAsMap() == {7: 2, None: 1}
    assert sc.fromArrow(ints).map(lambda x: x is None).collect() == [False, True, False]
    assert sc.fromArrow(texts).collect() == ["a", None, "b"]
    assert sc.fromArrow(texts).distinct().count() == 3
    assert sc.fromArrow(texts).map(lambda s: s or "-").collect() == ["a", "-", "b"]


def test_nan_stays_nan(sc):
    back = sc.fromArrow(pa.array([math.nan, None])).collect()
    assert math.isnan(back[0])
    assert back[1] is None


def test_rdds_come_in_themselves(sc):
    assert sc.fromArrow(sc.parallelize([("a", 1)])).collect() == [("a", 1)]
    assert sc.fromArrow(sc.parallelize([("a", 1)]).toArrow()).collect() == [("a", 1)]


def test_no_copy_of_numbers(sc):
    array = pa.array(range(5000))
    address = array.buffers()[1].address
    rdd = sc.fromArrow(array, 1)
    back = pa.table(rdd.toArrow())["value"]
    assert back.chunk(0).buffers()[1].address == address
    assert back.to_pylist() == array.to_pylist()


# -- other libraries


def test_polars(sc):
    frame = pl.DataFrame({"w": ["a", None, "longer than twelve"], "n": [1, 2, None], "l": [[1], None, []]})
    rdd = sc.fromArrow(frame, 2)
    assert rdd.collect() == frame.rows()
    for source in (rdd.toArrow(), rdd.toArrow(views=True)):
        assert pl.DataFrame(source).equals(frame)
    assert sc.fromArrow(frame["w"]).collect() == frame["w"].to_list()
    assert sc.fromArrow(pl.Series([date(2020, 1, 1), None])).collect() == [date(2020, 1, 1), None]
    assert sc.fromArrow(pl.Series(["x", "y", "x"], dtype=pl.Categorical)).collect() == ["x", "y", "x"]
    assert pl.from_arrow(pa.table(rdd)).equals(frame)


def test_pandas(sc):
    frame = pd.DataFrame({"w": ["a", "b"], "n": [1, 2], "f": [1.5, math.inf]})
    rdd = sc.fromArrow(frame)
    assert rdd.map(lambda r: (r.w, r.n, r.f)).collect() == [("a", 1, 1.5), ("b", 2, math.inf)]
    if hasattr(pd.DataFrame, "from_arrow"):
        assert pd.DataFrame.from_arrow(rdd.toArrow()).to_dict("list") == frame.to_dict("list")


def test_duckdb(sc):
    rows = sc.parallelize([("a", 1), ("b", 2), ("a", 3)], 2).toArrow()  # noqa: F841 - the query names it
    with duckdb.connect() as connection:
        assert connection.sql("select _1, sum(_2) from rows group by _1 order by 1").fetchall() == [("a", 4), ("b", 2)]
        relation = connection.sql("select 1 as x, 'b' as y")
        assert sc.fromArrow(relation).collect() == [Row(x=1, y="b")]


# -- producers and their release


class Counted:
    """A producer that passes another's stream on and counts what is released."""

    released = 0

    def __init__(self, reader):
        self.reader = reader

    def __arrow_c_stream__(self, requested_schema=None):
        class Stream(ctypes.Structure):
            pass

        release = ctypes.PYFUNCTYPE(None, ctypes.POINTER(Stream))
        Stream._fields_ = [
            *((name, ctypes.c_void_p) for name in ("get_schema", "get_next", "get_last_error")),
            ("release", ctypes.c_void_p),
            ("private_data", ctypes.c_void_p),
        ]
        capsule = self.reader.__arrow_c_stream__()
        pointer = ctypes.pythonapi.PyCapsule_GetPointer
        pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
        stream = Stream.from_address(pointer(capsule, b"arrow_array_stream"))
        inner = release(stream.release)

        def counted(which):
            self.released += 1
            inner(which)

        self.keep = release(counted)
        stream.release = ctypes.cast(self.keep, ctypes.c_void_p).value
        return capsule


def failing():
    yield pa.record_batch({"a": [1, 2]})
    raise RuntimeError("the producer is done for")


def test_a_stream_is_released_once(sc):
    good = Counted(pa.table({"a": [1, 2, 3]}))
    rdd = sc.fromArrow(good)
    assert good.released == 1
    assert rdd.count() == 3
    bad = Counted(pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), failing()))
    with pytest.raises(ValueError, match="failed behind 1 batches.*the producer is done for"):
        sc.fromArrow(bad)
    assert bad.released == 1


def test_capsules_that_nobody_takes(sc):
    rdd = sc.parallelize(range(10), 2)
    del rdd
    for _ in range(3):
        sc.parallelize(range(10), 2).__arrow_c_stream__()
        sc.parallelize(range(10), 2).toArrow().__arrow_c_schema__()
    gc.collect()


def test_buffers_go_with_their_rdd(sc):
    before = pa.total_allocated_bytes()
    rdd = sc.fromArrow(pa.array(range(100_000)))
    assert rdd.sum() == 4999950000
    assert pa.total_allocated_bytes() >= before + 800_000
    del rdd
    gc.collect()
    sc.parallelize([1]).count()
    assert pa.total_allocated_bytes() < before + 800_000


# -- any rows

scalars = st.one_of(
    st.just(st.integers(-(2**63), 2**63 - 1)),
    st.just(st.booleans()),
    st.just(st.floats(allow_nan=False)),
    st.just(st.text(st.characters(exclude_categories=["Cs"]))),
    st.just(st.binary()),
    st.just(st.dates()),
    st.just(st.datetimes()),
    st.just(st.timedeltas(timedelta(-100000), timedelta(100000))),
    st.just(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**20), max_value=10**20)),
)
kinds = st.recursive(
    scalars.map(lambda kind: st.none() | kind),
    lambda inner: st.one_of(
        inner.map(lambda kind: st.none() | st.lists(kind, max_size=4)),
        st.lists(inner, min_size=1, max_size=3).map(lambda kinds: st.tuples(*kinds)),
    ),
    max_leaves=4,
)


@BIG
@given(kinds.flatmap(lambda kind: st.lists(kind, max_size=12)), st.integers(1, 4), st.integers(0, 3))
def test_rows_come_back_as_they_were(sc, rows, slices, skip):
    table = pa.table(sc.parallelize(rows, slices).toArrow()).slice(skip)
    rows = rows[skip:]
    whole = bool(rows) and isinstance(rows[0], tuple)
    back = sc.fromArrow(table, slices)
    if whole:
        assert back.collect() == rows
        assert sc.fromArrow(table, slices).map(lambda r: r[0]).collect() == [row[0] for row in rows]
    else:
        assert back.map(lambda r: r.value).collect() == rows
    assert pl.DataFrame(table).height == len(rows)


def test_numpys_vectors_are_lists(sc):
    rows = [(i, np.arange(float(i))) for i in range(5)]
    table = pa.table(sc.parallelize(rows, 2).toArrow())
    assert table.column(1).to_pylist() == [vector.tolist() for _, vector in rows]
