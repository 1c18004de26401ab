"""Programs over rows that they weren't written for: both paths give the same, or raise the same with the same text."""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable
from typing import Any

TEXTS = [
    "a=1 b=2",
    "a=1",
    "",
    "a",
    "k=v=w",
    "한국=né",
    "id,name,age",
    "1,2",
    "1,2,3",
    "x,,y",
    "a*b.c+d?",
    "ERROR x",
    "INFO",
    "a" * 40,
]
ODD = [None, 3, 2.5, True, b"a=1", ("a", 1), ["x"], {"a": 1}, "\ud800", 10**30, math.nan]
NUMBERS = [
    (1, 2.5, 3),
    (0, -0.0, 0),
    (True, 1e16, 1),
    (2**62, 0.5, 2**62),
    (2**53 + 1, 0.1, -1),
    (-5, math.inf, 1),
    (1, 2, 3),
]
ODD_NUMBERS = [(1, "a", 2), (None, 1, 1), (10**30, 1.5, 1), (1,), 5, "abc", (1, math.nan, 2**63)]
DOCUMENTS = [
    '{"user": "a", "n": 1}', '{"user": "b"}', "{", "", "not json", "[1, 2]", "3", '"user"', "null", '{"user": null, "n": 2.5}', ' {"n": 1e400} ',
    '{"user": "x", "n": NaN}', '{"a": 01}', "[1,]", '{"user": "\\ud800", "n": 1}', '{"user": "\\u00e9", "n": 3}', "\ufeff{}", "[" * 120 + "]" * 120,
    "1" * 700, '{"user": "t\tb"}', '{"user" "a"}', '{"n": 1} x', '{"user": "b", "user": "c", "n": 123456789012345678901234567890}',
]  # fmt: skip
GROUPS = [("a", 1), ("a", 0), ("b", 5), ("c", 0.0), ("d", "0"), ("e", None), ("b", -0.0), ("f", True), ("f", False)]

