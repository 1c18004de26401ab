"""Typical mistakes of students: the exception is PySpark's or Python's own, and a note below it says what to do."""

import collections.abc
import logging

import pytest
from pyrite.errors import Py4JError


def told(caught) -> str:
    return "\n".join(getattr(caught.value, "__notes__", ()))


def words(sc):
    return sc.parallelize(["a b", "c"])


PAIRS = "this record is not one; to count words, first make pairs: map(lambda word: (word, 1))"
NO_RETURN = "the function before it returned None: does it end with `return`?"
LIST = "which must return a list (or another iterable), [] for nothing"

ROWS = [
    (lambda r: r.flatMap(len), TypeError, "flatMap calls its function as f(row), " + LIST),
    (lambda r: r.map(len).flatMap(sum), TypeError, "flatMap calls its function as f(row), " + LIST),
    (lambda r: r.map(len).map(sum), TypeError, "map calls its function as f(row); rdd.sum(), "),
    (lambda r: r.map(len("abc")), TypeError, "map takes a function: a lambda, or a function's name without ()"),
    (lambda r: r.sortBy(False), TypeError, "sortBy takes a function: "),
    (lambda r: r.map(lambda w: (w, 1)).map(lambda k, v: k), TypeError, "a pair is one argument: take it apart with"),
    (lambda r: r.map(lambda w: (w, 1)).mapValues(lambda k, v: k), TypeError, "as f(value), without the key"),
    (
        lambda r: r.map(lambda w: (1, w)).reduceByKey(lambda a: a),
        TypeError,
        "reduceByKey calls its function as f(a, b)",
    ),
    (lambda r: r.reduceByKey(lambda a, b: a + b), ValueError, PAIRS),
    (lambda r: r.map(lambda w: None).reduceByKey(lambda a, b: a + b), TypeError, NO_RETURN),
    (lambda r: r.map(lambda w: ([w], 1)).reduceByKey(lambda a, b: a), TypeError, "use a tuple in place of a list"),
    (lambda r: r.join([("a", 1)]), AttributeError, "takes another RDD; sc.parallelize(...) makes an RDD of a list"),
]


@pytest.mark.parametrize(("build", "kind", "note"), ROWS)
def test_a_function_that_does_not_fit(sc, build, kind, note):
    with pytest.raises(kind) as caught:
        build(words(sc)).collect()
    assert note in told(caught)


def test_reduce_says_where_also_for_the_last_step(sc):
    with pytest.raises(TypeError) as caught:
        sc.parallelize([1, "a"], 2).reduce(lambda a, b: a + b)
    assert told(caught).startswith("while running reduce at test_mistakes.py:")


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda x: x[0], "object is not subscriptable"),
        (len, "has no len()"),
        (list, "object is not iterable"),
        (lambda x: [row for row in x], "object is not iterable"),
    ],
)
def test_neither_an_rdd_nor_a_stream_is_a_list(manual_ssc, use, message):
    rdd, stream = words(manual_ssc.sparkContext), manual_ssc.queueStream([["a"]])
    for thing, note in ((rdd, "its rows come out of collect()"), (stream, "a stream has rows only batch by batch")):
        with pytest.raises(TypeError, match=message.replace("(", r"\(").replace(")", r"\)")) as caught:
            use(thing)
        assert note in told(caught)
        assert bool(thing)


NAMES = [
    ("rdd", "faltMap", "did you mean flatMap?"),
    ("rdd", "reducebykey", "did you mean reduceByKey?"),
    ("rdd", "sort_by_key", "did you mean sortByKey?"),
    ("rdd", "pprint", "print(rdd.take(10)) shows the first rows"),
    ("rdd", "show", "print(rdd.take(10)) shows the first rows"),
    ("rdd", "split", "split is for the rows: rdd.map(lambda row: row.split(...))"),
    ("rdd", "foreachRDD", "foreachRDD is a method of streams (DStream), not of RDDs"),
    ("stream", "collect", "pprint() prints its first rows, foreachRDD(lambda rdd: print(rdd.collect(...)))"),
    ("stream", "sortBy", "stream.transform(lambda rdd: rdd.sortBy(...))"),
    ("stream", "print", "pprint() prints the first rows of every batch"),
    ("stream", "foreachRdd", "did you mean foreachRDD?"),
    ("sc", "paralelize", "did you mean parallelize?"),
    ("sc", "socketTextStream", "a method of the StreamingContext: ssc = StreamingContext(sc, 5)"),
    ("ssc", "socketTextStraem", "did you mean socketTextStream?"),
    ("ssc", "parallelize", "a method of the SparkContext: sc.parallelize"),
]


