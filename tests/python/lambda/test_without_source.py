"""Functions without source, read from their bytecode: the same trees as from source, or none."""

import ast
import itertools
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from lambda_reference import evaluate, make, reason, tree
from pyrite._lambda import freeze

SETTINGS = settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
HERE = Path(__file__).parent
NO_SOURCE = (
    "has no source, and its bytecode is more than one expression: run it from a file, a notebook, "
    "`python -m pyrite -` or `pyrite shell`"
)
# What is more than one expression, or what no function of this compiles with anyhow.
MORE = (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await, ast.Starred, ast.DictComp, ast.SetComp, ast.Lambda)


def lambdas_of(text):
    """The source of every lambda in a program, and in the texts that it holds."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Lambda):
            yield node
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "lambda" in node.value:
            try:
                yield from lambdas_of(node.value.strip())
            except (SyntaxError, ValueError):
                pass


def is_one_expression(node):
    for inner in ast.walk(node.body):
        if isinstance(inner, MORE) or (isinstance(inner, ast.keyword) and inner.arg is None):
            return False
        if isinstance(inner, ast.ListComp | ast.GeneratorExp) and len(inner.generators) > 1:
            return False
    return True


def sources():
    found = {}
    for file in sorted(HERE.parent.rglob("*.py")):
        for node in lambdas_of(file.read_text("utf-8")):
            if is_one_expression(node):
                node.args.defaults = []
                found[ast.unparse(node)] = None
    return list(found)


def both(source):
    """What a function with source and the same without have become: its tree, or why it has none."""
    function = make(source)
    for one in function, eval(source, function.__globals__):
        frozen = freeze(one)
        yield frozen.expression or frozen.reason


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_every_lambda_of_the_tests():
    found = {source: tuple(both(source)) for source in sources()}
    assert len(found) > 1000
    assert [source for source, (_, without) in found.items() if without == NO_SOURCE] == []
    # What the compiler folded is a constant here: `2 ** 60`, a list behind `in`.
    different = [source for source, (with_source, without) in found.items() if with_source != without]
    assert len(different) <= len(found) // 100, different


LEAVES = st.sampled_from(["a", "b", "c", "1", "0", "(a, b)", "None", "''", "f'{a}!{b:>3}'"])


def extend(inner):
    two, three = st.tuples(inner, inner), st.tuples(inner, inner, inner)
    return st.one_of(
        three.map("({0[0]} if {0[1]} else {0[2]})".format),
        two.map("({0[0]} and {0[1]})".format),
        two.map("({0[0]} or {0[1]})".format),
        three.map("({0[0]} and {0[1]} and {0[2]})".format),
        three.map("({0[0]} or {0[1]} or {0[2]})".format),
        inner.map("(not {})".format),
        two.map("({0[0]} == {0[1]})".format),
        three.map("({0[0]} == {0[1]} != {0[2]})".format),
        inner.map("({} is None)".format),
        two.map("({0[0]}, {0[1]})".format),
        two.map("[{0[0]} for d in (a, {0[1]})]".format),
        two.map("[d for d in (a, {0[0]}) if {0[1]}]".format),
        inner.map("str({})".format),
    )


@SETTINGS
@given(st.recursive(LEAVES, extend, max_leaves=8), st.tuples(*[st.sampled_from(["", "x", "xy"])] * 3))
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_conditions_within_conditions(body, row):
    function = eval(f"lambda a, b, c: {body}", {})
    frozen = freeze(function)
    if frozen.reason is not None:
        # Only what is known to be the same is taken: the compiler can change an expression beyond recognition.
        event(f"not read: {frozen.reason}")
        return
    assert evaluate(tree(function), row) == function(*row)


def test_share_of_conditions_that_are_read():
    parts = ["a", "not b", "(a and b)", "(a or c)", "(b if c else a)", "a == b == c"]
    shapes = [
        "{0} and {1} or {2}",
        "{0} if {1} else {2}",
        "({0}, {1} if {2} else c)",
        "f'{{{0} or {1}}}' if {2} else b",
    ]
    made = [f"lambda a, b, c: {s.format(*p)}" for s in shapes for p in itertools.product(parts, repeat=3)]
    not_read = [source for source in made if freeze(eval(source, {})).reason == NO_SOURCE]
    # 3.14 copies the end of some, such as `a and (b or c) or (b or c)`, where it can't be seen.
    assert len(not_read) <= len(made) // (50 if sys.version_info < (3, 14) else 25), not_read


CODE = """
f = lambda x: x + 1
def g(x):
    "Says what it does."
    return [w for w in x.split(",") if w]
def h(x):
    y = x
    return y
"""


def without_source(text):
    scope = {}
    exec(compile(text, "<generated>", "exec"), scope)
    return scope


def test_functions_that_exec_made():
    scope = without_source(CODE)
    assert tree(scope["f"]) == tree(make("lambda x: x + 1"))
    assert tree(scope["g"]) == tree(make("lambda x: [w for w in x.split(',') if w]"))
    assert reason(scope["h"]) == NO_SOURCE


def test_captures_parameters_and_functions_that_are_called():
    scope = without_source(
        "def outer(n):\n    return lambda x, /, y=2, *, z=3: g(x) + n + y + z\ndef g(x):\n    return x * 2\n"
    )
    assert evaluate(tree(scope["outer"](5)), (7,)) == 7 * 2 + 5 + 2 + 3


def test_several_lines_and_constants():
    f = without_source("f = lambda x: (\n  x.lower()\n  if x\n  else (1, 2.5, 'a', None)\n)")["f"]
    assert tree(f) == tree(make("lambda x: x.lower() if x else (1, 2.5, 'a', None)"))


PROGRAM = """
from pyrite import SparkConf, SparkContext
sc = SparkContext("local[2]", "test", conf=SparkConf().set("pyrite.native", "require"))
counts = sc.parallelize(["a b", "b"]).flatMap(lambda l: l.split()).map(lambda w: (w, 1)).reduceByKey(lambda a, b: a + b)
print(sorted(counts.collect()))
"""


def test_a_program_from_standard_input():
    done = subprocess.run([sys.executable, "-"], input=PROGRAM, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("[('a', 1), ('b', 2)]\n", "")


def test_a_module_of_which_only_the_bytecode_is_there(tmp_path, monkeypatch):
    source = tmp_path / "only_bytecode.py"
    source.write_text("f = lambda x: x.upper() if x else 'none'\n")
    py_compile.compile(str(source), cfile=str(source) + "c", doraise=True)
    source.unlink()
    monkeypatch.syspath_prepend(tmp_path)
    import only_bytecode

    assert tree(only_bytecode.f) == tree(make("lambda x: x.upper() if x else 'none'"))
