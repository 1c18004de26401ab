"""`spark.conf`: a session's settings over those of its context."""

from __future__ import annotations

from typing import Any

from pyrite.conf import SparkConf
from pyrite.errors import SparkNoSuchElementException

__all__ = ["RuntimeConfig"]

_UNSET = object()


class RuntimeConfig:
    """Settings that a program reads and changes while it runs."""

    def __init__(self, conf: SparkConf) -> None:
        self._conf = conf

    def set(self, key: str, value: Any) -> None:
        """Set a key; booleans become `true` and `false`."""
        self._conf.set(key, str(value).lower() if isinstance(value, bool) else value)

    def get(self, key: str, default: Any = _UNSET) -> str | None:
        """The key's value; without a default, an unset key is an error."""
        if default is _UNSET and not self._conf.contains(key):
            raise SparkNoSuchElementException(
                errorClass="SQL_CONF_NOT_FOUND", messageParameters={"sqlConf": f'"{key}"'}
            )
        return self._conf.get(key, None if default is _UNSET else default)

    @property
    def getAll(self) -> dict[str, str]:
        """All keys with their values."""
        return dict(self._conf.getAll())

    def unset(self, key: str) -> None:
        """Forget a key."""
        self._conf._conf.pop(key, None)

    def isModifiable(self, key: str) -> bool:
        """No key is one of a running query: Pyrite has no SQL."""
        return False
