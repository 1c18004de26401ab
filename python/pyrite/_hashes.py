"""Whether a function's results can depend on the seed of str hashes, which differs between processes.

The order of a set and `hash()` itself depend on it; nothing else does. So a function that makes no set, calls no
`hash` and reaches nothing of which that isn't known gives the same in every process. What is not known counts as no.
"""

from __future__ import annotations

import builtins
import collections
import datetime
import dis
import functools
import re
from collections.abc import Callable
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

from pyrite.accumulators import Accumulator, AddingAccumulatorParam
from pyrite.broadcast import Broadcast

_MODULES = frozenset(
    "base64 bisect calendar collections copy csv datetime decimal fractions functools hashlib html itertools json "
    "logging math ntpath numpy operator os os.path posixpath random re shlex statistics string struct textwrap time "
    "unicodedata urllib.parse uuid zlib".split()
)
_NOT_THESE = frozenset(
    "__import__ compile delattr dir eval exec frozenset getattr globals hash id locals object set setattr super "
    "vars".split()
)
_KINDS: tuple[type, ...] = (
    *(bool, bytes, complex, float, int, str, list, tuple, dict, range, type(None)),
    *(datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone),
    *(collections.Counter, collections.OrderedDict, collections.defaultdict, collections.deque),
)
# Their results are sets.
_SET_METHODS = frozenset("union intersection difference symmetric_difference".split())
# These are like sets, but show it only between these operators.
_VIEWS = frozenset({"keys", "items"})
_SET_OPERATORS = frozenset("& | ^ - &= |= ^= -=".split())
# They call methods by name.
_INDIRECT = frozenset({"methodcaller", "attrgetter"})
_SET_OPCODES = frozenset({"BUILD_SET", "SET_ADD", "SET_UPDATE"})
_MOST_ITEMS = 10_000
_DEPTH = 20
_MISSING = object()


def sees_no_hash(function: Callable[..., Any]) -> bool:
    """Whether the function is known to give the same whatever the seed of str hashes is."""
    return _value(function, set(), _DEPTH)


def _value(value: Any, seen: set[int], depth: int) -> bool:
    kind = type(value)
    if kind in (int, str, float, bool, bytes, type(None), re.Pattern) or id(value) in seen:
        return True
    if depth == 0:
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
        return value in _KINDS or _is_ordinary(value)
    if kind is functools.partial:
        return all(map(below, (value.func, *value.args, *value.keywords.values())))
    if kind is MethodType:
        return False
    if kind is Accumulator:
        return type(value.accum_param) is AddingAccumulatorParam and below(value._value)
    if kind is Broadcast:
        return below(value.value)
    if kind in (list, tuple, collections.deque):
        return len(value) <= _MOST_ITEMS and all(map(below, value))
    if kind in (dict, collections.Counter, collections.OrderedDict, collections.defaultdict):
        if len(value) > _MOST_ITEMS or not below(getattr(value, "default_factory", None)):
            return False
        return all(map(below, value)) and all(map(below, value.values()))
    return kind in _KINDS


def _builtin(value: BuiltinFunctionType, below: Callable[[Any], bool]) -> bool:
    owner = value.__self__
    if isinstance(owner, ModuleType):
        if owner is builtins:
            return value.__name__ not in _NOT_THESE
        return owner.__name__.lstrip("_") in _MODULES
    return value.__name__ not in _SET_METHODS and below(owner)


def _function(function: FunctionType, below: Callable[[Any], bool]) -> bool:
    held = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    held += [content for cell in function.__closure__ or () if (content := _content(cell)) is not _MISSING]
    if not all(map(below, held)):
        return False
    if (function.__module__ or "").partition(".")[0] == "pyrite":
        return True  # its code is ours; what it calls is what it holds
    return _code(function.__code__, function.__globals__, below)


def _code(code: CodeType, scope: dict[str, Any], below: Callable[[Any], bool]) -> bool:
    constant: Any = None
    views = not _VIEWS.isdisjoint(code.co_names)
    for instruction in dis.get_instructions(code):
        name, argument = instruction.opname, instruction.argval
        if type(constant) is frozenset and name != "CONTAINS_OP":
            return False  # it is iterated, perhaps
        constant = argument if name == "LOAD_CONST" else None
        if name in _SET_OPCODES or (views and name == "BINARY_OP" and instruction.argrepr in _SET_OPERATORS):
            return False
        if name in ("LOAD_GLOBAL", "LOAD_NAME"):
            if argument in _NOT_THESE:
                return False
            found = scope.get(argument, getattr(builtins, argument, _MISSING))
            if found is not _MISSING and not (_is_ordinary(found) or below(found)):
                return False
        elif name in ("LOAD_ATTR", "LOAD_METHOD"):
            if argument in _SET_METHODS or argument in _INDIRECT or argument.startswith("__"):
                return False
        elif name == "IMPORT_NAME" and argument not in _MODULES:
            return False
    return all(_code(part, scope, below) for part in code.co_consts if isinstance(part, CodeType))


def _is_ordinary(value: Any) -> bool:
    """Whether it is a built-in class such as `enumerate` or `ValueError`, but none that makes sets."""
    return isinstance(value, type) and value.__module__ == "builtins" and value.__name__ not in _NOT_THESE


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return _MISSING
