"""Code that has changed between two runs: what is used, and what is said of it."""

import os
import shutil
import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
import os, sys
from pathlib import Path
from pyrite.context import SparkContext
from pyrite.streaming import StreamingContext
from pyrite.testing import advance, manual_clock_conf
import shop

place = Path(sys.argv[1])

def show(time, rdd):
    print(time.second, sorted(map(str, rdd.collect())), flush=True)

def setup():
    ssc = StreamingContext(SparkContext("local[2]", "shop", conf=manual_clock_conf()), 1)
    lines = ssc.textFileStream(str(place / "incoming"))
    lines.map(shop.price).map(lambda n: (n, shop.Bill(n))).updateStateByKey(shop.latest).foreachRDD(show)
    return ssc

ssc = StreamingContext.getOrCreate(str(place / "checkpoints"), setup)
ssc.start()
for name in sys.argv[2:]:
    hidden = place / f".{name}"
    hidden.write_text(name)
    os.utime(hidden, (0, 0))
    hidden.rename(place / "incoming" / name)
    advance(ssc)
ssc.stop()
"""

SHOP = """
class Bill:
    def __init__(self, sum):
        self.sum = sum
    def __str__(self):
        return f"bill of {self.sum}"

def price(word):
    return len(word)

def latest(new, old):
    return (new or [old])[-1]

def made_in_a_function():
    class Bill:
        def __init__(self, sum):
            self.sum = sum
        def __repr__(self):
            return f"bill of {self.sum}"
    return Bill
"""


@pytest.fixture
def program(tmp_path):
    (tmp_path / "incoming").mkdir()
    script, shop = tmp_path / "program.py", tmp_path / "shop.py"
    script.write_text(PROGRAM)
    shop.write_text(textwrap.dedent(SHOP))

    def run(*names):
        done = subprocess.run(
            [sys.executable, script, tmp_path, *names],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "TZ": "UTC", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        )
        return done.returncode, done.stdout.splitlines(), done.stderr

    run.script, run.shop = script, shop
    code, out, err = run("a", "bbb")
    assert (code, err) == (0, "")
    assert [line[:2] for line in out] == ["1 ", "2 "]
    return run


def edit(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_what_is_as_it_was_says_nothing(program):
    code, out, err = program("cc")
    assert (code, err, len(out)) == (0, "", 1)
    assert out[0].startswith("3 ")
    assert out[0].count("shop.Bill") == 3


def test_a_module_is_used_as_it_is_now_and_that_is_said(program):
    edit(program.shop, "len(word)", "100 + len(word)")
    code, out, err = program("cc")
    assert code == 0, err
    assert "102" in out[0]
    assert f"The module shop ({program.shop}) has changed since then" in err
    assert "checkpoints/checkpoint-2000" in err
    assert "The program" not in err


def test_the_program_itself_is_used_as_it_was_and_that_is_said(program):
    edit(program.script, "print(time.second,", "print('new', time.second,")
    code, out, err = program("cc")
    assert code == 0, err
    assert out[0].startswith("3 "), "the function of the checkpoint"
    assert f"The program {program.script} has changed since then" in err
    assert "give another directory or remove this one" in err


def refused(program):
    """The last line of what it says when it can't go on: of which directory, and which module has changed."""
    code, out, err = program("cc")
    assert (code, out) == (1, [])
    last = err.splitlines()[-1]
    assert f"Failed to read checkpoint from directory {program.shop.parent / 'checkpoints'}" in last
    assert f"The module shop ({program.shop}) has changed since then" in last
    return last


def test_a_function_that_is_gone_is_an_error(program):
    edit(program.shop, "def price", "def prices")
    last = refused(program)
    assert "price" in last
    assert "Make the modules importable that the program had" in last


def test_a_class_of_states_that_is_gone_is_an_error(program):
    edit(program.shop, "class Bill", "class Account")
    edit(program.script, "shop.Bill(n)", "n")
    assert "Bill" in refused(program)


def test_states_whose_class_no_name_finds_are_there_again(program):
    edit(program.script, "import shop\n", "import shop\nshop.Bill = shop.made_in_a_function()\n")
    shutil.rmtree(program.shop.parent / "checkpoints")
    shutil.rmtree(program.shop.parent / "incoming")
    (program.shop.parent / "incoming").mkdir()
    assert program("a", "bbb")[0] == 0
    code, out, err = program("cc")
    assert code == 0, err
    assert out == ["3 ['(1, bill of 1)', '(2, bill of 2)', '(3, bill of 3)']"]
