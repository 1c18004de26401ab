"""How IPython shows a StreamingContext and a stream at the end of a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyrite._panel.html import card, code, folded, table, table_html
from pyrite.errors import Py4JJavaError, PySparkRuntimeError
from pyrite.streaming._callbacks import Composed, Tallied, Timeless
from pyrite.streaming._steps import Step
from pyrite.streaming.util import batch_time

if TYPE_CHECKING:
    from pyrite.streaming.context import StreamingContext
    from pyrite.streaming.dstream import DStream

_BATCHES = 10


def of_streaming(ssc: StreamingContext) -> str:
    """State, interval, last batches."""
    facts = [("State", code(ssc._streaming.phase)), ("Batches every", code(f"{ssc._interval_ms / 1000:g} s"))]
    if ssc._checkpoint_directory is not None:
        facts.append(("Checkpoints", code(ssc._checkpoint_directory)))
    rows = [
        (str(batch_time(time)), records, round(waited / 1000, 1), round(took / 1000, 1), "failed" if failed else "")
        for time, records, waited, took, failed in ssc._streaming.history()[-_BATCHES:]
    ]
    if not rows:
        return card("StreamingContext", facts)
    shown = table(rows[::-1], None)._replace(head=["Batch", "Records", "Waited (ms)", "Took (ms)", ""])
    return card("StreamingContext", facts, table_html(shown, "The last batches"))


def of_stream(stream: DStream[Any]) -> str:
    """How often it has an RDD, how that is made, and what is compiled."""
    facts = [("Batches every", code(f"{stream._slide_ms / 1000:g} s"))]
    kind = type(stream).__name__
    if not _is_known(stream):
        # Looking at a stream calls no function of the program's.
        return card(kind, facts, "<p>Its lineage is known from its first batch on, or from <code>explain()</code>.</p>")
    try:
        return card(kind, facts, folded("Lineage of a batch, and what is compiled", stream._explained()))
    except (Py4JJavaError, PySparkRuntimeError, AttributeError):
        return card(kind, facts)


def _is_known(stream: Any) -> bool:
    """Whether a batch's plan is there, or can be made without calling what was given to `transform`."""
    if stream._node is not None and stream._node.latest is not None:
        return True
    prev = vars(stream).get("prev")
    return prev is None or (_is_ours(stream.func) and _is_known(prev))


def _is_ours(function: object) -> bool:
    if isinstance(function, Composed):
        return _is_ours(function.function) and _is_ours(function.before)
    if isinstance(function, Tallied | Timeless):
        return _is_ours(function.function)
    return isinstance(function, Step)
