"""A SparkContext in a real Jupyter kernel: cells that run again, and errors that end in their cell."""

import re

import nbformat
import pytest

nbclient = pytest.importorskip("nbclient")

pytestmark = pytest.mark.filterwarnings("ignore")

CELLS = [
    "from pyrite import SparkContext\nsc = SparkContext('local[2]', 'first')",
    "sc = SparkContext('local[2]', 'again')",
    "rdd = sc.parallelize([1, 0], 1).map(lambda x:\n    1 // x)\nprint(rdd)",
    "def show():\n    return rdd.collect()\nshow()",
    "sc.parallelize(range(4)).map(lambda x: x * 2).sum()",
]


@pytest.fixture(scope="module")
def cells():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=60, allow_errors=True).execute()
    return [cell.outputs for cell in notebook.cells]


def test_a_cell_that_runs_again_replaces_the_context(cells):
    (output,) = cells[1]
    assert output["name"] == "stderr"
    assert output["text"] == "pyrite: The SparkContext 'first' (local[2]) was stopped; the new one replaces it.\n"


def test_steps_are_named_by_their_cell(cells):
    assert re.search(r"PythonRDD\[\d+\] at map at cell 3, line 1", cells[2][0]["text"])


def test_a_traceback_ends_in_the_cell(cells):
    (output,) = cells[3]
    assert output["ename"] == "ZeroDivisionError"
    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output["traceback"]))
    assert "pyrite/" not in text
    assert re.findall(r"Cell In\[(\d+)\], line (\d+)", text) == [("4", "3"), ("4", "2"), ("3", "2")]
    assert "while running map at cell 3, line 1 on partition 0" in text


def test_the_next_cell_works(cells):
    assert cells[4][0]["data"]["text/plain"] == "12"
