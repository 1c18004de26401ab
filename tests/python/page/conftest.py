"""A SparkContext with a page."""

import pytest
from pyrite import SparkConf, SparkContext


@pytest.fixture
def make_page():
    """Makes contexts with a page at a free port; `keep` lets the last one live on, as one of another process would."""
    made = []

    def make(port="0", keep=False, **settings):
        if keep:
            SparkContext._active_spark_context = None
        conf = SparkConf().setMaster("local[2]").setAppName("page").set("spark.ui.port", port)
        for key, value in settings.items():
            conf.set(key, value)
        made.append(SparkContext(conf=conf))
        return made[-1]

    yield make
    for sc in reversed(made):
        sc.stop()
    SparkContext._active_spark_context = None
