"""`freeze`: what the engine gets of a user function when a job is made.

A function's tree is translated once for a code object and the immutable values it captures; captures are read at every
freeze. A function that isn't compiled, or whose captures can change, is pickled there and then, as PySpark does.
"""

from __future__ import annotations

import functools
import inspect
import json
import pickle
import threading
from collections.abc import Callable
from copy import copy
from types import CodeType, FunctionType
from typing import Any

from pyrite import _engine
from pyrite._partitions import first_fold, listed
from pyrite.errors import Py4JJavaError, PySparkRuntimeError

from . import accumulating, containers, fields, own, watching
from .callables import describe, is_builtin, shares, translate_callable
from .capture import Capture
from .copying import copy_function
from .decline import Decline
from .fields import Fields
from .node import Node, check_size, constant, value
from .partitions import OfIterator, translate_partition
from .states import Updating, WithState
from .translate import translate_function, translate_mapping, translate_of_rows

_FUNCTIONS = 1024
_VARIANTS = 8
_OFF = "pyrite.native is off"

# How the engine calls a function where it isn't with rows as they are: `mapWithState`'s without or with the time, a
# function of rows with named fields with what these hold, `updateStateByKey`'s with a key, its states and its values,
# `mapPartitions`' with an iterator.
Called = bool | Fields | type[Updating] | None
How = Called | OfIterator


class Frozen:
    """A function as it was when a job was made."""

    __slots__ = (
        *("_capture", "_how", "_payload", "_shared", "_tracer"),
        *("captured", "expression", "name", "native", "parameters", "reason"),
    )

    def __init__(
        self,
        name: str,
        expression: str | None,
        reason: str | None,
        parameters: int | None,
        *,
        capture: Capture | None = None,
        payload: bytes | None = None,
        shared: Callable[..., Any] | None = None,
        captured: tuple[_engine.Captured, ...] = (),
        how: Called = None,
    ) -> None:
        self.name = name
        #: JSON of the engine's `Expr`, or None.
        self.expression = expression
        #: Why there is no expression.
        self.reason = reason
        #: With how many positional arguments the expression may be called; any other number is for Python to judge.
        #: None where the engine judges.
        self.parameters = parameters
        #: The containers that the expression looks into, as they were when the job was made.
        self.captured = captured
        #: What the engine has made of the expression, once it has: a stream asks in every batch.
        self.native: Any = None
        self._capture = capture
        self._payload = payload
        self._shared = shared
        self._how = how
        self._tracer: Any = None

    def traced(self, tracer: Any) -> Frozen:
        """The same, whose copies run under a tracer of the thread that asks for the job."""
        made = copy(self)
        made._tracer = tracer
        return made

    def copy(self) -> Callable[..., Any]:
        """A private copy for one task."""
        watching.follow(self._tracer)
        copy, how = self._copy(), self._how
        if how is None:
            return copy
        if isinstance(how, type):
            return how(copy)
        return functools.partial(fields.called, how, copy) if isinstance(how, Fields) else WithState(copy, how)

    def _copy(self) -> Callable[..., Any]:
        if self._capture is not None:
            return copy_function(self._capture)
        if self._payload is not None:
            copy: Callable[..., Any] = pickle.loads(self._payload)
            return copy
        assert self._shared is not None
        return self._shared

    def __repr__(self) -> str:
        return f"<Frozen {self.name}: {self.reason or 'compiled'}>"


class _Variant:
    """A translation and the captures for which it is right."""

    __slots__ = ("capture", "off", "on")

    def __init__(self, function: FunctionType, name: str, how: How) -> None:
        self.capture = Capture(function)
        expression, reason, parameters = _compile(lambda: _translated(function, how, self.capture))
        called = None if isinstance(how, OfIterator) else how
        shared = self.capture if self.capture.shareable else None
        # What can't change in place needs no second conversion.
        captured = () if shared is None or expression is None else containers.current(self.capture, function)
        self.on = Frozen(name, expression, reason, parameters, capture=shared, captured=captured, how=called)
        self.off = Frozen(name, None, _OFF, None, capture=shared, how=called)
        if shared is None:
            # What it captures may be large, and only its pickles are needed.
            self.capture.release()


