"""Calls: of built-ins, `math`, `re` and `operator`, of methods, and of the user's functions, which are inlined."""

from __future__ import annotations

import ast
import builtins
import math
import re
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, ModuleType
from typing import Any

from . import containers, documents, formats, inlining, matches, methods, operators, regexes, states
from .decline import Decline
from .functions import FUNCTIONS
from .node import Node, article, call, constant, truth, value
from .scope import UNKNOWN, Scope

# Built-ins by identity. How the others are called is not told by a number of arguments.
_PLAIN: dict[int, str] = {
    id(getattr(builtins, name)): name
    for name in FUNCTIONS
    if hasattr(builtins, name) and name not in ("bool", "isinstance")
}
_CONSUMERS = {"sum", "sorted", "min", "max", "list", "tuple", "any", "all"}
_TYPES = {
    int: "int",
    float: "float",
    str: "str",
    bool: "bool",
    bytes: "bytes",
    tuple: "tuple",
    list: "list",
    dict: "dict",
}
_EFFECTS = {"print", "input", "open", "exec", "eval", "setattr", "delattr", "breakpoint"}


def call_expression(scope: Scope, tree: ast.Call) -> Node:
    """A call, by what is called."""
    if any(isinstance(a, ast.Starred) for a in tree.args) or any(k.arg is None for k in tree.keywords):
        raise Decline("calls with * or **")
    function = tree.func
    static = scope.static(function)
    if static is not UNKNOWN:
        return _call_object(scope, static, tree)
    if isinstance(function, ast.Attribute):
        receiver = scope.static(function.value)
        if isinstance(receiver, re.Pattern):
            return regexes.pattern_method(scope, receiver, function.attr, tree)
        if type(receiver) is str and function.attr == "format":
            return formats.str_format(scope, receiver, tree)
        if regexes.is_compile(scope, function.value):
            return regexes.pattern_method(scope, regexes.compile_call(scope, function.value), function.attr, tree)
        looked = containers.get(scope, tree)
        if looked is not None:
            return looked
        of = scope.expression(function.value)
        if of.kind == "state":
            return states.read(scope.names, function.attr, len(tree.args) + len(tree.keywords))
        arguments = [_argument(scope, a, function.attr == "join") for a in tree.args[:1]]
        if function.attr == "get" and len(tree.args) == 2:
            empty = documents.empty(scope, tree.args[1])
            arguments.append(scope.expression(tree.args[1]) if empty is None else empty)
        else:
            arguments += [scope.expression(a) for a in tree.args[1:]]
        keywords = {k.arg: scope.expression(k.value) for k in tree.keywords if k.arg is not None}
        if of.kind == "match":
            return matches.match_method(of, function.attr, arguments, keywords)
        return methods.call_method(function.attr, of, arguments, keywords)
    if isinstance(function, ast.Lambda) and not tree.keywords:
        return inlining.call_lambda(scope, function, [scope.expression(a) for a in tree.args])
    raise Decline(f"calls {_short(function)}")


def _call_object(scope: Scope, function: Any, tree: ast.Call) -> Node:
    if regexes.handles(function):
        return regexes.module_function(scope, function, tree)
    name = _PLAIN.get(id(function), "")
    if function is isinstance:
        return _isinstance(scope, tree)
    for word in tree.keywords:
        if name and word.arg not in FUNCTIONS[name].keywords:
            raise Decline(f"calls {name}() with {word.arg}=")
    arguments = [_argument(scope, a, name in _CONSUMERS) for a in tree.args]
    keywords = {k.arg: scope.expression(k.value) for k in tree.keywords if k.arg is not None}
    return call_object(scope, function, arguments, keywords)


def call_object(scope: Scope, function: Any, arguments: list[Node], keywords: dict[str, Node]) -> Node:
    """A call of a known object with translated arguments."""
    known = _PLAIN.get(id(function))
    if known is not None:
        return _builtin(known, arguments, keywords)
    if function is bool and not keywords and len(arguments) == 1:
        return Node({"call": {"function": "bool", "args": [truth(arguments[0])]}}, "bool")
    if id(function) in operators.OPERATORS and not keywords:
        return operators.apply(function, arguments)
    if isinstance(function, BuiltinFunctionType) and function.__self__ is math and not keywords:
        signature = FUNCTIONS.get(f"math.{function.__name__}")
        if signature is None or not signature.least <= len(arguments) <= signature.most:
            raise Decline(f"calls math.{function.__name__}() with {len(arguments)} arguments")
        return call(f"math.{function.__name__}", *arguments, kind=signature.kind)
    if type(function) is MethodDescriptorType and function.__objclass__ in (str, bytes) and arguments:
        # `str.lower(x)` raises for what isn't a str, so it is not the method call `x.lower()`.
        made = methods.call_method(function.__name__, arguments[0], arguments[1:], keywords)
        owner = function.__objclass__.__name__
        return call(f"{owner}.{function.__name__}", arguments[0], *_arguments(made), kind=made.kind)
    if function is documents.LOADS and len(arguments) == 1 and not keywords:
        return documents.loads(scope.capture, arguments[0])
    if type(function) is FunctionType:
        return inlining.call_function(scope, function, arguments, keywords)
    raise Decline(_refusal(function))


