"""What each message of the client asks: settings, analyses, queries, commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pyrite import _engine
from pyrite._frames import faults, showing
from pyrite._frames.arrow_types import batches_of, stream_of
from pyrite._frames.catalog import Catalog
from pyrite._frames.columns import column
from pyrite._frames.executor import Executor
from pyrite._frames.query.manager import Manager
from pyrite._frames.running import plan, plan_to_run, run, table_of, taken
from pyrite._frames.settings import Settings

__all__ = ["Service"]

_VERSION = "4.3.0"


class Service:
    """Answers for one session. Methods have the names of the protocol's calls."""

    def __init__(self, executor: Executor, settings: Settings, context: Any) -> None:
        self.catalog = Catalog(executor, settings, context)
        self.settings = settings
        capacity = str(context.getConf().get("spark.scheduler.listenerbus.eventqueue.capacity") or "")
        self.queries = Manager(int(capacity) if capacity.isdecimal() else 10_000)
        # The client's session, which knows this service.
        self.session: Callable[[], Any] = lambda: None

    # Settings.

    def Config(self, request: Any) -> Any:
        """Settings, read and written."""
        from pyspark.sql.connect.proto import ConfigResponse

        response = ConfigResponse(session_id=request.session_id)
        operation = request.operation
        kind = operation.WhichOneof("op_type")

        def add(key: str, value: str | None) -> None:
            pair = response.pairs.add()
            pair.key = key
            if value is not None:
                pair.value = value

        if kind == "set":
            for pair in operation.set.pairs:
                self.settings.put(pair.key, pair.value)
        elif kind == "get":
            for key in operation.get.keys:
                value = self.settings.get(key)
                if value is None:
                    raise faults.exception(
                        "SparkNoSuchElementException", "SQL_CONF_NOT_FOUND", "42K0I", {"sqlConf": f'"{key}"'},
                        f'[SQL_CONF_NOT_FOUND] The SQL config "{key}" cannot be found. Please verify that the config exists. SQLSTATE: 42K0I',
                    )  # fmt: skip
                add(key, value)
        elif kind == "get_with_default":
            for pair in operation.get_with_default.pairs:
                value = self.settings.get(pair.key)
                add(pair.key, value if value is not None else pair.value if pair.HasField("value") else None)
        elif kind == "get_option":
            for key in operation.get_option.keys:
                add(key, self.settings.get(key))
        elif kind == "get_all":
            prefix = operation.get_all.prefix
            for key, value in self.settings.all().items():
                if key.startswith(prefix):
                    add(key, value)
        elif kind == "unset":
            for key in operation.unset.keys:
                self.settings.unset(key)
        elif kind == "is_modifiable":
            for key in operation.is_modifiable.keys:
                add(key, "true" if key.startswith("spark.sql.") else "false")
        return response

    # Analyses.

    def AnalyzePlan(self, request: Any) -> Any:
        """What a plan is, without running it."""
        from pyspark.sql.connect.proto import AnalyzePlanResponse

        response = AnalyzePlanResponse(session_id=request.session_id)
        kind = request.WhichOneof("analyze")
        asked = getattr(request, kind)
        if kind == "schema":
            _, _, schema = plan(self.catalog, asked.plan.root.SerializeToString())
            response.schema.schema.CopyFrom(schema)
        elif kind == "tree_string":
            _, _, schema = plan(self.catalog, asked.plan.root.SerializeToString())
            level = asked.level if asked.HasField("level") else None
            response.tree_string.tree_string = taken(_engine.frame_tree(schema.SerializeToString(), level))
        elif kind == "explain":
            steps, sql, _ = plan(self.catalog, asked.plan.root.SerializeToString())
            text = sql if steps or "pyrite_stream_" in sql else self.catalog.executor.explain(sql)
            response.explain.explain_string = _explained(asked.explain_mode, sql, text)
        elif kind == "is_local":
            response.is_local.is_local = asked.plan.root.WhichOneof("rel_type") == "local_relation"
        elif kind == "is_streaming":
            with self.catalog.noting_streams() as streams:
                plan(self.catalog, asked.plan.root.SerializeToString())
            response.is_streaming.is_streaming = bool(streams)
        elif kind == "input_files":
            response.input_files.files.extend(self._files(asked.plan.root))
        elif kind == "spark_version":
            response.spark_version.version = _VERSION
        elif kind == "ddl_parse":
            from pyspark.sql.connect.proto import DataType

            parsed = taken(_engine.frame_type_of_text(asked.ddl_string))
            response.ddl_parse.parsed.CopyFrom(DataType.FromString(parsed))
        elif kind == "json_to_ddl":
            response.json_to_ddl.ddl_string = self._ddl(asked.json_string)
        elif kind == "same_semantics":
            response.same_semantics.result = _bare(asked.target_plan.root) == _bare(asked.other_plan.root)
        elif kind == "semantic_hash":
            import zlib

            response.semantic_hash.result = zlib.crc32(_bare(asked.plan.root)) & 0x7FFFFFFF
        elif kind == "persist":
            self.cache(asked.relation)
            response.persist.SetInParent()
        elif kind == "unpersist":
            self.catalog.uncache(asked.relation.SerializeToString())
            response.unpersist.SetInParent()
        elif kind == "get_storage_level":
            level = response.get_storage_level.storage_level
            kept = asked.relation.SerializeToString() in self.catalog.caches
            level.use_disk = level.use_memory = level.deserialized = kept
            level.replication = 1
        else:
            raise faults.unsupported(f"The analysis {kind}")
        return response

    def _ddl(self, text: str) -> str:
        from pyspark.sql.types import StructType

        schema = StructType.fromJson(__import__("json").loads(text))
        return ",".join(
            f"{f.name} {f.dataType.simpleString().upper()}{'' if f.nullable else ' NOT NULL'}" for f in schema.fields
        )

    def cache(self, relation: Any) -> None:
        """Run it now and keep the rows."""
        key = relation.SerializeToString()
        if key not in self.catalog.caches:
            table, schema = run(self.catalog, key)
            text = taken(_engine.frame_schema_text(schema.SerializeToString()))
            self.catalog.cache(key, table, text)

    def _files(self, relation: Any) -> list[str]:
        from pyrite._frames.reading import files_of

        found: list[str] = []
        kind = relation.WhichOneof("rel_type")
        if kind == "read" and relation.read.WhichOneof("read_type") == "data_source":
            found += ["file://" + each for each in files_of(list(relation.read.data_source.paths), {})]
        inner = getattr(relation, kind)
        for name in ("input", "left", "right", "left_input", "right_input"):
            if name in inner.DESCRIPTOR.fields_by_name and inner.HasField(name):
                found += self._files(getattr(inner, name))
        return sorted(set(found))

    # Queries and commands.

    def ExecutePlan(self, request: Any) -> Iterator[Any]:
        """A query's rows, or what a command did."""
        from pyspark.sql.connect.proto import ExecutePlanResponse

        def response() -> Any:
            return ExecutePlanResponse(session_id=request.session_id, operation_id=request.operation_id)

        answers: list[Any] = []
        if request.plan.WhichOneof("op_type") == "root":
            answers += self._rows(request.plan.root, response)
        else:
            from pyrite._frames.commands import command

            answers += command(self, request.plan.command, response)
        done = response()
        done.result_complete.SetInParent()
        answers.append(done)
        return iter(answers)

    def rows(self, relation: Any) -> tuple[Any, Any]:
        """The rows of a relation, and their schema."""
        kind = relation.WhichOneof("rel_type")
        if kind in ("show_string", "html_string"):
            return self._shown(getattr(relation, kind), kind)
        if kind == "catalog":
            from pyrite._frames.catalog_calls import answer

            return answer(self, relation.catalog)
        return run(self.catalog, relation.SerializeToString())

    def _rows(self, relation: Any, response: Any) -> list[Any]:
        return self.table_answers(*self.rows(relation), response)

    def table_answers(self, table: Any, schema: Any, response: Any) -> list[Any]:
        """A table as the client wants it: the schema, then the rows, one batch in each message."""
        head = response()
        head.schema.CopyFrom(schema)
        answers = [head]
        for batch in batches_of(table):
            body = response()
            body.arrow_batch.row_count = batch.num_rows
            body.arrow_batch.data = stream_of(batch)
            answers.append(body)
        return answers

    def _shown(self, shown: Any, kind: str) -> tuple[Any, Any]:
        import pyarrow as pa

        steps, sql, schema = plan_to_run(self.catalog, shown.input.SerializeToString())
        count = max(shown.num_rows, 0)
        table = table_of(self.catalog, steps, f"SELECT * FROM ({sql}) LIMIT {count + 1}", schema)
        names, rows, more = self.cells_of(table, schema, count)
        if kind == "html_string":
            text = showing.html(names, rows, shown.truncate, more, count)
        else:
            write = showing.vertical_text if shown.vertical else showing.table_text
            text = write(names, rows, shown.truncate, more, count)
        from pyspark.sql.connect.proto import DataType

        message = DataType()
        field = message.struct.fields.add()
        field.name, field.nullable = kind, False
        field.data_type.string.SetInParent()
        return pa.Table.from_arrays([column([text], "string")], names=[kind]), message

    def cells_of(self, table: Any, schema: Any, count: int) -> tuple[list[str], list[list[str]], bool]:
        """Names and cells of the first rows as `show` writes them, and whether there are more."""
        more = table.num_rows > count
        table = table.slice(0, count)
        zone = self.settings.zone
        fields = schema.struct.fields
        columns = [
            showing.cells(cells, field.data_type, zone) for cells, field in zip(table.columns, fields, strict=True)
        ]
        rows = [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in range(table.num_rows)]
        return [field.name for field in fields], rows, more

    # The rest of the protocol.

    def Interrupt(self, request: Any) -> Any:
        """Nothing runs beside what asks."""
        from pyspark.sql.connect.proto import InterruptResponse

        return InterruptResponse(session_id=request.session_id)

    def ReleaseExecute(self, request: Any) -> Any:
        """Nothing is held."""
        from pyspark.sql.connect.proto import ReleaseExecuteResponse

        return ReleaseExecuteResponse(session_id=request.session_id)

    def ReleaseSession(self, request: Any) -> Any:
        """Views and tables go."""
        from pyspark.sql.connect.proto import ReleaseSessionResponse

        return ReleaseSessionResponse(session_id=request.session_id)

    def AddArtifacts(self, requests: Any) -> Any:
        """Files and cached rows are not sent in one process."""
        raise faults.unsupported("SparkSession.addArtifacts")

    def ArtifactStatus(self, request: Any) -> Any:
        """There is none of them."""
        from pyspark.sql.connect.proto import ArtifactStatusesResponse

        return ArtifactStatusesResponse(session_id=request.session_id)

    def ReattachExecute(self, request: Any) -> Any:
        """Queries are answered at once."""
        raise faults.unsupported("A query that is attached to again")

    def FetchErrorDetails(self, request: Any) -> Any:
        """Errors are raised as they are."""
        from pyspark.sql.connect.proto import FetchErrorDetailsResponse

        return FetchErrorDetailsResponse(session_id=request.session_id)

    CloneSession = ReattachExecute
    GetStatus = ReattachExecute


def _explained(mode: int, sql: str, physical: str) -> str:
    """What `explain` prints: the executor's plan; with more detail, the SQL that it runs too."""
    if mode != 2:
        return f"== Physical Plan ==\n{physical}\n"
    heads = ("Parsed Logical Plan", "Analyzed Logical Plan", "Optimized Logical Plan")
    return "\n".join(f"== {head} ==\n{sql}\n" for head in heads) + f"\n== Physical Plan ==\n{physical}\n"


def _bare(relation: Any) -> bytes:
    """A plan without the ids that the client gives to each."""
    copy = type(relation)()
    copy.CopyFrom(relation)

    def strip(message: Any) -> None:
        for field, value in message.ListFields():
            if field.name == "plan_id":
                message.ClearField("plan_id")
            elif field.type == field.TYPE_MESSAGE:
                if hasattr(value, "ListFields"):
                    strip(value)
                elif not hasattr(value, "keys"):
                    for each in value:
                        strip(each)

    strip(copy)
    return bytes(copy.SerializeToString(deterministic=True))
