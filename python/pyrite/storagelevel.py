"""How a persisted RDD is kept: PySpark's StorageLevel and its constants."""

from __future__ import annotations

from typing import ClassVar

__all__ = ["StorageLevel"]


class StorageLevel:
    """Flags that say where a persisted RDD is kept, and how often.

    Memory and disk mean what they say, under Pyrite's one budget: with both, rows go to a file when memory is short; in
    memory alone, partitions that were let go of are computed again; on disk alone, none stays in memory. The other
    flags are for programs that read them.

    Examples
    --------
    >>> StorageLevel.MEMORY_AND_DISK_2
    StorageLevel(True, True, False, False, 2)
    >>> print(StorageLevel.MEMORY_AND_DISK_2)
    Disk Memory Serialized 2x Replicated
    """

    NONE: ClassVar[StorageLevel]
    DISK_ONLY: ClassVar[StorageLevel]
    DISK_ONLY_2: ClassVar[StorageLevel]
    DISK_ONLY_3: ClassVar[StorageLevel]
    MEMORY_ONLY: ClassVar[StorageLevel]
    MEMORY_ONLY_2: ClassVar[StorageLevel]
    MEMORY_AND_DISK: ClassVar[StorageLevel]
    MEMORY_AND_DISK_2: ClassVar[StorageLevel]
    OFF_HEAP: ClassVar[StorageLevel]
    MEMORY_AND_DISK_DESER: ClassVar[StorageLevel]
    # Names of PySpark 2.x, for programs of that time.
    MEMORY_ONLY_SER: ClassVar[StorageLevel]
    MEMORY_ONLY_SER_2: ClassVar[StorageLevel]
    MEMORY_AND_DISK_SER: ClassVar[StorageLevel]
    MEMORY_AND_DISK_SER_2: ClassVar[StorageLevel]

    def __init__(
        self, useDisk: bool, useMemory: bool, useOffHeap: bool, deserialized: bool, replication: int = 1
    ) -> None:
        self.useDisk = useDisk
        self.useMemory = useMemory
        self.useOffHeap = useOffHeap
        self.deserialized = deserialized
        self.replication = replication

    def _fields(self) -> tuple[bool, bool, bool, bool, int]:
        return (self.useDisk, self.useMemory, self.useOffHeap, self.deserialized, self.replication)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StorageLevel) and self._fields() == other._fields()

    __hash__ = None  # type: ignore[assignment]  # as PySpark's: equal by value and mutable

    def __repr__(self) -> str:
        return f"StorageLevel{self._fields()!r}"

    def __str__(self) -> str:
        places = ((self.useDisk, "Disk "), (self.useMemory, "Memory "), (self.useOffHeap, "OffHeap "))
        kept_in = "".join(name for used, name in places if used)
        form = "Deserialized" if self.deserialized else "Serialized"
        return f"{kept_in}{form} {self.replication}x Replicated"


StorageLevel.NONE = StorageLevel(False, False, False, False)
StorageLevel.DISK_ONLY = StorageLevel(True, False, False, False)
StorageLevel.DISK_ONLY_2 = StorageLevel(True, False, False, False, 2)
StorageLevel.DISK_ONLY_3 = StorageLevel(True, False, False, False, 3)
StorageLevel.MEMORY_ONLY = StorageLevel(False, True, False, False)
StorageLevel.MEMORY_ONLY_2 = StorageLevel(False, True, False, False, 2)
StorageLevel.MEMORY_AND_DISK = StorageLevel(True, True, False, False)
StorageLevel.MEMORY_AND_DISK_2 = StorageLevel(True, True, False, False, 2)
StorageLevel.OFF_HEAP = StorageLevel(True, True, True, False)
StorageLevel.MEMORY_AND_DISK_DESER = StorageLevel(True, True, False, True)
StorageLevel.MEMORY_ONLY_SER = StorageLevel.MEMORY_ONLY
StorageLevel.MEMORY_ONLY_SER_2 = StorageLevel.MEMORY_ONLY_2
StorageLevel.MEMORY_AND_DISK_SER = StorageLevel.MEMORY_AND_DISK
StorageLevel.MEMORY_AND_DISK_SER_2 = StorageLevel.MEMORY_AND_DISK_2