def _arguments(made: Node) -> list[Node]:
    return [Node(a) for a in made.json["method"]["args"]]


def _refusal(function: Any) -> str:
    name = getattr(function, "__name__", None)
    if name in _EFFECTS and getattr(builtins, name) is function:
        return f"calls {name}(), which has side effects"
    if isinstance(getattr(function, "__self__", None), ModuleType) and function.__self__ is not builtins:
        return f"calls {function.__self__.__name__}.{name}()"
    if isinstance(function, BuiltinFunctionType | MethodDescriptorType | type):
        return f"calls {name}()"
    kind = getattr(function, "type", type(function))
    return f"calls {article(kind.__name__)} object"


def _argument(scope: Scope, tree: ast.expr, consumed: bool) -> Node:
    """An argument; a generator, `map` or `filter` only where it is consumed at once."""
    if consumed and isinstance(tree, ast.GeneratorExp):
        return scope.comprehension(tree)
    if consumed and isinstance(tree, ast.Call) and len(tree.args) == 2 and not tree.keywords:
        function = scope.static(tree.func)
        if function is map or function is filter:
            return _mapped(scope, function is map, tree.args[0], tree.args[1])
    return scope.expression(tree)


def _mapped(scope: Scope, mapping: bool, function: ast.expr, iterated: ast.expr) -> Node:
    """`map(function, iterated)` or `filter(function, iterated)` as a comprehension."""
    source = value(_argument(scope, iterated, True))
    slot, element = scope.bind(Node("none"))
    if isinstance(function, ast.Lambda):
        made = inlining.call_lambda(scope, function, [element])
    else:
        static = scope.static(function)
        if static is UNKNOWN or (static is None and mapping):
            raise Decline(f"calls {_short(function)}")
        made = element if static is None else call_static(scope, static, [element])
    conditions = [] if mapping else [truth(made)]
    produced = value(made) if mapping else element.json
    json = {"slot": slot, "source": source, "conditions": conditions, "item": produced}
    return Node({"comprehension": json}, "list")


def call_static(scope: Scope, function: Any, arguments: list[Node]) -> Node:
    """A call of a known object, also of one of `re`'s or of a pattern's methods."""
    if isinstance(getattr(function, "__self__", None), re.Pattern) or regexes.handles(function):
        raise Decline(f"passes {function.__name__}() of a pattern on")
    return call_object(scope, function, arguments, {})


def _builtin(name: str, arguments: list[Node], keywords: dict[str, Node]) -> Node:
    signature = FUNCTIONS[name]
    given = list(arguments)
    for word, node in keywords.items():
        if signature.keywords.index(word) != len(given):
            raise Decline(f"calls {name}() with {word}=")
        given.append(node)
    if name == "sorted" and len(arguments) > 1:
        raise Decline("calls sorted() with two positional arguments")
    if not signature.least <= len(given) <= signature.most:
        raise Decline(f"calls {name}() with {len(given)} arguments")
    return call(name, *given, kind=signature.kind)


def _isinstance(scope: Scope, tree: ast.Call) -> Node:
    if len(tree.args) != 2 or tree.keywords:
        raise Decline("calls isinstance() oddly")
    parts = tree.args[1].elts if isinstance(tree.args[1], ast.Tuple) else [tree.args[1]]
    names = []
    for part in parts:
        kind = scope.static(part)
        if not isinstance(kind, type) or kind not in _TYPES:
            raise Decline(f"calls isinstance() with {_short(part)}")
        names.append(constant(_TYPES[kind]))
    kinds = names[0] if len(names) == 1 else Node({"tuple": [n.json for n in names]}, "tuple")
    return call("isinstance", scope.expression(tree.args[0]), kinds, kind="bool")


def _short(tree: ast.AST) -> str:
    text = ast.unparse(tree)
    return text if len(text) <= 40 else f"{text[:37]}..."
