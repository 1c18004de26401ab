"""Patterns that `textFile` takes are Hadoop's."""

import pytest


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("[^a].txt", "b"),
        ("[!a].txt", "b"),
        ("{a,b}.txt", "ab"),
        ("{a,{b,none}}.txt", "ab"),
        ("{[^a],none}.t?t", "b"),
        ("}{a,b}.txt", ""),
        ("{a}.txt", "a"),
        ("*.txt", "ab"),
    ],
)
def test_patterns(make_sc, tmp_path, pattern, names):
    for name in "ab_":
        (tmp_path / f"{name}.txt").write_text(name)
    for name in "ab":
        (tmp_path / f"}}{name}.txt").mkdir()
    assert make_sc().textFile(f"{tmp_path}/{pattern}").collect() == list(names)
