"""`StreamingListener`: the callbacks of a streaming context's events."""

from __future__ import annotations

from typing import Any

__all__ = ["StreamingListener"]


class StreamingListener:
    """Override any of the methods; `ssc.addStreamingListener(listener)` has them called.

    They are called one after the other, in the order of events, on a thread of their own: a slow one holds up no batch.
    An exception in one is logged and the stream goes on. What an event knows are methods:
    `event.batchInfo().batchTime().milliseconds()`.
    """

    def __init__(self) -> None:
        pass

    def onStreamingStarted(self, streamingStarted: Any) -> None:
        """The context was started."""

    def onReceiverStarted(self, receiverStarted: Any) -> None:
        """A receiver was started."""

    def onReceiverError(self, receiverError: Any) -> None:
        """A receiver reported an error."""

    def onReceiverStopped(self, receiverStopped: Any) -> None:
        """A receiver was stopped, or is about to start again."""

    def onBatchSubmitted(self, batchSubmitted: Any) -> None:
        """A batch's jobs were queued."""

    def onBatchStarted(self, batchSubmitted: Any) -> None:
        """A batch's first job started."""

    def onBatchCompleted(self, batchCompleted: Any) -> None:
        """A batch's last job ended."""

    def onOutputOperationStarted(self, outputOperationStarted: Any) -> None:
        """An output operation of a batch started."""

    def onOutputOperationCompleted(self, outputOperationCompleted: Any) -> None:
        """An output operation of a batch ended."""

    class Java:
        """Kept for programs that name it."""
