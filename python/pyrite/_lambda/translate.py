"""Expressions: the syntax tree of a body becomes the engine's tree, or a Decline names what stands in the way."""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType
from typing import Any

from . import (
    accumulating,
    blocks,
    calls,
    collections,
    containers,
    counters,
    dates,
    documents,
    enums,
    fields,
    formats,
    generators,
    iterables,
    library,
    logic,
    loops,
    matches,
    records,
    settings,
    stars,
    states,
    tables,
    tries,
    types,
)
from .capture import Capture, Contents, OfType, Snapshot, is_constant
from .codes import constant_body, is_generator
from .decline import Decline
from .locate import locate
from .node import Json, Node, article, binary, constant, item, truth, value
from .rewriting import Within, rewritten
from .scope import UNKNOWN, Scope, Slots, defaults, required

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "true_div",
    ast.FloorDiv: "floor_div",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.LShift: "l_shift",
    ast.RShift: "r_shift",
}
_UNARY: dict[type[ast.unaryop], str] = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert", ast.Not: "not"}
_NUMBERS = ("int", "float", "bool")
_REFUSED: dict[type[ast.expr], str] = {
    ast.Lambda: "makes a function",
    ast.Starred: "unpacks with *",
    ast.Await: "awaits",
    ast.Yield: "yields",
    ast.YieldFrom: "yields",
}


def translate_function(function: FunctionType, capture: Capture) -> tuple[Node, int]:
    """The tree of a Python function and the number of positional arguments that it takes."""
    if function is documents.LOADS:
        return documents.loads(capture, Node({"param": 0})), 1
    snapshot = capture.snapshot(function)
    count = required(snapshot)
    arguments = {name: Node({"param": i}) for i, name in enumerate(snapshot.code.co_varnames[:count])}
    slots = Slots()
    counted = counters.begin(snapshot, slots)
    made = inline(snapshot, {**arguments, **counted}, capture, slots, ())
    return (counters.whole(made, counted, capture) if counted else made), count


def translate_mapping(function: FunctionType, timed: bool, capture: Capture) -> tuple[Node, int]:
    """The tree of a function of `(key, value, state)`, perhaps with the time before, and its number of parameters."""
    snapshot = capture.snapshot(function)
    count = required(snapshot)
    if count != 3 + timed or count != snapshot.code.co_argcount:
        raise Decline("has arguments with defaults")
    given = states.parameters(snapshot.code.co_varnames[:count], timed)
    return inline(snapshot, given, capture, Slots(), ()), states.PARAMETERS


def translate_of_rows(function: FunctionType, named: fields.Fields, capture: Capture) -> tuple[Node, int]:
    """The tree of a function of rows with named fields, as a function of what the engine has of them."""
    snapshot = capture.snapshot(function)
    if required(snapshot) != 1:
        raise Decline("takes more than a row")
    capture.fields = named
    made = inline(snapshot, {snapshot.code.co_varnames[0]: fields.parameter()}, capture, Slots(), ())
    value(made)
    return made, 1


def inline(
    snapshot: Snapshot,
    given: dict[str, Node],
    capture: Capture,
    slots: Slots,
    stack: tuple[int, ...],
    statements: list[ast.stmt] | None = None,
) -> Node:
    """The body of a function, or other statements, with its parameters bound to references or constants."""
    code = snapshot.code
    if id(code) in stack:
        raise Decline(f"{code.co_name}() calls itself")
    if len(stack) > 16:
        raise Decline("calls functions within functions too deeply")
    constants = constant_body(code)
    if constants and statements is None:
        return states.leaf(given, constant(constants[0], "its constant result"))
    scope = begin(snapshot, given, capture, slots, stack)
    tree = scope.tree = rewritten(locate(snapshot.function))
    if statements is not None:
        return blocks.body(scope, statements)
    if isinstance(tree, ast.Lambda):
        adding = counters.adding(scope, tree.body)
        return scope.returned(scope.expression(tree.body)) if adding is None else adding
    made = accumulating.body(scope, tree, code.co_varnames[: code.co_argcount]) if not stack else None
    if made is not None:
        return made
    if is_generator(code):
        return scope.returned(generators.body(scope, tree.body))
    return blocks.body(scope, tree.body)


def _default(name: str, found: Any) -> Node:
    """What stands for a parameter that isn't given."""
    if type(found) in (FunctionType, BuiltinFunctionType, MethodDescriptorType) or isinstance(found, type):
        return Node({"raises": "an object as a value"}, "object", None, found)
    return constant(found, f"the default of {name}")


