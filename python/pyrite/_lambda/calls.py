"""Calls: of built-ins, `math`, `re` and `operator`, of methods, and of the user's functions, which are inlined."""

from __future__ import annotations

import ast
import builtins
import math
import operator
import re
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, ModuleType
from typing import Any

from . import (
    collections,
    containers,
    dates,
    documents,
    dumps,
    formats,
    inlining,
    iterables,
    library,
    matches,
    methods,
    moments,
    nested,
    numpys,
    operators,
    records,
    regexes,
    searches,
    settings,
    stars,
    states,
    tables,
    translations,
    tries,
)
from .capture import is_dispatcher
from .decline import Decline
from .functions import FUNCTIONS
from .node import Node, article, call, constant, truth
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
    **moments.KINDS,
}
_EFFECTS = {"print", "input", "open", "exec", "eval", "setattr", "delattr", "breakpoint"}


def call_expression(scope: Scope, tree: ast.Call) -> Node:
    """A call, by what is called."""
    function = tree.func
    local = scope.names.get(function.id) if isinstance(function, ast.Name) else None
    if local is not None and local.kind == "function":
        return nested.call(scope, local, tree)
    static = scope.static(function)
    special = _special(scope, static, tree)
    if special is not None:
        return special
    if any(isinstance(a, ast.Starred) for a in tree.args) or any(k.arg is None for k in tree.keywords):
        raise Decline("calls with * or **")
    if static is dumps.DUMPS:
        return dumps.dumps(scope, tree)
    known = library.handler(static)
    if known is not None:
        return known(scope, tree)
    if static is UNKNOWN and (made := tables.chosen(scope, tree)) is not None:
        return made
    if static is not UNKNOWN:
        return _call_object(scope, static, tree)
    if isinstance(function, ast.Attribute):
        receiver = scope.static(function.value)
        if isinstance(receiver, re.Pattern):
            return regexes.pattern_method(scope, receiver, function.attr, tree)
        if type(receiver) is str and function.attr == "format":
            return tries.unsure(scope, formats.str_format(scope, receiver, tree))
        if regexes.is_compile(scope, function.value):
            return regexes.pattern_method(scope, regexes.compile_call(scope, function.value), function.attr, tree)
        looked = settings.get(scope, tree)
        looked = containers.get(scope, tree) if looked is None else looked
        if looked is not None:
            return looked
        translated = translations.translate(scope, function, tree)
        if translated is not None:
            return translated
        of = scope.expression(function.value)
        made = collections.method(scope, of, function.attr, tree)
        made = dates.method(scope, of, function.attr, tree) if made is None else made
        made = library.hash_method(scope, of, function.attr, tree) if made is None else made
        made = records.method(scope, of, function.attr, tree) if made is None else made
        if made is not None:
            return made
        if of.kind == "state":
            return states.read(scope.names, function.attr, len(tree.args) + len(tree.keywords))
        arguments = [_argument(scope, a, function.attr == "join") for a in tree.args[:1]]
        if function.attr == "join" and tree.args:
            arguments = [iterables.as_list(scope, tree.args[0])]
        if function.attr == "get" and len(tree.args) == 2:
            empty = documents.empty(scope, tree.args[1])
            arguments.append(scope.expression(tree.args[1]) if empty is None else empty)
        else:
            arguments += [scope.expression(a) for a in tree.args[1:]]
        keywords = {k.arg: scope.expression(k.value) for k in tree.keywords if k.arg is not None}
        if of.kind in ("match", "found"):
            return matches.match_method(of, function.attr, arguments, keywords)
        # Keywords are put into their places.
        return tries.unsure(scope, methods.call_method(function.attr, of, arguments, keywords), len(keywords) > 1)
    if isinstance(function, ast.Lambda) and not tree.keywords:
        return inlining.call_lambda(scope, function, [scope.expression(a) for a in tree.args])
    raise Decline(f"calls {_short(function)}")


def _special(scope: Scope, static: Any, tree: ast.Call) -> Node | None:
    """What is called otherwise than with values: what iterates, sets, dicts, dates, and what has a `*`."""
    function = tree.func
    handler = iterables.handler(static)
    if handler is not None:
        return iterables.handle(scope, handler, tree)
    searching = searches.handler(static)
    if searching is not None:
        return searching(scope, tree)
    made = collections.make(scope, static, tree)
    made = dates.make(scope, static, tree) if made is None else made
    made = records.make(scope, static, tree) if made is None else made
    made = stars.star_call(scope, static, tree) if made is None else made
    if made is not None or not isinstance(function, ast.Attribute):
        return made
    owner = scope.static(function.value)
    called = settings.method(scope, owner, tree)
    if called is not None:
        return called
    if isinstance(owner, type):
        known = iterables.CLASS_METHODS.get((owner, function.attr))
        if known is not None:
            return known(scope, tree)
        made = records.class_method(scope, owner, function.attr, tree)
        return dates.class_method(scope, owner, function.attr, tree) if made is None else made
    if type(owner) is str and function.attr == "format":
        formatted = stars.format_call(scope, owner, tree)
        return None if formatted is None else tries.unsure(scope, formatted)
    return None


def _call_object(scope: Scope, function: Any, tree: ast.Call) -> Node:
    if regexes.handles(function):
        return regexes.module_function(scope, function, tree)
    numpy = numpys.called(function)
    if numpy:
        return numpys.call_function(scope, numpy, [_argument(scope, a, False) for a in tree.args], tree)
    name = _PLAIN.get(id(function), "")
    if function is isinstance:
        return _isinstance(scope, tree)
    for word in tree.keywords:
        if name and word.arg not in FUNCTIONS[name].keywords:
            raise Decline(f"calls {name}() with {word.arg}=")
    return call_builtin(scope, name, tree, function)


