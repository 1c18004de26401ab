"""Dates, naive times and differences of them: how they are made, and what may be asked of them."""

from __future__ import annotations

import ast
import datetime
import locale
import re
import sys
import time
from typing import Any

from . import moments, tries
from .capture import Capture
from .decline import Decline
from .node import Node, binary, call, constant, item
from .scope import Scope

_PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")
_FIELDS = {
    "date": _PARTS[:3],
    "datetime": _PARTS,
    "timedelta": ("days", "seconds", "microseconds"),
    # A time in UTC: the engine has it as a naive one, and it is no value.
    "utc": _PARTS,
}
_ANY_FIELD = {*_PARTS, *_FIELDS["timedelta"]}
_UNITS = ("days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks")
_KINDS = frozenset(_FIELDS)
_EPOCH = datetime.datetime(1970, 1, 1)
_WEEK = ("year", "week", "weekday")
#: Methods without arguments that nothing else has, and what they give.
_PLAIN = {
    "date": ("date.date", "date"),
    "toordinal": ("date.ordinal", "int"),
    "total_seconds": ("date.seconds", "float"),
    "timestamp": ("date.timestamp", "float"),
}
_OWN = {*_PLAIN, "weekday", "isoweekday", "isoformat", "isocalendar", "strftime"}
_RESULTS = {
    ("sub", "datetime", "datetime"): "timedelta",
    ("sub", "date", "date"): "timedelta",
    ("add", "datetime", "timedelta"): "datetime",
    ("add", "timedelta", "datetime"): "datetime",
    ("sub", "datetime", "timedelta"): "datetime",
    ("add", "date", "timedelta"): "date",
    ("add", "timedelta", "date"): "date",
    ("sub", "date", "timedelta"): "date",
    ("add", "timedelta", "timedelta"): "timedelta",
    ("sub", "timedelta", "timedelta"): "timedelta",
    ("floor_div", "timedelta", "timedelta"): "int",
    ("true_div", "timedelta", "timedelta"): "float",
    ("mod", "timedelta", "timedelta"): "timedelta",
    ("mul", "timedelta", "int"): "timedelta",
    ("mul", "int", "timedelta"): "timedelta",
    ("floor_div", "timedelta", "int"): "timedelta",
    ("true_div", "timedelta", "int"): "timedelta",
}


def _is_utc() -> bool:
    """Whether local time is UTC at all times, and counts no leap seconds."""
    if time.tzname != ("UTC", "UTC") or time.timezone or time.daylight:
        return False
    return datetime.datetime.fromtimestamp(1_483_228_827) == datetime.datetime(2017, 1, 1, 0, 0, 27)


class _Locale:
    """The names of months and days as they are now."""

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        return {"LC_TIME": locale.setlocale(locale.LC_TIME)}


class _Zone:
    """Whether local time is UTC now."""

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        return {"UTC": _is_utc()}


_LOCALE: Any = _Locale()
_ZONE: Any = _Zone()


def _names(capture: Capture, format_: str, only: str) -> None:
    """Declines where names would be another language's."""
    if any(f"%{letter}" in format_ for letter in only):
        known = _LOCALE.__dict__["LC_TIME"]
        capture.attributes.append((_LOCALE, "LC_TIME", known))
        if known not in ("C", "POSIX", "C.UTF-8", "C.utf8"):
            raise Decline("writes or reads names of months in a locale")


def _zone(capture: Capture) -> None:
    """Declines where the local time isn't UTC."""
    known = _ZONE.__dict__["UTC"]
    capture.attributes.append((_ZONE, "UTC", known))
    if not known:
        raise Decline("asks for the local time, which isn't UTC")


def folded(found: Any) -> Node | None:
    """A captured date or time."""
    return None if moments.number(found) is None else constant(found)


def make(scope: Scope, function: Any, tree: ast.Call) -> Node | None:
    """`datetime(...)`, `date(...)`, `timedelta(...)`"""
    kind = moments.KINDS.get(function) if isinstance(function, type) else None
    if kind is None:
        return None
    words = {word.arg: scope.expression(word.value) for word in tree.keywords}
    names = _UNITS if kind == "timedelta" else _FIELDS[kind]
    if None in words or any(isinstance(a, ast.Starred) for a in tree.args):
        raise Decline(f"calls {kind}() oddly")
    given = [scope.expression(a) for a in tree.args]
    if len(given) > len(names) or words.keys() - set(names[len(given) :]):
        raise Decline(f"calls {kind}() oddly")
    fields = dict(zip(names, given, strict=False)) | words
    if kind == "timedelta":
        return _timedelta(scope, fields)
    if not {"year", "month", "day"} <= fields.keys():
        raise Decline(f"calls {kind}() oddly")
    return tries.unsure(scope, call("date.make", *(fields.get(name, constant(0)) for name in names), kind=kind))