@pytest.mark.parametrize(("thing", "name", "note"), NAMES)
def test_a_name_that_is_not_there(manual_ssc, thing, name, note):
    sc = manual_ssc.sparkContext
    things = {"sc": sc, "ssc": manual_ssc, "rdd": words(sc), "stream": manual_ssc.queueStream([[1]])}
    with pytest.raises(AttributeError, match=f"object has no attribute '{name}'") as caught:
        getattr(things[thing], name)
    assert note in told(caught)
    assert [frame.path.name for frame in caught.traceback][1:] == [], "no frame of ours"


def test_a_name_that_nobody_knows_has_no_advice(sc):
    with pytest.raises(AttributeError) as caught:
        words(sc).xyzzy
    assert told(caught) == ""
    assert not hasattr(words(sc), "_repr_png_")


def test_what_is_printed_of_a_stream(manual_ssc):
    stream = manual_ssc.queueStream([["a"]])
    assert repr(stream) == "<DStream with a batch every 1000 ms; pprint() prints its first rows>"
    assert repr(stream.map(len)).startswith("<TransformedDStream with a batch every 1000 ms")
    assert isinstance(stream, collections.abc.Hashable)


@pytest.mark.parametrize("register", ["foreachRDD", "transform"])
def test_something_that_is_no_function(manual_ssc, register):
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute '__code__'") as caught:
        getattr(manual_ssc.queueStream([[1]]), register)(print())
    assert "a function's name without ()" in told(caught)


def test_an_rdd_in_place_of_a_stream(manual_ssc):
    pairs = manual_ssc.queueStream([[("a", 1)]])
    for method in ("join", "union"):
        with pytest.raises(AttributeError, match="'RDD' object has no attribute '_jdstream'") as caught:
            getattr(pairs, method)(words(manual_ssc.sparkContext))
        assert f"stream.transform(lambda rdd: rdd.{method}(other))" in told(caught)


def test_a_transform_that_forgets_its_return(failure, caplog):
    def sort(rdd):
        rdd.sortBy(lambda x: x)

    with caplog.at_level(logging.WARNING, "pyrite"):
        error = failure(lambda q: q.transform(sort).map(str).pprint(), [1])
    assert "sort, given to transform, returns nothing" in caplog.text
    assert type(error) is AttributeError
    assert "a function given to transform returned None: does it end with `return`?" in error.__notes__


def test_a_transform_that_returns_sometimes_is_not_warned_of(manual_ssc, caplog):
    def sometimes(rdd):
        if rdd.isEmpty():
            return None
        return rdd

    with caplog.at_level(logging.WARNING, "pyrite"):
        manual_ssc.queueStream([[1]]).transform(sometimes)
        manual_ssc.queueStream([[1]]).transform(lambda rdd: None)
    assert caplog.text == ""


def test_a_transform_that_returns_a_list(failure):
    error = failure(lambda q: q.transform(lambda rdd: rdd.collect()).pprint(), [1])
    assert str(error) == "a transform function must return an RDD or None, but it returned a list"
    assert error.__notes__[0] == "collect(), take() and sorted() make lists: leave them out, or use foreachRDD"


def test_waiting_for_what_was_not_started(manual_ssc, caplog):
    with caplog.at_level(logging.WARNING, "pyrite"):
        assert manual_ssc.awaitTerminationOrTimeout(0.01) is False
    assert "The StreamingContext was not started: call ssc.start()" in caplog.text


def test_a_path_of_the_wrong_kind(sc, tmp_path):
    with pytest.raises(Py4JError, match=r"textFile\(name\) takes a str, not a int"):
        sc.textFile(5)
    (tmp_path / "a.txt").write_text("x\n")
    assert sc.textFile(tmp_path / "a.txt").collect() == ["x"]
