"""What the tests of larger-than-memory data share: a context with a small limit and a spill directory of its own."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyrite.context import SparkContext

sys.path.insert(0, str(Path(__file__).parent))

LIMIT = "512k"


class Spilling:
    """A directory for `spark.local.dir`, and what lies in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def dirs(self) -> list[Path]:
        """The engines' directories."""
        return sorted(self.path.glob("pyrite-spill-*"))

    @property
    def files(self) -> list[Path]:
        """Files with rows."""
        return [file for folder in self.dirs for file in folder.glob("rows-*")]


@pytest.fixture
def spilling(tmp_path: Path) -> Spilling:
    path = tmp_path / "local"
    path.mkdir()
    return Spilling(path)


@pytest.fixture
def small(make_sc: Callable[..., SparkContext], spilling: Spilling) -> Callable[..., SparkContext]:
    """Makes contexts under a limit: `small("auto", "auto", limit="64k")`, each with `spilling` as its directory."""

    def make(native: str = "auto", workers: str = "auto", limit: str = LIMIT, **settings: str) -> SparkContext:
        return make_sc(
            "local[2]",
            **{
                "pyrite.native": native,
                "pyrite.python.workers": workers,
                "pyrite.memory.limit": limit,
                "spark.local.dir": str(spilling.path),
                **settings,
            },
        )

    return make


@pytest.fixture
def stopped(spilling: Spilling) -> Iterator[None]:
    """After the test the context is stopped and nothing lies in the directory."""
    yield
    active = SparkContext._active_spark_context
    if active is not None:
        active.stop()
    assert spilling.dirs == []


@pytest.fixture(
    params=[
        pytest.param(("auto", "auto"), id="native"),
        pytest.param(("off", "auto"), id="interpreted"),
        pytest.param(("off", "2"), id="workers"),
    ]
)
def tight(request: pytest.FixtureRequest, small: Callable[..., SparkContext], stopped: None) -> SparkContext:
    """A context under the small limit: native, interpreted and with worker processes."""
    return small(*request.param)


@pytest.fixture
def measured() -> Callable[..., tuple[int, int]]:
    """`measured(program, *arguments)` runs a program by itself: the bytes that it spilled and the peak that it printed."""
    pytest.importorskip("psutil")

    def run(program: str, *arguments: str, timeout: float) -> tuple[int, int]:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program), *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        spilled, peak = map(int, done.stdout.split())
        return spilled, peak

    return run
