"""Sources and the trees they become."""

import json
import re

import pytest
from lambda_reference import make, tree

P, Q = {"param": 0}, {"param": 1}
L0, L1 = {"local": 0}, {"local": 1}


def N(n):
    return {"int": n}


def S(text):
    return {"str": text}


def call(name, *args):
    return {"call": {"function": name, "args": list(args)}}


def method(name, of, *args):
    return {"method": {"name": name, "of": of, "args": list(args)}}


def binary(op, left, right):
    return {"binary": {"op": op, "left": left, "right": right}}


def item(of, index):
    return {"item": {"of": of, "index": index}}


def compare(first, *rest):
    return {"compare": {"first": first, "rest": [list(r) for r in rest]}}


def let(slot, value, body):
    return {"let": {"slot": slot, "value": value, "body": body}}


def choose(test, then, orelse):
    return {"if": {"test": test, "then": then, "orelse": orelse}}


def unary(op, of):
    return {"unary": {"op": op, "of": of}}


def regex(function, source, matcher, *args, groups=0, replacement=()):
    pattern = {"source": source, "groups": groups, "matcher": matcher}
    return {"regex": {"function": function, "pattern": pattern, "replacement": list(replacement), "args": list(args)}}


def lookup(table, how, key, default=None):
    return {"lookup": {"table": table, "how": how, "key": key, "default": default}}


def run(*ranges, categories="", negated=False):
    return {"negated": negated, "ranges": [list(r) for r in ranges], "categories": list(categories)}


def value(of, conversion=None, spec=""):
    return {"value": {"value": of, "conversion": conversion, "spec": spec}}


