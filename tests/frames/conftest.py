"""DataFrames are tested in a Python of their own, which has the extra `pyrite[sql]`: `make test-frames`."""

import os
import time

import pyrite
import pytest

os.environ["TZ"] = "UTC"
time.tzset()
pyrite.init()


def pytest_collection_modifyitems(items):
    """The long forms run when they are asked for: make soak."""
    if os.environ.get("PYRITE_SOAK", "0") in ("", "0"):
        for item in items:
            if item.get_closest_marker("soak"):
                item.add_marker(pytest.mark.skip(reason="a long form: make soak"))


@pytest.fixture(scope="session")
def spark():
    """One session for all: programs have one, too."""
    from pyrite.testing import manual_clock_conf
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config(conf=manual_clock_conf(None))
    return builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()


@pytest.fixture
def people(spark):
    """Three rows with a null."""
    return spark.createDataFrame([(1, "a", 1.5), (2, "b", None), (3, "a", 2.5)], ["id", "k", "v"])
