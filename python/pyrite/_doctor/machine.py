"""The machine as this process sees it: cores, memory, the folder of what spills; a container may allow less."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator

from pyrite._doctor.findings import BROKEN, NOTE, OK, Finding
from pyrite._master import available_cores

__all__ = ["cores", "memory", "spill_folder"]

_GROUPS = "/sys/fs/cgroup"
_SMALL = 1 << 30


def cores() -> Finding:
    """How many threads `local[*]` has, and whether the container lets them run at once."""
    here, machine = available_cores(), os.cpu_count() or 1
    found = f"{here} for local[*]" + (f" of the machine's {machine}" if machine != here else "")
    quota = core_quota()
    if quota is None:
        return Finding("cores", OK, found)
    found += f"; the container's limit is {quota:g}"
    if quota >= here:
        return Finding("cores", OK, found)
    return Finding(
        "cores", NOTE, found, f"use local[{max(1, round(quota))}], so that threads don't wait for one another"
    )


def core_quota() -> float | None:
    """How many cores' time this process's control groups allow (versions 2 and 1 of Linux's)."""
    quotas = []
    for folder in _folders("cpu"):
        text = _read(f"{folder}/cpu.max")
        if text is None:
            own, period = _read(f"{folder}/cpu.cfs_quota_us"), _read(f"{folder}/cpu.cfs_period_us")
            text = f"{own} {period}" if own and period else ""
        numbers = text.split()
        if len(numbers) == 2 and numbers[0].isdigit() and numbers[1].isdigit() and int(numbers[1]):
            quotas.append(int(numbers[0]) / int(numbers[1]))
    return min(quotas, default=None)


def memory() -> Finding:
    """How much there is, which Pyrite's own limit follows."""
    machine, limit = machine_memory(), memory_limit()
    if machine is None and limit is None:
        return Finding(
            "memory", NOTE, "this system doesn't say how much there is", "set pyrite.memory.limit, such as 4g"
        )
    least = min(bytes for bytes in (machine, limit) if bytes is not None)
    found = f"{_size(least)}" if machine is None else f"{_size(machine)}"
    if limit is not None and (machine is None or limit < machine):
        found += f"; the container's limit is {_size(limit)}"
    if least < 2 * _SMALL:
        return Finding("memory", NOTE, found, "little: what doesn't fit goes to files, below spark.local.dir")
    return Finding("memory", OK, found)


def machine_memory() -> int | None:
    """The machine's memory in bytes, where the system says."""
    if sys.platform == "win32":
        return _of_windows()
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _of_windows() -> int | None:
    class Status(ctypes.Structure):
        _fields_ = [
            ("dwLength", ctypes.c_uint32),
            ("dwMemoryLoad", ctypes.c_uint32),
            *(
                (name, ctypes.c_uint64)
                for name in ("total", "free", "pages", "free_pages", "virtual", "free_virtual", "ext")
            ),
        ]

    status = Status(dwLength=ctypes.sizeof(Status))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - only Windows has it
    return int(status.total) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None


def memory_limit() -> int | None:
    """The least limit of this process's control groups, in bytes."""
    limits = []
    for folder in _folders("memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            text = _read(f"{folder}/{name}") or ""
            # "max", or version 1's largest number of pages, is no limit.
            if text.isdigit() and int(text) < 1 << 60:
                limits.append(int(text))
    return min(limits, default=None)


def spill_folder(setting: str | None) -> Finding:
    """Whether what doesn't fit in memory can go to files."""
    folder = (setting or "").partition(",")[0] or tempfile.gettempdir()
    try:
        with tempfile.NamedTemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(
            "files", BROKEN, f"{folder} can't be written ({error.strerror})", "set spark.local.dir to one that can"
        )
    found = f"{_size(free)} free in {folder}"
    if free < _SMALL:
        return Finding(
            "files", NOTE, found, "what doesn't fit in memory goes there: set spark.local.dir to a larger disk"
        )
    return Finding("files", OK, found)


def _folders(controller: str) -> Iterator[str]:
    """The groups of this process and those above them.

    Within a container the paths may be the host's, while the mounted root is the container's own group: both are
    looked at.
    """
    groups = _read("/proc/self/cgroup") or ""
    for line in [*groups.splitlines(), "0::/", f":{controller}:/"]:
        _, controllers, group = [*line.split(":", 2), "", ""][:3]
        if controllers and controller not in controllers.split(","):
            continue
        root = f"{_GROUPS}/{controller}" if controllers else _GROUPS
        path = group.rstrip("/")
        while True:
            yield f"{root}{path}"
            if not path:
                break
            path = path.rpartition("/")[0]


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except (OSError, ValueError):
        return None


def _size(bytes: int) -> str:
    return f"{bytes / (1 << 30):.1f} GB" if bytes >= _SMALL else f"{bytes / (1 << 20):.0f} MB"
