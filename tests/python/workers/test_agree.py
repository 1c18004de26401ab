"""What comes out of a worker process is what comes out of this one."""

import datetime
import os
import threading
from decimal import Decimal

import pytest

ROWS = [
    None, True, 0, -1, 2**63 - 1, 2**63, -(2**70), 0.0, -0.0, float("inf"), "", "word", "한국어 \U0001f600", "\ud800", b"",
    b"\xff", (), (1,), ("a", (2, None)), [], [1, "b"], [[1], []], {"k": [1]}, {1, 2}, frozenset({3}), 1 + 2j,
    datetime.date(2024, 2, 29), datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC), Decimal("1.50"), range(3), ...,
    int, len,
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_every_kind_of_row_goes_there_and_back(away, row):
    for rows in ([row], [row, row], [row, None], [row, "other", 5], [(row, 1), (row, 2)], [[row]]):
        there = away.parallelize(rows, 1).map(lambda x: (x, repr(x), str(type(x)))).collect()
        assert [repr(x) for x, _, _ in there] == [r for _, r, _ in there] == [repr(x) for x in rows]
        assert [t for _, _, t in there] == [str(type(x)) for x in rows]


def test_classes_of_the_program_stay_the_same_class(away):
    class Point:
        def __init__(self, x):
            self.x = x

    (point,) = away.parallelize([Point(3)], 1).map(lambda p: p).collect()
    assert type(point) is Point
    assert point.x == 3
    (made,) = away.parallelize([4], 1).map(Point).collect()
    assert type(made) is Point


def test_tables_keep_first_seen_order_and_fold_from_the_left(away):
    pairs = [(i % 7, i) for i in range(1000)]
    expected = {}
    for k, v in pairs:
        expected[k] = f"{expected[k]},{v}" if k in expected else str(v)
    joined = away.parallelize(pairs, 1).mapValues(str).reduceByKey(lambda a, b: f"{a},{b}", 1).collect()
    assert joined == list(expected.items())
    lists = (
        away.parallelize(pairs, 1)
        .map(lambda kv: kv)
        .combineByKey(lambda v: [v], lambda a, v: [*a, v], lambda a, b: a + b, 1)
    )
    assert lists.collect() == [(k, list(range(k, 1000, 7))) for k in range(7)]


def test_a_task_that_moves_takes_its_rows_its_table_and_its_state_along(program):
    said = program(
        """
        import os
        from pyrite import SparkConf, SparkContext
        for workers in ("0", "auto"):
            sc = SparkContext("local[2]", "test", conf=SparkConf().set("pyrite.native", "off").set("pyrite.python.workers", workers))
            if workers == "auto":
                wait_for_worker(sc)
            pids = sc.parallelize(range(8000), 2).map(lambda x: (os.getpid(), [x for _ in range(3000)])).keys().distinct().count()
            seen = []
            def numbered(x):
                seen.append(None)
                return x % 10, len(seen), [x for _ in range(3000)][0]
            rows = sc.parallelize(range(8000), 2).map(numbered)
            print(pids, hash(tuple(rows.collect())))
            sums = rows.flatMap(lambda r: [(r[0], [r[1], r[2]])] * 2).reduceByKey(lambda a, b: a + b)
            print(hash(str(sums.collect())), len(seen))
            sc.stop()
    """,
        PYTHONHASHSEED="0",
    )
    lines = said.splitlines()
    assert lines[0].split()[0] == "1", program.err
    assert lines[2].split()[0] == "2"
    assert lines[0].split()[1:] == lines[2].split()[1:]
    assert lines[1] == lines[3]
    assert lines[1].endswith(" 0")


def test_nothing_is_computed_before_it_is_wanted(away, tmp_path):
    path = str(tmp_path / "calls")

    def count(x):
        with open(path, "a") as file:
            file.write(".")
        if x == 50:
            raise ValueError("too far")
        return x

    assert away.parallelize(range(100), 1).map(count).take(3) == [0, 1, 2]
    assert os.path.getsize(path) == 3
    assert away.parallelize(range(100), 1).map(lambda x: (i for i in [x])).count() == 100  # its rows don't pickle


def test_a_partition_function_gets_a_lazy_iterator_there(away):
    def firsts(index, rows):
        yield index, next(rows)
        yield index, next(rows)

    assert away.parallelize(range(10), 2).map(lambda x: x * 2).mapPartitionsWithIndex(firsts).collect() == [
        (0, 0), (0, 2), (1, 10), (1, 12),
    ]  # fmt: skip


def test_rows_that_a_kernel_declined_go_there_too(make_sc):
    sc = make_sc("local[2]", **{"pyrite.python.workers": "2"})
    rows = sc.parallelize([1, 2**63 - 1, 5], 1).map(lambda x: x + 1)
    assert rows.collect() == [2, 2**63, 6]


