"""Statements that change a list, a set or a dict in place, as bindings of its name to what it then is.

That is the same only where nobody else sees the object: its name is bound to new objects only, and is handed to
nobody who keeps it, or not changed any more after that.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from types import FunctionType
from typing import Any

from .decline import Decline

#: Methods that change their object, by what they change.
METHODS = {"append", "extend", "insert", "remove", "sort", "reverse", "add", "update", "discard", "clear", "pop"}
# Calls that only look at their arguments, or copy them.
_LOOK = {
    *("len", "sum", "min", "max", "sorted", "any", "all", "list", "tuple", "set", "frozenset", "dict", "str", "repr"),
    *(
        "enumerate",
        "zip",
        "reversed",
        "range",
        "Counter",
        "map",
        "filter",
        "print",
        "isinstance",
        "bool",
        "float",
        "int",
    ),
}
# Calls that make a new object.
_MAKE = {"list", "dict", "set", "sorted", "Counter", "defaultdict", "OrderedDict"}
_MAKING = {"split", "rsplit", "splitlines", "copy", "findall", "union", "intersection", "difference", "most_common"}
_NEW = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.BinOp, ast.Constant, ast.Tuple)


def receiver(statement: ast.AST) -> str | None:
    """The name of the object that a statement changes in place."""
    target: ast.expr | None = None
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        target = _called_on(statement.value)
    elif isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        if isinstance(function, ast.Attribute) and function.attr == "pop":
            target = function.value
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Subscript):
        target = statement.targets[0].value
    if isinstance(statement, ast.AugAssign):
        target = statement.target.value if isinstance(statement.target, ast.Subscript) else None
    if isinstance(statement, ast.Delete) and isinstance(statement.targets[0], ast.Subscript):
        target = statement.targets[0].value
    return target.id if isinstance(target, ast.Name) else None


def _called_on(call: ast.Call) -> ast.expr | None:
    function = call.func
    return function.value if isinstance(function, ast.Attribute) and function.attr in METHODS else None


def outer(tree: ast.AST) -> str | None:
    """The name of the object of which a statement changes an inner one: `table[i][j] = x`, `groups[k].append(x)`."""
    place: ast.expr | None = None
    if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Call):
        function = tree.value.func
        if isinstance(function, ast.Attribute) and function.attr in ("append", "extend"):
            place = function.value
        if isinstance(place, ast.Call):
            called = place.func
            given = isinstance(called, ast.Attribute) and called.attr == "setdefault" and len(place.args) == 2
            owner = called.value if given and isinstance(called, ast.Attribute) else None
            return owner.id if isinstance(owner, ast.Name) else None
    if isinstance(tree, ast.Assign | ast.AugAssign):
        target = tree.target if isinstance(tree, ast.AugAssign) else tree.targets[0]
        place = target.value if isinstance(target, ast.Subscript) else None
    if not isinstance(place, ast.Subscript) or not isinstance(place.value, ast.Name):
        return None
    return place.value.id


def changed(trees: Iterable[ast.AST]) -> set[str]:
    """The names of all objects that statements in these change."""
    found = (receiver(part) or outer(part) for tree in trees for part in ast.walk(tree))
    return {name for name in found if name is not None}


def check(scope: Any, name: str) -> None:
    """Declines unless nobody but the function sees the object of this name change."""
    function: ast.AST | None = scope.tree
    if not isinstance(function, ast.FunctionDef):
        raise Decline(f"changes {name} in place, which others may see")
    parameters = {part.arg for part in ast.walk(function.args) if isinstance(part, ast.arg)}
    for part in ast.walk(function):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and _is_another(scope, part.func):
            raise Decline(f"calls {part.func.id}(), which is a function of its own")
        if isinstance(part, ast.Lambda | ast.FunctionDef) and part is not function and _mentions(part, name):
            raise Decline(f"changes {name} in place, which others may see")
        if isinstance(part, ast.Global | ast.Nonlocal) and name in part.names:
            raise Decline(f"changes {name} in place, which others may see")
    if name in parameters:
        raise Decline(f"changes its argument {name} in place")
    Flow(name, _kind(scope, name)).block(function.body, False)


def _kind(scope: Any, name: str) -> str:
    known = scope.names.get(name)
    return known.kind if known is not None else ""


def _is_another(scope: Any, function: ast.Name) -> bool:
    """Whether a name means something else than what this file takes it for."""
    if function.id not in _LOOK | _MAKE:
        return False
    known = scope.names.get(function.id)
    # An import within the function binds the object itself.
    return (known is not None and known.kind != "object") or type(scope.static(function)) is FunctionType


def _mentions(tree: ast.AST, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(tree))


class Flow:
    """Goes through the statements with whether somebody else has the object by then."""

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind

    def block(self, statements: list[ast.stmt], shared: bool) -> bool:
        for statement in statements:
            shared = self.statement(statement, shared)
        return shared

    def statement(self, tree: ast.stmt, shared: bool) -> bool:
        if isinstance(tree, ast.Return):
            return False
        if isinstance(tree, ast.If):
            shared = shared or self.asked(tree.test)
            return self.block(tree.body, shared) | self.block(tree.orelse, shared)
        if isinstance(tree, ast.For | ast.While):
            return self.loop(tree, shared)
        if isinstance(tree, ast.Try):
            after = self.block(tree.body, shared)
            for handler in tree.handlers:
                after |= self.block(handler.body, shared | after)
            return self.block(tree.finalbody, self.block(tree.orelse, after))
        if receiver(tree) == self.name:
            if shared:
                raise Decline(f"changes {self.name} in place, which others may see")
            parts = [part for part in ast.iter_child_nodes(tree) if not isinstance(part, ast.expr_context)]
            return any(self.escapes(part, within=tree) for part in parts)
        if isinstance(tree, ast.Assign | ast.AnnAssign):
            targets = tree.targets if isinstance(tree, ast.Assign) else [tree.target]
            if any(isinstance(target, ast.Name) and target.id == self.name for target in targets):
                if tree.value is None or not is_new(tree.value) or len(targets) > 1:
                    self.refuse()
                return False
            if any(binds(target, self.name) for target in targets):
                if len(targets) > 1 or not _is_new_part(targets[0], tree.value, self.name):
                    self.refuse()
                return False
        if isinstance(tree, ast.AugAssign) and isinstance(tree.target, ast.Name) and tree.target.id == self.name:
            if shared:
                self.refuse()
            return self.escapes(tree.value)
        return shared or self.escapes(tree)

    def loop(self, tree: ast.For | ast.While, shared: bool) -> bool:
        over = tree.iter if isinstance(tree, ast.For) else tree.test
        if not (isinstance(over, ast.Name) and over.id == self.name):
            shared = shared or self.asked(over)
        inside = shared
        if isinstance(tree, ast.For):
            if binds(tree.target, self.name):
                self.refuse()
            if _mentions(over, self.name) and not self._of_keys(tree):
                inside = True
        inside = self.block(tree.body, inside)
        inside = self.block(tree.body, inside | shared)
        return self.block(tree.orelse, inside | shared)

    def _of_keys(self, tree: ast.For) -> bool:
        """`for k in d:`, of a dict, that gives known keys other values only."""
        if self.kind != "dict" and isinstance(tree.iter, ast.Name):
            return False
        if not (isinstance(tree.iter, ast.Name) and isinstance(tree.target, ast.Name)):
            return not isinstance(tree.iter, ast.Name) and not _is_view(tree.iter, self.name)
        for part in (part for statement in tree.body for part in ast.walk(statement)):
            if isinstance(part, ast.Name) and part.id == tree.target.id and isinstance(part.ctx, ast.Store):
                return False
            if isinstance(part, ast.stmt) and receiver(part) == self.name:
                target = part.targets[0] if isinstance(part, ast.Assign) else getattr(part, "target", None)
                index = target.slice if isinstance(target, ast.Subscript) else None
                if not (isinstance(index, ast.Name) and index.id == tree.target.id):
                    return False
        return True

    def asked(self, tree: ast.expr) -> bool:
        """The same where only the truth of the value is asked for."""
        if isinstance(tree, ast.BoolOp):
            return any(self.asked(part) for part in tree.values)
        return not isinstance(tree, ast.Name) and self.escapes(tree)

    def escapes(self, tree: ast.AST, within: ast.AST | None = None) -> bool:
        """Whether somebody may have the object after this was evaluated."""
        return any(True for _ in self._kept(tree, within or tree))

    def _kept(self, tree: ast.AST, above: ast.AST) -> Iterator[ast.AST]:
        if isinstance(tree, ast.Name):
            if tree.id == self.name and not _looks(tree, above):
                yield tree
            return
        for part in ast.iter_child_nodes(tree):
            yield from self._kept(part, tree)

    def refuse(self) -> None:
        raise Decline(f"changes {self.name} in place, which others may see")


def _is_view(tree: ast.expr, name: str) -> bool:
    """Whether it goes through the object itself, not through a copy."""
    if (
        isinstance(tree, ast.Call)
        and isinstance(tree.func, ast.Name)
        and tree.func.id in ("list", "sorted", "tuple", "set")
    ):
        return False
    return _mentions(tree, name) and not isinstance(tree, ast.Subscript)


def binds(target: ast.expr, name: str) -> bool:
    return any(
        isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Store) for part in ast.walk(target)
    )


def is_new(tree: ast.expr) -> bool:
    """Whether nobody else has what the expression gives."""
    if isinstance(tree, _NEW):
        return True
    if isinstance(tree, ast.IfExp):
        return is_new(tree.body) and is_new(tree.orelse)
    if isinstance(tree, ast.Subscript):
        return isinstance(tree.slice, ast.Slice)
    if isinstance(tree, ast.Call):
        function = tree.func
        name = (
            function.id
            if isinstance(function, ast.Name)
            else function.attr
            if isinstance(function, ast.Attribute)
            else ""
        )
        return name in _MAKE if isinstance(function, ast.Name) else name in _MAKE | _MAKING
    return False


def _is_new_part(target: ast.expr, bound: ast.expr | None, name: str) -> bool:
    """`a, name = 0, []`"""
    if not isinstance(target, ast.Tuple) or not isinstance(bound, ast.Tuple) or len(target.elts) != len(bound.elts):
        return False
    for part, given in zip(target.elts, bound.elts, strict=True):
        if isinstance(part, ast.Name) and part.id == name:
            return is_new(given)
    return False


def chooses(call: ast.Call) -> bool:
    """Whether it gives one of its arguments."""
    return isinstance(call.func, ast.Name) and call.func.id in ("min", "max") and len(call.args) != 1


def _looks(tree: ast.Name, above: ast.AST) -> bool:
    """Whether what stands round the name keeps nothing of the object."""
    if isinstance(above, ast.Attribute | ast.Compare | ast.UnaryOp | ast.BoolOp | ast.FormattedValue):
        return not isinstance(above, ast.BoolOp)
    if isinstance(above, ast.Subscript):
        return above.value is tree
    if isinstance(above, ast.For | ast.comprehension):
        return above.iter is tree
    if isinstance(above, ast.If | ast.While | ast.IfExp):
        return above.test is tree
    if isinstance(above, ast.BinOp):
        return True
    if isinstance(above, ast.Call):
        function = above.func
        if isinstance(function, ast.Name):
            return function.id in _LOOK and not chooses(above)
        return isinstance(function, ast.Attribute) and function.attr in (
            "join",
            "extend",
            "update",
            "union",
            "difference",
        )
    return False
