"""Instances of the program's classes: what `__init__` makes of its arguments, and what methods and properties are.

Their bodies stand in the place of a call.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
from types import FunctionType
from typing import Any

from pyrite import _records

from . import inlining
from .capture import MISSING, Snapshot
from .decline import Decline
from .locate import locate
from .node import Json, Node, constant, let, value
from .scope import Scope

_MOST_CLASSES = 4


def made(scope: Scope, kind: type, names: list[str], tree: ast.Call) -> tuple[tuple[str, ...], Json, inlining.Bound]:
    """The names and the values of what a call of the class makes, and what must be bound round them."""
    init = scope.capture.found_in(kind, "__init__")
    if scope.capture.found_in(kind, "__new__") is not vars(object)["__new__"] or type(init) is not FunctionType:
        raise Decline(f"calls {kind.__name__}()")
    if any(isinstance(a, ast.Starred) for a in tree.args) or any(k.arg is None for k in tree.keywords):
        raise Decline("calls with * or **")
    snapshot = scope.capture.snapshot(init)
    arguments = [Node({"raises": "an object that isn't made yet"}, "unmade"), *map(scope.expression, tree.args)]
    words = {word.arg: scope.expression(word.value) for word in tree.keywords if word.arg is not None}
    bound, given = inlining.arguments_of(scope, init, arguments, words)
    receiver = snapshot.code.co_varnames[0]
    del given[receiver]
    generated = _is_generated(scope, kind, snapshot)
    # A frozen dataclass's own passes by what the class says of that.
    if (
        not (generated and "__setattr__" in snapshot.code.co_names)
        and scope.capture.found_in(kind, "__setattr__") is not vars(object)["__setattr__"]
    ):
        raise Decline(f"calls {kind.__name__}(), whose attributes are set otherwise")
    if generated:
        attributes = snapshot.code.co_varnames[1 : snapshot.code.co_argcount]
        known = inlining.optional(snapshot)
        values = [
            given[name] if name in given else constant(known[name], f"the default of {name}") for name in attributes
        ]
        json: Json = {"tuple": [value(node) for node in values]}
    else:
        attributes, statements = _rewritten(locate(init), receiver)
        json = value(scope.inline(snapshot, given, statements))
    if names[0] == _records.SLOTS:
        if set(attributes) != set(names[1:]):
            raise Decline(f"calls {kind.__name__}(), which leaves slots empty")
        json = _in_order(scope, attributes, names[1:], json, bound)
        attributes = tuple(names[1:])
    elif set(attributes) & set(names[1:]) or not attributes:
        raise Decline(f"calls {kind.__name__}(), whose attributes are not its own")
    return tuple(attributes), json, bound


def _in_order(scope: Scope, attributes: tuple[str, ...], names: list[str], json: Json, bound: inlining.Bound) -> Json:
    if list(attributes) == names:
        return json
    slot, whole = scope.bind(Node(json, "tuple"))
    bound.lets.append((slot, Node(json, "tuple")))
    parts = [constant(attributes.index(name)).json for name in names]
    return {"tuple": [{"item": {"of": whole.json, "index": part}} for part in parts]}


def _is_generated(scope: Scope, kind: type, snapshot: Snapshot) -> bool:
    """Whether the `__init__` is a dataclass's own, which assigns its arguments to the fields."""
    code = snapshot.code
    # What the user wrote is in no function of the module's.
    if not dataclasses.is_dataclass(kind) or code.co_qualname != "__create_fn__.<locals>.__init__":
        return False
    fields = dataclasses.fields(kind)
    if scope.capture.found_in(kind, "__post_init__") is not MISSING or code.co_kwonlyargcount:
        raise Decline(f"calls {kind.__name__}(), which does more than to assign")
    for field in fields:
        if not field.init or field.default_factory is not dataclasses.MISSING:
            raise Decline(f"calls {kind.__name__}(), which does more than to assign")
    names = tuple(field.name for field in fields)
    if code.co_varnames != (code.co_varnames[0], *names) or set(code.co_names) - {*names, "__setattr__"}:
        raise Decline(f"calls {kind.__name__}(), which does more than to assign")
    return True


def _rewritten(tree: ast.AST, receiver: str) -> tuple[tuple[str, ...], list[ast.stmt]]:
    """The statements of an `__init__` with a local for each attribute, and a tuple of these as their value."""
    if not isinstance(tree, ast.FunctionDef):
        raise Decline("has an __init__ without statements")
    rewriting = _Rewriting(receiver)
    statements: list[ast.stmt] = []
    names: dict[str, None] = {}
    for statement in tree.body:
        if any(isinstance(part, ast.Return | ast.Yield | ast.YieldFrom | ast.Delete) for part in ast.walk(statement)):
            raise Decline("has an __init__ that returns")
        rewriting.stored.clear()
        changed = rewriting.visit(copy.deepcopy(statement))
        new = [name for name in rewriting.stored if name not in names]
        if new and not isinstance(statement, ast.Assign | ast.AnnAssign):
            raise Decline("has an __init__ that sets an attribute only sometimes")
        names.update(dict.fromkeys(new))
        statements.append(changed)
    result = ast.Tuple([ast.Name(f"{receiver}.{name}", ast.Load()) for name in names], ast.Load())
    return tuple(names), [*statements, ast.Return(result)]


