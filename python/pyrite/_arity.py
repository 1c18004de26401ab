"""How many arguments a function of the user takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import MethodType
from typing import Any

from pyrite._mistakes import advised

__all__ = ["arity"]

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def arity(function: Callable[..., Any]) -> int:
    """How many positional parameters a call fills: defaults count, `*args` doesn't, as in PySpark.

    PySpark knows plain functions only. Here a bound method's `self` doesn't count, and partials, classes, built-ins and
    objects with `__call__` are asked for their signature; one that has none, or only `*args`, takes one argument.
    """
    if not callable(function):
        error = AttributeError(f"{type(function).__name__!r} object has no attribute '__code__'")  # PySpark's
        raise advised(error, "it takes a function of an RDD, such as lambda rdd: ..., or a function's name without ()")
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