def begin(
    snapshot: Snapshot, given: dict[str, Node], capture: Capture, slots: Slots, stack: tuple[int, ...]
) -> Translation:
    """The scope of a function's body, with its parameters bound."""
    code = snapshot.code
    optional_values = defaults(snapshot)
    optional = code.co_varnames[code.co_argcount - len(optional_values) : code.co_argcount]
    known = {**dict(zip(optional, optional_values, strict=True)), **snapshot.kwdefaults}
    names = {name: _default(name, d) for name, d in known.items() if name not in given}
    return Translation(snapshot, capture, slots, (*stack, id(code)), {**names, **given})


class Translation(Scope):
    """One function being translated, expression by expression."""

    def inline(self, snapshot: Snapshot, given: dict[str, Node], statements: list[ast.stmt] | None = None) -> Node:
        return inline(snapshot, given, self.capture, self.slots, self.stack, statements)

    def expression(self, tree: ast.expr) -> Node:
        """The tree of an expression."""
        visit = getattr(self, f"_{type(tree).__name__}", None)
        if visit is not None:
            node: Node = visit(tree)
            return node
        raise Decline(_REFUSED.get(type(tree), f"uses {type(tree).__name__}"))

    def static_item(self, tree: ast.Subscript) -> Any:
        return tables.static_item(self, tree)

    def _Constant(self, tree: ast.Constant) -> Node:
        return constant(tree.value)

    def _Name(self, tree: ast.Name) -> Node:
        known = self.names.get(tree.id)
        if known is not None:
            return known
        found = self._captured(tree.id)
        arrays = containers.arrays(self, tree) if isinstance(found, OfType) else None
        return self._fold(found, tree.id) if arrays is None else arrays

    def _Attribute(self, tree: ast.Attribute) -> Node:
        broadcast = containers.broadcast_value(self, tree)
        if broadcast is not None:
            return broadcast
        caught = tries.class_name(self, tree)
        if caught is not None:
            return caught
        found = self.static(tree)
        if found is UNKNOWN:
            member = enums.attribute(self, tree)
            if member is not None:
                return member
            timed = types.attribute(self, tree)
            timed = dates.attribute(self, tree) if timed is None else timed
            if timed is not None:
                return timed
            if tree.attr in library.URL and (part := library.url_part(self.expression(tree.value), tree.attr)):
                return part
            if self.capture.fields is not None:
                named = fields.by_name(self.capture.fields, self.expression(tree.value), tree.attr)
                if named is not None:
                    return named
            named = records.attribute(self, self.expression(tree.value), tree.attr)
            if named is not None:
                return named
            raise Decline(f"reads the attribute .{tree.attr}")
        return self._fold(found, ast.unparse(tree))

    def _fold(self, found: Any, name: str) -> Node:
        moment = dates.folded(found)
        if moment is not None:
            return moment
        if isinstance(found, Contents):
            return Node({"list": [constant(v, name).json for v in found.items]}, "list")
        if isinstance(found, OfType):
            raise Decline(f"captures {name}, {article(found.type.__name__)}")
        if not is_constant(found):
            raise Decline(f"uses {name}, {article(type(found).__name__)}, as a value")
        return constant(found, name)

    def _Tuple(self, tree: ast.Tuple) -> Node:
        if any(isinstance(part, ast.Starred) for part in tree.elts):
            return stars.display(self, tree.elts, "tuple")
        return Node({"tuple": [value(self.expression(e)) for e in tree.elts]}, "tuple")

    def _List(self, tree: ast.List) -> Node:
        if any(isinstance(part, ast.Starred) for part in tree.elts):
            return stars.display(self, tree.elts, "list")
        return Node({"list": [value(self.expression(e)) for e in tree.elts]}, "list")

    def _Subscript(self, tree: ast.Subscript) -> Node:
        looked = settings.item(self, tree)
        looked = tables.constant_item(self, tree) if looked is None else looked
        looked = containers.item(self, tree) if looked is None else looked
        if looked is not None:
            return looked
        of = self.expression(tree.value)
        if of.kind == "url":
            of = Node(of.json, "tuple")
        if isinstance(tree.slice, ast.Slice):
            ends = (tree.slice.lower, tree.slice.upper, tree.slice.step)
            start, stop, step = (None if e is None else value(self.expression(e)) for e in ends)
            kind = of.kind if of.kind in ("str", "bytes", "list", "tuple") else ""
            return Node({"slice": {"of": value(of), "start": start, "stop": stop, "step": step}}, kind)
        index = self.expression(tree.slice)
        made = collections.look(self, of, index)
        if made is not None:
            return made
        if of.kind == "found":
            return matches.group(of, [index])
        if of.kind == "match":
            # Of None it is another exception than that of a method.
            return tries.unsure(self, matches.group(of, [index]))
        named = fields.by_index(self.capture.fields, of, index)
        return item(of, index) if named is None else named

    def _UnaryOp(self, tree: ast.UnaryOp) -> Node:
        operand = tree.operand
        number = operand.value if isinstance(operand, ast.Constant) else None
        if isinstance(number, int | float) and not isinstance(number, bool):
            if isinstance(tree.op, ast.USub):
                return constant(-number)
            if isinstance(tree.op, ast.UAdd):
                return constant(number)
        of = self.expression(operand)
        if isinstance(tree.op, ast.Not):
            return Node({"unary": {"op": "not", "of": truth(of)}}, "bool")
        kind = of.kind if of.kind in ("int", "float") else "int" if of.kind == "bool" else ""
        return Node({"unary": {"op": _UNARY[type(tree.op)], "of": value(of)}}, kind)

    def _BinOp(self, tree: ast.BinOp) -> Node:
        if isinstance(tree.op, ast.Mod):
            left = self.static(tree.left)
            if type(left) is str:
                return formats.percent(self, left, tree.right)
        without = collections.without(self, tree)
        if without is not None:
            return without
        return self.arithmetic(tree.op, self.expression(tree.left), self.expression(tree.right))

    def arithmetic(self, op: ast.operator, left: Node, right: Node) -> Node:
        """A binary operator on translated operands."""
        if type(op) not in _BINARY:
            raise Decline(f"uses the operator {type(op).__name__}")
        made = collections.operator(_BINARY[type(op)], left, right)
        made = dates.arithmetic(_BINARY[type(op)], left, right) if made is None else made
        made = library.modulo(left, right) if made is None and isinstance(op, ast.Mod) else made
        if made is not None:
            return tries.unsure(self, made)
        kind = ""
        if left.kind in _NUMBERS and right.kind in _NUMBERS and not isinstance(op, ast.Pow):
            kind = "float" if "float" in (left.kind, right.kind) or isinstance(op, ast.Div) else "int"
        elif left.kind == right.kind and left.kind in ("str", "list") and isinstance(op, ast.Add):
            kind = left.kind
        elif left.kind == "list" and right.kind in ("int", "") and isinstance(op, ast.Mult):
            kind = "list"
        return binary(_BINARY[type(op)], left, right, kind)

    def loop(self, block: blocks.Block, tree: ast.For | ast.While, rest: list[ast.stmt]) -> Node:
        return loops.loop(block, self, tree, rest)

    def _Compare(self, tree: ast.Compare) -> Node:
        return logic.comparison(self, tree)

    def _BoolOp(self, tree: ast.BoolOp) -> Node:
        return logic.conjunction(self, tree)

    def _IfExp(self, tree: ast.IfExp) -> Node:
        test = self.expression(tree.test)
        return logic.choose(test, self.expression(tree.body), self.expression(tree.orelse))

    def _JoinedStr(self, tree: ast.JoinedStr) -> Node:
        return formats.fstring(self, tree)

    def _Within(self, tree: Within) -> Node:
        return blocks.within(self, tree.statements, tree.value)

    def _Call(self, tree: ast.Call) -> Node:
        return calls.call_expression(self, tree)

    def _ListComp(self, tree: ast.ListComp) -> Node:
        return self.comprehension(tree)

    def _GeneratorExp(self, tree: ast.GeneratorExp) -> Node:
        return Node(self.comprehension(tree).json, "generator")

    def comprehension(self, tree: ast.ListComp | ast.GeneratorExp) -> Node:
        return iterables.comprehension(self, tree.elt, tree.generators)

    def _SetComp(self, tree: ast.SetComp) -> Node:
        return collections.comprehension(self, tree)

    def _DictComp(self, tree: ast.DictComp) -> Node:
        return collections.comprehension(self, tree)

    def _Dict(self, tree: ast.Dict) -> Node:
        return collections.dict_display(self, tree)

    def _Set(self, tree: ast.Set) -> Node:
        return collections.set_display(self, tree)

    def each(self, target: ast.expr, iterated: ast.expr, inside: Callable[[Scope], tuple[list[Json], Json]]) -> Node:
        of = self.expression(iterated)
        return self.each_of(target, of if of.kind == "matches" else Node(iterables.iterated(of), "list"), inside)

    def each_of(self, target: ast.expr, items: Node, inside: Callable[[Scope], tuple[list[Json], Json]]) -> Node:
        source = items.json if items.kind == "matches" else value(items)
        slot, element = self.bind(Node("none"))
        if items.kind == "matches":
            element = matches.element(items, slot)
        names = self.targets(target, element)
        # An unpacking raises for each element, whether its parts are used or not.
        unpacked = [] if isinstance(target, ast.Name) else [part.json for part in names.values()]
        checks = [{"compare": {"first": {"tuple": unpacked}, "rest": [["is_not", "none"]]}}] if unpacked else []
        conditions, made = inside(self.within(names))
        json = {"slot": slot, "source": source, "conditions": checks + conditions, "item": made}
        return Node({"comprehension": json}, "list")
