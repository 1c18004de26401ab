"""Which functions can tell one seed of str hashes from another."""

import decimal
import enum
import functools
import json
import math
import operator
import random
import re
from collections import Counter, OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, field
from json import loads
from random import random as draw
from types import FunctionType
from typing import NamedTuple

import pytest
from pyrite._hashes import are_known, sees_no_hash

WORDS = re.compile(r"\w+")
STOP = ("a", "the")
LIMITS = {"a": 1, "b": [2, 3]}
COLOURS = {"red", "green"}


class Parser:
    def parse(self, x):
        return {x, 1}


class Stage(enum.Enum):
    EARLY = 1
    LATE = 2

    def is_late(self):
        return self is Stage.LATE


class Visit(NamedTuple):
    user: str
    stage: Stage = Stage.EARLY


Pair = namedtuple("Pair", "left right")


@dataclass(frozen=True)
class Order:
    user: str
    items: list = field(default_factory=list)


@dataclass
class Tagged:
    tags: set = field(default_factory=set)


class Shop:
    opened = 1999

    def __init__(self, name):
        self.name = name

    @property
    def title(self):
        return self.name.title()

    def __eq__(self, other):
        return self.name == other.name

    def __hash__(self):
        return hash(self.name)


class Branch(Shop):
    def __init__(self, name, street):
        super().__init__(name)
        self.street = street

    @classmethod
    def of(cls, pair):
        return cls(*pair)


class Remembers(Shop):
    def __hash__(self):
        self.hashed = hash(self.name)
        return self.hashed


class Words(set):
    pass


class Strange:
    def __reduce__(self):
        return Strange, ()


class Shows:
    @property
    def words(self):
        return list(set(self.text))


SHOP = Shop("corner")
TAGGED = Tagged()


def helper(x):
    return json.loads(x)["k"]


def with_a_set(x):
    return list({x, 1})


def indirectly(x):
    return with_a_set(x)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: re.split(r"\W+", x.lower()),
        lambda x: [w for w in WORDS.findall(x) if w not in STOP and w not in {"an", "of", "to"}],
        lambda x: (helper(x), LIMITS["a"], math.sqrt(2), len(x), sorted(x), max(x, key=len)),
        lambda x: Counter(x).most_common(3),
        lambda x: {k: v for k, v in LIMITS.items()},
        lambda x: [v - 1 for v in x] and list(LIMITS.values()),
        FunctionType(compile("1 + 1", "<made>", "eval"), {}),
        lambda x: undefined_name + x,  # noqa: F821
        helper,
        str.lower,
        len,
        int,
        WORDS.findall,
        operator.add,
        functools.partial(pow, 2),
        "-".join,
        lambda x: loads(x)["k"],
        lambda x: Visit(x, Stage.LATE).stage.is_late(),
        lambda x: Pair(x, 1)._replace(left=2),
        lambda x: Order(x).items,
        lambda x: repr(Order(x, [1])),
        lambda x: {Order(x): 1, Shop(x): 2},
        lambda x: Branch.of((x, "road")).title,
        lambda x: Stage(x).name,
        lambda x: SHOP.title + x,
        lambda x: decimal.Decimal(x) + 1,
        Branch("corner", "road").of,
        Visit,
        operator.itemgetter(1),
        lambda x: draw() + random.gauss(0, 1),
        random.Random(7).random,
    ],
)
def test_these_cannot(function):
    assert sees_no_hash(function)


@pytest.mark.parametrize(
    "function",
    [
        with_a_set,
        indirectly,
        lambda x: hash(x),
        lambda x: set(x),
        lambda x: [c for c in {"red", "green", "blue"}],
        lambda x: {c for c in x},
        lambda x: {*x},
        lambda x: sorted(COLOURS),
        lambda x: [(lambda y: {y, 1})(c) for c in x],
        lambda x: LIMITS.keys() & x.keys(),
        lambda x: x.__hash__(),
        lambda x: eval(x),
        lambda x: getattr(x, "hash"),
        lambda x: __import__("builtins"),
        Parser().parse,
        set,
        hash,
        frozenset,
        functools.partial(map, hash),
        lambda x, f=hash: f(x),
        lambda x: pytest.approx(x),
        defaultdict(set).__getitem__,
        COLOURS.union,
        lambda x: x.items() & LIMITS.items(),
        lambda x: x.items() - LIMITS.items(),
        lambda x: operator.methodcaller("__hash__")(x),
        lambda x: Tagged().tags,
        lambda x: TAGGED.tags,
        lambda x: Remembers(x),
        lambda x: Words(x),
        lambda x: Shows(),
        lambda x: Strange(),
        operator.attrgetter("__hash__"),
    ],
)
def test_these_may(function):
    assert not sees_no_hash(function)


@pytest.mark.parametrize("kind", [Visit, Pair, Order, Shop, Branch, Stage, OrderedDict, decimal.Decimal, Exception])
def test_rows_of_these_classes_show_nothing(kind):
    assert are_known([(kind.__module__, kind.__qualname__)])


@pytest.mark.parametrize("kind", [Tagged, Remembers, Words, Strange, Shows, set, frozenset])
def test_rows_of_these_classes_may_show_a_hash(kind):
    assert not are_known([(__name__, "Visit"), (kind.__module__, kind.__qualname__)])


def test_what_a_pickle_names_and_is_not_there_is_not_known():
    assert not are_known([("no_such_module", "Thing")])
    assert not are_known([(__name__, "Thing")])
    assert not are_known([(FunctionType.__module__, FunctionType.__qualname__)])
    assert not are_known([("cloudpickle.cloudpickle", "_make_function")])


def test_a_module_that_is_not_known_may():
    def uses(x):
        import some_module_of_the_user

        return some_module_of_the_user.f(x)

    assert not sees_no_hash(uses)


def test_a_function_that_refers_to_itself_ends():
    def again(x):
        return again(x - 1) if x else 0

    assert sees_no_hash(again)


def test_a_function_whose_class_is_an_error_stays_and_raises_nothing():
    from pyrite._worker import stays

    class Strange:
        @property
        def __class__(self):
            raise RuntimeError("no class")

        def __call__(self, x):
            return x

    at, why = stays([len, Strange()], False)
    assert at == 1
    assert why.startswith("it may see what texts hash to")
