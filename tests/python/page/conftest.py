"""A SparkContext with a page, and a browser to look at it with."""

import subprocess
import sys
from pathlib import Path

import pytest
from pyrite import SparkConf, SparkContext

sys.path.insert(0, str(Path(__file__).parent))
import browser  # noqa: E402

_left_out = pytest.StashKey[bool]()


@pytest.fixture
def make_page():
    """Makes contexts with a page at a free port; `keep` lets the last one live on, as one of another process would."""
    made = []

    def make(port="0", keep=False, **settings):
        if keep:
            SparkContext._active_spark_context = None
        conf = SparkConf().setMaster("local[2]").setAppName("page").set("spark.ui.port", port)
        for key, value in settings.items():
            conf.set(key, value)
        made.append(SparkContext(conf=conf))
        return made[-1]

    yield make
    for sc in reversed(made):
        sc.stop()
    SparkContext._active_spark_context = None


@pytest.fixture(scope="session")
def chromium(request):
    """A real browser, the same for all tests. Where there is none they don't run, and that is said loudly in the end."""
    if browser.program() is None:
        request.config.stash[_left_out] = True
        pytest.skip("there is no Chromium here")
    with browser.launched() as launched:
        yield launched


class Program:
    """The program of running.py; `base` is where its page is."""

    def __init__(self, directory):
        command = [sys.executable, str(Path(__file__).with_name("running.py")), str(directory)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.base = self._process.stdout.readline().strip()

    def tell(self, what):
        """Has it do something: `job` or `linger`."""
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()

    def stop(self):
        self._process.stdin.close()
        assert self._process.wait(60) == 0
        self._process.stdout.close()


@pytest.fixture(scope="session")
def program(chromium, tmp_path_factory):
    program = Program(tmp_path_factory.mktemp("program"))
    yield program
    program.stop()


def pytest_terminal_summary(terminalreporter, config):
    if config.stash.get(_left_out, False):
        terminalreporter.write_line(
            "=== THERE IS NO CHROMIUM HERE: the web page was NOT opened in a browser ===", red=True
        )
