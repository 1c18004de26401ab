"""What a function holds and what pickles name: where `_apart` and `_hashes` begin to look, each by rules of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from types import FunctionType
from typing import Any

from pyrite import _hash_classes as classes
from pyrite._nameless import Maker, find


def enclosed(function: FunctionType) -> Iterator[Any]:
    """What its closure holds, as far as that is bound."""
    for cell in function.__closure__ or ():
        with suppress(ValueError):
            yield cell.cell_contents


def held(function: FunctionType) -> list[Any]:
    """The same, and its parameters' defaults."""
    return [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values(), *enclosed(function)]


def named(names: list[tuple[str, str]]) -> Iterator[Any]:
    """What stands for rows in their pickles, which name it by module and name: a class, or what can't be one."""
    for module, name in names:
        if (module, name) not in classes.MAKERS:
            found = find(module, name)
            yield found.kind if isinstance(found, Maker) else found
