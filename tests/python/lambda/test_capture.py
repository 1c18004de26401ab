"""Captures are read at every freeze, exactly; what is unchanged is not translated again."""

import sys
import threading
import timeit
import types

import pytest
from lambda_reference import evaluate, make, reason, tree
from pyrite import _engine
from pyrite._lambda import freeze

P = {"param": 0}


def right(function):
    return tree(function)["binary"]["right"]


def test_a_global_changes():
    function = make("lambda x: x + K", K=1)
    seen = []
    for value in (1, True, 1.0, 1, "a", (1,), (True,), 0.0, -0.0):
        function.__globals__["K"] = value
        seen.append(str(right(function)))
    zero, negative = 0, 1 << 63
    assert seen == [
        "{'int': 1}",
        "{'bool': True}",
        f"{{'float': {0x3FF0000000000000}}}",
        "{'int': 1}",
        "{'str': 'a'}",
        "{'tuple': [{'int': 1}]}",
        "{'tuple': [{'bool': True}]}",
        f"{{'float': {zero}}}",
        f"{{'float': {negative}}}",
    ]
    del function.__globals__["K"]
    assert reason(function) == "K is not defined"


def test_a_cell_changes():
    limit = 1
    function = lambda x: x + limit
    assert right(function) == {"int": 1}
    limit = 2
    assert right(function) == {"int": 2}
    limit = {2}
    assert reason(function) == "captures limit, a set"
    limit = [2]
    assert right(function) == {"list": [{"int": 2}]}
    limit.append("a")
    assert right(function) == {"list": [{"int": 2}, {"str": "a"}]}
    limit.append([])
    assert reason(function) == "captures limit, a list"
    limit.pop()
    assert right(function) == {"list": [{"int": 2}, {"str": "a"}]}


def test_a_captured_set_changes():
    function = make("lambda x: x in stop", stop={"a"})
    look = lambda: _engine.evaluate(freeze(function).expression, "map", [("b",)], [], list(freeze(function).captured))
    before = tree(function)
    assert look() == ([False], None)
    function.__globals__["stop"].add("b")
    assert look() == ([True], None)
    assert tree(function) == before
    assert freeze(function).copy()("b")
    function.__globals__["stop"].add(1)
    assert look()[0] is None


def test_closures_of_one_code_differ():
    functions = [(lambda i: lambda x: x + i)(i) for i in range(20)]
    for _ in range(2):
        assert [right(f)["int"] for f in functions] == list(range(20))


def test_defaults_of_one_code_differ():
    functions = [lambda x, i=i: x + i for i in (1, True, 2)]
    assert [str(right(f)) for f in functions] == ["{'int': 1}", "{'bool': True}", "{'int': 2}"]


def test_a_builtin_is_shadowed_and_comes_back():
    function = make("lambda x: len(x)")
    assert "call" in tree(function)
    function.__globals__["len"] = lambda x: 5
    assert tree(function) == {"int": 5}
    del function.__globals__["len"]
    assert "call" in tree(function)


def test_an_attribute_of_a_module_changes():
    config = types.ModuleType("config")
    config.limit = 1
    function = make("lambda x: x + config.limit", config=config)
    assert right(function) == {"int": 1}
    config.limit = 2
    assert right(function) == {"int": 2}


def test_a_patched_function_of_re_is_not_the_original(monkeypatch):
    import re

    function = make("lambda x: re.split(',', x)")
    assert "regex" in tree(function)
    monkeypatch.setattr(re, "split", lambda p, s: [s])
    assert "regex" not in tree(function)
    monkeypatch.undo()
    assert "regex" in tree(function)


def test_an_inlined_function_changes():
    function = make("def g(x):\n    return x + K\n\nf = lambda x: g(x)\n", K=1)
    body = lambda: right(function)
    assert body() == {"int": 1}
    function.__globals__["K"] = 2
    assert body() == {"int": 2}
    function.__globals__["g"] = make("lambda x: x + 3")
    assert body() == {"int": 3}
    function.__globals__["g"].__code__ = make("lambda x: x + 4").__code__
    assert body() == {"int": 4}


def test_the_code_of_a_function_changes():
    function = make("lambda x: x + 1")
    assert right(function) == {"int": 1}
    function.__code__ = make("lambda x: x + 2").__code__
    assert right(function) == {"int": 2}


def test_the_same_frozen_comes_back():
    function = make("lambda x: x + K", K=7)
    assert freeze(function) is freeze(function)
    assert freeze(len) is freeze(len)


def test_native_off():
    function = make("lambda x: x + 1")
    for f in (function, len, make("lambda x: x + K", K=[1])):
        assert freeze(f, False).expression is None
        assert freeze(f, False).reason == "pyrite.native is off"
        assert freeze(f, native=False).parameters is None
    assert freeze(function, False).copy()(1) == 2
    assert "binary" in tree(function)


def test_mutable_captures_are_not_kept_alive():
    import gc
    import weakref

    class Big(list):
        pass

    def build():
        big = Big([1])
        return (lambda x: x in big), weakref.ref(big)

    function, alive = build()
    assert reason(function) == "captures big, a Big"
    del function
    gc.collect()
    assert alive() is None


def test_a_tracer_or_profiler_means_python():
    function = make("lambda x: x + 1")
    for install, words in ((sys.settrace, "a tracer is active"), (sys.setprofile, "a profiler is active")):
        before = sys.gettrace(), sys.getprofile()
        install(lambda *a: None)
        try:
            frozen = freeze(function)
        finally:
            sys.settrace(before[0])
            sys.setprofile(before[1])
        assert (frozen.expression, frozen.reason) == (None, words)
        assert frozen.copy()(1) == 2
    assert "binary" in tree(function)


def test_a_tracer_of_new_threads_means_python():
    threading.settrace(lambda *a: None)
    try:
        assert freeze(len).reason == "a tracer is active"
    finally:
        threading.settrace(None)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is new in 3.12")
def test_a_monitoring_tool_means_python():
    sys.monitoring.use_tool_id(2, "test")
    try:
        assert freeze(make("lambda x: x + 1")).reason == "a sys.monitoring tool is active"
    finally:
        sys.monitoring.free_tool_id(2)


def test_threads_freeze_together():
    functions = [(lambda i: lambda x: x + i)(i) for i in range(8)]
    wrong = []

    def work():
        for _ in range(50):
            wrong.extend(i for i, f in enumerate(functions) if right(f) != {"int": i})

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_speed_is_printed(capsys):
    function, closure = make(r"lambda line: re.split('\\W+', line)"), (lambda k: lambda x: x + k)(3)
    times = []
    for f in (function, closure, len):
        freeze(f)
        times.append(min(timeit.repeat(lambda: freeze(f), number=2000, repeat=3)) / 2000 * 1e6)
    with capsys.disabled():
        print("cached freeze:", ", ".join(f"{t:.2f} us" for t in times))


def test_globals_whose_number_takes_more_than_a_byte():
    names = {f"name_{n}": n for n in range(300)}
    function = make(f"lambda x: (x, {', '.join(names)})", **names)
    assert evaluate(tree(function), (1,)) == function(1)
    function.__globals__["name_299"] = "changed"
    assert evaluate(tree(function), (1,)) == function(1)
