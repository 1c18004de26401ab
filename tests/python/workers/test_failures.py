"""What goes wrong in a worker process reads like what goes wrong here."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback

import psutil
import pytest
from pyrite.errors import Py4JJavaError


class Odd(Exception):
    """Its arguments are not those of its __init__."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")
        self.second = second


def shown(error):
    return "".join(traceback.format_exception(error))


@pytest.fixture(params=[0, 2], ids=["here", "away"])
def both(request, make_sc):
    return make_sc("local[2]", **{"pyrite.native": "off", "pyrite.python.workers": request.param})


def raised(sc, function):
    with pytest.raises(BaseException) as caught:
        sc.parallelize(range(4), 2).map(function).collect()
    return caught.value


def test_the_traceback_shows_the_same_lines_and_positions(both):
    def inner(x):
        return 1 / (x - 2)

    def outer(x):
        return inner(x) + 1

    error = raised(both, outer)
    assert type(error) is ZeroDivisionError
    *_, first, second = traceback.extract_tb(error.__traceback__)
    assert (first.name, first.line, first.colno, first.end_colno) == ("outer", "return inner(x) + 1", 15, 23)
    assert (second.name, second.line, second.colno, second.end_colno) == ("inner", "return 1 / (x - 2)", 15, 26)
    assert error.__notes__ == ["while running map at test_failures.py:36 on partition 1; the record: 2"]
    assert "pyrite" not in [
        os.path.basename(os.path.dirname(f.filename)) for f in traceback.extract_tb(error.__traceback__)
    ]


