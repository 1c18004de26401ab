"""Numbers as Java prints them."""

from __future__ import annotations

import struct

__all__ = ["double_text", "float_text"]


def double_text(value: float) -> str:
    """A double: `1.0E10`, `0.001`, `NaN`."""
    return _text(value, repr(value))


def float_text(value: float) -> str:
    """A float, with as many digits as tell it from its neighbours."""
    for digits in range(1, 10):
        shown = f"{value:.{digits}g}"
        if struct.pack("f", float(shown)) == struct.pack("f", value):
            return _text(value, repr(float(shown)))
    return _text(value, repr(value))


def _text(value: float, shown: str) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return shown if "e" not in shown else f"{value:.10f}".rstrip("0")
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = shown.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    power = int(exponent or 0)
    digits = whole + fraction
    if whole.strip("0"):
        power += len(whole) - 1
    else:
        stripped = digits.lstrip("0")
        power -= len(digits) - len(stripped) - len(whole) + 1
    digits = digits.strip("0") or "0"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{power}"
