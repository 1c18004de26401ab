"""Calls, imports and handlers that mean something else on a cluster."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator

from pyrite._doctor.functions import Found
from pyrite._submit import is_cluster

__all__ = ["TAKE_FUNCTIONS", "contexts", "of_call", "of_import", "of_try"]

#: Methods of RDDs and streams whose functions run in the executors.
TAKE_FUNCTIONS = frozenset(
    "aggregate aggregateByKey combineByKey countByValueAndWindow filter flatMap flatMapValues fold foldByKey foreach "
    "foreachPartition groupBy keyBy map mapPartitions mapPartitionsWithIndex mapValues max min partitionBy "
    "reduce reduceByKey reduceByKeyAndWindow reduceByKeyLocally reduceByWindow repartitionAndSortWithinPartitions "
    "saveToKafka sortBy sortByKey takeOrdered top treeAggregate treeReduce updateStateByKey function".split()
)
_CALLBACKS = frozenset(["foreachRDD", "transform", "transformWith"])
_ACTIONS = frozenset(
    "awaitTermination awaitTerminationOrTimeout collect collectAsMap count countByKey countByValue first foreach "
    "foreachPartition reduce saveAsTextFile take takeOrdered top".split()
)
# Which argument of a method is a path.
_READS = frozenset(
    "binaryFiles binaryRecords binaryRecordsStream pickleFile sequenceFile text textFile textFileStream "
    "wholeTextFiles".split()
)
_WRITES = frozenset("saveAsPickleFile saveAsSequenceFile saveAsTextFile saveAsTextFiles".split())
_CHECKPOINTS = frozenset(["checkpoint", "setCheckpointDir"])
_OWN: dict[str, tuple[str, str]] = {
    "explain": ("explain() of an RDD or a stream", "there it prints the lineage: nothing is compiled"),
    "live": ("live()", "there it prints as pprint() does"),
    "mapWithState": (
        "mapWithState()",
        "there every key costs something in every batch, a key's rows come out together, and a checkpoint is a must",
    ),
    "saveToKafka": ("saveToKafka()", "there the workers' Python needs confluent-kafka; transactional=True is refused"),
    "receiverStream": (
        "receiverStream()",
        "it is refused there: have the receiver write to a socket, to files or to Kafka, and read that",
    ),
    "toArrow": ("toArrow() of an RDD", "an RDD has none there: collect(), or a DataFrame's toArrow()"),
    "fromArrow": ("fromArrow()", "it is refused there: sc.parallelize(table.to_pylist())"),
    "commitAsync": ("commitAsync()", "there it waits for the broker"),
}
_KAFKA = frozenset(["createDirectStream", "createRDD", "createStream"])
# Modules of Pyrite's that are themselves on a cluster, or mean PySpark's.
_PYRITE_MODULES = frozenset(["pyrite", "pyrite.sql", "pyrite.streaming", "pyrite.streaming.kafka"])
_USER_ERRORS = frozenset(
    "ArithmeticError AssertionError AttributeError IndexError KeyError LookupError OSError RuntimeError TypeError "
    "UnicodeDecodeError ValueError ZeroDivisionError".split()
)


def contexts(tree: ast.AST) -> set[str]:
    """The names that hold contexts, which functions of the data can't use."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            name = _name(node.value.func)
            if name in ("SparkContext", "StreamingContext") or name == "getOrCreate":
                found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def of_import(node: ast.Import | ast.ImportFrom, folder: str) -> Iterator[Found]:
    """Modules of the program's folder, and Pyrite's own."""
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    for name in names:
        first = name.partition(".")[0]
        if name == "pyrite.testing":
            yield node.lineno, "pyrite.testing", "it goes on testing on this machine, with Pyrite's engine"
        elif first == "pyrite" and name not in _PYRITE_MODULES:
            yield (
                node.lineno,
                f"import of {name}",
                f"that stays Pyrite's: import {name.replace('pyrite', 'pyspark', 1)}",
            )
        elif isinstance(node, ast.Import) or not node.level:
            if os.path.isfile(os.path.join(folder, f"{first}.py")):
                yield node.lineno, f"{first}.py beside the program", f"the workers need it: --py-files {first}.py"
            elif os.path.isfile(os.path.join(folder, first, "__init__.py")):
                do = f"the workers need it: zip it and give --py-files {first}.zip"
                yield node.lineno, f"the package {first} beside the program", do


