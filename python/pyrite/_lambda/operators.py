"""Functions of `operator` with the expressions that they stand for."""

from __future__ import annotations

import operator

from .decline import Decline
from .node import Node, binary, call, item, truth, value

ITEMGETTER = operator.itemgetter

# By identity: the expression's operator and the number of operands.
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


def apply(function: object, arguments: list[Node]) -> Node:
    """A call of one of `OPERATORS`."""
    op, count = OPERATORS[id(function)]
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