class _Rewriting(ast.NodeTransformer):
    """Attributes of one object become names that no program has."""

    def __init__(self, receiver: str) -> None:
        self.receiver = receiver
        self.stored: list[str] = []

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if not isinstance(node.value, ast.Name) or node.value.id != self.receiver:
            return self.generic_visit(node)
        if node.attr.startswith("__"):
            raise Decline(f"uses the private name {node.attr}")
        if isinstance(node.ctx, ast.Store):
            self.stored.append(node.attr)
        return ast.copy_location(ast.Name(f"{self.receiver}.{node.attr}", node.ctx), node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        raise Decline("makes a function")

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda  # type: ignore[assignment]


_BUILT_IN = (str, bytes, int, float, tuple, list, dict, set)


def attribute(scope: Scope, of: Node, name: str, otherwise: Node) -> Node:
    """`of.name`, where a class of records may have a property or a constant of that name."""
    known = _records.classes_with(name, scope.snapshot.function.__globals__)
    scope.capture.attributes.append((_records, "generation", _records.generation))
    if not known:
        return otherwise
    bound = inlining.Bound(scope, name)
    reference = bound.reference(of)
    return bound.around(
        _by_class(scope, reference, name, otherwise._replace(json=_renamed(otherwise, reference)), None)
    )


def _renamed(node: Node, of: Node) -> Json:
    """A call of one argument and constants, of another argument."""
    call = node.json["call"]
    return {"call": {**call, "args": [of.json, *call["args"][1:]]}}


def method(scope: Scope, of: Node, name: str, tree: ast.Call) -> Node | None:
    """A call of a method that a class of records has; names that built-in types have, too, are theirs."""
    if any(hasattr(kind, name) for kind in _BUILT_IN):
        return None
    known = _records.classes_with(name, scope.snapshot.function.__globals__)
    scope.capture.attributes.append((_records, "generation", _records.generation))
    if not any(type(_raw(kind, name)) is FunctionType for kind in known):
        return None
    bound = inlining.Bound(scope, name)
    reference = bound.reference(of)
    otherwise = Node({"raises": f"calls .{name}() of another object"})
    return bound.around(_by_class(scope, reference, name, otherwise, tree))


def _raw(kind: type, name: str) -> Any:
    return next((vars(each)[name] for each in kind.__mro__ if name in vars(each)), MISSING)


def _by_class(scope: Scope, of: Node, name: str, otherwise: Node, tree: ast.Call | None) -> Node:
    """What the name is of each class that has it; `tree` is its call."""
    from pyrite import _engine

    result, why = otherwise, None
    for kind in _records.classes_with(name, scope.snapshot.function.__globals__)[-_MOST_CLASSES:]:
        known = _engine.record_class(kind)
        if known is None:
            continue
        try:
            found = _value(scope, of, scope.capture.found_in(kind, name), tree)
        except Decline as decline:
            why = decline
            continue
        if found is None:
            continue
        args = [of.json, constant(known[0]).json, constant(name).json]
        test = {"call": {"function": "record.is", "args": args}}
        result = Node({"if": {"test": test, "then": value(found), "orelse": value(result)}})
    if why is not None and result is otherwise and tree is not None:
        raise why
    return result


def _value(scope: Scope, of: Node, raw: Any, tree: ast.Call | None) -> Node | None:
    if tree is not None:
        if type(raw) is not FunctionType:
            return None
        if any(isinstance(a, ast.Starred) for a in tree.args) or any(k.arg is None for k in tree.keywords):
            raise Decline("calls with * or **")
        arguments = [of, *map(scope.expression, tree.args)]
        words = {word.arg: scope.expression(word.value) for word in tree.keywords if word.arg is not None}
        return inlining.call_function(scope, raw, arguments, words)
    if type(raw) is property and type(raw.fget) is FunctionType:
        return inlining.call_function(scope, raw.fget, [of], {})
    if type(raw) in (int, str, float, bool):
        return constant(raw)
    return None


def around(bound: inlining.Bound, node: Node) -> Node:
    """The value within what its arguments are bound to."""
    for slot, argument in reversed(bound.lets):
        node = let(slot, argument, node)
    return node
