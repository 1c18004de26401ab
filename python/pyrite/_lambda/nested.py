"""Functions that a function makes for itself, a `def` or a lambda with a name: their bodies stand where they are used.

Such a function finds the variables round it as they are when it is called, which is what stands for them there.
"""

from __future__ import annotations

import ast

from . import blocks, inlining, mutations, tries
from .capture import MISSING
from .decline import Decline
from .node import Node
from .scope import Scope


def function(scope: Scope, tree: ast.FunctionDef | ast.Lambda) -> Node:
    """What stands for the function under its name."""
    parameters = tree.args
    if parameters.defaults or parameters.posonlyargs or parameters.vararg or parameters.kwarg or parameters.kwonlyargs:
        raise Decline("makes a function of odd arguments")
    if isinstance(tree, ast.FunctionDef):
        _check(scope, tree)
    return Node({"raises": "a function as a value"}, "function", None, tree)


def _check(scope: Scope, tree: ast.FunctionDef) -> None:
    if tree.decorator_list or any(
        isinstance(part, ast.Yield | ast.YieldFrom | ast.Await | ast.Nonlocal | ast.Global | ast.FunctionDef)
        for statement in tree.body
        for part in ast.walk(statement)
    ):
        raise Decline("makes a function that is more than an expression")
    parameters = {part.arg for part in tree.args.args}
    own = tries.stored(tree.body) - mutations.changed(tree.body)
    if mutations.changed(tree.body) - own:
        raise Decline("makes a function that changes what others see")
    for name in own - parameters:
        # Unbound it would be another variable here.
        if name in scope.names or scope.snapshot.lookup(name) is not MISSING:
            raise Decline(f"makes a function with a variable {name}, which is another one, too")


def call(scope: Scope, of: Node, tree: ast.Call) -> Node:
    """A call of such a function."""
    made = of.info
    if tree.keywords or any(isinstance(a, ast.Starred) for a in tree.args):
        raise Decline("calls a function of its own oddly")
    arguments = [scope.expression(a) for a in tree.args]
    if isinstance(made, ast.Lambda):
        return inlining.call_lambda(scope, made, arguments)
    parameters = [part.arg for part in made.args.args]
    if len(parameters) != len(arguments):
        raise Decline("calls a function of its own oddly")
    if any(name.startswith("<") for name in scope.names):
        raise Decline("makes a function where there is a State")
    bound = inlining.Bound(scope, made.name)
    names = {name: bound.reference(argument) for name, argument in zip(parameters, arguments, strict=True)}
    own = tries.stored(made.body) - set(parameters)
    inner = scope.without(own).within(names)
    inner.tree = made
    return bound.around(blocks.body(inner, made.body))
