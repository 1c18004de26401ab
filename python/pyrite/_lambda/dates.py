"""Dates and times within a function: ints of microseconds since the year 1, which the engine parses and writes."""

from __future__ import annotations

import ast
import datetime
import locale
import sys
from typing import Any

from . import tries
from .capture import Capture
from .decline import Decline
from .node import NONE, Node, binary, call, constant, item
from .scope import Scope

_DAY, _SECOND = 86_400_000_000, 1_000_000
_BEGIN = datetime.datetime(1, 1, 1)
_PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")
_KINDS: dict[Any, str] = {datetime.datetime: "datetime", datetime.date: "date", datetime.timedelta: "timedelta"}
_UNITS = {
    "days": _DAY,
    "seconds": _SECOND,
    "microseconds": 1,
    "milliseconds": 1000,
    "minutes": 60 * _SECOND,
    "hours": 3600 * _SECOND,
    "weeks": 7 * _DAY,
}
_COMPARED = ("lt", "le", "gt", "ge", "eq", "ne")


class _Locale:
    """The names of months and days as they are now."""

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        return {"LC_TIME": locale.setlocale(locale.LC_TIME)}


_LOCALE: Any = _Locale()


def _plain(kind: str, json: Any) -> Node:
    return Node(json, kind)


def _int(of: Node) -> Node:
    return Node(of.json, "int")


