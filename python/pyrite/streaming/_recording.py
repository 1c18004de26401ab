"""A program's streams written down: which engine calls made them, in order, with the program's own functions.

A recovered program makes the same calls again, so that streams and inputs have the numbers that they had.
"""

from __future__ import annotations

import io
import json
import pickle
import sys
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from pyrite import _engine, _pickling
from pyrite.accumulators import Accumulator
from pyrite.broadcast import Broadcast
from pyrite.errors import engine_error
from pyrite.streaming._sources import Sources

if TYPE_CHECKING:
    from pyrite.streaming.context import StreamingContext

# Calls that make no stream and yet belong to the graph.
_KEPT = frozenset({"output", "remember"})
# Broadcasts are written with every checkpoint, so they must be small.
_LARGEST_BROADCASTS = 4 << 20


class Call(NamedTuple):
    """One engine call."""

    method: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class StreamOf(NamedTuple):
    """A stream among the arguments of a call that was read: by number."""

    number: int


class Recorded:
    """`_engine.Streaming` whose calls are noted where they make the graph."""

    def __init__(self, engine: _engine.Streaming, jobs: Any = None) -> None:
        self.engine = engine
        # Runs the jobs that complete a state.
        self._jobs = jobs
        self._calls: list[Call] = []
        self._streams: list[_engine.Stream] = []
        self._over = False
        self._sources = Sources()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.engine, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            result = found(*args, **kwargs)
            if isinstance(result, _engine.Stream):
                self._streams.append(result)
                self._calls.append(Call(name, args, kwargs))
            elif name in _KEPT:
                self._calls.append(Call(name, args, kwargs))
            return result

        return call

    def __len__(self) -> int:
        return len(self._calls)

    def persist(self, stream: _engine.Stream) -> None:
        """Keep the rows of a stream's plans."""
        stream.persist()
        self._calls.append(Call("persist", (stream,), {}))

    def checkpoint_stream(self, stream: _engine.Stream, ms: int) -> None:
        """Have a stream written down every so many milliseconds."""
        stream.checkpoint(ms)
        self._calls.append(Call("checkpoint_stream", (stream, ms), {}))

    def state_by_key(self, parent: Any, update: Any, whole: Any, count: int, initial: Any, site: str) -> Any:
        """The states of `updateStateByKey`. What is there at first is in the checkpoint of the state."""
        made = _engine.state_by_key(self.engine, self._jobs, parent, update, whole, count, initial, site)
        return self._noted(made, Call("state_by_key", (parent, update, whole, count, None, site), {}))

    def map_with_state(
        self, parent: Any, function: Any, count: int, initial: Any, timeout: int | None, site: str
    ) -> Any:
        """The states of `mapWithState`."""
        made = _engine.map_with_state(self.engine, self._jobs, parent, function, count, initial, timeout, site)
        return self._noted(made, Call("map_with_state", (parent, function, count, None, timeout, site), {}))

    def state_view(self, states: Any, pairs: bool, site: str) -> Any:
        """What is read of a stream of states."""
        made = _engine.state_view(self.engine, states, pairs, site)
        return self._noted(made, Call("state_view", (states, pairs, site), {}))

    def kafka_direct(self, topics: Any, pattern: Any, params: Any, offsets: Any) -> Any:
        """The messages of some topics."""
        made = _engine.kafka_direct(self.engine, topics, pattern, params, offsets)
        return self._noted(made, Call("kafka_direct", (topics, pattern, params, offsets), {}))

    def kafka_group(self, topics: Any, params: Any) -> Any:
        """What a consumer group is given of some topics."""
        return self._noted(_engine.kafka_group(self.engine, topics, params), Call("kafka_group", (topics, params), {}))

    def _noted(self, made: _engine.Stream, call: Call) -> _engine.Stream:
        self._streams.append(made)
        self._calls.append(call)
        return made

    def forget(self) -> None:
        """The context is over: let go of the program's functions."""
        self._over = True
        self._calls = []
        self._streams = []

    def dump(self, ssc: StreamingContext) -> bytes:
        """Settings, then the calls.

        Raises
        ------
        Py4JJavaError
            A function can't be pickled.
        """
        if self._over:
            raise RuntimeError("the StreamingContext is stopped")
        sc = ssc._sc
        settings: dict[str, Any] = {
            "python": list(sys.version_info[:2]),
            "pyrite": _engine.VERSION,
            "master": sc.master,
            "appName": sc.appName,
            "conf": sc._conf.getAll(),
        }
        try:
            with io.BytesIO() as file:
                pickler = _Pickler(file, ssc, self._streams)
                pickler.dump(self._calls)
                settings["sources"] = self._sources.of(pickler.modules)
                head = json.dumps(settings, default=str).encode()
                return len(head).to_bytes(4, "little") + head + file.getvalue()
        except Exception as error:
            raise engine_error(
                "java.io.IOException",
                "org.apache.spark.SparkException: An exception was raised by Python:\n"
                f"{type(error).__name__}: {error}\n"
                "Checkpoints hold the functions of all streams: make what can't be pickled inside of the function that "
                "uses it, or leave ssc.checkpoint() out.",
            ) from error

    def replay(self, calls: list[Call]) -> None:
        """Make the calls again."""
        for call in calls:
            args = [self._here(value) for value in call.args]
            kwargs = {name: self._here(value) for name, value in call.kwargs.items()}
            getattr(self, call.method)(*args, **kwargs)

    def _here(self, value: Any) -> Any:
        if isinstance(value, StreamOf):
            return self._streams[value.number]
        if type(value) is list:
            return [self._here(element) for element in value]
        return value


