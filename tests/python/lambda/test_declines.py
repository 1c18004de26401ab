"""What isn't compiled, and the reason that `explain` shows."""

import json
import re

import pytest
from lambda_reference import make, reason

SOURCES = [
    ("lambda x: print(x)", "calls print(), which has side effects"),
    ("lambda x: frozenset([x])", "makes a frozenset"),
    ("lambda x: lambda y: x", "makes a function"),
    ("lambda x: len(w for w in x)", "makes a generator"),
    ("lambda x: [(w for w in x)]", "makes a generator"),
    ("lambda x: (w for w in x) if x else x", "makes a generator"),
    ("lambda x: f'{(w for w in x)}'", "makes a generator"),
    ("lambda x: (yield x)", "yields"),
    (
        "def f(x):\n    for w in x:\n        yield n\n        n = w\n",
        "n may be unbound",
    ),
    ("def f(x):\n    for w in x:\n        if w:\n            n = w\n        yield n\n", "n may be unbound"),
    (
        "def f(x):\n    for w in x:\n        for v in w:\n            return v\n        yield w\n",
        "is a generator that returns a value",
    ),
    ("def f(x):\n    yield x\n    return 1\n", "is a generator that returns a value"),
    ("def f(x):\n    n = 1\n    g = (w * n for w in x)\n    n = 2\n    return g\n", "keeps a generator in a variable"),
    ("def f(x):\n    if x:\n        return 1\n    yield x\n", "is a generator that returns a value"),
    ("def f(x):\n    y = yield x\n    yield y\n", "is a generator that asks what is sent to it"),
    ("lambda x: [i for i in x if (y := i)] + [y]", "assigns with := in a comprehension what is used outside it"),
    ("lambda x, y: y + (y := x)", "assigns with := what it asked for before"),
    ("lambda *x: x[0]", "takes *args or **kwargs"),
    ("lambda x, *, y: x", "needs the keyword argument y"),
    ("lambda x: unknown", "unknown is not defined"),
    ("lambda x: [x].real", "reads the attribute .real"),
    ("lambda x: x.append(1)", "calls .append(), which changes its object"),
    ("lambda x: x.frobnicate()", "calls .frobnicate()"),
    ("lambda x: x.replace('a', 'b', count=1)", "calls .replace() with count="),
    ("lambda x: x.split(',', 1, 2)", "calls .split() with 3 arguments"),
    ("lambda x: x ** 9223372036854775808", "a constant is an int past 64 bits"),
    ("lambda x: x + 1j", "a constant is a complex"),
    (r"lambda x: x + '\ud800'", "a constant has a lone surrogate"),
    ("lambda x: x is 'a'", "compares identities with `is`"),
    ("lambda x: len", "uses len, a builtin_function_or_method, as a value"),
    ("lambda x: math.sqrt", "uses math.sqrt, a builtin_function_or_method, as a value"),
    ("lambda x: math.nope(x)", "math has no nope"),
    ("lambda x: max(x, default=0)", "calls max() with default="),
    ("lambda x: len(x, x)", "calls len() with 2 arguments"),
    ("lambda x: id(x)", "calls id()"),
    ("lambda x: isinstance(x, complex)", "calls isinstance() with complex"),
    ("lambda x: int(*x)", "calls with * or **"),
    ("lambda x: x(1)", "calls x"),
    ("lambda x: x @ x", "uses the operator MatMult"),
    ("lambda x: '%s' % x", "has a % format of one value that may be a tuple"),
    ("lambda x: '%s %s' % x", "has a % format whose values come as one tuple"),
    ("lambda x: '%s' % (x, x)", "has a % format with a wrong number of values"),
    ("lambda x: '%(a)s' % x", "has a % format with names of what is no dict with these keys"),
    ("lambda x: '%*d' % (x, x)", "uses the % format %*d"),
    ("lambda x: '%' % x", "has a % format that is incomplete"),
    ("lambda x: f'{x:{x}}'", "has a format whose width or precision depends on the row"),
    ("lambda x: '{0.real}'.format(x)", "has a format field {0.real} that is not a plain argument"),
    ("lambda x: '{}'.format(x, x)", "has a format that leaves arguments unused"),
    ("lambda x: '{}{0}'.format(x)", "has a format that mixes numbered and unnumbered fields"),
    ("lambda x: json.dumps(x, indent=1)", "calls json.dumps() with indent=, cls= or allow_nan="),
    (r"lambda x: re.search('(?=(a))b', x)", "its pattern looks ahead or behind"),
    (r"lambda x: re.search(r'(?i)(a)\1', x)", "its pattern refers back to a group"),
    (r"lambda x: re.search('(?:a*)+', x)", "its pattern repeats what can match empty"),
    (r"lambda x: re.search('a++', x)", "its pattern has a possessive repeat"),
    (r"lambda x: re.search('(?>a)b', x)", "its pattern has an atomic group"),
    (r"lambda x: re.search('(a)?(?(1)b)', x)", "its pattern has a conditional group"),
    (r"lambda x: re.search('é', x, re.I)", "its pattern ignores case outside ASCII"),
    (r"lambda x: re.search('[', x)", "its pattern is malformed"),
    (r"lambda x: re.search(x, x)", "its pattern is not a constant str"),
    (r"lambda x: re.search(b'a', x)", "its pattern is not a constant str"),
    (r"lambda x: re.search('a', x, x)", "its flags are not constant"),
    (r"lambda x: re.search('a', x).expand('')", "calls .expand() of a match object"),
    (r"lambda x: len(re.search('a', x))", "uses a match object as a value"),
    (r"lambda x: (re.search('a', x), 1)", "uses a match object as a value"),
    (r"lambda x: re.search('a', x) == 1", "uses a match object as a value"),
    (r"lambda x: re.search('a$', x).group()", "uses group 0 of a pattern that ends in $"),
    (r"lambda x: re.search('a', x)[1]", "uses a group that the pattern has not or that depends on the row"),
    (r"lambda x: re.sub('(a)', r'\2', x)", "its replacement is malformed"),
    (r"lambda x: re.sub('a', str, x)", "replaces by something other than a constant str"),
    (r"lambda x: re.finditer('a', x)", "uses an iterator of matches as a value"),
    ("def f(x):\n    for y in x:\n        pass\n    return y\n", "y may be unbound"),
    ("def f(x):\n    y = 1\n    for y in x:\n        pass\n    return y\n", "y may be unbound"),
    ("def f(x):\n    for y in x:\n        z = y\n    return z\n", "z may be unbound"),
    (
        "def f(x):\n    for (a, b), c in zip(x, x):\n        pass\n",
        "has a for loop whose variables are no names, one for each part",
    ),
    ("def f(x):\n    for y in range(3, z=1):\n        pass\n", "calls range() with z="),
    ("def f(x):\n    n = 1\n    y = x and (n := 5)\n    return n\n", "may assign n with := or not"),
    ("def f(x):\n    try:\n        return 1\n    except E:\n        return x\n", "E is not defined"),
    ("def f(x):\n    global y\n    y = x\n", "assigns to a global"),
    ("def f(x):\n    x.sort()\n    return x\n", "has the statement `x.sort()`, whose value is not used"),
    ("def f(x):\n    x[0] = 1\n    return x\n", "assigns to something other than a name"),
    ("def f(x):\n    if x:\n        y = 1\n    return y\n", "y may be unbound"),
    ("def f(x):\n    return f(x - 1) if x else 0\n", "f() calls itself"),
    ("async def f(x):\n    return x\n", "is a coroutine"),
    (
        "def g(x):\n    print(x)\n    return x\n\nf = lambda x: g(x)\n",
        "calls g(), which has the statement `print(x)`, whose value is not used",
    ),
    ("def g(a):\n    return a\n\nf = lambda x: g(x, 1)\n", "calls g() with 2 arguments"),
    ("def g(a):\n    return h(a)\n\ndef h(a):\n    return g(a)\n\nf = lambda x: g(x)\n", "g() calls itself"),
]


