"""What the client has not, because its server is elsewhere: the context, RDDs, rows without a detour."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["add"]

# Kinds whose columns RDDs have as Spark's rows do.
_COLUMNS = frozenset("boolean byte short integer long double string binary date decimal".split())


def add() -> None:
    """Put it on the client's classes."""
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.session import SparkSession

    from pyrite._frames.local_rows import frame_of_rows
    from pyrite._frames.query import client
    from pyrite._frames.rows import collect

    client.add()

    SparkSession.sparkContext = property(lambda self: self._pyrite.sparkContext)
    SparkSession.newSession = lambda self: self._pyrite.newSession()
    SparkSession.__enter__ = lambda self: self
    create = SparkSession.createDataFrame

    @functools.wraps(create)
    def create_frame(
        self: Any, data: Any, schema: Any = None, samplingRatio: Any = None, verifySchema: Any = None
    ) -> Any:
        from pyrite.rdd import RDD

        if isinstance(data, RDD):
            return _frame_of_rdd(create, self, data, schema, samplingRatio)
        if samplingRatio is None and verifySchema is None and "_pyrite" in vars(self):
            made = frame_of_rows(self, data, schema)
            if made is not None:
                return made
        return create(self, data, schema, samplingRatio, verifySchema)

    SparkSession.createDataFrame = create_frame
    stop = SparkSession.stop
    SparkSession.stop = lambda self: self._pyrite.stop() if "_pyrite" in vars(self) else stop(self)
    DataFrame.rdd = property(rdd_of)
    DataFrame.toJSON = _to_json
    remote = DataFrame.collect

    def collected(self: Any) -> Any:
        rows = collect(self)
        return remote(self) if rows is None else rows

    collected.__doc__ = remote.__doc__
    DataFrame.collect = collected
    DataFrame.foreach = lambda self, f: rdd_of(self).foreach(f)
    DataFrame.foreachPartition = lambda self, f: rdd_of(self).foreachPartition(f)
    DataFrame.toLocalIterator = _local_iterator
    # Without a server far away there is no reason to find out later, and what asks for attributes finds no columns.
    column_of = DataFrame.__getattr__

    def attribute(self: Any, name: str) -> Any:
        if "_pyrite" in vars(self._session) and name not in self.columns:
            from pyspark.errors import PySparkAttributeError

            raise PySparkAttributeError(errorClass="ATTRIBUTE_NOT_SUPPORTED", messageParameters={"attr_name": name})
        return column_of(self, name)

    DataFrame.__getattr__ = attribute


def _local_iterator(self: Any, prefetchPartitions: bool = False) -> Iterator[Any]:
    return iter(self.collect())


def rdd_of(frame: Any) -> Any:
    """The rows of a DataFrame as an RDD."""
    from pyrite._frames.sessions import service_of

    context = frame.sparkSession.sparkContext
    service = service_of(frame.sparkSession)
    if service is not None:
        table, schema = service.rows(frame._plan.to_proto(frame.sparkSession.client).root)
        names = table.column_names
        plain = all(field.data_type.WhichOneof("kind") in _COLUMNS for field in schema.struct.fields)
        if plain and names and all(names) and len(set(names)) == len(names):
            # Columns stay columns: functions that look only at a row's fields are compiled.
            return context.fromArrow(table)
    rows = frame.collect()
    return context.parallelize(rows, min(max(1, len(rows) // 1000), context.defaultParallelism))


def _to_json(self: Any, use_unicode: bool = True) -> Any:
    """Each row as a JSON document."""
    from pyrite._frames import faults

    if not use_unicode:
        raise faults.unsupported("toJSON with use_unicode=False")
    from pyrite._frames.files.text_rows import json_lines
    from pyrite._frames.sessions import service_of

    service = service_of(self.sparkSession)
    table, schema = service.rows(self._plan.to_proto(self.sparkSession.client).root)
    return self.sparkSession.sparkContext.parallelize(json_lines(table, schema, {}, service.settings.zone))


def _table_of(rdd: Any) -> Any:
    """The rows as a table, without a detour through Python objects; None where types need Spark's inference."""
    import pyarrow as pa

    try:
        table = pa.table(rdd.toArrow())
    except (TypeError, ValueError):
        return None
    simple = (pa.int64(), pa.float64(), pa.string(), pa.bool_())
    if not table.num_rows or table.column_names == ["value"] or not all(field.type in simple for field in table.schema):
        return None
    return table


def _frame_of_rdd(create: Callable[..., Any], session: Any, rdd: Any, schema: Any, ratio: Any) -> Any:
    """A DataFrame of an RDD's rows: tuples, lists, dicts, Rows, or values of one type."""
    from pyrite._frames.local_rows import frame_of_table

    if ratio is not None:
        rdd = rdd.sample(False, float(ratio))
    table = _table_of(rdd)
    made = None if table is None else frame_of_table(session, table, schema)
    if made is not None:
        return made
    rows = rdd.collect()
    if not rows and schema is None:
        from pyspark.errors import PySparkValueError

        raise PySparkValueError("RDD is empty")
    return create(session, rows, schema)