class _Pickler(_pickling.Pickler):
    """Contexts, streams, broadcasts and accumulators are named, not pickled."""

    def __init__(self, file: io.BytesIO, ssc: StreamingContext, streams: list[_engine.Stream]) -> None:
        super().__init__(file)
        self._ssc = ssc
        self._numbers = {id(stream): number for number, stream in enumerate(streams)}
        self._room = _LARGEST_BROADCASTS
        # The modules of the functions and classes in it.
        self.modules: set[str] = set()

    def persistent_id(self, value: Any) -> tuple[Any, ...] | None:
        """What a value is called."""
        if value is self._ssc:
            return ("streaming context",)
        if value is self._ssc._sc:
            return ("context",)
        kind = type(value)
        if kind is FunctionType or isinstance(value, type):
            self.modules.add(value.__module__ or "")
            return None
        if kind is _engine.Stream:
            return ("stream", self._numbers[id(value)])
        if kind is _engine.Plan:
            return ("plan",)
        if kind is Accumulator and not value._deserialized:
            return ("accumulator", value.aid, value._value, value.accum_param)
        if kind is Broadcast and value._sc is not None:
            return ("broadcast", value._id, self._pickled(value))
        return None

    def _pickled(self, broadcast: Broadcast[Any]) -> bytes:
        with open(broadcast._path, "rb") as file:
            pickled = file.read(self._room + 1)
        self._room -= len(pickled)
        if self._room < 0:
            most = _LARGEST_BROADCASTS >> 20
            raise pickle.PicklingError(
                "the broadcasts that streams use are written with every checkpoint, and these are larger than "
                f"{most} MB: have the function make its broadcast when it is first called"
            )
        return pickled


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, ssc: StreamingContext) -> None:
        super().__init__(file)
        self._ssc = ssc
        self._made: dict[tuple[str, int], Any] = {}

    def persistent_load(self, pid: tuple[Any, ...]) -> Any:
        """What a name stands for here."""
        sc = self._ssc._sc
        kind = pid[0]
        if kind == "streaming context":
            return self._ssc
        if kind == "context":
            return sc
        if kind == "stream":
            return StreamOf(pid[1])
        if kind == "plan":
            raise engine_error(
                "java.io.NotSerializableException",
                "queueStream doesn't support checkpointing. "
                "Please don't use queueStream when checkpointing is enabled.",
            )
        make: dict[str, Callable[[], Any]] = {
            "accumulator": lambda: sc.accumulator(pid[2], pid[3]),
            "broadcast": lambda: sc.broadcast(pickle.loads(pid[2])),
        }
        key = (kind, pid[1])
        if key not in self._made:
            self._made[key] = make[kind]()
        return self._made[key]


def settings_of(program: bytes) -> dict[str, Any]:
    """What `Recorded.dump` says of the program's context."""
    size = int.from_bytes(program[:4], "little")
    settings: dict[str, Any] = json.loads(program[4 : 4 + size])
    return settings


def calls_of(program: bytes, ssc: StreamingContext) -> list[Call]:
    """The calls that `Recorded.dump` has written."""
    size = int.from_bytes(program[:4], "little")
    calls: list[Call] = _Unpickler(io.BytesIO(program[4 + size :]), ssc).load()
    return calls
