"""The small classes that programs hold in their hands."""

import sys

import numpy as np
import pytest
from pyrite._slicing import list_slices, range_slices
from pyrite.rdd import Partitioner, portable_hash
from pyrite.resultiterable import ResultIterable
from pyrite.statcounter import StatCounter, _functions
from pyrite.storagelevel import StorageLevel


@pytest.mark.parametrize(
    ("name", "fields", "text"),
    [
        ("NONE", (False, False, False, False, 1), "Serialized 1x Replicated"),
        ("DISK_ONLY", (True, False, False, False, 1), "Disk Serialized 1x Replicated"),
        ("DISK_ONLY_3", (True, False, False, False, 3), "Disk Serialized 3x Replicated"),
        ("MEMORY_ONLY", (False, True, False, False, 1), "Memory Serialized 1x Replicated"),
        ("MEMORY_AND_DISK_2", (True, True, False, False, 2), "Disk Memory Serialized 2x Replicated"),
        ("OFF_HEAP", (True, True, True, False, 1), "Disk Memory OffHeap Serialized 1x Replicated"),
        ("MEMORY_AND_DISK_DESER", (True, True, False, True, 1), "Disk Memory Deserialized 1x Replicated"),
    ],
)
def test_storage_levels(name, fields, text):
    level = getattr(StorageLevel, name)
    assert level == StorageLevel(*fields)
    assert str(level) == text
    assert repr(level) == f"StorageLevel{fields}"


def test_storage_levels_have_no_hash_and_old_names():
    with pytest.raises(TypeError, match="unhashable"):
        hash(StorageLevel.NONE)
    assert StorageLevel.MEMORY_ONLY_SER == StorageLevel.MEMORY_ONLY
    assert StorageLevel.NONE != (False, False, False, False, 1)


def test_partitioner():
    partitioner = Partitioner(3, portable_hash)
    assert partitioner == Partitioner(3, portable_hash)
    assert partitioner != Partitioner(2, portable_hash)
    assert partitioner != Partitioner(3, hash)
    assert [partitioner(k) for k in (-1, -2, 5)] == [1, 1, 2]
    with pytest.raises(TypeError):
        hash(partitioner)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, 0),
        ("", 0),
        ("a", 4644417185603328019),
        ("b", -8420940591063670578),
        ("abc", -4594863902769663758),
        (b"abc", -4594863902769663758),
        ("é", 6047309291227476195),
        ("€", -5529981157763016009),
        ("😀", -3536540696076613844),
        (1.5, 1152921504606846977),
        (0.1, 230584300921369408),
        (2**61, 1),
        (10**20, 848750603811160107),
        (-1, -2),
        (True, 1),
        ((), 3430008),
        ((1,), 3430019290026),
        ((1.0,), 3430019290026),
        ((None,), 3430018290025),
        (("a", 1), 102774922574124034),
        ((None, 1), 3430028580079870073),
        (("a", (1,)), 1265052337502908355),
        (((1, 2), 3), 1031013823351644674),
    ],
)
def test_portable_hash(key, code):
    assert portable_hash(key) == code


def test_portable_hash_of_the_unhashable():
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        portable_hash([1])


def test_result_iterable():
    values = ResultIterable([1, 2])
    assert (list(values), list(values), len(values)) == ([1, 2], [1, 2], 2)
    assert (values.data, values.index, values.maxindex) == ([1, 2], 0, 2)
    assert not ResultIterable([])
    with pytest.raises(TypeError):
        values[0]


def test_the_extremes_are_numpys_floats():
    """Recorded from PySpark 4.3 beside numpy 2.4."""
    counter = StatCounter([1, 2, True, 2**70])
    assert [repr(x) for x in (counter.min(), counter.max(), counter.mean())] == [
        "np.float64(1.0)",
        "np.float64(1.1805916207174113e+21)",
        "2.9514790517935283e+20",
    ]
    assert repr(StatCounter([3, float("nan"), 1]).max()) == "np.float64(nan)"
    assert repr(StatCounter([1, 3]).stdev()) == "np.float64(1.0)"
    arrays = StatCounter([np.array([1.0, 5.0]), np.array([3.0, 2.0])])
    assert (arrays.max().tolist(), arrays.min().tolist(), arrays.mean().tolist()) == (
        [3.0, 5.0],
        [1.0, 2.0],
        [2.0, 3.5],
    )
    assert repr(StatCounter().max()) == "-inf"


def test_without_numpy_the_extremes_are_as_given(monkeypatch):
    _functions.cache_clear()
    monkeypatch.setitem(sys.modules, "numpy", None)
    try:
        assert (
            repr(StatCounter([1, 3, 2.5]))
            == "(count: 3, mean: 2.1666666666666665, stdev: 0.8498365855987975, max: 3, min: 1)"
        )
    finally:
        _functions.cache_clear()


def test_stat_counter():
    left, right = StatCounter([1, 2]), StatCounter([3.0])
    assert left.mergeStats(right) is left
    assert repr(left) == "(count: 3, mean: 2.0, stdev: 0.816496580927726, max: 3.0, min: 1.0)"
    assert left.asDict() == {
        "count": 3,
        "mean": 2.0,
        "sum": 6.0,
        "min": 1,
        "max": 3.0,
        "stdev": 1.0,
        "variance": 1.0,
    }
    assert left.asDict(sample=True)["variance"] == 2 / 3
    assert left.mergeStats(left).count() == 6
    assert StatCounter().mergeStats(StatCounter([5])).mean() == 5.0
    assert StatCounter().mean() == 0.0
    with pytest.raises(TypeError, match="Can only merge StatCounter but got <class 'int'>"):
        left.mergeStats(5)


def test_slices_hold_every_row_once():
    for count in range(40):
        for slices in range(1, 12):
            cut = list_slices(list(range(count)), slices, 0)
            assert len(cut) == slices
            assert sum(cut, []) == list(range(count))
            assert list_slices(dict.fromkeys(range(count)), slices, 0) == cut
            ranges = range_slices(range(count), slices)
            assert [n for part in ranges for n in part] == list(range(count))


def test_slices_of_long_lists():
    assert [len(part) for part in list_slices(list(range(5000)), 2, 0)] == [2048, 2952]
    assert [len(part) for part in list_slices(list(range(1000)), 7, 0)] == [142] * 6 + [148]
    assert [len(part) for part in list_slices(list(range(11)), 3, 0)] == [3, 3, 5]
