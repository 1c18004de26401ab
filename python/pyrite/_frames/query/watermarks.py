"""The watermark of a query: how far event time is, less the delays; it never goes back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pyrite._frames.query.progress import moment

if TYPE_CHECKING:
    from pyrite._frames.query.operators.watermark import Watermark

__all__ = ["Watermarks"]


class Watermarks:
    """Of several operators the least counts, or the greatest, as `spark.sql.streaming.multipleWatermarkPolicy` has it."""

    def __init__(self, operators: Iterable[Watermark], policy: str) -> None:
        self._operators = list(operators)
        self._choose = max if policy == "max" else min

    def next(self, now: int) -> int:
        """The watermark of the batch after this one, in milliseconds."""
        if not self._operators:
            return now
        return max(now, self._choose(each.reached for each in self._operators))

    def told(self, now: int, *, seen: bool) -> dict[str, str] | None:
        """What progress says of a batch."""
        if not self._operators:
            return None
        found: dict[str, Any] = next((each.seen for each in self._operators if each.seen and seen), {})
        return {**{name: moment(value) for name, value in found.items()}, "watermark": moment(now)}
