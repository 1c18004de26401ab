"""Which functions go to worker processes, and when."""

import logging
import os
import sys
import types

import pytest

# Keeps the interpreter busy for some 100 ms on 2 partitions of 3,000 rows each.
BUSY = """
def busy(x):
    for _ in range(3000):
        x += 1
    return x, os.getpid()
"""
exec(BUSY)
HEAD = f"""
import os, sys
from pyrite import SparkConf, SparkContext
{BUSY}
def pids(rdd):
    return len({{pid for _, pid in rdd.collect()}})
sc = SparkContext("local[2]", "test")
many = sc.parallelize(range(8000), 2)
"""
THERE = f"{HEAD}wait_for_worker(sc)\n"


def test_zero_workers_means_this_process(make_sc):
    sc = make_sc("local[2]", **{"pyrite.native": "off", "pyrite.python.workers": 0})
    assert set(sc.parallelize(range(10), 2).map(lambda x: os.getpid()).collect()) == {os.getpid()}


def test_a_fixed_number_of_workers_takes_every_task(away):
    pids = set(away.parallelize(range(40), 20).map(lambda x: os.getpid()).collect())
    assert os.getpid() not in pids
    assert 1 <= len(pids) <= 2


def test_explain_says_how_many_rows_went_to_workers(away, capsys):
    rows = away.parallelize(range(10), 2).map(lambda x: x + 1)
    assert rows.collect() == list(range(1, 11))
    rows.explain()
    assert "10 Python (10 of them in worker processes)" in capsys.readouterr().out


def test_a_key_that_is_no_number_says_what_it_can_be(make_sc):
    with pytest.raises(Exception, match='pyrite.python.workers is "many"; it can be'):
        make_sc("local[2]", **{"pyrite.python.workers": "many"})


def test_tasks_move_when_they_keep_the_interpreter_busy(program):
    said = program(
        THERE + "print(pids(many.map(busy)), pids(sc.parallelize(range(100), 2).map(lambda x: (x, os.getpid()))))",
        PYTHONHASHSEED="0",
    )
    assert said.split() == ["2", "1"]


def test_one_task_alone_stays(program):
    assert program(THERE + "print(pids(many.coalesce(1).map(busy)))").split() == ["1"]


def test_one_thread_has_no_workers(program):
    assert program(HEAD.replace("local[2]", "local[1]") + "print(pids(many.map(busy)))").split() == ["1"]


@pytest.mark.parametrize(
    ("function", "processes"),
    [
        ("lambda x: busy(x)", 2),
        ("lambda x: busy(x) if sorted({x, 1}) else busy(x)", 1),
        ("lambda x: busy(x) if x != hash(str(x)) else busy(x)", 1),
        ("lambda x: busy(x) if x not in {-1, -2} else busy(x)", 2),
    ],
)
def test_what_sees_hashes_stays_where_the_seed_is_random(program, function, processes):
    work = f"print(pids(many.map({function})))"
    assert program(THERE + work, PYTHONHASHSEED=None).split() == [str(processes)], program.err
    assert program(THERE + work, PYTHONHASHSEED="7").split() == ["2"], program.err


def test_hashes_are_the_same_in_all_processes_where_the_seed_is_known(program):
    said = program(
        THERE
        + """
    def hashed(x):
        return hash(str(x % 5)), busy(x)[1]
    found = many.map(hashed).collect()
    print(len({pid for _, pid in found}), len({h for h, _ in found}), {h for h, _ in found} == {hash(str(i)) for i in range(5)})
    """.replace("\n    ", "\n"),
        PYTHONHASHSEED="3",
    )
    assert said.split() == ["2", "5", "True"], program.err


def test_under_a_tracer_functions_stay(program):
    said = program(
        THERE + "sys.settrace(lambda *_: None)\nimport threading\nthreading.settrace(lambda *_: None)\n"
        "print(pids(sc.parallelize(range(800), 2).map(busy)))",
        PYTHONHASHSEED="0",
    )
    assert said.split() == ["1"]


def test_busy_partition_functions_use_all_cores_from_the_first_job_on(program):
    said = program(
        THERE
        + """
def whole(rows):
    return [busy(x) for x in rows]
rdd = many.mapPartitions(whole)
print(pids(rdd), pids(rdd))
def indexed(index, rows):
    return [busy(x) for x in rows]
print(pids(many.mapPartitionsWithIndex(indexed)))
""",
        PYTHONHASHSEED="0",
    )
    assert said.split() == ["2", "2", "2"], program.err


