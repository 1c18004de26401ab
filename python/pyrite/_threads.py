"""What the program's threads do: Spark's `ThreadStackTrace`, in JSON, of Python's threads."""

from __future__ import annotations

import json
import linecache
import os
import re
import sys
import threading
from types import FrameType
from typing import Any

__all__ = ["dump"]

# Modules of Python in which a thread waits, where it is in one.
_WAITS = frozenset(("threading", "queue", "selectors", "socket", "ssl", "subprocess", "multiprocessing.connection"))
# The same in a line of the program.
_WAITING = re.compile(r"\b(sleep|wait|acquire|join|recv|recv_into|accept|select|poll|get)\(")


def dump() -> str:
    """All threads that run Python code, by name."""
    known = {thread.ident: thread for thread in threading.enumerate()}
    # Nothing else runs Python code meanwhile, except where this lets the interpreter go: a stack is as it was then.
    stacks = {ident: _stack(frame) for ident, frame in sys._current_frames().items()}
    own = threading.get_ident()
    told = [_told(known.get(ident), ident, stack) for ident, stack in stacks.items() if ident != own]
    return json.dumps(sorted(told, key=lambda each: str(each["threadName"]).lower()))


def _stack(frame: FrameType | None) -> list[tuple[str, str, str, int]]:
    """Module, function, file and line of each frame, the innermost first. No frame is kept: what it holds may go."""
    found = []
    while frame is not None:
        code = frame.f_code
        module = frame.f_globals.get("__name__", "?")
        found.append((str(module), code.co_qualname, code.co_filename, frame.f_lineno or code.co_firstlineno))
        frame = frame.f_back
    return found


def _told(thread: threading.Thread | None, ident: int, stack: list[tuple[str, str, str, int]]) -> dict[str, Any]:
    waits = bool(stack) and (
        stack[0][0] in _WAITS or _WAITING.search(linecache.getline(stack[0][2], stack[0][3])) is not None
    )
    return {
        "threadId": ident if thread is None or thread.native_id is None else thread.native_id,
        "threadName": f"Thread-{ident}" if thread is None else thread.name,
        "threadState": "WAITING" if waits else "RUNNABLE",
        "stackTrace": {
            "elems": [f"{module}.{name}({os.path.basename(file)}:{line})\n" for module, name, file, line in stack],
        },
        "blockedByLock": "",
        "holdingLocks": [],
        "synchronizers": [],
        "monitors": [],
        "suspended": False,
        "inNative": False,
        "isDaemon": thread is None or thread.daemon,
        "priority": 5,
    }
