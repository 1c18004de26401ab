"""`Row`: a tuple whose items may have names. `Row("name", "age")` is a kind of row, called with the values of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyrite.errors import (
    PySparkAttributeError,
    PySparkKeyError,
    PySparkRuntimeError,
    PySparkTypeError,
    PySparkValueError,
)

__all__ = ["Row"]


class Row(tuple[Any, ...]):
    """A tuple whose items may have names.

    Examples
    --------
    >>> row = Row(name="Alice", age=11)
    >>> row, row.name, row["age"], row[0], "name" in row
    (Row(name='Alice', age=11), 'Alice', 11, 'Alice', True)
    >>> Person = Row("name", "age")
    >>> Person, Person("Bob", 5).asDict()
    (<Row('name', 'age')>, {'name': 'Bob', 'age': 5})
    """

    __fields__: Sequence[str]

    def __new__(cls, *args: Any, **kwargs: Any) -> Row:
        """Names with their values; or values alone, which may be the names of a kind of row."""
        if args and kwargs:
            raise PySparkValueError(errorClass="CANNOT_SET_TOGETHER", messageParameters={"arg_list": "args and kwargs"})
        if not kwargs:
            return tuple.__new__(cls, args)
        row = tuple.__new__(cls, list(kwargs.values()))
        row.__fields__ = list(kwargs)
        return row

    def asDict(self, recursive: bool = False) -> dict[str, Any]:
        """The items by their names; with `recursive`, rows in them too.

        Raises
        ------
        PySparkTypeError
            They have no names.
        """
        if not hasattr(self, "__fields__"):
            raise PySparkTypeError(
                errorClass="CANNOT_CONVERT_TYPE", messageParameters={"from_type": "Row", "to_type": "dict"}
            )
        values = map(_plain, self) if recursive else self
        return dict(zip(self.__fields__, values, strict=False))

    def __contains__(self, item: object) -> bool:
        if hasattr(self, "__fields__"):
            return item in self.__fields__
        return super().__contains__(item)

    def __call__(self, *args: Any) -> Row:
        """A row of this kind.

        Raises
        ------
        PySparkValueError
            There are more values than names.
        """
        if len(args) > len(self):
            raise PySparkValueError(
                errorClass="TOO_MANY_VALUES",
                messageParameters={"expected": str(len(self)), "item": "fields", "actual": str(len(args))},
            )
        return _create_row(self, args)

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, int | slice):
            return super().__getitem__(item)
        try:
            return super().__getitem__(self.__fields__.index(item))
        except IndexError:
            raise PySparkKeyError(errorClass="KEY_NOT_EXISTS", messageParameters={"key": str(item)}) from None
        except ValueError:
            raise PySparkValueError(item) from None

    def __getattr__(self, item: str) -> Any:
        if not item.startswith("__"):
            try:
                return self[self.__fields__.index(item)]
            except (IndexError, ValueError):
                pass
        raise PySparkAttributeError(errorClass="ATTRIBUTE_NOT_SUPPORTED", messageParameters={"attr_name": item})

    def __setattr__(self, key: str, value: Any) -> None:
        if key != "__fields__":
            raise PySparkRuntimeError(errorClass="READ_ONLY", messageParameters={"object": "Row"})
        self.__dict__[key] = value

    def __reduce__(self) -> str | tuple[Any, ...]:
        if hasattr(self, "__fields__"):
            return _create_row, (self.__fields__, tuple(self))
        return tuple.__reduce__(self)

    def __repr__(self) -> str:
        if hasattr(self, "__fields__"):
            items = (f"{name}={value!r}" for name, value in zip(self.__fields__, self, strict=False))
            return f"Row({', '.join(items)})"
        return f"<Row({', '.join(map(repr, self))})>"


def _create_row(fields: Sequence[str], values: Sequence[Any]) -> Row:
    row = Row(*values)
    row.__fields__ = fields
    return row


class RowOf:
    """Makes rows with these names."""

    __slots__ = ("names",)

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def __call__(self, values: Sequence[Any] | None) -> Row | None:
        """The row of some values; None stays None."""
        return None if values is None else _create_row(list(self.names), values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RowOf) and self.names == other.names

    def __hash__(self) -> int:
        return hash(self.names)


def _plain(value: Any) -> Any:
    if isinstance(value, Row):
        return value.asDict(True)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else value
