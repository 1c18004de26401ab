"""The table of mistakes: for each the exception's type, its message, and the notes that say what to do."""

import pickle
import re
import threading

import pytest
from pyrite.context import SparkContext
from pyrite.errors import Py4JError, Py4JJavaError
from pyrite.streaming import StreamingContext

HERE = r"test_errors\.py:\d+"
RAN = "while running {} at " + HERE + " on partition 0; the record: {}"


def check(error: BaseException, kind: type, message: str, *notes: str) -> None:
    """Exactly this type, this text (a regular expression) and these notes."""
    assert type(error) is kind or type(error).__name__ == kind.__name__, repr(error)
    assert re.fullmatch(message, str(error)), str(error)
    found = getattr(error, "__notes__", [])
    assert len(found) == len(notes), found
    for note, expected in zip(found, notes, strict=True):
        assert re.fullmatch(expected, note), note


def java(name: str, message: str) -> str:
    """The text of an engine error."""
    return re.escape(f"An error occurred while calling the engine.\n: {name}: ") + message


ROWS = [
    pytest.param(
        lambda sc: sc.parallelize([1], 1).flatMap(lambda x: None),
        (TypeError, "'NoneType' object is not iterable", RAN.format("flatMap", "1"),
         r"flatMap calls its function as f\(row\), which must return a list \(or another iterable\), \[\] for nothing"),
        id="None from flatMap",
    ),
    pytest.param(
        lambda sc: sc.parallelize([1], 1).mapPartitions(lambda rows: None),
        (TypeError, "'NoneType' object is not iterable", f"while running mapPartitions at {HERE} on partition 0",
         r"mapPartitions calls its function as f\(iterator\), which must return a list \(or another iterable\), or be a generator"),
        id="None from mapPartitions",
    ),
    pytest.param(
        lambda sc: sc.parallelize([1], 1).map(lambda a, b: a),
        (TypeError, r".*<lambda>\(\) missing 1 required positional argument: 'b'", RAN.format("map", "1"),
         r"map calls its function as f\(row\)"),
        id="too many parameters in map",
    ),
    pytest.param(
        lambda sc: sc.parallelize([(1, 2)], 1).map(lambda k, v: k),
        (TypeError, r".*<lambda>\(\) missing 1 required positional argument: 'v'", RAN.format("map", r"\(1, 2\)"),
         r"map calls its function as f\(row\); a pair is one argument: take it apart with row\[0\] and row\[1\]"),
        id="two parameters for a pair",
    ),
    pytest.param(
        lambda sc: sc.parallelize([1], 1).filter(lambda: True),
        (TypeError, r".*<lambda>\(\) takes 0 positional arguments but 1 was given", RAN.format("filter", "1"),
         r"filter calls its function as f\(row\)"),
        id="no parameter in filter",
    ),
    pytest.param(
        lambda sc: sc.parallelize([("a", 1), ("a", 2)], 1).reduceByKey(lambda a: a),
        (TypeError, r".*<lambda>\(\) takes 1 positional argument but 2 were given",
         RAN.format("reduceByKey", r"\('a', 2\)"), r"reduceByKey calls its function as f\(a, b\)"),
        id="one parameter in reduceByKey",
    ),
    pytest.param(
        lambda sc: sc.parallelize([1], 1).sortBy(lambda: 1),
        (TypeError, r".*<lambda>\(\) takes 0 positional arguments but 1 was given",
         f"while running sortBy at {HERE} on partition 0; the record: 1", r"sortBy calls its function as f\(row\)"),
        id="no parameter in sortBy",
    ),
    pytest.param(
        lambda sc: sc.parallelize([([1], 1)], 1).reduceByKey(lambda a, b: a + b),
        (TypeError, "unhashable type: 'list'", RAN.format("reduceByKey", r"\(\[1\], 1\)"),
         "keys, and rows that are compared with each other, must be hashable: use a tuple in place of a list"),
        id="unhashable key of reduceByKey",
    ),
    pytest.param(
        lambda sc: sc.parallelize([([1], 1)], 1).groupByKey(),
        (TypeError, "unhashable type: 'list'", RAN.format("groupByKey", r"\(\[1\], 1\)"),
         "keys, and rows that are compared with each other, must be hashable: use a tuple in place of a list"),
        id="unhashable key of groupByKey",
    ),
    pytest.param(
        lambda sc: sc.parallelize([([1], 1)], 1).partitionBy(2),
        (TypeError, "unhashable type: 'list'", RAN.format("partitionBy", r"\(\[1\], 1\)"),
         "keys, and rows that are compared with each other, must be hashable: use a tuple in place of a list"),
        id="unhashable key of partitionBy",
    ),
    pytest.param(
        lambda sc: sc.parallelize([7], 1).reduceByKey(lambda a, b: a + b),
        (TypeError, "cannot unpack non-iterable int object", RAN.format("reduceByKey", "7"),
         r"reduceByKey works on pairs, \(key, value\), and this record is not one"),
        id="rows that are no pairs",
    ),
    pytest.param(
        lambda sc: sc.parallelize([(1, 2, 3)], 1).reduceByKey(max),
        (ValueError, r"too many values to unpack \(expected 2.*\)", RAN.format("reduceByKey", r"\(1, 2, 3\)"),
         r"reduceByKey works on pairs, \(key, value\), and this record is not one"),
        id="rows of three",
    ),
    pytest.param(
        lambda sc: sc.parallelize([1, "a"], 1).sortBy(lambda x: x),
        (TypeError, "'<' not supported between instances of 'str' and 'int'", f"while running sortBy at {HERE}",
         r"sortBy can only order values of one kind: convert them first, for example with str\(\) or float\(\)"),
        id="keys that can't be ordered",
    ),
    pytest.param(
        lambda sc: sc.parallelize([("a", 1)], 1).partitionBy(2, lambda key: None),
        (TypeError, r"unsupported operand type\(s\) for %: 'NoneType' and 'int'",
         RAN.format("partitionBy", r"\('a', 1\)"), "a partition function must return an int"),
        id="a partition that is no number",
    ),
    pytest.param(
        lambda sc: sc.parallelize([1], 1).map(lambda x: sc.parallelize([x])),
        (pickle.PicklingError, r"Could not serialize object: PySparkRuntimeError: \[CONTEXT_ONLY_VALID_ON_DRIVER\] "
         r"It appears that you are attempting to reference SparkContext from a broadcast variable, action, or "
         r"transformation\. It can only be used by the program itself, outside of functions that run on the data \(a map, "
         r"a filter, \.\.\.\)\. See SPARK-5063\."),
        id="sc in a lambda",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("make", "expected"), ROWS)
def test_mistakes_in_functions(sc, make, expected):
    with pytest.raises(Exception) as caught:
        make(sc).collect()
    check(caught.value, *expected)


def test_unpicklable_captures(sc, lock):
    with pytest.raises(pickle.PicklingError) as caught:
        sc.parallelize([1]).map(lambda x: (x, lock)).collect()
    check(
        caught.value,
        pickle.PicklingError,
        "Could not serialize object: TypeError: cannot pickle '_thread.lock' object",
        "the function uses lock, a lock, which can't be copied to where the function runs: make it inside the function "
        r"\(in mapPartitions or foreachPartition once for many rows\)",
    )


def test_streams_inside_functions(failure):
    error = failure(lambda q: q.map(lambda x: q.count()).pprint(), [1])
    assert type(error) is pickle.PicklingError
    assert "[RDD_TRANSFORM_ONLY_VALID_ON_DRIVER]" in str(error)


def test_a_second_context(make_sc):
    make_sc("local[2]", "first")
    with pytest.raises(ValueError) as caught:
        SparkContext("local", "second")
    check(
        caught.value,
        ValueError,
        r"Cannot run multiple SparkContexts at once; existing SparkContext\(app=first, master=local\[2\]\) created by "
        r"__init__ at \S+conftest\.py:\d+ -- stop that one first with its stop\(\), or take it: "
        r"SparkContext\.getOrCreate\(\)",
    )


INTERVAL = r"the batch duration must be at least 0\.001 seconds \(a millisecond\), but it is "


@pytest.mark.parametrize(
    ("duration", "kind", "message"),
    [
        (0, ValueError, INTERVAL + "0"),
        (-1, ValueError, INTERVAL + "-1"),
        (-0.5, ValueError, INTERVAL + r"-0\.5"),
        (float("nan"), ValueError, INTERVAL + "nan"),
        (float("inf"), ValueError, INTERVAL + "inf"),
        ("5", TypeError, r"the batch duration is a number of seconds, such as 5 or 0\.5, not the str '5'"),
        (None, AssertionError, "a StreamingContext needs a batch duration in seconds"),
    ],
)
def test_batch_durations(make_sc, duration, kind, message):
    with pytest.raises(Exception) as caught:
        StreamingContext(make_sc(), duration)
    check(caught.value, kind, message)
    assert caught.traceback[-1].path.name == "test_errors.py"


STATE, ARGUMENT = "java.lang.IllegalStateException", "java.lang.IllegalArgumentException"
ADDING = r"Adding new inputs, transformations, and output operations after {} a context is not supported\. {}"
STOPPED = r"StreamingContext has already been stopped\. Make a new one: StreamingContext\(sc, seconds\)\."


def test_no_output_operation(manual_ssc):
    manual_ssc.queueStream([[1]])
    with pytest.raises(Py4JJavaError) as caught:
        manual_ssc.start()
    nothing = (
        r"requirement failed: No output operations registered, so nothing to execute\. "
        r"Call pprint\(\) or foreachRDD\(\) on a stream before start\(\)\."
    )
    check(caught.value, Py4JJavaError, java(ARGUMENT, nothing))


def test_start_twice_and_after_stop(manual_ssc):
    q = manual_ssc.queueStream([[1]])
    q.foreachRDD(lambda rdd: None)
    assert manual_ssc.start() is None
    assert manual_ssc.start() is None
    for add in (q.pprint, lambda: q.window(2), lambda: manual_ssc.queueStream([[1]]), lambda: q.map(str).pprint()):
        with pytest.raises(Py4JJavaError) as caught:
            add()
        expected = ADDING.format(
            "starting", r"Set everything up before start\(\)\. To change what runs, stop it with .*"
        )
        check(caught.value, Py4JJavaError, java(STATE, expected))
    manual_ssc.stop(False)
    with pytest.raises(Py4JJavaError) as caught:
        manual_ssc.start()
    check(caught.value, Py4JJavaError, java(STATE, STOPPED))
    with pytest.raises(Py4JJavaError) as caught:
        q.pprint()
    expected = ADDING.format("stopping", r"Set everything up on a new StreamingContext\(sc, seconds\)\.")
    check(caught.value, Py4JJavaError, java(STATE, expected))


def test_a_second_stream(manual_ssc):
    manual_ssc.queueStream([[1]]).foreachRDD(lambda rdd: None)
    manual_ssc.start()
    other = StreamingContext(manual_ssc.sparkContext, 1)
    other.queueStream([[1]]).foreachRDD(lambda rdd: None)
    with pytest.raises(Py4JJavaError) as caught:
        other.start()
    only = (
        r"Only one StreamingContext may be started in this JVM\. Currently running StreamingContext was started at "
        rf"\S+{HERE}\. Stop it first: StreamingContext\.getActive\(\)\.stop\(stopSparkContext=False\)"
    )
    check(caught.value, Py4JJavaError, java(STATE, only))


@pytest.mark.parametrize("port", [-1, 0, 65536, 99999])
def test_ports_out_of_range(manual_ssc, port):
    with pytest.raises(Py4JJavaError) as caught:
        manual_ssc.socketTextStream("localhost", port)
    message = rf"port out of range:{port}\. A port is a number from 1 to 65535\."
    check(caught.value, Py4JJavaError, java(ARGUMENT, message))


def test_a_port_that_is_a_str(manual_ssc):
    with pytest.raises(Py4JError) as caught:
        manual_ssc.socketTextStream("localhost", "9999")
    check(
        caught.value,
        Py4JError,
        r"socketTextStream\(hostname, port\) takes a str and an int, not \(str, str\): write 9999 without quotes",
    )


def test_the_context_is_no_context():
    with pytest.raises(TypeError) as caught:
        StreamingContext("local[2]", 1)
    check(caught.value, TypeError, r"StreamingContext\(sparkContext, seconds\) takes a SparkContext first, not a str")


@pytest.mark.parametrize("function", [lambda: None, lambda a, b, c: None])
def test_a_callback_with_a_wrong_number_of_parameters(failure, function):
    error = failure(lambda q: q.foreachRDD(function), [1])
    check(
        error,
        TypeError,
        r".*<lambda>\(\) (takes 0 positional arguments but 2 were given|missing 1 required positional argument: 'c')",
        r"foreachRDD calls its function as func\(rdd\) or func\(time, rdd\)",
        "in the batch of 1970-01-01 .*",
    )


def test_nothing_is_started_by_a_failed_call():
    names = {thread.name for thread in threading.enumerate()}
    assert not any(name.startswith(("pyrite-jobs", "pyrite-batches")) for name in names)
