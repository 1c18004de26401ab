"""What fsspec is told of a system: Hadoop's settings as Spark programs write them, options by fsspec's own names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["options_of", "settings_of"]

_HADOOP = "spark.hadoop."
_OWN = "pyrite.remote."
_GOOGLE = _HADOOP + "google.cloud."


def settings_of(pairs: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """The settings of a program that say something of systems, Hadoop's without what Spark puts before them."""
    return {
        key.removeprefix(_HADOOP): str(value)
        for key, value in pairs
        if key.startswith((_HADOOP + "fs.", _OWN, _GOOGLE))
    }


def options_of(protocol: str, authority: str, settings: Mapping[str, str]) -> dict[str, Any]:
    """The options for a system; `authority` is what stands between `//` and the next `/` of an address."""
    make = {"s3": _s3, "gs": _gs, "abfs": _abfs}.get(protocol)
    options = make(authority, settings) if make else {}
    prefix = f"{_OWN}{protocol}."
    for key, value in settings.items():
        if key.startswith(prefix):
            options[key.removeprefix(prefix)] = _value(value)
    return options


def _value(text: str) -> Any:
    """A number, true, a list, a dict as JSON writes them; else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _s3(bucket: str, settings: Mapping[str, str]) -> dict[str, Any]:
    def said(name: str) -> str | None:
        return settings.get(f"fs.s3a.bucket.{bucket}.{name}") or settings.get(f"fs.s3a.{name}")

    names = {"key": "access.key", "secret": "secret.key", "token": "session.token"}
    options: dict[str, Any] = {option: value for option, name in names.items() if (value := said(name))}
    secure = (said("connection.ssl.enabled") or "true").lower() != "false"
    if not secure:
        options["use_ssl"] = False
    if endpoint := said("endpoint"):
        options["endpoint_url"] = endpoint if "://" in endpoint else f"http{'s' * secure}://{endpoint}"
    if region := said("endpoint.region"):
        options["client_kwargs"] = {"region_name": region}
    if (said("path.style.access") or "").lower() == "true":
        options["config_kwargs"] = {"s3": {"addressing_style": "path"}}
    if "AnonymousAWSCredentialsProvider" in (said("aws.credentials.provider") or ""):
        options["anon"] = True
    return options


def _gs(_: str, settings: Mapping[str, str]) -> dict[str, Any]:
    def said(*names: str) -> str | None:
        return next((settings[name] for name in names if settings.get(name)), None)

    key = "auth.service.account.json.keyfile"
    options: dict[str, Any] = {}
    if token := said(f"fs.gs.{key}", f"google.cloud.{key}"):
        options["token"] = token
    if project := said("fs.gs.project.id"):
        options["project"] = project
    if endpoint := said("fs.gs.storage.root.url"):
        options["endpoint_url"] = endpoint
    return options


def _abfs(authority: str, settings: Mapping[str, str]) -> dict[str, Any]:
    # container@account.dfs.core.windows.net
    host = authority.rpartition("@")[2]

    def said(name: str) -> str | None:
        return settings.get(f"{name}.{host}") or settings.get(name)

    options: dict[str, Any] = {}
    if "@" in authority:
        options["account_name"] = host.partition(".")[0]
    names = {
        "account_key": "fs.azure.account.key",
        "sas_token": "fs.azure.sas.fixed.token",
        "client_id": "fs.azure.account.oauth2.client.id",
        "client_secret": "fs.azure.account.oauth2.client.secret",
    }
    options.update({option: value for option, name in names.items() if (value := said(name))})
    # https://login.microsoftonline.com/<tenant>/oauth2/token
    parts = (said("fs.azure.account.oauth2.client.endpoint") or "").split("/")
    if len(parts) > 3:
        options["tenant_id"] = parts[3]
    return options