def of_call(node: ast.Call) -> Iterator[Found]:
    """One call."""
    name, line = _name(node.func), node.lineno
    if isinstance(node.func, ast.Attribute):
        line = node.func.end_lineno or line
    if name in ("SparkContext", "setMaster", "master"):
        yield from _master(_argument(node, 0, "master"), line)
    elif name in ("set", "config", "setIfMissing") and len(node.args) > 1:
        yield from _setting(node, line)
    elif name == "StreamingContext":
        seconds = _constant(_argument(node, 1, "batchDuration"))
        if isinstance(seconds, (int, float)) and seconds < 0.5:
            yield line, f"batches of {seconds:g} s", "a batch of Spark's takes 0.2 to 0.5 s: 1 s or more"
    if not isinstance(node.func, ast.Attribute):
        return
    if name in _OWN:
        yield line, *_OWN[name]
    if name == "saveToKafka" and _constant(_argument(node, 4, "transactional")):
        yield (
            line,
            "saveToKafka(transactional=True)",
            "it is refused there: several executors write, so messages may double",
        )
    if name in _KAFKA and _name(node.func.value) == "KafkaUtils":
        yield line, f"KafkaUtils.{name}", "the workers' Python needs it: pip install confluent-kafka on all of them"
    if name == "socketTextStream":
        yield from _socket(node, line)
    if name in _READS | _WRITES | _CHECKPOINTS:
        yield from _path(node, name, line)
    if name == "getOrCreate" and _name(node.func.value) == "StreamingContext":
        yield (
            line,
            "StreamingContext.getOrCreate",
            "Spark can't read Pyrite's checkpoints: give another directory there",
        )
    if name in _CALLBACKS and node.args:
        yield from _callback(node.args[0], name, line)


def _master(argument: ast.expr | None, line: int) -> Iterator[Found]:
    master = _constant(argument)
    if isinstance(master, str) and not is_cluster(master):
        yield (
            line,
            f"master {master!r} in the program",
            "it goes before --master, as in Spark: change it or leave it out",
        )


def _setting(node: ast.Call, line: int) -> Iterator[Found]:
    key = _constant(node.args[0])
    if key == "spark.master":
        yield from _master(node.args[1], line)
    elif isinstance(key, str) and key.startswith("pyrite."):
        yield line, f"the setting {key}", "it has no effect there"
    elif key == "spark.local.dir":
        yield line, "spark.local.dir", "there it is a folder of every worker"


def _socket(node: ast.Call, line: int) -> Iterator[Found]:
    host = _constant(_argument(node, 0, "hostname"))
    if host in ("localhost", "127.0.0.1", "::1"):
        do = "there it is the machine whose executor runs the receiver: give the name of the machine that sends"
        yield line, f"a socket of {host}", do
    yield line, "a receiver", "it takes a core of the executors for itself: two at least"


def _path(node: ast.Call, name: str, line: int) -> Iterator[Found]:
    argument = _argument(node, 0, "path")
    path = _constant(argument)
    if isinstance(argument, ast.Call) and _name(argument.func) == "Path":
        yield line, f"a Path in {name}()", "Spark takes texts only: str(path)"
    if not isinstance(path, str) or ("://" in path and not path.startswith("file:")):
        return
    if name in _CHECKPOINTS:
        do = "a folder that driver and executors share is wanted, such as hdfs:// or s3a://"
    elif name in _WRITES:
        do = "there each executor writes its part to its own disk: give a shared folder, hdfs:// or s3a://"
    else:
        do = "there it has to be at that place on every worker, or is looked for in fs.defaultFS: hdfs:// or s3a://"
    yield line, f"the local path {path!r}", do


def _callback(function: ast.expr, name: str, line: int) -> Iterator[Found]:
    if isinstance(function, ast.Call) and _name(function.func) == "partial":
        yield line, f"a partial in {name}()", "PySpark looks at its code and finds none: give a lambda or a def"
    elif isinstance(function, ast.Attribute):
        text = ast.unparse(function)
        do = f"PySpark counts self as a parameter of a method: give lambda rdd: {text}(rdd)"
        yield line, f"{text} in {name}()", do


def of_try(node: ast.Try) -> Iterator[Found]:
    """Handlers of the user's own exceptions around an action."""
    inside = (each for statement in node.body for each in ast.walk(statement))
    if not any(isinstance(each, ast.Call) and _name(each.func) in _ACTIONS for each in inside):
        return
    for handler in node.handlers:
        caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        for each in caught:
            name = None if each is None else _name(each)
            if name in _USER_ERRORS:
                do = "there a function's exception comes as py4j.protocol.Py4JJavaError, with its text inside"
                yield handler.lineno, f"except {name} around a job", do


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _argument(node: ast.Call, place: int, name: str) -> ast.expr | None:
    if len(node.args) > place:
        return node.args[place]
    return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)


def _constant(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None