def test_quick_partition_functions_stay(program):
    said = program(
        THERE
        + """
many.mapPartitions(lambda rows: [busy(x) for x in rows]).count()  # there is a worker
print(pids(sc.parallelize(range(100), 8).mapPartitions(lambda rows: [(sum(rows), os.getpid())])))
""",
        PYTHONHASHSEED="0",
    )
    assert said.split() == ["1"], program.err


def test_a_task_with_the_same_new_partition_function_twice_does_not_wait_for_itself(program):
    said = program(
        THERE
        + """
import time
whole = many.mapPartitions(lambda rows: (x for x in rows))
begin = time.monotonic()
print(whole.zip(whole).map(lambda pair: pair[0] - pair[1]).sum(), time.monotonic() - begin < 2)
""",
        PYTHONHASHSEED="0",
    )
    assert said.split() == ["0", "True"], program.err


def test_a_busy_partition_function_is_known_by_its_code(program):
    said = program(
        THERE
        + """
import functools, time
def whole(slowly, rows):
    return [slowly(x) for x in rows]
def counted():
    return pids(many.mapPartitions(functools.partial(whole, lambda x: busy(x))))
first = counted()
begin = time.monotonic()
again = counted()
print(first, again)
""",
        PYTHONHASHSEED="0",
    )
    assert said.split() == ["2", "2"], program.err


def test_functions_that_a_worker_cannot_load_stay_and_it_is_said_once(away, caplog):
    caplog.set_level(logging.INFO, "pyrite")
    module = types.ModuleType("only_in_this_process")
    exec("import os\nseen = []\ndef where(x):\n    seen.append(x)\n    return os.getpid()", module.__dict__)
    sys.modules[module.__name__] = module
    try:
        rows = away.parallelize(range(4), 2).map(module.where)
        assert set(rows.collect()) == {os.getpid()} == set(rows.collect())
    finally:
        del sys.modules[module.__name__]
    said = [r.getMessage() for r in caplog.records if "only_in_this_process" in r.getMessage()]
    assert len(said) == 1
    assert said[0].startswith("Functions run in this process")


def test_workers_find_modules_where_this_process_does(away, tmp_path, monkeypatch):
    (tmp_path / "module_of_the_user.py").write_text("import os\ndef where(x):\n    return os.getpid(), x + 1\n")
    away.parallelize([1]).map(lambda x: x).collect()  # there is a worker that began without it
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    import module_of_the_user

    ((pid, value),) = away.parallelize([1], 1).map(module_of_the_user.where).collect()
    assert (pid != os.getpid(), value) == (True, 2)
    assert away.parallelize([1], 1).map(lambda x: os.getcwd()).collect() == [str(tmp_path)]


def test_an_edited_module_is_imported_anew(away, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "module_that_is_edited.py"
    for second, text in enumerate(("first", "second")):
        file.write_text(f"def say(x):\n    return '{text}'\n")
        os.utime(file, (second, second))

        def say(x):
            import module_that_is_edited

            return module_that_is_edited.say(x)

        assert set(away.parallelize(range(8), 4).map(say).collect()) == {text}


def test_workers_end_when_no_context_wants_them(program):
    said = program("""
        import os, time
        import psutil
        from pyrite import SparkConf, SparkContext
        sc = SparkContext("local[2]", "test", conf=SparkConf().set("pyrite.python.workers", "2"))
        print(sc.parallelize(range(4), 4).map(lambda x: int(os.getpid() > 0) * x).sum())
        print(len(psutil.Process().children()) > 0)
        sc.stop()
        end = time.monotonic() + 20
        while psutil.Process().children() and time.monotonic() < end:
            time.sleep(0.1)
        print([p.status() for p in psutil.Process().children()])
    """)
    assert said.split() == ["6", "True", "[]"], program.err


def test_pyspark_means_pyrite_there_too(program):
    said = program("""
        import pyrite
        pyrite.init()
        from pyspark import SparkConf, SparkContext
        sc = SparkContext("local[2]", "test", conf=SparkConf().set("pyrite.python.workers", "1"))
        def version(x):
            import pyspark
            return pyspark.__version__
        print(sc.parallelize([1], 1).map(version).collect())
    """)
    assert said.strip() == "['4.3.0']", program.err


def test_the_functions_of_a_table_go_there_too(make_sc):
    sc = make_sc("local[2]", **{"pyrite.python.workers": "2"})
    pairs = sc.parallelize(range(100), 4).map(lambda x: (x % 3, x))  # compiled: its rows come as columns
    merged = pairs.combineByKey(
        lambda v: {os.getpid()}, lambda a, v: a | {os.getpid()}, lambda a, b: a | b | {os.getpid()}
    )
    for _, pids in merged.collect():
        assert os.getpid() not in pids
