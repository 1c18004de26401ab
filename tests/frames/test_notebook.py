"""The notebook of DataFrames: every cell prints, and shows, what is stored with it."""

import subprocess
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "08_dataframes.ipynb"


def shown(notebook):
    """What stands below each cell of code: its text in one, for that comes in pieces, and its tables."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [
        (
            cell.source,
            "".join(each.get("text", "") for each in cell.outputs),
            [each.data for each in cell.outputs if "data" in each],
        )
        for cell in cells
    ]


def test_the_cells_show_what_is_stored(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    install = [sys.executable, "-m", "pyrite", "kernel", "install", "--prefix", str(tmp_path)]
    subprocess.run(install, check=True, capture_output=True)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    stored = shown(notebook)
    NotebookClient(
        notebook, kernel_name="pyrite", timeout=120, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    assert shown(notebook) == stored
    assert any("text/html" in table for _, _, tables in stored for table in tables)
