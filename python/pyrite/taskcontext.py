"""`TaskContext`: what a running task knows of itself."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from pyrite import _engine
from pyrite.errors import PySparkRuntimeError, engine_error

if TYPE_CHECKING:
    from pyrite._meeting import Meeting, Meetings

__all__ = ["BarrierTaskContext", "BarrierTaskInfo", "TaskContext"]

# Where the tasks of a barrier stage run, as Spark's local mode says it: there is no port.
_ADDRESS = "localhost:0"


class TaskContext:
    """Which task runs: `TaskContext.get()` in a function that runs on data.

    Examples
    --------
    >>> sc.parallelize([1, 2], 2).map(lambda x: TaskContext.get().partitionId()).collect()
    [0, 1]
    """

    _stageId: int | None = None
    _partitionId: int | None = None
    _attemptNumber: int | None = None
    _taskAttemptId: int | None = None
    _localProperties: dict[str, str] | None = None
    _cpus: int | None = None
    _cpuAmount: Decimal | None = None
    _resources: dict[str, Any] | None = None

    def __init__(self, **kwargs: Any) -> None:
        for key, value in kwargs.items():
            if not hasattr(self, f"_{key}"):
                raise TypeError(f"__init__() got an unexpected keyword argument '{key}'")
            if value is not None:
                setattr(self, f"_{key}", value)

    @classmethod
    def get(cls) -> TaskContext | None:
        """The context of the running task; None in the program itself."""
        return _engine.task_context()

    @classmethod
    def from_json(cls, json: dict[str, Any]) -> TaskContext:
        """A context from its facts."""
        return cls(
            stageId=json["stageId"],
            partitionId=json["partitionId"],
            attemptNumber=json["attemptNumber"],
            taskAttemptId=json["taskAttemptId"],
            cpus=json["cpus"],
            cpuAmount=Decimal(json["cpuAmount"]) if "cpuAmount" in json else None,
            resources=json["resources"],
            localProperties=json["localProperties"],
        )

    def stageId(self) -> int:
        """The stage that the task belongs to."""
        return self._stageId  # type: ignore[return-value]

    def partitionId(self) -> int:
        """The partition that it computes."""
        return self._partitionId  # type: ignore[return-value]

    def attemptNumber(self) -> int:
        """How often the task was tried before: 0 the first time."""
        return self._attemptNumber  # type: ignore[return-value]

    def taskAttemptId(self) -> int:
        """The attempt's number among all of the SparkContext."""
        return self._taskAttemptId  # type: ignore[return-value]

    def getLocalProperty(self, key: str) -> str | None:
        """A local property of the thread that started the job, as it was then; None where it wasn't set."""
        return (self._localProperties or {}).get(key)

    def cpus(self) -> int:
        """The cores that the task has: 1."""
        return self._cpus  # type: ignore[return-value]

    def cpuAmount(self) -> Decimal:
        """The same as a Decimal."""
        return self._cpuAmount  # type: ignore[return-value]

    def resources(self) -> dict[str, Any]:
        """Resources beside cores: none."""
        return self._resources  # type: ignore[return-value]


class BarrierTaskContext(TaskContext):
    """Which task of a barrier stage runs; such tasks can wait for each other.

    Examples
    --------
    >>> def together(rows):
    ...     task = BarrierTaskContext.get()
    ...     task.barrier()
    ...     return task.allGather(str(sum(rows)))
    >>> sc.parallelize([1, 2, 3, 4], 2).barrier().mapPartitions(together).collect()
    ['3', '7', '3', '7']
    """

    _meeting: Meeting | None = None

    @classmethod
    def get(cls) -> BarrierTaskContext:
        """The context of the running task.

        Raises
        ------
        PySparkRuntimeError
            It belongs to no barrier stage.
        """
        context = TaskContext.get()
        if not isinstance(context, BarrierTaskContext):
            raise PySparkRuntimeError(errorClass="NOT_IN_BARRIER_STAGE", messageParameters={})
        return context

    @classmethod
    def _enter(cls, meetings: Meetings) -> Meeting:
        """The running task is one of a barrier stage from now on: where it meets the others."""
        context = cast("Any", TaskContext.get())
        context.__class__ = cls
        meeting = context._meeting = meetings.of(context.stageId())
        return meeting

    def _met(self, name: str) -> Meeting:
        if self._meeting is None:
            parameters = {"func_name": name, "object": "BarrierTaskContext"}
            raise PySparkRuntimeError(errorClass="CALL_BEFORE_INITIALIZE", messageParameters=parameters)
        return self._meeting

    def barrier(self) -> None:
        """Wait until all tasks of the stage have called this as often as this one."""
        self._met("barrier").meet(self.partitionId(), "", _alone)

    def allGather(self, message: str = "") -> list[str]:
        """As `barrier`; each task says something, and gets what all have said, by partition.

        Raises
        ------
        TypeError
            It isn't text.
        """
        if not isinstance(message, str):
            raise TypeError("Argument `message` must be of type `str`")
        return self._met("allGather").meet(self.partitionId(), message, _alone)

    def getTaskInfos(self) -> list[BarrierTaskInfo]:
        """Where each task of the stage runs: all in this process."""
        return [BarrierTaskInfo(_ADDRESS) for _ in range(self._met("getTaskInfos").tasks)]


class BarrierTaskInfo:
    """Where a task of a barrier stage runs."""

    def __init__(self, address: str) -> None:
        self.address = address


def _alone() -> BaseException:
    return engine_error(
        "org.apache.spark.SparkException",
        "A task of the barrier stage has ended while others wait for it: each must call barrier() and allGather() "
        "equally often.",
    )


def made(stage: int, partition: int, attempt: int, task: int, properties: dict[str, str]) -> TaskContext:
    """The context of a task that the engine runs."""
    return TaskContext(
        stageId=stage,
        partitionId=partition,
        attemptNumber=attempt,
        taskAttemptId=task,
        localProperties=properties,
        cpus=1,
        cpuAmount=Decimal(1),
        resources={},
    )