@pytest.mark.parametrize(("source", "expected"), SOURCES, ids=lambda s: str(s)[:60])
@pytest.mark.filterwarnings("ignore")
def test_reason(source, expected):
    assert reason(make(source, json=json)) == expected


CAPTURES = [
    ([object()], "captures c, a list"),
    (list(range(2000)), "captures c, a list"),
    ({1: 2}, "captures c, a dict"),
    ({1}, "captures c, a set"),
    (object(), "captures c, an object"),
    (2**63, "c is an int past 64 bits"),
    ("\ud800", "c has a lone surrogate"),
    ((1, [2]), "captures c, a tuple"),
    (frozenset({1}), "c is a frozenset"),
    (type("I", (int,), {})(1), "captures c, an I"),
    (len, "uses c, a builtin_function_or_method, as a value"),
    (re.compile("a"), "c is a Pattern"),
    (re, "uses c, a module, as a value"),
]


@pytest.mark.parametrize(("captured", "expected"), CAPTURES, ids=lambda s: str(s)[:30].split(" object at ")[0])
def test_captures_that_are_no_constants(captured, expected):
    assert reason(make("lambda x: (x, c)", c=captured)) == expected


def test_a_name_counts_only_if_it_is_that_object():
    assert reason(make("lambda x: len(x)", len=lambda x, y: 1)) == "calls <lambda>() with 1 arguments"
    assert reason(make("lambda x: re.split(',', x)", re=object())) == "captures re, an object"


def test_deep_and_large_trees():
    assert reason(make("lambda x: " + "-(" * 80 + "x" + ")" * 80)) == "is nested too deeply"
    branches = "".join(f"    if x > {i}:\n        y = y + {i}\n" for i in range(12))
    assert reason(make(f"def f(x):\n    y = 0\n{branches}    return y\n")) == "has too many branches"
