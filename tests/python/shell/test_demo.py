"""`pyrite demo`, which `make demo` runs: every text it sends comes back as that batch's exact counts."""

import re
from ast import literal_eval
from collections import Counter

from pyrite.demo import TEXTS

RULE = "-" * 43


def counts(text):
    return Counter(word.lower() for word in re.split(r"\W+", text) if word)


def test_the_demo_counts_each_text_in_its_batch(python):
    done = python("-m", "pyrite", "demo", "--seconds", "6", "--interval", "1.5")
    assert done.returncode == 0, done.stderr
    shown = re.findall(rf"{RULE}\nTime: [^\n]+\n{RULE}\n(.*?)\n(?=\n)", done.stdout, re.DOTALL)
    assert len(shown) >= 3, done.stdout
    for batch, text in zip(shown, TEXTS, strict=False):
        expected = counts(text)
        rows = [literal_eval(line) for line in batch.splitlines() if line != "..."]
        assert rows == sorted(rows, key=lambda row: -row[1])
        assert [n for _, n in rows] == sorted(expected.values(), reverse=True)[:10]
        assert all(expected[word] == n for word, n in rows)
    assert "Connected to localhost" in done.stderr
    assert "-m pyrite your_script.py" in done.stdout
    assert "Traceback" not in done.stderr
