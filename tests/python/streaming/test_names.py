"""Every public name of PySpark's streaming is here, with its signature."""

import importlib.util
import json
from pathlib import Path

import pytest
from pyrite.streaming import DStream, StreamingContext, StreamingListener, util
from pyrite.streaming.dstream import TransformedDStream

RECORDED = Path(__file__).parents[2] / "recorded"

# The program doesn't call it; our own calls leave its last argument out.
OTHERWISE = {"DStream.__init__"}

CLASSES = (StreamingContext, DStream, TransformedDStream, StreamingListener)


def recorder():
    spec = importlib.util.spec_from_file_location("streaming_names", RECORDED / "streaming_names.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recorded():
    names = json.loads((RECORDED / "streaming_names.json").read_text(encoding="utf-8"))["classes"]
    return [(owner, name, said) for owner in CLASSES for name, said in names[owner.__name__].items()]


@pytest.mark.parametrize(
    ("owner", "name", "said"), [pytest.param(*row, id=f"{row[0].__name__}.{row[1]}") for row in recorded()]
)
def test_a_name_is_there_with_its_signature(owner, name, said):
    full = f"{owner.__name__}.{name}"
    assert hasattr(owner, name)
    if full in OTHERWISE:
        return
    assert recorder().names(owner)[name] == said


def test_what_is_otherwise_was_recorded():
    assert OTHERWISE <= {f"{owner.__name__}.{name}" for owner, name, _ in recorded()}


def test_functions():
    wanted = json.loads((RECORDED / "streaming_names.json").read_text(encoding="utf-8"))["functions"]
    assert {"rddToFileName": recorder().parameters(util.rddToFileName)} == wanted
