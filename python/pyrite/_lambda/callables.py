"""Callables without source: built-ins, `operator` functions, `itemgetter`, bound pattern methods, `partial`."""

from __future__ import annotations

import ast
import functools
import itertools
import operator
import re
import sys
from collections.abc import Callable
from os.path import basename
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, MethodType, ModuleType
from typing import Any

from pyrite._partitions import first_fold

from . import calls, fields, operators, records, regexes, settings
from .capture import Capture, Settings, by_reference, remember
from .decline import Decline
from .methods import call_method
from .node import Node, article, call, constant, item, value
from .scope import Scope, Slots, required
from .states import WithState
from .translate import Translation, inline

_ARITY = {"round": 1, "sorted": 1, "sum": 1, "int": 1, "float": 1, "str": 1, "list": 1, "tuple": 1, "bool": 1, "log": 1}
_EMPTY = FunctionType(compile("0", "<pyrite>", "eval"), {})


def describe(function: Callable[..., Any]) -> str:
    """A name for `explain`: `<lambda> at word_count.py:12`."""
    if type(function) is FunctionType:
        code = function.__code__
        return f"{function.__name__} at {where(code.co_filename)}:{code.co_firstlineno}"
    if type(function) is WithState:
        return describe(function.function)
    if isinstance(function, functools.partial):
        if (of_rows := fields.of_rows(function)) is not None:
            return describe(of_rows[1])
        if function.func is first_fold:
            return f"{describe(function.args[1])} of the start value"
        return f"partial of {describe(function.func)}"
    name = getattr(function, "__qualname__", None)
    if name is None:
        return article(type(function).__name__) + " object"
    module = getattr(function, "__module__", None)
    plain = module in (None, "builtins", "__main__") or isinstance(function, MethodType)
    return str(name) if plain else f"{'operator' if module == '_operator' else module}.{name}"


def shares(function: Any) -> bool:
    """Whether all tasks may use the object itself: it has no state, or pickles by name."""
    return by_reference(function)


def where(filename: str) -> str:
    """The file's name, or the notebook cell's number."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    cell = getattr(getattr(shell, "compile", None), "_filename_map", {}).get(filename)
    return basename(filename) if cell is None else f"In[{cell}]"


def is_builtin(function: Any) -> bool:
    """Whether the object is one of the interpreter's, which never changes and never dies."""
    if isinstance(function, BuiltinFunctionType):
        return isinstance(function.__self__, ModuleType)
    return type(function) is MethodDescriptorType or (isinstance(function, type) and function.__module__ == "builtins")


def translate_callable(function: Callable[..., Any]) -> tuple[Node, int | None]:
    """The tree of a callable that isn't a plain Python function, and its number of arguments.

    None where the engine knows what to do with one argument and with two: `min` and `max`.
    """
    scope = Translation(Capture(_EMPTY).root, Capture(_EMPTY), Slots(), (), {})
    if type(function) is functools.partial:
        return _partial(scope, function)
    if type(function) in (operator.itemgetter, operator.methodcaller):
        return _getter(function), 1
    if isinstance(function, BuiltinFunctionType) and isinstance(function.__self__, re.Pattern):
        return _pattern_method(scope, function.__self__, function.__name__), 1
    if function == itertools.chain.from_iterable:
        return call("iter.flatten", Node({"param": 0}), kind="generator"), 1
    if isinstance(function, BuiltinFunctionType | MethodDescriptorType | type):
        count = _arity(function)
        made = calls.call_object(scope, function, [Node({"param": i}) for i in range(count)], {})
        return made, None if function in (min, max) else count
    if type(function) is MethodType and type(function.__func__) is FunctionType:
        return _bound(function)
    if type(function) is MethodType:
        raise Decline("is a bound method")
    if type(function) is operator.attrgetter:
        return _attributes(scope, function), 1
    raise Decline(f"is {article(type(function).__name__)} object")


def _arity(function: Any) -> int:
    """The only number of arguments for which a built-in is compiled; Python judges every other."""
    known = operators.OPERATORS.get(id(function))
    if known is not None:
        return known[1]
    if function in (min, max):
        return 2
    if function is isinstance:
        raise Decline("calls isinstance() oddly")
    if isinstance(function, BuiltinFunctionType) and getattr(function.__self__, "__name__", "") == "math":
        return 2 if function.__name__ in ("pow", "fmod", "atan2", "copysign", "remainder", "ldexp", "gcd") else 1
    return 1


