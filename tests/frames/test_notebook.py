"""The notebooks of DataFrames and of Structured Streaming: every cell prints, and shows, what is stored with it."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def shown(notebook):
    """What stands below each cell of code: its text in one, for that comes in pieces, and its tables."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [
        (
            cell.source,
            # Messages of Pyrite's own have ports and times.
            re.sub(r"^pyrite: .*\n", "", "".join(each.get("text", "") for each in cell.outputs), flags=re.MULTILINE),
            [each.data for each in cell.outputs if "data" in each],
        )
        for cell in cells
    ]


@pytest.mark.parametrize(("name", "tables"), [("08_dataframes", True), ("09_structured_streaming", False)])
def test_the_cells_show_what_is_stored(tmp_path, monkeypatch, name, tables):
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    install = [sys.executable, "-m", "pyrite", "kernel", "install", "--prefix", str(tmp_path)]
    subprocess.run(install, check=True, capture_output=True)
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    stored = shown(notebook)
    NotebookClient(
        notebook, kernel_name="pyrite", timeout=120, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    assert shown(notebook) == stored
    assert any("text/html" in table for _, _, shown_tables in stored for table in shown_tables) == tables
