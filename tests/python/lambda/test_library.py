"""Functions of the standard library and methods of str: compiled gives what CPython gives, on texts of every plane."""

from __future__ import annotations

import collections
import csv
import json

import pytest
from lambda_reference import agrees, make, with_body
from library_rows import LETTERS, NAMES, agree
from pyrite._lambda import freeze

# The signature by letters of `Texts`, an expression of a, b, c, and the least share of rows that run natively.
EXPRESSIONS: list[tuple[str, str, float]] = [
    *(("t", f"a.{name}()", 1.0) for name in ("lower", "upper", "swapcase", "capitalize", "title", "casefold")),
    *(
        ("t", f"a.{name}()", 1.0)
        for name in (
            *("isalpha", "isalnum", "isdigit", "isdecimal", "isnumeric", "isspace", "isascii"),
            *("isupper", "islower", "istitle", "isidentifier", "isprintable"),
        )
    ),
    ("t", "a.casefold() == a.lower()", 1.0),
    ("T", "' '.join([w.capitalize() for w in a])", 1.0),
    ("T", "any(c.isdecimal() or c.isnumeric() for c in a)", 1.0),
    *(("t", source, 1.0) for source in ("repr(a)", "f'{a!r}'", "str((a, [a]))", "f'{a!r:>30}'")),
    ("v", "json.dumps(a)", 0.9),
    ("v", "json.dumps([a, [a], (a, None)], ensure_ascii=False)", 0.9),
    ("ti", "json.dumps({'id': b, 'né\"': a, 'n': [a, {'x': b}, {}], 'c': 1.5, 'd': None})", 0.6),
    ("ti", "json.dumps({'id': b, 'a': a, 'B': True}, sort_keys=True, separators=(',', ':'))", 0.6),
    ("x", "json.dumps({'x': a})", 1.0),
    ("T", "json.dumps(a)", 1.0),
    ("T", "json.dumps({w: len(w) for w in a})", 1.0),
    ("T", "json.dumps({w: len(w) for w in a}, sort_keys=True, ensure_ascii=False)", 1.0),
    ("i", "json.dumps({a: 1, 5: 2})", 0.6),
    ("t", "json.dumps(dict(name=a, size=len(a)), default=str)", 1.0),
    ("t", "os.path.basename(a)", 1.0), ("t", "os.path.dirname(a)", 1.0), ("t", "os.path.split(a)", 1.0), ("t", "os.path.splitext(a)", 1.0),
    ("tt", "os.path.join(a, b)", 1.0), ("tt", "posixpath.join('/x', a, '', b)", 1.0), ("t", "os.path.splitext(os.path.basename(a))[0]", 1.0),
    ("t", "html.escape(a)", 1.0), ("t", "html.escape(a, quote=False)", 1.0), ("t", "html.unescape(a)", 0.6),
    ("t", "urlparse(a).netloc", 0.5), ("t", "urlsplit(a).path", 0.5), ("t", "urlparse(a)[4] + urlparse(a).fragment", 0.5), ("t", "urlsplit(a).scheme", 0.5),
    ("t", "urlsplit(a).hostname", 0.5), ("t", "urlsplit(a).port", 0.5), ("t", "(urlsplit(a).username, urlsplit(a).password)", 0.5),
    *(("t", f"urlsplit(a)[{i}]", 0.5) for i in (3, 4, -1, -2, -5)), ("t", "urlsplit(a)[2:4]", 0.5), ("t", "urlparse(a)[3:]", 0.5), ("t", "urlparse(a).params", 0.5),
    ("t", "urlsplit(a)[5]", 0.0),
    ("t", "urlsplit('http://h/' + a).query", 0.5), ("t", "urllib.parse.urlsplit(a).query", 0.5),
 ("t", "parse_qs(a).get('b', [''])[0]", 0.6), ("t", "parse_qsl(a, keep_blank_values=True)", 0.6), ("t", "list(parse_qs(a).items())", 0.6),
    ("t", "unquote(a)", 0.8), ("t", "unquote_plus(a)", 0.8), ("t", "quote(a)", 1.0), ("t", "quote(a, safe='')", 1.0), ("t", "quote_plus(a)", 1.0), ("t", "quote(a, safe='/:?=&')", 1.0),
    ("t", "unquote(quote(a))", 1.0), ("t", "unquote_plus(quote_plus(a)) == a", 1.0),
    ("t", "hashlib.md5(a.encode()).hexdigest()", 1.0), ("t", "hashlib.sha1(a.encode('utf-8')).hexdigest()", 1.0), ("t", "hashlib.sha256(a.encode()).hexdigest()", 1.0),
    ("t", "hashlib.sha512(a.encode()).digest()", 1.0), ("t", "int(hashlib.md5(a.encode()).hexdigest(), 16) % 1000", 1.0), ("t", "int(hashlib.sha256(a.encode()).hexdigest()[:8], 16)", 1.0),
    ("t", "base64.b64encode(a.encode())", 1.0), ("t", "base64.b64encode(a.encode()).decode()", 1.0), ("t", "base64.b64decode(base64.b64encode(a.encode())).decode()", 1.0), ("t", "base64.b64decode(a)", 0.0),
    *(("t", f"unicodedata.normalize('{form}', a)", 0.5) for form in ("NFC", "NFD", "NFKC", "NFKD")),
    ("t", "[unicodedata.category(c) for c in a]", 1.0), ("t", "[unicodedata.combining(c) for c in a]", 1.0),
    ("t", "''.join(c for c in unicodedata.normalize('NFD', a) if unicodedata.category(c) != 'Mn')", 0.5),
    ("t", "next(csv.reader([a]))", 0.6), ("t", "list(csv.reader([a]))", 0.8), ("t", "list(csv.reader([a]))[0]", 0.6), ("t", "next(csv.reader(io.StringIO(a)))", 0.6),
    ("t", "[len(r) for r in csv.reader(io.StringIO(a))]", 0.8), ("T", "list(csv.reader(list(a)))", 0.6), ("t", "next(csv.reader([a], delimiter=';', quotechar=\"'\"), [])", 0.8),
    ("t", "list(csv.reader([a], delimiter='\\t', skipinitialspace=True))", 0.8), ("t", "next(csv.reader(a.split('\\n')))", 0.8),
    ("t", "[(m.group(), m.start(), m.end()) for m in re.finditer(r'\\w+', a)]", 1.0), ("t", "[(m['k'], m.span(2), m.groups()) for m in re.finditer(r'(?P<k>\\w)(=)?', a)]", 1.0),
    ("t", "sum(m.end() - m.start() for m in re.finditer(r'[^\\W\\d]+', a))", 1.0), ("t", "re.sub(r'\\w', lambda m: m.group().upper() + '.', a)", 1.0),
    ("t", "re.sub(r'(.)(b)?', lambda m: (m.group(2) or '-') + m[1], a, count=2)", 1.0), ("t", "re.sub('', lambda m: '|', a)", 1.0), ("t", "re.sub('x|$', r'<\\g<0>>', a)", 1.0),
    ("t", "re.search(r'\\b', a).start()", 0.8), ("t", "m.span() if (m := re.search(r'(?<=a).', a, re.S)) else None", 1.0), ("t", "re.split(r',(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)', a)", 1.0),
    ("t", "re.findall(r'(?!a)\\w', a)", 1.0), ("t", "re.findall(r'(\\w)\\1', a)", 1.0), ("t", "re.sub(r'(?<!^)(?=[A-Z])', '_', a)", 1.0), ("t", "re.split(r'\\b', a)", 1.0), ("t", "re.split(r'\\s+', a, maxsplit=1)", 1.0),
]  # fmt: skip


