"""numpy in functions: which of its functions compile, and which of its arrays are captured.

The engine knows arrays of one dimension and type float64, and does with them only what numpy does alike on every
machine: products by BLAS and functions by vector libraries stay numpy's.
"""

from __future__ import annotations

import ast
import sys
from types import BuiltinFunctionType
from typing import Any

from .capture import is_dispatcher
from .decline import Decline
from .node import Node, call
from .scope import Scope

_FUNCTIONS = ("array", "asarray", "sum")


def called(function: Any) -> str:
    """The name of the function of numpy that compiles, else an empty string."""
    if not (is_dispatcher(function) or isinstance(function, BuiltinFunctionType)):
        return ""
    numpy, name = sys.modules.get("numpy"), function.__name__
    return name if name in _FUNCTIONS and numpy is not None and numpy.__dict__.get(name) is function else ""


def call_function(scope: Scope, name: str, arguments: list[Node], tree: ast.Call) -> Node:
    """A call of such a function."""
    for word in tree.keywords:
        floats = (float, sys.modules["numpy"].float64)
        if name == "sum" or word.arg != "dtype" or not any(scope.static(word.value) is kind for kind in floats):
            raise Decline(f"calls numpy.{name}() with {word.arg}=")
    if len(arguments) != 1:
        raise Decline(f"calls numpy.{name}() with {len(arguments)} arguments")
    return (
        call("numpy.sum", *arguments, kind="real") if name == "sum" else call("numpy.array", *arguments, kind="vector")
    )


def kind_of(value: Any) -> str:
    """What a captured value is to the engine: an array, a list of arrays, or nothing."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return ""
    if type(value) is numpy.ndarray:
        return "vector"
    return "list" if type(value) is list and value and all(type(each) is numpy.ndarray for each in value) else ""
