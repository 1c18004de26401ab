"""Classes whose instances are rows, or that functions use: whether they can show what str hashes to.

A class of the program is known if all its methods are, and its bases. Its own `__hash__` may call `hash`: only dicts
ask for it, and they keep the order in which their keys came.
"""

from __future__ import annotations

import abc
import collections.abc
import dataclasses
import enum
import operator
import reprlib
import sys
import types
from collections.abc import Callable
from functools import cached_property
from typing import Any

Check = Callable[[Any], bool]

# What pickles name beside classes: they make what the rest of the pickle says.
MAKERS = frozenset(
    {
        ("copyreg", "_reconstructor"),
        ("copyreg", "__newobj__"),
        ("copyreg", "__newobj_ex__"),
        ("_codecs", "encode"),
        ("builtins", "object"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "scalar"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy", "dtype"),
        ("numpy._core.numeric", "_frombuffer"),
        ("numpy.core.numeric", "_frombuffer"),
    }
)
# Attributes of a class that say what it is and do nothing.
INERT = frozenset(
    "__abstractmethods__ __annotate__ __annotate_func__ __annotations__ __annotations_cache__ __classcell__ "
    "__classdictcell__ __dataclass_fields__ __dataclass_params__ __dict__ __doc__ __firstlineno__ __match_args__ "
    "__module__ __orig_bases__ __parameters__ __qualname__ __slots__ __static_attributes__ __type_params__ __weakref__ "
    "_abc_impl".split()
)
# A class that says how it is pickled or hashed otherwise is not looked into.
_PICKLING = frozenset({"__reduce__", "__reduce_ex__", "__getattribute__"})
_SETS = (set, frozenset, collections.abc.Set)
_METACLASSES = (type, abc.ABCMeta, enum.EnumMeta)
# Classes that call methods by name.
_INDIRECT = (operator.attrgetter, operator.methodcaller)
DESCRIPTORS = (types.MemberDescriptorType, types.GetSetDescriptorType, types.WrapperDescriptorType)
_TUPLE_GETTER: type = type(vars(collections.namedtuple("_Pair", "left right"))["left"])
_HEAP_TYPE = 1 << 9
# Bases that hold nothing but what `contents_are_known` looks at.
_OPEN = (object, tuple, list, dict, int, float, str, bytes, abc.ABC, enum.Enum, enum.IntEnum, enum.StrEnum)
_OPEN_MODULES = frozenset({"enum", "typing", "abc"})
_CLOSED = frozenset(
    {
        ("operator", "itemgetter"),
        ("decimal", "Decimal"),
        ("fractions", "Fraction"),
        ("uuid", "UUID"),
        ("zoneinfo", "ZoneInfo"),
        ("dataclasses", "_HAS_DEFAULT_FACTORY_CLASS"),
    }
)


def is_known(kind: type, modules: frozenset[str], below: Check, hashes: Callable[..., bool]) -> bool:
    """Whether instances of the class, and the class itself, show no hash of a str."""
    if type(kind) not in _METACLASSES or issubclass(kind, _SETS) or kind in _INDIRECT:
        return False
    return all(_is_known(base, modules, below, hashes) for base in kind.__mro__)


def _is_known(base: type, modules: frozenset[str], below: Check, hashes: Callable[..., bool]) -> bool:
    module = base.__module__
    if module in ("builtins", "collections.abc", "_collections_abc"):
        return True
    if module.partition(".")[0] == "pyrite":
        return True
    if module.lstrip("_") in modules:
        return True
    return all(_attribute(name, value, base, below, hashes) for name, value in vars(base).items() if name not in INERT)


def _attribute(name: str, value: Any, owner: type, below: Check, hashes: Callable[..., bool]) -> bool:
    if name in _PICKLING:
        return isinstance(owner, enum.EnumMeta)
    if name == "__hash__":
        return value is None or (isinstance(value, types.FunctionType) and hashes(value, below))
    if isinstance(value, (*DESCRIPTORS, _TUPLE_GETTER)):
        return True
    if isinstance(value, (staticmethod, classmethod)):
        return below(value.__func__)
    if isinstance(value, (property, types.DynamicClassAttribute)):
        return all(map(below, (value.fget, value.fset, value.fdel)))
    if isinstance(value, cached_property):
        return below(value.func)
    if isinstance(owner, enum.EnumMeta) and name.startswith("_") and not isinstance(value, types.FunctionType):
        return True  # the members by name and by value
    return below(value)


def contents_are_known(value: Any, most: int, below: Check) -> bool:
    """Whether an instance, of a class that is known, holds nothing that shows a hash."""
    kind = type(value)
    if (kind.__module__, kind.__qualname__) in _CLOSED:
        return True
    if kind.__module__ == "numpy":
        return getattr(getattr(value, "dtype", None), "hasobject", True) is False
    if not all(base in _OPEN or base.__module__ in _OPEN_MODULES or _is_the_programs(base) for base in kind.__mro__):
        return False
    held = [*getattr(value, "__dict__", {}).values()]
    held += [getattr(value, slot) for base in kind.__mro__ for slot in _slots(base) if hasattr(value, slot)]
    if isinstance(value, (tuple, list, dict)):
        if len(value) > most:
            return False
        held += [*value, *value.values()] if isinstance(value, dict) else value
    return all(map(below, held))


def _slots(base: type) -> list[str]:
    return [name for name, value in vars(base).items() if isinstance(value, types.MemberDescriptorType)]


def _is_the_programs(base: type) -> bool:
    """Whether a class was made while the program ran, and isn't one of Python's own."""
    made = bool(base.__flags__ & _HEAP_TYPE)
    return made and base.__module__.partition(".")[0] not in sys.stdlib_module_names - {"__main__"}


def is_of(function: types.FunctionType, modules: frozenset[str]) -> bool:
    """Whether a function is one of these modules' own."""
    name = function.__globals__.get("__name__")
    module = sys.modules.get(name) if isinstance(name, str) else None
    return name in modules and module is not None and vars(module) is function.__globals__


def is_installed(module: types.ModuleType) -> bool:
    """Whether a module is a library's: its code is too much to be read."""
    file = getattr(module, "__file__", None)
    return not isinstance(file, str) or file.startswith((sys.prefix, sys.base_prefix))


def wrapped_repr(function: types.FunctionType) -> Any:
    """What a dataclass made its `__repr__` of: round it is a guard against recursion that keeps a set to itself."""
    own = function.__globals__ is vars(dataclasses) or function.__globals__ is vars(reprlib)
    return getattr(function, "__wrapped__", None) if own and function.__name__ == "__repr__" else None
