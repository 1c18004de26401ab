"""Functions of notebook cells: plain ones, and those that `%%time` and `%timeit` compile without keeping their source."""

import importlib.util
import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(importlib.util.find_spec("IPython") is None, reason="needs IPython")

PROGRAM = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(history_load_length=0)
shell.history_manager.enabled = False
shell.run_cell("from pyrite._lambda import freeze\\nimport re, threading\\nkept = []\\ndef keep(f):\\n    z = freeze(f)\\n"
               "    kept.append((z.name, z.reason or 'compiled'))\\n    return f\\n", store_history=True)
for cell in {cells!r}:
    result = shell.run_cell(cell, store_history=True)
    assert result.success, result.error_in_exec or result.error_before_exec
sys.stdout = sys.__stdout__
print()
print(repr(shell.user_ns["kept"]))
"""


def run(*cells):
    """Name and reason of what `keep` was called with in the cells."""
    program = textwrap.dedent(PROGRAM).format(cells=cells)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "IPYTHONDIR": "/nonexistent-ipython"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return eval(done.stdout.strip().splitlines()[-1])


def test_plain_cells():
    found = run(
        'f = keep(lambda line: re.split("\\W+", line)); g = keep(lambda w: (w, 1))',
        "k = 2\nkeep(lambda x: x + k)\n",
        "!true\nkeep(lambda x: x[0])\n",
    )
    assert found == [
        ("<lambda> at In[2]:1", "compiled"),
        ("<lambda> at In[2]:1", "compiled"),
        ("<lambda> at In[3]:2", "compiled"),
        ("<lambda> at In[4]:2", "compiled"),
    ]


def test_a_function_beside_an_import_of_its_module():
    function = "def field(line):\n    try:\n        return json.loads(line)['a']\n    except ValueError:\n        return None\n"
    found = run(f"import json\n{function}keep(field)", f"{function}keep(field)\nimport json")
    assert found == [("field at In[2]:2", "compiled"), ("field at In[3]:1", "compiled")]


def test_time_cells():
    found = run(
        "%%time\nf = keep(lambda x: x + 1)\ng = keep(lambda x: x[1])",
        "%%time\nkeep(lambda x: x.lower())",
        "%time f = keep(lambda x: x + 2)",
        "x = 1\n%time keep(lambda x: x + 3)",
    )
    assert [reason for _, reason in found] == ["compiled"] * 5


def test_timeit_cells():
    found = run(
        "%timeit -n 1 -r 1 keep(lambda x: x + 1)", "%%timeit -n1 -r1\nf = keep(lambda x: x + 1)\nkeep(lambda x: x + 2)"
    )
    assert {reason for _, reason in found} == {"compiled"}


def test_another_cell_does_not_mislead():
    keep = "%time kept.append((1, freeze(f).expression))"
    found = run("%time f = lambda x: x + 1", keep, "%time f = lambda x: x - 1", keep + "; x = lambda x: x + 1")
    assert ["add" in found[0][1], "sub" in found[1][1], len(found)] == [True, True, 2]


def test_a_redefined_function_is_read_anew():
    found = run(
        "def g(x):\n    return x + 1", "keep(lambda x: g(x))", "def g(x):\n    print(x)", "keep(lambda x: g(x))"
    )
    assert [reason for _, reason in found] == [
        "compiled",
        "calls g(), which has the statement `print(x)`, whose value is not used",
    ]
