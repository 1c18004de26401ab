"""Fixtures that every Python test may use: a SparkContext on both execution paths, and none left over.

`PYRITE_TEST_SETTINGS="pyrite.memory.limit=1m ..."` adds settings to every context that the tests make, under their own
ones, so that the same tests can run another way (`make test-spilling`). `PYRITE_SOAK=1` lets the tests marked `soak` run,
and `PYRITE_SOAK_SCALE=0.1` makes those of them that count something a tenth as long.
"""

import os
import signal
import time
import zlib
from collections.abc import Callable, Iterator

import pytest
from pyrite.conf import SparkConf
from pyrite.context import SparkContext

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell's background job ignores Ctrl-C, and so would all programs that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# pyrite.native, task threads, pyrite.python.workers; `either`: one test with native code and the next without it
WAYS = [
    *(pytest.param((native, n, "auto"), id=f"{native}-{n}") for native in ("auto", "off") for n in (1, 2)),
    pytest.param(("either", 2, "2"), id="workers"),
]

EVERYWHERE = dict(pair.split("=", 1) for pair in os.environ.get("PYRITE_TEST_SETTINGS", "").split())
SOAK = os.environ.get("PYRITE_SOAK", "0") not in ("", "0")


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is UTC, where that can be changed."""
    if not hasattr(time, "tzset"):
        yield
        return
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def directory_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists in a queue can't be written down; streams with a state start all the same."""
    monkeypatch.setattr("pyrite.streaming.StreamingContext._has_directory", lambda _: True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long forms run when they are asked for."""
    if not SOAK:
        for item in items:
            if item.get_closest_marker("soak"):
                item.add_marker(pytest.mark.skip(reason="a long form: make soak"))


@pytest.fixture
def scaled() -> Callable[[int], int]:
    """How many of something a long form has."""
    scale = float(os.environ.get("PYRITE_SOAK_SCALE", "1"))
    return lambda count: max(10, round(count * scale))


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[[object], None]:
    """Prints what a long form has measured, also where nothing failed."""

    def tell(measured: object) -> None:
        with capsys.disabled():
            print(f"\n{measured}")

    return tell


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
        wanted = {**EVERYWHERE, **settings}
        return SparkContext(master, appName, conf=SparkConf().setAll([(k, str(v)) for k, v in wanted.items()]))

    return make


@pytest.fixture(params=WAYS)
def sc(request: pytest.FixtureRequest, make_sc: Callable[..., SparkContext]) -> Iterator[SparkContext]:
    """A context with native code on and off, with one and with two threads, and with worker processes."""
    native, threads, workers = request.param
    if native == "either":
        native = "auto" if zlib.crc32(request.node.nodeid.encode()) % 2 else "off"
    context = make_sc(f"local[{threads}]", **{"pyrite.native": native, "pyrite.python.workers": workers})
    yield context
    context.stop()