def _translated(function: FunctionType, how: How, capture: Capture) -> tuple[Node, int]:
    if how is None:
        return translate_function(function, capture)
    if isinstance(how, type):
        raise Decline("the update function compiles or it doesn't")
    if isinstance(how, Fields):
        return translate_of_rows(function, how, capture)
    if isinstance(how, OfIterator):
        return translate_partition(function, how.indexed, capture)
    return translate_mapping(function, how, capture)


# By code, and by how the function is called.
_cache: dict[tuple[int, How], tuple[CodeType, list[_Variant]]] = {}
_builtins: dict[int, tuple[object, Frozen]] = {}
_lock = threading.Lock()


def freeze_of_iterator(function: Callable[..., Any], indexed: bool, native: bool = True) -> Frozen:
    """As `freeze`, of a function that is called with an iterator, and before it an index where `indexed`."""
    if type(function) is FunctionType and (function is listed or not (function.__module__ or "").startswith("pyrite.")):
        return freeze(function, native, OfIterator(indexed))
    frozen = copy(freeze(function, False))
    frozen.reason = "it takes an iterator" if native else _OFF
    return frozen


def freeze(function: Callable[..., Any], native: bool = True, how: How = None) -> Frozen:
    """The function's tree, or why it has none, and a way to make private copies of it."""
    watched = watching.watched()
    if getattr(function, "__code__", None) in own.CODES:
        frozen = _freeze(function, True, None, how)
    elif watched is not None and native:
        watching.say(watched)
        frozen = _freeze(function, native, watched, how)
    else:
        frozen = _freeze(function, native, None, how)
    tracer = None if watched is None else watching.lent()
    return frozen if tracer is None else frozen.traced(tracer)


def _freeze(function: Callable[..., Any], native: bool, watched: str | None, how: How) -> Frozen:
    if type(function) is not FunctionType:
        if isinstance(function, WithState) and type(function.function) is FunctionType:
            how, function = function.timed, function.function
        elif isinstance(function, Updating) and type(function.function) is FunctionType:
            how, function = Updating, function.function
        elif (of_rows := fields.of_rows(function)) is not None:
            how, function = of_rows
        else:
            return _freeze_callable(function, native, watched)
    code = function.__code__
    known = _cache.get((id(code), how))
    frozen, used = None, None
    if known is not None and known[0] is code:
        for variant in known[1]:
            if variant.capture.holds(function):
                frozen, used = variant.on if native else variant.off, variant.capture
                break
    if frozen is None:
        variant = _translate(function, code, how)
        frozen, used = variant.on if native else variant.off, variant.capture
    if frozen._capture is not None and watched is None:
        return frozen
    called = None if isinstance(how, OfIterator) else how
    if frozen._capture is not None:
        return Frozen(frozen.name, None, watched, None, capture=frozen._capture, how=called)
    if watched is not None:
        return Frozen(frozen.name, None, watched, None, payload=_pickle(function), how=called)
    payload = _pickle(function)
    expression, reason = frozen.expression, frozen.reason
    captured: tuple[_engine.Captured, ...] = ()
    if expression is not None and used is not None and used.places:
        try:
            captured = containers.current(used, function)
        except Decline as decline:
            expression, reason = None, decline.reason
    return Frozen(frozen.name, expression, reason, frozen.parameters, payload=payload, captured=captured, how=called)


def _translate(function: FunctionType, code: CodeType, how: How) -> _Variant:
    variant = _Variant(function, describe(function), how)
    with _lock:
        known = _cache.pop((id(code), how), None)
        variants = known[1] if known is not None and known[0] is code else []
        while len(_cache) >= _FUNCTIONS:
            _cache.pop(next(iter(_cache)))
        # A new list: others may be reading the old one.
        _cache[id(code), how] = (code, [variant, *variants[: _VARIANTS - 1]])
    return variant