#: The same of the bodies of functions.
BODIES: list[tuple[str, str, float]] = [
    ("t", "return m.group(0) if (m := re.search(r'[a-z]{2}', a)) else ''", 1.0),
    ("T", "return [w for w in a if (n := len(w)) > 2 and n < 7]", 1.0),
    ("t", "return (n := len(a)) + n", 1.0),
    ("i", "return a and (y := a + 1) and y * 2", 0.6),
    ("t", "return a and (y := a[:2]) and y + a", 0.9),
    ("t", "return [y := len(a), y ** 2, (z := y + 1) + z]", 1.0),
    ("t", "if len(a) > 3 and (m := re.match('(a+)b?', a)):\n    return m.group(1)\nelif (n := len(a)) > 2:\n    return str(n)\nreturn a", 1.0),
    ("t", "if a.startswith('a') or (n := len(a)) > 3:\n    return 1\nreturn n", 1.0),
    ("t", "while (m := a.find('a')) >= 0:\n    a = a[m + 1:]\nreturn a", 1.0),
    ("t", "n = len(a)\nwhile (n := n // 2) > 1:\n    n = n - 1\nreturn n", 1.0),
    ("i", "x = 5\nif a > 3 and (x := a % 7) > 2:\n    return x\nreturn -x", 0.6),
    ("t", "return 'x' if a and (n := len(a)) > 2 else 'y'", 1.0),
    ("T", "return [*a, 'x', *a[:1]]", 1.0),
    ("ti", "return (b, *(a, 2, a[:1]), a)", 0.6),
    ("t", "x = len(a)\ndel x\nreturn a", 1.0),
    (
        "t",
        "match a.split(','):\n    case [x, 'x', *rest]:\n        return x + rest[0]\n    case [x, y, _] | [x, y]:\n        return x + y\n"
        "    case []:\n        return ''\n    case [x] if len(x) > 3:\n        return 'long ' + x\n    case ['a' | 'b']:\n        return 'ab'\n"
        "    case other:\n        return str(len(other))",
        1.0,
    ),
    (
        "v",
        "match a:\n    case None:\n        return 'none'\n    case True:\n        return 'true'\n    case 0 | 1:\n        return 'bit'\n"
        "    case int(n) if n < 0:\n        return 'neg'\n    case str():\n        return 'text'\n    case float(x):\n        return str(x)\n"
        "    case _:\n        return 'other'",
        0.8,
    ),
    ("ti", "match (a, b):\n    case ('', n):\n        return n\n    case (t, 1 | 2 as n):\n        return len(t) + n\n    case (t, _):\n        return -len(t)", 0.6),
    ("t", "kind = 'z'\nmatch len(a):\n    case 0:\n        kind = 'empty'\n    case n if n > 4:\n        kind = f'{n}'\nreturn kind + a", 1.0),
    ("T", "n = 0\nfor w in a:\n    match w.split('='):\n        case [k, v]:\n            n += len(k)\n        case [k]:\n            n -= len(k)\nreturn n", 1.0),
    ("v", "match json.loads(json.dumps({'a': a})):\n    case {'a': int(n)}:\n        return n\n    case {'a': str(s)}:\n        return len(s)\nreturn 0", 0.5),
]  # fmt: skip


