"""`kafkaParams` as confluent-kafka takes them: the names that Pyrite's own client takes mean the same on a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["Settings", "sorted_out"]

_WITHOUT_EFFECT = frozenset(
    "key.deserializer value.deserializer key.serializer value.serializer deserializer.encoding serializer.class "
    "refresh.leader.backoff.ms consumer.timeout.ms auto.commit.enable enable.auto.commit max.poll.records".split()
)
_RENAMED = {
    "metadata.broker.list": "bootstrap.servers",
    "fetch.max.wait.ms": "fetch.wait.max.ms",
    "max.request.size": "message.max.bytes",
    "request.required.acks": "acks",
    "rebalance.backoff.ms": "retry.backoff.ms",
    "session.timeout": "session.timeout.ms",
}
_OF_JAVA = {
    "sasl.jaas.config": '"sasl.username" and "sasl.password"',
    "ssl.truststore.": '"ssl.ca.location", a PEM file',
    "ssl.keystore.type": '"ssl.keystore.location", a PKCS#12 file',
}
_EARLIEST = ("smallest", "earliest", "beginning")


class Settings(NamedTuple):
    """Settings of a client, sorted out."""

    #: What confluent-kafka takes.
    client: dict[str, str]
    #: Whether a stream without offsets begins with the first message there is.
    from_earliest: bool
    #: Whether offsets that are gone are an error.
    fails: bool
    #: The consumer group.
    group: str | None


def sorted_out(given: Mapping[str, Any]) -> Settings:
    """What `kafkaParams` say.

    Raises
    ------
    TypeError
        They aren't a dict.
    ValueError
        There are no brokers among them, or there is a setting that only Java's client understands.
    """
    if not isinstance(given, Mapping):
        raise TypeError("kafkaParams should be dict")
    client: dict[str, str] = {}
    for name, value in given.items():
        instead = next((told for java, told in _OF_JAVA.items() if name.startswith(java)), None)
        if instead is not None:
            raise ValueError(f"{name} is for Java's client: give {instead} instead")
        if name not in _WITHOUT_EFFECT and not name.startswith("zookeeper."):
            client[_RENAMED.get(name, name)] = str(value).lower() if isinstance(value, bool) else str(value)
    if "bootstrap.servers" not in client:
        raise ValueError("Must specify metadata.broker.list or bootstrap.servers")
    client.setdefault("reconnect.backoff.max.ms", "1000")
    start = client.pop("auto.offset.reset", "latest").lower()
    fails = client.pop("failOnDataLoss", "true").lower() != "false"
    return Settings(client, start in _EARLIEST, fails, client.get("group.id"))
