"""Programs started without PYTHONHASHSEED: their tasks move to worker processes with rows of any kind, unless these could
show what str hashes to; the answers are those of one process.
"""

import pytest

HEAD = """
import enum, json, os
from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from pyrite import SparkConf, SparkContext

def busy(n):
    x = 0
    for _ in range(n):
        x += 1
    return x

class Named(NamedTuple):
    n: int
    words: list

Pair = namedtuple("Pair", "n words")

class Colour(enum.Enum):
    RED = 1
    BLUE = 2

@dataclass
class Data:
    n: int
    words: list
    def first(self):
        return self.words[0]

@dataclass(frozen=True)
class Frozen:
    n: int
    words: tuple

class Plain:
    def __init__(self, n, words):
        self.n, self.words = n, words

def local():
    @dataclass
    class Data:
        n: int
        words: list
    class Named(NamedTuple):
        n: int
        words: list
    return Data, Named
Local, LocalNamed = local()

class Outer:
    @dataclass
    class Inner:
        n: int
        words: list

class Stubborn(type):
    def __setattr__(cls, name, value):
        if name == "__qualname__":
            raise TypeError("that name stays")
        super().__setattr__(name, value)

def stubborn():
    class Row(metaclass=Stubborn):
        def __init__(self, n, words):
            self.n, self.words = n, words
    return Row
StubbornRow = stubborn()

class Tags(set):
    pass

class Strange:
    def __init__(self, n):
        self.n = n
    def __reduce__(self):
        return Strange, (self.n,)

class Shows:
    def __init__(self, n):
        self.n = n
    def words(self):
        return list({str(self.n), "a", "b"})

def words(i):
    return ["w%d" % (i % 5), "x"]

def contexts():
    for workers in ("0", "auto"):
        conf = SparkConf().set("pyrite.native", "off").set("pyrite.python.workers", workers)
        with SparkContext("local[2]", "test", conf=conf) as sc:
            if workers == "auto":
                wait_for_worker(sc)
            yield sc

def pids(rdd):
    return len({pid for pid, _ in rdd.collect()})
"""

KINDS = {
    "dicts": '{"n": i, "words": words(i)}',
    "tuples with lists": "(i, words(i), None, 1.5, b'x', 2**80)",
    "named tuples": "Named(i, words(i))",
    "the other named tuples": "Pair(i, words(i))",
    "dataclasses": "Data(i, words(i))",
    "frozen dataclasses": "Frozen(i, tuple(words(i)))",
    "plain classes": "Plain(i, words(i))",
    "dataclasses of a function": "Local(i, words(i))",
    "dataclasses of a class": "Outer.Inner(i, words(i))",
    "named tuples of a function": "LocalNamed(i, words(i))",
    "members": "[Colour.RED, i]",
    "the library's": "[date(2026, 1, 1 + i % 28), Decimal(i), OrderedDict(a=i)]",
    "objects in objects": '{"n": [Named(i, [Data(i, words(i))])]}',
    "arrays of numpy": "(i, numpy.array([i, 0.5]), numpy.float64(i))",
}
SHOWN = {
    "sets": "[{str(i), 'a', 'b'}]",
    "frozensets": "(i, frozenset(words(i)))",
    "sets within": "Data(i, [set(words(i))])",
    "a class of sets": "Tags(words(i))",
    "a class that pickles itself": "Strange(i)",
    "a class that makes sets": "Shows(i)",
    "arrays of sets": "numpy.array([set(words(i)), i], dtype=object)",
}


