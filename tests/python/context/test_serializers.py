"""PySpark's serializers: bytes and streams there and back, and how they are shown."""

import io

import pytest
from pyrite.serializers import (
    AutoBatchedSerializer,
    AutoSerializer,
    BatchedSerializer,
    CartesianDeserializer,
    CloudPickleSerializer,
    CompressedSerializer,
    CPickleSerializer,
    FlattenedValuesSerializer,
    MarshalSerializer,
    NoOpSerializer,
    PairDeserializer,
    PickleSerializer,
    UTF8Deserializer,
    write_with_length,
)

ROWS = [1, "a", None, (2, [3.5]), {"b": b"c"}]
FRAMED = [PickleSerializer(), CPickleSerializer(), MarshalSerializer(), AutoSerializer()]


@pytest.mark.parametrize("serializer", [*FRAMED, CompressedSerializer(PickleSerializer())], ids=repr)
def test_there_and_back(serializer):
    assert [serializer.loads(serializer.dumps(row)) for row in ROWS] == ROWS
    for around in (
        serializer,
        BatchedSerializer(serializer, 2),
        BatchedSerializer(serializer),
        AutoBatchedSerializer(serializer),
    ):
        stream = io.BytesIO()
        around.dump_stream(iter(ROWS), stream)
        stream.seek(0)
        assert list(around.load_stream(stream)) == ROWS


def test_functions():
    assert CPickleSerializer is CloudPickleSerializer
    assert CPickleSerializer().loads(CPickleSerializer().dumps(lambda x: x + 1))(1) == 2


def test_bytes_as_they_are():
    stream = io.BytesIO()
    NoOpSerializer().dump_stream([b"a", b"bc"], stream)
    assert stream.getvalue() == b"\0\0\0\x01a\0\0\0\x02bc"
    stream.seek(0)
    assert list(NoOpSerializer().load_stream(stream)) == [b"a", b"bc"]


def test_texts():
    stream = io.BytesIO()
    write_with_length("é".encode(), stream)
    stream.write(b"\xff\xff\xff\xfb")
    stream.seek(0)
    assert list(UTF8Deserializer().load_stream(stream)) == ["é", None]


def test_long_values_are_cut():
    serializer = FlattenedValuesSerializer(PickleSerializer(), 2)
    stream = io.BytesIO()
    serializer.dump_stream([("k", [1, 2, 3])], stream)
    stream.seek(0)
    assert list(serializer.load_stream(stream)) == [("k", [1, 2]), ("k", [3])]


def test_shown_and_compared():
    assert repr(AutoBatchedSerializer(CPickleSerializer())) == "AutoBatchedSerializer(CloudPickleSerializer())"
    assert repr(BatchedSerializer(PickleSerializer(), 10)) == "BatchedSerializer(PickleSerializer(), 10)"
    pair = PairDeserializer(PickleSerializer(), MarshalSerializer())
    assert repr(pair) == "PairDeserializer(PickleSerializer(), MarshalSerializer())"
    assert repr(UTF8Deserializer()) == "UTF8Deserializer(True)"
    assert PickleSerializer() == PickleSerializer() != MarshalSerializer()
    assert BatchedSerializer(PickleSerializer(), 2) != BatchedSerializer(PickleSerializer(), 3)
    assert len({PickleSerializer(), PickleSerializer()}) == 1
    assert isinstance(pair, CartesianDeserializer)
