"""Rows through programs, beyond what PySpark's recorded answers say."""

import pytest


@pytest.mark.timeout(60)
def test_a_program_that_nobody_reads_any_more_is_ended(sc):
    assert sc.parallelize(range(10), 1).pipe("sh -c 'echo a; exec sleep 300'").take(1) == ["a"]
    assert sc.parallelize(range(1_000_000), 1).pipe("yes").take(2) == ["y", "y"]


def test_a_row_that_fails_on_its_way_in(sc):
    piped = sc.parallelize([1, 0], 1).map(lambda x: 1 // x).pipe("cat")
    with pytest.raises(ZeroDivisionError):
        piped.collect()


def test_a_program_that_is_not_there(sc):
    with pytest.raises(FileNotFoundError):
        sc.parallelize([1], 1).pipe("no-such-program-anywhere").collect()
