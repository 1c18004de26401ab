"""Data for the tests: columns, objects and mixed rows, a few times larger than the limit."""

from __future__ import annotations

import functools
from typing import Any

COUNT = 16_000


def _point_class() -> type:
    """A class that workers get by value: they can't import a test's module."""

    @functools.total_ordering
    class Point:
        def __init__(self, x: int, name: str) -> None:
            self.x = x
            self.name = name

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Point) and (self.x, self.name) == (other.x, other.name)

        def __lt__(self, other: Point) -> bool:
            return (self.x, self.name) < (other.x, other.name)

        def __hash__(self) -> int:
            return hash((self.x, 7))

        def __repr__(self) -> str:
            return f"Point({self.x}, {self.name!r})"

    return Point


Point = _point_class()


def key(i: int, keys: int = 700) -> int:
    """A key, the same in every process and in no order."""
    return (i * 7919 + 13) % keys


def columns(count: int = COUNT) -> list[tuple[int, str]]:
    return [(key(i), f"{i:06d}" + "x" * 100) for i in range(count)]


def dicts(count: int = COUNT // 2) -> list[tuple[int, dict[str, Any]]]:
    return [(key(i), {"i": i, "text": f"{i:05d}" + "y" * 100}) for i in range(count)]


def instances(count: int = COUNT // 2) -> list[tuple[Point, Point]]:
    return [(Point(key(i), "k"), Point(i, f"{i:06d}" + "z" * 150)) for i in range(count)]


def mixed(count: int = COUNT // 2) -> list[tuple[int, Any]]:
    kinds: list[Any] = [lambda i: i, lambda i: f"{i}" + "m" * 300, lambda i: {"i": i, "l": [i] * 20}, lambda i: None]
    return [(key(i), kinds[i % 4](i)) for i in range(count)]


KINDS = {"columns": columns, "dicts": dicts, "instances": instances, "mixed": mixed}
