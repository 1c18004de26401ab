"""PySpark's serializers and samplers: bytes and streams there and back, and how they are shown."""

import io

import pytest
from pyrite.errors import PySparkRuntimeError
from pyrite.rddsampler import RDDRangeSampler, RDDSampler, RDDStratifiedSampler
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
from pyrite.util import fail_on_stopiteration, keyword_only

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


def test_samplers_draw_what_rdds_draw(sc):
    rows = sc.parallelize(range(100), 4)
    assert (
        rows.mapPartitionsWithIndex(RDDSampler(False, 0.1, 81).func).collect() == rows.sample(False, 0.1, 81).collect()
    )
    assert rows.mapPartitionsWithIndex(RDDSampler(True, 0.5, 3).func).collect() == rows.sample(True, 0.5, 3).collect()
    split = rows.randomSplit([1, 1], 17)
    assert rows.mapPartitionsWithIndex(RDDRangeSampler(0, 0.5, 17).func).collect() == split[0].collect()
    pairs, fractions = rows.map(lambda x: (x % 2, x)), {0: 0.2, 1: 0.6}
    drawn = pairs.mapPartitionsWithIndex(RDDStratifiedSampler(False, fractions, 1).func)
    assert drawn.collect() == pairs.sampleByKey(False, fractions, 1).collect()
    base = RDDSampler(False, 0.5, 1)
    base.initRandomGenerator(2)
    assert 0 <= base.getUniformSample() < 1 and base.getPoissonSample(3.0) >= 0


def test_small_helpers():
    with pytest.raises(PySparkRuntimeError, match="Caught StopIteration thrown from user's code"):
        fail_on_stopiteration(next)(iter([]))

    class Estimator:
        @keyword_only
        def set(self, a=1):
            return self._input_kwargs

    assert Estimator().set(a=2) == {"a": 2}
    with pytest.raises(TypeError, match="Method set forces keyword arguments"):
        Estimator().set(2)


def test_streams_are_laid_out_as_pyspark_lays_them():
    plain = PickleSerializer()
    values, written = FlattenedValuesSerializer(plain, 2), io.BytesIO()
    values.dump_stream([("k", [1, 2, 3])], written)
    written.seek(0)
    assert list(plain.load_stream(written)) == [("k", [1, 2]), ("k", [3])]
    assert repr(values) == "FlattenedValuesSerializer(PickleSerializer(), 2)"
    cut = io.BytesIO(written.getvalue()[:-3])
    assert list(values.load_stream(cut)) == [("k", [1, 2])]
