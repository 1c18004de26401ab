"""Random functions with loops, of ints and texts, that end."""

from random import Random

HEAD = "def f(row):\n    a, b, s, xs = row\n    n, t = 0, ''\n"
FOR = {
    "range": ["range({k})", "range({i} % 9)", "range({i} % 5, {i} % 11)", "range({i} % 7, -4, -{k})"],
    "list": ["xs", "(1, 5, 2)", "[3, 4]"],
    "text": ["s"],
    "enumerate": ["enumerate(xs)", "enumerate(xs, {k})"],
    "zip": ["zip(xs, s)", "zip(xs, s, xs)"],
}


class Programs:
    """Makes them, each from what the one before has left of the numbers drawn."""

    def __init__(self, seed: int) -> None:
        self.r = Random(seed)

    def row(self):
        r = self.r
        text = "".join(r.choice("abé 漢x") for _ in range(r.randint(0, 7)))
        return (r.randint(-50, 200), r.randint(0, 30), text, [r.randint(-5, 40) for _ in range(r.randint(0, 6))])

    def program(self) -> str:
        self.ints, self.texts, self.fixed, self.loops, self.number = ["a", "b", "n"], ["s", "t"], [], 0, 0
        given = self.r.choice(["a", "b", "n", "t", "(a, n, t)", "(a, b, n)", "n == 3"])
        return HEAD + "\n".join(self.block(1, 4)) + f"\n    return {given}\n"

    def int(self, depth: int = 0) -> str:
        r = self.r
        if depth > 2 or r.random() < 0.4:
            return r.choice([*self.ints, *self.fixed, "1", "2", "5"])
        left, right = self.int(depth + 1), self.int(depth + 1)
        return r.choice(
            [
                *(f"({left} {op} {right})" for op in ("+", "-", "^", "&", "|")),
                *(f"({left} {op} {by})" for op in ("%", "//") for by in ("3", "-5", f"(abs({right}) + 1)")),
                *(f"({left} >> 1)", f"({left} * 3 % 1000)", f"min({left}, {right})", f"abs({left})", f"~{left}"),
                f"({left} if {self.test(depth + 1)} else {right})",
            ]
        )

    def test(self, depth: int = 0) -> str:
        r = self.r
        if r.random() < 0.2:
            return (
                f"{r.choice(self.texts)} {r.choice(['==', '<', 'in', 'not in'])} {r.choice([*self.texts, repr('ab')])}"
            )
        if r.random() < 0.2:
            return f"not {self.int(depth + 1)}"
        return f"{self.int(depth + 1)} {r.choice(['<', '<=', '>', '==', '!='])} {self.int(depth + 1)}"

    def text(self) -> str:
        r = self.r
        one, other = r.choice(self.texts), r.choice([*self.texts, "'x'", "'é'"])
        return r.choice(
            [f"{one} + {other}", f"{one}.upper()", f"str({self.int()})", f"({one} if {self.test()} else {other})"]
        )

    def block(self, depth: int, most: int) -> list[str]:
        lines = [line for _ in range(self.r.randint(1, most)) for line in self.statement(depth)]
        return ["    " * depth + line if line[0] != " " else line for line in lines]

    def statement(self, depth: int) -> list[str]:
        r = self.r
        kinds = [
            "int",
            "add",
            "text",
            "if",
            "if",
            *(["loop"] * 3 if self.loops < 2 else []),
            *(["end"] if self.loops else []),
        ]
        match r.choice(kinds):
            case "int":
                return [f"{r.choice(['a', 'b', 'n'])} = ({self.int()}) % 100003"]
            case "add":
                return [f"n {r.choice(['+=', '-=', '^='])} {self.int()}"]
            case "text":
                return [f"t = ({self.text()})[-6:]"]
            case "if":
                orelse = ["else:", *self.block(depth + 1, 2)] if r.random() < 0.4 else []
                return [f"if {self.test()}:", *self.block(depth + 1, 2), *orelse]
            case "end":
                ways = ["break", "break", "continue", *(f"return {given}" for given in ("a", "(a, b)", "None", "True"))]
                return [f"if {self.test()}:", "    " * (depth + 1) + r.choice(ways)]
            case _:
                return self.loop(depth)

    def loop(self, depth: int) -> list[str]:
        r, known = self.r, (list(self.ints), list(self.texts), list(self.fixed))
        self.number += 1
        v = f"v{self.number}"
        before: list[str] = []
        within: list[str] = []
        kind = r.choice([*FOR, "while"])
        if kind == "while":
            # It has to exist before the loop, and nothing else may change it.
            before, head = [f"{v} = {r.randint(0, 12)}"], f"while {v} > 0:"
            within = ["    " * (depth + 1) + f"{v} -= {r.randint(1, 3)}"]
            self.fixed.append(v)
        else:
            source = r.choice(FOR[kind]).format(k=r.randint(1, 20), i=self.int())
            parts = {"enumerate": "ii", "zip": "iti"}.get(kind, "t" if kind == "text" else "i")[
                : 2 + (source.count("xs") == 2)
            ]
            names = [f"{v}{i}" for i in range(len(parts))]
            for name, part in zip(names, parts, strict=True):
                (self.texts if part == "t" else self.fixed).append(name)
            head = f"for {', '.join(names)} in {source}:"
        self.loops += 1
        body = self.block(depth + 1, 3)
        self.loops -= 1
        self.ints, self.texts, self.fixed = known
        orelse = ["else:", *self.block(depth + 1, 1)] if r.random() < 0.2 else []
        return [*before, head, *within, *body, *orelse]
