"""What a newcomer tries on an RDD, a stream or a context that isn't there, and what to do instead.

The exceptions are those that Python raises anyway; the advice is a note below them.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, NoReturn

__all__ = ["MAKE_AN_RDD", "NotAList", "absent", "advice", "advised", "handle"]

MAKE_AN_RDD = "sc.parallelize(...) makes an RDD of a list"

_DATAFRAME = "agg columns createOrReplaceTempView groupby orderBy printSchema select show where withColumn"
_PRINT = "display head print"
_TEXT = "endswith lower replace split startswith strip upper"
_STREAMS = (
    "countByWindow foreachRDD pprint reduceByKeyAndWindow reduceByWindow saveAsTextFiles transform transformWith "
    "updateStateByKey window"
)
_RDD_MAKERS = (
    "coalesce distinct foldByKey groupBy intersection keyBy keys sample sortBy sortByKey subtract subtractByKey values "
    "zip zipWithIndex"
)
_RDD_ANSWERS = (
    "aggregate collect collectAsMap countByKey first fold foreach foreachPartition isEmpty lookup max mean min "
    "saveAsTextFile stats stdev sum take takeOrdered takeSample toDebugString top"
)
_CONTEXT = "accumulator broadcast defaultParallelism emptyRDD parallelize range setLogLevel textFile wholeTextFiles"
_STREAMING_CONTEXT = "awaitTermination awaitTerminationOrTimeout queueStream socketTextStream start textFileStream"

# For each class: names that people ask it for, and what to tell them; {} is the name.
_ELSEWHERE: dict[str, dict[str, str]] = {
    "RDD": {
        _DATAFRAME: "{} is a method of DataFrames; an RDD has map, filter, reduceByKey, sortBy and others",
        _PRINT: "print(rdd.take(10)) shows the first rows of an RDD",
        _STREAMS: "{} is a method of streams (DStream), not of RDDs",
        _TEXT: "{} is for the rows: rdd.map(lambda row: row.{}(...))",
        "pprint": "pprint is a method of streams (DStream); print(rdd.take(10)) shows the first rows of an RDD",
        "show": "print(rdd.take(10)) shows the first rows of an RDD",
    },
    "DStream": {
        _DATAFRAME: "{} is a method of DataFrames; a stream has map, filter, reduceByKey, transform and others",
        _PRINT: "pprint() prints the first rows of every batch",
        _TEXT: "{} is for the rows: stream.map(lambda row: row.{}(...))",
        _RDD_MAKERS: "{} is a method of RDDs; on the RDD of every batch: stream.transform(lambda rdd: rdd.{}(...))",
        _RDD_ANSWERS: (
            "{} is a method of RDDs, and a stream has one in every batch: pprint() prints its first rows, "
            "foreachRDD(lambda rdd: print(rdd.{}(...))) calls {} on it"
        ),
        "show": "pprint() prints the first rows of every batch",
        "foreach": "foreachRDD(lambda rdd: rdd.foreach(...)) does something with the rows of every batch",
    },
    "StreamingContext": {_CONTEXT: "{} is a method of the SparkContext: sc.{}"},
    "SparkContext": {_STREAMING_CONTEXT: "{} is a method of the StreamingContext: ssc = StreamingContext(sc, 5)"},
}
_ADVICE = {
    kind: {name: text.replace("{}", name) for names, text in told.items() for name in names.split()}
    for kind, told in _ELSEWHERE.items()
}

_NEAR = 0.7


def advice(instance: object, name: str) -> str | None:
    """What to do in place of asking for an attribute that isn't there: where it is, or the nearest name."""
    if name.startswith("_"):  # asked for by programs, such as IPython
        return None
    for kind in type(instance).__mro__:
        told = _ADVICE.get(kind.__name__, {}).get(name)
        if told is not None:
            return told
    public = [known for known in dir(type(instance)) if not known.startswith("_")]
    plain = {known.replace("_", "").lower(): known for known in public}
    near = difflib.get_close_matches(name.replace("_", "").lower(), plain, n=1, cutoff=_NEAR)
    return f"did you mean {plain[near[0]]}?" if near else None


_HANDLES = frozenset(
    "_gateway _jaccumulator _jbroadcast _jconf _jdf _jdstream _jrdd _jsc _jsparkSession _jspark_conf _jsqlContext "
    "_jssc _jtdStream _jvm _jwrapped _to_java_object_rdd".split()
)


def handle(owner: str, name: str) -> AttributeError | None:
    """The error for one of PySpark's handles to its JVM."""
    if name not in _HANDLES:
        return None
    text = f"`{owner}.{name}` is a handle to Spark's JVM, and Pyrite runs without one: use the methods of Python's API."
    return AttributeError(text, name=name)


def absent(instance: object, name: str) -> AttributeError:
    """The error for an attribute that isn't there."""
    jvm = handle(type(instance).__name__, name)
    if jvm is not None:
        return jvm
    text = f"{type(instance).__name__!r} object has no attribute {name!r}"
    told = advice(instance, name)
    if told is None:
        return AttributeError(text, name=name, obj=instance)
    # Without the object: Python's own "Did you mean" would be a second piece of advice.
    error = AttributeError(text)
    error.add_note(told)
    return error


def advised(error: BaseException, note: str) -> BaseException:
    """The exception with a note."""
    error.add_note(note)
    return error


if TYPE_CHECKING:

    class NotAList:
        """Type checkers know what isn't there."""

else:

    class NotAList:
        """Refuses what only lists can do, with the exceptions that Python raises, and says how to get at the rows."""

        _rows = "its rows come out of collect(), take(n), first() or count()"

        def __bool__(self) -> bool:
            return True

        def __iter__(self) -> NoReturn:
            raise advised(TypeError(f"{type(self).__name__!r} object is not iterable"), self._rows)

        def __getitem__(self, key: Any) -> NoReturn:
            raise advised(TypeError(f"{type(self).__name__!r} object is not subscriptable"), self._rows)

        def __len__(self) -> int:
            raise advised(TypeError(f"object of type {type(self).__name__!r} has no len()"), self._rows)
