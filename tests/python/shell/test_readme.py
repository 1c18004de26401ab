"""The programs in README.md and README.ko.md run as they are printed."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def blocks():
    for name in ("README.md", "README.ko.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pattern = r"^```python\n(.*?)^```\n(?:```text\n(.*?)^```\n)?"
        for number, found in enumerate(re.finditer(pattern, text, re.DOTALL | re.MULTILINE), 1):
            yield pytest.param(found[1], found[2] or "", id=f"{name}-{number}")


@pytest.mark.parametrize(("code", "prints"), list(blocks()))
def test_a_program_runs(python, script, code, prints):
    done = python("-W", "error", script(code))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for line in code.splitlines():
        shown = re.search(r"print\(.*\)\s+# (.+)", line)
        if shown:
            assert shown[1] in done.stdout
    assert prints.replace("words.py", "program.py") in done.stdout


def test_links_lead_somewhere():
    for name in ("README.md", "README.ko.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text(encoding="utf-8")):
            assert (ROOT / target).exists(), f"{name}: {target}"
