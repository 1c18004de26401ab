"""Patterns: what is emitted matches what the source does, and only such patterns are emitted."""

import re

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lambda_reference import make, pattern_of, reason, tree
from pyrite._lambda.classes import single
from pyrite._lambda.decline import Decline
from pyrite._lambda.pattern import translate_pattern
from pyrite._lambda.unicode_tables import every_character

PHASES = [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink]
SETTINGS = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)


def emitted(source, flags=0, function="findall"):
    return translate_pattern(source, re.compile(source, flags).flags, function)[0]["matcher"]


@pytest.mark.parametrize(
    ("source", "flags", "expected"),
    [
        (r"\W+", 0, {"class_run": {"negated": False, "ranges": [], "categories": ["W"]}}),
        (r"[^\w']+", 0, {"class_run": {"negated": True, "ranges": [[39, 39]], "categories": ["w"]}}),
        (r"\s", 0, {"class_one": {"negated": False, "ranges": [], "categories": ["s"]}}),
        (r"[a-cb-dx]", 0, {"class_one": {"negated": False, "ranges": [[97, 100], [120, 120]], "categories": []}}),
        (r".", 0, {"class_one": {"negated": True, "ranges": [[10, 10]], "categories": []}}),
        (r".+", re.DOTALL, {"class_run": {"negated": False, "ranges": [[0, 0x10FFFF]], "categories": []}}),
        (r"\d+", re.ASCII, {"class_run": {"negated": False, "ranges": [[48, 57]], "categories": []}}),
        (r"\D", re.ASCII, {"class_one": {"negated": False, "ranges": [[0, 47], [58, 0x10FFFF]], "categories": []}}),
        (r"a|b", 0, {"class_one": {"negated": False, "ranges": [[97, 98]], "categories": []}}),
        (
            r"k",
            re.I,
            {"class_one": {"negated": False, "ranges": [[75, 75], [107, 107], [0x212A, 0x212A]], "categories": []}},
        ),
        (r"k", re.I | re.A, {"class_one": {"negated": False, "ranges": [[75, 75], [107, 107]], "categories": []}}),
        (r"(?i)ab", 0, {"regex": "[Aa][Bb]"}),
        (r"a{2,3}?b", 0, {"regex": "(?:a){2,3}?b"}),
        (r"(ab)+|c.", 0, {"regex": r"(?:(?:(ab)){1,}|c[^\x{a}])"}),
        (r"(?:a|bc)d", 0, {"regex": "(?:a|bc)d"}),
        (r"[\w-]x", 0, {"regex": r"[{{w}}\x{2d}]x"}),
        (r"\{\{w\}\}", 0, {"regex": r"\x{7b}\x{7b}w\x{7d}\x{7d}"}),
        (r"^a", 0, {"regex": r"\Aa"}),
        (r"^ab$", re.M, {"regex": "(?m:^)ab(?m:$)"}),
        (r"ab\Z", 0, {"regex": r"ab\z"}),
        (
            r"\bab",
            0,
            {
                "steps": {
                    "steps": {"concat": [{"boundary": {"negated": False, "ascii": False}}, {"syntax": "ab"}]},
                    "ascii": r"(?-u:\b)ab",
                }
            },
        ),
        (r"\bab", re.A, {"regex": r"(?-u:\b)ab"}),
        (r"é𝒳", 0, {"regex": r"\x{e9}\x{1d4b3}"}),
        (r"a  b # comment", re.X, {"regex": "ab"}),
    ],
)
def test_emitted(source, flags, expected):
    assert emitted(source, flags) == expected


@pytest.mark.parametrize(
    ("source", "function", "expected"),
    [
        ("ab$", "search", r"ab(?:\n?\z)"),
        ("ab$", "match", r"ab(?:\n?\z)"),
        ("ab$", "fullmatch", r"ab\z"),
        ("(?:a|b$)", "search", r"(?:a|b(?:\n?\z))"),
        ("x*", "match", "(?:x){0,}"),
    ],
)
def test_emitted_for(source, function, expected):
    assert emitted(source, 0, function) == {"regex": expected}


@pytest.mark.parametrize("source", ["a{0,2000}", "(?:$a){0,2000}", "(?=(a))b"])
def test_what_declines(source):
    with pytest.raises(Decline):
        emitted(source, 0, "search")


def test_flags_that_decline():
    assert reason(make("lambda x: re.split('a', x, flags=re.LOCALE)")) in (
        "its pattern is malformed",
        "its pattern has a flag that is not compiled",
    )
    assert reason(make("lambda x: re.split('a', x, flags=re.DEBUG)")) == "its pattern has a flag that is not compiled"


@pytest.mark.parametrize(
    "source", ["a", "k", "s", "i", "[a-z]", "[^a-z]", "[^k]", "[A-Fsx]", "[0-9_]", "[ -~]", r"[\wk]"]
)
@pytest.mark.parametrize("flags", [re.I, re.I | re.A])
def test_ignored_case_over_all_characters(source, flags):
    try:
        matcher = translate_pattern(source, re.compile(source, flags).flags, "findall")[0]
    except Decline:
        assert "\\" in source
        return
    assert pattern_of(matcher).findall(every_character()) == re.findall(source, every_character(), flags)


def test_categories_are_the_same_when_case_is_ignored():
    text = every_character()
    for category in r"\w", r"\W", r"\d", r"\D", r"\s", r"\S":
        assert re.findall(category, text) == re.findall(category, text, re.I)


def test_unknown_elements_are_no_class():
    assert single(None, None, 0) is None


ATOMS = st.one_of(
    st.sampled_from(
        [
            "a",
            "b",
            "c",
            "é",
            r"\n",
            r"\.",
            ".",
            r"\w",
            r"\W",
            r"\s",
            r"\d",
            r"\S",
            "[ab]",
            "[^a]",
            r"[\w-]",
            r"[^\s.]",
            "k",
        ]
    ),
    st.sampled_from(["^", "$", r"\A", r"\Z", r"\b"]),
)
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner, inner).map("".join),
        st.tuples(inner, inner).map("(?:{0[0]}|{0[1]})".format),
        inner.map("({})".format),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?"])).map(
            lambda p: f"(?:{p[0]}){p[1]}"
        ),
    ),
    max_leaves=6,
)
TEXTS = st.text(st.sampled_from("abck \n.-_é1Kſ٣́"), max_size=10)


@SETTINGS
@given(PATTERNS, TEXTS, st.sampled_from([0, re.I, re.M, re.S, re.A, re.I | re.M]))
def test_patterns_agree(source, text, flags):
    for function in ("split", "findall", "search", "match", "fullmatch"):
        try:
            pattern, info = translate_pattern(source, re.compile(source, flags).flags, function)
        except Decline:
            continue
        if "steps" in pattern["matcher"]:
            # Only the engine has these: `test_steps.py`.
            continue
        ours, theirs = getattr(pattern_of(pattern), function)(text), getattr(re.compile(source, flags), function)(text)
        if function in ("split", "findall"):
            assert ours == theirs
            continue
        assert (ours is None) == (theirs is None), (pattern, function)
        if ours is not None:
            assert ours.groups() == theirs.groups()
            assert not info.whole or ours.group() == theirs.group()


def test_groups_by_name_and_number():
    made = tree(make(r"lambda x: re.search(r'(?P<y>\d+)-(?P<m>\d+)', x).group('m', 1)"))
    assert [g["method"]["args"] for g in made["tuple"]] == [[{"int": 2}], [{"int": 1}]]
    made = tree(make(r"lambda x: re.search(r'(a)', x)[0]"))
    assert made["method"]["args"] == [{"int": 0}]
