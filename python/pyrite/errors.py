"""The exceptions that programs catch: PySpark's families, and py4j's for what Spark raises inside its JVM.

Nothing heavy is imported here: every other module imports this one.
"""

from __future__ import annotations

import pickle
import sys
from abc import ABC, abstractmethod
from enum import Enum

__all__ = [
    "AnalysisException",
    "ArithmeticException",
    "ArrayIndexOutOfBoundsException",
    "DateTimeException",
    "IllegalArgumentException",
    "NumberFormatException",
    "ParseException",
    "PickleException",
    "PySparkAssertionError",
    "PySparkAttributeError",
    "PySparkException",
    "PySparkImportError",
    "PySparkIndexError",
    "PySparkKeyError",
    "PySparkNotImplementedError",
    "PySparkPicklingError",
    "PySparkRuntimeError",
    "PySparkTypeError",
    "PySparkValueError",
    "PythonException",
    "QueryContext",
    "QueryContextType",
    "QueryExecutionException",
    "SessionNotSameException",
    "SparkNoSuchElementException",
    "SparkRuntimeException",
    "SparkUpgradeException",
    "StreamingPythonRunnerInitializationException",
    "StreamingQueryException",
    "TempTableAlreadyExistsException",
    "UnknownException",
    "UnsupportedOperationException",
]

# The error classes of this API with their messages; <name> is filled from the parameters.
_MESSAGES = {
    "APPLICATION_NAME_NOT_SET": "An application name must be set in your configuration.",
    "ATTRIBUTE_NOT_SUPPORTED": "Attribute `<attr_name>` is not supported.",
    "BROADCAST_VARIABLE_NOT_LOADED": "Broadcast variable `<variable>` not loaded.",
    "CALL_BEFORE_INITIALIZE": "Not supported to call `<func_name>` before initializing <object>.",
    "CANNOT_CONVERT_TYPE": "Cannot convert <from_type> into <to_type>.",
    "CANNOT_SET_TOGETHER": "<arg_list> should not be set together.",
    "CONTEXT_ONLY_VALID_ON_DRIVER": (
        "It appears that you are attempting to reference SparkContext from a broadcast variable, action, or "
        "transformation. It can only be used by the program itself, outside of functions that run on the data (a map, "
        "a filter, ...). See SPARK-5063."
    ),
    "INCORRECT_CONF_FOR_PROFILE": (
        "`spark.python.profile` or `spark.python.profile.memory` configuration\n must be set to `true` to enable "
        "Python profile."
    ),
    "INVALID_BROADCAST_OPERATION": "Broadcast can only be <operation> in driver.",
    "NO_ACTIVE_OR_DEFAULT_SESSION": (
        "No active or default Spark session found. Please create a new Spark session before running the code."
    ),
    "PATH_NOT_FOUND": "Path does not exist: <path>. SQLSTATE: 42K03",
    "SQL_CONF_NOT_FOUND": (
        "The SQL config <sqlConf> cannot be found. Please verify that the config exists. SQLSTATE: 42K0I"
    ),
    "KEY_NOT_EXISTS": "Key `<key>` does not exist.",
    "KEY_VALUE_PAIR_REQUIRED": "Key-value pair or a list of pairs is required.",
    "MASTER_URL_NOT_SET": "A master URL must be set in your configuration.",
    "NOT_IN_BARRIER_STAGE": "It is not in a barrier stage.",
    "PIPE_FUNCTION_EXITED": "Pipe function `<func_name>` exited with error code <error_code>.",
    "PYTHON_HASH_SEED_NOT_SET": "Randomness of hash of string should be disabled via PYTHONHASHSEED.",
    "RDD_TRANSFORM_ONLY_VALID_ON_DRIVER": (
        "It appears that you are attempting to broadcast an RDD or reference an RDD from an action or transformation. "
        "Those are for the program itself: write rdd1.join(rdd2) or rdd2.count() outside of the function. "
        "See SPARK-5063."
    ),
    "READ_ONLY": "<object> is read-only.",
    "SESSION_OR_CONTEXT_NOT_EXISTS": "SparkContext or SparkSession should be created first.",
    "STOP_ITERATION_OCCURRED": "Caught StopIteration thrown from user's code; failing the task: <exc>",
    "TOO_MANY_VALUES": "Expected <expected> values for `<item>`, got <actual>.",
    "VALUE_NOT_ACCESSIBLE": "Value `<value>` cannot be accessed inside tasks.",
}


def _message_of_frames(condition: str) -> str:
    """The message that the client of DataFrames has for a class, once it is loaded."""
    client = sys.modules.get("pyspark.errors.error_classes")
    found = {} if client is None else client.ERROR_CLASSES_MAP.get(condition.partition(".")[0], {})
    lines = list(found.get("message", ()))
    _, _, sub = condition.partition(".")
    if sub:
        lines += found.get("sub_class", {}).get(sub, {}).get("message", ())
    return "\n".join(lines)


