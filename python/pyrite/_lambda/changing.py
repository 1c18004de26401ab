"""Statements that are no assignment of a value: imports, `raise`, `assert`, and what changes an object in place."""

from __future__ import annotations

import ast
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from . import collections, containers, counters, inner, mutations, nested, regexes, tries
from .capture import MISSING, OfType, remember
from .decline import Decline
from .logic import choose
from .node import Node, call, constant, item, raises
from .scope import Scope

if TYPE_CHECKING:
    from .blocks import Block


class _Modules:
    """The modules as they are now, as attributes of an object."""

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        return sys.modules


_MODULES: Any = _Modules()


def statement(block: Block, scope: Scope, tree: ast.stmt, rest: list[ast.stmt]) -> Node | None:
    """Such a statement, and the rest of the block that it stands in; None for other statements."""
    if isinstance(tree, ast.Import | ast.ImportFrom):
        return block.block(scope.within(_imported(scope, tree)), rest)
    if isinstance(tree, ast.FunctionDef):
        return block.block(scope.within({tree.name: nested.function(scope, tree)}), rest)
    if isinstance(tree, ast.Assign) and len(tree.targets) == 1 and isinstance(target := tree.targets[0], ast.Name):
        if isinstance(tree.value, ast.Lambda):
            return block.block(scope.within({target.id: nested.function(scope, tree.value)}), rest)
        if regexes.is_compile(scope, tree.value):
            pattern = regexes.compile_call(scope, tree.value)
            known = Node({"raises": "an object as a value"}, "object", None, pattern)
            return block.block(scope.within({target.id: known}), rest)
        held = containers.named(scope, tree.value)
        if held is not None:
            return block.block(scope.within({target.id: held}), rest)
    if isinstance(tree, ast.Raise):
        return raises("raises")
    if isinstance(tree, ast.Assert):
        test = scope.expression(tree.test)
        return choose(test, block.block(scope, rest), raises("an assert that fails"))
    if isinstance(tree, ast.Global | ast.Nonlocal) and counters.is_declared(scope, tree):
        return block.block(scope, rest)
    added = counters.added(scope, tree.value if isinstance(tree, ast.Expr) else tree)
    if added is not None:
        if block.open:
            raise Decline("adds to an accumulator in a try")
        return block._assign(scope, [ast.Name(added[0], ast.Store())], added[1], rest)
    name = mutations.receiver(tree)
    if name is None and (holder := mutations.outer(tree)) in scope.names:
        assert holder is not None
        of = scope.names[holder]
        if of.kind not in ("list", "dict", "record"):
            return None
        inner.check(scope, holder)
        return block._assign(scope, [ast.Name(holder, ast.Store())], inner.statement(scope, of, tree), rest)
    if name is None or name not in scope.names:
        return None
    of = scope.names[name]
    if of.kind not in ("list", "set", "dict", "record"):
        return None
    mutations.check(scope, name)
    place: ast.expr
    target = ast.Name(name, ast.Store())
    if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Call):
        if isinstance(tree.value.func, ast.Attribute) and tree.value.func.attr == "pop":
            return block._assign(scope, [target], _popped(scope, of, tree.value)[1], rest)
        return block._assign(scope, [target], collections.after(scope, of, tree.value), rest)
    if isinstance(tree, ast.Assign) and isinstance(tree.value, ast.Call) and isinstance(tree.targets[0], ast.Name):
        found, left = _popped(scope, of, tree.value)
        slot, reference = scope.bind(found)
        popped = scope.within({"<popped>": reference})
        again = ast.Assign(tree.targets, ast.Name("<popped>", ast.Load()))
        after = block._assign(popped, [target], left, [again, *rest])
        return after._replace(json={"let": {"slot": slot, "value": found.json, "body": after.json}})
    if isinstance(tree, ast.Assign) and len(tree.targets) == 1 and isinstance(place := tree.targets[0], ast.Subscript):
        # Python evaluates the value first, then the index.
        given = tries.unsure(scope, scope.expression(tree.value))
        return block._assign(scope, [target], collections.assigned(scope, of, _index(scope, place), given), rest)
    if isinstance(tree, ast.AugAssign) and isinstance(place := tree.target, ast.Subscript):
        index = _index(scope, place)
        before = collections.current(scope, of, index)
        inner.unasked(scope, of, [tree.value], False)
        right = scope.expression(tree.value)
        if before.kind in ("list", "vector") or (
            before.kind == "" and right.kind not in ("str", "bytes", "int", "float")
        ):
            before = call("no_list", before)
        given = tries.unsure(scope, scope.arithmetic(tree.op, before, right))
        return block._assign(scope, [target], collections.assigned(scope, of, index, given), rest)
    if isinstance(tree, ast.Delete) and len(tree.targets) == 1 and isinstance(place := tree.targets[0], ast.Subscript):
        return block._assign(scope, [target], collections.deleted(scope, of, _index(scope, place)), rest)
    return None


def _index(scope: Scope, place: ast.Subscript) -> Node:
    if isinstance(place.slice, ast.Slice):
        raise Decline("assigns to a slice")
    return scope.expression(place.slice)


def _popped(scope: Scope, of: Node, tree: ast.Call) -> tuple[Node, Node]:
    """What `pop` gives, and what is left."""
    if tree.keywords or len(tree.args) > 1 or of.kind not in ("list", "dict", "record"):
        raise Decline("calls .pop() oddly")
    of = collections.loose(of)
    if of.kind == "dict" and (not tree.args or of.info is not None):
        raise Decline("calls .pop() of a dict oddly")
    index = scope.expression(tree.args[0]) if tree.args else constant(-1)
    found = collections.look(scope, of, index)
    return (tries.unsure(scope, item(of, index)) if found is None else found), collections.deleted(scope, of, index)


def _imported(scope: Scope, tree: ast.Import | ast.ImportFrom) -> dict[str, Node]:
    """The names that an import binds, of modules that were imported already."""
    if isinstance(tree, ast.ImportFrom):
        if tree.level or tree.module is None:
            raise Decline("imports from its own package")
        owner = _module(scope, tree.module)
        found = {}
        for one in tree.names:
            given = scope.capture.attribute(owner, one.name)
            if one.name == "*" or given is MISSING:
                raise Decline(f"imports {one.name} of {tree.module}")
            found[one.asname or one.name] = _object(given)
        return found
    found = {}
    for one in tree.names:
        owner = _module(scope, one.name)
        if one.asname is None and "." in one.name:
            owner = _module(scope, one.name.partition(".")[0])
        found[one.asname or one.name.partition(".")[0]] = _object(owner)
    return found


def _module(scope: Scope, name: str) -> ModuleType:
    found = sys.modules.get(name)
    if type(found) is not ModuleType or name.partition(".")[0] not in sys.stdlib_module_names:
        raise Decline(f"imports {name}, which has not been imported before")
    scope.capture.attributes.append((_MODULES, name, remember(found)))
    return found


def _object(found: Any) -> Node:
    known = remember(found)
    if isinstance(known, OfType):
        raise Decline("imports what can change")
    return Node({"raises": "an object as a value"}, "object", None, found)


def in_place(scope: Scope, tree: ast.AugAssign) -> Node | None:
    """`x += y` of a list."""
    if not isinstance(tree.target, ast.Name) or not isinstance(tree.op, ast.Add):
        return None
    of = scope.names.get(tree.target.id)
    if of is None or of.kind != "list":
        return None
    mutations.check(scope, tree.target.id)
    return collections.extended(scope, of, scope.expression(tree.value))
