"""Key functions and partition functions that aren't compiled, and texts of rows: in worker processes as anywhere."""

import os
import signal
import sys
from pathlib import Path

import pytest


class Odd:
    """Rows of a class of one's own."""

    def __init__(self, number):
        self.number = number

    def __repr__(self):
        return f"Odd({self.number})"

    def __eq__(self, other):
        return type(other) is Odd and self.number == other.number

    __hash__ = None


def slowly(value):
    """A value, by a loop that no kernel does."""
    left = 3
    while left:
        left = left - 1 if [left] else 0
        globals()  # nothing compiles this
    return value


def mutating(row):
    row.append(len(row))
    return -row[0]


ROWS = {
    "ints": [(7 * i) % 100 - 50 for i in range(300)],
    "floats": [i % 13 + 0.5 for i in range(100)] + [-0.0, 0.0, float("inf"), float("-inf")],
    "texts": [f"{i % 17}é\U0001f600" for i in range(200)],
    "mixed": [3, "a", 2.5, None, (1,), b"x", True, 2**70] * 5,
    "lists": [[i % 10, "x"] for i in range(50)],
    "dicts": [{"k": i % 7, "v": [i]} for i in range(60)],
    "odd": [Odd(i % 11) for i in range(80)],
    "few": [5],
    "none": [],
    "late": [*range(9000), "last", [1]],
}
KEYS = {
    "ints": lambda x: slowly(-x),
    "floats": lambda x: slowly((x, None)),
    "texts": lambda x: slowly(x[::-1]),
    "mixed": lambda x: slowly(repr(x)),
    "lists": mutating,
    "dicts": lambda x: slowly([x["k"], str(x["v"])]),
    "odd": lambda x: slowly(-x.number),
    "few": slowly,
    "none": slowly,
    "late": lambda x: slowly(str(x)),
}
WAYS = [(native, workers) for native in ("auto", "off") for workers in ("0", "auto", "2")]


@pytest.fixture
def same(make_sc):
    """`same(program)`: what a program answers, which is the same wherever its functions run."""

    def same(program):
        answers = []
        for native, workers in WAYS:
            with make_sc("local[2]", **{"pyrite.native": native, "pyrite.python.workers": workers}) as sc:
                answers.append(program(sc))
        for way, answer in zip(WAYS, answers, strict=True):
            assert repr(answer) == repr(answers[0]), way
        return answers[0]

    return same


def failure(action):
    try:
        return action()
    except Exception as error:  # noqa: BLE001 - whatever it is
        return type(error).__name__, str(error), getattr(error, "__notes__", None)


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("kind", ROWS)
def test_sortBy_gives_the_same(same, kind, ascending):
    rows, key = ROWS[kind], KEYS[kind]
    expected = sorted([list(row) if type(row) is list else row for row in rows], key=key, reverse=not ascending)

    def program(sc):
        return [sc.parallelize(rows, 3).sortBy(key, ascending, n).collect() for n in (1, 3)]

    assert repr(same(program)) == repr([expected, expected])


@pytest.mark.parametrize("kind", ROWS)
def test_rows_that_Python_makes_are_sorted_the_same(same, kind):
    rows, key = ROWS[kind], KEYS[kind]
    expected = sorted([list(row) if type(row) is list else row for row in rows], key=key)

    def program(sc):
        made = sc.parallelize(rows, 3).map(slowly)
        return made.sortBy(key).collect(), made.mapPartitions(lambda part: part).sortBy(key).collect()

    assert repr(same(program)) == repr((expected, expected))


def test_one_list_for_all_rows_is_seen_as_it_is_when_its_turn_comes(same):
    buffer = [0]

    def reuse(x):
        buffer[0] = x
        return buffer

    # As in PySpark, where a row meets all functions before the next one does.
    keyed = same(lambda sc: sc.parallelize([3, 1, 2], 1).map(reuse).keyBy(lambda row: row[0]).keys().collect())
    assert keyed == [3, 1, 2]


