"""A program that is run, ended and run again on the same directories, on a manual clock."""

import os
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyrite.context import SparkContext
from pyrite.streaming import StreamingContext
from pyrite.testing import advance

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _utc(utc: None) -> None:
    """Batch times are local times."""


class Program:
    """Files go into `incoming`; `start` makes a context or goes on from its checkpoints."""

    def __init__(self, path: Path, make_sc: Callable[..., SparkContext]) -> None:
        self.incoming = path / "incoming"
        self.checkpoints = path / "checkpoints"
        self.incoming.mkdir()
        self.make_sc = make_sc
        self.setups = 0
        self.ssc: Any = None

    def start(self, build: Callable[[Any], Any], master: str = "local[2]", **settings: object) -> StreamingContext:
        """Start a context whose stream of lines `build` works on, or go on; the clock stands at the last batch."""
        self.make_sc(master, **{"spark.streaming.clock": "ManualClock", **settings})

        def setup() -> StreamingContext:
            self.setups += 1
            ssc = StreamingContext(SparkContext.getOrCreate(), 1)
            build(ssc.textFileStream(str(self.incoming)))
            return ssc

        self.ssc = StreamingContext.getOrCreate(str(self.checkpoints), setup)
        self.ssc.start()
        return self.ssc

    def batch(self, **files: str) -> None:
        """A batch with these files."""
        for name, text in files.items():
            hidden = self.incoming / f".{name}"
            hidden.write_text(text)
            os.utime(hidden, (0, 0))
            hidden.rename(self.incoming / name)
        advance(self.ssc)

    def stop(self) -> None:
        """End it in an orderly way."""
        self.ssc.stop()

    def names(self) -> list[str]:
        """The checkpoints that are there."""
        return sorted(p.name for p in self.checkpoints.glob("checkpoint-*"))


@pytest.fixture
def program(tmp_path: Path, make_sc: Callable[..., SparkContext]) -> Iterator[Program]:
    """See `Program`."""
    made = Program(tmp_path, make_sc)
    yield made
    if made.ssc is not None:
        made.stop()


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """What `keep` saw: in a module, so that a checkpoint names the list and doesn't copy it."""
    module = types.ModuleType("recovery_seen")
    module.rows = []

    def keep(time, rdd):
        module.rows.append((time.second, sorted(rdd.collect())))

    keep.__module__ = "recovery_seen"
    keep.__qualname__ = "keep"
    module.keep = keep
    monkeypatch.setitem(sys.modules, "recovery_seen", module)
    return module
