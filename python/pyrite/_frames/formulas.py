"""The formulas of formulas.sql: the executor is told each one when a query first needs it."""

from __future__ import annotations

import functools
import re
import threading
from importlib.resources import files
from typing import Any

__all__ = ["Formulas"]

_NAME = re.compile(r"\bp_\w+")


class Formulas:
    """What a database has been told of them."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def provide(self, sql: str) -> None:
        """Tell those that a query names, after those that they name themselves."""
        wanted = set(_NAME.findall(sql)) - self._told
        if wanted:
            with self._lock:
                for name in wanted:
                    self._tell(name)

    def _tell(self, name: str) -> None:
        statement = _statements().get(name)
        if statement is None or name in self._told:
            return  # a column may have such a name
        head, _, body = statement.partition("(")
        for each in _NAME.findall(body):
            self._tell(each)
        self._connection.execute(f"{head}({body}")
        self._told.add(name)


@functools.cache
def _statements() -> dict[str, str]:
    """By the names that they define."""
    lines = files("pyrite._frames").joinpath("formulas.sql").read_text(encoding="utf-8").splitlines()
    user = _user().replace("'", "''")
    made = [line for line in lines if line.startswith("CREATE")] + [f"CREATE MACRO p_user() AS '{user}'"]
    return {line.split("(")[0].split()[-1]: line for line in made}


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "user"
