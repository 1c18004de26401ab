"""Names of `pyspark.sql` that come with DataFrames: programs may import them, and are told so where they use them."""

from __future__ import annotations

from typing import Any, NoReturn

from pyrite._extra import comes_later
from pyrite._mistakes import handle
from pyrite.errors import PySparkRuntimeError

__all__ = ["Later", "comes_later", "not_yet"]


def not_yet(owner: str, name: str) -> AttributeError:
    """The error for an attribute that isn't there yet; a special name is one that nothing has."""
    jvm = handle(owner, name)
    if jvm is not None:
        return jvm
    if name.startswith("__"):
        return AttributeError(f"{owner!r} object has no attribute {name!r}", name=name)
    return AttributeError(comes_later(f"{owner}.{name}"), name=name)


class Later:
    """Stands for a class or function: importing it is no mistake, using it is."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise PySparkRuntimeError(comes_later(self._name))

    def __instancecheck__(self, _: object) -> NoReturn:
        raise PySparkRuntimeError(comes_later(self._name))

    def __subclasscheck__(self, _: object) -> NoReturn:
        raise PySparkRuntimeError(comes_later(self._name))

    def __getattr__(self, name: str) -> NoReturn:
        # Copies and what is unpickled are asked for special names before they have one of their own.
        raise not_yet(vars(self).get("_name", type(self).__name__), name)

    def __or__(self, other: Any) -> Any:
        # `Column | None` in annotations.
        return Any

    __ror__ = __or__

    def __repr__(self) -> str:
        return f"<{self._name}: comes with DataFrames>"