class PySparkException(Exception):
    """An error of the API: a free message, or an error class with the parameters of its message."""

    def __init__(
        self,
        message: str | None = None,
        errorClass: str | None = None,
        messageParameters: dict[str, str] | None = None,
        *,
        error_class: str | None = None,
        message_parameters: dict[str, str] | None = None,
    ) -> None:
        self._condition = errorClass or error_class
        self._parameters = messageParameters or message_parameters or {}
        self._message = message if message is not None else self._fill()
        super().__init__(self._message)

    def _fill(self) -> str:
        text = _MESSAGES.get(self._condition or "") or _message_of_frames(self._condition or "")
        for name, value in self._parameters.items():
            text = text.replace(f"<{name}>", str(value))
        return text

    def _log_exception(self) -> None:
        """The client of DataFrames calls it; errors are raised, not logged."""

    def getCondition(self) -> str | None:
        """The error class, such as KEY_VALUE_PAIR_REQUIRED."""
        return self._condition

    def getErrorClass(self) -> str | None:
        """The older name of `getCondition`."""
        return self._condition

    def getMessageParameters(self) -> dict[str, str]:
        """What the message was filled with."""
        return self._parameters

    def getMessage(self) -> str:
        """The text that `str` gives."""
        return str(self)

    def getSqlState(self) -> str | None:
        """No error of this API has one."""
        return None

    def getQueryContext(self) -> list[object]:
        """Only SQL errors have one."""
        return []

    def getBreakingChangeInfo(self) -> None:
        """No error of this API comes from a breaking change."""

    def __str__(self) -> str:
        return f"[{self._condition}] {self._message}" if self._condition else self._message


class AnalysisException(PySparkException):
    """A path that isn't there; the rest of its uses is SQL's."""


class SessionNotSameException(PySparkException):
    """SQL only; here so that programs can name it."""


class TempTableAlreadyExistsException(AnalysisException):
    """SQL only; here so that programs can name it."""


class ParseException(AnalysisException):
    """SQL only; here so that programs can name it."""


class IllegalArgumentException(PySparkException):
    """An argument that the call can't work with."""


class NumberFormatException(IllegalArgumentException):
    """SQL only; here so that programs can name it."""


class ArithmeticException(PySparkException):
    """SQL only; here so that programs can name it."""


class ArrayIndexOutOfBoundsException(PySparkException):
    """SQL only; here so that programs can name it."""


class DateTimeException(PySparkException):
    """SQL only; here so that programs can name it."""


class UnsupportedOperationException(PySparkException):
    """SQL only; here so that programs can name it."""


class QueryExecutionException(PySparkException):
    """SQL only; here so that programs can name it."""


class UnknownException(PySparkException):
    """SQL only; here so that programs can name it."""


class SparkRuntimeException(PySparkException):
    """SQL only; here so that programs can name it."""


class SparkUpgradeException(PySparkException):
    """SQL only; here so that programs can name it."""


class SparkNoSuchElementException(PySparkException):
    """A setting of a session that isn't set."""


class PickleException(PySparkException):
    """SQL only; here so that programs can name it."""


class StreamingQueryException(PySparkException):
    """Structured streaming only; here so that programs can name it."""


class StreamingPythonRunnerInitializationException(PySparkException):
    """Structured streaming only; here so that programs can name it."""


class PythonException(PySparkException):
    """PySpark's wrapper of a task's exception. Pyrite raises the user's own exception instead."""


class PySparkValueError(PySparkException, ValueError):
    """A ValueError of the API."""


class PySparkTypeError(PySparkException, TypeError):
    """A TypeError of the API."""


class PySparkAttributeError(PySparkException, AttributeError):
    """An AttributeError of the API."""


class PySparkRuntimeError(PySparkException, RuntimeError):
    """A RuntimeError of the API."""


class PySparkAssertionError(PySparkException, AssertionError):
    """An AssertionError of the API."""


class PySparkNotImplementedError(PySparkException, NotImplementedError):
    """A NotImplementedError of the API."""


class PySparkImportError(PySparkException, ImportError):
    """An ImportError of the API."""


class PySparkKeyError(PySparkException, KeyError):
    """A KeyError of the API."""

    __str__ = PySparkException.__str__


class PySparkIndexError(PySparkException, IndexError):
    """An IndexError of the API."""


class PySparkPicklingError(PySparkException, pickle.PicklingError):
    """A PicklingError of the API."""


class NotInstalledError(RuntimeError):
    """A cluster's master needs the real PySpark or Java, which this machine lacks."""


