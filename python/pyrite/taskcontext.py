"""`TaskContext`: what a running task knows of itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pyrite import _engine

__all__ = ["TaskContext"]


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
