"""The program's functions as the engine calls them: with RDDs and times, by their own signature, with clean errors."""

from __future__ import annotations

import dis
import inspect
import itertools
from collections.abc import Callable
from datetime import datetime
from types import CodeType
from typing import TYPE_CHECKING, Any

from pyrite import _engine, _log
from pyrite._arity import arity
from pyrite._mistakes import advised
from pyrite._traceback import clean
from pyrite.rdd import RDD
from pyrite.streaming import _output
from pyrite.streaming.util import batch_time

if TYPE_CHECKING:
    from pyrite.context import SparkContext


def with_time(function: Callable[..., Any], streams: int, message: str) -> Callable[..., Any]:
    """The function as `f(time, *rdds)`, whether or not it takes the time.

    Raises
    ------
    AssertionError
        It takes neither `streams` arguments nor one more.
    """
    count = arity(function)
    if count == streams:
        return Timeless(function)
    assert count == streams + 1, message
    return function


def warn_without_return(function: Callable[..., Any]) -> None:
    """Say that a function given to `transform` returns nothing, whatever happens: its stream would stay empty."""
    code = getattr(function, "__code__", None)
    if isinstance(code, CodeType) and _never_returns(code):
        _log.logger.warning(
            "%s, given to transform, returns nothing, so its stream stays empty. Does it end with `return`?",
            code.co_name,
        )


def _never_returns(code: CodeType) -> bool:
    """Whether a `def` has no `return` with a value; a lambda always has one."""
    if code.co_name == "<lambda>" or code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE):
        return False
    steps = [step for step in dis.get_instructions(code) if step.opname != "CACHE"]
    for before, step in itertools.pairwise(steps):
        if step.opname == "RETURN_VALUE" and not (before.opname == "LOAD_CONST" and before.argval is None):
            return False
        if step.opname == "RETURN_CONST" and step.argval is not None:
            return False
    return any(step.opname in ("RETURN_VALUE", "RETURN_CONST") for step in steps)


class Wrapped:
    """A function of the program with what we do about it: a checkpoint keeps the function and the name of the class."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function


class Timeless(Wrapped):
    """`f(time, *rdds)` out of `f(*rdds)`."""

    def __call__(self, _time: datetime, *rdds: Any) -> Any:
        """Leaves the time out."""
        return self.function(*rdds)


class Together(Wrapped):
    """`f(time, *rdds)` out of `f(rdds)`."""

    def __call__(self, _time: datetime, *rdds: Any) -> Any:
        """Gives the RDDs as one tuple."""
        return self.function(rdds)


class Composed(Wrapped):
    """`f(time, g(time, rdd))`"""

    def __init__(self, function: Callable[..., Any], before: Callable[..., Any]) -> None:
        super().__init__(function)
        self.before = before

    def __call__(self, time: datetime, rdd: Any) -> Any:
        """One function after the other."""
        return self.function(time, self.before(time, rdd))


class Tallied(Wrapped):
    """The same `f(time, *rdds)`; the lambdas that it makes anew in each batch are counted over all batches."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._tally = _engine.Tally()

    def __reduce__(self) -> tuple[Any, ...]:
        return Tallied, (self.function,)

    def __call__(self, time: datetime, *rdds: Any) -> Any:
        """Counts meanwhile."""
        with self._tally:
            return self.function(time, *rdds)


class Driver(Wrapped):
    """`f(time, *rdds) -> rdd` as the engine calls it: `f(milliseconds, *plans) -> plan or None`."""

    def __init__(self, context: SparkContext, function: Callable[..., Any], required: bool) -> None:
        super().__init__(function)
        self._context = context
        self._required = required

    def __call__(self, ms: int, *plans: Any) -> Any:
        """Plans in, a plan out."""
        time = batch_time(ms)
        try:
            result = _output.run(self.function, time, *[RDD(plan, self._context) for plan in plans])
            if isinstance(result, RDD):
                return result._plan
            if result:
                kind = type(result).__name__
                error = AttributeError(f"a transform function must return an RDD or None, but it returned a {kind}")
                raise advised(error, "collect(), take() and sorted() make lists: leave them out, or use foreachRDD")
            if self._required:
                raise ValueError(
                    "Transform function must not return null. Return SparkContext.emptyRDD() instead to represent no "
                    "element as the result of transformation."
                )
        except BaseException as error:
            clean(error)
            if error.__traceback__ is None and str(error).startswith("'NoneType' object has no attribute"):
                error.add_note("a function given to transform returned None: does it end with `return`?")
            note(error, time)
            raise
        return None


class Output(Wrapped):
    """`f(time, rdd)` as the engine calls it: `f(milliseconds, plan)`."""

    def __init__(self, context: SparkContext, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._context = context

    def __call__(self, ms: int, plan: Any) -> None:
        """A plan in."""
        time = batch_time(ms)
        try:
            _output.run(self.function, time, RDD(plan, self._context))
        except BaseException as error:
            clean(error)
            called = error.__traceback__ is None and not hasattr(error, "__notes__")
            if called and isinstance(error, TypeError) and "positional argument" in str(error):
                error.add_note("foreachRDD calls its function as func(rdd) or func(time, rdd)")
            note(error, time)
            raise


def tallied(function: Callable[..., Any]) -> Callable[..., Any]:
    """See `Tallied`."""
    return Tallied(function)


def driver(context: SparkContext, function: Callable[..., Any], *, required: bool = False) -> Callable[..., Any]:
    """See `Driver`."""
    return Driver(context, function, required)


def output(context: SparkContext, function: Callable[..., Any]) -> Callable[..., Any]:
    """See `Output`."""
    return Output(context, function)


def note(error: BaseException, time: datetime) -> None:
    """Say on an exception in which batch it was raised, and take our frames out of its traceback."""
    clean(error)
    text = f"in the batch of {time}"
    # An exception ends a script, but not a notebook: there the stream goes on behind the next cell.
    error.add_note(text + "; the stream goes on, ssc.stop(stopSparkContext=False) stops it" * _output.in_notebook())
    for told in list(_output.failures):
        told(error, time)
