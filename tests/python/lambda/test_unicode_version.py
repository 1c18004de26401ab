"""The crate that normalizes may be older than the interpreter's Unicode."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import unicodedata
unicodedata.unidata_version = "{version}"
from lambda_reference import agrees, make
function = make("lambda a: unicodedata.normalize('NFC', a)", unicodedata=unicodedata)
print(len(agrees(function, [("e\u0301",), ("é",), ("ascii",), ("\uac00\u11a8",)])))
"""


@pytest.mark.parametrize(("version", "native"), [("14.0.0", 4), ("99.0.0", 1)])
def test_what_the_crate_may_not_know_is_declined(version: str, native: int) -> None:
    run = [sys.executable, "-c", PROGRAM.format(version=version)]
    made = subprocess.run(run, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    assert made.stdout.strip() == str(native)