def _freeze_callable(function: Callable[..., Any], native: bool, watched: str | None) -> Frozen:
    known = _builtins.get(id(function))
    if known is not None and known[0] is function and native and watched is None:
        return known[1]
    if type(function) is functools.partial and function.func is first_fold:
        return _freeze_first_fold(function, native)
    expression, reason, parameters = None, _OFF if not native else watched, None
    if reason is None:
        expression, reason, parameters = _compile(lambda: translate_callable(function))
    name = describe(function)
    if shares(function):
        frozen = Frozen(name, expression, reason, parameters, shared=function)
        if native and watched is None and is_builtin(function):
            _builtins[id(function)] = (function, frozen)
        return frozen
    return Frozen(name, expression, reason, parameters, payload=_pickle(function))


def start_value(zero: Any) -> str | None:
    """A start value as the engine has constants; None where it isn't one."""
    try:
        return json.dumps(constant(zero).json, separators=(",", ":"))
    except Decline:
        return None


def _freeze_first_fold(function: functools.partial[Any], native: bool) -> Frozen:
    """A start value's first fold: the fold's own tree with the start value in the place of the state."""
    zero, fold = function.args
    frozen = freeze(fold, native)
    expression, reason = None, frozen.reason
    if frozen.expression is not None and frozen.parameters in (2, None):
        try:
            start = accumulating.start(zero)
            tree = _with_state(json.loads(frozen.expression), start)
            check_size(tree)
            expression, reason = json.dumps(tree, separators=(",", ":")), None
        except Decline as decline:
            reason = decline.reason
    elif frozen.expression is not None:
        reason = f"it takes {frozen.parameters} arguments but is called with 2"
    return Frozen(describe(function), expression, reason, 1, payload=_pickle(function), captured=frozen.captured)


def _with_state(tree: Any, start: Any) -> Any:
    """The tree where parameter 0 is a constant and parameter 1 is the only one."""
    if isinstance(tree, dict):
        if "param" in tree:
            return start if tree["param"] == 0 else {"param": tree["param"] - 1}
        return {name: _with_state(part, start) for name, part in tree.items()}
    return [_with_state(part, start) for part in tree] if isinstance(tree, list) else tree


def _compile(translate: Callable[[], tuple[Node, int | None]]) -> tuple[str | None, str | None, int | None]:
    try:
        node, parameters = translate()
        made = node.json if node.kind in ("match", "generator") else value(node)
        check_size(made)
        # A generator is good only for who goes through it: the engine knows who does.
        tree = {"generator": made} if node.kind == "generator" else made
        return json.dumps(tree, separators=(",", ":")), None, parameters
    except Decline as decline:
        return None, decline.reason, None
    except RecursionError:
        return None, "is nested too deeply", None


def _pickle(function: Callable[..., Any]) -> bytes:
    from pyrite import _inprocess

    try:
        return _inprocess.dumps(function)
    except (pickle.PickleError, Py4JJavaError):
        raise
    except Exception as error:
        failure = pickle.PicklingError(f"Could not serialize object: {type(error).__name__}: {error}")
        hint = _culprit(function)
        if hint and not isinstance(error, PySparkRuntimeError):  # that one says it all
            failure.add_note(hint)
        raise failure from error


def _culprit(function: Callable[..., Any]) -> str | None:
    """Which name that the function uses doesn't pickle, and what to do."""
    import cloudpickle

    try:
        used = inspect.getclosurevars(function)
    except TypeError:  # not a plain function
        return None
    for name, found in {**used.nonlocals, **used.globals}.items():
        try:
            cloudpickle.dumps(found)
        except Exception:  # noqa: BLE001 - whatever its __reduce__ raises
            return (
                f"the function uses {name}, a {type(found).__name__}, which can't be copied to where the function "
                "runs: make it inside the function (in mapPartitions or foreachPartition once for many rows)"
            )
    return None
