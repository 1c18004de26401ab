"""Whether a query's operators are those whose rows the checkpoint has; Spark's own sentences where they aren't."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.query.checkpoint import files

if TYPE_CHECKING:
    from pyrite._frames.query.operators import Operator

__all__ = ["check", "described"]


def described(at: int, operator: Operator, partitions: int) -> dict[str, Any]:
    """What is written of an operator: Spark's metadata, and the types of its rows."""
    stores = operator.stores()
    return {
        "metadata": {
            "operatorInfo": {"operatorId": at, "operatorName": operator.progress_name},
            "stateStoreInfo": [
                {
                    "storeName": "default" if number == 0 else f"store{number}",
                    "numColsPrefixKey": 0,
                    "numPartitions": partitions if store.width else 1,
                }
                for number, store in enumerate(stores)
            ],
        },
        "stores": [
            {
                "key": [[field.name, str(field.type)] for field in list(store.schema)[: store.width]],
                "value": [[field.name, str(field.type)] for field in list(store.schema)[store.width :]],
            }
            for store in stores
        ],
    }


def check(folder: str, told: list[dict[str, Any]], version: int) -> None:
    """Refuse operators other than those of the checkpoint, where it has any rows."""
    kept = _kept(folder)
    if version == 0:
        return
    now = {at: each["metadata"]["operatorInfo"]["operatorName"] for at, each in enumerate(told)}
    before = {at: metadata["operatorInfo"]["operatorName"] for at, (metadata, _) in kept.items()}
    if before != now:
        condition = "STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA"
        raise faults.exception(
            "SparkRuntimeException", condition, "42K03",
            {"OpsInMetadataSeq": _operators(before), "OpsInCurBatchSeq": _operators(now)},
            f"[{condition}] Streaming stateful operator name does not match with the operator in state metadata. This likely to happen when "
            "user adds/removes/changes stateful operator of existing streaming query.\nStateful operators in the metadata: "
            f"[{_operators(before)}]; Stateful operators in current batch: [{_operators(now)}]. SQLSTATE: 42K03",
        )  # fmt: skip
    for at, each in enumerate(told):
        stores = kept[at][1]
        if stores is None:
            raise faults.unsupported(
                f"The state of a checkpoint that Spark itself has written ({os.path.join(folder, str(at))})"
            )
        for old, new in zip(stores, each["stores"], strict=True):
            for part in ("key", "value"):
                if [kind for _, kind in old[part]] != [kind for _, kind in new[part]]:
                    raise _incompatible(part, old[part], new[part])


def _kept(folder: str) -> dict[int, tuple[dict[str, Any], list[dict[str, Any]] | None]]:
    """The operators that the checkpoint has: metadata, and the stores' types where Pyrite has written them."""
    found = {}
    try:
        names = sorted(name for name in os.listdir(folder) if name.isdigit())
    except FileNotFoundError:
        return {}
    for name in names:
        path = os.path.join(folder, name, "_metadata", "metadata")
        text = files.text_of(path)
        if text is None:
            # The process ended while the folder was made: no batch has run.
            continue
        own = files.text_of(os.path.join(folder, name, "_metadata", "schema.pyrite"))
        try:
            metadata = json.loads(text.partition("\n")[2])
            metadata["operatorInfo"]["operatorName"]
            found[int(name)] = metadata, None if own is None else json.loads(own)
        except (ValueError, KeyError, TypeError):
            raise files.broken(path, "it isn't the metadata of an operator") from None
    return found


def _operators(found: dict[int, str]) -> str:
    return ", ".join(f"(OperatorId: {at} -> OperatorName: {name})" for at, name in found.items())


def _incompatible(part: str, old: list[list[str]], new: list[list[str]]) -> Exception:
    condition = f"STATE_STORE_{part.upper()}_SCHEMA_NOT_COMPATIBLE"
    before, now = (", ".join(f"{name} {kind}" for name, kind in fields) for fields in (old, new))
    return faults.exception(
        "StateStoreSchemaNotCompatible", condition, "XXKST",
        {f"stored{part.title()}Schema": before, f"new{part.title()}Schema": now},
        f"[{condition}] Provided {part} schema does not match existing state {part} schema.\nPlease check number and type of fields.\n"
        f"Existing {part}_schema=({before}) and new {part}_schema=({now}).\n"
        "If you want to force running the query without schema validation, please set spark.sql.streaming.stateStore.stateSchemaCheck to false.\n"
        "However, please note that running the query with incompatible schema could cause non-deterministic behavior. SQLSTATE: XXKST",
    )  # fmt: skip
