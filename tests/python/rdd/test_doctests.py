"""The examples in the docstrings run."""

import doctest
import importlib

import pytest

MODULES = [
    "_slicing",
    "accumulators",
    "broadcast",
    "rdd",
    "resultiterable",
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
