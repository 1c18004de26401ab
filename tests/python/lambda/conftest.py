"""The reference evaluator beside the tests is imported by name."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyrite import _engine

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(params=[True, False], ids=["machine", "trees"])
def machine(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether loops are machine code."""
    _engine.machine_code(request.param)
    yield request.param
    _engine.machine_code(True)
