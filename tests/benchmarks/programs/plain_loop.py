"""The notebook's steps over a file as a plain Python loop: `plain_loop.py FILE`. Prints the ten most frequent words."""

import re
import sys


def main(path):
    counts = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            for word in re.split(r"\W+", line):
                if len(word) > 0:
                    word = word.lower()
                    counts[word] = counts.get(word, 0) + 1
    for word, count in sorted(counts.items(), key=lambda x: x[1], reverse=True)[:10]:
        print(f"{word}\t{count}")


main(sys.argv[1])
