"""Calls of the user's own functions: their bodies stand in the place of the call, each argument evaluated once."""

from __future__ import annotations

import ast
import sys
from types import FunctionType

from . import once
from .decline import Decline
from .locate import locate
from .node import Node, let
from .scope import Scope, required


def call_function(scope: Scope, function: FunctionType, arguments: list[Node], keywords: dict[str, Node]) -> Node:
    """A call of a Python function whose source can be found."""
    name = function.__name__
    module = function.__module__ or ""
    if module != "__main__" and module.partition(".")[0] in sys.stdlib_module_names:
        raise Decline(f"calls {module}.{name}()")
    snapshot = scope.capture.snapshot(function)
    code = snapshot.code
    try:
        least = required(snapshot, set(keywords))
        if len(arguments) > code.co_argcount:
            raise Decline(f"calls {name}() with {len(arguments)} arguments")
        places = code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]
        given = dict(zip(code.co_varnames, arguments, strict=False))
        for word, node in keywords.items():
            if word not in places or word in given:
                raise Decline(f"calls {name}() with {word}=")
            given[word] = node
        if any(p not in given for p in code.co_varnames[:least]):
            raise Decline(f"calls {name}() with {len(given)} arguments")
        bound = Bound(scope, name)
        for word, node in given.items():
            # Others are partly evaluated before the call.
            if node.kind == "generator" and node.is_plain():
                once.check(locate(function), word)
                bound.once.add(id(node))
        references = {word: bound.reference(node) for word, node in given.items()}
        return bound.around(scope.inline(snapshot, references))
    except Decline as decline:
        raise Decline(decline.reason if "()" in decline.reason else f"calls {name}(), which {decline.reason}") from None


def call_lambda(scope: Scope, tree: ast.Lambda, arguments: list[Node]) -> Node:
    """A lambda that is called where it is written."""
    parameters = tree.args
    if len(arguments) != len(parameters.args) or parameters.defaults or parameters.posonlyargs:
        raise Decline("calls a lambda oddly")
    if parameters.vararg or parameters.kwarg or parameters.kwonlyargs:
        raise Decline("calls a lambda oddly")
    bound = Bound(scope, "a lambda")
    names = {p.arg: bound.reference(a) for p, a in zip(parameters.args, arguments, strict=True)}
    return bound.around(scope.within(names).expression(tree.body))


class Bound:
    """Arguments of one call: what is more than a name or a constant is evaluated once, before the body."""

    def __init__(self, scope: Scope, name: str) -> None:
        self.scope = scope
        self.name = name
        self.lets: list[tuple[int, Node]] = []
        #: Iterators that the body goes through no more than once.
        self.once: set[int] = set()

    def reference(self, argument: Node) -> Node:
        """What stands for the argument in the body."""
        if argument.kind == "match":
            raise Decline(f"passes a match object to {self.name}()")
        if argument.kind == "generator" and id(argument) in self.once:
            return argument
        if argument.kind == "generator":
            raise Decline(f"passes an iterator to {self.name}()")
        if argument.is_plain():
            return argument
        slot, reference = self.scope.bind(argument)
        self.lets.append((slot, argument))
        return reference

    def around(self, body: Node) -> Node:
        """The body within its bindings."""
        for slot, argument in reversed(self.lets):
            body = let(slot, argument, body)
        return body
