"""The notebook of windows runs as it stands but for its port and its seconds, and so does its Korean edition."""

import pytest
from pyrite.streaming import StreamingContext

NAMES = ["02_windows.ipynb", "02_windows.ko.ipynb"]


@pytest.mark.parametrize("name", NAMES)
def test_the_windows_of_the_notebook(student, terminal, free_port, batches, name):
    feeding = terminal(free_port)
    changes = {"_9999": str(free_port), "_(sc,2)": "(sc,0.5)", "_, 6, 2": ", 1.5, 0.5", "_, 10, 2": ", 2.5, 0.5"}
    changes |= {"_(6, 2)": "(1.5, 0.5)"}
    if not hasattr(StreamingContext, "checkpoint"):
        changes['_ssc.checkpoint("checkpoint")'] = ""
    with student(name, "pyrite", None, **changes) as reader:
        reader.run_until("ssc.awaitTermination()")

        def watch(see):
            feeding.type("to be or not to be\n")
            see(r"\('(to|be)', 2\)\n\('(to|be)', 2\)\n", 30)
            see(r"\('last ten seconds', \('to', 2\)\)", 30)
            see(r"\('lines', 1\)", 30)
            feeding.type("to\n")
            see(r"\('to', 1\)\n\n", 30)

        said, _ = reader.run_watched(watch)
        assert reader.run() == ""
    first = next(block for block in batches(said) if block[0] in ("('to', 2)", "('be', 2)"))
    assert sorted(first[:2]) == ["('be', 2)", "('to', 2)"]
    assert sorted(first[2:]) == ["('not', 1)", "('or', 1)"]
    assert "('to', 0)" not in said, "the filter drops what has left"


def test_the_editions_have_the_same_code(code):
    english, korean = map(code, NAMES)
    assert english == korean
