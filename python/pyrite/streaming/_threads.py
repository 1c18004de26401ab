"""Every thread of a stream: one that is still there when the interpreter goes away may end the process with a crash."""

from __future__ import annotations

import threading
import weakref

threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
# Those on which receivers of the program run: a graceful stop waits for them.
receivers: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
