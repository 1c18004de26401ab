"""Kafka as DataFrames see it: options, offsets of partitions, messages as rows and rows as messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pyrite import _engine
from pyrite._frames import faults

__all__ = ["Topics", "illegal", "params_of", "schema_json", "table_of_ranges", "written"]

# Offsets of each partition of each topic.
Offsets = dict[tuple[str, int], int]

LATEST, EARLIEST = -1, -2
_CHOICES = ("subscribe", "subscribepattern", "assign")
_NOT_OURS = {
    "auto.offset.reset": "Please use the source option 'startingOffsets' to set it.",
    "key.deserializer": "Use operations on the column 'key' instead.",
    "value.deserializer": "Use operations on the column 'value' instead.",
    "enable.auto.commit": "Offsets are kept in the checkpoint.",
    "interceptor.classes": "Interceptors are classes of Java's.",
}


def illegal(message: str) -> Exception:
    """An option is wrong."""
    return faults.exception("IllegalArgumentException", None, None, {}, message)


def schema_json(*, headers: bool) -> str:
    """The schema of messages."""
    kinds: list[tuple[str, Any]] = [
        ("key", "binary"), ("value", "binary"), ("topic", "string"), ("partition", "integer"), ("offset", "long"),
        ("timestamp", "timestamp"), ("timestampType", "integer"),
    ]  # fmt: skip
    if headers:
        pair = [
            {"name": n, "type": t, "nullable": True, "metadata": {}}
            for n, t in (("key", "string"), ("value", "binary"))
        ]
        item = {"type": "struct", "fields": pair}
        kinds.append(("headers", {"type": "array", "elementType": item, "containsNull": True}))
    fields = [{"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in kinds]
    return json.dumps({"type": "struct", "fields": fields})


def params_of(options: Mapping[str, str], word: str) -> list[tuple[str, str]]:
    """The client's settings: options that begin with `kafka.`."""
    found = {key[6:]: value for key, value in options.items() if key.lower().startswith("kafka.")}
    if "bootstrap.servers" not in found:
        raise illegal(f"Option 'kafka.bootstrap.servers' must be specified for configuring Kafka {word}")
    if not hasattr(_engine, "KafkaTable"):
        raise faults.unsupported("Kafka in this build, which was made without it: it")
    for name, why in _NOT_OURS.items():
        if word == "consumer" and name in found:
            raise illegal(f"Kafka option '{name}' is not supported as user-provided option. {why}")
    return list(found.items())


class Topics:
    """Which partitions are read, by the options `subscribe`, `subscribePattern` and `assign`."""

    def __init__(self, options: Mapping[str, str]) -> None:
        given = [name for name in _CHOICES if name in options]
        if not given:
            raise illegal(
                "One of the following options must be specified for Kafka source: subscribe, subscribepattern, assign. See the docs for more details."
            )
        if len(given) > 1:
            raise illegal(
                "Only one of the following options can be specified for Kafka source: subscribe, subscribepattern, assign. See the docs for more details."
            )
        kind, text = given[0], options[given[0]].strip()
        self.names: list[str] = []
        self.pattern: str | None = None
        self._assigned: list[tuple[str, int]] | None = None
        if kind == "subscribe":
            self.names = sorted({name.strip() for name in text.split(",") if name.strip()})
            if not self.names:
                raise illegal(f"No topics to subscribe to as specified value for option 'subscribe' is '{text}'")
            self.shown = f"Subscribe[{', '.join(self.names)}]"
        elif kind == "subscribepattern":
            if not text:
                raise illegal(
                    f"Pattern to subscribe is empty as specified value for option 'subscribePattern' is '{text}'"
                )
            self.pattern = text
            self.shown = f"SubscribePattern[{text}]"
        else:
            try:
                found = json.loads(text)
                self._assigned = sorted((topic, int(number)) for topic, numbers in found.items() for number in numbers)
            except (ValueError, AttributeError, TypeError):
                raise illegal(
                    f'Expected e.g. {{"topicA":[0,1],"topicB":[0,1]}}, got {text} for the option assign'
                ) from None
            self.shown = f"Assign[{', '.join(f'{topic}-{number}' for topic, number in self._assigned)}]"

    def partitions(self, table: Any) -> list[tuple[str, int]] | None:
        """Those there are now; None where nobody answers."""
        if self._assigned is not None:
            return self._assigned
        found: list[tuple[str, int]] | None = table.partitions(self.names, self.pattern)
        return found