def _takes_more(known: Any) -> bool:
    """Whether `strptime` takes texts that the kernel doesn't: from 3.14 on an hour may begin with a blank.

    Where the format has a blank before the hour, that one takes all blanks anyway.
    """
    if sys.version_info < (3, 14):
        return False
    return (
        not isinstance(known, str)
        or "'" in known
        or re.search(r"(?<!\s)%[HI]|%[^YymdHIMSfjaAbBpzZ%]", known) is not None
    )


def _timedelta(scope: Scope, fields: dict[Any, Node]) -> Node:
    numbers = {name: node.constant(None) for name, node in fields.items()}
    if all(type(number) is int and abs(number) < 10**6 for number in numbers.values()):
        return constant(datetime.timedelta(**numbers))
    made = call("date.delta", *(fields.get(name, constant(0)) for name in _UNITS), kind="timedelta")
    return tries.unsure(scope, made)


def class_method(scope: Scope, owner: Any, name: str, tree: ast.Call) -> Node | None:
    """`datetime.strptime(...)`, `date.fromisoformat(...)`"""
    kind = moments.KINDS.get(owner) if isinstance(owner, type) else None
    if kind is None or kind == "timedelta":
        return None
    # Windows knows fewer times in UTC.
    if name == "fromtimestamp" and kind == "datetime" and sys.platform != "win32":
        zones = [*tree.args[1:], *(word.value for word in tree.keywords if word.arg == "tz")]
        if len(zones) == 1 and len(tree.args) + len(tree.keywords) == 2 and _is_utc_zone(scope, zones[0]):
            of = scope.expression(tree.args[0])
            return tries.unsure(scope, call("date.from_timestamp", of, constant(False), kind="utc"))
    if tree.keywords:
        raise Decline(f"calls {kind}.{name}() oddly")
    if name == "strptime" and kind == "datetime" and len(tree.args) == 2:
        text, format_ = scope.expression(tree.args[0]), scope.expression(tree.args[1])
        known = format_.constant(None)
        _names(scope.capture, known if isinstance(known, str) else "%b", "bBaAp")
        made = call("date.strptime", text, format_, kind="datetime")
        return tries.unsure(scope, made, _takes_more(known))
    is_day = constant(kind == "date")
    if len(tree.args) == 1 and name in ("fromisoformat", "fromordinal", "fromtimestamp", "utcfromtimestamp"):
        of = scope.expression(tree.args[0])
        if name == "fromisoformat":
            return tries.unsure(scope, call("date.from_iso", of, is_day, kind=kind))
        if name == "fromordinal":
            return tries.unsure(scope, call("date.from_ordinal", of, is_day, kind=kind))
        if name == "fromtimestamp":
            _zone(scope.capture)
            return tries.unsure(scope, call("date.from_timestamp", of, is_day, kind=kind))
        # Later versions warn.
        if kind == "datetime" and sys.version_info < (3, 12):
            return tries.unsure(scope, call("date.from_timestamp", of, is_day, kind=kind))
    raise Decline(f"calls {kind}.{name}()")


def _is_utc_zone(scope: Scope, tree: ast.expr) -> bool:
    """`timezone.utc`, `datetime.UTC`"""
    if isinstance(tree, ast.Attribute) and tree.attr == "utc" and scope.static(tree.value) is datetime.timezone:
        return True
    return isinstance(tree, ast.Name | ast.Attribute) and scope.static(tree) is datetime.UTC


def attribute(scope: Scope, tree: ast.Attribute) -> Node | None:
    """`moment.hour`, `(a - b).days`"""
    if tree.attr not in _ANY_FIELD and tree.attr not in _WEEK:
        return None
    if (
        isinstance(tree.value, ast.Name)
        and tree.value.id not in scope.names
        and folded(scope.static(tree.value)) is None
    ):
        return None
    of = scope.expression(tree.value)
    if is_week(of) and tree.attr in _WEEK:
        return item(Node(of.json, "tuple"), constant(_WEEK.index(tree.attr)))._replace(kind="int")
    # Of a value of no known kind it may be a record's: the engine knows when it sees the rows.
    if tree.attr not in _FIELDS.get(of.kind, ()):
        return None
    of = Node(of.json, "datetime") if of.kind == "utc" else of
    return call("date.field", of, constant(tree.attr), kind="int")


