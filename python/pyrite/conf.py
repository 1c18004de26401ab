"""`SparkConf`: a program's settings, as strings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyrite._defaults import PREFIXES
from pyrite._submit import outside
from pyrite.errors import PySparkRuntimeError

__all__ = ["SparkConf"]

# What `SparkContext.setSystemProperty` has set in this process: a conf that loads defaults starts with it.
system_properties: dict[str, str] = {}


class SparkConf:
    """Key and value settings; every setter returns the conf, so that calls chain.

    A new one begins with what was set outside of the program: `pyrite submit`'s options, `spark-defaults.conf`.
    """

    def __init__(self, loadDefaults: bool = True, _jvm: object = None, _jconf: object = None) -> None:
        self._conf: dict[str, str] = {}
        if loadDefaults:
            self._conf.update(outside())
            self._conf.update({k: v for k, v in system_properties.items() if k.startswith(PREFIXES)})

    def set(self, key: str, value: Any) -> SparkConf:
        """Set one key; the value is kept as `str(value)`."""
        self._conf[key] = str(value)
        return self

    def setIfMissing(self, key: str, value: Any) -> SparkConf:
        """Set a key that isn't set yet."""
        self._conf.setdefault(key, str(value))
        return self

    def setMaster(self, value: str) -> SparkConf:
        """Set where the program runs: `local`, `local[N]`, `local[*]`."""
        return self.set("spark.master", value)

    def setAppName(self, value: str) -> SparkConf:
        """Set the application's name."""
        return self.set("spark.app.name", value)

    def setSparkHome(self, value: str) -> SparkConf:
        """Kept for programs that set it; Pyrite needs no such folder."""
        return self.set("spark.home", value)

    def setExecutorEnv(
        self, key: str | None = None, value: str | None = None, pairs: list[tuple[str, str]] | None = None
    ) -> SparkConf:
        """Set environment variables for workers: one key and value, or a list of pairs.

        Raises
        ------
        PySparkRuntimeError
            Neither a key nor pairs, or both.
        """
        if (key is None) == (pairs is None):
            raise PySparkRuntimeError(errorClass="KEY_VALUE_PAIR_REQUIRED", messageParameters={})
        for name, text in pairs if pairs is not None else [(key, value)]:
            self.set(f"spark.executorEnv.{name}", text)
        return self

    def setAll(self, pairs: Iterable[tuple[str, str]]) -> SparkConf:
        """Set every pair of a list."""
        for key, value in pairs:
            self.set(key, value)
        return self

    def get(self, key: str, defaultValue: str | None = None) -> str | None:
        """The key's value, or the default."""
        return self._conf.get(key, defaultValue)

    def getAll(self) -> list[tuple[str, str]]:
        """All keys with their values."""
        return list(self._conf.items())

    def contains(self, key: str) -> bool:
        """Is the key set?"""
        return key in self._conf

    def toDebugString(self) -> str:
        """`key=value` lines, sorted by key."""
        return "\n".join(f"{key}={value}" for key, value in sorted(self._conf.items()))

    def _copy(self) -> SparkConf:
        """A conf of its own with the same settings: a running context's settings don't change."""
        copy = SparkConf(loadDefaults=False)
        copy._conf.update(self._conf)
        return copy
