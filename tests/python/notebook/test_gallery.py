"""The notebooks that need nobody beside them: every cell prints what is stored with it, and the Korean edition is the same."""

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"

NAMES = ["05_files_and_logs", "06_rdd_analytics", "07_testing_streams", "10_what_runs_natively"]


def edition(name):
    cells = nbformat.read(NOTEBOOKS / name, as_version=4).cells
    return [(cell.source, printed(cell)) for cell in cells if cell.cell_type == "code"]


def printed(cell):
    return "".join(output.text for output in cell.outputs if output.get("name") == "stdout")


@pytest.mark.parametrize("name", NAMES)
def test_the_cells_print_what_is_stored(student, name):
    with student(f"{name}.ipynb") as reader:
        stored = edition(f"{name}.ipynb")
        for source, shown in stored:
            said = reader.run()
            if "run_batches(ssc, 1)" in source:
                # After a crash batches run again whose checkpoint was not written yet.
                assert said.endswith("4 [('be', 1), ('to', 2)]\n")
            else:
                assert without_numbers(said, source) == without_numbers(shown, source), source
        assert any(shown for _, shown in stored)


def without_numbers(said, source):
    """Where rows were worked on is a matter of time where Python does it: a busy machine sends them elsewhere."""
    said = re.sub(r"^pyrite: .*\n", "", said, flags=re.MULTILINE)
    return re.sub(r"\d+ Python", "", said) if "explain()" in source else said


@pytest.mark.parametrize(
    "name", [*NAMES, "08_dataframes", "09_structured_streaming"]
)  # tests/frames runs these: they need an extra
def test_the_editions_are_the_same_but_for_their_words(name):
    assert edition(f"{name}.ipynb") == edition(f"{name}.ko.ipynb")
