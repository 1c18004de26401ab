"""What a StreamingListener is told: objects whose fields are methods, as those of PySpark's.

`e.batchInfo().batchTime().milliseconds()`: times are milliseconds since 1970, and -1 where something isn't known yet.
Maps are dicts.
"""

from __future__ import annotations

import functools
from typing import Any

# What the engine tells of an output operation: the batch, its number, name, start, end, failure.
_Output = tuple[int, int, str, int, int, str | None]


@functools.total_ordering
class Time:
    """The time of a batch."""

    __slots__ = ("_ms",)

    def __init__(self, ms: int) -> None:
        self._ms = ms

    def milliseconds(self) -> int:
        """Milliseconds since 1970."""
        return self._ms

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and other._ms == self._ms

    def __lt__(self, other: Time) -> bool:
        return self._ms < other._ms

    def __hash__(self) -> int:
        return hash(self._ms)

    def __str__(self) -> str:
        return f"{self._ms} ms"

    def __repr__(self) -> str:
        return f"Time({self._ms})"


class _Told:
    """Something with the fields of an event, each a method without arguments; `repr` shows them all."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)()!r}" for name in self._fields)
        return f"{type(self).__name__}({fields})"


class InputInfo(_Told):
    """What a batch got from one input stream."""

    __slots__ = ("_description", "_id", "_records")
    _fields = ("inputStreamId", "numRecords", "metadata")

    def __init__(self, stream: int, records: int, description: str | None) -> None:
        self._id = stream
        self._records = records
        self._description = description

    def inputStreamId(self) -> int:
        """The number of the input stream: counted from 0 in the order in which they were made."""
        return self._id

    def numRecords(self) -> int:
        """How many records; 0 for files, which are not counted before they are read."""
        return self._records

    def metadata(self) -> dict[str, Any]:
        """`Description`, and the list `files` of a stream of files."""
        if self._description is None:
            return {}
        lines = self._description.split("\n") if self._description else []
        files = {"files": lines} if all(line.startswith("file:") for line in lines) else {}
        return {**files, "Description": self._description}

    def metadataDescription(self) -> str | None:
        """What was read, for people; None where there is nothing to say."""
        return self._description


class OutputOperationInfo(_Told):
    """One output operation of a batch."""

    __slots__ = ("_told",)
    _fields = ("batchTime", "id", "name", "startTime", "endTime", "failureReason")

    def __init__(self, *told: Any) -> None:
        self._told: _Output = told

    def batchTime(self) -> Time:
        """The batch."""
        return Time(self._told[0])

    def id(self) -> int:
        """Its number among the operations that the batch has, from 0."""
        return self._told[1]

    def name(self) -> str:
        """The program's call: `pprint at word_count.py:12`."""
        return self._told[2]

    def description(self) -> str:
        """The same."""
        return self._told[2]

    def startTime(self) -> int:
        """When it started."""
        return self._told[3]

    def endTime(self) -> int:
        """When it ended."""
        return self._told[4]

    def failureReason(self) -> str | None:
        """The exception that it failed with, as its traceback is printed; None when it didn't."""
        return self._told[5]


