"""When batches run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyrite._frames import faults

__all__ = ["Trigger", "duration", "milliseconds"]

_UNITS = {
    "week": 604_800_000, "day": 86_400_000, "hour": 3_600_000, "minute": 60_000, "second": 1000,
    "millisecond": 1, "msec": 1, "microsecond": 0.001, "usec": 0.001, "nanosecond": 0.000001,
}  # fmt: skip


def milliseconds(text: str) -> int:
    """The length of an interval: `5 seconds`, `1 minute 30 seconds`."""

    def wrong(sub: str, message: str) -> Exception:
        condition = f"INVALID_INTERVAL_FORMAT.{sub}"
        return faults.exception(
            "IllegalArgumentException", condition, "22006", {"input": text},
            f"[{condition}] Error parsing '{text}' to interval. Please ensure that the value provided is in a valid format for "
            f"defining an interval. You can reference the documentation for the correct format. {message} SQLSTATE: 22006",
        )  # fmt: skip

    words = re.sub(r"^\s*interval\s+", "", text.strip(), flags=re.IGNORECASE).split()
    if not words:
        raise wrong("INPUT_IS_EMPTY", "Interval string cannot be empty.")
    if len(words) % 2:
        raise wrong("MISSING_UNIT", f"Expect a unit name after {words[-1]} but hit EOL.")
    total = 0.0
    for number, unit in zip(words[::2], words[1::2], strict=True):
        try:
            value = float(number)
        except ValueError:
            raise wrong("INVALID_VALUE", f"Expect number but found {number}.") from None
        name = unit.lower()
        size = _UNITS.get(name) or _UNITS.get(name.removesuffix("s"))
        if size is None:
            if name.removesuffix("s") in ("month", "year"):
                raise faults.unsupported("An interval of months or years")
            raise wrong("INVALID_UNIT", f"Invalid unit {unit}.")
        total += value * size
    return int(total)


_SHORT = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def duration(text: str | None, default: int) -> int:
    """The length of a time as Spark's settings have it: `7d`, `30s`, `100` for milliseconds."""
    if text is None:
        return default
    found = re.fullmatch(r"\s*(-?[0-9]+)\s*([a-z]+)?\s*", text.lower())
    if not found or (found[2] or "ms") not in _SHORT:
        raise faults.exception(
            "NumberFormatException", None, None, {},
            "Time must be specified as seconds (s), milliseconds (ms), microseconds (us), minutes (m or min), hour (h), or day (d). "
            f"E.g. 50s, 100ms, or 250us.\nFailed to parse time string: {text}",
        )  # fmt: skip
    return int(int(found[1]) * _SHORT[found[2] or "ms"])


@dataclass(frozen=True)
class Trigger:
    """`interval` milliseconds between the beginnings of batches, or `once`, or all that is `available`."""

    interval: int = 0
    once: bool = False
    available: bool = False

    @property
    def ends(self) -> bool:
        """Whether the query ends by itself."""
        return self.once or self.available

    def next_time(self, now: int) -> int:
        """When the batch after the one that began before `now` begins: at whole multiples, as Spark's executor has it."""
        return now // self.interval * self.interval + self.interval if self.interval else now


def of(message: object) -> Trigger:
    """The trigger that the protocol's message has."""
    kind = message.WhichOneof("trigger")  # type: ignore[attr-defined]
    if kind == "continuous_checkpoint_interval":
        raise faults.unsupported(
            "The trigger continuous: batches take some milliseconds here; trigger(processingTime=...)"
        )
    if kind == "real_time_batch_duration":
        raise faults.unsupported(
            "The trigger realTime: batches take some milliseconds here; trigger(processingTime=...)"
        )
    if kind == "once":
        return Trigger(once=True)
    if kind == "available_now":
        return Trigger(available=True)
    if kind == "processing_time_interval":
        interval = milliseconds(message.processing_time_interval)  # type: ignore[attr-defined]
        if interval < 0:
            raise faults.exception(
                "IllegalArgumentException",
                None,
                None,
                {},
                "requirement failed: the interval of trigger should not be negative",
            )
        return Trigger(interval)
    return Trigger()
