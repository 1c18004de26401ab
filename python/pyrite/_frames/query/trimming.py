"""What the C library keeps for itself goes back to the system now and then.

The executor remembers some hundred bytes of each query until it clears up, after some ten thousand; the room that this leaves
lies between what is still used, and would stay the process's.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from typing import Any

__all__ = ["trim"]


def trim() -> None:
    """Where the C library can; it takes milliseconds."""
    give = _trimmer()
    if give is not None:
        give(0)


@functools.cache
def _trimmer() -> Callable[[int], Any] | None:
    try:
        found: Callable[[int], Any] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    except (OSError, TypeError):
        return None
    return found