def _getter(function: Any) -> Node:
    reduced = function.__reduce__()
    of = Node({"param": 0})
    if type(function) is operator.itemgetter:
        items = [item(of, constant(key, "its key")) for key in reduced[1]]
        return items[0] if len(items) == 1 else Node({"tuple": [value(i) for i in items]}, "tuple")
    maker, arguments = reduced
    if isinstance(maker, functools.partial):
        raise Decline("is a methodcaller with keyword arguments")
    name, *rest = arguments
    return call_method(name, of, [constant(a, "its argument") for a in rest], {})


def _bound(function: MethodType) -> tuple[Node, int]:
    """A method of an object with settings."""
    of = remember(function.__self__)
    inner = function.__func__
    if not isinstance(of, Settings) or not isinstance(inner, FunctionType):
        raise Decline("is a bound method")
    capture = Capture(inner)
    count = required(capture.root)
    names = capture.root.code.co_varnames[:count]
    given = {name: Node({"param": i}) for i, name in enumerate(names[1:])}
    made = inline(capture.root, {names[0]: settings.instance(of), **given}, capture, Slots(), ())
    if capture.places:
        raise Decline("is a bound method that captures a container")
    return made, count - 1


def _attributes(scope: Scope, function: Any) -> Node:
    """An attrgetter."""
    found = []
    for path in function.__reduce__()[1]:
        of: Node | None = Node({"param": 0})
        for name in path.split("."):
            of = None if of is None else records.attribute(scope, of, name)
        if of is None:
            raise Decline("is an attrgetter of an odd name")
        found.append(of)
    return found[0] if len(found) == 1 else Node({"tuple": [value(of) for of in found]}, "tuple")


def _pattern_method(scope: Scope, pattern: re.Pattern[Any], name: str) -> Node:
    tree = ast.Call(ast.Name("pattern"), [ast.Name("text")], [])
    return regexes.pattern_method(scope.within({"text": Node({"param": 0})}), pattern, name, tree)


def _word(capture: Capture, word: str, of: Any) -> Node:
    """A keyword argument of a partial: a constant, or a built-in, which may be called."""
    if is_builtin(of):
        return Node({"raises": "an object as a value"}, "object", None, of)
    return constant(of, f"a partial's argument {word}")


def _partial(scope: Scope, function: functools.partial[Any]) -> tuple[Node, int]:
    given = [constant(a, "a partial's argument") for a in function.args]
    inner = function.func
    if type(inner) is FunctionType:
        capture = Capture(inner)
        words = {word: _word(capture, word, of) for word, of in function.keywords.items()}
        names = capture.root.code.co_varnames[: capture.root.code.co_argcount + capture.root.code.co_kwonlyargcount]
        least = required(capture.root, words)
        taken = [word for word in words if word in names[:least]]
        if not words.keys() <= set(names[len(given) :]) or names[least - len(taken) : least] != tuple(taken):
            raise Decline("is a partial with keyword arguments")
        count = least - len(given) - len(taken)
        if count < 0:
            raise Decline("is a partial with more arguments than its function needs")
        if not all(node.is_plain() for node in given):
            raise Decline("is a partial with a tuple or bytes")
        nodes = [*given, *(Node({"param": i}) for i in range(count))]
        arguments = dict(zip(capture.root.code.co_varnames, nodes, strict=False)) | words
        made = inline(capture.root, arguments, capture, Slots(), ())
        if capture.places:
            raise Decline("is a partial of a function that captures a container")
        return made, count
    if isinstance(inner, BuiltinFunctionType | MethodDescriptorType | type):
        count = _arity(inner) - len(given)
        if count < 1:
            raise Decline("is a partial of a function that takes fewer arguments")
        parameters = [Node({"param": i}) for i in range(count)]
        words = {word: constant(of, "a partial's argument") for word, of in function.keywords.items()}
        if words:
            count = 1
        return calls.call_object(scope, inner, [*given, *parameters[:count]], words), count
    raise Decline(f"is a partial of {article(type(inner).__name__)} object")
