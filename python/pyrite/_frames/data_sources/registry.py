"""The classes that were registered, by name, and their instances."""

from __future__ import annotations

import importlib
import inspect
import json
import pickle
import pkgutil
from collections.abc import Mapping
from typing import Any

from pyrite._frames.data_sources.failing import calling
from pyrite._pickling import dumps

__all__ = ["Registry", "made", "schema_of", "struct_of"]


class Registry:
    """Names mean the same in any case. Each use gets a class of its own, unpickled: what one keeps in it, no other sees."""

    def __init__(self) -> None:
        self._pickled: dict[str, bytes] = {}
        self._installed: dict[str, bytes] | None = None

    def register(self, name: str, pickled: bytes) -> None:
        """The last one of a name counts."""
        self._pickled[name.lower()] = pickled

    def find(self, name: str) -> bytes | None:
        """What was registered, or what a module `pyspark_...` brings along."""
        found = self._pickled.get(name.lower())
        if found is None and "." not in name:
            if self._installed is None:
                self._installed = _installed()
            found = self._installed.get(name.lower())
        return found


def _installed() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for each in pkgutil.iter_modules():
        if each.name.startswith("pyspark_"):
            source = getattr(importlib.import_module(each.name), "DefaultSource", None)
            if source is not None and _is_one(source):
                found[source.name().lower()] = dumps(source)
    return found


def _is_one(source: Any) -> bool:
    from pyspark.sql.datasource import DataSource

    return isinstance(source, type) and issubclass(source, DataSource)


def made(pickled: bytes, options: Mapping[str, str]) -> Any:
    """An instance with options whose names mean the same in any case."""
    from pyspark.errors import PySparkAssertionError, PySparkTypeError
    from pyspark.sql.datasource import CaseInsensitiveDict

    with calling("create", "instance"):
        source: Any = pickle.loads(pickled)
        if not _is_one(source):
            raise PySparkAssertionError(
                errorClass="DATA_SOURCE_TYPE_MISMATCH",
                messageParameters={"expected": "a subclass of DataSource", "actual": f"'{type(source).__name__}'"},
            )
        if not inspect.ismethod(source.name):
            raise PySparkTypeError(
                errorClass="DATA_SOURCE_TYPE_MISMATCH",
                messageParameters={
                    "expected": "'name()' method to be a classmethod",
                    "actual": f"'{type(source.name).__name__}'",
                },
            )
        return source(options=CaseInsensitiveDict(options))


def schema_of(source: Any, given: str | None) -> str:
    """The JSON of the user's schema, or of the source's own."""
    from pyspark.sql.types import StructType

    if given is not None:
        return given
    with calling("create", "instance"):
        found = source.schema()
        assert found is not None
    if isinstance(found, str):
        from pyspark.sql.connect.proto import DataType
        from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

        from pyrite import _engine
        from pyrite._frames.running import taken

        message = DataType.FromString(taken(_engine.frame_type_of_text(found)))
        found = proto_schema_to_pyspark_data_type(message)
    if not isinstance(found, StructType):
        from pyrite._frames import faults

        raise faults.analysis(
            "INVALID_SCHEMA.NON_STRUCT_TYPE", "42K07", {},
            f"The input schema {found.json()} is not a valid schema string. The input expression should be evaluated to struct "
            f'type, but got "{found.simpleString().upper()}".',
        )  # fmt: skip
    return str(found.json())


def struct_of(schema: str) -> Any:
    """The client's struct of a schema's JSON."""
    from pyspark.sql.types import StructType

    return StructType.fromJson(json.loads(schema))
