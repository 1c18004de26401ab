"""`pyspark.sql.types` as far as programs make types and compare them: there are no DataFrames to use them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pyrite.sql.row import Row, _create_row

__all__ = [
    "ArrayType",
    "BinaryType",
    "BooleanType",
    "ByteType",
    "CharType",
    "DataType",
    "DateType",
    "DecimalType",
    "DoubleType",
    "FloatType",
    "IntegerType",
    "LongType",
    "MapType",
    "NullType",
    "Row",
    "ShortType",
    "StringType",
    "StructField",
    "StructType",
    "TimestampNTZType",
    "TimestampType",
    "VarcharType",
    "_create_row",
]


class DataType:
    """A type; equal to another of the same class and settings."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def __hash__(self) -> int:
        return hash(str(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self.__class__) and self.__dict__ == other.__dict__

    @classmethod
    def typeName(cls) -> str:
        """The class's name without `Type`, in small letters."""
        return cls.__name__[:-4].lower()

    def simpleString(self) -> str:
        """How SQL writes it."""
        return self.typeName()

    def jsonValue(self) -> Any:
        """What `json` writes."""
        return self.typeName()

    def json(self) -> str:
        """The type as JSON."""
        return json.dumps(self.jsonValue(), separators=(",", ":"), sort_keys=True)


class NullType(DataType):
    """None."""

    @classmethod
    def typeName(cls) -> str:
        """Its name."""
        return "void"


class AtomicType(DataType):
    """A type that has no others in it."""


class NumericType(AtomicType):
    """Numbers."""


class IntegralType(NumericType):
    """Whole numbers."""


class FractionalType(NumericType):
    """Other numbers."""


class StringType(AtomicType):
    """Texts, with how they are compared."""

    def __init__(self, collation: str = "UTF8_BINARY") -> None:
        self.collation = collation

    def simpleString(self) -> str:
        """How SQL writes it."""
        return "string" if self.collation == "UTF8_BINARY" else f"string collate {self.collation}"

    def jsonValue(self) -> str:
        """What `json` writes."""
        return self.simpleString()

    def __repr__(self) -> str:
        return "StringType()" if self.collation == "UTF8_BINARY" else f"StringType('{self.collation}')"


class _Sized(AtomicType):
    def __init__(self, length: int) -> None:
        self.length = length

    def simpleString(self) -> str:
        """How SQL writes it."""
        return f"{self.typeName()}({self.length})"

    def jsonValue(self) -> str:
        """What `json` writes."""
        return self.simpleString()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.length})"


class CharType(_Sized):
    """Texts of a length."""


class VarcharType(_Sized):
    """Texts of a length at most."""


class BinaryType(AtomicType):
    """Bytes."""


class BooleanType(AtomicType):
    """Truth values."""


class DatetimeType(AtomicType):
    """Days and times."""


class DateType(DatetimeType):
    """Days."""


class TimestampType(DatetimeType):
    """Times, of a time zone."""


class TimestampNTZType(DatetimeType):
    """Times without a time zone."""

    @classmethod
    def typeName(cls) -> str:
        """Its name."""
        return "timestamp_ntz"


class DecimalType(FractionalType):
    """Decimals of so many digits, so many of them behind the point."""

    def __init__(self, precision: int = 10, scale: int = 0) -> None:
        self.precision = precision
        self.scale = scale
        self.hasPrecisionInfo = True

    def simpleString(self) -> str:
        """How SQL writes it."""
        return f"decimal({self.precision},{self.scale})"

    def jsonValue(self) -> str:
        """What `json` writes."""
        return self.simpleString()

    def __repr__(self) -> str:
        return f"DecimalType({self.precision},{self.scale})"


class DoubleType(FractionalType):
    """Numbers of 64 bits."""


class FloatType(FractionalType):
    """Numbers of 32 bits."""


class ByteType(IntegralType):
    """Whole numbers of 8 bits."""

    def simpleString(self) -> str:
        """How SQL writes it."""
        return "tinyint"


class ShortType(IntegralType):
    """Whole numbers of 16 bits."""

    def simpleString(self) -> str:
        """How SQL writes it."""
        return "smallint"


class IntegerType(IntegralType):
    """Whole numbers of 32 bits."""

    def simpleString(self) -> str:
        """How SQL writes it."""
        return "int"


class LongType(IntegralType):
    """Whole numbers of 64 bits."""

    def simpleString(self) -> str:
        """How SQL writes it."""
        return "bigint"


