"""Spark's own example programs of sql, as they stand in PySpark's wheel, print what they print on real PySpark."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
RECORDED = ROOT / "tests" / "recorded" / "frames" / "examples"
# Those that pass; each has its recorded output.
PASSING = ["basic", "arrow"]
FILES = {
    "people.json": '{"name":"Michael"}\n{"name":"Andy", "age":30}\n{"name":"Justin", "age":19}\n',
    "people.txt": "Michael, 29\nAndy, 30\nJustin, 19\n",
}


def _folder():
    """Where a real PySpark has them."""
    environments = [
        ROOT / "target" / "spark-venv",
        pathlib.Path(os.environ.get("PYRITE_SPARK_VENV", "/opt/pyspark-venv")),
    ]
    for environment in environments:
        for found in environment.glob("lib/python3*/site-packages/pyspark/examples/src/main/python/sql"):
            return found
    return None


def _lines(text):
    """What it prints, but for the statistics of numbers that it draws."""
    return [line for line in text.splitlines() if not re.match(r"(25%|50%|75%|max|mean|min|std) +[01]\.", line)]


@pytest.mark.timeout(120)
@pytest.mark.skipif(_folder() is None, reason="a real PySpark, whose wheel has the examples, isn't here")
@pytest.mark.parametrize("name", PASSING)
def test_an_example_prints_as_sparks(name, tmp_path):
    resources = tmp_path / "examples" / "src" / "main" / "resources"
    resources.mkdir(parents=True)
    for each, text in FILES.items():
        (resources / each).write_text(text)
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "pyrite", str(_folder() / f"{name}.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=110,
        env={**os.environ, "PYTHONPATH": str(ROOT / "python"), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert ran.returncode == 0, ran.stderr
    # Groups come in an order of their own.
    assert sorted(_lines(ran.stdout)) == sorted(_lines((RECORDED / f"{name}.txt").read_text()))