@pytest.mark.parametrize("kind", [*KINDS, *SHOWN])
def test_rows_move_that_show_no_hash(program, kind):
    made = {**KINDS, **SHOWN}[kind]
    if "numpy" in made:
        pytest.importorskip("numpy")
    said = program(
        f"{HEAD}\n{'import numpy' if 'numpy' in made else ''}\nrows = [{made} for i in range(3000)]\n"
        "def work(row):\n    return os.getpid(), busy(3000) and repr(row).partition(' object at ')[0]\n"
        f"shown = {kind in SHOWN}"
        """
answers = []
for sc in contexts():
    parts = sc.parallelize(rows, 2).map(work)
    for _ in range(5):  # a worker may be late
        found = parts.collect()
        if len({pid for pid, _ in found}) > 1 or len(answers) == 0 or shown:
            break
    answers.append([text for _, text in found])
    print(len({pid for pid, _ in found}))
print(answers[0] == answers[1])
""",
        PYTHONHASHSEED=None,
    )
    assert said.split() == ["1", "1" if kind in SHOWN else "2", "True"], program.err


@pytest.mark.parametrize(
    "made", ["Local(i, words(i))", "LocalNamed(i, words(i))", "Data(i, words(i))", "Outer.Inner(i, words(i))"]
)
def test_instances_come_home_to_the_programs_own_class(program, made):
    said = program(
        f"""{HEAD}
def make(i):
    busy(3000)
    return os.getpid(), {made}
for sc in contexts():
    rows = sc.parallelize(range(3000), 2).map(make)
    for _ in range(5):  # a worker may be late
        found = rows.collect()
        if len({{pid for pid, _ in found}}) > 1:
            break
    i = 0
    print(len({{pid for pid, _ in found}}), {{type(row) for _, row in found}} == {{type({made})}})
    kept = rows.map(lambda pair: pair[1]).cache()
    print(kept.filter(lambda row: isinstance(row, type({made}))).count(), kept.map(lambda row: row.n).sum())
""",
        PYTHONHASHSEED=None,
    )
    assert said.split() == ["1", "True", "3000", "4498500", "2", "True", "3000", "4498500"], program.err


@pytest.mark.parametrize("row", ["Local(i, words(i))", "Outer.Inner(i, words(i))", "StubbornRow(i, words(i))"])
def test_rows_come_home_from_workers_that_every_task_goes_to(program, row):
    said = program(
        f"""{HEAD}
conf = SparkConf().set("pyrite.native", "off").set("pyrite.python.workers", "2")
with SparkContext("local[2]", "test", conf=conf) as sc:
    rows = sc.parallelize([{row} for i in range(2000)], 2)
    i = 0
    kind = type({row})
    print({{type(row) is kind for row in rows.filter(lambda row: True).collect()}})
    print({{type(row) is kind for row in rows.map(lambda row: {row.replace("(i, words(i))", "(row.n, row.words)")}).collect()}})
    groups = rows.map(lambda row: (row.n % 10, row)).groupByKey().mapValues(list).collect()
    print(len(groups), {{type(row) is kind for _, group in groups for row in group}})
    print(rows.sortBy(lambda row: -row.n).first().n)
"""
    )
    assert said.split() == ["{True}", "{True}", "10", "{True}", "1999"], program.err


def test_explain_says_that_rows_went_to_workers(program):
    said = program(
        HEAD
        + """
for sc in contexts():
    rows = sc.parallelize([{"n": i} for i in range(6000)], 2)
    sums = rows.map(lambda row: row["n"] if busy(3000) else 0)
    print(sums.sum())
    sums.explain()
""",
        PYTHONHASHSEED=None,
    )
    assert said.count(str(sum(range(6000)))) == 2, program.err
    assert said.count("of them in worker processes") == 1


@pytest.mark.parametrize(("made", "moves"), [("random()", True), ("len({str(n), 'a'})", False)])
def test_random_numbers_may_come_from_workers_and_explain_says_what_may_not(program, made, moves):
    said = program(
        HEAD
        + f"""
from random import random
def work(n):
    busy(2000)
    return (os.getpid(), 0 if {made} is None else 1)
for sc in contexts():
    rows = sc.parallelize(range(4000), 2).map(work)
    for _ in range(5):  # a worker may be late
        processes = {{process for process, _ in rows.collect()}}
        if len(processes) > 1:
            break
    print(len(processes))
    rows.explain()
""",
        PYTHONHASHSEED=None,
    )
    counts = [line for line in said.splitlines() if line.isdecimal()]
    assert counts == (["1", "2"] if moves else ["1", "1"]), program.err
    assert said.count("in this process only: it may see what texts hash to") == (not moves)


