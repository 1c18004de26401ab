"""Names that come with DataFrames: a program may import, copy and capture them, and is told where it uses them."""

import copy
import pickle

import pytest
from pyrite.errors import PySparkRuntimeError
from pyrite.sql import functions
from pyrite.sql._later import Later


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda name: pickle.loads(pickle.dumps(name))])
def test_they_are_copied_and_pickled(again):
    assert repr(again(functions.col)) == "<pyspark.sql.functions.col: comes with DataFrames>"


def test_a_function_on_data_may_name_one(sc):
    col = functions.col
    with pytest.raises(PySparkRuntimeError, match=r"^`pyspark.sql.functions.col` comes with DataFrames: install"):
        sc.parallelize([1], 1).map(lambda _: col("a")).collect()


def test_nothing_is_said_to_be_one_or_not():
    from pyrite.sql import Column

    for ask in (lambda: isinstance(1, Column), lambda: issubclass(int, Column)):
        with pytest.raises(PySparkRuntimeError, match=r"^`pyspark.sql.Column` comes with DataFrames: install"):
            ask()


def test_one_without_its_name_is_no_loop():
    with pytest.raises(AttributeError):
        Later.__new__(Later).other


def test_names_of_sql_utils(make_sc):
    from pyrite.errors import AnalysisException as same
    from pyrite.sql import is_remote
    from pyrite.sql.utils import AnalysisException, CapturedException, ForeachBatchFunction, get_active_spark_context

    assert (is_remote(), AnalysisException, issubclass(same, CapturedException)) == (False, same, True)
    assert repr(ForeachBatchFunction) == "<pyspark.sql.utils.ForeachBatchFunction: comes with DataFrames>"
    with pytest.raises(PySparkRuntimeError, match=r"SESSION_OR_CONTEXT_NOT_EXISTS.* should be created first"):
        get_active_spark_context()
    sc = make_sc()
    assert get_active_spark_context() is sc