BODIES += [
    ("t", "try:\n    return ('ok', int(a))\nexcept ValueError as e:\n    return (str(e), 0)", 0.3),
    ("t", "try:\n    return ('', float(a))\nexcept ValueError as e:\n    return (f'bad {e}', 0.0)", 0.3),
    ("tv", "try:\n    return (a[b], 0)\nexcept IndexError as e:\n    return ('%s!' % e, 1)", 0.05),
    ("ii", "try:\n    return (str(a // b), a % b)\nexcept ZeroDivisionError as e:\n    return (str(e), 0)", 0.4),
    ("ii", "try:\n    return ('', a / b)\nexcept ZeroDivisionError as e:\n    return (str(e), 0.0)", 0.4),
    ("xi", "try:\n    return ('', a % b)\nexcept (ZeroDivisionError, OverflowError) as e:\n    return (type(e).__name__ + str(e), 0.0)", 0.4),
    ("T", "try:\n    return str(100 // int(a[1]))\nexcept (ValueError, IndexError, ZeroDivisionError) as e:\n    return f'{type(e).__name__}: {e}'", 0.6),
    ("T", "n = ''\nfor w in a:\n    try:\n        n += str(int(w))\n    except ValueError as e:\n        n += str(e)\nreturn n", 0.0),
    ("t", "try:\n    return str({'a': 1, 'b': 2}[a])\nexcept KeyError as e:\n    return 'no ' + str(e)", 0.0),
    ("t", "ok = False\ntry:\n    n = int(a)\n    ok = True\nexcept ValueError:\n    n = 0\nfinally:\n    m = len(a)\nreturn (n, ok, m)", 0.6),
    ("t", "try:\n    return int(a)\nexcept ValueError:\n    return -1\nfinally:\n    pass", 0.6),
]  # fmt: skip


