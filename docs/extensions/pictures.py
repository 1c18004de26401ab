"""Pictures that are drawn from the code at each build.

```{picture} path          the way of a record: the folders that `src/lib.rs` lists, each with its own first sentence
```{picture} layers        the engine's layers: the table that `tests/rust/layers` holds the code to
```{picture} modules       the package's layers: import-linter's table in pyproject.toml
"""

from __future__ import annotations

import re
import textwrap
import tomllib
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[2]
_WIDE = 760


def steps() -> list[tuple[str, str]]:
    """The folders on a record's way, in order, each with the first sentence of its module."""
    text = (ROOT / "src" / "lib.rs").read_text(encoding="utf-8")
    way = re.search(r"The path of data is the folder list:(.*?)\n\n", text, re.DOTALL)
    assert way is not None, "src/lib.rs lists the steps no more"
    return [(name, _said(name)) for name in re.findall(r"`(\w+)`", way[1])]


def _said(folder: str) -> str:
    """The first sentences of a folder's module, without their markup."""
    lines = []
    for line in (ROOT / "src" / folder / "mod.rs").read_text(encoding="utf-8").splitlines():
        if not line.startswith("//!") or (lines and line == "//!"):
            break
        lines.append(line[3:].strip())
    text = re.sub(r"\[`?([^\]`]+)`?\](\([^)]*\))?", r"\1", " ".join(lines)).replace("`", "")
    said, *more = re.split(r"(?<=[.;]) ", text)
    for sentence in more:
        if len(said) + len(sentence) > 150:
            break
        said += f" {sentence}"
    return said.rstrip(".:;")


def engine_layers() -> list[list[str]]:
    """The folders of `src/` by layer, the lowest first."""
    text = (ROOT / "tests" / "rust" / "layers" / "mod.rs").read_text(encoding="utf-8")
    table = re.search(r"const LAYERS.*?= &\[\n(.*?)\n\];", text, re.DOTALL)
    assert table is not None, "tests/rust/layers has its table no more"
    return [re.findall(r'"(\w+)"', line) for line in table[1].splitlines()]


def package_layers() -> list[list[str]]:
    """The modules of the package by layer, the highest first."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    return [re.split(r"\s*:\s*", layer.strip("()")) for layer in contracts[0]["layers"]]


class _Drawing:
    """Boxes and words in the colours of the page."""

    def __init__(self, title: str, height: int) -> None:
        self._height = height
        self._parts = [f"<title>{escape(title)}</title>"]

    def box(self, x: int, y: int, wide: int, high: int, strong: bool = False) -> None:
        style = "fill:var(--color-brand-primary);fill-opacity:.14" if strong else "fill:none"
        self._parts.append(
            f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" rx="6" style="{style};stroke:currentColor;'
            'stroke-opacity:.45"/>'
        )

    def text(self, x: int, y: int, text: str, kind: str = "") -> None:
        style = {
            "": "font-size:13px",
            "name": "font:600 14px var(--font-stack--monospace,monospace)",
            "small": "font-size:12px;fill-opacity:.75",
            "code": "font:12.5px var(--font-stack--monospace,monospace)",
        }[kind]
        self._parts.append(f'<text x="{x}" y="{y}" style="{style}" fill="currentColor">{escape(text)}</text>')

    def arrow(self, x: int, y: int, to: int) -> None:
        self._parts.append(
            f'<path d="M{x} {y}V{to - 5}" style="stroke:currentColor;stroke-opacity:.6"/>'
            f'<path d="M{x - 4} {to - 7}L{x} {to}L{x + 4} {to - 7}Z" style="fill:currentColor;fill-opacity:.6"/>'
        )

    def html(self) -> str:
        return (
            f'<svg class="drawn" role="img" viewBox="0 0 {_WIDE} {self._height}" xmlns="http://www.w3.org/2000/svg">'
            + "".join(self._parts)
            + "</svg>"
        )


def draw_path() -> str:
    """A record's way from the source to the output."""
    each, lines = 66, [(name, textwrap.wrap(said, 90)[:2]) for name, said in steps()]
    drawing = _Drawing("The way of a record through the folders of src/", len(lines) * each + 8)
    for at, (name, said) in enumerate(lines):
        y = at * each + 4
        drawing.box(4, y, _WIDE - 8, each - 18, name == "stage")
        drawing.text(20, y + 29, name, "name")
        for line, words in enumerate(said):
            drawing.text(130, y + (29 if len(said) == 1 else 21) + line * 17, words)
        if at + 1 < len(lines):
            drawing.arrow(46, y + each - 18, y + each)
    return drawing.html()


def draw_layers(layers: list[list[str]], title: str) -> str:
    """A table of layers, the highest on top; long ones take several lines."""
    rows = [textwrap.wrap("   ".join(layer), 92) for layer in layers]
    heights = [18 + 16 * len(row) for row in rows]
    drawing = _Drawing(title, sum(heights) + 8)
    y = 4
    for row, height in zip(rows, heights, strict=True):
        drawing.box(4, y, _WIDE - 8, height - 4)
        for at, words in enumerate(row):
            drawing.text(18, y + 19 + at * 16, words, "code")
        y += height
    return drawing.html()


DRAWN = {
    "path": draw_path,
    "layers": lambda: draw_layers(engine_layers()[::-1], "The engine's folders: each imports only from lower lines"),
    "modules": lambda: draw_layers(package_layers(), "The package's modules: each imports only from lower lines"),
}


class Picture(SphinxDirective):
    """A picture by its name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The picture, inside of the page."""
        return [nodes.raw("", DRAWN[self.arguments[0]](), format="html")]


def setup(app) -> dict[str, bool]:
    """Sphinx: the directive."""
    app.add_directive("picture", Picture)
    return {"parallel_read_safe": True}
