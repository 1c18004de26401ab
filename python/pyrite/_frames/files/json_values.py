"""JSON texts as rows of a schema, by the rules of Spark's `JacksonParser`: what doesn't fit is null, and its record is bad."""

from __future__ import annotations

import base64
import binascii
import datetime
import decimal
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from pyrite._frames import faults
from pyrite._frames.files.moments import date_of, moment_of, pattern

__all__ = ["Parser", "whole_record"]

_SPACE = re.compile(r"[ \t\r\n]*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'((?:[^\'\\]|\\.)*)\'')
_RANGES = {"byte": 7, "short": 15, "integer": 31, "long": 63}
_WORDS = {"NaN": "nan", "INF": "inf", "+INF": "inf", "-INF": "-inf", "Infinity": "inf", "+Infinity": "inf", "-Infinity": "-inf"}  # fmt: skip

# Gives a value for what JSON has and its text.
Convert = Callable[[Any, str], Any]


class Bad(ValueError):
    """A value doesn't fit its type."""


class Partial(Bad):
    """A struct of which some fields don't fit; `value` has the others."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


_DECODER = json.JSONDecoder()


def decoded(text: str, decoder: json.JSONDecoder = _DECODER) -> tuple[Any, str]:
    """The first value of a text, and its own text; what follows isn't looked at. Single quotes are quotes as well."""
    start = _end_of_space(text, 0)
    try:
        value, end = decoder.raw_decode(text, start)
    except ValueError:
        if "'" not in text:
            raise
        text = _QUOTED.sub(lambda found: found[0] if found[1] is None else json.dumps(found[1]), text)
        value, end = decoder.raw_decode(text, start)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value, text[start:end]


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _members(text: str) -> Iterator[tuple[str, Any, str]]:
    """Names, values and the values' own texts of an object's text, which is a valid one."""
    at = _end_of_space(text, 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _end_of_space(text, _end_of_space(text, at) + 1)
        value, end = _DECODER.raw_decode(text, at)
        yield name, value, text[at:end]
        at = _end_of_space(text, end)
        if text[at] == ",":
            at = _end_of_space(text, at + 1)


def _elements(text: str) -> Iterator[tuple[Any, str]]:
    """Values and their own texts of an array's text, which is a valid one."""
    at = _end_of_space(text, 1)
    while text[at] != "]":
        value, end = _DECODER.raw_decode(text, at)
        yield value, text[at:end]
        at = _end_of_space(text, end)
        if text[at] == ",":
            at = _end_of_space(text, at + 1)


def whole_record(text: str) -> list[tuple[Any, str]]:
    """The records of a text: an object is one, an array has several. ValueError where it holds none."""
    value, own = decoded(text)
    if isinstance(value, dict):
        return [(value, own)]
    if isinstance(value, list) and all(each is None or isinstance(each, dict) for each in value):
        return list(_elements(own))
    raise ValueError("no object")


class Parser:
    """Rows of the fields of a schema's JSON."""

    def __init__(self, fields: list[dict[str, Any]], options: dict[str, str], zone: str, *, exact: bool = True) -> None:
        self._zone = zone
        self._exact = exact
        date, moment = options.get("dateformat"), options.get("timestampformat")
        self._date = pattern(date, "dateFormat") if date else None
        self._moment = pattern(moment, "timestampFormat") if moment else None
        self._places = {field["name"]: (at, self._convert(field["type"])) for at, field in enumerate(fields)}
        self._width = len(fields)

    def rows(self, text: str) -> list[tuple[list[Any], bool]]:
        """The rows of a record's text, and of each whether it is bad."""
        try:
            records = whole_record(text)
        except ValueError:
            return [([None] * self._width, True)]
        rows = []
        for value, own in records:
            try:
                rows.append((self._struct(own, self._places) if value is not None else [None] * self._width, False))
            except Partial as partial:
                rows.append((partial.value, True))
        return rows

    def value(self, kind: Any, text: str) -> Any:
        """The value that a text holds, of any type; None where it holds none."""
        try:
            value, own = decoded(text)
            if isinstance(kind, dict) and kind["type"] == "array" and isinstance(value, dict):
                value, own = [value], f"[{own}]"
            return None if value is None else self._convert(kind)(value, own)
        except Partial as partial:
            return partial.value
        except ValueError:
            return None

    def _struct(self, text: str, places: dict[str, tuple[int, Convert]]) -> list[Any]:
        row: list[Any] = [None] * len(places)
        bad = False
        for name, value, own in _members(text):
            if name not in places:
                continue
            at, convert = places[name]
            try:
                row[at] = None if value is None else convert(value, own)
            except Partial as partial:
                row[at], bad = partial.value, True
            except Bad:
                row[at], bad = None, True
        if bad:
            raise Partial(row)
        return row

    def _convert(self, kind: Any) -> Convert:
        """What makes a value of a type."""
        if isinstance(kind, dict):
            return {"struct": self._of_struct, "array": self._of_array, "map": self._of_map}[kind["type"]](kind)
        if kind == "string":
            shown = _as_it_is if self._exact else _written_again
            return lambda value, own: value if isinstance(value, str) else shown(own)
        if kind in _RANGES:
            return _whole(_RANGES[kind])
        if kind in ("double", "float"):
            return _fraction
        if kind == "boolean":
            return _of(bool, lambda value: value)
        if kind == "binary":
            return _of(str, _bytes)
        if kind == "date":
            return _of(str, self._date_of)
        if kind == "timestamp":
            return self._moment_of
        if kind.startswith("decimal"):
            precision, scale = (int(each) for each in re.findall(r"\d+", kind)) if "(" in kind else (10, 0)
            return _decimal(precision, scale)
        raise faults.unsupported(f"The type {kind} in JSON files")

    def _of_struct(self, kind: Any) -> Convert:
        names = [field["name"] for field in kind["fields"]]
        places = {field["name"]: (at, self._convert(field["type"])) for at, field in enumerate(kind["fields"])}

        def convert(value: Any, own: str) -> Any:
            if not isinstance(value, dict):
                raise Bad
            try:
                return dict(zip(names, self._struct(own, places), strict=True))
            except Partial as partial:
                raise Partial(dict(zip(names, partial.value, strict=True))) from None

        return convert

    def _of_array(self, kind: Any) -> Convert:
        element = self._convert(kind["elementType"])

        def convert(value: Any, own: str) -> Any:
            if not isinstance(value, list):
                raise Bad
            return _partly(
                [(None, each, text) for each, text in _elements(own)], element, lambda pairs: [v for _, v in pairs]
            )

        return convert

    def _of_map(self, kind: Any) -> Convert:
        element = self._convert(kind["valueType"])
        if kind["keyType"] != "string":
            raise faults.unsupported("Maps of JSON files whose keys are no texts")

        def convert(value: Any, own: str) -> Any:
            if not isinstance(value, dict):
                raise Bad
            return _partly(list(_members(own)), element, lambda pairs: list(dict(pairs).items()))

        return convert

    def _date_of(self, text: str) -> datetime.date:
        return date_of(text) if self._date is None else self._date(text).date()

    def _moment_of(self, value: Any, own: str) -> datetime.datetime:
        try:
            if isinstance(value, str):
                if self._moment is None:
                    return moment_of(value, self._zone)
                import zoneinfo

                return self._moment(value).replace(tzinfo=zoneinfo.ZoneInfo(self._zone))
            if type(value) is int:
                return datetime.datetime.fromtimestamp(0, datetime.UTC) + datetime.timedelta(seconds=value)
        except (ValueError, OverflowError):
            pass
        raise Bad


def _as_it_is(text: str) -> str:
    return text


def _written_again(text: str) -> str:
    """A value's text as a writer has it: without blanks, fractions as doubles."""
    from pyrite._frames.numbers import double_text

    def again(found: re.Match[str]) -> str:
        token = found[0]
        if token[0] == '"':
            return token
        return "" if token.isspace() else double_text(float(token)) if re.search(r"[.eE]", token) else token

    return re.sub(r'"(?:[^"\\]|\\.)*"|\s+|-?\d[\d.eE+-]*', again, text)


def _partly(items: list[tuple[Any, Any, str]], element: Convert, made: Callable[[list[tuple[Any, Any]]], Any]) -> Any:
    """What is made of elements, of which some may be partial."""
    pairs, partly = [], False
    for name, value, own in items:
        try:
            pairs.append((name, None if value is None else element(value, own)))
        except Partial as partial:
            pairs.append((name, partial.value))
            partly = True
    if partly:
        raise Partial(made(pairs))
    return made(pairs)


def _of(kind: type, make: Callable[[Any], Any]) -> Convert:
    def convert(value: Any, own: str) -> Any:
        if type(value) is not kind:
            raise Bad
        try:
            return make(value)
        except ValueError:
            raise Bad from None

    return convert


def _whole(bits: int) -> Convert:
    def convert(value: Any, own: str) -> Any:
        if type(value) is not int or not -(1 << bits) <= value < 1 << bits:
            raise Bad
        return value

    return convert


def _fraction(value: Any, own: str) -> float:
    if type(value) in (int, float):
        return float(own)
    if isinstance(value, str) and value in _WORDS:
        return float(_WORDS[value])
    raise Bad


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Bad from None


def _decimal(precision: int, scale: int) -> Convert:
    unit = decimal.Decimal(1).scaleb(-scale)
    context = decimal.Context(prec=76, rounding=decimal.ROUND_HALF_UP)

    def convert(value: Any, own: str) -> decimal.Decimal | None:
        if type(value) not in (int, float, str):
            raise Bad
        try:
            number = decimal.Decimal(value.replace(",", "") if isinstance(value, str) else own).quantize(
                unit, context=context
            )
        except decimal.InvalidOperation:
            if isinstance(value, str):
                raise Bad from None
            return None
        return number if number.is_finite() and len(number.as_tuple().digits) <= precision else None

    return convert
