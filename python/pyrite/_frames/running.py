"""A plan is made and run: the steps that Python functions need, then the query."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pyrite import _engine
from pyrite._frames import faults
from pyrite._frames.executor import ExecutorError

if TYPE_CHECKING:
    from pyrite._frames.catalog import Catalog

__all__ = ["plan", "plan_to_run", "run", "run_sql", "run_steps", "table_of", "taken"]


def taken(answer: tuple[Any, Any]) -> Any:
    """What the planner gives; its fault is raised."""
    fault, value = answer
    if fault is not None:
        raise faults.of_planner(fault) from None
    return value


def plan(catalog: Catalog, relation: bytes) -> tuple[list[Any], str, Any]:
    """The steps, the SQL and the schema (a message) of an encoded relation."""
    from pyspark.sql.connect.proto import DataType

    catalog.tidy()
    fault, planned = _engine.plan_frame(relation, catalog, bool(catalog.caches))
    if fault is not None and fault[4].startswith("A relation of another kind"):
        raise faults.unsupported(_unknown(relation))
    steps, sql, schema = taken((fault, planned))
    return steps, sql, DataType.FromString(schema)


def plan_to_run(catalog: Catalog, relation: bytes) -> tuple[list[Any], str, Any]:
    """The same, of a relation whose rows are wanted now: a stream has none."""
    with catalog.running(), catalog.noting_streams() as streams:
        planned = plan(catalog, relation)
    if streams:
        message = (
            "Queries with streaming sources must be executed with writeStream.start(), or from a streaming table or flow "
            f"definition within a Spark Declarative Pipeline.;\n{streams[0]}"
        )
        raise faults.exception("AnalysisException", "_LEGACY_ERROR_TEMP_3102", None, {"msg": message}, message)
    return planned


# Relations that the planner cannot read, by their names in the protocol.
_UNKNOWN = {
    "common_inline_user_defined_table_function": "A Python table function (udtf)",
    "common_inline_user_defined_data_source": "A Python data source",
    "with_watermark": "withWatermark",
    "ml_relation": "pyspark.ml",
    "catalog": "A catalog call inside a plan",
}


def _unknown(relation: bytes) -> str:
    """What it is in a plan that the planner cannot read."""
    from pyspark.sql.connect.proto import Relation

    found: list[str] = []

    def look(message: Any) -> None:
        for field, value in message.ListFields():
            if field.name in _UNKNOWN and field.containing_oneof is not None:
                found.append(_UNKNOWN[field.name])
            elif field.type == field.TYPE_MESSAGE:
                inner = [value] if hasattr(value, "ListFields") else value.values() if hasattr(value, "keys") else value
                for each in inner:
                    if hasattr(each, "ListFields"):
                        look(each)

    look(Relation.FromString(relation))
    return found[0] if found else "A relation of a kind that is newer than Pyrite"


def run_sql(catalog: Catalog, sql: str) -> Any:
    """A query's rows."""
    catalog.executor.set_zone(catalog.settings.zone)
    try:
        return catalog.executor.run(sql)
    except ExecutorError as error:
        raise faults.of_executor(str(error)) from None


@contextmanager
def run_steps(catalog: Catalog, steps: list[Any]) -> Iterator[None]:
    """What runs before a query; each result is a table of the executor's until the query has run."""
    from pyrite._frames.calls import run_step

    made: list[str] = []
    try:
        for step in steps:
            run_step(catalog, step)
            made.append(step[0])
        yield
    finally:
        for name in made:
            catalog.executor.drop(name)


def table_of(catalog: Catalog, steps: list[Any], sql: str, message: Any) -> Any:
    """The rows of a planned query, with the schema's names and types."""
    from pyrite._frames.arrow_types import conformed, schema_of

    with run_steps(catalog, steps):
        return conformed(run_sql(catalog, sql), schema_of(message))


def run(catalog: Catalog, relation: bytes) -> tuple[Any, Any]:
    """The rows and the schema of an encoded relation."""
    steps, sql, message = plan_to_run(catalog, relation)
    return table_of(catalog, steps, sql, message), message