LATE = (
    HEAD
    + """
def late(n, at):
    return [(i, {str(i), "a", "b", "c"} if i % n >= at else [str(i)]) for i in range(2 * n)]
rows = late(30_000, 25_000)
"""
)


def test_rows_that_come_late_and_show_hashes_bring_the_task_home(program):
    said = program(
        LATE
        + """
def work(row):
    i, held = row
    busy(300)
    return os.getpid(), i, "".join(held)
answers = []
for sc in contexts():
    found = sc.parallelize(rows, 2).map(work).collect()
    answers.append([(i, text) for _, i, text in found])
    print(len({pid for pid, _, _ in found}), {pid for pid, i, _ in found if i % 30_000 >= 25_000} == {os.getpid()})
print(answers[0] == answers[1])
""",
        PYTHONHASHSEED=None,
    )
    assert said.split() == ["1", "True", "2", "True", "True"], program.err


@pytest.mark.parametrize(
    "action",
    [
        "rows.map(counted).collect()",
        "rows.map(counted).filter(lambda x: x[0] % 2).count()",
        "rows.map(counted).reduceByKey(lambda a, b: a + b[:1] if len(a) < 40 else a).collect()",
        "rows.map(counted).aggregateByKey('', lambda a, b: (a + b)[-60:], lambda a, b: a + b).collect()",
        "rows.map(counted).map(lambda x: (x[0] % 3, [x[1]])).groupByKey().mapValues(lambda xs: len(list(xs))).collect()",
        "rows.map(counted).fold(('', ''), lambda a, b: (a[0] or b[0], (a[1] + b[1])[-90:]))",
        "rows.map(counted).flatMap(lambda x: [x[0], x[1]]).map(str).reduce(lambda a, b: (a + b)[-99:])",
        "rows.map(counted).foreach(gathered.add)",
        "rows.map(counted).take(58_000)[-3:]",
    ],
)
def test_functions_tables_and_accumulators_come_home_with_them(program, action):
    said = program(
        LATE
        + f"""
from pyrite import AccumulatorParam
class Last(AccumulatorParam):
    def zero(self, value):
        return []
    def addInPlace(self, a, b):
        return (a + (b if isinstance(b, list) else [b]))[-5:]
def counted(row, seen=[0]):
    seen[0] += busy(1)
    count.add(1)
    busy(200)
    return seen[0] % 7, str(seen[0]) + "".join(row[1])
def act(rows):
    return {action}
answers = []
for sc in contexts():
    count, gathered = sc.accumulator(0), sc.accumulator([], Last())
    answer = act(sc.parallelize(rows, 2))
    answers.append((answer, count.value if "take" not in {action!r} else 0, gathered.value))
print(answers[0] == answers[1], answers[0][1])
""",
        PYTHONHASHSEED=None,
    )
    assert said.split()[:1] == ["True"], program.err


def test_a_set_is_ordered_alike_in_all_tasks_of_a_job(program):
    said = program(
        HEAD
        + """
names = ["w%d" % i for i in range(40)]
rows = [{"n": i, "names": set(names)} if i % 3 == 0 else {"n": i, "names": names} for i in range(6000)]
for sc in contexts():
    keys = sc.parallelize(rows, 4).map(lambda row: (tuple(row["names"]), busy(500) and 1))
    print(keys.reduceByKey(lambda a, b: a + b).count(), len(set(keys.keys().distinct().collect())))
    made = sc.parallelize(range(3000), 4).map(lambda i: (tuple(set(names)), busy(500) and 1))
    print(made.reduceByKey(lambda a, b: a + b).count())
""",
        PYTHONHASHSEED=None,
    )
    assert said.split() == ["2", "2", "1"] * 2, program.err


