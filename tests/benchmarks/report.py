"""What a measurement gives back, and the table and the JSON made of it."""

import json
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Row:
    """One line of the table: `reached` is None when there is nothing to reach or nothing to compare with."""

    name: str
    measured: str
    bar: str = ""
    reached: bool | None = None
    figures: dict = field(default_factory=dict)

    def __str__(self) -> str:
        verdict = {True: "pass", False: "SHORT", None: ""}[self.reached]
        return f"{self.name:<44} {self.measured:<34} {self.bar:<26} {verdict}"


def quantile(values: Iterable[float], q: float) -> float:
    """The smallest value that a share `q` of all values doesn't exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(q * 1000) * len(ordered) // 1000) - 1))]


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def save(rows: list[Row], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
