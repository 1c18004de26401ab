"""An exception on its way from a worker process: the same exception, with a traceback that shows the same lines.

A traceback can't be pickled. What is shown of one is the code objects, with the position in each; so those are sent,
and here each is run, with a `raise` in place of its instructions, to get a frame for it.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from types import CodeType, FunctionType, TracebackType
from typing import Any, NamedTuple

from pyrite._traceback import without_our_frames
from pyrite.errors import engine_error


def _raise() -> None:
    raise


_RAISE = _raise.__code__.co_code
# Of CPython's flags a function that raises keeps CO_OPTIMIZED and CO_NEWLOCALS; others speak of what is taken out, as
# parameters and a docstring among the constants, and a generator doesn't run when it is called.
_FLAGS = 0x01 | 0x02


class _Step(NamedTuple):
    code: CodeType
    instruction: int
    line: int
    module: str


class _Link(NamedTuple):
    """One exception of a chain; the others are named by their place in the list."""

    exception: bytes
    notes: list[str]
    steps: list[_Step]
    cause: int | None
    context: int | None
    suppress_context: bool


def dump(error: BaseException) -> bytes:
    """The exception, those it came from, and their tracebacks, without Pyrite's frames."""
    from pyrite import _pickling

    chain: list[BaseException] = [error]
    places = {id(error): 0}
    codes: dict[int, CodeType] = {}
    links: list[_Link] = []

    def place(other: BaseException | None) -> int | None:
        if other is None:
            return None
        if id(other) not in places:
            places[id(other)] = len(chain)
            chain.append(other)
        return places[id(other)]

    for current in chain:  # it grows meanwhile
        steps = _steps(current.__traceback__, codes)
        cause, context = place(current.__cause__), place(current.__context__)
        notes = [str(note) for note in getattr(current, "__notes__", ())]
        links.append(_Link(_dump_one(current), notes, steps, cause, context, current.__suppress_context__))
    done: bytes = _pickling.dumps(links)
    return done


def load(dumped: bytes) -> BaseException:
    """The exception that `dump` got."""
    links: list[_Link] = pickle.loads(dumped)
    errors = [_load_one(link.exception) for link in links]
    for error, link in zip(errors, links, strict=True):
        error.__traceback__ = _traceback(link.steps)
        if link.notes:
            error.__notes__ = link.notes
        error.__cause__ = None if link.cause is None else errors[link.cause]
        error.__context__ = None if link.context is None else errors[link.context]
        error.__suppress_context__ = link.suppress_context
    return errors[0]


def _dump_one(error: BaseException) -> bytes:
    """By pickle where it comes back the same; else by its parts; else its text."""
    from pyrite import _pickling

    try:
        whole: bytes = _pickling.dumps(error)
        back = pickle.loads(whole)
        if type(back) is type(error) and str(back) == str(error):
            return whole
    except Exception:  # noqa: BLE001 - an __init__ with other arguments, a lock inside, anything
        pass
    kept = {name: value for name, value in error.__dict__.items() if _pickles(value)}
    args = tuple(value if _pickles(value) else _Shown(_text(repr, value)) for value in error.args)
    try:
        parts: bytes = _pickling.dumps(_Parts(type(error), args, kept))
        _load_one(parts)
        return parts
    except Exception:  # noqa: BLE001 - as above
        return pickle.dumps(_Text(f"{type(error).__module__}.{type(error).__qualname__}", _text(str, error)))


def _pickles(value: Any) -> bool:
    from pyrite import _pickling

    try:
        pickle.loads(_pickling.dumps(value))
        return True
    except Exception:  # noqa: BLE001 - as above
        return False


def _text(make: Callable[[Any], str], value: Any) -> str:
    try:
        return make(value)
    except Exception:  # noqa: BLE001 - the user's own __str__
        return f"a {type(value).__name__}"


class _Shown:
    """Stands for what doesn't pickle, and looks like it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


class _Parts(NamedTuple):
    kind: type[BaseException]
    args: tuple[Any, ...]
    attributes: dict[str, Any]


class _Text(NamedTuple):
    name: str
    text: str


def _load_one(dumped: bytes) -> BaseException:
    loaded = pickle.loads(dumped)
    if isinstance(loaded, _Parts):
        error: BaseException = loaded.kind.__new__(loaded.kind, *loaded.args)
        error.args = loaded.args
        error.__dict__.update(loaded.attributes)
        return error
    if isinstance(loaded, _Text):
        return engine_error("org.apache.spark.api.python.PythonException", f"{loaded.name}: {loaded.text}")
    assert isinstance(loaded, BaseException)
    return loaded


def _steps(traceback: TracebackType | None, codes: dict[int, CodeType]) -> list[_Step]:
    steps = []
    traceback = without_our_frames(traceback)
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if id(code) not in codes:
            codes[id(code)] = _hollow(code)
        module = str(traceback.tb_frame.f_globals.get("__name__", ""))
        steps.append(_Step(codes[id(code)], traceback.tb_lasti, traceback.tb_lineno, module))
        traceback = traceback.tb_next
    return steps


def _hollow(code: CodeType) -> CodeType:
    """The same name, file and positions; called, it only raises."""
    return code.replace(
        co_code=_RAISE + code.co_code[len(_RAISE) :],
        co_argcount=0,
        co_posonlyargcount=0,
        co_kwonlyargcount=0,
        co_nlocals=0,
        co_varnames=(),
        co_cellvars=(),
        co_freevars=(),
        co_consts=(),
        co_names=(),
        co_exceptiontable=b"",
        co_flags=code.co_flags & _FLAGS,
    )


def _traceback(steps: list[_Step]) -> TracebackType | None:
    chain: TracebackType | None = None
    handled = sys.exc_info()[1]  # a bare raise raises this one again, where there is one
    kept = None if handled is None else handled.__traceback__
    for step in reversed(steps):
        try:
            FunctionType(step.code, {"__name__": step.module, "__builtins__": {}})()
        except BaseException as error:  # noqa: BLE001 - RuntimeError, or the handled one
            own = error.__traceback__
            assert own is not None
            assert own.tb_next is not None
            chain = TracebackType(chain, own.tb_next.tb_frame, step.instruction, step.line)
    if handled is not None:
        handled.__traceback__ = kept
    return chain
