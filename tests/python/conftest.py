"""Fixtures that every Python test may use: a SparkContext on both execution paths, and none left over."""

import signal
from collections.abc import Callable, Iterator

import pytest
from pyrite.conf import SparkConf
from pyrite.context import SparkContext

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell's background job ignores Ctrl-C, and so would all programs that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# pyrite.native, task threads, pyrite.python.workers
WAYS = [
    *(pytest.param((native, n, "auto"), id=f"{native}-{n}") for native in ("auto", "off") for n in (1, 2)),
    pytest.param(("off", 2, "2"), id="workers"),
]


@pytest.fixture(autouse=True)
def _no_context_left() -> Iterator[None]:
    """Whatever a test does, the next one starts without a context."""
    yield
    active = SparkContext._active_spark_context
    if active is not None:
        active.stop()


@pytest.fixture
def make_sc() -> Callable[..., SparkContext]:
    """Makes contexts with settings: `make_sc("local[2]", **{"pyrite.native": "off"})`; the last one is stopped."""

    def make(master: str = "local[2]", appName: str = "test", **settings: object) -> SparkContext:
        return SparkContext(master, appName, conf=SparkConf().setAll([(k, str(v)) for k, v in settings.items()]))

    return make


@pytest.fixture(params=WAYS)
def sc(request: pytest.FixtureRequest, make_sc: Callable[..., SparkContext]) -> Iterator[SparkContext]:
    """A context with native code on and off, with one and with two threads, and with worker processes."""
    native, threads, workers = request.param
    context = make_sc(f"local[{threads}]", **{"pyrite.native": native, "pyrite.python.workers": workers})
    yield context
    context.stop()
