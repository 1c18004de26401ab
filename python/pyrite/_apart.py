"""Whether calls of functions know nothing of each other: then rows of one task can go to two processes.

A call may leave something behind for the next one in what its function holds (globals, closure, defaults), in a module,
or outside of the process; and two rows may share what a class keeps. Nothing of that is in a function that stores only
into its own variables, that changes nothing while it holds what can be changed, and that reaches nothing of which that
isn't known. What is not known counts as no.
"""

from __future__ import annotations

import builtins
import collections
import datetime
import decimal
import dis
import fractions
import functools
import operator
import re
import uuid
from collections.abc import Callable, Iterator
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, NamedTuple

from pyrite import _hash_classes as classes
from pyrite._reached import held, named
from pyrite.broadcast import Broadcast
from pyrite.taskcontext import TaskContext

_MODULES = frozenset(
    "abc array base64 binascii bisect calendar collections collections.abc copy csv dataclasses datetime decimal enum "
    "fractions functools hashlib heapq hmac html io ipaddress itertools json json.decoder json.encoder math ntpath "
    "numbers numpy numpy.linalg operator os.path posixpath re shlex statistics string struct textwrap time types "
    "typing unicodedata urllib.parse uuid zlib zoneinfo".split()
)
# Builtins that reach into what others keep, or out of the process.
_NOT_THESE = frozenset(
    "__import__ breakpoint classmethod compile delattr dir eval exec getattr globals id input locals memoryview open "
    "print property setattr staticmethod vars".split()
)
# Attributes of modules, by which they change what they keep; no matter whose they are here.
_KEPT = frozenset(
    "__dict__ __class__ __globals__ __code__ __closure__ __defaults__ __setattr__ __delattr__ __init_subclass__ "
    "FileIO cache cache_clear dump field_size_limit getcontext localcontext lru_cache memmap methodcaller open "
    "open_code purge random register register_dialect save savetxt savez savez_compressed seed set_printoptions "
    "set_state setattr setcontext seterr seterrcall setfirstweekday setlocale tofile tzset".split()
)
_PLAIN = frozenset({int, str, float, bool, bytes, complex, type(None), re.Pattern, range, type(...)})
_FIXED: tuple[type, ...] = (
    *(datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone),
    *(decimal.Decimal, fractions.Fraction, uuid.UUID, operator.itemgetter, operator.attrgetter),
)
_HELD = frozenset({list, dict, set, collections.Counter, collections.OrderedDict, collections.deque, bytearray})
# Methods and functions that change what they are called on or with.
_CHANGING = frozenset(
    "add append appendleft at byteswap clear copyto delitem difference_update discard extend extendleft fill "
    "fill_diagonal heapify heappop heappush heappushpop heapreplace iadd iand iconcat ifloordiv ilshift imatmul imod "
    "imul insert insort insort_left insort_right intersection_update ior ipow irshift isub itemset itruediv ixor "
    "move_to_end partition place pop popitem popleft put put_along_axis putmask remove resize reverse rotate "
    "setdefault setfield setflags setitem shuffle sort subtract symmetric_difference_update update write writelines "
    "__delitem__ __iadd__ __iand__ __ior__ __isub__ __ixor__ __setitem__".split()
)
_TUPLES = frozenset("__new__ _make _replace __repr__ _asdict __getnewargs__ __replace__".split())
# What makes a value of its own, which nobody else has.
_MAKES = ("LOAD_CONST", "BUILD_", "BINARY_OP", "UNARY_", "COMPARE_OP", "FORMAT_", "LIST_EXTEND", "SET_UPDATE", "DICT_")
_STORES = ("STORE_GLOBAL", "DELETE_GLOBAL", "STORE_NAME", "DELETE_NAME", "LOAD_BUILD_CLASS", "IMPORT_STAR")
_MOST_VALUES = 1_000
_DEPTH = 20
_MISSING = object()


def change_rows_apart(functions: list[Callable[..., Any]]) -> bool | None:
    """None where a call of the functions may show what calls were made before. Otherwise whether they may change rows:
    then that holds only where no two rows share anything.
    """
    look = _Look()
    try:
        apart = all(map(look.value, functions)) and not (look.changes and (look.holds or look.arrays))
    except Exception:  # noqa: BLE001 - strange objects with strange attributes are not known
        return None
    return look.changes if apart and not (look.arrays and look.fills) else None


def rows_are_apart(names: list[tuple[str, str]]) -> bool:
    """Whether rows share nothing whose pickles name these classes and functions, by module and name."""
    try:
        look = _Look()
        foreign = [each for each in names if each[0].partition(".")[0] != "pyrite"]
        known = all(isinstance(kind, type) and look.value(kind) for kind in named(foreign))
    except Exception:  # noqa: BLE001 - as above
        return False
    return known and not (look.holds or look.arrays)


