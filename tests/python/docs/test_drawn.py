"""The tables and pictures that the documentation makes of the code."""

import ast
import inspect
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[3]

sys.path.insert(0, str(ROOT / "docs" / "extensions"))
import links  # noqa: E402 - found only now
import names  # noqa: E402
import pictures  # noqa: E402


def test_the_path_is_that_of_the_source():
    steps = pictures.steps()
    assert [name for name, _ in steps][:2] == ["source", "block"]
    assert all(said and (ROOT / "src" / name).is_dir() for name, said in steps)
    drawn = pictures.draw_path()
    assert all(f">{name}<" in drawn for name, _ in steps)


def test_layers_hold_every_folder():
    named = {name for layer in pictures.engine_layers() for name in layer}
    folders = {path.stem for source in ("src", "extension/src") for path in (ROOT / source).iterdir()} - {"lib"}
    assert folders <= named
    assert pictures.package_layers()[0] == ["__main__"]
    assert all(f">{name}" in drawn for drawn in [pictures.DRAWN["layers"]()] for name in ("sync", "stage"))


def test_the_table_of_names_knows_what_is_here():
    assert {"RDD", "DStream", "SparkContext"} <= set(names.recorded())
    rdd = names.class_called("RDD")
    assert names.refuses(inspect.getattr_static(rdd, "withResources"))
    assert not names.refuses(inspect.getattr_static(rdd, "map"))
    assert "toArrow" in set(names.methods(rdd)) - set(names.recorded()["RDD"])
    assert names.summary(rdd.map).startswith("`f(row)`")


def test_what_raises_says_so():
    """A public function that has a `raise` of its own tells of it, but for those that only say what a subclass has to do."""
    silent = []
    for name, value in names.public():
        function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if not inspect.isfunction(function) or name.startswith(
            ("pyrite.serializers.", "pyrite.profiler.", "pyrite.util.")
        ):
            continue
        function = inspect.unwrap(function)
        assert inspect.getdoc(function), f"{name} has no docstring"
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        raised = (ast.unparse(node.exc) for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc)
        if [text for text in raised if text != "NotImplementedError"] and "Raises" not in inspect.getdoc(function):
            silent.append(name)
    assert silent == []


def test_links_of_built_pages(tmp_path):
    (tmp_path / "a.html").write_text('<a href="b.html#there">b</a><a href="b.html">b</a><h1 id="here">a</h1>')
    (tmp_path / "b.html").write_text('<h1 id="there">b</h1><a href="a.html#here">a</a><a href="https://x.y/">x</a>')
    assert list(links.wrong(tmp_path)) == []
    (tmp_path / "b.html").write_text('<a href="c.html">c</a><script src="https://x.y/z.js"></script>')
    assert {what for _, what in links.wrong(tmp_path)} == {
        "leads to no place there: b.html#there",
        "asks another machine: https://x.y/z.js",
        "leads nowhere: c.html",
    }
