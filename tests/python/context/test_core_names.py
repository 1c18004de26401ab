"""Every public name of PySpark's core is here, with its signature."""

import importlib
import json
import sys
from pathlib import Path

import pytest

RECORDED = Path(__file__).parents[2] / "recorded"

sys.path.insert(0, str(RECORDED))
import core_names  # noqa: E402
import streaming_names  # noqa: E402

# The program doesn't call it.
OTHERWISE = {"RDD.__init__"}


def root(name):
    return importlib.import_module(f"pyrite.{name}" if name else "pyrite")


def recorded():
    known = json.loads((RECORDED / "core_names.json").read_text(encoding="utf-8"))["classes"]
    return [(owner, name, said) for owner in core_names.classes(root) for name, said in known[owner.__name__].items()]


@pytest.mark.parametrize(
    ("owner", "name", "said"), [pytest.param(*row, id=f"{row[0].__name__}.{row[1]}") for row in recorded()]
)
def test_a_name_is_there_with_its_signature(owner, name, said):
    assert hasattr(owner, name)
    if f"{owner.__name__}.{name}" not in OTHERWISE:
        found = json.dumps(streaming_names.names(owner)[name])
        # The engine knows the default key by this function.
        assert json.loads(found.replace('"itself"', '"<lambda>"')) == said


def test_what_is_otherwise_was_recorded():
    assert OTHERWISE <= {f"{owner.__name__}.{name}" for owner, name, _ in recorded()}


def test_functions():
    wanted = json.loads((RECORDED / "core_names.json").read_text(encoding="utf-8"))["functions"]
    assert {f.__name__: streaming_names.parameters(f) for f in core_names.functions(root)} == wanted
