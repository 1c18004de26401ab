"""Finding a function's source: by columns, checked against what runs."""

import functools
import importlib.util
import linecache
import os
import subprocess
import sys
import textwrap

import pytest
from lambda_reference import make, reason, tree
from pyrite._lambda import freeze

P, Q = {"param": 0}, {"param": 1}


def test_several_on_a_line():
    one, two, three = lambda x: x[0], lambda x: x[1], lambda y: y[0]
    assert [tree(f)["item"]["index"]["int"] for f in (one, two, three)] == [0, 1, 0]


def test_equal_code_on_a_line():
    one, two = lambda x: x + 1, lambda x: x + 1
    assert tree(one) == tree(two)


class Chain:
    """Collects functions as an RDD's methods do."""

    def __init__(self):
        self.functions = []

    def map(self, function):
        self.functions.append(function)
        return self


def test_chain_over_several_lines():
    chain = Chain().map(lambda w: w.lower()).map(lambda w: (w, 1)).map(lambda r: (r[1], r[0])).map(lambda r: r[0])
    names = [freeze(f).name for f in chain.functions]
    assert [next(iter(tree(f))) for f in chain.functions] == ["method", "tuple", "tuple", "item"]
    assert all(n.startswith("<lambda> at test_locate.py:") for n in names)


def test_nested_lambdas():
    outer = lambda x: Chain().map(lambda y: y + x)  # noqa: E731
    inner = outer(5).functions[0]
    assert tree(inner) == {"binary": {"op": "add", "left": P, "right": {"int": 5}}}
    assert reason(outer) == "makes a function"


def test_default_holds_a_lambda():
    f = lambda x, g=lambda y: y * 2: g(x)
    assert tree(f) == {"binary": {"op": "mul", "left": P, "right": {"int": 2}}}


def test_utf8_before_the_lambda():
    pair = ("ééé𝒳", lambda x: x + "é")
    assert tree(pair[1]) == {"binary": {"op": "add", "left": P, "right": {"str": "é"}}}


def test_parentheses_comments_and_conditions():
    f = lambda x: (  # a comment
        # and one more
        x if x else 1
    )
    assert tree(f) == {"if": {"test": P, "then": P, "orelse": {"int": 1}}}


def decorate(function):
    @functools.wraps(function)
    def wrapper(x):
        return x + 1

    return wrapper


@decorate
def decorated(x):
    return x * 2


@functools.lru_cache
def cached(x):
    return x


@(lambda f: f)
def plainly_decorated(x):
    return x * 3


def test_decorators():
    assert tree(decorated) == {"binary": {"op": "add", "left": P, "right": {"int": 1}}}
    assert tree(plainly_decorated) == {"binary": {"op": "mul", "left": P, "right": {"int": 3}}}
    assert reason(cached) == "is a _lru_cache_wrapper object"


def test_functions_in_finally_are_compiled_twice():
    try:
        pass
    finally:
        f = lambda x: x + 7
    assert tree(f) == {"binary": {"op": "add", "left": P, "right": {"int": 7}}}


def test_functions_in_classes_and_comprehensions():
    class Holder:
        f = staticmethod(lambda x: x - 1)

    made = [lambda x: x * 5 for _ in range(2)]
    assert tree(Holder.f) == {"binary": {"op": "sub", "left": P, "right": {"int": 1}}}
    assert tree(made[1]) == {"binary": {"op": "mul", "left": P, "right": {"int": 5}}}


def test_constant_bodies_need_no_source():
    assert tree(eval("lambda x: 5")) == {"int": 5}
    assert tree(eval("lambda x: (1, 'a')")) == {"tuple": [{"int": 1}, {"str": "a"}]}


def module(path, text):
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.mark.parametrize(
    "edited",
    [
        "f = lambda x: x + 2\n",
        "f = lambda x: y + 1\n",
        "f = lambda x: x - 1\n",
        "f = lambda y: y + 1\n",
        "f = lambda x: x + 1.0\n",
        "f = lambda x: x + True\n",
        "f =  lambda x: x + 1\n",
        "\nf = lambda x: x + 1\n",
        "f = 1\n",
        "f = (\n",
    ],
)
def test_an_edited_file_does_not_mislead(tmp_path, edited):
    path = tmp_path / f"edited_{os.urandom(4).hex()}.py"
    f = module(path, "f = lambda x: x + 1\n").f
    path.write_text(edited)
    linecache.checkcache(str(path))
    assert tree(f) == {"binary": {"op": "add", "left": P, "right": {"int": 1}}}


def test_of_an_edited_file_only_one_expression_is_read(tmp_path):
    path = tmp_path / f"longer_{os.urandom(4).hex()}.py"
    f = module(path, "def f(x):\n    y = x + 1\n    return y\n").f
    path.write_text("def f(x):\n    y = x + 2\n    return y\n")
    linecache.checkcache(str(path))
    assert reason(f) == "its source differs from what runs"


def test_an_edit_elsewhere_does_no_harm(tmp_path):
    path = tmp_path / f"elsewhere_{os.urandom(4).hex()}.py"
    f = module(path, "f = lambda x: x + 1\ng = 1\n").f
    path.write_text("f = lambda x: x + 1\ng = lambda x: x + 2\n")
    assert "binary" in tree(f)


def test_the_file_changes_after_it_was_parsed(tmp_path):
    path = tmp_path / f"twice_{os.urandom(4).hex()}.py"
    assert tree(module(path, "f = lambda x: x + 1\n").f)["binary"]["right"] == {"int": 1}
    second = module(path, "f = lambda x: x + 22\n").f
    linecache.checkcache(str(path))
    assert tree(second)["binary"]["right"] == {"int": 22}


def test_notebook_cells_with_await_and_futures():
    cell = "from __future__ import annotations\nimport asyncio\nfs = [lambda x: x.lower(), lambda x: x[1]]\n"
    filename = "/tmp/ipykernel_1/123.py"
    text = cell + "await asyncio.sleep(0)\n"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    scope = {}
    exec(compile(cell, filename, "exec"), scope)
    assert [next(iter(tree(f))) for f in scope["fs"]] == ["method", "item"]
    assert freeze(scope["fs"][0]).name == "<lambda> at 123.py:3"


def test_without_columns_only_a_lone_lambda_counts(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent("""
        from pyrite._lambda import freeze
        one = lambda x: x + 1
        two = [lambda x: x + 1, lambda x: x + 1]
        def three(x):
            return x
        print(*(freeze(f).reason for f in (one, two[0], three)), sep=";")
    """)
    )
    command = [sys.executable, "-X", "no_debug_ranges", str(program)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert done.stdout.strip() == "None;None;None"


def test_asserts_rewritten_by_pytest_decline():
    def checked(x):
        assert x
        return x

    assert reason(checked) in ("its source differs from what runs", "has an assert")


def test_params_of_any_kind():
    assert tree(lambda a, /, b: (b, a)) == {"tuple": [Q, P]}
    assert freeze(lambda a, b=1: a).parameters == 1
    assert make("lambda x: x") is not None
