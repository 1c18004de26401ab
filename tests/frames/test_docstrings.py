"""The docstrings of PySpark's sql modules that pass are on a list, and none is lost from it."""

import json
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
# The bar; the list is what passes.
LEAST = 480

# `StreamingQuery.lastProgress` is not on the list: it asks right after the start, and shows None only where the first batch is late.
LEAST_OF_STREAMING = 34


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("what", "least"), [((), LEAST), (("streaming",), LEAST_OF_STREAMING)], ids=["sql", "streaming"]
)
def test_those_on_the_list_pass(tmp_path, what, least):
    out = tmp_path / "found.json"
    subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / "docstrings.py"), str(out), *what],
        check=True,
        timeout=280,
        capture_output=True,
    )
    found = json.loads(out.read_text())
    listed = (HERE / "_".join(("docstrings", *what))).with_suffix(".txt").read_text().split()
    lost = [name for name in listed if not found.get(name)]
    assert not lost, lost
    assert len(listed) >= least
