"""What a pickle names, and whether it holds a set: read from its opcodes, as `pickle` itself would."""

import collections
import datetime
import decimal
import enum
import io
import pickle
import pickletools
import uuid
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyrite._engine import pickled_names

Pair = collections.namedtuple("Pair", "left right")
SETS = {"EMPTY_SET", "ADDITEMS", "FROZENSET"}


@dataclass
class Box:
    content: object


class Colour(enum.Enum):
    RED = 1
    BLUE = "blue"


class Listening(pickle._Unpickler):
    """Notes what is looked up."""

    def __init__(self, data):
        super().__init__(io.BytesIO(data))
        self.names = []

    def find_class(self, module, name):
        if (module, name) not in self.names:
            self.names.append((module, name))
        return super().find_class(module, name)


def names(data):
    if any(opcode.name in SETS for opcode, _, _ in pickletools.genops(data)):
        return None
    listening = Listening(data)
    listening.load()
    return listening.names


texts = st.text(max_size=20) | st.sampled_from(["builtins", "datetime", "x" * 300])
plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**2100, -(2**70), 255, 256, 65536])
    | st.floats(allow_nan=False)
    | texts
    | st.binary(max_size=300)
    | st.binary(max_size=9).map(bytearray)
)
objects = (
    st.dates()
    | st.datetimes()
    | st.timedeltas()
    | st.complex_numbers(allow_nan=False)
    | st.uuids()
    | st.decimals(allow_nan=False)
    | st.sampled_from([Colour.RED, Colour.BLUE, int, len, datetime.date, collections.OrderedDict(a=1), range(3), ...])
)


def within(inner):
    return (
        st.lists(inner, max_size=5)
        | st.tuples(inner, inner)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(texts, inner, max_size=4)
        | st.builds(Pair, inner, inner)
        | st.builds(Box, inner)
        | inner.map(lambda x: [x, x, (x, [x])])
    )


# How long a busy machine takes to draw says nothing.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
rows = st.lists(st.recursive(plain | objects, within, max_leaves=12), max_size=6)
sets = st.sets(st.integers() | texts, max_size=3) | st.frozensets(texts, max_size=3)


@pytest.mark.parametrize("protocol", [4, 5])
@patient
@given(rows=rows)
def test_they_are_those_that_unpickling_looks_up(protocol, rows):
    for dumps in (pickle.dumps, pickle._dumps):
        data = dumps(rows, protocol)
        assert pickled_names(data) == names(data)


@patient
@given(rows=rows, held=sets)
def test_a_set_anywhere_is_seen(rows, held):
    for row in (held, [held], {"k": (1, held)}, Pair(1, held), Box([held])):
        assert pickled_names(pickle.dumps([*rows, row], 5)) is None


@patient
@given(rows=rows, cut=st.integers(min_value=1, max_value=200))
def test_a_pickle_that_is_cut_short_is_not_known(rows, cut):
    data = pickle.dumps(rows, 5)
    assert pickled_names(data[: -min(cut, len(data))]) is None


@patient
@given(data=st.binary(max_size=60))
def test_any_bytes_may_come(data):
    for named in (pickled_names(data), pickled_names(b"\x80\x05" + data)):
        assert named is None or all(isinstance(part, str) for module, name in named for part in (module, name))


@pytest.mark.parametrize("protocol", [0, 1, 2, 3])
def test_older_protocols_with_classes_are_not_known(protocol):
    assert pickled_names(pickle.dumps([uuid.UUID(int=1), decimal.Decimal(1)], protocol)) is None


def test_long_texts_and_many_rows():
    rows = [Box("y" * 70_000), *({"k": i, "v": [str(i), Pair(i, i)]} for i in range(20_000))]
    assert pickled_names(pickle.dumps(rows, 5)) == names(pickle.dumps(rows, 5))
    rows.append({"s": {1}})
    assert pickled_names(pickle.dumps(rows, 5)) is None
