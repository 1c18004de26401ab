"""The exceptions look to a program as PySpark's and py4j's do."""

import pickle

import pytest
from pyrite import errors
from pyrite.errors import Py4JError, Py4JJavaError, PySparkException, PySparkRuntimeError, engine_error


def test_an_engine_error_reads_like_py4js():
    error = engine_error("java.lang.IllegalStateException", "it has stopped", "o1.start")
    assert str(error) == "An error occurred while calling o1.start.\n: java.lang.IllegalStateException: it has stopped"
    assert isinstance(error, Py4JJavaError)
    assert isinstance(error, Py4JError)
    java = error.java_exception
    assert java.getMessage() == "it has stopped"
    assert java.toString() == "java.lang.IllegalStateException: it has stopped"
    assert java.getClass().getName() == "java.lang.IllegalStateException"
    assert java.getClass().getSimpleName() == "IllegalStateException"


def test_an_illegal_argument_is_caught_under_both_names():
    error = engine_error("java.lang.IllegalArgumentException", "requirement failed: n")
    assert isinstance(error, Py4JJavaError)
    assert isinstance(error, errors.IllegalArgumentException)
    assert type(error).__name__ == "Py4JJavaError"


@pytest.mark.parametrize("java_class", ["java.lang.IllegalArgumentException", "java.io.IOException"])
def test_engine_errors_pickle(java_class):
    error = engine_error(java_class, "m")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)


def test_error_classes_have_messages():
    error = PySparkRuntimeError(errorClass="VALUE_NOT_ACCESSIBLE", messageParameters={"value": "Accumulator.value"})
    assert str(error) == "[VALUE_NOT_ACCESSIBLE] Value `Accumulator.value` cannot be accessed inside tasks."
    assert error.getCondition() == error.getErrorClass() == "VALUE_NOT_ACCESSIBLE"
    assert error.getMessageParameters() == {"value": "Accumulator.value"}
    assert isinstance(error, RuntimeError)


def test_the_keywords_of_3_5_work_too():
    error = PySparkException(
        error_class="PIPE_FUNCTION_EXITED", message_parameters={"func_name": "f", "error_code": "3"}
    )
    assert str(error) == "[PIPE_FUNCTION_EXITED] Pipe function `f` exited with error code 3."


def test_a_free_message():
    assert str(PySparkException("just this")) == "just this"


@pytest.mark.parametrize("name", [name for name in errors.__all__ if not name.startswith("QueryContext")])
def test_every_family_can_be_raised_and_pickled(name):
    error = getattr(errors, name)("m")
    assert isinstance(error, PySparkException)
    assert str(pickle.loads(pickle.dumps(error))) == "m"
