"""The notebook of states runs as it stands but for its port and its seconds; its total survives a kernel that is killed."""

import re

import pytest

NAMES = ["03_state_and_recovery.ipynb", "03_state_and_recovery.ko.ipynb"]


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", NAMES)
def test_the_total_survives(student, terminal, free_port, batches, tmp_path, name):
    feeding = terminal(free_port)
    changes = {"_9999": str(free_port), "_(sc,2)": "(sc,0.5)", "_timeout(10)": "timeout(1)"}
    with student(name, "pyrite", None, **changes) as reader:
        reader.run_until("ssc.awaitTermination()")

        def update(see):
            feeding.type("to be or not to be\n")
            see(r"\('(to|be)', 2\)\n\('(to|be)', 2\)\n", 30)
            feeding.type("to be or not to be\n")
            see(r"\('(to|be)', 4\)\n\('(to|be)', 4\)\n", 30)

        said, _ = reader.run_watched(update)
        assert sorted(batches(said)[-1]) == ["('be', 4)", "('not', 2)", "('or', 2)", "('to', 4)"]

        def lately(see):
            feeding.type("to be\nto\n")
            see(r"\('to', 2\)", 30)
            see(r"\('to', 'not heard for a while', 2\)", 30)
            feeding.type("to\n")
            see(r"'not heard for a while', 2\)(?s:.)*\('to', 1\)", 30)

        reader.run_until("ssc.awaitTermination()")
        reader.run_watched(lately)

        def begins(see):
            feeding.type("to be or not to be\n")
            see(r"\('be', 2\)", 30)
            feeding.type("be\n")
            see(r"\('be', 3\)", 30)

        # The kernel is killed while the stream runs.
        assert "a new count begins" in run_section(reader)
        reader.run_watched(begins, killed=True)
        reader.restart()

        def goes_on(see):
            see(r"\('be', 3\)", 30)
            feeding.type("be\n")
            see(r"\('be', 4\)", 30)

        reader.back_to("def setup():")
        assert "a new count begins" not in run_section(reader)
        said, _ = reader.run_watched(goes_on)
        assert batches(said)[-1][0] == "('be', 4)"
        assert sorted(batches(said)[-1]) == ["('be', 4)", "('not', 1)", "('or', 1)", "('to', 2)"]
        # The stream is stopped, the kernel restarted.
        reader.restart()
        reader.back_to("def setup():")
        assert "a new count begins" not in run_section(reader)

        def still(see):
            see(r"\('be', 4\)", 30)
            feeding.type("be question\n")
            see(r"\('be', 5\)", 30)

        said, _ = reader.run_watched(still)
        assert not re.search(r"\('be', [0-3]\)", said)
        assert reader.run() == ""


def run_section(reader) -> str:
    """The cells of the last part up to the wait: what they print."""
    return "".join(reader.run_until("ssc.awaitTermination()"))


def test_the_editions_have_the_same_code(code):
    english, korean = map(code, NAMES)
    assert english == korean
