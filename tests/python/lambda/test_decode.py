"""`bytes.decode` with a way to go on where the bytes are no UTF-8."""

import random

import pytest

PIECES = [
    b"a", b"\x80", b"\xbf", b"\xc0", b"\xc1", b"\xc2", b"\xc3\xa9", b"\xdf", b"\xe0", b"\xe0\x80", b"\xe0\xa0", b"\xe2\x82\xac",
    b"\xed", b"\xed\xa0\x80", b"\xed\x9f\xbf", b"\xef\xbf\xbd", b"\xf0", b"\xf0\x8f", b"\xf0\x90", b"\xf0\x9f\x98",
    b"\xf0\x9f\x98\x80", b"\xf4\x8f", b"\xf4\x90", b"\xf5", b"\xff", b"\xfe", b"",
]  # fmt: skip


@pytest.mark.parametrize(
    "decode",
    [
        lambda row: row.decode("utf-8", "replace"),
        lambda row: row.decode("UTF8", errors="replace"),
        lambda row: row.decode(encoding="utf-8", errors="replace") + "!",
        lambda row: str(len(row)) + row.decode(errors="replace"),
    ],
)
def test_what_is_no_utf8_is_replaced_as_Python_does(make_sc, decode):
    picked = random.Random(7)
    rows = [b"".join(picked.choices(PIECES, k=picked.randrange(8))) for _ in range(20_000)]
    with make_sc("local[2]", **{"pyrite.native": "require"}) as sc:
        decoded = sc.parallelize(rows, 2).map(decode)
        assert decoded.collect() == list(map(decode, rows))
        assert " 0 declined, 0 Python" in decoded.toDebugString().decode()


@pytest.mark.parametrize("how", ["strict", "ignore", "backslashreplace", "surrogateescape", "no such way"])
def test_other_ways_are_Pythons(make_sc, how):
    rows = [b"a", b"\xc3\xa9", b"\xff"]

    def answer(row):
        try:
            return row.decode("utf-8", how)
        except Exception as error:
            return type(error).__name__, str(error)

    with make_sc("local[2]") as sc:
        assert sc.parallelize(rows, 1).map(answer).collect() == list(map(answer, rows))
        good = sc.parallelize(rows[:2], 1).map(lambda row: row.decode("utf-8", how))
        assert good.collect() == ["a", "é"]
