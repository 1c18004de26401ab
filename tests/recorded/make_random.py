"""Writes rdd/random.txt: chains of RDD operations drawn with a fixed seed, so that combinations nobody thought of are compared.

make_random.py [PROGRAMS]      then record.py rdd/random.txt
"""

import random
import sys

import programs

KEYS = [
    "i % 4",
    "str(i % 5)",
    "-(i % 3)",
    '"가나다라"[i % 4]',
    "(i % 2, str(i % 3))",
    "i % 3 * 0.5",
    "None if i % 4 else i",
    "i * i % 7",
]
VALUES = ["i", "i * 7 % 10", "str(i)", "(i, 1)", "i / 4", "[i]", "i % 2 == 0"]
# What each operation takes and gives: `n` rows are ints, `w` words, `p` pairs; `*` is the same as before.
OPERATIONS = [
    ("n", "n", "map(lambda x: x * 3 - 7)"),
    ("n", "n", "filter(lambda x: x % 3 != 1)"),
    ("n", "n", "flatMap(lambda x: [x, -x] if x % 2 else [])"),
    ("n", "w", "map(lambda x: str(x) + '가')"),
    ("n", "p", "map(lambda x: (x % 5, x))"),
    ("n", "p", "keyBy(lambda x: x // 3)"),
    ("n", "n", "sortBy(lambda x: x % 4)"),
    ("n", "n", "sortBy(lambda x: x, False, {n})"),
    ("w", "w", "map(lambda w: w.upper())"),
    ("w", "w", "filter(lambda w: w > '2')"),
    ("w", "w", "flatMap(lambda w: w.split('1'))"),
    ("w", "n", "map(len)"),
    ("w", "p", "map(lambda w: (w, len(w)))"),
    ("w", "w", "sortBy(lambda w: w[-1:], {b})"),
    ("w", "w", "sortBy(len, {b}, {n})"),
    ("p", "p", "reduceByKey(lambda a, b: a + b, {n})"),
    ("p", "p", "reduceByKey(lambda a, b: a)"),
    ("p", "p", "reduceByKey(lambda a, b: max(a, b), {n})"),
    ("p", "p", "groupByKey({n}).mapValues(len)"),
    ("p", "p", "partitionBy({n})"),
    ("p", "p", "mapValues(lambda v: str(v))"),
    ("p", "p", "flatMapValues(lambda v: [v, v])"),
    ("p", "p", "filter(lambda kv: kv[0] is not None)"),
    ("p", "p", "filter(lambda kv: str(kv[0]) < '3')"),
    ("p", "p", "sortBy(lambda kv: str(kv[1]), {b}, {n})"),
    ("p", "p", "combineByKey(lambda v: [v], lambda c, v: c + [v], lambda a, b: a + b, {n}).mapValues(str)"),
    ("p", "w", "map(lambda kv: str(kv[1]))"),
    ("p", "w", "keys().map(str)"),
    ("p", "n", "map(lambda kv: len(str(kv)))"),
    ("*", "*", "distinct({n})"),
    ("*", "*", "coalesce({n})"),
    ("*", "*", "repartition({n})"),
    ("*", "p", "zipWithIndex()"),
    ("*", "*", "union({same})"),
    ("*", "*", "cache()"),
    ("p", "p", "join({pairs}, {n}).mapValues(str)"),
    ("p", "p", "cogroup({pairs}, {n}).mapValues(lambda v: (len(v[0]), len(v[1])))"),
]
ENDS = {
    "n": ["glom().collect()", "take(7)", "sum()", "top(5)"],
    "w": ["glom().collect()", "countByValue()", "takeOrdered(4)"],
}
ENDS["p"] = ["glom().collect()", "glom().collect()", "take(5)", "collect()"]


def source_of(r: random.Random, kind: str) -> str:
    n, parts = r.choice([0, 1, 5, 12, 23]), r.randint(1, 5)
    if kind == "n":
        rows = r.choice([f"range({n})", f"[i * 5 % 11 for i in range({n})]", f"list(range({n}))"])
    elif kind == "w":
        rows = f"[str(i * 7 % 13) for i in range({n})]"
    else:
        rows = f"[({r.choice(KEYS)}, {r.choice(VALUES)}) for i in range({n})]"
    return f"sc.parallelize({rows}, {parts})"


def program(r: random.Random) -> str:
    kind = r.choice("nwppp")
    text = source_of(r, kind)
    for _ in range(r.randint(2, 6)):
        takes, gives, operation = r.choice([o for o in OPERATIONS if o[0] in (kind, "*")])
        filled = operation.format(
            n=r.randint(1, 4), b=r.random() < 0.5, same=source_of(r, kind), pairs=source_of(r, "p")
        )
        text += "." + filled
        kind = gives if gives != "*" else kind
    return f"{text}.{r.choice(ENDS[kind])}"


def main(wanted: int) -> None:
    r = random.Random(4)
    chosen = [program(r) for _ in range(wanted)]
    # Rows that can't be added, hashed or compared make an error whose wording depends on who meets which row first.
    # PySpark's sortBy looks at the rows at once and leaves an empty RDD as it is; Pyrite's waits for an action.
    chosen = [p for p in dict.fromkeys(chosen) if not ("range(0)" in p and "sortBy" in p)]
    text = "\n\n".join(f"#: {programs.WORDING}\n{p}" for p in chosen)
    (programs.HERE / "rdd" / "random.txt").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 150)