def test_what_functions_print_comes_out_here(away, capsys):
    def speak(x):
        import sys

        print("row", x)
        print("unfinished", end="")
        sys.stderr.write(f"err {x}\n")

    away.parallelize([1], 1).foreach(speak)
    said = capsys.readouterr()
    assert said.out == "row 1\nunfinished"
    assert said.err == "err 1\n"


def test_functions_have_no_standard_input_and_cannot_disturb_the_pipe(program):
    said = program("""
        import os
        from pyrite import SparkConf, SparkContext
        sc = SparkContext("local[2]", "test", conf=SparkConf().set("pyrite.python.workers", "1"))
        def rude(x):
            import sys
            os.write(1, b"straight out\\n")
            return x, sys.stdin.read(), os.read(0, 10)
        print(sc.parallelize([1], 1).map(rude).collect())
    """)
    assert said == "[(1, '', b'')]\n"
    assert program.err == "straight out\n"


def test_a_start_up_file_may_print(program, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("print('good morning')")
    said = program(
        """
        import os
        from pyrite import SparkConf, SparkContext
        sc = SparkContext("local[2]", "test", conf=SparkConf().set("pyrite.python.workers", "1"))
        print(sc.parallelize([1], 1).map(lambda x: x + 1).collect())
    """,
        PYTHONPATH=str(tmp_path),
    )
    assert said.splitlines() == ["good morning", "[2]"], program.err


def test_jobs_of_several_threads_share_the_workers(away):
    found = []
    rows = away.parallelize(range(100), 4).map(lambda x: x + 1)
    threads = [threading.Thread(target=lambda: found.append(rows.collect())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [list(range(1, 101))] * 6


def test_large_chunks_pass(away):
    text = "x" * 1_000_000
    assert away.parallelize([text] * 20, 2).map(lambda t: t + "y").map(len).sum() == 20 * 1_000_001


def test_a_task_that_reads_another_chain_has_a_worker_for_each(make_sc):
    sc = make_sc("local[2]", **{"pyrite.native": "off", "pyrite.python.workers": "1"})
    rows = sc.parallelize(range(10), 4).map(lambda x: x + 1)
    assert rows.coalesce(2).map(lambda x: -x).collect() == [-x for x in range(1, 11)]
    assert rows.cache().map(lambda x: 2 * x).sum() == 110
    assert sc.union([rows, rows]).map(lambda x: x).coalesce(1).mapPartitions(list).count() == 20


CLASSES = """
    import collections, dataclasses, enum
    from pyrite import SparkConf, SparkContext
    class Point:
        def __init__(self, x):
            self.x = x
    @dataclasses.dataclass(frozen=True)
    class Key:
        name: str
    class Colour(enum.Enum):
        RED = 1
    Pair = collections.namedtuple("Pair", "a b")
    for workers in ("0", "2"):
        conf = SparkConf().set("pyrite.native", "off").set("pyrite.python.workers", workers)
        with SparkContext("local[2]", "test", conf=conf) as sc:
            rows = sc.parallelize([Point(1), Pair(1, 2), Colour.RED, Key("k")], 2).cache()
            back = rows.map(lambda x: x).collect() + rows.collect()
            print([type(x) in (Point, Pair, Colour, Key) for x in back], back[2] is Colour.RED)
            made = sc.parallelize(range(4), 2).map(lambda i: (Key(str(i % 2)), Point(i)))
            print(sorted((k.name, v.x) for k, v in made.reduceByKey(lambda a, b: Point(a.x + b.x)).collect()))
"""


def test_rows_of_the_programs_own_classes(program):
    lines = program(CLASSES).splitlines()
    assert lines == [f"{[True] * 8} True", "[('0', 2), ('1', 4)]"] * 2, program.err


def test_a_background_thread_may_read_the_rows(away):
    def prefetched(rows):
        import queue
        import threading

        ahead = queue.Queue(5)

        def fill():
            for row in rows:
                ahead.put(row)
            ahead.put(None)

        threading.Thread(target=fill).start()
        while (row := ahead.get()) is not None:
            yield row

    rows = away.parallelize(range(1, 50_001), 2).map(lambda x: x)
    for _ in range(2):
        assert rows.mapPartitions(prefetched).sum() == sum(range(1, 50_001))


def test_a_thread_that_outlives_its_task_takes_nothing_of_the_next(away):
    def leaves_a_reader(rows):
        import threading
        import time

        first = next(rows)

        def read():
            try:
                for _ in rows:
                    time.sleep(0.0001)
            except Exception:
                pass

        threading.Thread(target=read, daemon=True).start()
        yield first

    rows = away.parallelize(range(60_000), 2)
    for _ in range(5):
        assert rows.mapPartitions(leaves_a_reader).collect() == [0, 30_000]
        assert rows.map(lambda x: x).count() == 60_000


def test_settings_of_the_interpreter_go_along(away, monkeypatch):
    import sys

    monkeypatch.setenv("SET_BY_THE_PROGRAM", "yes")
    before = sys.getrecursionlimit(), sys.get_int_max_str_digits()
    try:
        sys.setrecursionlimit(4321)
        sys.set_int_max_str_digits(9999)
        look = lambda x: (sys.getrecursionlimit(), sys.get_int_max_str_digits(), os.environ.get("SET_BY_THE_PROGRAM"))
        assert away.parallelize([1], 1).map(look).collect() == [(4321, 9999, "yes")]
    finally:
        sys.setrecursionlimit(before[0])
        sys.set_int_max_str_digits(before[1])


def test_a_map_and_the_partition_function_behind_it_stay_together(program):
    said = program(
        """
        from pyrite import SparkContext
        sc = SparkContext("local[2]", "test")
        buffer = [0]
        def reuse(x):
            for _ in range(2000):
                pass
            buffer[0] = x
            return buffer
        def add(rows):
            yield sum(row[0] for row in rows)
        print(sum(sc.parallelize(range(8000), 2).map(reuse).mapPartitions(add).collect()) == sum(range(8000)))
    """,
        PYTHONHASHSEED="0",
    )
    assert said == "True\n", program.err


@pytest.mark.parametrize(
    "tabled",
    [
        lambda rows: rows.groupByKey().mapValues(list),
        lambda rows: rows.mapValues(lambda v: [v]).reduceByKey(lambda a, b: a + b),
        lambda rows: rows.aggregateByKey(0, lambda n, _: n + 1, lambda a, b: a + b),
        lambda rows: rows.mapValues(lambda v: v if type(v) is int else len(v)).foldByKey(0.5, lambda a, b: a + b),
    ],
    ids=["groupByKey", "reduceByKey", "aggregateByKey", "foldByKey"],
)
@pytest.mark.parametrize("value", [lambda i: {"i": i}, lambda i: i if i < 9000 else {"i": i}], ids=["at once", "late"])
def test_a_table_that_kernels_begin_takes_what_a_worker_makes_as_rows(make_sc, tabled, value):
    """The chain is in a worker before the table shows that it needs Python."""

    def answer(workers):
        sc = make_sc("local[2]", **{"pyrite.python.workers": workers})
        rows = sc.parallelize(range(40000), 2).mapPartitions(lambda part: ((i % 3, value(i)) for i in part))
        got = tabled(rows).collect()
        sc.stop()
        return got

    assert answer("2") == answer("0")


@pytest.mark.parametrize(
    "key", ["i % 50", "'k%d' % (i % 50)", "(i % 5, None, 1.5)", "frozenset([i % 5])", "float('nan')", "Own(i % 50)"]
)
def test_groups_of_rows_that_are_no_columns_are_laid_out_alike_wherever_that_is_done(program, key):
    said = program(
        f"""
        import time
        from pyrite import SparkConf, SparkContext
        class Own:
            def __init__(self, x): self.x = x
            def __hash__(self): return self.x
            def __eq__(self, other): return self.x == other.x
        def pair(row):
            sum(range(200))  # slow enough to move
            i = row["i"]
            return ({key}, row)
        answers = []
        for workers in ("0", "auto", "2"):
            sc = SparkContext("local[2]", "test", conf=SparkConf().set("pyrite.python.workers", workers))
            rows = sc.parallelize([{{"i": i, "of": [i % 3]}} for i in range(20000)], 2).cache()
            for _ in range(3):
                groups = rows.map(pair).groupByKey(3).map(lambda kv: [row["i"] for row in kv[1]]).glom().collect()
            if "nan" in {key!r}:
                groups = sorted(i for part in groups for group in part for i in group)
            answers.append(groups)
            sc.stop()
        print(answers[0] == answers[1], answers[0] == answers[2])
        """
    )
    assert said.split()[-2:] == ["True", "True"]


def test_the_garbage_collector_comes_less_often_only_while_a_job_runs(program):
    said = program(
        """
        import gc
        from pyrite import SparkContext
        sc = SparkContext("local[2]", "test")
        before = gc.get_threshold()
        (there,) = sc.parallelize([0], 1).map(lambda x: gc.get_threshold()).collect()
        print(there[0] > before[0], gc.get_threshold() == before)
        def sets(x):
            gc.set_threshold(777, 5, 5)
        sc.parallelize([0], 1).foreach(sets)
        print(gc.get_threshold() == (777, 5, 5))
        """
    )
    assert said.split() == ["True", "True", "True"]