def _check(name: str, value: Any) -> None:
    assert isinstance(value, DataType), f"{name} {value} should be an instance of {DataType}"


class ArrayType(DataType):
    """Lists of values of a type."""

    def __init__(self, elementType: DataType, containsNull: bool = True) -> None:
        _check("elementType", elementType)
        self.elementType = elementType
        self.containsNull = containsNull

    def simpleString(self) -> str:
        """How SQL writes it."""
        return f"array<{self.elementType.simpleString()}>"

    def jsonValue(self) -> dict[str, Any]:
        """What `json` writes."""
        element = self.elementType.jsonValue()
        return {"type": "array", "elementType": element, "containsNull": self.containsNull}

    def __repr__(self) -> str:
        return f"ArrayType({self.elementType}, {self.containsNull})"


class MapType(DataType):
    """Values of one type by those of another."""

    def __init__(self, keyType: DataType, valueType: DataType, valueContainsNull: bool = True) -> None:
        _check("keyType", keyType)
        _check("valueType", valueType)
        self.keyType = keyType
        self.valueType = valueType
        self.valueContainsNull = valueContainsNull

    def simpleString(self) -> str:
        """How SQL writes it."""
        return f"map<{self.keyType.simpleString()},{self.valueType.simpleString()}>"

    def jsonValue(self) -> dict[str, Any]:
        """What `json` writes."""
        return {
            "type": "map",
            "keyType": self.keyType.jsonValue(),
            "valueType": self.valueType.jsonValue(),
            "valueContainsNull": self.valueContainsNull,
        }

    def __repr__(self) -> str:
        return f"MapType({self.keyType}, {self.valueType}, {self.valueContainsNull})"


class StructField(DataType):
    """A name with its type."""

    def __init__(
        self, name: str, dataType: DataType, nullable: bool = True, metadata: dict[str, Any] | None = None
    ) -> None:
        _check("dataType", dataType)
        assert isinstance(name, str), f"field name {name} should be a string"
        self.name = name
        self.dataType = dataType
        self.nullable = nullable
        self.metadata = metadata or {}

    def simpleString(self) -> str:
        """How SQL writes it."""
        return f"{self.name}:{self.dataType.simpleString()}"

    def jsonValue(self) -> dict[str, Any]:
        """What `json` writes."""
        kind = self.dataType.jsonValue()
        return {"name": self.name, "type": kind, "nullable": self.nullable, "metadata": self.metadata}

    def __repr__(self) -> str:
        return f"StructField('{self.name}', {self.dataType}, {self.nullable})"


class StructType(DataType):
    """Fields, in order.

    Examples
    --------
    >>> StructType([StructField("a", LongType())]).add("b", StringType(), False).simpleString()
    'struct<a:bigint,b:string>'
    """

    def __init__(self, fields: list[StructField] | None = None) -> None:
        self.fields: list[StructField] = list(fields or [])
        self.names = [field.name for field in self.fields]
        assert all(isinstance(field, StructField) for field in self.fields), "fields should be a list of StructField"

    def add(
        self,
        field: str | StructField,
        data_type: DataType | None = None,
        nullable: bool = True,
        metadata: dict[str, Any] | None = None,
    ) -> StructType:
        """Add a field; returns self.

        Raises
        ------
        ValueError
            A name without a type.
        """
        if not isinstance(field, StructField):
            if data_type is None:
                raise ValueError("Must specify DataType if passing name of struct_field to create.")
            field = StructField(field, data_type, nullable, metadata)
        self.fields.append(field)
        self.names.append(field.name)
        return self

    def __iter__(self) -> Iterator[StructField]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __getitem__(self, key: str | int | slice) -> Any:
        if isinstance(key, str):
            for field in self.fields:
                if field.name == key:
                    return field
            raise KeyError(f"No StructField named {key}")
        if isinstance(key, int):
            return self.fields[key]
        if isinstance(key, slice):
            return StructType(self.fields[key])
        raise TypeError("StructType keys should be strings, integers or slices")

    def fieldNames(self) -> list[str]:
        """The names."""
        return list(self.names)

    def simpleString(self) -> str:
        """How SQL writes it."""
        return f"struct<{','.join(field.simpleString() for field in self.fields)}>"

    def jsonValue(self) -> dict[str, Any]:
        """What `json` writes."""
        return {"type": "struct", "fields": [field.jsonValue() for field in self.fields]}

    def __repr__(self) -> str:
        return f"StructType([{', '.join(map(str, self.fields))}])"