# What comes before the program, the rows that it is for and those that it isn't, and what is done with `rdd`.
PROGRAMS: dict[str, tuple[str, list[Any], list[Any], str]] = {
    "a named dict of a match": (
        "import re\nP = re.compile(r'(?P<key>\\w+)=(?P<of>\\w+)( (?P<rest>.+))?')\ndef f(x):\n    m = P.match(x)\n    return m.groupdict() if m else None\n",
        TEXTS, ODD, "rdd.map(f)",
    ),
    "a named dict of a match, asked": (
        "import re\nP = re.compile(r'(?P<key>\\w+)=(?P<of>\\w+)( (?P<rest>.+))?')\ndef f(x):\n    m = P.match(x)\n    return m.groupdict() if m else None\n",
        TEXTS, ODD, "rdd.map(f).filter(lambda d: d is not None).map(lambda d: (d['key'], d['rest'], len(d)))",
    ),
    "a dict of a header": ("names = ['id', 'name', 'age']\n", TEXTS, ODD, "rdd.map(lambda x: dict(zip(names, x.split(','))))"),
    "a dict of a header, asked": (
        "names = ('id', 'name', 'age')\n", TEXTS, ODD, "rdd.map(lambda x: dict(zip(names, x.split(',')))).map(lambda d: (d['id'], d.get('age')))",
    ),
    "a dict of a row": ("names = ('p', 'n', 'x')\n", NUMBERS, ODD_NUMBERS, "rdd.map(lambda x: dict(zip(names, x)))"),
    "a dict of a name that comes twice": ("names = ('p', 'p', 'x')\n", NUMBERS, ODD_NUMBERS, "rdd.map(lambda x: dict(zip(names, x)))"),
    "a dict of a display": ("", TEXTS, ODD, "rdd.map(lambda x: dict(zip(['a', 'b'], x))['b'])"),
    "a dict of a header in a try": (
        "names = ('id', 'name')\ndef f(x):\n    try:\n        return dict(zip(names, x.split(',')))['name']\n    except KeyError as e:\n        return str(e)\n",
        TEXTS, ODD, "rdd.map(f)",
    ),
    "fields into a dict": ("", TEXTS[:2] * 8, TEXTS + ODD, "rdd.map(lambda x: dict(p.split('=') for p in x.split(' '))).map(lambda d: (d['a'], len(d)))"),
    "fields into a dict by a comprehension": (
        "", TEXTS[:2] * 8, TEXTS + ODD, "rdd.map(lambda x: {p.split('=')[0]: p.split('=')[1] for p in x.split(' ')}).map(lambda d: d.get('b', '-'))",
    ),
    "fields into a dict by a loop": (
        "def f(x):\n    d = {}\n    for part in x.split(' '):\n        k, v = part.split('=')\n        d[k] = v\n    return d\n",
        TEXTS[:2] * 8, TEXTS + ODD, "rdd.map(f).map(lambda d: d['a'])",
    ),
    "a set, then its length": ("", TEXTS, ODD, "rdd.map(lambda x: set(x)).map(len)"),
    "a set of a display, then its length": ("", NUMBERS, ODD_NUMBERS, "rdd.map(lambda x: {x[0], str(x[1]), x[2]}).map(lambda s: len(s))"),
    "a set less a captured one": ("stop = {'a', 'b=2', 1, None}\n", TEXTS, ODD, "rdd.map(lambda x: sorted(set(x.split(' ')) - stop))"),
    "a set less a captured frozenset": ("stop = frozenset([1, 3])\n", NUMBERS, ODD_NUMBERS, "rdd.map(lambda x: len(set(x) - stop))"),
    "escaped": ("import re\n", TEXTS, ODD, "rdd.map(lambda x: re.escape(x))"),
    "escaped in a try": (
        "import re\ndef f(x):\n    try:\n        return re.escape(x)\n    except (TypeError, AttributeError) as e:\n        return type(e).__name__\n",
        TEXTS, ODD, "rdd.map(f)",
    ),
    "members by name": (
        "from enum import Enum, IntEnum\nclass Level(Enum):\n    LOW = 1\n    MID = 2.5\n    HIGH = 'h'\n    TOP = 1\n",
        NUMBERS, ODD_NUMBERS, "rdd.map(lambda x: ((Level.HIGH if x[0] > 1 else Level.LOW if x[0] else Level.TOP).name, Level.MID.value))",
    ),
    "members of an odd enum": (
        "from enum import Enum\nclass Level(Enum):\n    LOW = 1\n    HIGH = 2\n    @property\n    def value(self):\n        return 'own'\n",
        NUMBERS, ODD_NUMBERS, "rdd.map(lambda x: (Level.HIGH if x[0] > 1 else Level.LOW).value)",
    ),
    "a sum of ints and floats": ("", NUMBERS, ODD_NUMBERS, "rdd.map(lambda x: sum(x))"),
    "a sum of arguments": ("def f(*values):\n    return sum(values)\n", NUMBERS, ODD_NUMBERS, "rdd.map(lambda x: f(x[2], x[1], 1, True, x[0]))"),
    "slices of bytes": ("", TEXTS, ODD, "rdd.map(lambda x: (x.encode('utf-8')[:5].decode('utf-8', errors='replace'), x.encode()[-3:], x.encode()[4:2]))"),
    "slices of bytes as they are": ("", [b"abcdef", b"", b"\xff\xfe\x00"] * 5, ODD, "rdd.map(lambda x: (x[1:], x[:-1], x[5:1], x[-2:99]))"),
    "in a group": ("", GROUPS, [5], "rdd.groupByKey().filter(lambda e: 0 not in e[1]).mapValues(list)"),
    "a document or None": (
        "import json\ndef f(x):\n    try:\n        return json.loads(x)\n    except ValueError:\n        return None\n",
        DOCUMENTS, ODD, "rdd.map(f).filter(lambda d: d is not None)",
    ),
    "a document or nothing": (
        "import json\ndef f(x):\n    try:\n        d = json.loads(x)\n        return [(d['user'], d['n'])]\n    except (ValueError, KeyError, TypeError):\n        return []\n",
        DOCUMENTS, ODD, "rdd.flatMap(f)",
    ),
    "a document's own exception": (
        "import json\ndef f(x):\n    try:\n        return json.loads(x)['user']\n    except json.JSONDecodeError:\n        return 'bad'\n    except KeyError as e:\n        return 'no ' + str(e)\n    except TypeError:\n        return 'odd'\n",
        DOCUMENTS, ODD, "rdd.map(f)",
    ),
    "a document's exception told": (
        "import json\ndef f(x):\n    try:\n        return str(json.loads(x)['n'])\n    except Exception as e:\n        return type(e).__name__ + ': ' + str(e)\n",
        DOCUMENTS, ODD, "rdd.map(f)",
    ),
    "a document that nobody catches": ("import json\n", DOCUMENTS[:2] * 5, DOCUMENTS, "rdd.map(lambda x: json.loads(x)['user'])"),
    "a missing key": (
        "import json\ndef f(x):\n    try:\n        return json.loads(x)['n']\n    except KeyError:\n        return 'none'\n",
        [d for d in DOCUMENTS[:2]] * 6, DOCUMENTS, "rdd.map(f)",
    ),
    "a list that grows in a fold": (
        "def add(a, b):\n    a.append(b)\n    return a\ndef both(a, b):\n    a.extend(b)\n    return a\n",
        GROUPS, [("a", [1]), ("a", None), ("a", 1.5)], "rdd.combineByKey(lambda v: [v], add, both)",
    ),
}  # fmt: skip


def test_both_paths(make_sc: Callable[..., Any]) -> None:
    on, off = (_all(make_sc, native) for native in ("auto", "off"))
    different = [(where, given, off[where]) for where, given in on.items() if given != off[where]]
    assert not different, different[:3]


def _all(make_sc: Callable[..., Any], native: str) -> dict[tuple[str, int], str]:
    """What each program makes of its rows, of none, and of them with one odd row among them: what is raised is that row's."""
    sc = make_sc("local[1]", **{"pyrite.native": native, "pyrite.python.workers": "0"})
    made = {}
    for name, (before, rows, odd, program) in PROGRAMS.items():
        for i, given in enumerate([rows, rows[:0], *([*rows[:3], each, *rows[3:]] for each in odd)]):
            made[name, i] = _ran(sc, name, before, given, program)
    sc.stop()
    return made


def _ran(sc: Any, name: str, before: str, rows: list[Any], program: str) -> str:
    source = f"{before}out = {program}\n"
    filename = f"<hostile {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    scope: dict[str, Any] = {"__name__": "__main__", "rdd": sc.parallelize(rows, 1)}
    try:
        exec(compile(source, filename, "exec"), scope)
        return repr([(type(row).__name__, row) for row in scope["out"].collect()])
    except Exception as error:  # noqa: BLE001 - it has to be the same on both paths
        return f"raises {type(error).__name__}: {error}"