def call_builtin(scope: Scope, name: str, tree: ast.Call, function: Any = None) -> Node:
    """A call of an object, which may be a built-in of this name, with its arguments as they stand."""
    function = getattr(builtins, name) if function is None else function
    arguments = [_argument(scope, a, name in _CONSUMERS) for a in tree.args]
    if len(arguments) == 1:
        known = collections.length(arguments[0]) if name == "len" else collections.ordered(name, arguments[0])
        known = tries.told(arguments[0]) if name == "str" and known is None else known
        if known is not None and name in ("len", "str"):
            return tries.unsure(scope, known)
        if known is not None:
            arguments = [known]
        elif name in _CONSUMERS and arguments[0].kind in ("generator", "dict", "record"):
            arguments = [Node(iterables.iterated(arguments[0]), "list")]
    elif name == "sum" and arguments and arguments[0].kind == "generator":
        arguments[0] = Node(arguments[0].json, "list")
    if name == "tuple" and len(arguments) == 1 and not tree.keywords and arguments[0].kind in ("list", "generator"):
        shown = tables.as_tuple(arguments[0].json)
        if shown is not arguments[0].json:
            return Node(shown, "tuple")
    keywords = {k.arg: scope.expression(k.value) for k in tree.keywords if k.arg is not None}
    made = call_object(scope, function, arguments, keywords)
    # Keywords of methods are put into their places.
    moved = len(keywords) > 1 and type(function) is MethodDescriptorType
    return tries.unsure(scope, made, moved or _is_lazy(scope, name, tree, arguments))


def _is_lazy(scope: Scope, name: str, tree: ast.Call, arguments: list[Node]) -> bool:
    """Whether Python asks a generator for items one by one, between other things that may raise."""
    if name not in _CONSUMERS or not any(_is_generator(scope, argument) for argument in tree.args):
        return False
    if len(tree.args) + len(tree.keywords) > 1 or name in ("any", "all"):
        return True
    return name in ("sum", "min", "max") and not _is_number(arguments[0])


def _is_generator(scope: Scope, tree: ast.expr) -> bool:
    if isinstance(tree, ast.GeneratorExp):
        return True
    return isinstance(tree, ast.Call) and any(scope.static(tree.func) is kind for kind in (map, filter))


def _is_number(items: Node) -> bool:
    """Whether all items of a comprehension are numbers, which needs no look at the rows."""
    made = items.json.get("comprehension", {}).get("item") if isinstance(items.json, dict) else None
    return isinstance(made, dict) and made.get("call", {}).get("function") in ("int", "float", "len", "ord")


def call_object(scope: Scope, function: Any, arguments: list[Node], keywords: dict[str, Node]) -> Node:
    """A call of a known object with translated arguments."""
    known = _PLAIN.get(id(function))
    if known is not None:
        return _builtin(known, arguments, keywords)
    if function is bool and not keywords and len(arguments) == 1:
        return Node({"call": {"function": "bool", "args": [truth(arguments[0])]}}, "bool")
    if id(function) in operators.OPERATORS and not keywords:
        return tries.unsure(scope, operators.apply(function, arguments), function is operator.contains)
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
    if type(function) is FunctionType and not keywords and stars.takes_all(scope.capture.snapshot(function)):
        return stars.inline_all(scope, function, arguments)
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
    if is_dispatcher(function):
        return f"calls numpy.{name}()"
    if isinstance(function, BuiltinFunctionType | MethodDescriptorType | type):
        return f"calls {name}()"
    kind = getattr(function, "type", type(function))
    return f"calls {article(kind.__name__)} object"


def _argument(scope: Scope, tree: ast.expr, consumed: bool) -> Node:
    """An argument; a generator, `map` or `filter` only where it is consumed at once."""
    if consumed and isinstance(tree, ast.GeneratorExp):
        return scope.comprehension(tree)
    return scope.expression(tree)


def call_static(scope: Scope, function: Any, arguments: list[Node]) -> Node:
    """A call of a known object, also of one of `re`'s or of a pattern's methods."""
    if isinstance(getattr(function, "__self__", None), re.Pattern) or regexes.handles(function):
        raise Decline(f"passes {function.__name__}() of a pattern on")
    return call_object(scope, function, arguments, {})


def _builtin(name: str, arguments: list[Node], keywords: dict[str, Node]) -> Node:
    signature = FUNCTIONS[name]
    given = list(arguments)
    for word, node in keywords.items():
        if word not in signature.keywords or signature.keywords.index(word) != len(given):
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
    of = scope.expression(tree.args[0])
    for part in parts:
        kind = scope.static(part)
        known = records.is_instance(scope, of, kind) if len(parts) == 1 else None
        if known is not None:
            return known
        if not isinstance(kind, type) or kind not in _TYPES:
            raise Decline(f"calls isinstance() with {_short(part)}")
        names.append(constant(_TYPES[kind]))
    kinds = names[0] if len(names) == 1 else Node({"tuple": [n.json for n in names]}, "tuple")
    return call("isinstance", of, kinds, kind="bool")


def _short(tree: ast.AST) -> str:
    text = ast.unparse(tree)
    return text if len(text) <= 40 else f"{text[:37]}..."
