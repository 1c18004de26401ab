"""`SparkContext`: profiles of the functions that ran on data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyrite._traceback import action
from pyrite.errors import PySparkRuntimeError

if TYPE_CHECKING:
    from pyrite.profiler import ProfilerCollector


class Profiling:
    """What `SparkContext` has of profiles: there are some where `spark.python.profile` is true."""

    profiler_collector: ProfilerCollector | None

    @action
    def show_profiles(self) -> None:
        """Print the profiles that haven't been printed.

        Raises
        ------
        PySparkRuntimeError
            Nothing is profiled.
        """
        self._collector().show_profiles()

    @action
    def dump_profiles(self, path: str) -> None:
        """Write all profiles into a directory.

        Raises
        ------
        PySparkRuntimeError
            Nothing is profiled.
        """
        self._collector().dump_profiles(path)

    def _collector(self) -> ProfilerCollector:
        if self.profiler_collector is None:
            raise PySparkRuntimeError(errorClass="INCORRECT_CONF_FOR_PROFILE", messageParameters={})
        return self.profiler_collector