def folded(found: Any) -> Node | None:
    """A captured date or time."""
    kind = _KINDS.get(type(found))
    if kind is None or getattr(found, "tzinfo", None) is not None or getattr(found, "fold", False):
        return None
    if kind == "timedelta":
        return _plain(kind, constant(found // datetime.timedelta(microseconds=1)).json)
    moment = found if kind == "datetime" else datetime.datetime(found.year, found.month, found.day)
    return _plain(kind, constant((moment - _BEGIN) // datetime.timedelta(microseconds=1)).json)


def _names(capture: Capture, format_: str, only: str) -> None:
    """Declines where names would be another language's."""
    if any(f"%{letter}" in format_ for letter in only):
        known = _LOCALE.__dict__["LC_TIME"]
        capture.attributes.append((_LOCALE, "LC_TIME", known))
        if known not in ("C", "POSIX", "C.UTF-8", "C.utf8"):
            raise Decline("writes or reads names of months in a locale")


def make(scope: Scope, function: Any, tree: ast.Call) -> Node | None:
    """`datetime(...)`, `date(...)`, `timedelta(...)`"""
    kind = _KINDS.get(function) if isinstance(function, type) else None
    if kind is None:
        return None
    words = {word.arg: scope.expression(word.value) for word in tree.keywords}
    if None in words or any(isinstance(a, ast.Starred) for a in tree.args):
        raise Decline(f"calls {kind}() oddly")
    given = [scope.expression(a) for a in tree.args]
    if kind == "timedelta":
        return _timedelta(given, words)
    names = _PARTS if kind == "datetime" else _PARTS[:3]
    if len(given) > len(names) or words.keys() - set(names[len(given) :]):
        raise Decline(f"calls {kind}() oddly")
    fields = dict(zip(names, given, strict=False)) | words
    if not {"year", "month", "day"} <= fields.keys():
        raise Decline(f"calls {kind}() oddly")
    made = call("date.make", *(fields.get(name, constant(0)) for name in _PARTS))
    return tries.unsure(scope, _plain(kind, made.json))


def _timedelta(given: list[Node], words: dict[Any, Node]) -> Node:
    names = ("days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks")
    fields = dict(zip(names, given, strict=False)) | words
    if len(given) > 7 or fields.keys() - _UNITS.keys():
        raise Decline("calls timedelta() oddly")
    numbers = {name: node.constant(None) for name, node in fields.items()}
    if not all(type(number) is int and abs(number) < 10**6 for number in numbers.values()):
        raise Decline("calls timedelta() with what is no constant int")
    return _plain("timedelta", constant(sum(_UNITS[name] * number for name, number in numbers.items())).json)


def class_method(scope: Scope, owner: Any, name: str, tree: ast.Call) -> Node | None:
    """`datetime.strptime(...)`, `date.fromisoformat(...)`"""
    kind = _KINDS.get(owner) if isinstance(owner, type) else None
    if kind is None or kind == "timedelta":
        return None
    if tree.keywords or sys.version_info >= (3, 14):
        raise Decline(f"calls {kind}.{name}() oddly")
    if name == "strptime" and kind == "datetime" and len(tree.args) == 2:
        text, format_ = scope.expression(tree.args[0]), scope.expression(tree.args[1])
        known = format_.constant(None)
        for one in [known] if isinstance(known, str) else []:
            _names(scope.capture, one, "bB")
        if not isinstance(known, str):
            _names(scope.capture, "%b", "b")
        return _plain("datetime", call("date.strptime", text, format_).json)
    if name == "fromisoformat" and len(tree.args) == 1:
        made = call("date.from_iso", scope.expression(tree.args[0]), constant(kind == "date"))
        return tries.unsure(scope, _plain(kind, made.json))
    raise Decline(f"calls {kind}.{name}()")


def attribute(scope: Scope, tree: ast.Attribute) -> Node | None:
    """`moment.hour`, `(a - b).days`"""
    if tree.attr not in (*_PARTS, "days", "seconds", "microseconds"):
        return None
    if (
        isinstance(tree.value, ast.Name)
        and tree.value.id not in scope.names
        and folded(scope.static(tree.value)) is None
    ):
        return None
    of = scope.expression(tree.value)
    if of.kind == "timedelta":
        days, rest = (
            binary("floor_div", _int(of), constant(_DAY), "int"),
            binary("mod", _int(of), constant(_DAY), "int"),
        )
        if tree.attr == "days":
            return days
        if tree.attr == "seconds":
            return binary("floor_div", rest, constant(_SECOND), "int")
        return binary("mod", rest, constant(_SECOND), "int") if tree.attr == "microseconds" else None
    if of.kind not in ("datetime", "date") or tree.attr not in _PARTS[: 7 if of.kind == "datetime" else 3]:
        return None
    found = item(call("date.parts", _int(of)), constant(_PARTS.index(tree.attr)))
    return found._replace(kind="int")


def method(scope: Scope, of: Node, name: str, tree: ast.Call) -> Node | None:
    """A method of a date, a time or a difference."""
    if of.kind not in ("datetime", "date", "timedelta"):
        return None
    made = _method(scope, of, name, tree)
    if made is None:
        raise Decline(f"calls .{name}() of a {of.kind}")
    return tries.unsure(scope, made)


def _method(scope: Scope, of: Node, name: str, tree: ast.Call) -> Node | None:
    number = _int(of)
    if of.kind == "timedelta":
        if name == "total_seconds" and not tree.args and not tree.keywords:
            return binary("true_div", number, constant(_SECOND), "float")
        return None
    if name == "replace" and not tree.args:
        return _replaced(scope, of, tree)
    if tree.keywords:
        return None
    days = binary("floor_div", number, constant(_DAY), "int")
    if not tree.args:
        if name == "date" and of.kind == "datetime":
            return _plain("date", binary("mul", days, constant(_DAY)).json)
        if name in ("weekday", "isoweekday"):
            weekday = binary("mod", days, constant(7), "int")
            return weekday if name == "weekday" else binary("add", weekday, constant(1), "int")
        if name == "toordinal":
            return binary("add", days, constant(1), "int")
        if name == "isoformat":
            return call("date.iso", number, constant("T" if of.kind == "datetime" else ""), kind="str")
        if name == "isocalendar":
            return Node(call("date.week", number).json, "generator")
    if name == "strftime" and len(tree.args) == 1:
        format_ = scope.expression(tree.args[0])
        known = format_.constant(None)
        if not isinstance(known, str) or not known.isascii():
            raise Decline("calls strftime() with what is no constant")
        _names(scope.capture, known, "aAbBp")
        if of.kind == "date" and any(f"%{letter}" in known for letter in "f"):
            raise Decline("calls strftime() of a date with a part of the time")
        return call("date.format", number, format_, kind="str")
    return None


def _replaced(scope: Scope, of: Node, tree: ast.Call) -> Node | None:
    names = _PARTS if of.kind == "datetime" else _PARTS[:3]
    words = {word.arg: scope.expression(word.value) for word in tree.keywords}
    if not words.keys() <= set(names):
        return None
    parts = call("date.parts", _int(of))
    fields = [words.get(name) or item(parts, constant(i)) for i, name in enumerate(_PARTS)]
    return _plain(of.kind, call("date.make", *fields).json)


def text(of: Node) -> Node | None:
    """`str(moment)`"""
    if of.kind == "datetime":
        return call("date.iso", _int(of), constant(" "), kind="str")
    return call("date.iso", _int(of), constant(""), kind="str") if of.kind == "date" else None


def arithmetic(op: str, left: Node, right: Node) -> Node | None:
    """Sums and differences."""
    kinds = (left.kind, right.kind)
    if not {"datetime", "date", "timedelta"} & set(kinds):
        return None
    made = binary(op, _int(left), _int(right)) if op in ("add", "sub") else NONE
    if op == "sub" and kinds in (("datetime", "datetime"), ("date", "date")):
        return _plain("timedelta", made.json)
    if op == "add" and kinds == ("timedelta", "datetime"):
        return _plain("datetime", call("date.check", made).json)
    if op in ("add", "sub") and kinds == ("datetime", "timedelta"):
        return _plain("datetime", call("date.check", made).json)
    if op in ("add", "sub") and kinds == ("date", "timedelta"):
        # Only whole days count, of the difference as it stands.
        days = binary("floor_div", _int(right), constant(_DAY))
        moved = binary(op, _int(left), binary("mul", days, constant(_DAY)))
        return _plain("date", call("date.check", moved).json)
    if op in ("floor_div", "true_div") and kinds == ("timedelta", "timedelta"):
        return binary(op, _int(left), _int(right), "int" if op == "floor_div" else "float")
    raise Decline(f"calculates with a {left.kind or 'value'} and a {right.kind or 'value'}")


def comparison(op: str, left: Node, right: Node) -> Node | None:
    """An order of two dates, two times or two differences."""
    if left.kind != right.kind or left.kind not in ("datetime", "date", "timedelta") or op not in _COMPARED:
        return None
    return Node({"compare": {"first": left.json, "rest": [[op, right.json]]}}, "bool")