def test_partition_functions_move_the_next_time_if_their_rows_show_nothing(program):
    said = program(
        HEAD
        + """
import time
def whole(rows):
    return [(os.getpid(), busy(2000)) for row in rows]
with SparkContext("local[2]", "test", conf=SparkConf().set("pyrite.native", "off")) as sc:
    wait_for_worker(sc)
    for held in ([1], {"a"}):
        rdd = sc.parallelize([{"n": i, "held": held} for i in range(3000)], 2).mapPartitions(whole)
        for _ in range(10):
            again = pids(rdd)
            if again == 2:
                break
            time.sleep(0.05)
        print(again)
""",
        PYTHONHASHSEED=None,
    )
    assert said.split() == ["2", "1"], program.err


@pytest.mark.parametrize("held", ["(n for n in [1])", "str(row)"])
def test_what_functions_have_come_to_hold_comes_home_or_is_an_error_that_says_so(program, held):
    # At home every hundredth row is slow: else a busy machine may do all of them there before a worker has started.
    said = program(
        LATE
        + f"""
home = os.getpid()
def work(row, held=[]):
    if os.getpid() != home:
        if not held:
            held.append({held})
    elif slow and row[0] % 100 == 0:
        busy(200_000)
    busy(100)
    return os.getpid(), row[0]
for slow, sc in enumerate(contexts()):
    try:
        print(len(sc.parallelize(rows, 2).map(work).collect()))
    except Exception as error:
        print(type(error).__name__, error)
""",
        PYTHONHASHSEED=None,
    )
    first, second = said.splitlines()
    assert first == "60000", program.err
    if held == "str(row)":
        assert second == "60000", program.err
    else:
        assert second.startswith("PicklingError ")
        assert "generator" in second
        assert "PYTHONHASHSEED=0" in second
        assert "pyrite.python.workers to 0" in second


def test_what_is_read_ahead_of_partition_functions_is_within_the_memory_limit(program, tmp_path):
    """They begin when a quarter of the limit is read, on two threads, or all: it is known then that no row shows a hash."""
    said = program(
        HEAD
        + f"""
import time
made = {str(tmp_path / "made")!r}
def make(i):
    with open(made, "a") as out:
        out.write("x")
    return i, str(i) * 300
def whole(rows):
    begun = os.path.getsize(made)
    busy(5_000_000)
    return [(os.getpid(), begun) for row in rows]
settings = {{"pyrite.native": "off", "pyrite.memory.limit": "16m"}}
with SparkContext("local[2]", "test", conf=SparkConf().setAll(settings.items())) as sc:
    most = set()
    for run in range(4):
        open(made, "w").close()
        begun = sc.parallelize(range(40_000), 4).map(make).coalesce(2).mapPartitions(whole).collect()
        most.add(max(count for _, count in begun))
        time.sleep(0.1)
    print(len(begun), max(most))
""",
        PYTHONHASHSEED=None,
    )
    rows, most = map(int, said.split())
    assert rows == 40_000, program.err
    assert most < 20_000


@pytest.mark.parametrize(("work", "moves"), [(0, False), (4000, True)], ids=["cheap", "costly"])
def test_rows_whose_class_must_go_along_move_for_a_costly_function_only(program, work, moves):
    """To pickle such rows for there takes longer than a cheap function."""
    said = program(
        f"""
        import os
        from pyrite import SparkContext

        def rows(n):
            class Local:
                def __init__(self, n):
                    self.n = n
                def __reduce__(self):  # what is told here names the class
                    return Local, (self.n,)
            return [Local(i) for i in range(n)]

        def busy(row):
            for _ in range({work}):
                pass
            return os.getpid() if row.n >= 0 else 0

        sc = SparkContext("local[2]", "test")
        wait_for_worker(sc)
        for _ in range(3):
            pids = sc.parallelize(rows({4000 if moves else 100_000}), 2).map(busy).distinct().count()
        print(pids)
        """,
        PYTHONHASHSEED="0",
    )
    assert (said.strip() == "1") is not moves, program.err
