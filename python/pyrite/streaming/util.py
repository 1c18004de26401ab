"""Names and times of batches."""

from __future__ import annotations

from datetime import datetime

__all__ = ["rddToFileName"]


def rddToFileName(prefix: str, suffix: str | None, timestamp: int | float | datetime) -> str:
    """`prefix-<milliseconds>`, and `.suffix` if there is one.

    Examples
    --------
    >>> rddToFileName("spark", None, 12345678910)
    'spark-12345678910'
    >>> rddToFileName("spark", "tmp", 12345678910)
    'spark-12345678910.tmp'
    """
    ms = int(timestamp.timestamp() * 1000) if isinstance(timestamp, datetime) else int(timestamp)
    return f"{prefix}-{ms}" if suffix is None else f"{prefix}-{ms}.{suffix}"


def milliseconds(seconds: float) -> int:
    """A duration as PySpark takes it: fractions of a millisecond are cut off."""
    return int(seconds * 1000)


def batch_time(ms: int) -> datetime:
    """A batch's time as functions get it: naive and local."""
    return datetime.fromtimestamp(ms / 1000)


def clock_time(ms: int) -> str:
    """A batch's time as a clock on the wall shows it, and milliseconds where it has some."""
    return batch_time(ms).isoformat(" ", "milliseconds" if ms % 1000 else "seconds")[11:]
