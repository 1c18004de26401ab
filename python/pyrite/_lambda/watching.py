"""Debuggers, coverage and profilers: while one is active, user code runs where it can see it."""

from __future__ import annotations

import sys
import threading
from typing import Any

_monitoring: Any = getattr(sys, "monitoring", None)


def watched() -> str | None:
    """Why user code must run in the interpreter now: somebody counts or stops at its lines."""
    if sys.gettrace() is not None or threading.gettrace() is not None:
        return "a tracer is active"
    if sys.getprofile() is not None or threading.getprofile() is not None:
        return "a profiler is active"
    if _monitoring is not None:
        tool = _monitoring.get_tool
        if tool(0) or tool(1) or tool(2) or tool(3) or tool(4) or tool(5):
            return "a sys.monitoring tool is active"
    return None
