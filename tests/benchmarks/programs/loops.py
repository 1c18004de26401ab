"""Loops of a `def` against CPython's own, in turns on one core: `loops.py [TURNS]`.

For each loop the ratio of CPU times, the best of the turns: CPython's `[f(row) for row in rows]` and one job over one
partition that is kept in memory. The rows' sum or number shows that both gave the same.
"""

import sys
import time

from pyrite import SparkContext


def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def digits(n):
    total = 0
    while n:
        total += n % 10
        n //= 10
    return total


def gcd(pair):
    a, b = pair
    while b:
        a, b = b, a % b
    return a


def is_prime(n):
    if n < 2:
        return False
    i = 2
    while i * i <= n:
        if n % i == 0:
            return False
        i += 1
    return True


def newton(x):
    guess = x
    for _ in range(20):
        guess = (guess + x / guess) / 2
    return guess


def mandelbrot(point):
    cx, cy = point
    x = y = 0.0
    for i in range(60):
        if x * x + y * y > 4.0:
            return i
        x, y = x * x - y * y + cx, 2 * x * y + cy
    return 60


def polynomial(x):
    total = 0.0
    for power in range(12):
        total = total * x + power
    return total


def running(n):
    total = 0
    for i in range(n % 100):
        total += i * i
    return total


def list_sum(xs):
    total = 0
    for x in xs:
        if x > 3:
            total += x
    return total


def power_mod(n):
    result, base, exponent = 1, n % 1009, 65
    while exponent > 0:
        if exponent % 2 == 1:
            result = result * base % 1009
        base = base * base % 1009
        exponent //= 2
    return result


def vowels(text):
    count = 0
    for c in text:
        if c in "aeiou":
            count += 1
    return count


def classes(text):
    letters = digits = 0
    for c in text:
        if c.isalpha():
            letters += 1
        elif c.isdigit():
            digits += 1
    return letters * 1000 + digits


def longest_run(text):
    best = run = 0
    before = ""
    for c in text:
        run = run + 1 if c == before else 1
        if run > best:
            best = run
        before = c
    return best


def word_lengths(text):
    words = text.split(" ")
    total = 0
    for i in range(len(words)):
        if len(words[i]) > 3:
            total += len(words[i])
    return total


def palindrome(text):
    i, j = 0, len(text) - 1
    while i < j:
        if text[i] != text[j]:
            return False
        i, j = i + 1, j - 1
    return True


def letters_of_words(text):
    n = 0
    for word in text.split(" "):
        for c in word:
            if c >= "m":
                n += 1
    return n


INTS = list(range(1, 40001))
FLOATS = [i / 7 + 0.5 for i in range(60000)]
LINES = [f"the quick brown fox number {i} jumps over {i * i} lazy dogs aabbb and runs away" for i in range(16000)]
WORDS = [("ab" * (i % 40)) + "c" + ("ba" * (i % 40)) for i in range(20000)]
LOOPS = [
    (collatz, INTS),
    (digits, [i * 7919 * 104729 for i in INTS]),
    (gcd, [(i * 7919, i * 104729 % 65536 + 1) for i in INTS]),
    (is_prime, [i + 1000003 for i in INTS]),
    (newton, FLOATS),
    (mandelbrot, [(-2 + i % 200 / 80, -1.2 + i // 200 / 42) for i in range(20000)]),
    (polynomial, FLOATS),
    (running, INTS),
    (list_sum, [list(range(i % 60)) for i in INTS]),
    (power_mod, INTS),
    (vowels, LINES),
    (classes, LINES),
    (longest_run, LINES),
    (palindrome, WORDS),
    (word_lengths, LINES),
    (letters_of_words, LINES),
]


def main(turns):
    sc = SparkContext("local[1]", "loops")
    print(f"{'loop':18} {'CPython':>10} {'compiled':>10} {'ratio':>7}")
    for function, rows in LOOPS:
        kept = sc.parallelize(rows, 1).cache()
        kept.count()
        job = kept.map(function)
        theirs, ours = [], []
        expected = sum(function(row) for row in rows)
        for _ in range(turns):
            start = time.process_time()
            for row in rows:
                function(row)
            theirs.append(time.process_time() - start)
            start = time.process_time()
            found = job.sum()
            ours.append(time.process_time() - start)
            assert found == expected, (function.__name__, found, expected)
        best = min(theirs), min(ours)
        print(
            f"{function.__name__:18} {best[0] * 1e3:7.1f} ms {best[1] * 1e3:7.2f} ms {best[0] / best[1]:6.1f}x",
            flush=True,
        )
        kept.unpersist()
    sc.stop()


main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
