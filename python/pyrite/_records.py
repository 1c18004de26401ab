"""Which classes of a program hold nothing but values by name: the engine may have their instances as columns."""

from __future__ import annotations

import weakref
from collections import namedtuple
from types import MemberDescriptorType
from typing import Any

from pyrite._row import Row

__all__ = ["classes_with", "examine", "generation", "is_record"]

# What a named tuple's class may say of itself without changing what its instances do, as far as the engine does it.
_HARMLESS = frozenset(
    {
        *("__doc__", "__module__", "__qualname__", "__slots__", "__annotations__", "__orig_bases__", "__match_args__"),
        *("__new__", "__repr__", "__str__", "__format__", "__getnewargs__", "__replace__", "__parameters__"),
        *(
            "__slotnames__",
            "__abstractmethods__",
            "__static_attributes__",
            "__firstlineno__",
            "__annotate__",
            "__annotate_func__",
            "__annotations_cache__",
        ),
    }
)
# What any other class may not have: another way of making, pickling or asking its instances.
_FORBIDDEN = frozenset(
    {
        *("__new__", "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__getnewargs__"),
        *("__getnewargs_ex__", "__getattr__", "__getattribute__", "__bool__", "__len__", "__del__", "__dict__"),
        *("__class__", "__copy__", "__deepcopy__", "__iter__", "__getitem__", "__contains__"),
    }
)
_FIELD = type(vars(namedtuple("_", "a"))["a"])
#: Stands before the names of slots, which the class says; other instances bring their names along.
SLOTS = "slots:"

_known: dict[str, list[weakref.ref[type]]] = {}
#: Grows with each class that is known: what was said without it may be wrong.
generation = 0


def is_record(kind: type) -> bool:
    """Whether a kind of tuples is a named tuple as `typing.NamedTuple` or `collections.namedtuple` makes it.

    Such a tuple holds its fields and nothing else, and a pickle of it gives one like it.
    """
    own = vars(kind)
    new = own.get("__new__")
    return (
        kind.__bases__ == (tuple,)
        and kind.__dictoffset__ == 0
        # The static method itself need not know.
        and getattr(getattr(new, "__func__", new), "__module__", None) == f"namedtuple_{kind.__name__}"
        and getattr(own.get("__getnewargs__"), "__module__", None) == "collections"
        and own.keys().isdisjoint(("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__getattribute__"))
    )


def examine(kind: type) -> tuple[str, list[str]] | None:
    """The letter of the kind of record that instances of a class are, and names; or None.

    The names are those that instances hold, with `SLOTS` before them where they are slots; of instances with a dict
    those that none of them may hold, since the class would answer.
    """
    # This gives the class a version, which changes with it.
    getattr(kind, "_fields", None)
    if type(kind) is not type:
        return None
    found: tuple[str, list[str]] | None
    if kind is Row:
        return "r", []
    found = _named(kind) if issubclass(kind, tuple) else _plain(kind)
    if found is not None:
        _remember(kind)
    return found


def classes_with(name: str, scope: dict[str, Any]) -> list[type]:
    """Classes of records that have a method, a property or another attribute of this name.

    Those are meant that were seen so far; where there is none, those that a module has by their names.
    """
    if name not in _known:
        for kind in list(scope.values()):
            if type(kind) is type and kind.__flags__ & 1 << 9 and any(name in vars(each) for each in kind.__mro__):
                examine(kind)
    found = [reference() for reference in _known.get(name, ())]
    return [kind for kind in found if kind is not None]


def _remember(kind: type) -> None:
    global generation
    names = {
        name for each in kind.__mro__[:-1] if each is not tuple for name in vars(each) if not name.startswith("__")
    }
    if isinstance(getattr(kind, "_fields", None), tuple):
        names -= {*kind._fields, "_fields", "_make", "_replace", "_asdict", "_field_defaults", "_fields_defaults"}  # type: ignore[attr-defined]
    for name in names:
        known = _known.setdefault(name, [])
        known[:] = [reference for reference in known if reference() is not None]
        if not any(reference() is kind for reference in known):
            known.append(weakref.ref(kind))
            generation += 1


def _named(kind: type) -> tuple[str, list[str]] | None:
    if not is_record(kind):
        return None
    own = vars(kind)
    names = own.get("_fields")
    if type(names) is not tuple or not names or not all(type(name) is str and name.isidentifier() for name in names):
        return None
    if not _are_fields(own, names) or not {"count", "index"} & own.keys() <= set(names):
        return None
    if not all(name in _HARMLESS for name in own if name.startswith("__") and name.endswith("__")):
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


def _plain(kind: type) -> tuple[str, list[str]] | None:
    """Of a class whose instances have a dict or slots and are made, pickled and read as `object` does it."""
    family = kind.__mro__
    if family[-1] is not object or any(type(each) is not type or not each.__flags__ & 1 << 9 for each in family[:-1]):
        return None
    if kind is object or kind.__module__ in ("builtins", "pyrite") or kind.__module__.startswith("pyrite."):
        return None
    for each in family[:-1]:
        forbidden = _FORBIDDEN & vars(each).keys()
        # A dataclass that is frozen and has slots gets these.
        forbidden -= {
            name
            for name in ("__getstate__", "__setstate__")
            if getattr(vars(each).get(name), "__module__", "") == "dataclasses"
        }
        # Every first class with a dict has its descriptor.
        forbidden -= {"__dict__"} if "__slots__" not in vars(each) else set()
        if forbidden:
            return None
    slotted = ["__slots__" in vars(each) for each in family[:-1]]
    slots = [
        name
        for each in reversed(family[:-1])
        for name, of in vars(each).items()
        if type(of) is MemberDescriptorType and name not in ("__weakref__", "__dict__")
    ]
    if all(slotted):
        # A class below may have something else under the name.
        own = len(set(slots)) == len(slots) and all(_is_slot(kind, name) for name in slots)
        return ("o", [SLOTS, *slots]) if slots and own and not kind.__dictoffset__ else None
    if slots or kind.__itemsize__:
        return None
    taken = {
        name
        for each in family[:-1]
        for name, of in vars(each).items()
        if hasattr(type(of), "__set__") or hasattr(type(of), "__delete__")
    }
    return "o", ["", *sorted(taken | {"__class__", "__dict__", "__weakref__"})]


def _is_slot(kind: type, name: str) -> bool:
    """Whether a class finds the slot of this name under it, and nothing that a class below has put there."""
    found = next(vars(each)[name] for each in kind.__mro__ if name in vars(each))
    return type(found) is MemberDescriptorType and found.__name__ == name
