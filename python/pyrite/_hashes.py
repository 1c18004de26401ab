"""Whether what a function gives, or what rows hold, can depend on the seed of str hashes: it differs in each process.

The order of a set and `hash()` itself depend on it; nothing else does. So a function that makes no set, calls no
`hash` and reaches nothing of which that isn't known gives the same in every process, if its rows hold no sets and no
instances of classes of which that isn't known. What is not known counts as no.
"""

from __future__ import annotations

import builtins
import collections
import datetime
import dis
import functools
import random
import re
from collections.abc import Callable
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

from pyrite import _hash_classes as classes
from pyrite._reached import enclosed, held, named
from pyrite.accumulators import Accumulator, AddingAccumulatorParam
from pyrite.broadcast import Broadcast

_MODULES = frozenset(
    "abc array base64 bisect calendar collections copy csv dataclasses datetime decimal enum fractions functools "
    "hashlib heapq html ipaddress itertools json json.decoder json.encoder logging math ntpath numbers numpy operator "
    "os os.path pathlib posixpath random re shlex statistics string struct textwrap time types typing unicodedata "
    "urllib.parse uuid zlib zoneinfo".split()
)
_NOT_THESE = frozenset(
    "__import__ compile delattr dir eval exec frozenset getattr globals hash id locals object set setattr vars".split()
)
_PLAIN = frozenset({int, str, float, bool, bytes, type(None), re.Pattern})
_KINDS: tuple[type, ...] = (
    *(bool, bytes, complex, float, int, str, list, tuple, dict, range, type(None), type(...), type(NotImplemented)),
    *(datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone),
    *(collections.Counter, collections.OrderedDict, collections.defaultdict, collections.deque),
    *(random.Random, random.SystemRandom),
)
# Their results are sets.
_SET_METHODS = frozenset("union intersection difference symmetric_difference".split())
# These are like sets, but show it only between these operators.
_VIEWS = frozenset({"keys", "items"})
_SET_OPERATORS = frozenset("& | ^ - &= |= ^= -=".split())
# They call methods by name.
_INDIRECT = frozenset({"methodcaller", "attrgetter"})
# Special names that show no hash where a function uses them.
_HARMLESS = frozenset(
    "__class__ __delattr__ __doc__ __init__ __len__ __module__ __name__ __new__ __post_init__ __qualname__ __repr__ "
    "__setattr__ __str__".split()
)
_SET_OPCODES = frozenset({"BUILD_SET", "SET_ADD", "SET_UPDATE"})
_MOST_ITEMS = 10_000
_MOST_VALUES = 1_000
_DEPTH = 20
_MISSING = object()


def sees_no_hash(function: Callable[..., Any]) -> bool:
    """Whether the function is known to give the same whatever the seed of str hashes is."""
    return _value(function, set(), _DEPTH)


def are_known(names: list[tuple[str, str]]) -> bool:
    """Whether rows show no hash whose pickles name these classes and functions, by module and name, and hold no set."""
    seen: set[int] = set()
    try:
        return all(isinstance(kind, type) and _value(kind, seen, _DEPTH) for kind in named(names))
    except Exception:  # noqa: BLE001 - strange objects with strange attributes are not known
        return False


