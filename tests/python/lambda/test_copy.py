"""Copies: as a pickle would give them, so nothing that a task does to them is seen outside."""

import pickle
import re
import threading

import pytest
from lambda_reference import make
from pyrite._lambda import freeze


def helper(x):
    return x + 1


def test_copies_share_no_mutable_capture():
    seen = []
    frozen = freeze(lambda x: seen.append(x) or len(seen))
    one, two = frozen.copy(), frozen.copy()
    assert (one(1), one(2), two(1), seen) == (1, 2, 1, [])


def test_the_copy_is_of_the_time_of_the_freeze():
    seen = [1]
    function = lambda: list(seen)
    frozen = freeze(function)
    seen.append(2)
    assert frozen.copy()() == [1]
    assert freeze(function).copy()() == [1, 2]


def test_writes_to_globals_stay_in_the_copy():
    function = make("def f(x):\n    global total\n    total += x\n    return total\n", total=10)
    frozen = freeze(function)
    one, two = frozen.copy(), frozen.copy()
    assert (one(1), one(1), two(5), function.__globals__["total"]) == (11, 12, 15, 10)


def test_writes_to_cells_stay_in_the_copy():
    count = 0

    def function(x):
        nonlocal count
        count += x
        return count

    frozen = freeze(function)
    one, two = frozen.copy(), frozen.copy()
    assert (one(1), one(1), two(5), count) == (1, 2, 5, 0)


def test_functions_of_one_module_share_the_copied_globals():
    function = make("def g():\n    global total\n    total += 1\n\ndef f(x):\n    g()\n    return total, x\n", total=0)
    frozen = freeze(function)
    one = frozen.copy()
    assert one("a") == (1, "a")
    assert one("b") == (2, "b")
    assert frozen.copy()("c") == (1, "c")
    assert function.__globals__["total"] == 0


def test_recursion_and_mutual_recursion():
    function = make("def even(n):\n    return n == 0 or f(n - 1)\n\ndef f(n):\n    return n != 0 and even(n - 1)\n")
    copy = freeze(function).copy()
    assert copy(7) is True
    assert copy.__globals__["even"].__globals__ is copy.__globals__
    assert copy.__globals__["f"] is copy


def test_a_closure_over_itself():
    def fact(n):
        return 1 if n == 0 else n * fact(n - 1)

    copy = freeze(fact).copy()
    assert copy(5) == 120
    assert copy.__closure__[0].cell_contents is copy


def test_what_the_copy_keeps():
    def function(x, y=2, *, z=3):
        """Its documentation."""
        return x, y, z, __name__

    copy = freeze(function).copy()
    assert copy is not function
    assert copy(1) == (1, 2, 3, __name__)
    assert (copy.__name__, copy.__doc__, copy.__module__) == (function.__name__, function.__doc__, __name__)
    assert copy.__qualname__ == function.__qualname__


def test_only_named_globals_are_taken():
    function = make("lambda x: x + K", K=1, other=object())
    assert set(freeze(function).copy().__globals__) == {"K", "__builtins__", "__name__"}


def test_functions_with_attributes_are_pickled():
    def function(x):
        function.calls.append(x)
        return len(function.calls)

    function.calls = []
    frozen = freeze(function)
    assert (frozen.copy()(1), frozen.copy()(1), function.calls) == (1, 1, [])


def test_mutable_defaults_are_pickled():
    def function(x, seen=[]):  # noqa: B006
        seen.append(x)
        return len(seen)

    frozen = freeze(function)
    assert frozen.reason == "has a default that can change"
    assert (frozen.copy()(1), frozen.copy()(1)) == (1, 1)


def test_compiled_functions_copy_too():
    frozen = freeze(lambda x: helper(x) * 2)
    assert frozen.expression is not None
    assert frozen.copy()(1) == 4


def test_built_ins_are_shared():
    assert freeze(len).copy() is len
    assert freeze(str.lower).copy() is str.lower
    pattern = re.compile("a")
    assert freeze(pattern.findall).copy()("aba") == ["a", "a"]


def test_a_bound_method_of_a_mutable_is_copied():
    seen = []
    frozen = freeze(seen.append)
    frozen.copy()(1)
    assert seen == []


def test_what_does_not_pickle():
    lock = threading.Lock()
    with pytest.raises(pickle.PicklingError) as raised:
        freeze(lambda x: lock and x)
    assert str(raised.value) == "Could not serialize object: TypeError: cannot pickle '_thread.lock' object"


def test_a_context_names_itself():
    class PySparkRuntimeError(RuntimeError):
        pass

    class Context:
        def __getnewargs__(self):
            raise PySparkRuntimeError("[CONTEXT_ONLY_VALID_ON_DRIVER]")

    sc = Context()
    with pytest.raises(pickle.PicklingError, match=r"PySparkRuntimeError: \[CONTEXT_ONLY_VALID_ON_DRIVER\]"):
        freeze(lambda x: sc)


def test_a_dead_name_is_captured_as_pyspark_does():
    lock = threading.Lock()

    def function(x):
        if x:
            return 1
        return lock

    with pytest.raises(pickle.PicklingError):
        freeze(function)


def test_globals_that_are_missing_raise_in_the_copy():
    copy = freeze(make("lambda x: nowhere(x)")).copy()
    with pytest.raises(NameError, match="nowhere"):
        copy(1)
