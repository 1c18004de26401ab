"""Shapes of what PySpark users write: the same answers on both paths, and nearly all of them natively."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from shape_programs import Shape, reason, run, shapes

#: The share that must be compiled with all of its rows running natively.
LEAST = 0.95


def test_shapes(make_sc: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    every = shapes()
    on = _ran(make_sc, "auto", every)
    off = _ran(make_sc, "off", every)
    different = [
        (shape, a.outcome, b.outcome) for shape, a, b in zip(every, on, off, strict=True) if a.outcome != b.outcome
    ]
    assert not different, different
    declined = {str(shape): why for shape, ran in zip(every, on, strict=True) if (why := reason(ran)) is not None}
    with capsys.disabled():
        print(f"\n{len(every) - len(declined)} of {len(every)} shapes run natively")
        for name, why in declined.items():
            print(f"  {name}: {why}")
    assert len(every) - len(declined) >= LEAST * len(every)


def _ran(make_sc: Callable[..., Any], native: str, every: list[Shape]) -> list[Any]:
    sc = make_sc("local[2]", **{"pyrite.native": native, "pyrite.python.workers": "0"})
    made = [run(sc, shape) for shape in every]
    sc.stop()
    return made
