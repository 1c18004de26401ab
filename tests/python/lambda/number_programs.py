"""Random functions with loops, of numbers of all kinds, characters and what may be None, that end."""

from random import Random

HEAD = "def f(row):\n    a, x, p, s, xs, fs = row\n    n, u, w, best, flag, last = 0, 0.5, 1, None, False, ''\n"
INTS = [0, 1, -1, 2, -7, 10, 63, 64, 2**31, -(2**31), 2**53, 2**53 + 1, 2**62, 2**63 - 1, -(2**63)]
FLOATS = [0.0, -0.0, 1.0, -1.5, 0.1, 2.0**53, 1e300, -1e-300, float("inf"), float("-inf"), float("nan")]
TEXTS = ["abxé 漢9", "abx 9A"]


class NumberPrograms:
    """Makes them, each from what the one before has left of the numbers drawn."""

    def __init__(self, seed: int) -> None:
        self.r = Random(seed)

    def rows(self, count: int):
        # Characters beyond ASCII, and odd numbers, are in few of the columns.
        letters, odd = self.r.choice(TEXTS), self.r.random() < 0.3
        return [(self.row(letters, odd),) for _ in range(count)]

    def row(self, letters: str, odd: bool):
        r = self.r
        a = r.choice(INTS) if odd and r.random() < 0.3 else r.randint(-40, 90)
        x = r.choice(FLOATS) if odd and r.random() < 0.3 else r.randint(-40, 90) / r.choice([1, 2, 3, 8])
        text = "".join(r.choice(letters) for _ in range(r.randint(0, 6)))
        ints = [r.randint(-5, 20) for _ in range(r.randint(0, 5))]
        return (
            a,
            x,
            r.random() < 0.5,
            text,
            ints,
            [r.choice([*FLOATS[:5], 7.25, -3.0]) for _ in range(r.randint(0, 4))],
        )

    def program(self) -> str:
        self.loops, self.number = 0, 0
        self.ints, self.floats, self.characters = ["a", "n"], ["x", "u"], ["last"]
        given = ["n", "u", "w", "best", "flag", "last", "(n, u)", "(w, flag, best)", "n > u", "(last, n)"]
        body = "\n".join(self.block(1, 3) + self.loop(1) + self.block(1, 2))
        return HEAD + body + f"\n    return {self.r.choice(given)}\n"

    def whole(self, depth: int = 0) -> str:
        r = self.r
        if depth > 2 or r.random() < 0.35:
            return r.choice([*self.ints, *self.ints, "p", "1", "2", "3", "-4", "len(s)", "len(xs)"])
        left, right = self.whole(depth + 1), self.whole(depth + 1)
        return r.choice(
            [
                *(f"({left} {op} {right})" for op in ("+", "-", "*", "//", "%", "&", "|", "^")),
                *(
                    f"({left} {op} {by})"
                    for op in ("%", "//")
                    for by in ("3", "-5", "8", "10", "-1", f"(abs({right}) + 1)")
                ),
                f"({left} >> {r.randint(0, 3)})",
                f"({left} << {r.randint(0, 3)})",
                f"({left} ** 2 % 1000)",
                f"min({left}, {right})",
                f"max({left}, {right})",
                f"abs({left})",
                f"-{left}",
                f"int({self.real(depth + 1)})",
                f"round({self.real(depth + 1)})",
                f"({left} if {self.test(depth + 1)} else {right})",
                f"xs[{left} % 3]" if r.random() < 0.3 else left,
                f"ord({self.character()})" if r.random() < 0.3 else right,
                f"({left} or {right})",
                f"({left} and {right})",
                f"divmod({left}, 7)[{r.randint(0, 1)}]",
            ]
        )

    def real(self, depth: int = 0) -> str:
        r = self.r
        if depth > 2 or r.random() < 0.35:
            return r.choice([*self.floats, *self.floats, "0.5", "-2.0", "1e3"])
        left = self.real(depth + 1)
        right = r.choice([self.real, self.whole])(depth + 1)
        return r.choice(
            [
                *(f"({left} {op} {right})" for op in ("+", "-", "*", "/", "/")),
                f"({right} - {left})",
                f"({self.whole(depth + 1)} / {self.whole(depth + 1)})",
                f"({left} // {right})",
                f"({left} % {right})",
                f"({left} ** 2)",
                f"abs({left})",
                f"min({left}, {right}) * 1.0",
                f"float({self.whole(depth + 1)})",
                f"({left} if {self.test(depth + 1)} else {self.real(depth + 1)})",
                f"round({left}, 2)",
            ]
        )

    def character(self) -> str:
        r = self.r
        one = r.choice(self.characters)
        return r.choice([one, one, "'a'", "''", "'é'", f"{one}.upper()", f"{one}.lower()", f"s[{r.randint(-2, 2)}]"])

    def test(self, depth: int = 0) -> str:
        r = self.r
        compare = r.choice(["<", "<=", ">", ">=", "==", "!="])
        kind = r.randint(0, 9)
        if kind == 0:
            return f"{self.character()} {compare} {self.character()}"
        if kind == 1:
            return r.choice(
                [
                    f"{self.character()} in 'aeio9'",
                    f"{self.character()} not in 'bx'",
                    f"{self.character()}.isalpha()",
                    f"{self.character()}.isdigit()",
                    f"{self.character()}.isspace()",
                    self.character(),
                ]
            )
        if kind == 2:
            return r.choice(["best is None", "best is not None", "flag", "not flag", "p", "w"])
        if kind == 3:
            return f"{self.whole(depth + 1)} < {self.real(depth + 1)} <= {self.whole(depth + 1)}"
        if kind == 4:
            return f"({self.test(depth + 1)} {r.choice(['and', 'or'])} {self.test(depth + 1)})" if depth < 3 else "p"
        if kind == 5:
            return f"{self.whole(depth + 1)} {compare} {self.real(depth + 1)}"
        if kind == 6:
            return f"{self.whole(depth + 1)} in (1, 3, 8)"
        return f"{self.whole(depth + 1)} {compare} {self.whole(depth + 1)}"

    def block(self, depth: int, most: int) -> list[str]:
        lines = [line for _ in range(self.r.randint(1, most)) for line in self.statement(depth)]
        return ["    " * depth + line if line[0] != " " else line for line in lines]

    def statement(self, depth: int) -> list[str]:
        r = self.r
        kind = r.randint(0, 11)
        if kind <= 1:
            return [f"n = {self.whole()}"]
        if kind == 2:
            return [f"n {r.choice(['+=', '-=', '^='])} {self.whole()}"]
        if kind == 3:
            return [f"u = {self.real()}"]
        if kind == 4:
            return [f"w {r.choice(['+=', '-=', '*='])} {r.choice([self.whole, self.whole, self.real])()}"]
        if kind == 5:
            value = r.choice([self.whole, self.real, self.whole])()
            return [f"if best is None or {value} > best:", "    " * (depth + 1) + f"best = {value}"]
        if kind == 6:
            return [f"flag = {self.test()}"]
        if kind == 7:
            return [f"last = {self.character()}"]
        if kind == 8 and self.loops:
            ways = [
                "break",
                "break",
                "continue",
                *(f"return {given}" for given in ("n", "(n, u)", "None", "True", "w")),
            ]
            return [f"if {self.test()}:", "    " * (depth + 1) + r.choice(ways)]
        if kind == 9 and self.loops < 2:
            return self.loop(depth)
        orelse = ["else:", *self.block(depth + 1, 2)] if r.random() < 0.4 else []
        return [f"if {self.test()}:", *self.block(depth + 1, 2), *orelse]

    def loop(self, depth: int) -> list[str]:
        r, known = self.r, (list(self.ints), list(self.floats), list(self.characters))
        self.number += 1
        v = f"v{self.number}"
        within: list[str] = []
        before: list[str] = []
        kind = r.randint(0, 6)
        if kind == 0:
            before, head = [f"{v} = {r.randint(0, 9)}"], f"while {v} > 0:"
            within = ["    " * (depth + 1) + f"{v} -= {r.randint(1, 3)}"]
            self.ints.append(v)
        elif kind == 1:
            head = f"for {v} in s:"
            self.characters.append(v)
        elif kind == 2:
            head = f"for {v} in {r.choice(['xs', 'xs[1:]', '(2, 5, 9)', 'xs[:n]'])}:"
            self.ints.append(v)
        elif kind == 3:
            head = f"for {v} in fs:"
            self.floats.append(v)
        elif kind == 4:
            source = r.choice(["enumerate(fs)", "zip(xs, fs)", "enumerate(fs, 2)"])
            head = f"for {v}, {v}f in {source}:"
            self.ints.append(v)
            self.floats.append(f"{v}f")
        else:
            ends = r.choice(["{k}", "{i} % 9", "{i} % 5, {i} % 11", "{i} % 7, -4, -{k}"]).format(
                k=r.randint(1, 9), i=self.whole(1)
            )
            head = f"for {v} in range({ends}):"
            self.ints.append(v)
        self.loops += 1
        body = self.block(depth + 1, 3)
        self.loops -= 1
        self.ints, self.floats, self.characters = known
        orelse = ["else:", *self.block(depth + 1, 1)] if r.random() < 0.2 else []
        pad = "    " * depth
        return [
            *(pad + line for line in before),
            pad + head,
            *within,
            *body,
            *(line if line[0] == " " else pad + line for line in orelse),
        ]
