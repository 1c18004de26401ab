"""Random generators over a partition's rows, with variables that turns hand on, and rows for them."""

from __future__ import annotations

import random

_INTS = [0, 1, -1, 3, 7, 2**31, 2**62, -(2**63), 2**63 - 1, 5, 2, 9]
_FLOATS = [0.0, -0.0, 1.5, -2.25, float("nan"), float("inf"), 1e308, 3.0]
_TEXTS = ["", "a", "b", "é", "ab", "日本", "a b", "z"]


def _rows(r: random.Random) -> list[object]:
    kind = r.choice(["int", "int", "float", "text", "pair", "optional", "mixed"])
    size = r.choice([0, 1, 2, 5, 9, 30])
    small = r.random() < 0.6
    ints = [i for i in _INTS if abs(i) < 100] if small else _INTS
    make = {
        "int": lambda: r.choice(ints),
        "float": lambda: r.choice(_FLOATS),
        "text": lambda: r.choice(_TEXTS),
        "pair": lambda: (r.choice(ints), r.choice(ints)),
        "optional": lambda: r.choice([None, r.choice(ints)]),
        "mixed": lambda: r.choice([r.choice(ints), r.choice(_FLOATS), True]),
    }[kind]
    return [make() for _ in range(size)]


def program(seed: int) -> tuple[str, list[object]]:
    """The source of `f(i, it)` and rows."""
    r = random.Random(seed)
    names = r.sample(["a", "b", "c"], r.choice([1, 1, 2, 3]))
    lines = ["def f(i, it):"]
    if r.random() < 0.2:
        lines += ["    if i == 0:", f"        next(it{r.choice(['', ', None'])})"]
    for name in names:
        lines.append(f"    {name} = {r.choice(['0', '0.0', 'None', 'i', '1', repr('x'), '-0.0', 'True'])}")
    over = r.choice(["it", "it", "it", "enumerate(it)", "enumerate(it, 3)"])
    lines.append(f"    for {'x' if over == 'it' else 'n, x'} in {over}:")
    inside = [*names, "x", *(["n"] if over != "it" else [])]

    def value(depth: int = 0) -> str:
        choices = [r.choice(inside), r.choice(inside), r.choice(["0", "1", "2.5", "None", "i", "'x'", "-3"])]
        if depth < 2:
            choices += [
                f"({value(depth + 1)} {r.choice(['+', '-', '*', '//', '%'])} {value(depth + 1)})",
                f"({value(depth + 1)} if {test(depth + 1)} else {value(depth + 1)})",
                f"({value(depth + 1)}, {value(depth + 1)})",
                f"min({value(depth + 1)}, {value(depth + 1)})",
            ]
        return r.choice(choices)

    def test(depth: int = 0) -> str:
        choices = [
            f"{r.choice(inside)} is {r.choice(['', 'not '])}None",
            f"{value(depth + 1)} {r.choice(['==', '!=', '<', '>='])} {value(depth + 1)}",
            r.choice(inside),
            f"not {r.choice(inside)}",
        ]
        return r.choice(choices)

    def block(indent: str, depth: int) -> list[str]:
        made = []
        for _ in range(r.choice([1, 1, 2, 3])):
            kind = r.random()
            if kind < 0.35:
                made.append(f"{indent}yield {value()}")
            elif kind < 0.6:
                made.append(f"{indent}{r.choice(names)} = {value()}")
            elif kind < 0.75:
                made.append(f"{indent}{r.choice(names)} += {value()}")
            elif depth < 2:
                made += [f"{indent}if {test()}:", *block(indent + "    ", depth + 1)]
                if r.random() < 0.4:
                    made += [f"{indent}else:", *block(indent + "    ", depth + 1)]
            else:
                made.append(f"{indent}{r.choice(['continue', 'break', 'pass'])}")
                if not made[-1].endswith("pass"):
                    break
        return made

    lines += block("        ", 0)
    if r.random() < 0.4:
        lines.append(f"    yield {r.choice([*names, f'({names[0]}, i)'])}")
    if not any("yield" in line for line in lines):
        lines.append("        yield x")
    return "\n".join(lines) + "\n", _rows(r)
