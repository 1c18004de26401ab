"""What goes wrong, as the client's own exceptions: the planner's faults, and the executor's by the condition they name."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["analysis", "exception", "no_such_source", "of_executor", "of_planner", "parse", "unsupported"]

Fault = tuple[str, str, str, list[tuple[str, str]], str]


def of_planner(fault: Fault) -> Exception:
    """The exception for a fault of the planner's."""
    kind, condition, state, parameters, message = fault
    return exception(kind, condition or None, state or None, dict(parameters), message)


def unsupported(construct: str) -> Exception:
    """The exception for what Pyrite doesn't have."""
    return exception(
        "UnsupportedOperationException",
        "UNSUPPORTED_FEATURE.PYRITE",
        "0A000",
        {"feature": construct},
        f"{construct} is not in Pyrite's DataFrames yet.",
    )


def no_such_source(form: str) -> Exception:
    """The exception for a format that nobody knows."""
    return analysis(
        "DATA_SOURCE_NOT_FOUND", "42K02", {"provider": form},
        f"Failed to find the data source: {form}. Make sure the provider name is correct and the package is properly registered and "
        "compatible with your Spark version.",
    )  # fmt: skip


def analysis(condition: str, state: str, parameters: dict[str, str], message: str) -> Exception:
    """An AnalysisException with a condition."""
    return exception("AnalysisException", condition, state, parameters, f"[{condition}] {message} SQLSTATE: {state}")


def parse(condition: str, state: str, parameters: dict[str, str], message: str) -> Exception:
    """A ParseException with a condition."""
    return exception("ParseException", condition, state, parameters, f"[{condition}] {message} SQLSTATE: {state}")


def exception(
    kind: str, condition: str | None, state: str | None, parameters: dict[str, str], message: str
) -> Exception:
    """An exception of the client's class of that name."""
    from pyspark.errors.exceptions import connect

    found: Any = getattr(connect, _NAMES.get(kind, kind), None) or connect.SparkConnectGrpcException
    error: Exception = found(
        message=message,
        errorClass=condition,
        messageParameters=parameters,
        sql_state=state,
        server_stacktrace=None,
        display_server_stacktrace=False,
        contexts=[],
    )
    return error


_NAMES = {"TempTableAlreadyExistsException": "AnalysisException"}

_KINDS = {
    "DIVIDE_BY_ZERO": "ArithmeticException",
    "REMAINDER_BY_ZERO": "ArithmeticException",
    "ARITHMETIC_OVERFLOW": "ArithmeticException",
    "CAST_OVERFLOW": "ArithmeticException",
    "NUMERIC_VALUE_OUT_OF_RANGE": "ArithmeticException",
    "UNSUPPORTED_FEATURE.PYRITE": "UnsupportedOperationException",
    "CAST_INVALID_INPUT": "NumberFormatException",
    "CANNOT_PARSE_TIMESTAMP": "DateTimeException",
    "INVALID_ARRAY_INDEX": "ArrayIndexOutOfBoundsException",
    "UNSUPPORTED_FEATURE.QUERY_ONLY_CORRUPT_RECORD_COLUMN": "AnalysisException",
    "INVALID_ARRAY_INDEX_IN_ELEMENT_AT": "ArrayIndexOutOfBoundsException",
}


def of_executor(text: str) -> Exception:
    """The exception for what the executor says: ours are in its text, its own are known by their words."""
    marked = re.search(r"\[([A-Z][A-Z_0-9.]+)\] (.*)", text, re.DOTALL)
    if marked:
        condition = marked[1]
        message = marked[2].split("\n\nLINE ")[0].strip()
        kind = _KINDS.get(condition, "SparkRuntimeException")
        if condition == "CAST_INVALID_INPUT" and re.search(r'cannot be cast to "(DATE|TIMESTAMP)', message):
            kind = "DateTimeException"
        if condition == "CAST_INVALID_INPUT" and 'cannot be cast to "BOOLEAN"' in message:
            kind = "SparkRuntimeException"
        state = message.rpartition("SQLSTATE: ")[2] if "SQLSTATE: " in message else None
        return exception(kind, condition, state, {}, f"[{condition}] {message}")
    first = text.split("\n")[0]
    if "Map keys can not be NULL" in first:
        return exception(
            "SparkRuntimeException",
            "NULL_MAP_KEY",
            "2200E",
            {},
            "[NULL_MAP_KEY] Cannot use null as map key. SQLSTATE: 2200E",
        )
    if "Date out of range" in first:
        return exception(
            "DateTimeException",
            "DATETIME_FIELD_OUT_OF_BOUNDS.WITHOUT_SUGGESTION",
            "22023",
            {},
            "[DATETIME_FIELD_OUT_OF_BOUNDS.WITHOUT_SUGGESTION] A field of a date is out of its bounds. SQLSTATE: 22023",
        )
    if "Overflow in" in first or "overflow" in first.lower():
        return exception(
            "ArithmeticException",
            "ARITHMETIC_OVERFLOW",
            "22003",
            {},
            '[ARITHMETIC_OVERFLOW] Overflow. Use the `try_` functions to tolerate overflow and return NULL instead. If necessary set "spark.sql.ansi.enabled" to "false" to bypass this error. SQLSTATE: 22003',
        )
    of_decimal = "to type DECIMAL" in first or "to DECIMAL" in first
    if "Failed to cast decimal value" in first or (
        ("Conversion Error" in first and not of_decimal)
        and ("out of range" in first or "range for the destination" in first)
    ):
        return exception(
            "ArithmeticException",
            "CAST_OVERFLOW",
            "22003",
            {},
            "[CAST_OVERFLOW] A value cannot be cast because it is out of range of the target type. Use `try_cast` to tolerate overflow and return NULL instead. SQLSTATE: 22003",
        )
    if of_decimal or "Could not cast value" in first or "Could not convert" in first:
        return exception(
            "ArithmeticException",
            "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
            "22003",
            {},
            "[NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION] A value cannot be represented as the target type. SQLSTATE: 22003",
        )
    if "Map keys must be unique" in first:
        return exception(
            "SparkRuntimeException",
            "DUPLICATED_MAP_KEY",
            "23505",
            {},
            "[DUPLICATED_MAP_KEY] Duplicate map key was found, please check the input data. SQLSTATE: 23505",
        )
    if "More than one row returned by a subquery" in first:
        return exception(
            "SparkRuntimeException",
            "SCALAR_SUBQUERY_TOO_MANY_ROWS",
            "21000",
            {},
            "[SCALAR_SUBQUERY_TOO_MANY_ROWS] More than one row returned by a subquery used as an expression. SQLSTATE: 21000",
        )
    return exception("SparkConnectGrpcException", None, None, {}, f"The query could not be run: {first}")
