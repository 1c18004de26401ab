"""`RDD`: rows in partitions, what can be made of them (transformations) and got out of them (actions).

A transformation only adds a step to the plan; an action has the engine run it. Methods, their defaults and the order of
their results are PySpark's. `_rdd` has a room for each kind of them; what a partition's rows go through in an action is
in `_partitions`, joins are in `join`.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from pyrite._approximate import Approximate, BoundedFloat
from pyrite._extra import comes_later, installed
from pyrite._histogram import Histogram
from pyrite._mistakes import NotAList, absent
from pyrite._panel.html import card, code, folded
from pyrite._piping import Piping
from pyrite._rdd.arrow import Arrow
from pyrite._rdd.barrier import RDDBarrier
from pyrite._rdd.checkpointing import Checkpointing
from pyrite._rdd.counting import Counting
from pyrite._rdd.joining import Joining
from pyrite._rdd.keyed import Keyed
from pyrite._rdd.partitioning import Partitioner, portable_hash
from pyrite._rdd.saving import Saving
from pyrite._rdd.sending import Sending
from pyrite._rdd.several import Several
from pyrite._rdd.sorting import Sorting
from pyrite._rdd.taking import Taking
from pyrite._sampling import Sampling
from pyrite._traceback import action
from pyrite._trees import Trees
from pyrite.errors import Py4JJavaError, PySparkRuntimeError, engine_error

if TYPE_CHECKING:
    from pyrite import _engine
    from pyrite.context import SparkContext

__all__ = ["RDD", "BoundedFloat", "Partitioner", "PipelinedRDD", "RDDBarrier", "portable_hash"]

T = TypeVar("T")


class RDD(
    Several[T],
    Keyed[T],
    Joining[T],
    Sorting[T],
    Taking[T],
    Counting[T],
    Checkpointing[T],
    Saving[T],
    Sending[T],
    Arrow[T],
    Sampling[T],
    Histogram[T],
    Trees[T],
    Piping[T],
    Approximate[T],
    NotAList,
    Generic[T],
):
    """Rows in partitions, made by a SparkContext or from other RDDs; it never changes.

    Errors of the user's functions come out of the actions as they were raised. Errors of the engine are Py4JJavaErrors.
    """

    def __init__(
        self,
        plan: _engine.Plan,
        ctx: SparkContext,
        deserializer: Any = None,
        *,
        kind: str = "PythonRDD",
        site: str = "",
    ) -> None:
        self._plan = plan
        self.ctx = ctx
        self.is_checkpointed = False
        self.has_resource_profile = False
        self._name: str | None = None
        self._level = None
        self._kind = kind
        self._passed_by = kind == "PythonRDD"
        self._site = site

    def _derived(self, plan: _engine.Plan, site: str, kind: str = "PythonRDD") -> RDD[Any]:
        return RDD(plan, self.ctx, kind=kind, site=site)

    @property
    def context(self) -> SparkContext:
        """The SparkContext that made it."""
        return self.ctx

    def id(self) -> int:
        """Its number."""
        return self._plan.id

    def name(self) -> str | None:
        """The name given by setName, or the path of a text file."""
        return self._name

    def setName(self, name: str) -> RDD[T]:
        """Give it a name; returns self."""
        self._name = name
        self._show_kept()
        return self

    def barrier(self) -> RDDBarrier[T]:
        """Have the next step run all its tasks at once, so that they can wait for each other."""
        return RDDBarrier(self)

    @action
    def toDF(self, schema: Any = None, sampleRatio: float | None = None) -> Any:
        """The rows as a DataFrame: `sc.parallelize([(1, "a")]).toDF(["id", "k"])`.

        Parameters
        ----------
        schema
            A StructType, a type's text or a list of names; without it the types are found in the rows.
        sampleRatio
            The share of rows that types are found in.

        Raises
        ------
        PySparkRuntimeError
            The extra `pyrite[sql]` is not installed.
        """
        if not installed():
            raise PySparkRuntimeError(comes_later("RDD.toDF"))
        sessions = importlib.import_module("pyrite.sql.session").SparkSession  # sessions stand above RDDs
        session = sessions.getActiveSession() or sessions(self.ctx)
        return session.createDataFrame(self, schema, sampleRatio)

    @action
    def withResources(self, profile: Any) -> NoReturn:
        """Resource profiles are for clusters; here, as in Spark's local mode, they are an error.

        Raises
        ------
        Py4JJavaError
            Always.
        """
        raise engine_error(
            "org.apache.spark.SparkException",
            "TaskResourceProfiles are only supported for Standalone, Yarn and Kubernetes cluster for now when dynamic "
            "allocation is disabled. Here all tasks share this machine: leave withResources out.",
        )

    def getResourceProfile(self) -> None:
        """None: no RDD has a resource profile here."""

    @action
    def toDebugString(self) -> bytes:
        """The plan that makes it, one step a line, indented at shuffles."""
        return self._plan.lineage().encode()

    @action
    def explain(self) -> None:
        """Print the plan, its stages and, for every function, whether it is compiled, and if not, why."""
        sys.stdout.write(self._explained() + "\n")

    def _explained(self) -> str:
        text: str = self.ctx._engine.explain(self._plan)
        return text.rstrip("\n")

    def __repr__(self) -> str:
        name = f"{self._name} " if self._name else ""
        return f"{name}{self._kind}[{self.id()}] at {self._site}".removesuffix(" at ")

    def _repr_html_(self) -> str:
        facts = [("RDD", code(repr(self))), ("Partitions", code(self.getNumPartitions()))]
        try:
            plan = self._explained()
        except (Py4JJavaError, PySparkRuntimeError, AttributeError):
            # Its context has stopped.
            return card(type(self).__name__, facts, folded("Lineage", self._plan.lineage()))
        return card(type(self).__name__, facts, folded("Lineage, and what is compiled", plan))

    def __reduce__(self) -> NoReturn:
        raise PySparkRuntimeError(errorClass="RDD_TRANSFORM_ONLY_VALID_ON_DRIVER", messageParameters={})

    if not TYPE_CHECKING:  # type checkers know what isn't there

        @action
        def __getattr__(self, name: str) -> NoReturn:
            raise absent(self, name)


def _at_home(*found: Any) -> None:
    """Names are shown, and pickled, by where programs find them: `pyrite.rdd`, `RDD.map`."""
    for one in found:
        one.__module__ = __name__
    for room in RDD.__mro__[1:-2]:
        for name, method in vars(room).items():
            if callable(method) and not name.startswith("__"):
                method.__module__ = __name__
                method.__qualname__ = f"RDD.{name}"


_at_home(BoundedFloat, Partitioner, RDDBarrier, portable_hash)

# PySpark's name for what a narrow operation returns; here that is an RDD like any other.
PipelinedRDD = RDD