def test_pairs_by_a_function_of_their_key(same):
    pairs = [(i % 50, i) for i in range(400)]
    lists = [[i % 5, i] for i in range(20)]

    def program(sc):
        rows = sc.parallelize(pairs, 3)
        yield rows.sortByKey(False, 2, lambda k: slowly(str(k))).collect()
        yield rows.sortByKey(True, 1, lambda k: slowly(str(k))).collect()
        yield sc.parallelize(lists, 2).sortByKey(True, 2, lambda k: slowly(-k)).collect()
        yield (
            rows.repartitionAndSortWithinPartitions(3, lambda k: slowly(k // 3), False, lambda k: slowly(k % 7))
            .glom()
            .collect()
        )
        yield rows.mapValues(Odd).sortByKey(True, 2, lambda k: slowly(-k)).collect()

    found = same(lambda sc: list(program(sc)))
    assert found[0] == sorted(pairs, key=lambda pair: str(pair[0]), reverse=True)
    assert found[2] == sorted([tuple(pair) for pair in lists], key=lambda pair: -pair[0])


@pytest.mark.parametrize(
    "function",
    [
        lambda k: slowly(k),
        lambda k: slowly(-k),
        lambda k: slowly(k % 2 == 0),
        lambda k: slowly(2**70 + k),
        lambda k: slowly(k) if k < 150 else slowly(True),
    ],
    ids=["int", "negative", "bool", "huge", "both"],
)
@pytest.mark.parametrize("value", [lambda i: i, Odd, lambda i: [i], lambda i: i if i < 150 else [i]])
def test_partitionBy_gives_the_same(same, function, value):
    pairs = [(i % 200, value(i)) for i in range(300)]

    def program(sc):
        rows = sc.parallelize(pairs, 2)
        return [rows.partitionBy(n, function).glom().collect() for n in (1, 3)]

    parts = [[], [], []]
    for pair in pairs:
        parts[function(pair[0]) % 3].append(pair)
    assert repr(same(program)) == repr([[pairs], parts])


def test_combiners_go_where_a_partition_function_says(same):
    pairs = [(i % 20, i) for i in range(300)]

    def where(k):
        return slowly(k * k)

    def program(sc):
        rows = sc.parallelize(pairs, 3)
        yield rows.reduceByKey(lambda a, b: slowly(a + b), 3, where).glom().collect()
        yield rows.reduceByKey(lambda a, b: a + b, 3, where).glom().collect()
        yield rows.groupByKey(3, where).mapValues(list).glom().collect()
        yield rows.aggregateByKey([], lambda a, v: a + [v], lambda a, b: a + b, 3, where).glom().collect()
        yield rows.join(sc.parallelize(pairs[:30], 2), 3).count()
        yield rows.foldByKey(0, lambda a, b: slowly(max(a, b)), 2, where).glom().collect()

    found = same(lambda sc: list(program(sc)))
    assert [sorted(k for k, _ in part) for part in found[0]] == [
        [k for k in range(20) if k * k % 3 == part] for part in range(3)
    ]
    assert found[0] == found[1] == [[(k, sum(vs)) for k, vs in part] for part in found[2]]
    assert found[2] == found[3]


@pytest.mark.parametrize("made", [lambda rows: rows, lambda rows: rows.map(slowly)], ids=["columns", "objects"])
def test_errors_say_the_same(same, made):
    def raising(x):
        if x == 4:
            raise KeyError(x)
        return x

    def stopping(x):
        if x == 4:
            raise StopIteration
        return x

    def program(sc):
        rows = made(sc.parallelize(range(9), 2))
        pairs = made(sc.parallelize([(i, "v") for i in range(9)], 2))
        for action in (
            lambda: rows.sortBy(raising).collect(),
            lambda: rows.sortBy(stopping).collect(),
            lambda: pairs.sortByKey(True, 2, raising).collect(),
            lambda: pairs.sortByKey(True, 1, raising).collect(),
            lambda: rows.sortByKey(True, 2, raising).collect(),
            lambda: pairs.partitionBy(2, raising).collect(),
            lambda: pairs.partitionBy(2, stopping).collect(),
            lambda: rows.partitionBy(2, raising).collect(),
            lambda: pairs.partitionBy(2, lambda k: slowly("text")).collect(),
            lambda: pairs.partitionBy(2, lambda k: slowly(None)).collect(),
            lambda: rows.sortBy(lambda x: slowly(x if x < 5 else "text")).collect(),
            lambda: rows.top(2, raising),
        ):
            yield failure(action)

    found = same(lambda sc: list(program(sc)))
    assert found[0][0] == "KeyError"
    assert found[0][2][0].endswith("on partition 1; the record: 4")
    assert found[5][2][0].endswith("on partition 1; the record: (4, 'v')")


def test_accumulators_count_each_row_once(same):
    def program(sc):
        seen = sc.accumulator(0)

        def key(x):
            seen.add(1)
            return -x

        rows = sc.parallelize(range(10_000), 2)
        rows.sortBy(key).collect()
        rows.map(slowly).sortBy(key).count()
        rows.map(lambda x: (x, x)).partitionBy(3, key).count()
        return seen.value

    assert same(program) == 30_000


def test_key_functions_run_in_workers(make_sc):
    here = os.getpid()
    with make_sc("local[2]", **{"pyrite.python.workers": "2"}) as sc:
        for rows in (sc.parallelize(range(40), 2), sc.parallelize(range(40), 2).map(slowly)):
            away = sc.accumulator(0)

            def key(x, away=away):
                away.add(int(os.getpid() != here))
                return -x

            assert rows.sortBy(key).collect() == list(range(39, -1, -1))
            assert away.value == 40
            rows.map(lambda x: (x, x)).partitionBy(3, key).collect()
            assert away.value == 80
            rows.map(lambda x: (x, x)).sortByKey(True, 2, key).collect()
            assert away.value == 120
            assert rows.takeOrdered(3, key) == [39, 38, 37]
            assert rows.top(2, key) == [0, 1]
            assert away.value == 200


def test_keys_move_when_they_keep_the_interpreter_busy(program):
    said = program(
        """
        import os
        from pyrite import SparkContext
        sc = SparkContext("local[2]", "test")
        wait_for_worker(sc)
        here = os.getpid()
        for action in ("sortBy", "partitionBy", "saveAsTextFile"):
            away = sc.accumulator(0)
            class Row:
                def __init__(self, x):
                    self.x = x
                def __str__(self):
                    return str(busy(self.x))
            def busy(x):
                for _ in range(3000):
                    globals()
                away.add(int(os.getpid() != here))
                return x % 3
            rows = sc.parallelize(range(8000), 2)
            if action == "sortBy":
                done = [x % 3 for x in rows.sortBy(busy).collect()]
                right = done == sorted(done)
            elif action == "partitionBy":
                right = [{x % 3 for x, _ in part} for part in rows.map(lambda x: (x, x)).partitionBy(3, busy).glom().collect()] == [{0}, {1}, {2}]
            else:
                import tempfile
                folder = tempfile.mkdtemp() + "/out"
                rows.map(Row).saveAsTextFile(folder)
                right = sc.textFile(folder).collect() == [str(x % 3) for x in range(8000)]
            print(action, right, 0 < away.value < 8000)
    """,
        PYTHONHASHSEED="0",
    )
    assert said.splitlines() == [f"{name} True True" for name in ("sortBy", "partitionBy", "saveAsTextFile")], (
        program.err
    )


TEXTS = [
    ["a", "b\nc", ""],
    [1, -1, 2**70],
    [1.5, -0.0, float("nan"), 1e300],
    [True, None, False],
    [b"caf\xc3\xa9", b"\xff", b""],
    [("a", 1), ("b\n", 2.5)],
    [["x", None], [1, [2]]],
    [{"k": "v"}, {1: (2,)}],
    [Odd(1), Odd(2)],
    ["text", 1, None, b"bytes", Odd(3), ("t",)],
    [bytearray(b"a"), range(3), 1 + 2j],
]


@pytest.mark.parametrize("rows", TEXTS, ids=repr)
def test_saveAsTextFile_writes_the_same(same, tmp_path, rows):
    count = iter(range(100))

    def program(sc):
        for made in (sc.parallelize(rows, 2), sc.parallelize(rows, 2).map(slowly), sc.parallelize(rows, 2).cache()):
            folder = tmp_path / str(next(count))
            made.saveAsTextFile(str(folder))
            yield [(file.name, file.read_bytes()) for file in sorted(folder.glob("part-*"))]

    found = same(lambda sc: list(program(sc)))
    lines = [row.decode("utf-8", "replace") if isinstance(row, bytes) else str(row) for row in rows]
    for files in found:
        assert b"".join(text for _, text in files) == "".join(f"{line}\n" for line in lines).encode()


def test_a_text_that_cannot_be_made_or_written(same, tmp_path):
    class Bad:
        def __str__(self):
            raise LookupError("no text")

        def __repr__(self):
            return "Bad()"

    def program(sc):
        yield failure(lambda: sc.parallelize([1, Bad()], 1).saveAsTextFile(str(tmp_path / "out")))
        yield failure(lambda: sc.parallelize(["\ud800"], 1).saveAsTextFile(str(tmp_path / "out")))

    found = same(lambda sc: list(program(sc)))
    assert [name for name, *_ in found] == ["LookupError", "ValueError"]
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("made", [lambda rows: rows, lambda rows: rows.map(slowly)], ids=["columns", "objects"])
@pytest.mark.parametrize("path", ["sortBy", "sortByKey", "within", "partitionBy", "takeOrdered", "saveAsTextFile"])
def test_the_task_of_a_worker_that_was_killed_begins_again_once(away, tmp_path, path, made):
    seen, first = away.accumulator(0), tmp_path / "first"

    def key(x):
        if x == 700 and not first.exists():
            first.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        seen.add(1)
        return -x

    rows = made(away.parallelize(range(1000), 2))
    pairs = rows.map(lambda x: (x, str(x)))
    down = list(range(999, -1, -1))
    if path == "sortBy":
        assert rows.sortBy(key).collect() == down
    elif path == "sortByKey":
        assert pairs.sortByKey(True, 2, key).keys().collect() == down
    elif path == "within":
        found = pairs.repartitionAndSortWithinPartitions(2, lambda k: slowly(k), True, key).keys().glom().collect()
        assert found == [down[1::2], down[::2]]
    elif path == "partitionBy":
        assert sorted(pairs.partitionBy(2, key).keys().collect()) == down[::-1]
    elif path == "takeOrdered":
        assert rows.takeOrdered(3, key) == [999, 998, 997]
    else:
        rows.map(lambda x: str(-key(x))).saveAsTextFile(str(tmp_path / "out"))
        lines = [line for part in sorted(Path(tmp_path / "out").glob("part-*")) for line in part.read_text().split()]
        assert lines == [str(x) for x in range(1000)]
    assert first.exists()
    # The program itself puts the partitions' rows in order.
    assert seen.value == 1000 + 6 * (path == "takeOrdered")
