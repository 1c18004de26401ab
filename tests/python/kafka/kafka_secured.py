"""What a broker needs so that it also listens with names and passwords, and with TLS where `openssl` makes a certificate."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kafka_broker import Broker, free_port

SASL = """
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
user_alice="secret";
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
"""
TLS = """
listener.name.ssl.ssl.keystore.type=PEM
listener.name.ssl.ssl.keystore.location={pem}
"""
BOB = ("--add-scram", "SCRAM-SHA-512=[name=bob,password=hidden]")


@dataclass(frozen=True)
class Doors:
    """Where a secured broker listens beside its plain address."""

    sasl: str
    tls: str | None
    certificate: Path


def secured(directory: Path) -> tuple[Broker, Doors]:
    """A broker that isn't started yet: alice has the password `secret` by PLAIN, bob `hidden` by SCRAM."""
    directory.mkdir(parents=True, exist_ok=True)
    key, certificate, both = (directory / name for name in ("key.pem", "certificate.pem", "both.pem"))
    sasl = f"127.0.0.1:{free_port()}"
    more, listeners, tls = SASL, f"SASL_PLAINTEXT://{sasl}", None
    if shutil.which("openssl") is not None:
        subject = ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate]
        subprocess.run([*made, *subject], check=True, capture_output=True)
        both.write_text(key.read_text() + certificate.read_text())
        tls = f"127.0.0.1:{free_port()}"
        more, listeners = more + TLS.format(pem=both), f"{listeners},SSL://{tls}"
    return Broker(directory, more, listeners, BOB), Doors(sasl, tls, certificate)
