"""What the tests of RDDs share."""

import time

import pytest


@pytest.fixture
def calls(tmp_path):
    """A function that counts its calls where tasks can, slowly enough for two tasks to meet, and the count."""

    class Calls:
        def mark(self, x):
            with open(tmp_path / "calls", "a") as file:
                file.write(".")
            time.sleep(0.002)
            return x

        @property
        def count(self):
            path = tmp_path / "calls"
            return len(path.read_text()) if path.exists() else 0

    return Calls()
