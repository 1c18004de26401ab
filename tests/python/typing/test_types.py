"""A user's program is checked strictly, by mypy and by pyright, without an error that is ours."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAMS = Path(__file__).parent / "programs"


def _errors_of_mypy(*programs):
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--follow-imports=silent",
        "--config-file=",
        "--cache-dir",
    ]
    said = subprocess.run(
        [*command, str(ROOT / "target" / "mypy-programs"), *map(str, programs)],
        env={**os.environ, "MYPYPATH": str(ROOT / "python")},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert said.returncode in (0, 1), said.stderr
    return said.stdout.splitlines()


@pytest.fixture(scope="module")
def pyright(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pyright")
    settings = {
        "extraPaths": [str(ROOT / "python")],
        "include": [str(PROGRAMS), str(folder)],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))

    def errors(text=None):
        if text is not None:
            (folder / "wrong.py").write_text(text)
        said = subprocess.run(
            [sys.executable, "-m", "pyright", "--outputjson", "--project", str(folder)],
            capture_output=True,
            text=True,
            timeout=600,
        )
        found = json.loads(said.stdout)["generalDiagnostics"]
        return [f"{one['file']}:{one['range']['start']['line'] + 1}: {one['message']}" for one in found]

    return errors


WRONG = """
from pyrite import SparkContext

sc = SparkContext("local[2]", "wrong")
sc.parallelize(["a"]).map(lambda word: word.uper()).collect()
sc.parallelize([1]).reduceByKey(lambda a, b: a + b)
"""


@pytest.mark.timeout(900)
def test_mypy_finds_nothing_in_a_right_program_and_the_faults_of_a_wrong_one(tmp_path):
    assert _errors_of_mypy(*sorted(PROGRAMS.glob("*.py"))) == []
    wrong = tmp_path / "wrong.py"
    wrong.write_text(WRONG)
    found = "\n".join(_errors_of_mypy(wrong))
    assert '"str" has no attribute "uper"' in found
    assert "wrong.py:6: error: Invalid self argument" in found


@pytest.mark.timeout(900)
def test_pyright_finds_nothing_in_a_right_program_and_the_faults_of_a_wrong_one(pyright):
    assert pyright() == []
    found = "\n".join(pyright(WRONG))
    assert 'Cannot access attribute "uper" for class "str"' in found
    assert "wrong.py:6" in found