class _Step(NamedTuple):
    name: str
    argument: Any
    text: str
    #: Whether what is on the stack may come from elsewhere.
    meets: bool = False


class _Look:
    """One look at some functions and at all that they reach."""

    def __init__(self) -> None:
        self.seen: dict[int, Any] = {}
        self.depth = 0
        #: Whether they hold what can be changed.
        self.holds = False
        #: The same of arrays, into which a function of numpy may write when it is called with so many arguments.
        self.arrays = False
        self.fills = False
        #: Whether they change what may not be their own.
        self.changes = False

    def value(self, value: Any) -> bool:
        kind = type(value)
        if kind in _PLAIN or id(value) in self.seen:
            return True
        if self.depth >= _DEPTH or len(self.seen) > _MOST_VALUES:
            return False
        self.seen[id(value)] = value
        self.depth += 1
        try:
            return self._known(value, kind)
        finally:
            self.depth -= 1

    def _known(self, value: Any, kind: type) -> bool:
        if kind is FunctionType:
            return self._function(value)
        if kind is ModuleType:
            return value.__name__ in _MODULES
        if kind is BuiltinFunctionType:
            return self._builtin(value)
        if kind is MethodDescriptorType:
            self.changes |= value.__name__ in _CHANGING
            return bool(value.__objclass__.__module__ == "builtins")
        if isinstance(value, type):
            return self._class(value)
        if kind is functools.partial:
            return not value.__dict__ and all(map(self.value, (value.func, *value.args, *value.keywords.values())))
        if kind is MethodType:
            return self.value(value.__func__) and self.value(value.__self__)
        if kind is Broadcast:
            return self.value(value.value)
        if kind in (tuple, frozenset):
            return self._items(value)
        if kind in _HELD:
            self.holds = True
            return self._items(value) and (not isinstance(value, dict) or self._items(value.values()))
        if kind.__module__ == "numpy":
            # An array of objects may hold anything.
            self.arrays |= kind.__name__ == "ndarray"
            return getattr(getattr(value, "dtype", None), "hasobject", kind.__name__ != "ufunc") is False
        return kind in _FIXED and (kind not in (operator.itemgetter, operator.attrgetter) or not _KEPT & _names(value))

    def _items(self, items: Any) -> bool:
        return all(type(item) in _PLAIN or self.value(item) for item in items)

    def _builtin(self, value: BuiltinFunctionType) -> bool:
        owner = value.__self__
        self.changes |= value.__name__ in _CHANGING
        if isinstance(owner, ModuleType):
            if owner is builtins:
                return value.__name__ not in _NOT_THESE
            return owner.__name__.lstrip("_") in _MODULES and value.__name__ not in _KEPT
        return type(owner) in _PLAIN or (isinstance(owner, type) and self.value(owner))

    def _class(self, kind: type) -> bool:
        module = kind.__module__
        if module == "builtins":
            return kind.__name__ not in _NOT_THESE
        if module.lstrip("_") in _MODULES and kind.__name__ not in _KEPT:
            return True
        if kind is TaskContext:
            return True
        if type(kind) is not type or not all(map(self.value, kind.__bases__)):
            return False
        if kind.__bases__ == (tuple,) and hasattr(kind, "_fields"):
            return all(name in _TUPLES for name, own in vars(kind).items() if isinstance(own, FunctionType))
        return all(self._member(name, own) for name, own in vars(kind).items() if name not in classes.INERT)

    def _member(self, name: str, own: Any) -> bool:
        if isinstance(own, (staticmethod, classmethod)):
            own = own.__func__
        if isinstance(own, property):
            return all(map(self.value, (own.fget, own.fset, own.fdel)))
        if isinstance(own, classes.DESCRIPTORS):
            return True
        if isinstance(own, FunctionType):
            wrapped = classes.wrapped_repr(own)
            own = own if wrapped is None else wrapped
            self.seen[id(own)] = own
            return self._function(own, sets_its_own=name == "__init__")
        return self.value(own)

    def _function(self, function: FunctionType, sets_its_own: bool = False) -> bool:
        if function.__name__ in _KEPT or not all(map(self.value, held(function))):
            return False
        if classes.is_of(function, _MODULES):
            self.changes |= function.__name__ in _CHANGING
            return True
        if (function.__module__ or "").partition(".")[0] == "pyrite":
            # What the methods of RDDs wrap functions in: its code is ours, and what it calls is what it holds.
            return True
        code = function.__code__
        return self._code(code, function.__globals__, frozenset(code.co_freevars), sets_its_own)

    def _code(self, code: CodeType, scope: dict[str, Any], outer: frozenset[str], sets_its_own: bool = False) -> bool:
        steps = list(_steps(code))
        own = _own(code, steps)
        nothing = _Step("", None, "")
        for at, (name, argument, text, meets) in enumerate(steps):
            before = steps[at - 1] if at else nothing
            if name in _STORES or (name in ("STORE_DEREF", "DELETE_DEREF") and argument in outer):
                return False
            if name in ("STORE_ATTR", "DELETE_ATTR"):
                itself = code.co_varnames[0] if sets_its_own and code.co_argcount else _MISSING
                if meets or before[:2] != ("LOAD_FAST", itself) or "STORE_FAST" in _uses(steps, itself):
                    return False
            elif name in ("STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE"):
                of = steps[at - 2] if at > 1 else nothing
                straight = of.name == "LOAD_FAST" and _is_simple(before) and not meets
                self.changes |= not (straight and of.argument in own)
            elif name == "BINARY_OP" and text.endswith("="):
                into = steps[at + 1] if at + 1 < len(steps) else nothing
                self.changes |= not (into.name == "STORE_FAST" and into.argument in own)
            elif name in ("LOAD_GLOBAL", "LOAD_NAME"):
                found = scope.get(argument, getattr(builtins, argument, _MISSING))
                if argument in _NOT_THESE and found is getattr(builtins, argument, _MISSING):
                    return False
                if found is not _MISSING and not self.value(found):
                    return False
            elif name in ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR"):
                if argument in _KEPT:
                    return False
                if argument in _CHANGING:
                    self.changes |= meets or not (before.name == "LOAD_FAST" and before.argument in own)
            elif name == "IMPORT_NAME":
                if argument not in _MODULES:
                    return False
            elif name == "IMPORT_FROM":
                if argument in _KEPT | _CHANGING:
                    return False
            elif name.startswith("CALL"):
                self.fills |= name == "CALL_FUNCTION_EX" or (isinstance(argument, int) and argument > 2)
            elif isinstance(argument, tuple):
                self.fills |= "out" in argument
        inner = (part for part in code.co_consts if isinstance(part, CodeType))
        mine = frozenset(code.co_cellvars)
        return all(self._code(part, scope, frozenset(part.co_freevars) & outer - mine) for part in inner)


