"""Calls: of built-ins, `math`, `re` and `operator`, of methods, and of the user's functions, which are inlined."""

from __future__ import annotations

import ast
import builtins
import json
import math
import operator
import re
import sys
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any

from . import formats, methods, regexes
from .decline import Decline
from .node import Node, article, binary, call, constant, item, let, truth, value

if TYPE_CHECKING:
    from .translate import Scope

# Least and most positional arguments, and the kind of the result.
_PLAIN: dict[int, tuple[str, int, int, str]] = {
    id(getattr(builtins, name)): (name, least, most, kind)
    for name, least, most, kind in [
        ("len", 1, 1, "int"),
        ("int", 0, 2, "int"),
        ("float", 0, 1, "float"),
        ("str", 0, 1, "str"),
        ("repr", 1, 1, "str"),
        ("abs", 1, 1, ""),
        ("min", 1, 64, ""),
        ("max", 1, 64, ""),
        ("round", 1, 2, ""),
        ("sum", 1, 2, ""),
        ("sorted", 1, 2, "list"),
        ("ord", 1, 1, "int"),
        ("chr", 1, 1, "str"),
        ("any", 1, 1, "bool"),
        ("all", 1, 1, "bool"),
        ("list", 0, 1, "list"),
        ("tuple", 0, 1, "tuple"),
    ]
}
# Where a keyword argument goes.
_KEYWORDS = {("int", "base"): 1, ("round", "ndigits"): 1, ("sum", "start"): 1, ("sorted", "reverse"): 1}
_CONSUMERS = {"sum", "sorted", "min", "max", "list", "tuple", "any", "all"}
_TYPES = {int: "int", float: "float", str: "str", bool: "bool", bytes: "bytes", tuple: "tuple", list: "list"}
OPERATORS: dict[int, tuple[str, int]] = {
    id(getattr(operator, name)): (op, count)
    for name, op, count in [
        ("add", "add", 2),
        ("sub", "sub", 2),
        ("mul", "mul", 2),
        ("truediv", "true_div", 2),
        ("floordiv", "floor_div", 2),
        ("mod", "mod", 2),
        ("pow", "pow", 2),
        ("and_", "and", 2),
        ("or_", "or", 2),
        ("xor", "xor", 2),
        ("lshift", "l_shift", 2),
        ("rshift", "r_shift", 2),
        ("getitem", "item", 2),
        ("eq", "eq", 2),
        ("ne", "ne", 2),
        ("lt", "lt", 2),
        ("le", "le", 2),
        ("gt", "gt", 2),
        ("ge", "ge", 2),
        ("contains", "contains", 2),
        ("neg", "neg", 1),
        ("pos", "pos", 1),
        ("invert", "invert", 1),
        ("not_", "not", 1),
        ("truth", "truth", 1),
        ("abs", "abs", 1),
    ]
}
_EFFECTS = {"print", "input", "open", "exec", "eval", "setattr", "delattr", "breakpoint"}
_JSON_LOADS = json.loads


def call_expression(scope: Scope, tree: ast.Call) -> Node:
    """A call, by what is called."""
    if any(isinstance(a, ast.Starred) for a in tree.args) or any(k.arg is None for k in tree.keywords):
        raise Decline("calls with * or **")
    function = tree.func
    static = scope.static(function)
    if static is not _unknown():
        return _call_object(scope, static, tree)
    if isinstance(function, ast.Attribute):
        receiver = scope.static(function.value)
        if isinstance(receiver, re.Pattern):
            return regexes.pattern_method(scope, receiver, function.attr, tree)
        if type(receiver) is str and function.attr == "format":
            return formats.str_format(scope, receiver, tree)
        if regexes.is_compile(scope, function.value):
            return regexes.pattern_method(scope, regexes.compile_call(scope, function.value), function.attr, tree)
        of = scope.expression(function.value)
        arguments = [_argument(scope, a, function.attr == "join") for a in tree.args]
        keywords = {k.arg: scope.expression(k.value) for k in tree.keywords if k.arg is not None}
        if of.kind == "match":
            return match_method(of, function.attr, arguments, keywords)
        return methods.call_method(function.attr, of, arguments, keywords)
    raise Decline(f"calls {_short(function)}")


def _unknown() -> Any:
    from .translate import UNKNOWN

    return UNKNOWN


def _call_object(scope: Scope, function: Any, tree: ast.Call) -> Node:
    if regexes.handles(function):
        return regexes.module_function(scope, function, tree)
    name = _PLAIN[id(function)][0] if id(function) in _PLAIN else ""
    if function is isinstance:
        return _isinstance(scope, tree)
    for word in tree.keywords:
        if name and (name, word.arg) not in _KEYWORDS:
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
    if id(function) in OPERATORS and not keywords:
        return _operator(*OPERATORS[id(function)], arguments)
    if isinstance(function, BuiltinFunctionType) and function.__self__ is math and not keywords:
        return call(f"math.{function.__name__}", *arguments)
    if type(function) is MethodDescriptorType and function.__objclass__ in (str, bytes) and arguments:
        # `str.lower(x)` raises for what isn't a str, so it is not the method call `x.lower()`.
        made = methods.call_method(function.__name__, arguments[0], arguments[1:], keywords)
        owner = function.__objclass__.__name__
        return call(f"{owner}.{function.__name__}", arguments[0], *_arguments(made), kind=made.kind)
    if function is _JSON_LOADS and len(arguments) == 1 and not keywords:
        return call("json.loads", *arguments)
    if type(function) is FunctionType:
        return _inline(scope, function, arguments, keywords)
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
    """An argument; a generator only where it is consumed at once."""
    if consumed and isinstance(tree, ast.GeneratorExp):
        return scope.comprehension(tree)
    return scope.expression(tree)


