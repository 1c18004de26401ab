"""`df.write.format(name)`: tasks write the parts, then the writer commits all of them, or is told to abort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyrite._frames.data_sources import registry, tasks
from pyrite._frames.data_sources.failing import calling, must_be

if TYPE_CHECKING:
    from pyrite._frames.service import Service

__all__ = ["abort", "write", "writer_schema"]


def writer_schema(message: Any) -> Any:
    """The client's struct of a schema of the protocol."""
    from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

    return proto_schema_to_pyspark_data_type(message)


def write(service: Service, pickled: bytes, form: str, relation: Any, options: dict[str, str], mode: str) -> None:
    """All rows, by a writer that was made for them."""
    from pyspark.sql.datasource import DataSourceArrowWriter, DataSourceWriter

    from pyrite._frames import faults

    if mode not in ("append", "overwrite"):
        shown = {"errorifexists": "ErrorIfExists", "ignore": "Ignore"}[mode]
        raise faults.analysis(
            "UNSUPPORTED_DATA_SOURCE_SAVE_MODE", "0A000", {"source": form, "createMode": f'"{shown}"'},
            f'The data source "{form}" cannot be written in the "{shown}" mode. Please use either the "Append" or '
            '"Overwrite" mode instead.',
        )  # fmt: skip
    table, schema = service.rows(relation)
    struct = writer_schema(schema)
    source = registry.made(pickled, options)
    with calling("initialize", "writer"):
        writer = source.writer(struct, mode == "overwrite")
        must_be(writer, DataSourceWriter)
    context = service.catalog.context
    messages: list[Any] = [None]
    try:
        messages = tasks.write(context, writer, table, struct, by_batch=isinstance(writer, DataSourceArrowWriter))
        with calling("commit or abort", "write"):
            writer.commit(messages)
    except Exception:
        abort(lambda: writer.abort(messages), form)
        raise


def abort(call: Any, form: str) -> None:
    """What the writer raises then is no better news than what it is told of."""
    import logging

    try:
        call()
    except Exception:
        logging.getLogger("pyrite").exception("The data source %s could not abort what it wrote", form)
