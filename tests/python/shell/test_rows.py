"""`pyspark.sql.Row` and the types: as PySpark's, here and in functions that run on data."""

import pickle

import pytest
from pyrite.errors import PySparkAttributeError, PySparkRuntimeError, PySparkTypeError, PySparkValueError
from pyrite.sql import Row
from pyrite.sql import types as t


def test_rows_with_names():
    row = Row(name="Alice", age=11)
    assert (row.name, row["age"], row[0], row[-1], row[:1]) == ("Alice", 11, "Alice", 11, ("Alice",))
    assert repr(row) == "Row(name='Alice', age=11)"
    assert row.asDict() == {"name": "Alice", "age": 11}
    assert "name" in row and "Alice" not in row and row == ("Alice", 11) and len(row) == 2
    assert row.__fields__ == ["name", "age"]


def test_kinds_of_rows():
    Person = Row("name", "age")
    assert repr(Person) == "<Row('name', 'age')>"
    assert repr(Person("Bob", 5)) == "Row(name='Bob', age=5)"
    assert Person("Bob").asDict() == {"name": "Bob"}
    assert "name" in Person and "x" not in Person
    with pytest.raises(PySparkValueError, match=r"\[TOO_MANY_VALUES\] Expected 2 values for `fields`, got 3."):
        Person(1, 2, 3)


def test_rows_in_rows():
    row = Row(a=Row(b=1), c=[Row(d=2)], e={"f": Row(g=3)})
    assert row.asDict() == {"a": Row(b=1), "c": [Row(d=2)], "e": {"f": Row(g=3)}}
    assert row.asDict(True) == {"a": {"b": 1}, "c": [{"d": 2}], "e": {"f": {"g": 3}}}


def test_what_is_wrong():
    row = Row(a=1)
    with pytest.raises(PySparkAttributeError, match="Attribute `b` is not supported"):
        row.b
    with pytest.raises(PySparkValueError, match="^b$"):
        row["b"]
    with pytest.raises(PySparkRuntimeError, match="Row is read-only"):
        row.a = 2
    with pytest.raises(PySparkValueError, match="args and kwargs should not be set together"):
        Row(1, a=2)
    with pytest.raises(PySparkTypeError, match="Cannot convert Row into dict"):
        Row(1, 2).asDict()


def test_they_pickle():
    for row in (Row(a=1, b="x"), Row(1, 2), Row("a", "b")(1, 2)):
        back = pickle.loads(pickle.dumps(row))
        assert (back, repr(back), type(back)) == (row, repr(row), Row)


def test_rows_in_rdds(sc):
    rows = sc.parallelize([Row(word="a", n=1), Row(word="b", n=2), Row(word="a", n=3)], 2)
    assert rows.map(lambda r: (r.word, r["n"], r[1])).collect() == [("a", 1, 1), ("b", 2, 2), ("a", 3, 3)]
    assert repr(rows.collect()[0]) == "Row(word='a', n=1)"
    assert sorted(rows.map(lambda r: (r.word, r.n)).reduceByKey(lambda a, b: a + b).collect()) == [("a", 4), ("b", 2)]
    made = sc.parallelize(["x y", "z"]).flatMap(lambda line: line.split()).map(lambda w: Row(word=w))
    assert repr(made.collect()) == "[Row(word='x'), Row(word='y'), Row(word='z')]"
    assert repr(rows.filter(lambda r: r.n > 1).sortBy(lambda r: -r.n).first()) == "Row(word='a', n=3)"
    assert rows.distinct().count() == 3


def test_types():
    schema = t.StructType([t.StructField("a", t.LongType(), False)]).add("b", t.ArrayType(t.StringType()))
    schema.add("c", t.MapType(t.StringType(), t.DecimalType(8, 2), False))
    assert schema.simpleString() == "struct<a:bigint,b:array<string>,c:map<string,decimal(8,2)>>"
    assert repr(schema["a"]) == "StructField('a', LongType(), False)" and schema[0] == schema["a"]
    assert schema.fieldNames() == ["a", "b", "c"] and len(schema) == 3 and len(schema[1:]) == 2
    assert schema["c"].dataType.json() == (
        '{"keyType":"string","type":"map","valueContainsNull":false,"valueType":"decimal(8,2)"}'
    )
    assert t.IntegerType() == t.IntegerType() != t.LongType()
    assert t.StringType() == t.StringType() and hash(t.StringType()) == hash(t.StringType())
    names = [kind().simpleString() for kind in (t.ByteType, t.ShortType, t.IntegerType, t.NullType, t.TimestampNTZType)]
    assert names == ["tinyint", "smallint", "int", "void", "timestamp_ntz"]
    with pytest.raises(KeyError, match="No StructField named x"):
        schema["x"]
