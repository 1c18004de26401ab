"""The texts of exceptions as this interpreter words them, and of the names of HTML."""

from __future__ import annotations

from collections.abc import Callable
from html.entities import html5
from typing import Any

_LITERAL = "'x'"


def _said(raises: Callable[[], Any]) -> str:
    try:
        raises()
    except Exception as error:  # noqa: BLE001 - each is made to raise what is asked for
        return str(error)
    return ""


def texts() -> dict[str, str]:
    """By what raises them; those that quote a text end before it. Those of HTML are by name, behind an ampersand."""
    zero: Any = 0
    raised: dict[str, Callable[[], Any]] = {
        "int /": lambda: 1 / zero,
        "int //": lambda: 1 // zero,
        "int %": lambda: 1 % zero,
        "float /": lambda: 1.0 / zero,
        "float //": lambda: 1.0 // zero,
        "float %": lambda: 1.0 % zero,
        "list index": lambda: [][zero],
        "tuple index": lambda: ()[zero],
        "str index": lambda: ""[zero],
    }
    found = {name: _said(function) for name, function in raised.items()}
    found |= {f"&{name}": text for name, text in html5.items()}
    quoting: dict[str, Callable[[], Any]] = {"int": lambda: int("x"), "float": lambda: float("x")}
    for name, function in quoting.items():
        text = _said(function)
        if text.endswith(_LITERAL):
            found[name] = text.removesuffix(_LITERAL)
    return found