@pytest.mark.parametrize(("signature", "body", "least"), BODIES)
def test_bodies_agree(signature: str, body: str, least: float) -> None:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    native, together = agree(f"def f({', '.join('abc'[: len(signature)])}):\n{lines}", signature, 11)
    assert native >= 300 * least * 0.95
    assert together or not least


@pytest.mark.parametrize(("signature", "source", "least"), EXPRESSIONS)
def test_agrees(signature: str, source: str, least: float) -> None:
    native, together = agree(f"lambda {', '.join('abc'[: len(signature)])}: {source}", signature, 7)
    assert native >= 300 * least * 0.95
    assert together or not least


def test_letters_agree_in_every_order() -> None:
    """Cases of texts of two and three letters that change one another."""
    rows = [(one + two, one + other + two) for one in LETTERS for two in LETTERS for other in "Σ'a"]
    from lambda_reference import make
    from pyrite import _engine
    from pyrite._lambda import freeze

    for name in ("lower", "swapcase", "capitalize", "title", "istitle", "isupper", "islower"):
        function = make(f"lambda a, b: (a.{name}(), b.{name}())")
        found, why = _engine.evaluate(freeze(function).expression, "map", rows)
        assert why is None
        assert found == [function(*row) for row in rows]


@pytest.mark.parametrize(
    "written", ["f'{e:>60}'", "'{:.10}'.format(e)", "format(e, '>60')", "f'{e!s:>60}'", "'%60s' % e", "f'{e:}'"]
)
def test_an_exception_has_no_format_of_its_own(written: str) -> None:
    function = with_body(f"try:\n    return str(int(x))\nexcept ValueError as e:\n    return {written}")
    assert len(agrees(function, [("x",), ("12",), ("q'",)])) in (0, 3)


def test_the_parts_of_a_url_are_its_own() -> None:
    assert freeze(make("lambda u: urlsplit(u).params", **NAMES)).expression is None


def test_a_field_of_csv_may_be_so_long() -> None:
    function = make("lambda t: [len(f) for r in csv.reader(io.StringIO(t)) for f in r]", **NAMES)
    long = '"' + ("a" * 999 + "\n") * 200
    rows = [(long,), (long + '"',), ("b" * 131_072 + ",c",), ("b" * 131_073,), ("é" * 131_072,), ("b,c\n" * 50_000,)]
    assert agrees(function, rows) == [rows[2], rows[5]]
    before = csv.field_size_limit(5)
    try:
        assert agrees(function, [("abcdefgh,1\n",)]) == []
    finally:
        csv.field_size_limit(before)
    assert agrees(function, [("abcdefgh,1\n",)])


NAMES_OF_HTML = [
    "eacute",
    "amp",
    "AMP",
    "not",
    "notit",
    "notin;",
    "copy",
    "nbsp",
    "mdash;",
    "hellip;",
    "NotEqualTilde;",
    "unknown",
    "a",
    "lt",
    "ltx",
    "gt;",
    "é",
    "ampé",
    "CounterClockwiseContourIntegral;",
    "x" * 40,
]


@pytest.mark.parametrize("behind", ["", ";", "; x", "é", "&", "1;", "#", ";;"])
def test_names_of_html(behind: str) -> None:
    function = make("lambda s: html.unescape(s)", **NAMES)
    rows = [(f"é &{name}{behind}",) for name in NAMES_OF_HTML]
    assert len(agrees(function, rows)) == len(rows)


Pair = collections.namedtuple("Pair", "x y")


@pytest.mark.parametrize(
    "options", ["", ", sort_keys=True", ", ensure_ascii=False", ", separators=(',', ':'), sort_keys=True"]
)
@pytest.mark.parametrize("of", ["r", "[r, 1]", "{'z': r, 'a': [r]}", "{**r, 'n': 2}"])
def test_json_of_records(of: str, options: str) -> None:
    rows = [{"é": 1, "b": "x", "a": None}, {"a": 1.5}, {"b": [1, 2], "c": {"z": 1, "y": "é\n"}}, {'"': True, "": -0.0}]
    function = make(f"lambda r: json.dumps({of}{options})", json=json)
    assert len(agrees(function, [(row,) for row in rows])) == len(rows)
    if "**" not in of:
        assert agrees(function, [(Pair(1, "é"),)])
