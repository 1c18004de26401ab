"""Errors are the user's own: type, traceback down to their line, and nothing of ours."""

import os
import traceback

import pyrite
import pytest
from pyrite._traceback import Failure, clean

OURS = os.path.dirname(pyrite.__file__)


def divide(x):
    return 1 // x


def frames(error):
    return [(os.path.basename(f.filename), f.name) for f in traceback.extract_tb(error.__traceback__)]


def caught(call):
    with pytest.raises(Exception) as failure:
        call()
    return failure.value


ACTIONS = {
    "collect": lambda r: r.map(divide).collect(),
    "count": lambda r: r.filter(divide).count(),
    "take": lambda r: r.map(divide).take(1),
    "first": lambda r: r.map(divide).first(),
    "reduce": lambda r: r.map(divide).reduce(max),
    "fold": lambda r: r.map(divide).fold(0, max),
    "sum": lambda r: r.map(divide).sum(),
    "foreach": lambda r: r.foreach(divide),
    "foreachPartition": lambda r: r.foreachPartition(lambda rows: [divide(x) for x in rows]),
    "top": lambda r: r.top(1, key=divide),
    "countByValue": lambda r: r.map(divide).countByValue(),
    "toLocalIterator": lambda r: next(r.map(divide).toLocalIterator()),
    "sortBy": lambda r: r.sortBy(divide).collect(),
    "keyBy": lambda r: r.keyBy(divide).collect(),
    "mapValues": lambda r: r.map(lambda x: (x, x)).mapValues(divide).collect(),
    "groupBy": lambda r: r.groupBy(divide).collect(),
    "isEmpty": lambda r: r.map(divide).isEmpty(),
    "zipWithIndex": lambda r: r.map(divide).zipWithIndex(),
    "aggregateByKey": lambda r: r.map(lambda x: (x, x)).aggregateByKey(0, lambda a, v: divide(v), max).collect(),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_no_frame_of_ours(sc, action):
    error = caught(lambda: ACTIONS[action](sc.parallelize([0, 0], 2)))
    assert type(error) is ZeroDivisionError
    shown = frames(error)
    assert shown[-1] == ("test_tracebacks.py", "divide")
    assert {name for name, _ in shown} <= {"test_tracebacks.py"}, shown
    text = "".join(traceback.format_exception(error))
    assert OURS not in text


def test_notes_tell_the_record_and_the_operation(sc):
    error = caught(lambda: sc.parallelize([5, 0], 1).map(divide).collect())
    notes = " ".join(error.__notes__)
    assert "map at test_tracebacks.py:" in notes
    assert "record" in notes
    assert "0" in notes


def test_our_own_errors_end_in_the_users_line(sc):
    for call in (
        lambda: sc.parallelize([]).first(),
        lambda: sc.parallelize([1]).coalesce(0),
        lambda: sc.parallelize([1], 0),
        lambda: sc.setLogLevel("LOUD"),
        lambda: type(sc)("local", "a second one"),
        lambda: type(sc)("somewhere"),
        lambda: sc.parallelize([1]).takeOrdered(-1),
    ):
        assert {name for name, _ in frames(caught(call))} == {"test_tracebacks.py"}


def test_a_comparison_that_fails(sc):
    error = caught(lambda: sc.parallelize([1, "a"], 1).sortBy(lambda x: x).collect())
    assert type(error) is TypeError
    assert "'<' not supported between instances of" in str(error)


def test_wrong_number_of_arguments(sc):
    error = caught(lambda: sc.parallelize([1]).map(lambda a, b: a).collect())
    assert type(error) is TypeError
    assert str(error).endswith("missing 1 required positional argument: 'b'")


def test_an_exception_class_of_the_users(sc):
    class Mine(Exception):
        def __init__(self, code, where):
            super().__init__(code, where)
            self.code = code

    def fail(x):
        raise Mine(7, where=x)

    error = caught(lambda: sc.parallelize([1]).map(fail).collect())
    assert type(error).__name__ == "Mine"
    assert error.code == 7


def test_a_cause_stays_and_is_cleaned(sc):
    def fail(x):
        try:
            divide(x)
        except ZeroDivisionError as error:
            raise KeyError("outer") from error

    error = caught(lambda: sc.parallelize([0]).map(fail).collect())
    assert type(error) is KeyError
    assert type(error.__cause__) is ZeroDivisionError
    assert frames(error.__cause__)[-1] == ("test_tracebacks.py", "divide")


def test_raised_again_it_is_the_same():
    def user():
        raise ValueError("x")

    error = caught(user)
    error.add_note("one")
    error.add_note("one")
    failure = Failure(error)
    seen = []
    for _ in range(3):
        again = caught(lambda: (_ for _ in ()).throw(failure.again()))
        again.add_note("of this raise")
        seen.append((len(frames(again)), again.__notes__))
    assert seen == [(seen[0][0], ["one", "of this raise"])] * 3


def test_cleaning_an_error_without_a_traceback_or_with_a_circle():
    error = ValueError()
    error.__context__ = other = KeyError()
    other.__context__ = error
    assert clean(error) is error
    assert error.__traceback__ is None
