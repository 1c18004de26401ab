"""Kills at any system call on a checkpoint and its output: every row is put out exactly once."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

PROGRAM = pathlib.Path(__file__).with_name("killing.py")

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the program forks")


def killed(spark, root, kills):
    made = subprocess.run(
        [sys.executable, str(PROGRAM), str(root), str(kills), "7"], capture_output=True, text=True, timeout=kills * 30
    )
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout.splitlines()[-1])
    assert told["kills"] == kills
    values = sorted(row.v for row in spark.read.schema("v INT").json(str(root / "out")).collect())
    assert values == list(range((told["files"] + 1) * 5))
    return told


@needs_fork
def test_output_is_exactly_once(spark, tmp_path):
    killed(spark, tmp_path, 5)


@needs_fork
@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_kills(spark, tmp_path, capsys):
    told = killed(spark, tmp_path, 200)
    with capsys.disabled():
        print(f"\n{told}")
