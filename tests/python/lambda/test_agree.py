"""Random functions: the tree means what the function does, for values of every kind and also for wrong ones."""

import math

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lambda_reference import evaluate, make, tree
from pyrite._lambda import freeze

TEXT = st.text(st.one_of(st.sampled_from("ab ,;01_-Aß\n\tİΣſé𝒳"), st.characters(exclude_categories=["Cs"])), max_size=8)
INTS = st.one_of(st.integers(-5, 5), st.integers(-(2**70), 2**70))
FLOATS = st.one_of(st.sampled_from([0.0, -0.0, 1.5, math.nan, math.inf, 1e300]), st.floats())
VALUES = st.recursive(
    st.one_of(TEXT, INTS, FLOATS, st.booleans(), st.none(), st.binary(max_size=3)),
    lambda inner: st.one_of(st.tuples(inner, inner), st.lists(inner, max_size=3)),
    max_leaves=4,
)


def pick(*options):
    return st.sampled_from(options)


def template(text, *parts):
    return st.tuples(*parts).map(lambda p: text.format(*p))


# Replacements of two groups, one of them named: references, escapes of every kind and what looks like either.
TEMPLATES = (
    st.lists(
        pick(r"\1", r"\2", r"\g<n>", r"\g<0>", r"\g<1>", r"\\", r"\\1", r"\n", r"\101", r"\0", r"\377", "g<1>", "é"),
        max_size=4,
    )
    .map("".join)
    .map(repr)
)
ints = st.deferred(
    lambda: st.one_of(
        pick("n", "m", "0", "1", "-3", "7"),
        template("len({})", st.one_of(texts, lists)),
        template("({} {} {})", ints, pick("+", "-", "*", "//", "%", "&", "|", "^"), ints),
        template("({}{})", pick("-", "+", "~"), ints),
        template("abs({})", ints),
        template("{}({}, {})", pick("min", "max"), ints, ints),
        template("sum({})", template("[len(w) for w in {}]", lists)),
        template("{}.count({})", texts, texts),
        template("({} if {} else {})", ints, booleans, ints),
        template("add({}, {})", ints, ints),
        template("t[{}]", pick("0", "1")),
        template("int({})", st.one_of(texts, ints)),
    )
)
texts = st.deferred(
    lambda: st.one_of(
        pick("x", "y", "'a'", "', '", "K"),
        template("{}.{}()", texts, pick("lower", "upper", "strip", "title", "swapcase")),
        template("({} + {})", texts, texts),
        template("{}[{}:{}]", texts, pick("", "1", "-2"), pick("", "2", "-1")),
        template("{}[{}]", texts, ints),
        template("{}.replace({}, {})", texts, texts, texts),
        template("{}.join({})", texts, lists),
        template("f'<{{{}}}|{{{}!r}}>'", pick("x", "n", "t"), pick("y", "m", "t")),
        template("('%s=%d' % ({}, {}))", texts, ints),
        template("'{{}}/{{:>4}}'.format({}, {})", texts, texts),
        template("str({})", ints),
        template("({} or {})", texts, texts),
        template("re.sub('[ab]+', '-', {})", texts),
        template("re.sub(r'{}', {}, {})", pick("(a)(?P<n>b)?", "(a|b)(?P<n>[,;])?", "(?P<n>a)|(b)"), TEMPLATES, texts),
    )
)
lists = st.deferred(
    lambda: st.one_of(
        pick("x.split()", "y.split(',')"),
        template("re.split(r'{}', {})", pick(r"\W+", r"\s", "[,;]+", "a|bc"), texts),
        template("re.findall(r'{}', {})", pick(r"\w+", r"\d", "a.", "[^a]"), texts),
        template("[w.lower() for w in {} if {}]", lists, pick("w", "len(w) > 1", "w != x")),
        template("sorted({})", lists),
        template("list({})", texts),
        template("[{}, {}]", texts, texts),
        template(
            "[{} for a, b in {}]",
            pick("a", "b + a", "x"),
            pick("[('a', y), (x, 'b')]", "[t]", "[x, 'ab']", "y.split()"),
        ),
        template("list(map({}, {}))", pick("str.lower", "str", "lambda w: w + x", "double"), lists),
        template("list(filter({}, {}))", pick("None", "len", "lambda w: w > x"), lists),
        template("{}[1:]", lists),
    )
)
booleans = st.deferred(
    lambda: st.one_of(
        template("({} {} {})", ints, pick("<", "<=", "==", "!=", ">", ">="), ints),
        template("({} {} {} {} {})", ints, pick("<", "=="), ints, pick(">=", "!="), ints),
        template("({} {} {})", texts, pick("in", "not in", "==", "<"), texts),
        template("(not {})", st.one_of(booleans, texts, ints)),
        template("({} {} {})", booleans, pick("and", "or"), booleans),
        template("{}.{}()", texts, pick("isdigit", "isalpha", "isspace", "isupper")),
        template("{}.startswith({})", texts, texts),
        template("isinstance({}, {})", pick("x", "n", "t"), pick("str", "(int, str)", "bool")),
        template("bool(re.{}('a.b?', {}))", pick("search", "match", "fullmatch"), texts),
        template("({} is {}None)", pick("n", "x"), pick("", "not ")),
    )
)
anything = st.one_of(ints, texts, lists, booleans, template("({}, {})", texts, ints), template("(n, [{}])", booleans))
NAMES = "x, y, n, m, t"
# Not the explain phase: it traces, and while a tracer is active nothing is compiled.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink]
SETTINGS = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)


