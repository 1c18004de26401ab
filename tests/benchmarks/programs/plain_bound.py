"""A function of the interpreter's over so many numbers, in one plain process and in two: `plain_bound.py NUMBERS RUNS`.

Prints the seconds of every run as JSON, by processes; in turns, and none counts its processes' start.
"""

import json
import multiprocessing
import sys
import time


def bound(x):
    total = x
    for name in ("bit_length", "conjugate", "__abs__", "__neg__", "__invert__") * 4:
        total += getattr(x, name)()
    return total


def total(numbers):
    return sum(bound(x) for x in numbers)


def main(numbers: int, runs: int) -> None:
    seconds: dict[str, list[float]] = {"1": [], "2": []}
    halves = [range(numbers // 2), range(numbers // 2, numbers)]
    with multiprocessing.Pool(1) as one, multiprocessing.Pool(2) as two:
        for round_ in range(runs + 1):
            for name, pool, parts in (("1", one, [range(numbers)]), ("2", two, halves)):
                begin = time.perf_counter()
                sum(pool.map(total, parts, chunksize=1))
                if round_:
                    seconds[name].append(time.perf_counter() - begin)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
