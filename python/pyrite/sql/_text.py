"""Which bytes of which files each partition of `spark.read.text` has.

Spark SQL's rules: files are listed as Hadoop lists them, and cut and put together as `FilePartition` does. Directories
are one level deep, and `spark.sql.files.` keys other than the three read here change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pyrite._elsewhere.systems import Found, Systems
from pyrite._hadoop.paths import files_in, meant_by
from pyrite._places import is_address
from pyrite.errors import AnalysisException, engine_error

if TYPE_CHECKING:
    from pyrite.sql.conf import RuntimeConfig

__all__ = ["files_of", "parts_of"]

# A file, its first byte and the number of bytes.
Split = tuple[str, int, int]

_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_PACKED = (".gz", ".bz2")


def files_of(paths: Iterable[str], systems: Systems | None = None) -> list[Found]:
    """The files of some paths, globs and directories (one level), without hidden ones.

    Raises
    ------
    AnalysisException
        Nothing is there.
    """
    found: list[Found] = []
    for path in paths:
        if systems is not None and is_address(path):
            files = systems.files(path)
            if isinstance(files, str):
                raise AnalysisException(errorClass="PATH_NOT_FOUND", messageParameters={"path": path})
            found += files
            continue
        here, matches = meant_by(path)
        if not matches:
            raise AnalysisException(errorClass="PATH_NOT_FOUND", messageParameters={"path": f"file:{here}"})
        found += files_in(matches)
    return found


def parts_of(files: list[Found], parallelism: int, conf: RuntimeConfig) -> list[list[Split]]:
    """The partitions: files are cut where they are large, and share a partition where they are small."""
    # What has no size that is known has something in it.
    sizes = [(file, size) for file in files if (size := 1 if file.size is None else file.size)]
    opening = _size(conf, "spark.sql.files.openCostInBytes", 4 << 20)
    most = _size(conf, "spark.sql.files.maxPartitionBytes", 128 << 20)
    least = int(conf.get("spark.sql.files.minPartitionNum", None) or parallelism)
    each = sum(size + opening for _, size in sizes) // max(least, 1)
    most = min(most, max(opening, each))
    splits = [split for file, size in sizes for split in _cut(file, size, most)]
    # The largest first; those of one size stay in the order of their names.
    splits.sort(key=lambda split: -split[2])
    parts: list[list[Split]] = []
    filled = most + 1
    for split in splits:
        if filled + split[2] > most:
            parts.append([])
            filled = 0
        parts[-1].append(split)
        filled += split[2] + opening
    return parts


def _cut(file: Found, size: int, most: int) -> list[Split]:
    path = file.address
    if path.endswith(_PACKED) or not file.ranges:
        return [(path, 0, size)]
    return [(path, start, min(most, size - start)) for start in range(0, size, most)]


def _size(conf: RuntimeConfig, key: str, default: int) -> int:
    text = conf.get(key, None)
    if text is None:
        return default
    found = re.fullmatch(r"(\d+)([bkmgt]?)b?", text.strip().lower())
    if found is None:
        raise engine_error("java.lang.NumberFormatException", f"{key} is a size such as 128m, not {text!r}")
    return int(found[1]) * _UNITS[found[2]]