def is_week(of: Node) -> bool:
    """Whether it is what `isocalendar` gives: a tuple of a class of its own, of which only the items are known."""
    return of.kind == "generator" and "call" in of.json and of.json["call"]["function"] == "date.week"


def method(scope: Scope, of: Node, name: str, tree: ast.Call) -> Node | None:
    """A method of a date, a time or a difference, or one that nothing else has."""
    if of.kind not in _KINDS and (of.kind or (name not in _OWN and not _replaces(name, tree))):
        return None
    made = _of_utc(scope, of, name, tree) if of.kind == "utc" else _method(scope, of, name, tree)
    if made is None:
        raise Decline(f"calls .{name}() of a {of.kind or 'value'}")
    return tries.unsure(scope, made)


def _replaces(name: str, tree: ast.Call) -> bool:
    """Whether it is a `replace` by keywords, which a str has not."""
    return name == "replace" and not tree.args and bool(tree.keywords)


def _of_utc(scope: Scope, of: Node, name: str, tree: ast.Call) -> Node | None:
    """A method of a time in UTC, where it doesn't show the zone or that is known."""
    naive = Node(of.json, "datetime")
    if name == "replace" and [word.arg for word in tree.keywords] == ["tzinfo"] and not tree.args:
        zone = tree.keywords[0].value
        return naive if isinstance(zone, ast.Constant) and zone.value is None else None
    if name == "timestamp" and not tree.args and not tree.keywords:
        return call("date.seconds", binary("sub", naive, constant(_EPOCH)), kind="float")
    made = _method(scope, naive, name, tree) if name in _OWN else None
    if made is None or name not in ("strftime", "isoformat"):
        return made
    if name == "isoformat":
        return binary("add", made, constant("+00:00"), "str")
    format_ = scope.expression(tree.args[0]).constant("%z")
    return None if "%z" in format_ or "%Z" in format_ else made


def _method(scope: Scope, of: Node, name: str, tree: ast.Call) -> Node | None:
    if name == "replace" and of.kind == "datetime" and [word.arg for word in tree.keywords] == ["tzinfo"]:
        return Node(of.json, "utc") if not tree.args and _is_utc_zone(scope, tree.keywords[0].value) else None
    if name == "replace" and not tree.args and of.kind != "timedelta":
        return _replaced(scope, of, tree)
    if tree.keywords:
        return None
    if not tree.args:
        if name in _PLAIN:
            if name == "timestamp":
                _zone(scope.capture)
            function, kind = _PLAIN[name]
            return call(function, of, kind=kind)
        if name in ("weekday", "isoweekday"):
            return call("date.weekday", of, constant(int(name == "isoweekday")), kind="int")
        if name == "isocalendar":
            return Node(call("date.week", of).json, "generator")
    if name == "isoformat" and len(tree.args) <= 1:
        return call("date.iso", of, *(scope.expression(a) for a in tree.args), kind="str")
    if name == "strftime" and len(tree.args) == 1:
        known = scope.expression(tree.args[0]).constant(None)
        if not isinstance(known, str):
            raise Decline("calls strftime() with what is no constant")
        return formatted(scope, of, known)
    return None


def formatted(scope: Scope, of: Node, format_: str) -> Node:
    """`moment.strftime(format_)`"""
    if not format_.isascii() or "\0" in format_:
        raise Decline("calls strftime() with an odd format")
    _names(scope.capture, format_, "aAbBp")
    return call("date.format", of, constant(format_), kind="str")


def _replaced(scope: Scope, of: Node, tree: ast.Call) -> Node | None:
    words = {word.arg: scope.expression(word.value) for word in tree.keywords}
    if not words.keys() <= set(_FIELDS.get(of.kind, _PARTS)):
        return None
    return call("date.replace", of, constant(tuple(words)), *words.values(), kind=of.kind)


def arithmetic(op: str, left: Node, right: Node) -> Node | None:
    """Sums and differences, where one operand at least is known to be one of these."""
    if left.kind not in _KINDS and right.kind not in _KINDS:
        return None
    if "utc" in (left.kind, right.kind):
        return _of_utcs(op, left, right)
    return binary(op, left, right, _RESULTS.get((op, left.kind, right.kind), ""))


def _of_utcs(op: str, left: Node, right: Node) -> Node:
    kinds = (op, left.kind, right.kind)
    if kinds not in (("sub", "utc", "utc"), ("add", "utc", "timedelta"), ("sub", "utc", "timedelta")):
        raise Decline("calculates with a datetime with a zone")
    made = binary(op, left._replace(kind="datetime"), right._replace(kind=right.kind.replace("utc", "datetime")))
    return made._replace(kind="timedelta" if right.kind == "utc" else "utc")