def limits(options: Mapping[str, str], word: str, default: str) -> Any:
    """Where to begin or end (`starting`, `ending`): `earliest`, `latest`, offsets by topic and partition, or times."""
    by_time = options.get(f"{word}offsetsbytimestamp")
    at = options.get(f"{word}timestamp")
    plain = options.get(f"{word}offsets", default)
    if at is not None:
        if not at.strip().isdigit():
            raise illegal(f"Expected a single long value, got {at}")
        return "time", int(at)
    if by_time is not None:
        return "times", _numbers(by_time)
    if plain.strip().lower() in ("earliest", "latest"):
        return plain.strip().lower()
    return "offsets", _numbers(plain)


def _numbers(text: str) -> Offsets:
    try:
        return {
            (topic, int(at)): int(number) for topic, each in json.loads(text).items() for at, number in each.items()
        }
    except (ValueError, AttributeError, TypeError):
        raise illegal(f'Expected e.g. {{"topicA":{{"0":23,"1":-1}},"topicB":{{"0":-2}}}}, got {text}') from None


def edges(table: Any, partitions: list[tuple[str, int]], *, latest: bool) -> Offsets:
    """The offsets at one end of each partition."""
    found = table.offsets(partitions, latest)
    if found is None:
        raise ConnectionError("No Kafka broker answers")
    return dict(zip(partitions, found, strict=True))


def settled(
    table: Any, partitions: list[tuple[str, int]], limit: Any, options: Mapping[str, str], word: str
) -> Offsets:
    """The offsets that `limits` asks for."""
    if isinstance(limit, str):
        return edges(table, partitions, latest=limit == "latest")
    kind, given = limit
    latest = edges(table, partitions, latest=True)
    if kind == "offsets":
        if set(given) != set(partitions):
            shown = ", ".join(f"{topic}-{at}" for topic, at in sorted(given))
            here = ", ".join(f"{topic}-{at}" for topic, at in partitions)
            raise faults.exception(
                "AssertionError", None, None, {},
                "assertion failed: If startingOffsets contains specific offsets, you must specify all TopicPartitions.\n"
                f"Use -1 for latest, -2 for earliest, if you don't care.\nSpecified: Set({shown}) Assigned: Set({here})",
            )  # fmt: skip
        earliest = edges(table, partitions, latest=False)
        return {of: latest[of] if at == LATEST else earliest[of] if at == EARLIEST else at for of, at in given.items()}
    times = dict.fromkeys(partitions, given) if kind == "time" else given
    found = dict(zip(times, table.offsets_at([(*of, at) for of, at in times.items()]), strict=True))
    lenient = word == "ending" or options.get("startingoffsetsbytimestampstrategy", "error").lower() == "latest"
    for of, offset in found.items():
        if offset < 0 and not lenient:
            raise illegal(
                f"No offset matched from request of topic-partition {of[0]}-{of[1]} and timestamp {times[of]}."
            )
    return {of: latest[of] if found.get(of, -1) < 0 else found[of] for of in partitions}


def table_of_ranges(table: Any, ranges: list[tuple[str, int, int, int]], *, headers: bool, patience: int) -> Any:
    """The messages of ranges, of the schema of `schema_json`."""
    import pyarrow as pa

    batches = list(pa.RecordBatchReader.from_stream(table.read(ranges, headers, patience)))
    parts = []
    for (topic, number, _, _), batch in zip(ranges, batches, strict=True):
        count = batch.num_rows
        columns = {
            "key": batch.column("key"),
            "value": batch.column("value"),
            "topic": pa.repeat(pa.scalar(topic, pa.string()), count),
            "partition": pa.repeat(pa.scalar(number, pa.int32()), count),
            "offset": batch.column("offset"),
            "timestamp": batch.column("timestamp").cast(pa.timestamp("ms", "UTC")).cast(pa.timestamp("us", "UTC")),
            "timestampType": batch.column("timestampType"),
        }
        if headers:
            columns["headers"] = batch.column("headers")
        parts.append(pa.table(columns))
    if parts:
        return pa.concat_tables(parts)
    from pyrite._frames.arrow_types import schema_of
    from pyrite._frames.query.planned import schema_message

    return schema_of(schema_message(schema_json(headers=headers))).empty_table()


