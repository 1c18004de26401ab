"""The table of names: each public name of PySpark's, from what was recorded of it, with what this package has under it.

    ```{pyspark-names} RDD
    ```

It is made of `tests/recorded/*.json` and of the package itself at each build, so it can't go stale. At the end of a
build every public name of the package has to be in the API reference.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests" / "recorded"

# The modules that a program may import from; the rest of the package is its own.
MODULES = (
    "accumulators broadcast conf context errors files profiler rdd rddsampler resultiterable serializers shuffle "
    "statcounter status storagelevel streaming.context streaming.dstream streaming.kafka streaming.listener "
    "streaming.receiver streaming.state streaming.util sql sql.types taskcontext testing traceback_utils util"
).split()


def recorded() -> dict[str, dict[str, Any]]:
    """PySpark's classes, each with its public names."""
    found: dict[str, dict[str, Any]] = {}
    for name in ("core_names", "streaming_names"):
        found |= json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))["classes"]
    return found


def of_modules() -> dict[str, list[str]]:
    """What each of PySpark's modules defines."""
    found = json.loads((RECORDED / "module_names.json").read_text(encoding="utf-8"))
    return {module: names.split() for module, names in found.items()}


def public() -> Iterator[tuple[str, Any]]:
    """Every public name of the package, with what it is: functions, classes, and their methods and properties."""
    for module in MODULES:
        home = importlib.import_module(f"pyrite.{module}")
        for name in home.__all__:
            value = getattr(home, name)
            if name.startswith("_") or not (inspect.isclass(value) or inspect.isroutine(value)):
                continue
            full = address(module, value)
            yield full, value
            if inspect.isclass(value):
                yield from ((f"{full}.{each}", getattr(value, each, None)) for each in methods(value))


def address(module: str, value: Any) -> str:
    """Where a program finds what one of these modules names: where it is defined, unless that is the package's own."""
    is_own = any(part.startswith("_") for part in value.__module__.split("."))
    return f"pyrite.{module}.{value.__qualname__}" if is_own else f"{value.__module__}.{value.__qualname__}"


def methods(owner: type) -> list[str]:
    """The public names that a class of this package has of its own classes."""
    found: dict[str, None] = {}
    for base in owner.__mro__:
        if base.__module__.split(".")[0] == "pyrite":
            found |= dict.fromkeys(name for name in vars(base) if not name.startswith("_"))
    return sorted(found)


def class_called(name: str) -> type:
    """The package's class of that name."""
    for module in MODULES:
        home = importlib.import_module(f"pyrite.{module}")
        if name in home.__all__ and inspect.isclass(getattr(home, name)):
            return getattr(home, name)
    raise LookupError(name)


def summary(value: Any) -> str:
    """The first sentence of what is said of it."""
    text = inspect.getdoc(value) or ""
    first = re.split(r"\n\n|(?<=[.:])\s+(?=[A-Z`])", text, maxsplit=1)[0]
    return " ".join(first.split())


def refuses(value: Any) -> bool:
    """Whether it is there only to say what to do in its place."""
    function = value.fget if isinstance(value, property) else value
    return getattr(function, "__annotations__", {}).get("return") == "NoReturn"


def coded(text: str) -> list[nodes.Node]:
    """A sentence in which code stands between backticks."""
    parts = re.split(r"`+([^`]+)`+", text)
    return [nodes.literal(part, part) if at % 2 else nodes.Text(part) for at, part in enumerate(parts) if part]


class Names(SphinxDirective):
    """A class's names, or with the argument `modules` those of PySpark's modules."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The table."""
        name = self.arguments[0]
        if name == "modules":
            return [self._modules()]
        return [self._class(name, recorded()[name])]

    def _class(self, name: str, said: dict[str, Any]) -> nodes.table:
        owner = class_called(name)
        home = f"{owner.__module__}.{owner.__qualname__}"
        own = set(methods(owner))
        rows = []
        for each in sorted({*(n for n in said if n != "__init__"), *own}, key=str.lower):
            value = inspect.getattr_static(owner, each, None)
            if each not in said:
                state = "Pyrite's own"
            elif value is None:
                state = "not here"
            else:
                state = "says what to do" if refuses(value) else "the same"
            told = summary(getattr(value, "__func__", value)) if callable(value) or hasattr(value, "__doc__") else ""
            plain = isinstance(value, (bool, int, float, str)) or type(value).__name__ == "StorageLevel"
            where = self._link(f"{home}.{each}", each) if each in own else nodes.literal(each, each)
            rows.append(([where], [nodes.Text(state)], [] if plain else coded(told)))
        return table(("name", "in Pyrite", "what it is"), rows, (26, 16, 58))

    def _modules(self) -> nodes.table:
        rows = []
        for module, names in of_modules().items():
            home = importlib.import_module(f"pyrite.{module}")
            there = [each for each in names if hasattr(home, each)]
            missing = [each for each in names if not hasattr(home, each)]
            rows.append(([nodes.literal("", f"pyspark.{module}")], listed(there), listed(missing)))
        return table(("module", "here", "not here: it serves Spark's JVM or its workers"), rows, (22, 50, 28))

    def _link(self, target: str, text: str) -> nodes.Node:
        link = addnodes.pending_xref(
            "", nodes.literal(text, text), refdomain="py", reftype="obj", reftarget=target, refexplicit=True
        )
        link["refdoc"] = self.env.docname
        return link


def listed(names: list[str]) -> list[nodes.Node]:
    """Names with commas."""
    found: list[nodes.Node] = []
    for name in names:
        found += [nodes.Text(", ")] * bool(found) + [nodes.literal(name, name)]
    return found


def table(head: tuple[str, ...], rows: list[Any], widths: tuple[int, ...]) -> nodes.table:
    """A table of cells."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in widths), cols=len(head))
    group += nodes.thead("", _row([[nodes.Text(each)] for each in head]))
    group += nodes.tbody("", *(_row(row) for row in rows))
    return nodes.table("", group, classes=["names"])


def _row(cells: Any) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))


def undocumented(env: Any) -> list[str]:
    """Public names that the API reference lacks."""
    there = set(env.get_domain("py").objects)
    return sorted({name for name, _ in public()} - there)


def setup(app) -> dict[str, bool]:
    """Sphinx: the directive, and the check at the end."""
    from sphinx.util import logging

    def complete(_app, env) -> None:
        for name in undocumented(env):
            logging.getLogger(__name__).warning("%s is public and not in the API reference", name)

    app.add_directive("pyspark-names", Names)
    app.connect("env-check-consistency", complete)
    return {"parallel_read_safe": True}
