"""The plain loop again, with the notebook's own lambdas called for every word: `lambda_loop.py FILE`.

What is left when the engine is taken away but each of the user's functions still runs.
"""

import re
import sys

SPLIT = lambda line: re.split(r"\W+", line)  # noqa: E731 - the notebook's functions are lambdas
KEEP = lambda word: len(word) > 0  # noqa: E731
LOWER = lambda w: w.lower()  # noqa: E731
PAIR = lambda w: (w, 1)  # noqa: E731
ADD = lambda v1, v2: v1 + v2  # noqa: E731


def main(path):
    counts = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            for word in SPLIT(line):
                if KEEP(word):
                    key, value = PAIR(LOWER(word))
                    counts[key] = ADD(counts[key], value) if key in counts else value
    for word, count in sorted(counts.items(), key=lambda x: x[1], reverse=True)[:10]:
        print(f"{word}\t{count}")


main(sys.argv[1])
