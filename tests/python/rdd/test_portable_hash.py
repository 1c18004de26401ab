"""`portable_hash` gives what a PySpark worker (PYTHONHASHSEED=0) computes, in a process of any hash seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from pyrite import _engine

# Run on both sides: what is hashed.
CASES = """
import collections, dataclasses, datetime, decimal, enum, fractions, random, typing, uuid

class Color(enum.Enum):
    RED = 1
    GREEN = "g"

class Word(str, enum.Enum):
    HELLO = "hello"

class Level(enum.IntEnum):
    LOW = 1

class Perm(enum.Flag):
    R = 4
    W = 2

class Own(enum.Enum):
    A = 1
    def __hash__(self):
        return 77

class Text(str):
    pass

class TextWithHash(str):
    def __hash__(self):
        return 5

class Number(int):
    pass

class Point(typing.NamedTuple):
    x: int
    name: str

class Backwards(tuple):
    def __iter__(self):
        return iter(tuple.__iter__(tuple(reversed(tuple(tuple.__iter__(self))))))

class Day(datetime.date):
    pass

class Nowhere(datetime.tzinfo):
    def utcoffset(self, when):
        return None
    def dst(self, when):
        return None
    def tzname(self, when):
        return "?"

@dataclasses.dataclass(frozen=True)
class Key:
    name: str
    number: int = 0
    ignored: str = dataclasses.field(default="", compare=False)

class SubKey(Key):
    pass

@dataclasses.dataclass(frozen=True)
class WithHash:
    name: str
    def __hash__(self):
        return 3

utc = datetime.timezone.utc
east = datetime.timezone(datetime.timedelta(hours=9))
dt = datetime.datetime
named = collections.namedtuple("named", "a b")
rng = random.Random(4)
alphabet = "abz 019ÿéħ€日\\ud800\\udfff😀\\U0010ffff\\x00"
words = ["".join(rng.choice(alphabet) for _ in range(rng.randrange(24))) for _ in range(400)]
numbers = [rng.randrange(-2 ** rng.randrange(1, 200), 2 ** rng.randrange(1, 200)) for _ in range(200)]
floats = [rng.uniform(-1, 1) * 10.0 ** rng.randrange(-320, 308) for _ in range(200)]

cases = [
    None, True, False, 0, -1, 1, 2**61 - 1, 2**61, 10**20, -(10**20), 1.0, -1.0, 1.5, 0.1, -0.0, float("inf"), 5e-324,
    1 + 2j, complex(0, -1), "", "a", "é", "€", "😀", "\\ud800", b"", b"abc", bytes(range(256)),
    Text("a"), Text("日本"), TextWithHash("a"), Number(-1), Number(2**70),
    (), (1,), (None,), ("a", 1), (None, 1), ("a", (1,)), ((1, 2), 3), (1.0,), ((), ()), (b"x", ("y", None)),
    Point(1, "a"), named("a", None), Backwards((1, "b", None)),
    frozenset(), frozenset("abc"), frozenset([1, "a", ("b", 2), frozenset(["x"])]), frozenset(range(100)),
    frozenset([("a", ("b", b"c")), ()]), (frozenset("ab"), "c"),
    datetime.date(2024, 2, 29), datetime.date.min, datetime.date.max, Day(2024, 1, 1),
    dt(2024, 2, 29, 1, 2, 3, 456789), dt(2024, 2, 29, 1, 2, 3, 456789, fold=1), dt(2024, 2, 29, tzinfo=utc),
    dt(2024, 2, 29, tzinfo=east), dt(2024, 2, 29, tzinfo=Nowhere()), dt.max, dt.min,
    datetime.time(1, 2, 3, 456789), datetime.time(0), datetime.time(1, tzinfo=utc), datetime.time(5, 6, tzinfo=Nowhere()),
    datetime.timedelta(days=1, microseconds=5), datetime.timedelta(-5), utc, east,
    Color.RED, Color.GREEN, Word.HELLO, Level.LOW, Perm.R, Perm.R | Perm.W, Own.A, (Color.RED, 1), frozenset(Color),
    uuid.UUID(int=0x1234567890ABCDEF << 40), decimal.Decimal("1.50"), decimal.Decimal("-1e50"), decimal.Decimal("Infinity"),
    fractions.Fraction(1, 3), fractions.Fraction(-7, 2),
    Key("a"), Key("a", 1, "x"), Key("é", 2), SubKey("a"), WithHash("a"), (Key("a"),), frozenset([Key("b")]),
    *words, *[w.encode("utf-8", "surrogatepass") for w in words], *numbers, *floats,
    *[(w, n, f) for w, n, f in zip(words, numbers, floats)], frozenset(words), tuple(words),
]
"""

# PySpark's rule, as its documentation of tuples' placement has it: see the contract, 2.2.
MODEL = """
def model(x):
    if x is None:
        return 0
    if isinstance(x, tuple):
        h = 0x345678
        for item in x:
            h = ((h ^ model(item)) * 1000003) & (2**63 - 1)
        h ^= len(x)
        return -2 if h == -1 else h
    return hash(x)
"""


def run(seed: str, program: str) -> list[int]:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers: list[int] = json.loads(done.stdout)
    return answers


@pytest.fixture(scope="module")
def expected() -> list[int]:
    return run("0", CASES + MODEL + "\nimport json; print(json.dumps([model(c) for c in cases]))")


@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_equals_a_worker_with_seed_0(seed: str, expected: list[int]) -> None:
    program = (
        CASES
        + "\nimport json\nfrom pyrite import _engine\nprint(json.dumps([_engine.portable_hash(c) for c in cases]))"
    )
    ours = run(seed, program)
    scope: dict[str, list[object]] = {}
    exec(CASES, scope)
    different = [(case, a, b) for case, a, b in zip(scope["cases"], ours, expected, strict=True) if a != b]
    assert different == []


@pytest.mark.parametrize("key", [[1], {"a": 1}, {1}, ([1],), frozenset, bytearray(b"x")], ids=str)
def test_unhashable_is_pythons_type_error(key: object) -> None:
    if isinstance(key, type):
        assert _engine.portable_hash(key) == hash(key)
        return
    with pytest.raises(TypeError, match="unhashable type"):
        _engine.portable_hash(key)


def test_a_bottomless_tuple_is_a_recursion_error() -> None:
    deep: tuple[object, ...] = ()
    for _ in range(200_000):
        deep = (deep,)
    with pytest.raises(RecursionError):
        _engine.portable_hash(deep)
    while deep:  # a nested tuple of this depth is better taken apart by hand
        deep = deep[0]  # type: ignore[assignment]