def add(a, b):
    total = a
    if b == 3:
        return 3 + total
    return total + b


def double(w):
    return w + w


def outcome(function, arguments):
    try:
        return function(*arguments), None
    except Exception as error:
        return None, error


def same(one, two):
    if type(one) is not type(two):
        return False
    if isinstance(one, tuple | list):
        return len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, float):
        return one.hex() == two.hex()
    return one == two


def check(function, *rows):
    node = tree(function)
    for row in rows:
        expected, error = outcome(function, row)
        got, refused = outcome(lambda *a: evaluate(node, a), row)
        if error is not None:
            # Whatever raises declines, so that Python itself raises.
            assert refused is not None, (error, got)
        elif refused is not None:
            # `%d` takes floats, which a format refuses.
            assert "Unknown format code 'd'" in str(refused), refused
        else:
            assert same(got, expected), (node, row)


ROWS = st.tuples(TEXT, TEXT, INTS, INTS, st.tuples(INTS, TEXT))
ANY_ROWS = st.tuples(VALUES, VALUES, VALUES, VALUES, VALUES)


@SETTINGS
@given(anything, ROWS, ROWS, ANY_ROWS)
def test_expressions(source, one, two, wrong):
    check(make(f"lambda {NAMES}: {source}", K="k,1", add=add, double=double), one, two, wrong)


@SETTINGS
@given(st.lists(anything, min_size=2, max_size=4), ROWS, st.booleans())
def test_lambdas_side_by_side(sources, row, one_line):
    between = ", " if one_line else ",\n  "
    functions = make("[" + between.join(f"lambda {NAMES}: {s}" for s in sources) + "]", K="k,1", add=add, double=double)
    for function in functions:
        check(function, row)


@SETTINGS
@given(st.lists(st.tuples(pick("a", "b", "x", "n"), anything, booleans), max_size=3), anything, ROWS, ANY_ROWS)
def test_blocks(statements, result, row, wrong):
    lines = [f"def f({NAMES}):", "    a = b = x"]
    for name, value, condition in statements:
        lines += [f"    if {condition}:", f"        {name} = {value}", "    else:", f"        a, b = {name}, n"]
    lines += [f"    if a == b: return {result}", "    return a, b, n"]
    check(make("\n".join(lines) + "\n", K="k,1", add=add, double=double), row, wrong)


FLAGS, WIDTHS, PRECISIONS = pick("", "-", "0", "+", " ", "-0", "+ "), pick("", "1", "7"), pick("", ".0", ".2", ".")
PERCENT = template("%{}{}{}{}", FLAGS, WIDTHS, PRECISIONS, pick(*"sridifgeGxoX"))


@SETTINGS
@given(PERCENT, st.one_of(INTS, FLOATS, TEXT, st.booleans(), st.none()))
def test_percent_formats(spec, value):
    function = make(f"lambda x: '{spec}!' % (x,)")
    if freeze(function).expression is None:
        return
    expected, error = outcome(function, (value,))
    got, refused = outcome(lambda v: evaluate(tree(function), (v,)), (value,))
    # `format` is stricter about types than `%`; it must never write something else.
    assert refused is not None or got == expected, (spec, value, error)
