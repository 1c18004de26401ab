"""The documentation, as far as that can be seen without building it: its examples run, links and anchors lead somewhere,
every page stands in a table of contents, every public name in the API reference, and messages are those of the code.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"

sys.path.insert(0, str(DOCS / "extensions"))
import page_examples as examples  # noqa: E402 - found only now

PAGES = sorted(
    path
    for pattern in ("*.md", "*.rst")
    for path in DOCS.rglob(pattern)
    if not {"_build", "notebooks"} & set(path.relative_to(DOCS).parts)
)
# Its examples have a test of their own.
TESTED_ELSEWHERE = {"streaming.md"}


def title(path):
    return str(path.relative_to(DOCS))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", [p for p in examples.pages() if p.name not in TESTED_ELSEWHERE], ids=title)
def test_the_examples_run(page):
    wrong = examples.check(page)
    assert wrong is None, wrong


def test_an_example_that_prints_something_else_fails(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1 + 1)\n```\n```text\n3\n```\n")
    assert "it printed\n2" in examples.check(page)
    page.write_text("```python\nprint(1 + 1)\nraise KeyError\n```\n")
    assert "KeyError" in examples.check(page)
    page.write_text("```python\nprint(1, 2)\n```\n```text\n1 ...\n...\n```\n")
    assert examples.check(page) is None


def links(page):
    """Links to what is inside: the target and the place there."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", text)):
        if not re.match(r"[a-z]+:", target):
            yield target.partition("#")[::2]


def places(page):
    """The anchors of its headings, as MyST and GitHub make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_links_lead_somewhere(page):
    for target, place in links(page):
        there = (page.parent / target).resolve() if target else page
        if "notebooks" in there.parts:
            # The build puts them there; a Korean edition is called so.
            there = ROOT / "notebooks" / there.name.replace("_ko.ipynb", ".ko.ipynb")
        assert there.exists(), target
        assert not place or place in places(there), f"{target}#{place}"


def listed(page) -> Iterator[str]:
    """The documents that a page's tables of contents name, from the documentation's root."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^```\{toctree\}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        for line in block.split():
            if not line.startswith(":") and re.fullmatch(r"[\w./*]+", line):
                yield from (p.with_suffix("").as_posix() for p in found(page.parent, line))


def found(folder: Path, name: str) -> list[Path]:
    if "*" in name:
        return [p.relative_to(DOCS) for p in folder.glob(f"{name}.md")]
    return [(folder / name).resolve().relative_to(DOCS.resolve())]


def test_every_page_is_in_a_table_of_contents():
    every = {page.relative_to(DOCS).with_suffix("").as_posix() for page in PAGES} - {"index"}
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        every.add(f"notebooks/{path.stem.replace('.ko', '_ko')}")
    named = {name for page in PAGES if page.suffix == ".md" for name in listed(page)}
    assert every - named == set()


def test_every_public_module_is_in_the_reference():
    """Sphinx takes from a module what its `__all__` names; at a build it is looked for name by name."""
    reference = "".join(path.read_text() for path in (DOCS / "reference" / "api").glob("*.rst"))
    there = set(re.findall(r"automodule:: pyrite\.([\w.]+)", reference))
    assert names_modules() - {"streaming", "sql"} <= there
    for path in (ROOT / "python" / "pyrite").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT / "python" / "pyrite").with_suffix("").parts)
        hidden = any(part.startswith("_") for part in module.split("."))
        if not hidden and module not in NOT_FOR_PROGRAMS and "__all__" in path.read_text(encoding="utf-8"):
            assert module in there, f"pyrite.{module} is public: add it to docs/reference/api and to names.py"


# What stands behind the commands, and names that say in Spark's words that DataFrames aren't here.
NOT_FOR_PROGRAMS = {"cli", "demo", "netcat", "notebook", "sql.functions", "sql.window", "sql.utils", "join"}


def names_modules() -> set[str]:
    """Those that `docs/extensions/names.py` goes through."""
    tree = ast.parse((DOCS / "extensions" / "names.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "MODULES":
            return set(node.value.func.value.value.split())
    raise AssertionError


def said_by_the_code() -> str:
    """All of the source with its texts put together where they go over several lines."""
    files = [
        *(ROOT / "python" / "pyrite").rglob("*.py"),
        *(ROOT / "src").rglob("*.rs"),
        *(ROOT / "extension").rglob("*.rs"),
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    text = re.sub(r'"\s*\n\s*f?"', "", text)
    return re.sub(r"\\\n\s*", "", text)


@pytest.mark.parametrize("name", ["reference/errors.md", "ko/errors.md"])
def test_messages_are_those_of_the_code(name):
    code = said_by_the_code()
    rows = re.findall(r"^\| `([^|]+?)`.* \|", (DOCS / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) > 20
    for message in rows:
        for piece in message.split("..."):
            assert piece.strip() in code, message


def test_the_reasons_of_functions_are_those_of_the_code():
    code = said_by_the_code()
    table = (DOCS / "inside" / "what_compiles.md").read_text(encoding="utf-8").partition("## What doesn't")[2]
    reasons = re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)
    assert len(reasons) > 5
    for reason in reasons:
        # Names and modules are put in.
        words = re.sub(r"\w+\.?\w*\(\)|\.\.\.", "{}", reason)
        pieces = [piece.strip(", ") for piece in words.split("{}")]
        assert all(piece in code for piece in pieces), reason
