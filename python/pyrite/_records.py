"""Which classes of a program hold nothing but values by name, so that the engine may have their instances as columns."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from pyrite._runtime import is_record

__all__ = ["examine"]

# What a class may say of itself without changing what its instances do, as far as the engine does it.
_HARMLESS = frozenset(
    {
        *("__doc__", "__module__", "__qualname__", "__slots__", "__annotations__", "__orig_bases__", "__match_args__"),
        *("__new__", "__repr__", "__str__", "__format__", "__getnewargs__", "__replace__", "__parameters__"),
        *("__static_attributes__", "__firstlineno__", "__annotate__", "__annotate_func__", "__annotations_cache__"),
    }
)
_FIELD = type(namedtuple("_", "a").a)


def examine(kind: type) -> tuple[str, list[str]] | None:
    """The letter of the kind of record that instances of a class are and the names of what they hold, or None."""
    # This gives the class a version, which changes with it.
    getattr(kind, "_fields", None)
    if type(kind) is not type:
        return None
    if issubclass(kind, tuple):
        return _named(kind)
    return None


def _named(kind: type) -> tuple[str, list[str]] | None:
    if not is_record(kind):
        return None
    own = vars(kind)
    names = own.get("_fields")
    if type(names) is not tuple or not names or not all(type(name) is str and name.isidentifier() for name in names):
        return None
    if not _are_fields(own, names) or not _is_harmless(own) or not {"count", "index"} & own.keys() <= set(names):
        return None
    made = [getattr(own.get(name), "__func__", own.get(name)) for name in ("_make", "_replace", "_asdict")]
    return ("n", list(names)) if all(getattr(each, "__module__", "") == "collections" for each in made) else None


def _are_fields(own: Any, names: tuple[str, ...]) -> bool:
    """Whether each name is read as the item at its place."""
    for at, name in enumerate(names):
        field = own.get(name)
        if type(field) is not _FIELD or field.__reduce__()[1][0] != at:
            return False
    return True


def _is_harmless(own: Any) -> bool:
    return all(name in _HARMLESS for name in own if name.startswith("__") and name.endswith("__"))