def test_generators_closures_and_comprehensions_have_frames_too(both):
    factor = 0

    def numbers(rows):
        for x in rows:
            yield from (y // factor for y in [x])

    with pytest.raises(ZeroDivisionError) as caught:
        both.parallelize([1], 1).mapPartitions(numbers).collect()
    text = shown(caught.value)
    assert "yield from (y // factor for y in [x])" in text
    assert "~~^^~~~~~~~" in text


def test_the_first_error_in_the_rows_order_is_raised(both):
    def fail_at(bad, name):
        def check(x):
            if x == bad:
                raise ValueError(name)
            return x

        return check

    # Rows of 20,000 and more are in later chunks; the chain below a coalesce is another one.
    rows = both.parallelize(range(60_000), 2)
    for below, above, first in ((50_000, 10, "above"), (10, 50_000, "below"), (8193, 8192, "above")):
        chain = rows.map(fail_at(below, "below")).coalesce(1).map(fail_at(above, "above"))
        with pytest.raises(ValueError, match=first):
            chain.collect()
        with pytest.raises(ValueError, match=first):
            chain.map(lambda x: (x % 10, x)).reduceByKey(lambda a, b: a + b).collect()


def test_an_input_error_can_be_caught_by_a_generator(both):
    def fail(x):
        raise LookupError("below")

    def careful(rows):
        try:
            yield from rows
        except Exception as error:
            raise ValueError("caught") from error

    with pytest.raises(ValueError, match="caught"):
        both.parallelize([1], 2).map(fail).coalesce(1).mapPartitions(careful).collect()
    with pytest.raises(LookupError, match="below"):
        both.parallelize([1], 2).map(fail).coalesce(1).mapPartitions(lambda rows: list(rows)).collect()


def test_causes_come_along(both):
    def fail(x):
        try:
            {}[x]
        except KeyError as error:
            raise LookupError("no such row") from error

    error = raised(both, fail)
    assert type(error.__cause__) is KeyError
    assert "{}[x]\n" in shown(error)
    assert "direct cause of the following exception" in shown(error)


def test_an_exception_with_an_init_of_its_own_keeps_its_class_and_attributes(both):
    def fail(x):
        raise Odd("one", ["two"])

    class Local(Odd):
        pass

    def fail_locally(x):
        raise Local(x, x)

    error = raised(both, fail)
    assert (str(error), error.second, type(error).__name__) == ("one and ['two']", ["two"], "Odd")
    assert type(raised(both, fail_locally)) is Local


def test_an_exception_that_holds_a_lock_still_comes(both):
    def fail(x):
        error = ValueError("held")
        error.lock = threading.Lock()
        raise error

    error = raised(both, fail)
    assert (type(error), str(error)) == (ValueError, "held")


def test_an_exit_fails_the_job_and_recursion_comes_as_it_is(both):
    def leave(x):
        sys.exit(3)

    def deep(x):
        return deep(x)

    assert type(raised(both, leave)) is Py4JJavaError
    assert type(raised(both, deep)) is RecursionError


def test_the_program_catches_its_own_class(program):
    said = program("""
        from pyrite import SparkConf, SparkContext
        class Mine(Exception):
            def __init__(self, a, b):
                super().__init__(a)
        sc = SparkContext("local[2]", "test", conf=SparkConf().set("pyrite.python.workers", "2"))
        def fail(x):
            raise Mine("yes", x)
        try:
            sc.parallelize([1]).map(fail).collect()
        except Mine as error:
            print(error)
    """)
    assert said == "yes\n", program.err


@pytest.mark.parametrize("how", ["os._exit(3)", "os.kill(os.getpid(), 9)"])
@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_worker_that_ends_is_an_error_that_says_so_and_the_next_job_works(away, how):
    exec(f"def end(x):\n    import os\n    {how}", scope := {})
    with pytest.raises(Exception, match="worker process ended unexpectedly .* while running map"):
        away.parallelize([1, 2], 2).map(scope["end"]).collect()
    assert away.parallelize([1, 2], 2).map(lambda x: x + 1).collect() == [2, 3]


def kills_its_worker_once(path, at):
    def once(x):
        if x == at and not path.exists():
            path.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return x

    return once


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_the_task_of_a_worker_that_was_killed_begins_again(away, tmp_path):
    """Its rows are read again, from the lineage; nothing is lost, and nothing there twice."""
    from pyrite import TaskContext

    seen = away.accumulator(0)
    once = kills_its_worker_once(tmp_path / "first", 700)

    def counted(x):
        seen.add(1)
        return once(x), TaskContext.get().attemptNumber()

    rows = away.parallelize(range(1000), 2).map(counted).collect()
    assert [x for x, _ in rows] == list(range(1000))
    assert {attempt for x, attempt in rows if x >= 500} == {1}
    assert {attempt for x, attempt in rows if x < 500} == {0}
    assert seen.value == 1000
    # Before a shuffle, behind one, and where files are written.
    once = kills_its_worker_once(tmp_path / "second", 300)
    pairs = away.parallelize(range(1000), 3).map(lambda x: (once(x) % 7, [x])).reduceByKey(lambda a, b: a + b)
    assert sorted((key, len(found)) for key, found in pairs.collect()) == [(k, 143 - (k == 6)) for k in range(7)]
    once = kills_its_worker_once(tmp_path / "third", 6)
    assert sorted(pairs.map(lambda pair: once(pair[0])).collect()) == list(range(7))
    once = kills_its_worker_once(tmp_path / "fourth", 12)
    away.parallelize(range(20), 2).map(once).saveAsTextFile(str(tmp_path / "out"))
    assert away.textFile(str(tmp_path / "out")).collect() == [str(x) for x in range(20)]
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_the_rest_of_a_task_that_moved_begins_again_too(program, tmp_path):
    said = program(
        f"""
        import os, pathlib, signal
        from pyrite import SparkContext
        sc = SparkContext("local[2]", "test")
        wait_for_worker(sc)
        here, first = os.getpid(), pathlib.Path({str(tmp_path)!r}, "first")
        def busy(x):
            for _ in range(3000):
                pass
            if os.getpid() != here and not first.exists():
                first.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return x
        print(sc.parallelize(range(8000), 2).map(busy).collect() == list(range(8000)), first.exists())
    """,
        PYTHONHASHSEED="0",
    )
    assert said.split() == ["True", "True"], program.err


def busy_for(seconds):
    def busy(x):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass
        return x

    return busy


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_an_interrupt_ends_the_workers_task(away, tmp_path):
    away.parallelize([1, 2], 2).map(lambda x: x).collect()
    busy = busy_for(60)

    def named_and_busy(x):
        (tmp_path / str(os.getpid())).touch()
        return busy(x)

    rows = away.parallelize([1, 2], 2).map(named_and_busy)
    sent = []

    def interrupt():
        wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        rows.collect()
    assert time.monotonic() - sent[0] < 0.5
    workers = [int(path.name) for path in tmp_path.iterdir()]
    assert os.getpid() not in workers
    wait_for(lambda: not any(map(runs, workers)))
    assert away.parallelize([1, 2], 2).map(lambda x: x + 1).collect() == [2, 3]


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_failed_task_ends_the_others(away):
    def fail_or_wait(x):
        if x == 0:
            raise ValueError("at once")
        busy_for(60)(x)

    begin = time.monotonic()
    with pytest.raises(ValueError, match="at once"):
        away.parallelize([0, 1], 2).map(fail_or_wait).collect()
    assert time.monotonic() - begin < 5
    assert away.parallelize([1, 2], 2).map(lambda x: x + 1).collect() == [2, 3]


def test_stop_does_not_wait_for_a_worker(away):
    rows = away.parallelize([1, 2], 2).map(busy_for(60))
    errors = []

    def job():
        try:
            rows.collect()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=job)
    thread.start()
    time.sleep(0.5)
    begin = time.monotonic()
    away.stop()
    thread.join(5)
    assert time.monotonic() - begin < 3
    assert len(errors) == 1