class BatchInfo(_Told):
    """One batch, as it is at the time of the event."""

    __slots__ = ("_ended", "_inputs", "_outputs", "_started", "_submitted", "_time")
    _fields = ("batchTime", "submissionTime", "schedulingDelay", "processingDelay", "numRecords")

    def __init__(
        self,
        time: int,
        submitted: int,
        started: int,
        ended: int,
        inputs: list[tuple[int, int, str | None]],
        outputs: list[_Output],
    ) -> None:
        self._time = time
        self._submitted = submitted
        self._started = started
        self._ended = ended
        self._inputs = inputs
        self._outputs = outputs

    def batchTime(self) -> Time:
        """The end of the interval that it covers."""
        return Time(self._time)

    def streamIdToInputInfo(self) -> dict[int, InputInfo]:
        """What it got, by input stream; streams that report nothing, such as queues, are not in it."""
        return {stream: InputInfo(stream, records, text) for stream, records, text in self._inputs}

    def submissionTime(self) -> int:
        """When its operations were queued."""
        return self._submitted

    def processingStartTime(self) -> int:
        """When its first operation started."""
        return self._started

    def processingEndTime(self) -> int:
        """When its last operation ended."""
        return self._ended

    def schedulingDelay(self) -> int:
        """From queued to started."""
        return -1 if self._started < 0 else self._started - self._submitted

    def processingDelay(self) -> int:
        """From started to ended."""
        return -1 if self._ended < 0 else self._ended - self._started

    def totalDelay(self) -> int:
        """From queued to ended."""
        return -1 if self._ended < 0 else self._ended - self._submitted

    def numRecords(self) -> int:
        """Records of all its inputs."""
        return sum(records for _, records, _ in self._inputs)

    def outputOperationInfos(self) -> dict[int, OutputOperationInfo]:
        """Its output operations by their numbers."""
        return {told[1]: OutputOperationInfo(*told) for told in self._outputs}


class ReceiverInfo(_Told):
    """A receiver."""

    __slots__ = ("_told",)
    _fields = ("streamId", "name", "active", "lastErrorMessage")

    def __init__(self, *told: Any) -> None:
        self._told = told

    def streamId(self) -> int:
        """The input stream that it receives for."""
        return int(self._told[0])

    def name(self) -> str:
        """`SocketReceiver-0`."""
        return str(self._told[1])

    def active(self) -> bool:
        """Whether it takes in."""
        return bool(self._told[2])

    def location(self) -> str:
        """The machine."""
        return str(self._told[3])

    def executorId(self) -> str:
        """`driver`: it runs in the program's process."""
        return str(self._told[4])

    def lastErrorMessage(self) -> str:
        """What it said of its last error, or why it stopped; else empty."""
        return str(self._told[5])

    def lastError(self) -> str:
        """That error in full; else empty."""
        return str(self._told[6])

    def lastErrorTime(self) -> int:
        """When it came."""
        return int(self._told[7])


class StreamingStarted(_Told):
    """The context was started."""

    __slots__ = ("_ms",)
    _fields = ("time",)

    def __init__(self, ms: int) -> None:
        self._ms = ms

    def time(self) -> int:
        """When, in milliseconds."""
        return self._ms


class BatchEvent(_Told):
    """Something happened to a batch."""

    __slots__ = ("_info",)
    _fields = ("batchInfo",)

    def __init__(self, *told: Any) -> None:
        self._info = BatchInfo(*told)

    def batchInfo(self) -> BatchInfo:
        """The batch."""
        return self._info


class OutputOperationEvent(_Told):
    """An output operation started or ended."""

    __slots__ = ("_info",)
    _fields = ("outputOperationInfo",)

    def __init__(self, *told: Any) -> None:
        self._info = OutputOperationInfo(*told)

    def outputOperationInfo(self) -> OutputOperationInfo:
        """The operation."""
        return self._info


class ReceiverEvent(_Told):
    """A receiver started, reported an error or stopped."""

    __slots__ = ("_info",)
    _fields = ("receiverInfo",)

    def __init__(self, *told: Any) -> None:
        self._info = ReceiverInfo(*told)

    def receiverInfo(self) -> ReceiverInfo:
        """The receiver."""
        return self._info


# The event of each of a listener's methods.
EVENTS: dict[str, type[_Told]] = {
    "onStreamingStarted": StreamingStarted,
    "onReceiverStarted": ReceiverEvent,
    "onReceiverError": ReceiverEvent,
    "onReceiverStopped": ReceiverEvent,
    "onBatchSubmitted": BatchEvent,
    "onBatchStarted": BatchEvent,
    "onBatchCompleted": BatchEvent,
    "onOutputOperationStarted": OutputOperationEvent,
    "onOutputOperationCompleted": OutputOperationEvent,
}
