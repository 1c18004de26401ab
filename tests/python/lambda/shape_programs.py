"""The shapes in `shapes/`: pieces of programs with their rows, and what became of their functions on a context."""

from __future__ import annotations

import linecache
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent / "shapes"))

import shape_rows as _rows

THEMES = sorted(path.stem for path in (Path(__file__).parent / "shapes").glob("*.txt"))
_ROWS = {name: value for name, value in vars(_rows).items() if name.isupper()}


class Shape(NamedTuple):
    """A piece of a program: it finds `rdd` and `sc`, and leaves an RDD or a value in `out`."""

    theme: str
    name: str
    rows: str
    source: str

    def __str__(self) -> str:
        return f"{self.theme}: {self.name}"


class Ran(NamedTuple):
    """What a shape gave, in order and with its types, and how its functions ran."""

    outcome: str
    explained: str


class _Totals:
    """The engine, and whether what actions ask of it ran natively: no plan that could be explained knows their functions."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.explained: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def total(self, plan: Any, what: Any, functions: Any, *rest: Any) -> Any:
        found = self.engine.total(plan, what, functions, *rest)
        native = found is not None and all(way for way, rows in found if rows)
        how = "native; rows: 1 native, 0 declined, 0 Python" if native else "Python: the action's function"
        self.explained.append(f"{what[0]}\n    {how}\n")
        return found


def shapes() -> list[Shape]:
    """All of them; no name is there twice."""
    found = []
    for theme in THEMES:
        text = (Path(__file__).parent / "shapes" / f"{theme}.txt").read_text("utf-8")
        for part in text.split("### ")[1:]:
            name, rows, source = part.split("\n", 2)
            assert rows.startswith("< "), name
            found.append(Shape(theme, name, rows[2:], source))
    assert len({str(shape) for shape in found}) == len(found)
    return found


def run(sc: Any, shape: Shape) -> Ran:
    """The shape on a context, with its source where the compiler finds it."""
    filename = f"<shape {shape}>"
    linecache.cache[filename] = (len(shape.source), None, shape.source.splitlines(keepends=True), filename)
    rows = list(eval(shape.rows, dict(_ROWS)))
    scope: dict[str, Any] = {"__name__": "__main__", "sc": sc, "rdd": sc.parallelize(rows, 2)}
    totals, known = _Totals(sc._engine), type(sc)._engine
    type(sc)._engine = property(lambda _: totals)
    out: Any = None
    try:
        exec(compile(shape.source, filename, "exec"), scope)
        out = scope["out"]
        if not hasattr(out, "collect"):
            return Ran(_shown(out), "".join(totals.explained))
        outcome = _shown(out.collect())
    except Exception as error:  # noqa: BLE001 - whatever the shape raises has to be the same on both paths
        outcome = f"raises {type(error).__name__}: {error}"
    finally:
        type(sc)._engine = known
    return Ran(outcome, out._explained() if hasattr(out, "_explained") else "")


def _shown(value: Any) -> str:
    """The value with its types, without the addresses of objects."""
    return re.sub(r" at 0x[0-9a-f]+", "", f"{type(value).__name__} {value!r}")


def reason(ran: Ran) -> str | None:
    """Why a shape didn't run natively: the first function that didn't, or None."""
    lines = ran.explained.splitlines()
    asked = [
        (above, line)
        for above, line in zip(lines, lines[1:], strict=False)
        if re.match(r"\s+(native|Python: |not at)", line)
    ]
    for above, line in asked:
        if not re.search(r"native.*; rows: [1-9]\d* native, 0 declined, 0 Python", line):
            return f"{above.strip().split(' at ')[0]}: {line.strip()}"
    return None if asked else "no function was asked for"
