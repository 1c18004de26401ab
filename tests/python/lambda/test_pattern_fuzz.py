"""Random patterns over random texts: the engine's answers are those of `re`, for whatever compiles."""

import random
import re
import warnings

import pytest

TEXTS = 80
CHARACTERS = "aaabbbccABCkKsSiI01__  --..,\n\n\t\r\x0b\x1c\x85\u2028éÉß\u0301ıİſK٣²½ǅ一𝒳😀\x00'\"[]{}()*+?|^$\\/"
ATOMS = [
    *("a", "b", "c", "A", "k", "s", "é", "ß", "K", "ſ", "٣", "𝒳", "0", "_", " ", "-", ",", "/", "'"),
    *(r"\.", r"\n", r"\t", r"\x41", r"\u00e9", r"\*", r"\[", r"\\", r"\-", r"\$", r"\{", "}", "]"),
    *(".", r"\w", r"\W", r"\d", r"\D", r"\s", r"\S"),
    *(
        "[ab]",
        "[^ab]",
        "[a-c0-9]",
        r"[\w.-]",
        r"[^\s,]",
        r"[\d٣]",
        "[^\n]",
        "[A-Z_a-z]",
        r"[\W_]",
        "[é-ü]",
        "[]a]",
        "[^]]",
    ),
    *(r"[\s\S]", r"[^\w\s]", "[+-]", r"[\]\[]", "[à-ÿÀ-ß]", "[k-s]", "[^k-s]"),
]
EDGES = ["^", "$", r"\A", r"\Z", r"\b", r"\B"]
REPEATS = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{2,}", "*+", "++", "{,2}"]
RARE = ["(?=a)", "(?!b)", "(?<=a)", r"\1", "(?P=n)", "(?>a)", "(?i:k)", "(?-i:k)", "(?s:.)", "(?a:\\w)", "(?(1)a|b)"]
FLAGS = [0, 0, 0, 0, re.I, re.M, re.S, re.A, re.X, re.I | re.M, re.I | re.A, re.S | re.M]
REPLACEMENTS = ["", "x", r"<\g<0>>", r"\1", r"-\g<1>-", r"\n\\", "$1", "\\g<0>\\g<0>"]


def functions(pattern, replacement):
    return [
        lambda text: pattern.findall(text),
        lambda text: pattern.split(text),
        lambda text: pattern.sub(replacement, text),
        lambda text: pattern.search(text).group(0) if pattern.search(text) else None,
        lambda text: pattern.match(text).groups() if pattern.match(text) else None,
        lambda text: pattern.fullmatch(text) is not None,
        lambda text: [m.group(0) for m in pattern.finditer(text)],
    ]


def pattern_of(chance, depth=3):
    draw = chance.random()
    if depth == 0 or draw < 0.35:
        return chance.choice(ATOMS) if draw < 0.3 else chance.choice(EDGES) if draw < 0.345 else chance.choice(RARE)
    inner = pattern_of(chance, depth - 1)
    if draw < 0.6:
        return inner + "".join(pattern_of(chance, depth - 1) for _ in range(chance.randint(1, 2)))
    if draw < 0.7:
        return f"(?:{inner}|{pattern_of(chance, depth - 1)})"
    if draw < 0.78:
        return f"({inner})"
    if draw < 0.8:
        return f"(?P<n>{inner})"
    return (inner if len(inner) == 1 else f"(?:{inner})") + chance.choice(REPEATS)


def texts_of(chance, source):
    # What the pattern itself is written with is likelier to match.
    likely = CHARACTERS + 3 * "".join(c for c in source if c not in "\\()?:*+[]{}|^$")
    return ["".join(chance.choices(likely, k=chance.randint(0, 12))) for _ in range(TEXTS)]


class Count:
    """Pairs of a pattern and a text that went through compiled code, and those that only `re` saw."""

    def __init__(self):
        self.pairs = self.runs = self.declined = self.patterns = self.compiled = 0


def fuzz(sc, seed, pairs, most):
    chance, count = random.Random(seed), Count()
    while count.pairs < pairs:
        source, flags = pattern_of(chance), chance.choice(FLAGS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                pattern = re.compile(source, flags)
            except (re.error, OverflowError):
                continue
        count.patterns += 1
        texts = texts_of(chance, source)
        rows, was_native = sc.parallelize(texts, 1), False
        replacement = chance.choice(REPLACEMENTS if pattern.groups else [r for r in REPLACEMENTS if "1" not in r])
        every = functions(pattern, replacement)
        for function in chance.sample(every, most):
            try:
                expected = [*map(function, texts)]
            except SystemError:
                break  # CPython's own: "The span of capturing group is wrong, please report a bug for the re module."
            made = rows.map(function)
            if (found := made.collect()) != expected:
                wrong = [trio for trio in zip(texts, found, expected, strict=True) if trio[1] != trio[2]]
                raise AssertionError((seed, source, flags, replacement, every.index(function), wrong[:3]))
            native, declined = map(int, re.search(r"rows: (\d+) native, (\d+) declined", made._explained()).groups())
            count.runs += native
            count.declined += declined
            was_native = was_native or native > 0
        count.pairs += TEXTS * was_native
        count.compiled += was_native
    return count


def test_random_patterns(make_sc):
    count = fuzz(make_sc("local[1]"), random.randrange(2**32), 20_000, 2)
    assert count.compiled > count.patterns // 4, vars(count)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("piece", range(8))
def test_a_million_random_pairs(make_sc, told, scaled, piece):
    seed = random.randrange(2**32)
    count = fuzz(make_sc("local[1]"), seed, scaled(125_000), 7)
    told(
        f"piece {piece}, seed {seed}: {count.pairs:,} pairs, {count.runs:,} native answers, all as re's; {vars(count)}"
    )