def read(catalog: Any, options: Mapping[str, str]) -> tuple[str, str]:
    """`spark.read.format("kafka")`: what is there between two offsets, once."""
    options = {key.lower(): value for key, value in options.items()}
    topics, params = Topics(options), params_of(options, "consumer")
    start, end = limits(options, "starting", "earliest"), limits(options, "ending", "latest")
    if start == "latest":
        raise illegal("starting offset can't be latest for batch queries on Kafka")
    if end == "earliest":
        raise illegal("ending offset can't be earliest for batch queries on Kafka")
    headers = options.get("includeheaders", "false").lower() == "true"
    table = _engine.KafkaTable(params)
    try:
        partitions = topics.partitions(table)
        if partitions is None:
            raise ConnectionError("No Kafka broker answers")
        first = settled(table, partitions, start, options, "starting")
        last = settled(table, partitions, end, options, "ending")
        ranges = [(*of, first[of], max(first[of], last[of])) for of in partitions]
        rows = table_of_ranges(table, ranges, headers=headers, patience=_patience(options))
    finally:
        table.close()
    return f"SELECT * FROM {catalog.opened(rows)}", schema_json(headers=headers)


def _patience(options: Mapping[str, str]) -> int:
    return int(options.get("kafkaconsumer.polltimeoutms", "120000"))


_KINDS = {
    "topic": ("string",), "key": ("string", "binary"), "value": ("string", "binary"), "partition": ("integer",), "headers": ("array",),
}  # fmt: skip


def check_columns(schema: Any, topic: str | None) -> None:
    """Whether rows of a schema are messages."""
    found = {field.name: field.data_type.WhichOneof("kind") for field in schema.struct.fields}
    if topic is None and "topic" not in found:
        raise faults.exception(
            "AnalysisException", "_LEGACY_ERROR_TEMP_3102", None, {},
            "topic option required when no 'topic' attribute is present. Use the topic option for setting a topic.",
        )  # fmt: skip
    if "value" not in found:
        raise faults.exception(
            "AnalysisException", "_LEGACY_ERROR_TEMP_3102", None, {}, "Required attribute 'value' not found."
        )
    for name, kinds in _KINDS.items():
        if name in found and found[name] not in kinds:
            words = " or ".join({"integer": "INT"}.get(kind, kind.upper()) for kind in kinds)
            raise faults.exception(
                "AnalysisException", "_LEGACY_ERROR_TEMP_3102", None, {},
                f"{name} attribute type must be a {words}, and it is {found[name].upper()}.",
            )  # fmt: skip


def written(table: Any, topic: str | None) -> bytes:
    """Rows as the producer takes them."""
    import pyarrow as pa

    header = pa.list_(pa.struct([("key", pa.string()), ("value", pa.binary())]))
    wanted = {
        "topic": pa.string(),
        "partition": pa.int32(),
        "key": pa.binary(),
        "value": pa.binary(),
        "headers": header,
    }
    count = table.num_rows
    columns = []
    for name, kind in wanted.items():
        if name == "topic" and topic is not None:
            columns.append(pa.repeat(pa.scalar(topic, kind), count))
        elif name in table.column_names:
            columns.append(table.column(name).cast(kind))
        else:
            columns.append(pa.nulls(count, kind))
    made = pa.table(columns, names=list(wanted))
    if made.column("topic").null_count:
        raise illegal("null topic present in the data. Use the topic option for setting a default topic.")
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, made.schema) as writer:
        writer.write_table(made)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def write(service: Any, table: Any, schema: Any, options: Mapping[str, str]) -> None:
    """`df.write.format("kafka")`."""
    options = {key.lower(): value for key, value in options.items()}
    topic = options.get("topic")
    params = params_of(options, "producer")
    check_columns(schema, topic)
    rows = _engine.KafkaRows(params, topic or "", None)
    rows.write(service.catalog.context._engine, written(table, topic))
