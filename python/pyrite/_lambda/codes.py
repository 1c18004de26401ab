"""Code objects: what kind they are, whether two do the same, and the constant that is all of one."""

from __future__ import annotations

import datetime
import dis
import struct
from types import CodeType
from typing import Any

_GENERATOR = 0x20
_COROUTINE = 0x80 | 0x100 | 0x200
_NESTED = 0x10
_IDLE = {"RESUME", "NOP", "CACHE", "COPY_FREE_VARS", "MAKE_CELL", "PRECALL"}
_IDLE_CODES = frozenset(dis.opmap[name] for name in _IDLE if name in dis.opmap)
# Instructions that name a global, and by how much their argument is shifted.
_NAMING = {
    number: 1 if name == "LOAD_GLOBAL" else 0
    for name, number in dis.opmap.items()
    if name.endswith(("_GLOBAL", "_NAME")) and not name.startswith(("IMPORT", "INSTRUMENTED"))
}


def is_generator(code: CodeType) -> bool:
    """Whether a call gives a generator, which runs the body."""
    return bool(code.co_flags & _GENERATOR)


def is_coroutine(code: CodeType) -> bool:
    """Whether a call gives something to await."""
    return bool(code.co_flags & _COROUTINE)


def constant_body(code: CodeType) -> tuple[Any, ...]:
    """`(constant,)` when the code only returns a constant (it has no useful position on 3.12), else `()`."""
    if is_generator(code) or is_coroutine(code) or len(code.co_code) > 64:
        return ()
    if sum(number not in _IDLE_CODES for number in code.co_code[::2]) > 2:
        return ()
    steps = [i for i in dis.get_instructions(code) if i.opname not in _IDLE]
    names = [i.opname for i in steps]
    if names in (["RETURN_CONST"], ["LOAD_CONST", "RETURN_VALUE"]):
        return (steps[0].argval,)
    return ()


def named_globals(code: CodeType) -> dict[str, None]:
    """The globals that the code itself reads or writes by name, in order. (`dis` is twenty times as slow.)"""
    found: dict[str, None] = {}
    if code.co_names:
        bytecode, names, extended = code.co_code, code.co_names, 0
        for number, argument in zip(bytecode[::2], bytecode[1::2], strict=True):
            if number == dis.EXTENDED_ARG:
                extended = (extended | argument) << 8
                continue
            shift = _NAMING.get(number)
            if shift is not None:
                found[names[(extended | argument) >> shift]] = None
            extended = 0
    return found


def same_code(one: CodeType, two: CodeType) -> bool:
    """Whether two code objects do the same: instructions, constants with their types, and every name."""
    return (
        one.co_code == two.co_code
        and one.co_names == two.co_names
        and one.co_varnames == two.co_varnames
        and one.co_freevars == two.co_freevars
        and one.co_cellvars == two.co_cellvars
        # Only where it was compiled says the flag that it is nested: `%timeit` puts a cell into a function.
        and one.co_flags | _NESTED == two.co_flags | _NESTED
        and one.co_argcount == two.co_argcount
        and one.co_posonlyargcount == two.co_posonlyargcount
        and one.co_kwonlyargcount == two.co_kwonlyargcount
        and _same_constant(one.co_consts, two.co_consts)
    )


def fingerprint(value: Any) -> Any:
    """Equal exactly for constants that behave the same: 1, True and 1.0 differ, so do 0.0 and -0.0."""
    if type(value) is tuple:
        return (tuple, *map(fingerprint, value))
    if type(value) is frozenset:
        return (frozenset, frozenset(map(fingerprint, value)))
    if type(value) is float:
        return (float, struct.pack("<d", value))
    if type(value) is complex:
        return (complex, struct.pack("<dd", value.real, value.imag))
    if isinstance(value, datetime.datetime | datetime.time | datetime.timezone):
        # The same instant in two zones is equal, and so are the two times of a clock that was set back.
        return (type(value), value, repr(value))
    return (type(value), value)


def _same_constant(one: Any, two: Any) -> bool:
    if isinstance(one, CodeType) or isinstance(two, CodeType):
        return isinstance(one, CodeType) and isinstance(two, CodeType) and same_code(one, two)
    if type(one) is tuple and type(two) is tuple:
        return len(one) == len(two) and all(map(_same_constant, one, two))
    return bool(fingerprint(one) == fingerprint(two))
