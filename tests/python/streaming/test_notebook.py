"""A real Jupyter kernel: each batch is printed under the cell that waits, an interrupt leaves the next cell working."""

import time

import pytest

manager = pytest.importorskip("jupyter_client.manager")

MAKE = """
from pyrite.context import SparkContext
from pyrite.streaming import StreamingContext
sc = SparkContext("local[2]")
ssc = StreamingContext(sc, 0.2)
stream = ssc.queueStream([[0]], default=[1])
stream.foreachRDD(lambda rdd: print("batch", rdd.first()))
ssc.start()
"""

SLEEPS = "sc.parallelize([1]).map(lambda x: time.sleep(5)).collect()"


class Kernel:
    """Runs cells; `cell` gives (cell, what, text) of all output seen meanwhile, and the answer's delay."""

    def __init__(self, client, kernel):
        self.client, self.kernel, self.names = client, kernel, {}

    def cell(self, name, code, interrupt_after=None):
        message = self.client.execute(code)
        self.names[message] = name
        begin, interrupted, seen = time.monotonic(), None, []
        while time.monotonic() - begin < 60:
            if interrupt_after and interrupted is None and time.monotonic() - begin > interrupt_after:
                interrupted = time.monotonic()
                self.kernel.interrupt_kernel()
            try:
                answer = self.client.get_iopub_msg(timeout=0.05)
            except Exception:  # noqa: BLE001 - queue.Empty, of whichever version
                continue
            kind, content, parent = answer["msg_type"], answer["content"], answer["parent_header"].get("msg_id")
            if kind in ("stream", "error", "execute_result"):
                text = content.get("text") or content.get("ename") or content["data"]["text/plain"]
                seen.append((self.names.get(parent), kind, text))
            if kind == "status" and content["execution_state"] == "idle" and parent == message:
                return seen, time.monotonic() - (interrupted or begin)
        raise AssertionError(f"the cell {name} does not end: {seen}")


@pytest.fixture
def kernel():
    """A running kernel of this Python."""
    pytest.importorskip("ipykernel")
    process, client = manager.start_new_kernel(kernel_name="python3")
    try:
        yield Kernel(client, process)
    finally:
        client.stop_channels()
        process.shutdown_kernel(now=True)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_output_and_interrupts(kernel):
    kernel.cell("start", MAKE)

    seen, _ = kernel.cell("other", "import time; time.sleep(0.7)")
    assert {cell for cell, _, text in seen if "batch" in text} == {"start"}

    seen, _ = kernel.cell("wait", "ssc.awaitTerminationOrTimeout(0.9)")
    assert "wait" in {cell for cell, _, text in seen if "batch" in text}
    # A batch may print before the cell is done.
    assert ("wait", "execute_result", "False") in seen

    seen, delay = kernel.cell("interrupted", "ssc.awaitTermination()", interrupt_after=0.7)
    text = "".join(t for cell, kind, t in seen if kind == "stream" and cell == "interrupted")
    assert "batch 1" in text
    assert text.endswith("Interrupted: the StreamingContext was stopped; the SparkContext goes on.\n")
    assert not [s for s in seen if s[1] == "error"]
    assert delay < 0.5  # 100 ms, and what a busy machine adds

    seen, _ = kernel.cell("next", "sc.parallelize([1, 2]).count()")
    assert seen == [("next", "execute_result", "2")]

    delays = []
    for _ in range(3):  # the first shows IPython's first traceback, for which it imports much
        seen, delay = kernel.cell("job", SLEEPS, interrupt_after=0.5)
        assert ("job", "error", "KeyboardInterrupt") in seen
        delays.append(delay)
    assert min(delays) < 0.5

    again = "ssc = StreamingContext(sc, 0.2)\nssc.queueStream([[0]]).map(lambda x: 1 // x).pprint()\nssc.start()"
    kernel.cell("again", again)
    seen, _ = kernel.cell("failing", "ssc.awaitTermination(5)")
    assert ("failing", "error", "ZeroDivisionError") in seen