PARENT = """
import os, sys, time
from pyrite import SparkConf, SparkContext
sc = SparkContext("local[2]", "test", conf=SparkConf().set("pyrite.python.workers", "1"))
path = sys.argv[1]
def endless(x):
    open(path, "w").write(str(os.getpid()))
    while True:
        pass
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_workers_end_with_their_parent_however_it_ends(tmp_path):
    script, mark = tmp_path / "program.py", tmp_path / "pid"
    script.write_text(textwrap.dedent(PARENT) + "sc.parallelize([1], 1).foreach(endless)\n")
    parent = subprocess.Popen([sys.executable, str(script), str(mark)])
    wait_for(lambda: mark.exists() and mark.read_text())
    pid = int(mark.read_text())
    parent.kill()
    parent.wait()
    wait_for(lambda: not runs(pid))


def test_a_program_with_workers_ends_at_once_and_quietly(program):
    begin = time.monotonic()
    said = program("""
        import os
        from pyrite import SparkConf, SparkContext
        sc = SparkContext("local[2]", "test", conf=SparkConf().set("pyrite.python.workers", "2"))
        print(sc.parallelize([1, 2], 2).map(lambda x: x + 1).collect())
    """)
    assert said == "[2, 3]\n"
    assert program.err == ""
    assert time.monotonic() - begin < 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_forked_child_has_workers_of_its_own(program):
    said = program("""
        import os
        from pyrite import SparkConf, SparkContext
        conf = SparkConf().set("pyrite.python.workers", "1")
        sc = SparkContext("local[2]", "test", conf=conf)
        first, = sc.parallelize([1], 1).map(lambda x: os.getpid()).collect()
        sc.stop()
        child = os.fork()
        if child == 0:
            sc = SparkContext("local[2]", "test", conf=conf)
            other, = sc.parallelize([1], 1).map(lambda x: os.getpid()).collect()
            print(other != first, flush=True)
            os._exit(0)
        os.waitpid(child, 0)
        sc = SparkContext("local[2]", "test", conf=conf)
        again, = sc.parallelize([1], 1).map(lambda x: os.getpid()).collect()
        print(again == first)
    """)
    assert said.split() == ["True", "True"], program.err


def test_functions_that_end_every_worker_at_once_are_an_error(away, tmp_path, monkeypatch):
    (tmp_path / "module_that_ends.py").write_text(
        textwrap.dedent("""
        import os

        def load(pid):
            if os.getpid() != pid:
                os._exit(7)
            return Ends(pid)

        class Ends:
            def __init__(self, pid):
                self.pid = pid

            def __reduce__(self):
                return load, (self.pid,)
        """)
    )
    monkeypatch.syspath_prepend(tmp_path)
    from module_that_ends import Ends

    ends = Ends(os.getpid())
    with pytest.raises(Exception, match="worker processes ended while they loaded the functions of map"):
        away.parallelize([1], 1).map(lambda x: (x, ends.pid)).collect()
    assert away.parallelize([1], 1).map(lambda x: x + 1).collect() == [2]


def test_notes_and_types_survive_what_does_not_pickle(both):
    import json

    def parse(x):
        json.loads("{")

    def lock(x):
        raise KeyError("bad", threading.Lock())

    class Rude(Exception):
        def __str__(self):
            raise RuntimeError("no text")

    def rude(x):
        raise Rude(threading.Lock())

    error = raised(both, parse)
    assert type(error) is json.JSONDecodeError
    assert error.pos == 1
    assert error.__notes__[0].startswith("while running map")
    error = raised(both, lock)
    assert (type(error), error.args[0]) == (KeyError, "bad")
    assert type(raised(both, rude)) is Rude


def test_an_error_of_the_input_has_its_own_type_there(both):
    def fail(x):
        raise LookupError("below")

    def careful(rows):
        try:
            yield from rows
        except LookupError as error:
            yield str(error)

    rows = both.parallelize([1], 2).map(fail).coalesce(1)
    assert rows.mapPartitions(careful).collect() == ["below"]


def test_what_is_strange_about_modules_and_streams_ends_no_task(away):
    def strange(x):
        import sys
        import types

        class Lazy(types.ModuleType):
            def __getattr__(self, name):
                raise ImportError(name)

        sys.modules["lazy_module_of_a_test"] = Lazy("lazy_module_of_a_test")
        sys.stdout = None
        return x

    assert away.parallelize(range(8), 8).map(strange).collect() == list(range(8))
    assert away.parallelize(range(8), 8).map(lambda x: x).collect() == list(range(8))


@pytest.mark.skipif(sys.platform == "win32", reason="looks for the parent")
def test_a_thread_that_a_function_left_keeps_no_worker(program):
    said = program("""
        import threading, time
        import psutil
        from pyrite import SparkConf, SparkContext
        sc = SparkContext("local[2]", "test", conf=SparkConf().set("pyrite.python.workers", "1"))
        def leave_a_thread(x):
            threading.Thread(target=time.sleep, args=(30,)).start()
            return x
        print(sc.parallelize([1], 1).map(leave_a_thread).collect())
        sc.stop()
        time.sleep(4)
        print(psutil.Process().children())
    """)
    assert said.split() == ["[1]", "[]"], program.err


def test_classes_of_the_program_keep_their_methods(program):
    said = program("""
        from pyrite import SparkConf, SparkContext
        F = 10
        class M:
            def area(self):
                return F
        def use(x):
            return M().area() + x
        for workers in ("0", "1"):
            with SparkContext("local[2]", "test", conf=SparkConf().set("pyrite.python.workers", workers)) as sc:
                F = 10
                print(sc.parallelize([1], 1).map(use).collect(), sc.parallelize([M()], 1).map(lambda m: m.area()).collect())
                F = 20
                print(M().area(), sc.parallelize([1], 1).map(use).collect(), M().area())
    """)
    assert said.splitlines() == ["[11] [10]", "20 [21] 20"] * 2, program.err