class QueryContextType(Enum):
    """Where in a query an error came from; no error of this API has one."""

    SQL = 0
    DataFrame = 1


class QueryContext(ABC):
    """A part of a query, which SQL's errors name; here so that programs can name it."""

    @abstractmethod
    def contextType(self) -> QueryContextType:
        """What kind of query."""

    @abstractmethod
    def objectType(self) -> str:
        """What kind of object."""

    @abstractmethod
    def objectName(self) -> str:
        """The object's name."""

    @abstractmethod
    def startIndex(self) -> int:
        """Where the part begins."""

    @abstractmethod
    def stopIndex(self) -> int:
        """Where it ends."""

    @abstractmethod
    def fragment(self) -> str:
        """Its text."""

    @abstractmethod
    def callSite(self) -> str:
        """The program's line."""

    @abstractmethod
    def summary(self) -> str:
        """All of it in words."""


class JavaException:
    """What programs ask of `Py4JJavaError.java_exception`. There is no JVM: a class name and a message."""

    def __init__(self, java_class: str, message: str) -> None:
        self._java_class = java_class
        self._text = message

    def getMessage(self) -> str:
        """The message alone."""
        return self._text

    getLocalizedMessage = getMessage

    def toString(self) -> str:
        """The class name and the message."""
        return f"{self._java_class}: {self._text}"

    __str__ = toString

    def getClass(self) -> JavaClass:
        """For `getClass().getName()`."""
        return JavaClass(self._java_class)

    def getCause(self) -> None:
        """Causes are Python's own (`__cause__`)."""

    def getStackTrace(self) -> list[object]:
        """Empty: the traceback is Python's own."""
        return []


class JavaClass:
    """The name of a Spark exception class."""

    def __init__(self, name: str) -> None:
        self._name = name

    def getName(self) -> str:
        """The full name."""
        return self._name

    def getSimpleName(self) -> str:
        """The name without its package."""
        return self._name.rpartition(".")[2]


class Py4JError(Exception):
    """A call that Spark's JVM would not have understood, such as an argument of the wrong type."""

    def __init__(self, args: object = None, cause: BaseException | None = None) -> None:
        super().__init__(args)
        self.cause = cause


class Py4JNetworkError(Py4JError):
    """Never raised here; programs name it."""


class Py4JJavaError(Py4JError):
    """An error of the engine, under the name by which programs catch Spark's."""

    def __init__(self, msg: str, java_exception: JavaException) -> None:
        super().__init__(msg)
        self.errmsg = msg
        self.java_exception = java_exception
        self.exception_cmd = ""

    def __str__(self) -> str:
        return f"{self.errmsg}: {self.java_exception.toString()}"

    def __reduce__(self) -> tuple[object, ...]:
        return engine_error, (self.java_exception.getClass().getName(), self.java_exception.getMessage())


class EngineIllegalArgument(Py4JJavaError, IllegalArgumentException):
    """An engine error that PySpark 4 also lets programs catch as `pyspark.errors.IllegalArgumentException`."""

    def __init__(self, msg: str, java_exception: JavaException) -> None:
        Py4JJavaError.__init__(self, msg, java_exception)
        self._condition, self._parameters, self._message = None, {}, java_exception.getMessage()

    __str__ = Py4JJavaError.__str__


# Its users know it by the name that PySpark shows.
EngineIllegalArgument.__name__ = EngineIllegalArgument.__qualname__ = "Py4JJavaError"


def engine_error(java_class: str, message: str, target: str = "the engine") -> Py4JJavaError:
    """The exception for what Spark would have raised inside its JVM as `java_class`."""
    kind = EngineIllegalArgument if java_class == "java.lang.IllegalArgumentException" else Py4JJavaError
    return kind(f"An error occurred while calling {target}.\n", JavaException(java_class, message))


def stop_iteration_error(error: StopIteration) -> PySparkRuntimeError:
    """The error for a StopIteration out of a user's function: let through, it would end the rows silently."""
    made = PySparkRuntimeError(errorClass="STOP_ITERATION_OCCURRED", messageParameters={"exc": str(error)})
    made.__cause__ = error
    return made


def exit_error(error: SystemExit) -> Py4JJavaError:
    """The error of a job whose function has called `sys.exit`: that ends no program, as in Spark, where it would end a
    worker.
    """
    made = engine_error(
        "org.apache.spark.api.python.PythonException",
        f"[PYTHON_EXCEPTION] An exception was thrown from the Python worker: SystemExit: {error}. A function that runs "
        "on the data can't end the program: raise an error in it, or return.",
    )
    made.__cause__ = error
    for note in getattr(error, "__notes__", ()):
        made.add_note(note)
    return made
