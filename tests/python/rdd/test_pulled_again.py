"""User code that catches an error of its rows and asks for the next one: they are over, as in a generator of Python's."""

import pytest


def seen(rows):
    """What three pulls give."""
    found = []
    for _ in range(3):
        try:
            found.append(next(rows))
        except StopIteration:
            found.append("end")
        except ZeroDivisionError:
            found.append("error")
    yield tuple(found)


@pytest.fixture
def failing(sc):
    """Pairs that fail when they are made, and how often that was tried."""
    tries = sc.accumulator(0)

    def fails(rows):
        tries.add(1)
        for row in rows:
            yield row, 1 // row

    return sc.parallelize([1, 0], 1).mapPartitions(fails), tries


def test_rows_that_are_kept_are_not_computed_again(failing):
    rows, tries = failing
    kept = rows.persist()
    assert kept.mapPartitions(seen).collect() == [("error", "end", "end")]
    assert tries.value == 1


def test_a_join_that_failed_is_over(sc):
    other = sc.parallelize([(1, 2)], 1)

    class Odd:
        def __eq__(self, other):
            return 1 // 0

        def __hash__(self):
            return 1

    odd = sc.parallelize([(Odd(), 1), (Odd(), 2)], 1)
    assert odd.join(other, 1).mapPartitions(seen).collect() == [("error", "end", "end")]
