"""The schema of JSON texts, as Spark's `JsonInferSchema` finds it."""

from __future__ import annotations

import decimal
import json
from typing import Any

from pyrite._frames import faults
from pyrite._frames.files.json_values import decoded
from pyrite._frames.files.moments import moment_of

__all__ = ["Inference"]

Kind = Any
_NULL = "null"


class _Object(dict[str, Any]):
    """An object, and a name that it has twice."""

    twice: str | None = None


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        made.twice = next(name for name in names if names.count(name) > 1)
    return made


# Fractions keep the digits that they are written with.
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=decimal.Decimal)


class Inference:
    """Looks at one text after the other."""

    def __init__(self, options: dict[str, str], zone: str) -> None:
        def flag(name: str) -> bool:
            return options.get(name, "false").lower() == "true"

        self._as_text = flag("primitivesasstring")
        self._decimals = flag("prefersdecimal")
        self._moments = flag("infertimestamp")
        self._drop_null = flag("dropfieldifallnull")
        self._zone = zone
        self._seen: Kind = _NULL
        # Whether a text held no record.
        self.bad = False

    def look(self, text: str) -> None:
        """One more text."""
        try:
            value, _ = decoded(text, _DECODER)
            records = value if isinstance(value, list) else [value]
            if not all(each is None or isinstance(each, dict) for each in records):
                raise ValueError
        except ValueError:
            self.bad = True
            return
        for record in records:
            self._seen = _met(self._seen, self._kind(record))

    def fields(self) -> list[dict[str, Any]]:
        """What was found, by name."""
        found = self._final(self._seen)
        return found["fields"] if isinstance(found, dict) else []

    def _kind(self, value: Any) -> Kind:
        if value is None:
            return _NULL
        if isinstance(value, _Object):
            return {"struct": {name: self._kind(each) for name, each in value.items()}, "twice": value.twice}
        if isinstance(value, list):
            element: Kind = _NULL
            for each in value:
                element = _met(element, self._kind(each))
            return {"array": element}
        if isinstance(value, str):
            return self._text(value)
        if self._as_text:
            return "string"
        if isinstance(value, bool):
            return "boolean"
        if isinstance(value, int):
            digits = len(str(abs(value)))
            return "long" if -(2**63) <= value < 2**63 else (digits, 0) if digits <= 38 else "double"
        return self._fraction(value)

    def _text(self, value: str) -> Kind:
        if not value:
            return _NULL  # it may be anything's
        if self._moments:
            try:
                moment_of(value, self._zone)
            except ValueError:
                return "string"
            return "timestamp"
        return "string"

    def _fraction(self, value: Any) -> Kind:
        if not self._decimals or not isinstance(value, decimal.Decimal):
            return "double"
        _, digits, exponent = value.as_tuple()
        if not isinstance(exponent, int) or exponent > 0:
            raise faults.unsupported("Numbers like 1e3 in JSON files with the option prefersDecimal")
        precision = max(len(digits), -exponent)
        return (precision, -exponent) if precision <= 38 else "double"

    def _final(self, kind: Kind) -> Kind:
        """The type in a schema's JSON; None where there is nothing to have."""
        if kind == _NULL:
            return None if self._drop_null else "string"
        if isinstance(kind, tuple):
            return f"decimal({kind[0]},{kind[1]})"
        if isinstance(kind, str):
            return kind
        if "array" in kind:
            element = self._final(kind["array"])
            return None if element is None else {"type": "array", "elementType": element, "containsNull": True}
        if kind["twice"] is not None:
            name = kind["twice"]
            raise faults.analysis(
                "COLUMN_ALREADY_EXISTS", "42711", {"columnName": f"`{name}`"},
                f"The column `{name}` already exists. Choose another name or rename the existing column.",
            )  # fmt: skip
        fields = [(name, self._final(each)) for name, each in sorted(kind["struct"].items()) if name]
        made = [
            {"name": name, "type": each, "nullable": True, "metadata": {}} for name, each in fields if each is not None
        ]
        return {"type": "struct", "fields": made} if made else None


def _met(one: Kind, other: Kind) -> Kind:
    """The type of both."""
    if one == other or other == _NULL:
        return one
    if one == _NULL:
        return other
    if isinstance(one, dict) and isinstance(other, dict):
        if "struct" in one and "struct" in other:
            names = {**one["struct"], **other["struct"]}
            return {
                "twice": one["twice"] or other["twice"],
                "struct": {
                    name: _met(one["struct"].get(name, _NULL), other["struct"].get(name, _NULL)) for name in names
                },
            }
        if "array" in one and "array" in other:
            return {"array": _met(one["array"], other["array"])}
        return "string"
    numbers = [kind for kind in (one, other) if isinstance(kind, tuple) or kind in ("long", "double")]
    if len(numbers) < 2:
        return "string"
    if "double" in numbers:
        return "double"
    sizes = [(20, 0) if kind == "long" else kind for kind in numbers]
    scale = max(size[1] for size in sizes)
    precision = max(size[0] - size[1] for size in sizes) + scale
    return (precision, scale) if precision <= 38 else "double"