COURSE = [
    (
        r'lambda line: re.split("\W+", line)',
        regex("split", r"\W+", {"class_run": run(categories="W")}, P),
    ),
    ("lambda word: len(word)>0", compare(call("len", P), ["gt", N(0)])),
    ("lambda w: w.lower()", method("lower", P)),
    ("lambda w: (w,1)", {"tuple": [P, N(1)]}),
    ("lambda v1, v2: v1 + v2", binary("add", P, Q)),
    ("lambda x: x[1]", item(P, N(1))),
    ("lambda r: (r[1],r[0])", {"tuple": [item(P, N(1)), item(P, N(0))]}),
]
EXPRESSIONS = [
    ("lambda x: x", P),
    ("lambda x: None", "none"),
    ("lambda x: True", {"bool": True}),
    ("lambda x: -1", N(-1)),
    ("lambda x: -9223372036854775808", N(-(2**63))),
    ("lambda x: 1.5", {"float": 0x3FF8000000000000}),
    ("lambda x: -0.0", {"float": 1 << 63}),
    ("lambda x: x * -0.0", binary("mul", P, {"float": 1 << 63})),
    ("lambda x: b'ab'", {"bytes": [97, 98]}),
    ("lambda x: (1, (2, 'a'))", {"tuple": [N(1), {"tuple": [N(2), S("a")]}]}),
    ("lambda x: [x, 1]", {"list": [P, N(1)]}),
    ("lambda x: x[1:]", {"slice": {"of": P, "start": N(1), "stop": None, "step": None}}),
    ("lambda x: x[::-1]", {"slice": {"of": P, "start": None, "stop": None, "step": N(-1)}}),
    ("lambda x: not x", unary("not", P)),
    ("lambda x: ~-x", unary("invert", unary("neg", P))),
    ("lambda a, b: a // b % 2", binary("mod", binary("floor_div", P, Q), N(2))),
    ("lambda a, b: a << 1 | b", binary("or", binary("l_shift", P, N(1)), Q)),
    ("lambda x: 0 < x <= 9", compare(N(0), ["lt", P], ["le", N(9)])),
    ("lambda x: x in ('a', 'b')", compare(P, ["in", {"tuple": [S("a"), S("b")]}])),
    ("lambda x: x in {'b', 'a'}", lookup(0, "in", P)),
    ("lambda x: x not in {1}", unary("not", lookup(0, "in", P))),
    ("lambda x: x is not None", compare(P, ["is_not", "none"])),
    ("lambda x: x and x[0] or 1", {"or": [{"and": [P, item(P, N(0))]}, N(1)]}),
    ("lambda x: 'a' if x else 'b'", choose(P, S("a"), S("b"))),
    ("lambda x: f'{x!r:>5} of {x}'", {"format": [value(P, "r", ">5"), {"text": " of "}, value(P)]}),
    ("lambda x: '%s: %05d' % (x, x)", {"format": [value(P, "s"), {"text": ": "}, value(P, None, "05d")]}),
    (
        "lambda x: '%-4s|%5s|100%%' % (x, x)",
        {"format": [value(P, "s", "<4"), {"text": "|"}, value(P, "s", ">5"), {"text": "|100%"}]},
    ),
    ("lambda x: '%.2f' % x", {"format": [value(P, None, ".2f")]}),
    ("lambda x: '{}-{:3}'.format(x, 1)", {"format": [value(P), {"text": "-"}, value(N(1), None, "3")]}),
    ("lambda x: '{a}{0}'.format(x, a=2)", {"format": [value(N(2)), value(P)]}),
    ("lambda x: x.split(',', 1)[0]", item(method("split", P, S(","), N(1)), N(0))),
    ("lambda x: x.split(maxsplit=1)", method("split", P, "none", N(1))),
    ("lambda x: ' '.join(x)", method("join", S(" "), P)),
    ("lambda x: int(x, base=16)", call("int", P, N(16))),
    ("lambda x: round(x, ndigits=1)", call("round", P, N(1))),
    ("lambda x: sorted(x, reverse=True)", call("sorted", P, {"bool": True})),
    ("lambda x: isinstance(x, str)", call("isinstance", P, S("str"))),
    ("lambda x: isinstance(x, (int, float))", call("isinstance", P, {"tuple": [S("int"), S("float")]})),
    ("lambda x: math.sqrt(x) + math.pi", binary("add", call("math.sqrt", P), {"float": 0x400921FB54442D18})),
    ("lambda x: bool(x)", call("bool", P)),
    ("lambda x: str.upper(x)", call("str.upper", P)),
    (
        "lambda x: [w.lower() for w in x.split() if w]",
        {"comprehension": {"slot": 0, "source": method("split", P), "conditions": [L0], "item": method("lower", L0)}},
    ),
    (
        "lambda x: sum(len(w) for w in x)",
        call("sum", {"comprehension": {"slot": 0, "source": P, "conditions": [], "item": call("len", L0)}}),
    ),
    (
        "lambda x: [k for k, v in x]",
        {
            "comprehension": {
                "slot": 0,
                "source": P,
                "conditions": [
                    compare(
                        {"tuple": [item(call("unpack", L0, N(2)), N(0)), item(call("unpack", L0, N(2)), N(1))]},
                        ["is_not", "none"],
                    )
                ],
                "item": item(call("unpack", L0, N(2)), N(0)),
            }
        },
    ),
    (
        "lambda x: list(map(int, x.split()))",
        call(
            "list",
            {"comprehension": {"slot": 0, "source": method("split", P), "conditions": [], "item": call("int", L0)}},
        ),
    ),
    (
        "lambda x: sum(map(lambda w: len(w), filter(None, x)))",
        call(
            "sum",
            {
                "comprehension": {
                    "slot": 1,
                    "source": {"comprehension": {"slot": 0, "source": P, "conditions": [L0], "item": L0}},
                    "conditions": [],
                    "item": call("len", L1),
                }
            },
        ),
    ),
    ("lambda x: (lambda a, b: a + b)(x, 1)", binary("add", P, N(1))),
    ("lambda x, p=',': re.split(p, x)", regex("split", ",", {"class_one": run((44, 44))}, P)),
]
REGEXES = [
    (r"lambda x: re.split(',', x, maxsplit=2)", regex("split", ",", {"class_one": run((44, 44))}, P, N(2))),
    (
        r"lambda x: re.split('[,;\\s]+', x)",
        regex("split", r"[,;\s]+", {"class_run": run((44, 44), (59, 59), categories="s")}, P),
    ),
    (r"lambda x: re.findall('[^a-z]', x)", regex("findall", "[^a-z]", {"class_one": run((97, 122), negated=True)}, P)),
    (r"lambda x: re.sub('ab', '-', x)", regex("sub", "ab", {"regex": "ab"}, P, replacement=[{"text": "-"}])),
    (
        r"lambda x: re.sub('a', '\\n', x, count=1)",
        regex("sub", "a", {"class_one": run((97, 97))}, P, N(1), replacement=[{"text": "\n"}]),
    ),
    (
        r"lambda x: re.sub('(a)(?P<n>b)?', r'\\1\g<n>\g<0>\101\1', x)",
        regex(
            "sub",
            "(a)(?P<n>b)?",
            {"regex": "(a)(?:(b)){0,1}"},
            P,
            groups=2,
            replacement=[{"text": "\\1"}, {"group": 2}, {"group": 0}, {"text": "A"}, {"group": 1}],
        ),
    ),
    (r"lambda x: re.search('^a.*z$', x)", regex("search", "^a.*z$", {"regex": r"\Aa(?:[^\x{a}]){0,}z(?:\n?\z)"}, P)),
    (
        r"lambda x: re.match('(\\d+)-(?P<n>\\w)', x).group('n')",
        method(
            "group",
            regex("match", r"(\d+)-(?P<n>\w)", {"regex": r"((?:[{{d}}]){1,})\x{2d}([{{w}}])"}, P, groups=2),
            N(2),
        ),
    ),
    (
        r"lambda x: re.search('a', x) is not None",
        compare(regex("search", "a", {"class_one": run((97, 97))}, P), ["is_not", "none"]),
    ),
]
DEFS = [
    ("def f(x):\n    'doc'\n    y = x + 1\n    return y * y\n", let(0, binary("add", P, N(1)), binary("mul", L0, L0))),
    ("def f(x):\n    if x:\n        return 1\n    return 2\n", choose(P, N(1), N(2))),
    (
        "def f(x):\n    if x > 1:\n        y = 1\n    else:\n        y = 2\n    return y\n",
        choose(compare(P, ["gt", N(1)]), N(1), N(2)),
    ),
    ("def f(x):\n    if x:\n        return 1\n", choose(P, N(1), "none")),
    ("def f(x):\n    pass\n", "none"),
    (
        "def f(x):\n    n: int = len(x)\n    n += 1\n    return n\n",
        let(0, call("len", P), let(1, binary("add", L0, N(1)), L1)),
    ),
    (
        "def f(x):\n    a, b = x\n    return a\n",
        let(0, item(call("unpack", P, N(2)), N(0)), let(1, item(call("unpack", P, N(2)), N(1)), L0)),
    ),
    ("def g(a, b=10):\n    return a + b\n\nf = lambda x: g(x) * 2\n", binary("mul", binary("add", P, N(10)), N(2))),
    (
        "def g(a, b=10, *, c=1):\n    return a + b * c\n\nf = lambda x: g(c=2, a=x[0])\n",
        let(0, item(P, N(0)), binary("add", L0, binary("mul", N(10), N(2)))),
    ),
    ("def f(x, *, scale=3):\n    return x * scale\n", binary("mul", P, N(3))),
]


