"""The program's functions as the engine calls them: with RDDs and times, by their own signature, with clean errors."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime
from types import MethodType
from typing import TYPE_CHECKING, Any

from pyrite import _engine
from pyrite._traceback import clean
from pyrite.rdd import RDD
from pyrite.streaming import _output
from pyrite.streaming.util import batch_time

if TYPE_CHECKING:
    from pyrite.context import SparkContext

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def arity(function: Callable[..., Any]) -> int:
    """How many positional parameters a call fills: defaults count, `*args` doesn't, as in PySpark.

    PySpark knows plain functions only. Here a bound method's `self` doesn't count, and partials, classes, built-ins and
    objects with `__call__` are asked for their signature; one that has none, or only `*args`, takes one argument.
    """
    code = getattr(function, "__code__", None)  # a bound method has its function's
    if code is not None:
        return int(code.co_argcount) - isinstance(function, MethodType)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 1
    count = sum(p.kind in _POSITIONAL for p in parameters)
    if count == 0 and any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters):
        return 1
    return count


def with_time(function: Callable[..., Any], streams: int, message: str) -> Callable[..., Any]:
    """The function as `f(time, *rdds)`, whether or not it takes the time.

    Raises
    ------
    AssertionError
        It takes neither `streams` arguments nor one more.
    """
    count = arity(function)
    if count == streams:
        return lambda _, *rdds: function(*rdds)
    assert count == streams + 1, message
    return function


def tallied(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same `f(time, *rdds)`; the lambdas that it makes anew in each batch are counted over all batches."""
    tally = _engine.Tally()

    def call(time: datetime, *rdds: Any) -> Any:
        with tally:
            return function(time, *rdds)

    return call


def driver(context: SparkContext, function: Callable[..., Any], *, required: bool = False) -> Callable[..., Any]:
    """`f(time, *rdds) -> rdd` as the engine calls it: `f(milliseconds, *plans) -> plan or None`."""

    def call(ms: int, *plans: Any) -> Any:
        time = batch_time(ms)
        try:
            result = _output.run(function, time, *[RDD(plan, context) for plan in plans])
            if isinstance(result, RDD):
                return result._plan
            if result:
                kind = type(result).__name__
                raise AttributeError(f"a transform function must return an RDD or None, but it returned a {kind}")
            if required:
                raise ValueError(
                    "Transform function must not return null. Return SparkContext.emptyRDD() instead to represent no "
                    "element as the result of transformation."
                )
        except BaseException as error:
            note(error, time)
            raise
        return None

    return call


def output(context: SparkContext, function: Callable[..., Any]) -> Callable[..., Any]:
    """`f(time, rdd)` as the engine calls it: `f(milliseconds, plan)`."""

    def call(ms: int, plan: Any) -> None:
        time = batch_time(ms)
        try:
            _output.run(function, time, RDD(plan, context))
        except BaseException as error:
            clean(error)
            called = error.__traceback__ is None and not hasattr(error, "__notes__")
            if called and isinstance(error, TypeError) and "positional argument" in str(error):
                error.add_note("foreachRDD calls its function as func(rdd) or func(time, rdd)")
            note(error, time)
            raise

    return call


def note(error: BaseException, time: datetime) -> None:
    """Say on an exception in which batch it was raised, and take our frames out of its traceback."""
    clean(error)
    text = f"in the batch of {time}"
    # An exception ends a script, but not a notebook: there the stream goes on behind the next cell.
    error.add_note(text + "; the stream goes on, ssc.stop(stopSparkContext=False) stops it" * _output.in_notebook())
