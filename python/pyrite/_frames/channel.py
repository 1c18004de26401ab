"""The client's channel, without a socket: a message goes to the method of the service that has its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Channel", "builder", "commands_of"]

Call = Callable[..., Any]

# Commands that need nothing of what the client does around them. An interrupt gets out of a wait among them at once.
_HERE = frozenset(
    (
        "create_dataframe_view",
        "sql_command",
        "write_stream_operation_start",
        "streaming_query_command",
        "streaming_query_manager_command",
    )
)


class Channel:
    """The part of `grpc.Channel` that the client's stubs use."""

    def __init__(self, service: Any) -> None:
        self._service = service

    def _method(self, path: str, *_: Any, **__: Any) -> Call:
        method = getattr(self._service, path.rpartition("/")[2])

        def call(request: Any, **_options: Any) -> Any:
            return method(request)

        return call

    unary_unary = unary_stream = stream_unary = stream_stream = _method

    def close(self) -> None:
        """Nothing is open."""

    def subscribe(self, *_: Any, **__: Any) -> None:
        """It is always ready."""

    unsubscribe = subscribe


def builder(service: Any) -> Any:
    """What `SparkSession.builder.channelBuilder` takes."""
    from pyspark.sql.connect.client import ChannelBuilder

    class InProcess(ChannelBuilder):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()

        def toChannel(self) -> Channel:
            return Channel(service)

        @property
        def host(self) -> str:
            return "in-process"

    return InProcess()


def commands_of(client: Any, service: Any) -> Call:
    """The client's `execute_command`, for what is asked often without the requests, streams and retries around it."""
    from pyspark.sql.connect.proto import ExecutePlanResponse
    from pyspark.sql.metrics import ExecutionInfo

    from pyrite._frames.commands import command as do

    remote: Call = client.execute_command

    def execute(command: Any, observations: Any = None) -> tuple[Any, dict[str, Any], Any]:
        kind = command.WhichOneof("command_type")
        if observations or kind not in _HERE:
            answer: tuple[Any, dict[str, Any], Any] = remote(command, observations)
            return answer
        answers = do(service, command, ExecutePlanResponse)
        found: dict[str, Any] = {}
        for each in answers:
            name = each.WhichOneof("response_type")
            result = getattr(each, name)
            found[name] = result.relation if name == "sql_command_result" else result
        return None, found, ExecutionInfo(None, None)

    return execute