def _builtin(known: tuple[str, int, int, str], arguments: list[Node], keywords: dict[str, Node]) -> Node:
    name, least, most, kind = known
    given = list(arguments)
    for word, node in keywords.items():
        if _KEYWORDS.get((name, word)) != len(given):
            raise Decline(f"calls {name}() with {word}=")
        given.append(node)
    if name == "sorted" and len(arguments) > 1:
        raise Decline("calls sorted() with two positional arguments")
    if not least <= len(given) <= most:
        raise Decline(f"calls {name}() with {len(given)} arguments")
    return call(name, *given, kind=kind)


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


def _operator(op: str, count: int, arguments: list[Node]) -> Node:
    if len(arguments) != count:
        raise Decline("calls an operator function with a wrong number of arguments")
    if op == "item":
        return item(arguments[0], arguments[1])
    if op == "contains":
        rest = [["in", value(arguments[0])]]
        # The container is evaluated first here; both are pure, so the order can't be seen.
        return Node({"compare": {"first": value(arguments[1]), "rest": rest}}, "bool")
    if op in ("eq", "ne", "lt", "le", "gt", "ge"):
        return Node({"compare": {"first": value(arguments[0]), "rest": [[op, value(arguments[1])]]}}, "bool")
    if op == "truth":
        return Node({"call": {"function": "bool", "args": [truth(arguments[0])]}}, "bool")
    if op == "abs":
        return call("abs", *arguments)
    if op == "not":
        return Node({"unary": {"op": "not", "of": truth(arguments[0])}}, "bool")
    if count == 1:
        return Node({"unary": {"op": op, "of": value(arguments[0])}})
    return binary(op, arguments[0], arguments[1])


def _inline(scope: Scope, function: FunctionType, arguments: list[Node], keywords: dict[str, Node]) -> Node:
    from .translate import inline, required

    name = function.__name__
    module = function.__module__ or ""
    if module != "__main__" and module.partition(".")[0] in sys.stdlib_module_names:
        raise Decline(f"calls {module}.{name}()")
    snapshot = scope.capture.snapshot(function)
    try:
        least, most = required(snapshot), snapshot.code.co_argcount
    except Decline as decline:
        raise Decline(f"calls {name}(), which {decline.reason}") from None
    if keywords:
        raise Decline(f"calls {name}() with keyword arguments")
    if not least <= len(arguments) <= most:
        raise Decline(f"calls {name}() with {len(arguments)} arguments")
    bound: list[tuple[int, Node]] = []
    references = []
    for argument in arguments:
        if argument.kind == "match":
            raise Decline(f"passes a match object to {name}()")
        slot, reference = scope.bind(argument)
        bound.append((slot, argument))
        references.append(reference)
    try:
        made = inline(snapshot, references, scope.capture, scope.slots, scope.stack)
    except Decline as decline:
        raise Decline(decline.reason if "()" in decline.reason else f"calls {name}(), which {decline.reason}") from None
    for slot, argument in reversed(bound):
        made = let(slot, argument, made)
    return made


def match_method(of: Node, name: str, arguments: list[Node], keywords: dict[str, Node]) -> Node:
    """A method of a match object."""
    if keywords or name not in ("group", "groups"):
        raise Decline(f"calls .{name}() of a match object")
    if name == "group":
        return group(of, arguments or [constant(0)])
    if arguments or of.groups is None:
        raise Decline("calls .groups() of a match object with a default")
    return Node({"method": {"name": "groups", "of": of.json, "args": []}}, "tuple")


def group(of: Node, which: list[Node]) -> Node:
    """`match.group(1)`, `match["name"]`: by number; several make a tuple."""
    info = of.groups
    if info is None:
        raise Decline("uses groups of a match that may come from several patterns")
    made = []
    for node in which:
        number: Any = node.json.get("int", node.json.get("str")) if isinstance(node.json, dict) else None
        number = info.names.get(number) if isinstance(number, str) else number
        if number is None or not 0 <= number <= info.total or node.kind == "bool":
            raise Decline("uses a group that the pattern has not or that depends on the row")
        if number == 0 and not info.whole:
            raise Decline("uses group 0 of a pattern that ends in $")
        made.append({"method": {"name": "group", "of": of.json, "args": [{"int": number}]}})
    return Node(made[0]) if len(made) == 1 else Node({"tuple": made}, "tuple")


def _short(tree: ast.AST) -> str:
    text = ast.unparse(tree)
    return text if len(text) <= 40 else f"{text[:37]}..."
