"""One job over rows that it makes itself: `larger_than_memory.py WHAT BYTES [LIMIT]`; the last line is JSON.

WHAT is sortByKey, groupByKey, join or cached; the rows are (int, text of 100 characters) in 16 partitions. The JSON has
`seconds`, `answer`, `expected` and `made`, how often a partition was made.
"""

import json
import os
import sys
import tempfile
import time

from pyrite import SparkConf, SparkContext, StorageLevel

PARTITIONS = 16
BYTES_A_ROW = 108


def main(what: str, size: int, limit: str | None) -> None:
    conf = SparkConf().setMaster("local[2]").setAppName(what)
    if limit:
        conf.set("pyrite.memory.limit", limit)
    sc = SparkContext(conf=conf)
    n = size // BYTES_A_ROW
    keys = n // 2  # every key twice
    pairs = sc.parallelize(range(n), PARTITIONS).map(lambda i: (i * 7919 % keys, "%099d" % i + "x"))
    fd, made = tempfile.mkstemp(prefix="pyrite-bench-")
    begin = time.perf_counter()
    if what == "sortByKey":
        answer, expected = pairs.sortByKey().map(lambda kv: len(kv[1])).sum(), n * 100
    elif what == "groupByKey":
        answer, expected = pairs.groupByKey().count(), min(n, keys)
    elif what == "join":
        answer, expected = pairs.join(pairs).count(), sum_of_squares(n, keys)
    else:

        def noted(index, rows):
            with open(made, "ab", buffering=0) as file:
                file.write(b".")
            return rows

        kept = pairs.mapPartitionsWithIndex(noted).persist(StorageLevel.MEMORY_AND_DISK)
        answer, expected = [kept.count() for _ in range(5)], [n] * 5
    seconds = time.perf_counter() - begin
    times = os.fstat(fd).st_size
    os.close(fd)
    os.remove(made)
    sc.stop()
    print(json.dumps({"seconds": seconds, "answer": answer, "expected": expected, "made": times}))


def sum_of_squares(n: int, keys: int) -> int:
    """Rows of a join with itself; i * 7919 % keys meets each key equally often, as long as 7919 doesn't divide `keys`."""
    if keys % 7919 == 0:
        raise SystemExit("choose another size")
    each, more = divmod(n, keys)
    return (keys - more) * each**2 + more * (each + 1) ** 2


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)
