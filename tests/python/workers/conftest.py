"""Contexts whose Python functions run in worker processes, and programs run on their own.

Programs beside the tests are imported by name.
"""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


# A worker takes a while to start, on a machine that is busy longer than a test's tasks may last. From here on there is one.
THERE_IS_A_WORKER = """
def wait_for_worker(sc):
    import os
    def where(x):
        for _ in range(3000):
            pass
        return os.getpid()
    while sc.parallelize(range(8000), 2).map(where).distinct().count() < 2:
        pass
"""


@pytest.fixture
def away(make_sc):
    """A context whose Python functions all run in two workers."""
    return make_sc("local[2]", **{"pyrite.native": "off", "pyrite.python.workers": "2"})


@pytest.fixture
def program(tmp_path):
    """`program(source, **environment)`: runs a script as a user does and gives what it printed. What needs a task that moves
    calls `wait_for_worker(sc)` first.
    """

    def run(source, **environment):
        script = tmp_path / "program.py"
        script.write_text(THERE_IS_A_WORKER + textwrap.dedent(source))
        env = {**os.environ, **environment}
        env = {name: value for name, value in env.items() if value is not None}
        # The time is a guard against what hangs, as pytest's own is.
        done = subprocess.run(
            [sys.executable, str(script)], capture_output=True, text=True, timeout=110, env=env, check=False
        )
        run.err = done.stderr
        return done.stdout

    return run
