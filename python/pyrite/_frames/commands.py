"""Commands: views, SQL statements, writing, registered functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults, using, views, warehouse
from pyrite._frames.query import answers

if TYPE_CHECKING:
    from pyrite._frames.service import Service

__all__ = ["command"]

Response = Callable[[], Any]


def command(service: Service, message: Any, response: Response) -> list[Any]:
    """Do it; gives what the client gets before the end."""
    kind = message.WhichOneof("command_type")
    if kind in answers.KINDS:
        return answers.answer(service, message, response)
    if kind == "create_dataframe_view":
        view = message.create_dataframe_view
        create_view(service, view.name, view.input, replace=view.replace, everywhere=view.is_global)
        return []
    if kind == "sql_command":
        return _sql(service, message.sql_command, response)
    if kind == "write_operation":
        from pyrite._frames.writing import write

        not_of_streams(service, message.write_operation.input, "write")
        write(service, message.write_operation)
        return []
    if kind == "register_function":
        function = message.register_function
        if function.WhichOneof("function") != "python_udf":
            raise faults.unsupported("A function of Java's")
        service.catalog.functions[function.function_name.lower()] = function.SerializeToString()
        return []
    if kind == "register_data_source":
        source = message.register_data_source
        service.catalog.data_sources.register(source.name, source.python_data_source.command)
        return []
    if kind == "checkpoint_command":
        return _kept(service, message.checkpoint_command.relation, response)
    if kind == "remove_cached_remote_relation_command":
        service.catalog.forget(message.remove_cached_remote_relation_command.relation.relation_id)
        return []
    names = {
        "write_operation_v2": "DataFrame.writeTo",
        "merge_into_table_command": "DataFrame.mergeInto",
        "register_table_function": "A table function (udtf)",
    }
    raise faults.unsupported(names.get(kind, f"The command {kind}"))


def not_of_streams(service: Service, relation: Any, method: str) -> None:
    """What only rows that stay have."""
    from pyrite._frames.running import plan

    with service.catalog.noting_streams() as streams:
        plan(service.catalog, relation.SerializeToString())
    if streams:
        raise faults.analysis(
            "CALL_ON_STREAMING_DATASET_UNSUPPORTED",
            "42KDE",
            {"methodName": f"`{method}`"},
            f"The method `{method}` can not be called on streaming Dataset/DataFrame.",
        )


def create_view(
    service: Service, name: str, relation: Any, *, replace: bool, everywhere: bool = False, text: bool = False
) -> None:
    """A name for a plan: that of a DataFrame, or that of a text, which reads other views anew each time."""
    from pyrite._frames.running import plan

    if not re.fullmatch(r"\w+", name) and not re.fullmatch(r"`[^`]+`", name):
        raise faults.analysis(
            "INVALID_TEMP_VIEW_NAME" if "." not in name else "TEMP_VIEW_NAME_TOO_MANY_NAME_PARTS",
            "428EK",
            {"actualName": name},
            f"CREATE TEMPORARY VIEW or the corresponding Dataset APIs only accept single-part view names, but got: {name}.",
        )
    key = name.strip("`").lower()
    key = f"global_temp.{key}" if everywhere else key
    if not replace and key in service.catalog.views:
        shown = f"`{key}`"
        raise faults.exception(
            "TempTableAlreadyExistsException", "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS", "42P07", {"relationName": shown},
            f"[TEMP_TABLE_OR_VIEW_ALREADY_EXISTS] Cannot create the temporary view {shown} because it already exists. Choose a different name, drop or replace the existing view, or add the IF NOT EXISTS clause to tolerate pre-existing objects. SQLSTATE: 42P07",
        )  # fmt: skip
    encoded = relation.SerializeToString()
    with service.catalog.noting_views() as names:
        plan(service.catalog, encoded)
    read = {each: service.catalog.views[each] for each in names if each in service.catalog.views}
    if text and key in read:
        views.no_cycle(read, key, relation)
    service.catalog.views[key] = encoded if text else views.with_what_it_reads(read, relation)


def _kept(service: Service, relation: Any, response: Response) -> list[Any]:
    from pyrite import _engine
    from pyrite._frames.running import run, taken

    table, schema = run(service.catalog, relation.SerializeToString())
    answer = response()
    name = service.catalog.keep(table, taken(_engine.frame_schema_text(schema.SerializeToString())))
    answer.checkpoint_command_result.relation.relation_id = name
    return [answer]


_CREATE_VIEW = re.compile(
    r"\s*CREATE\s+(OR\s+REPLACE\s+)?(GLOBAL\s+)?(TEMP(?:ORARY)?)\s+VIEW\s+(IF\s+NOT\s+EXISTS\s+)?([\w`.]+)\s+AS\s+(.*)",
    re.IGNORECASE | re.DOTALL,
)
_DROP_VIEW = re.compile(r"\s*DROP\s+(VIEW|TABLE)\s+(IF\s+EXISTS\s+)?([\w`.]+)\s*;?\s*", re.IGNORECASE)
_SET = re.compile(r"\s*SET\s+([\w.]+)\s*=\s*(.*?)\s*;?\s*", re.IGNORECASE | re.DOTALL)
_CACHE = re.compile(r"\s*(UN)?CACHE\s+TABLE\s+([\w`]+)\s*;?\s*", re.IGNORECASE)


def _sql(service: Service, message: Any, response: Response) -> list[Any]:
    from pyspark.sql.connect.proto import Relation

    relation = Relation()
    if message.HasField("input"):
        relation.CopyFrom(message.input)
    else:
        relation.sql.query = message.sql
    inner = relation.sql if relation.WhichOneof("rel_type") == "sql" else relation.with_relations.root.sql
    text = inner.query
    answer = response()
    if done := _statement(service, text):
        answer.sql_command_result.relation.CopyFrom(done)
        return [answer]
    from pyrite._frames.running import plan

    plan(service.catalog, relation.SerializeToString())
    answer.sql_command_result.relation.CopyFrom(relation)
    return [answer]


def _statement(service: Service, text: str) -> Any:
    """A statement that is no query, done; what it gives as a relation."""
    from pyspark.sql.connect.proto import Relation

    empty = Relation()
    empty.local_relation.schema = '{"type":"struct","fields":[]}'
    if found := _CREATE_VIEW.fullmatch(text):
        relation = Relation()
        relation.sql.query = found[6]
        if not (found[4] and found[5].strip("`").lower() in service.catalog.views):
            create_view(service, found[5], relation, replace=bool(found[1]), everywhere=bool(found[2]), text=True)
        return empty
    if using.created(service, text):
        return empty
    if found := _DROP_VIEW.fullmatch(text):
        name = found[3].replace("`", "").lower()
        gone = service.catalog.views.pop(name, None) is not None
        if not gone and found[1].upper() == "TABLE":
            gone = warehouse.drop(service, warehouse.plain_name(found[3]))
        if not gone and not found[2]:
            raise faults.analysis(
                "TABLE_OR_VIEW_NOT_FOUND",
                "42P01",
                {"relationName": f"`{name}`"},
                f"The table or view `{name}` cannot be found. Verify the spelling and correctness of the schema and catalog.",
            )
        return empty
    if found := _SET.fullmatch(text):
        service.settings.put(found[1], found[2])
        return _pairs([(found[1], found[2])])
    if found := _CACHE.fullmatch(text):
        name = found[2].strip("`").lower()
        relation = Relation.FromString(service.catalog.views[name]) if name in service.catalog.views else None
        if relation is None:
            raise faults.unsupported("CACHE TABLE of what is no view")
        if found[1]:
            service.catalog.uncache(relation.SerializeToString())
        else:
            service.cache(relation)
        return empty
    if re.fullmatch(r"\s*SHOW\s+(TABLES|VIEWS)\s*;?\s*", text, re.IGNORECASE):
        from pyrite._frames.catalog_calls import tables

        return tables(service)
    return None


def _pairs(pairs: list[tuple[str, str]]) -> Any:
    import pyarrow as pa

    from pyrite._frames.arrow_types import local_relation

    return local_relation(pa.table({"key": [key for key, _ in pairs], "value": [value for _, value in pairs]}))
