"""Broadcasts: pickled once, read once by each process that runs tasks, shared by its tasks."""

import gc
import os
import pickle

import pytest
from pyrite import Broadcast
from pyrite.errors import Py4JJavaError, PySparkRuntimeError


def test_tasks_read_it(sc):
    b = sc.broadcast({"a": [1], "b": 2})
    assert b.value == {"a": [1], "b": 2}
    assert b.value is b.value
    assert sc.parallelize(["b", "a"], 2).map(lambda key: b.value[key]).collect() == [2, [1]]
    assert sc.parallelize([1, 2], 2).map(lambda x: (x, 0)).reduceByKey(lambda x, y: x).mapValues(
        lambda x: b.value["b"]
    ).collect() == [(2, 2), (1, 2)]


def test_what_tasks_change_the_program_does_not_see(sc):
    rows = [1]
    b = sc.broadcast(rows)
    rows.append(2)
    found = sc.parallelize([1, 2], 1).map(lambda x: (b.value.append(x), list(b.value))[1]).collect()
    assert found == [[1, 1], [1, 1, 2]]
    assert b.value == [1]


class Loud:
    """Says how often it was unpickled."""

    loaded = 0

    def __setstate__(self, state):
        Loud.loaded += 1
        self.__dict__.update(state)


def test_one_process_reads_it_once(make_sc):
    sc = make_sc("local[2]", **{"pyrite.python.workers": "0"})
    Loud.loaded = 0
    loud = Loud()
    loud.x = 1
    b = sc.broadcast(loud)
    for _ in range(3):
        assert sc.parallelize(range(8), 8).map(lambda x: b.value.x).sum() == 8
    assert Loud.loaded == 1


def test_in_a_task_it_can_only_be_read(sc):
    b = sc.broadcast(1)
    for use, said in ((lambda b: b.unpersist(), "unpersisted"), (lambda b: b.destroy(), "destroyed")):
        with pytest.raises(PySparkRuntimeError, match=rf"\[INVALID_BROADCAST_OPERATION\] Broadcast can only be {said}"):
            sc.parallelize([1], 1).map(lambda x: use(b)).collect()
    with pytest.raises(PySparkRuntimeError, match="Broadcast can only be serialized in driver"):
        sc.parallelize([1], 1).map(lambda x: pickle.dumps(b)).collect()


def test_unpersisted_it_is_read_again(sc):
    b = sc.broadcast([1])
    read = sc.parallelize([1], 1).map(lambda x: b.value)
    assert read.collect() == [[1]]
    b.unpersist()
    assert read.collect() == [[1]]
    b.unpersist(blocking=True)


def test_destroyed_it_is_gone(sc):
    read, unread = sc.broadcast([1]), sc.broadcast([2])
    assert read.value == [1]
    rows = sc.parallelize([1], 1).map(lambda x: read.value)
    assert rows.collect() == [[1]]
    for b in (read, unread):
        b.destroy()
        assert not os.path.exists(b._path)
        for again in (b.destroy, b.unpersist):
            with pytest.raises(
                Py4JJavaError, match=r"INTERNAL_ERROR_BROADCAST\] Attempted to use Broadcast\(\d+\) after"
            ):
                again()
    with pytest.raises(Py4JJavaError, match="Task not serializable"):
        rows.collect()
    assert read.value == [1]
    with pytest.raises(FileNotFoundError):
        _ = unread.value


def test_what_can_not_be_broadcast(sc):
    with pytest.raises(pickle.PicklingError, match="Could not serialize broadcast: "):
        sc.broadcast(lambda x: x)
    with pytest.raises(pickle.PicklingError, match="CONTEXT_ONLY_VALID_ON_DRIVER"):
        sc.broadcast(sc)
    with pytest.raises(pickle.PicklingError, match="RDD_TRANSFORM_ONLY_VALID_ON_DRIVER"):
        sc.broadcast(sc.parallelize([1]))
    with pytest.raises(AssertionError):
        Broadcast()
    assert sc.broadcast(None).value is None
    with pytest.raises(AttributeError, match="has no setter"):
        sc.broadcast(1).value = 2
    with pytest.raises(PySparkRuntimeError, match="BROADCAST_VARIABLE_NOT_LOADED"):
        pickle.loads(pickle.dumps(sc.broadcast(1)))


def test_helpers_write_and_read_files(sc, tmp_path):
    b = sc.broadcast([1, 2])
    path = tmp_path / "value"
    b.dump([3], open(path, "wb"))
    assert b.load_from_path(str(path)) == [3]
    with open(path, "rb") as file:
        assert b.load(file) == [3]


def test_files_go_with_the_broadcast_and_with_the_context(make_sc):
    sc = make_sc("local[1]")
    kept, dropped = sc.broadcast([1]), sc.broadcast([2])
    folder, path = os.path.dirname(kept._path), dropped._path
    assert kept.value == [1]
    del dropped
    gc.collect()
    assert (os.path.exists(path), os.path.exists(kept._path)) == (False, True)
    assert os.stat(folder).st_mode & 0o077 == 0
    sc.stop()
    assert not os.path.exists(folder)
    assert kept.value == [1]


def test_large_numpy_arrays(sc):
    numpy = pytest.importorskip("numpy")
    table = sc.broadcast(numpy.arange(100_000))
    assert sc.parallelize(range(4), 4).map(lambda i: int(table.value[i * 1000])).collect() == [0, 1000, 2000, 3000]
