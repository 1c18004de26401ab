"""What the executor keeps for itself goes now and then, while nobody else asks it."""

import gc
import threading

from pyrite._frames.ending import INSIDE
from pyrite._frames.executor import Executor


def test_it_goes_only_while_no_other_thread_is_inside():
    executor = Executor(2, "1GB", None)
    limit = executor.run("SELECT current_setting('memory_limit') AS l").column(0).to_pylist()
    assert executor.clear_up()
    inside, leave = threading.Event(), threading.Event()

    def stay():
        with INSIDE:
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=stay)
    thread.start()
    assert inside.wait(10)
    assert not executor.clear_up()
    leave.set()
    thread.join()
    assert executor.clear_up()
    assert executor.run("SELECT current_setting('memory_limit') AS l").column(0).to_pylist() == limit
    executor.close()
    assert not executor.clear_up()
    assert INSIDE.count == 0


def test_others_wait_for_it_and_a_finalizer_of_its_own_thread_does_not():
    executor = Executor(2, None, None)
    ran = []

    class Late:
        def __del__(self):
            executor.tidy()
            ran.append("finalizer")

    with INSIDE.alone() as alone:
        assert alone
        thread = threading.Thread(target=lambda: ran.append(executor.run("SELECT 1 AS one").num_rows))
        thread.start()
        loop = [Late()]
        loop.append(loop)
        del loop
        gc.collect()
        assert ran == ["finalizer"]
        thread.join(0.2)
        assert thread.is_alive()
    thread.join(10)
    assert ran == ["finalizer", 1]
    executor.close()