def _steps(code: CodeType) -> Iterator[_Step]:
    """The instructions; those that do two things at once, of newer versions, as two."""
    for step in dis.get_instructions(code):
        if step.opname in ("CACHE", "RESUME", "NOP", "PRECALL", "EXTENDED_ARG"):
            continue
        if step.opname.count("_FAST") == 2 and isinstance(step.argval, tuple):
            first, second = re.findall("(?:LOAD|STORE)_FAST", step.opname)
            yield _Step(first, step.argval[0], "", step.is_jump_target)
            yield _Step(second, step.argval[1], "")
            continue
        name = step.opname
        if name.startswith("LOAD_FAST"):
            name = "LOAD_FAST"
        yield _Step(name, step.argval, step.argrepr, step.is_jump_target)


def _own(code: CodeType, steps: list[_Step]) -> frozenset[str]:
    """The variables that hold only what the function has made there: no parameters, nothing that others have too."""
    given = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
    own = set(code.co_varnames[given:])
    for at, (name, argument, _, meets) in enumerate(steps):
        made = not meets and at and (steps[at - 1].name.startswith(_MAKES) or _makes(steps, at))
        if name == "STORE_FAST" and not made:
            own.discard(argument)
    return frozenset(own)


def _makes(steps: list[_Step], at: int) -> bool:
    """Whether what is stored there was made by a call of `list()`, `dict()`, `set()` or the like without arguments."""
    back = at - 1
    if back < 1 or not steps[back].name.startswith("CALL"):
        return False
    back -= 1
    while back > 0 and steps[back].name == "PUSH_NULL":
        back -= 1
    return steps[back].name == "LOAD_GLOBAL" and steps[back].argument in ("list", "dict", "set", "Counter", "bytearray")


def _uses(steps: list[_Step], variable: Any) -> set[str]:
    return {step.name for step in steps if step.argument == variable}


def _is_simple(step: _Step) -> bool:
    return not step.meets and step.name in ("LOAD_FAST", "LOAD_CONST", "LOAD_DEREF", "LOAD_GLOBAL")


def _names(value: Any) -> set[str]:
    """What an `attrgetter` or an `itemgetter` asks for."""
    made = value.__reduce__()[1]
    return {part for name in made if isinstance(name, str) for part in name.split(".")}
