"""`StatusTracker`: how far jobs and their stages are."""

from __future__ import annotations

from typing import Any, NamedTuple

from pyrite.errors import Py4JError

__all__ = ["SparkExecutorInfo", "SparkJobInfo", "SparkStageInfo", "StatusTracker"]


class SparkJobInfo(NamedTuple):
    """A job: its stages, and RUNNING, SUCCEEDED, FAILED or UNKNOWN."""

    jobId: int
    stageIds: list[int]
    status: str


class SparkStageInfo(NamedTuple):
    """A stage and its tasks."""

    stageId: int
    currentAttemptId: int
    name: str
    numTasks: int
    numActiveTasks: int
    numCompletedTasks: int
    numFailedTasks: int


class SparkExecutorInfo(NamedTuple):
    """A process that runs tasks."""

    host: str
    port: int
    cacheSize: int
    numRunningTasks: int
    usedOnHeapStorageMemory: int
    usedOffHeapStorageMemory: int
    totalOnHeapStorageMemory: int
    totalOffHeapStorageMemory: int


class StatusTracker:
    """What is known of running jobs and of the newest of those that ended; made by `SparkContext.statusTracker`."""

    def __init__(self, jtracker: Any) -> None:
        self._jtracker = jtracker

    def getJobIdsForGroup(self, jobGroup: str | None = None) -> list[int]:
        """The jobs of a group, newest first; without one, the jobs that have none."""
        ids: list[int] = self._jtracker.jobs_of_group(jobGroup)
        return ids

    def getActiveStageIds(self) -> list[int]:
        """The stages whose tasks run."""
        ids: list[int] = self._jtracker.active_stages()
        return ids

    def getActiveJobsIds(self) -> list[int]:
        """The jobs that run."""
        ids: list[int] = self._jtracker.active_jobs()
        return ids

    def getJobInfo(self, jobId: int) -> SparkJobInfo | None:
        """A job, or None where it isn't known or not any more."""
        found = self._jtracker.job_info(_number("getJobInfo", jobId))
        return None if found is None else SparkJobInfo(jobId, *found)

    def getStageInfo(self, stageId: int) -> SparkStageInfo | None:
        """A stage, or None where it isn't known or not any more."""
        found = self._jtracker.stage_info(_number("getStageInfo", stageId))
        return None if found is None else SparkStageInfo(stageId, *found)

    def getExecutorInfos(self) -> list[SparkExecutorInfo]:
        """One for this process, in which the program and its tasks are."""
        running: int = self._jtracker.active_tasks()
        return [SparkExecutorInfo("localhost", 0, 0, running, 0, 0, 0, 0)]


def _number(method: str, value: object) -> int:
    if type(value) is not int:
        raise Py4JError(f"{method}(id) takes an int, not a {type(value).__name__}")
    return value
