"""Patterns that are tried step by step: random ones that look round, refer back or match nothing give what `re` gives."""

from __future__ import annotations

import re
import warnings
from random import Random

import pytest
from lambda_reference import make
from pyrite import _engine
from pyrite._lambda import freeze

ATOMS = ["a", "b", "é", " ", ",", '"', "x", "\\n", "1", r"\w", r"\d", r"\s", ".", "[ab]", "[^a]", r"\W", r"[\wé]"]
PLACES = [r"\b", r"\B", "$", "^", r"\Z", r"\A"]
BEHIND = ["a", "ab", "\\b", r"\w", "[^a]", "a|b", "^", "é", "\\n"]
REPEATS = ["*", "+", "?", "{2}", "{1,2}", "*?", "+?", "??", "{0,2}?"]
TEXT = 'aabbé ,"x\n1'
FORMS = [
    "(m.group(), m.groups()) if (m := re.search({p}, t, {f})) else None",
    "(m.group(), m.span()) if (m := re.match({p}, t, {f})) else None",
    "(m.group(), m.end()) if (m := re.fullmatch({p}, t, {f})) else None",
    "re.sub({p}, '-', t, flags={f})",
    "re.sub({p}, lambda m: '<' + m.group() + '>', t, 2, flags={f})",
    "re.findall({p}, t, {f})",
    "re.split({p}, t, flags={f})",
    "re.split({p}, t, 1, flags={f})",
    "[(m.group(), m.span(), m.groups()) for m in re.finditer({p}, t, {f})]",
]


def piece(r: Random, depth: int, groups: list[int] | None) -> str:
    draw = r.random()
    if draw < 0.5 or depth == 0:
        return r.choice(ATOMS)
    if draw < 0.7:
        return r.choice(PLACES)
    if draw < 0.78:
        return r.choice(["(?={})", "(?!{})"]).format(pattern(r, depth - 1, None))
    if draw < 0.85:
        return r.choice(["(?<={})", "(?<!{})"]).format(r.choice(BEHIND))
    if draw < 0.92 and groups is not None:
        groups.append(1)
        return f"({pattern(r, depth - 1, groups)})"
    if draw < 0.95 and groups:
        return f"\\{r.randint(1, len(groups))}"
    return f"(?:{pattern(r, depth - 1, groups)})"


def pattern(r: Random, depth: int, groups: list[int] | None) -> str:
    made = "".join(piece(r, depth, groups) + (r.choice(REPEATS) if r.random() < 0.35 else "") for _ in range(3))
    return made + ("|" + piece(r, depth, groups) if r.random() < 0.2 else "")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_random_steps() -> None:
    r, compiled, rows = Random(), 0, 0
    while compiled < 400:
        source, flags = pattern(r, 3, []), r.choice(["0", "re.M", "re.S", "re.A", "re.I"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                re.compile(source, eval(flags))
            except (re.error, OverflowError):
                continue
            function = make("lambda t: " + r.choice(FORMS).format(p=repr(source), f=flags))
            frozen = freeze(function)
        if frozen.expression is None:
            continue
        compiled += 1
        for _ in range(12):
            text = "".join(r.choice(TEXT) for _ in range(r.randint(0, 9)))
            found, why = _engine.evaluate(frozen.expression, "map", [(text,)])
            if why is None:
                rows += 1
                assert repr(found[0]) == repr(function(text)), (source, flags, text)
    assert rows > 3000
