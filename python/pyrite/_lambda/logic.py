"""Comparisons, membership, `and` and `or`, and what may be asked of a match object."""

from __future__ import annotations

import ast

from . import collections, containers, documents, types
from .decline import Decline
from .node import KEPT, NONE, Node, kind_of_value, operand, truth, value
from .scope import Scope

_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.In: "in",
    ast.NotIn: "not_in",
    ast.Is: "is",
    ast.IsNot: "is_not",
}


def comparison(scope: Scope, tree: ast.Compare) -> Node:
    """A comparison chain, a membership test, or whether a match is None."""
    if len(tree.ops) == 1 and isinstance(tree.ops[0], ast.In | ast.NotIn):
        found = containers.membership(scope, tree.left, tree.comparators[0])
        if found is not None:
            if isinstance(tree.ops[0], ast.In):
                return found
            return Node({"unary": {"op": "not", "of": found.json}}, "bool")
        made = collections.membership(scope, tree.left, tree.comparators[0])
        if made is not None:
            return made if isinstance(tree.ops[0], ast.In) else Node({"unary": {"op": "not", "of": made.json}}, "bool")
    typed = types.comparison(scope, tree)
    if typed is not None:
        return typed
    operands = [scope.expression(e) for e in (tree.left, *tree.comparators)]
    if len(operands) == 2 and operands[0].kind == "match":
        return _match_is_none(tree.ops[0], operands[0], operands[1])
    if len(operands) == 2 and (known := collections.comparison(_COMPARE[type(tree.ops[0])], *operands)) is not None:
        return known
    rest = []
    for op, left, right in zip(tree.ops, operands, operands[1:], strict=False):
        if isinstance(op, ast.Is | ast.IsNot) and "none" not in (left.kind, right.kind):
            raise Decline("compares identities with `is`")
        rest.append([_COMPARE[type(op)], value(right)])
    return Node({"compare": {"first": value(operands[0]), "rest": rest}}, "bool")


def _match_is_none(op: ast.cmpop, match: Node, other: Node) -> Node:
    if other.kind != "none" or not isinstance(op, ast.Is | ast.IsNot | ast.Eq | ast.NotEq):
        raise Decline("uses a match object as a value")
    found = {"compare": {"first": truth(match), "rest": [["is_not", "none"]]}}
    if match.groups is not None and match.groups.matched is not None:
        found = match.groups.matched
    if isinstance(op, ast.Is | ast.Eq):
        return Node({"unary": {"op": "not", "of": found}}, "bool")
    return Node(found, "bool")


def conjunction(scope: Scope, tree: ast.BoolOp) -> Node:
    """`and`, `or`"""
    first, *rest = tree.values
    parts = [scope.expression(first)]
    for part in rest:
        # `d.get("a") or {}`
        empty = documents.empty(scope, part) if isinstance(part, ast.Dict) else None
        parts.append(scope.expression(part) if empty is None else empty)
    if isinstance(tree.op, ast.And):
        return _all(parts)
    kinds = {p.kind for p in parts}
    kind = "match" if "match" in kinds else kind_of_value(parts[0].kind) if len(kinds) == 1 else ""
    return Node({"or": [operand(p) for p in parts]}, kind)


def _all(parts: list[Node]) -> Node:
    """`and`: a match before the last part is either None, which is the result, or goes on."""
    for i, part in enumerate(parts[:-1]):
        if part.kind == "match":
            rest = choose(part, _all(parts[i + 1 :]), NONE)
            return _all([*parts[:i], rest]) if i else rest
    alike = len({p.kind for p in parts}) == 1
    kind = kind_of_value(parts[0].kind) if alike else "match" if parts[-1].kind == "match" else ""
    return parts[0] if len(parts) == 1 else Node({"and": [operand(p) for p in parts]}, kind)


def choose(test: Node, then: Node, orelse: Node) -> Node:
    """`then if test else orelse`"""
    kinds = {then.kind, orelse.kind}
    if "generator" in kinds and kinds <= {"generator", "list", "tuple"}:
        # Either way it can only be gone through.
        return Node({"if": {"test": truth(test), "then": then.json, "orelse": orelse.json}}, "generator")
    if kinds & KEPT:
        then, orelse = collections.alike([then, orelse])
        return then._replace(json={"if": {"test": truth(test), "then": then.json, "orelse": orelse.json}})
    kind = then.kind if len(kinds) == 1 else "match" if "match" in kinds else ""
    return Node({"if": {"test": truth(test), "then": operand(then), "orelse": operand(orelse)}}, kind)