@pytest.mark.parametrize(("source", "expected"), COURSE + EXPRESSIONS + REGEXES + DEFS, ids=lambda s: str(s)[:60])
@pytest.mark.filterwarnings("ignore")
def test_tree(source, expected):
    assert tree(make(source)) == expected


def test_a_match_bound_to_a_name_is_tested_by_a_local():
    function = make("def f(x):\n    m = re.match('a(b)', x)\n    if m:\n        return m.group(1)\n    return ''\n")
    made = regex("match", "a(b)", {"regex": "a(b)"}, P, groups=1)
    assert tree(function) == let(0, compare(made, ["is_not", "none"]), choose(L0, method("group", made, N(1)), S("")))


def test_captured_constants_are_folded():
    assert tree(make("lambda x: x + K", K=(1, "a"))) == binary("add", P, {"tuple": [N(1), S("a")]})


def test_captured_sets_and_lists_are_constants_where_they_can_be():
    member = lookup(0, "in", P)
    assert tree(make("lambda x: x in c", c={"b", "a"})) == member
    assert tree(make("lambda x: x in c", c=frozenset({"b", "a"}))) == member
    assert tree(make("lambda x: x in c", c=["b", "a"])) == compare(P, ["in", {"list": [S("b"), S("a")]}])
    assert tree(make("lambda x: c[x]", c=[1, (2, "a")])) == item({"list": [N(1), {"tuple": [N(2), S("a")]}]}, P)


def test_a_compiled_pattern_is_captured():
    function = make("lambda x: p.findall(x)", p=re.compile("[ab]+"))
    assert tree(function) == regex("findall", "[ab]+", {"class_run": run((97, 98))}, P)


def test_json_loads():
    assert tree(make("lambda x: json.loads(x)['a']", json=json)) == item(call("json.loads", P), S("a"))
