"""The examples in the docstrings run."""

import doctest
import importlib

import pytest
from pyrite.rdd import RDD, Partitioner, portable_hash

MODULES = [
    "_slicing",
    "accumulators",
    "broadcast",
    "rdd",
    "resultiterable",
    "serializers",
    "sql.row",
    "sql.types",
    "statcounter",
    "storagelevel",
    "taskcontext",
    "util",
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name, make_sc):
    module = importlib.import_module(f"pyrite.{name}")
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    sc = make_sc("local[2]")
    for test in finder.find(module, extraglobs={"sc": sc}):
        runner.run(test)
    assert runner.failures == 0
    assert runner.tries > 0


def test_examples_of_rdds(make_sc):
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    sc = make_sc("local[2]")
    for room in RDD.__mro__:
        for name, member in vars(room).items():
            if not name.startswith("_") and callable(member):
                for test in finder.find(member, f"RDD.{name}", module=False, extraglobs={"sc": sc}):
                    runner.run(test)
    assert runner.failures == 0
    assert runner.tries > 30


def test_names_of_methods():
    assert {RDD.map.__qualname__, RDD.join.__qualname__, RDD.sample.__qualname__} == {
        "RDD.map",
        "RDD.join",
        "RDD.sample",
    }
    assert RDD.map.__module__ == portable_hash.__module__ == Partitioner.__module__ == "pyrite.rdd"