def _value(value: Any, seen: set[int], depth: int) -> bool:
    kind = type(value)
    if kind in _PLAIN or id(value) in seen:
        return True
    if depth == 0 or len(seen) > _MOST_VALUES:
        return False
    seen.add(id(value))
    below = functools.partial(_value, seen=seen, depth=depth - 1)
    if kind is FunctionType:
        return _function(value, below)
    if kind is ModuleType:
        return value.__name__ in _MODULES
    if kind is BuiltinFunctionType:
        return _builtin(value, below)
    if kind is MethodDescriptorType:
        return value.__objclass__ in _KINDS and value.__name__ not in _SET_METHODS
    if isinstance(value, type):
        return value in _KINDS or _is_ordinary(value) or classes.is_known(value, _MODULES, below, _hashes)
    if kind is functools.partial:
        return all(map(below, (value.func, *value.args, *value.keywords.values())))
    if kind is MethodType:
        return below(value.__func__) and below(value.__self__)
    if kind is Accumulator:
        return type(value.accum_param) is AddingAccumulatorParam and below(value._value)
    if kind is Broadcast:
        return below(value.value)
    if kind in (list, tuple, collections.deque):
        return len(value) <= _MOST_ITEMS and all(type(item) in _PLAIN or below(item) for item in value)
    if kind in (dict, collections.Counter, collections.OrderedDict, collections.defaultdict):
        if len(value) > _MOST_ITEMS or not below(getattr(value, "default_factory", None)):
            return False
        return all(type(item) in _PLAIN or below(item) for item in (*value, *value.values()))
    return kind in _KINDS or (below(kind) and classes.contents_are_known(value, _MOST_ITEMS, below))


def _builtin(value: BuiltinFunctionType, below: Callable[[Any], bool]) -> bool:
    owner = value.__self__
    if isinstance(owner, ModuleType):
        if owner is builtins:
            return value.__name__ not in _NOT_THESE
        return owner.__name__.lstrip("_") in _MODULES
    return value.__name__ not in _SET_METHODS and below(owner)


def _function(function: FunctionType, below: Callable[[Any], bool]) -> bool:
    wrapped = classes.wrapped_repr(function)
    if wrapped is not None:
        return below(wrapped)
    if not all(map(below, held(function))):
        return False
    module = function.__module__ or ""
    if module.partition(".")[0] == "pyrite" or classes.is_of(function, _MODULES):
        return True  # its code is ours or Python's; what it calls is what it holds
    return _code(function.__code__, function.__globals__, below)


def _code(code: CodeType, scope: dict[str, Any], below: Callable[[Any], bool], allowed: str = "") -> bool:
    constant: Any = None
    module: Any = None
    views = not _VIEWS.isdisjoint(code.co_names)
    for instruction in dis.get_instructions(code):
        name, argument = instruction.opname, instruction.argval
        if type(constant) is frozenset and name != "CONTAINS_OP":
            return False  # it is iterated, perhaps
        constant = argument if name == "LOAD_CONST" else None
        if module is not None:
            # Of a module that isn't known, what is used may be.
            if name not in ("LOAD_ATTR", "LOAD_METHOD") or not below(getattr(module, argument, _SET_METHODS)):
                return False
            module = None
        if name in _SET_OPCODES or (views and name == "BINARY_OP" and instruction.argrepr in _SET_OPERATORS):
            return False
        if name in ("LOAD_GLOBAL", "LOAD_NAME"):
            if argument in _NOT_THESE and argument != allowed:
                return False
            found = scope.get(argument, getattr(builtins, argument, _MISSING))
            if type(found) is ModuleType and not below(found):
                if classes.is_installed(found):
                    return False
                module = found
            elif found is not _MISSING and argument != allowed and not (_is_ordinary(found) or below(found)):
                return False
        elif name in ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR"):
            if argument in _SET_METHODS or argument in _INDIRECT:
                return False
            if argument.startswith("__") and argument not in _HARMLESS:
                return False
        elif name == "IMPORT_NAME" and argument not in _MODULES:
            return False
    return all(_code(part, scope, below, allowed) for part in code.co_consts if isinstance(part, CodeType))


def _hashes(function: FunctionType, below: Callable[[Any], bool]) -> bool:
    """Whether a class's `__hash__` does nothing but hash: only dicts call it, and they keep the order of their keys."""
    code = function.__code__
    stores = any(i.opname.startswith("STORE_") and i.opname != "STORE_FAST" for i in dis.get_instructions(code))
    return not stores and all(map(below, enclosed(function))) and _code(code, function.__globals__, below, "hash")


def _is_ordinary(value: Any) -> bool:
    """Whether it is a built-in class such as `enumerate` or `ValueError`, but none that makes sets."""
    return isinstance(value, type) and value.__module__ == "builtins" and value.__name__ not in _NOT_THESE
