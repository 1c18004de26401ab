"""What a worker sends of many rows: together, in their order, of whatever types they are, and an error behind them."""

import pytest
from pyrite.errors import Py4JJavaError


def _odd(x):
    if x % 10_000 == 9_999:
        return str(x)
    return (x, None) if x > 60_000 else x


@pytest.mark.parametrize("workers", ["0", "2"])
def test_rows_of_several_types_come_in_their_order(make_sc, workers):
    sc = make_sc("local[2]", **{"pyrite.native": "off", "pyrite.python.workers": workers})
    rows = sc.parallelize(range(100_000), 2)
    assert rows.map(_odd).collect() == [_odd(x) for x in range(100_000)]
    assert rows.map(_odd).filter(lambda x: isinstance(x, str)).count() == 10


@pytest.mark.parametrize("workers", ["0", "2"])
def test_an_error_comes_behind_the_rows_before_it(make_sc, workers):
    sc = make_sc("local[2]", **{"pyrite.native": "off", "pyrite.python.workers": workers})
    rows = sc.parallelize(range(100_000), 1).map(lambda x: 1 // (x - 50_000))
    assert rows.take(5) == [-1] * 5
    with pytest.raises((ZeroDivisionError, Py4JJavaError), match="division"):
        rows.collect()
