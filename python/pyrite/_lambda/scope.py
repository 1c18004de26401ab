"""What the names of a function stand for while it is translated, and what its parts ask of the whole translation."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Container
from types import ModuleType
from typing import Any

from pyrite._row import Row

from . import counted, states
from .capture import MISSING, Capture, OfType, Settings, Snapshot
from .decline import Decline, Unbound
from .node import Json, Node, call, constant, item, let, local

UNKNOWN: Any = MISSING
# Attributes of classes that are values.
_PLAIN = (int, str, float, bool, bytes)


class Slots:
    """Numbers for locals, unique within the tree."""

    def __init__(self) -> None:
        self.next = 0
        #: Whether there is a `try` in the tree: then it matters what is raised.
        self.trying = False

    def take(self) -> int:
        self.next += 1
        return self.next - 1


def required(snapshot: Snapshot, words: Container[str] = ()) -> int:
    """How many positional arguments must be given (some by their `words`); the others are constants by default."""
    code = snapshot.code
    if code.co_flags & 0x0C:
        raise Decline("takes *args or **kwargs")
    for name in code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]:
        if name not in snapshot.kwdefaults and name not in words:
            raise Decline(f"needs the keyword argument {name}")
    return code.co_argcount - len(defaults(snapshot))


def defaults(snapshot: Snapshot) -> tuple[Any, ...]:
    """The values of optional parameters."""
    if isinstance(snapshot.defaults, OfType):
        raise Decline("has a default that can change")
    return snapshot.defaults or ()


class Scope(ABC):
    """One function being translated: what its names stand for. How its expressions are read is said above."""

    def __init__(
        self, snapshot: Snapshot, capture: Capture, slots: Slots, stack: tuple[int, ...], names: dict[str, Node]
    ) -> None:
        self.snapshot = snapshot
        self.capture = capture
        self.slots = slots
        self.stack = stack
        self.names = names
        #: The function's own syntax tree, where it is a `def`.
        self.tree: ast.AST | None = None

    def within(self, names: dict[str, Node]) -> Scope:
        """The same function with more names bound."""
        return self._with({**self.names, **names})

    def without(self, names: Collection[str]) -> Scope:
        """The same function where these names may be unbound."""
        known = {name: node for name, node in self.names.items() if name not in names}
        return self._with(known)

    def _with(self, names: dict[str, Node]) -> Scope:
        made = type(self)(self.snapshot, self.capture, self.slots, self.stack, names)
        made.tree = self.tree
        return made

    def returned(self, result: Node) -> Node:
        """What the function gives where it returns `result`."""
        if counted.ALL in self.names:
            return counted.leaf(self.names, result)
        if result.is_plain() or not states.may_be_none(self.names, result):
            return states.leaf(self.names, result)
        slot, reference = self.bind(result)
        return let(slot, result, states.leaf(self.names, reference))

    def bind(self, bound: Node) -> tuple[int, Node]:
        """A new slot and the reference to it."""
        slot = self.slots.take()
        return slot, local(slot, bound)

    def static(self, tree: ast.expr) -> Any:
        """The object that an expression names, whatever the row; `UNKNOWN` when it depends on the row."""
        if isinstance(tree, ast.Constant):
            return tree.value
        if isinstance(tree, ast.Name):
            known = self.names.get(tree.id)
            if known is not None and known.kind == "object":
                return known.info
            return self._captured(tree.id) if known is None else known.constant(UNKNOWN)
        if isinstance(tree, ast.Subscript):
            return self.static_item(tree)
        if isinstance(tree, ast.Attribute):
            owner = self.static(tree.value)
            if type(owner) is ModuleType:
                found = self.capture.attribute(owner, tree.attr)
                if found is MISSING:
                    raise Decline(f"{owner.__name__} has no {tree.attr}")
                return found
            if owner is str or owner is bytes:
                return owner.__dict__.get(tree.attr, UNKNOWN)
            if isinstance(owner, Settings) and owner.type not in (dict, Row):
                return self._setting(owner, tree.attr)
            if type(owner) is type and owner.__module__ != "builtins" and owner.__flags__ & 1 << 9:
                found = self.capture.found_in(owner, tree.attr)
                return found if type(found) in _PLAIN else UNKNOWN
        return UNKNOWN

    def _setting(self, owner: Settings, name: str) -> Any:
        """An attribute of an object with settings."""
        for known, of in owner.items:
            if known == name:
                return of
        found = self.capture.found_in(owner.type, name)
        return found if type(found) in _PLAIN else UNKNOWN

    def _captured(self, name: str) -> Any:
        code = self.snapshot.code
        if name in code.co_varnames or name in code.co_cellvars:
            raise Unbound(name)
        found = self.snapshot.lookup(name)
        if found is MISSING:
            raise Decline(f"{name} is not defined")
        return found

    def targets(self, target: ast.expr, bound: Node) -> dict[str, Node]:
        """The names that an assignment of `bound`, a reference, binds."""
        if isinstance(target, ast.Name):
            return {target.id: bound}
        if not isinstance(target, ast.Tuple | ast.List) or not target.elts:
            raise Decline("assigns to something other than a name")
        names: dict[str, Node] = {}
        stars = [i for i, part in enumerate(target.elts) if isinstance(part, ast.Starred)]
        if len(stars) == 1:
            before, behind = constant(stars[0]), constant(len(target.elts) - stars[0] - 1)
            whole = call("unpack_star", bound, before, behind)
        else:
            whole = call("unpack", bound, constant(len(target.elts)))
        for i, part in enumerate(target.elts):
            if [i] == stars and isinstance(part, ast.Starred):
                if not isinstance(part.value, ast.Name) or part.value.id in names:
                    raise Decline("assigns to something other than a name")
                names[part.value.id] = item(whole, constant(i))._replace(kind="list")
                continue
            more = self.targets(part, item(whole, constant(i)))
            if more.keys() & names.keys():
                raise Decline("binds a name twice at once")
            names.update(more)
        return names

    @abstractmethod
    def static_item(self, tree: ast.Subscript) -> Any:
        """The object that is in a captured container at a key that is known; `UNKNOWN` for another item."""

    @abstractmethod
    def expression(self, tree: ast.expr) -> Node:
        """The tree of an expression."""

    @abstractmethod
    def comprehension(self, tree: ast.ListComp | ast.GeneratorExp) -> Node:
        """A list comprehension, or a generator that is consumed at once."""

    @abstractmethod
    def each(self, target: ast.expr, iterated: ast.expr, inside: Callable[[Scope], tuple[list[Json], Json]]) -> Node:
        """The list of what `inside` gives, conditions and an item, for each element, which `target` names."""

    @abstractmethod
    def each_of(self, target: ast.expr, source: Node, inside: Callable[[Scope], tuple[list[Json], Json]]) -> Node:
        """The same for each element of a list."""

    @abstractmethod
    def loop(self, block: Any, tree: ast.For | ast.While, rest: list[ast.stmt]) -> Node:
        """A loop, and then the rest of the block that it stands in."""

    @abstractmethod
    def arithmetic(self, op: ast.operator, left: Node, right: Node) -> Node:
        """A binary operator on translated operands."""

    @abstractmethod
    def inline(self, snapshot: Snapshot, given: dict[str, Node], statements: list[ast.stmt] | None = None) -> Node:
        """The body of another function that this one calls, or statements in its place, with its parameters bound."""
