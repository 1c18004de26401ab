"""`spark.catalog`, as far as there is a catalog: one database of temporary views, and cached tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyrite._frames import faults

if TYPE_CHECKING:
    from pyrite._frames.service import Service

__all__ = ["answer", "tables"]


def _table(**columns: list[Any]) -> tuple[Any, Any]:
    import pyarrow as pa
    from pyspark.sql.connect.types import pyspark_types_to_proto_types
    from pyspark.sql.pandas.types import from_arrow_schema

    kinds = {bool: pa.bool_(), str: pa.string(), list: pa.list_(pa.string())}
    arrays = {}
    for name, values in columns.items():
        given = next((type(value) for value in values if value is not None), bool if name.startswith("is") else str)
        arrays[name] = pa.array(values, type=kinds[given])
    table = pa.table(arrays)
    return table, pyspark_types_to_proto_types(from_arrow_schema(table.schema))


def _found(service: Service, name: str) -> str | None:
    key = name.replace("`", "").lower().removeprefix("spark_catalog.").removeprefix("default.")
    return key if key in service.catalog.views or key in service.catalog.stored else None


def _there(service: Service, name: str) -> str:
    """The view of that name.

    Raises
    ------
    AnalysisException
        There is none.
    """
    found = _found(service, name)
    if found is None:
        shown = f"`{name}`"
        raise faults.analysis(
            "TABLE_OR_VIEW_NOT_FOUND", "42P01", {"relationName": shown}, f"The table or view {shown} cannot be found."
        )
    return found


def tables(service: Service) -> Any:
    """SHOW TABLES as a relation."""
    import pyarrow as pa

    from pyrite._frames.arrow_types import local_relation

    stored, views = _names(service)
    table = pa.table(
        {
            "namespace": pa.array([*("default" for _ in stored), *("" for _ in views)], pa.string()),
            "tableName": pa.array(stored + views, pa.string()),
            "isTemporary": pa.array([*(False for _ in stored), *(True for _ in views)], pa.bool_()),
        }
    )
    return local_relation(table)


def _names(service: Service) -> tuple[list[str], list[str]]:
    """Tables, then views, as they are listed."""
    views = sorted(name for name in service.catalog.views if not name.startswith("global_temp."))
    return sorted(service.catalog.stored), views


def answer(service: Service, message: Any) -> tuple[Any, Any]:
    """What a call of the catalog's gives."""
    from pyspark.sql.connect.proto import Relation

    kind = message.WhichOneof("cat_type")
    asked = getattr(message, kind)
    views, caches = service.catalog.views, service.catalog.caches
    if kind == "current_database":
        return _table(value=["default"])
    if kind == "current_catalog":
        return _table(value=["spark_catalog"])
    if kind == "set_current_database":
        if asked.db_name != "default":
            raise faults.analysis(
                "SCHEMA_NOT_FOUND",
                "42704",
                {"schemaName": f"`spark_catalog`.`{asked.db_name}`"},
                f"The schema `spark_catalog`.`{asked.db_name}` cannot be found. Verify the spelling and correctness of the schema and catalog.",
            )
        return _table(value=["default"])
    if kind in ("list_databases", "get_database"):
        return _table(
            name=["default"],
            catalog=["spark_catalog"],
            description=["default database"],
            locationUri=["file:spark-warehouse"],
        )
    if kind == "list_catalogs":
        return _table(name=["spark_catalog"], description=[None])
    if kind == "database_exists":
        return _table(value=[asked.db_name in ("default", "spark_catalog.default", "global_temp")])
    if kind == "table_exists":
        return _table(value=[_found(service, asked.table_name) is not None])
    if kind == "function_exists":
        return _table(value=[asked.function_name.lower() in service.catalog.functions])
    if kind in ("list_tables", "get_table"):
        tables, names = _names(service)
        if kind == "get_table":
            found = _there(service, asked.table_name)
            tables, names = ([], [found]) if found in views else ([found], [])
        kinds = ["MANAGED" if service.catalog.stored[each].managed else "EXTERNAL" for each in tables]
        return _table(
            name=tables + names, catalog=["spark_catalog" for _ in tables] + [None for _ in names],
            namespace=[["default"] for _ in tables] + [[] for _ in names], description=[None for _ in tables + names],
            tableType=kinds + ["TEMPORARY" for _ in names], isTemporary=[False for _ in tables] + [True for _ in names],
        )  # fmt: skip
    if kind in ("drop_temp_view", "drop_global_temp_view"):
        prefix = "global_temp." if kind == "drop_global_temp_view" else ""
        return _table(value=[views.pop(prefix + asked.view_name.lower(), None) is not None])
    if kind in ("is_cached", "cache_table", "uncache_table"):
        name = _there(service, asked.table_name)
        plan = views[name] if name in views else service.catalog.stored[name].relation()
        relation = Relation.FromString(plan)
        if kind == "is_cached":
            return _table(value=[plan in caches])
        if kind == "cache_table":
            service.cache(relation)
        else:
            caches.pop(relation.SerializeToString(), None)
        return _table(value=[True])
    if kind == "clear_cache":
        caches.clear()
        return _table(value=[True])
    if kind in ("refresh_table", "refresh_by_path"):
        return _table(value=[True])
    raise faults.unsupported(f"spark.catalog's {kind}")
