"""Random functions with `try`, over texts that are numbers or not, which end."""

from random import Random

D = {"a": 1, "12": 2, "x": 30, "": 4}
L = [5, 0, -3]
FEW = (KeyError, ValueError)
HEAD = """
class Own(ValueError):
    pass

def number(text):
    try:
        return int(text)
    except (ValueError, TypeError):
        return -7

def part(text, at):
    try:
        return text.split(",")[at]
    except IndexError:
        return "none"

def f(row):
    s, o, n, x, xs = row
    i, j, g, t = 0, 1, 0.5, ""
"""
TEXTS = [
    "12",
    "-3",
    " 7 ",
    "a",
    "x",
    "",
    "1,2",
    "a,b,c",
    "3.5",
    "nan",
    "inf",
    "-inf",
    "1e3",
    "1e999",
    "1_000",
    "_1",
    "é",
    "한국",
    "+",
    "0",
    "0x1f",
    "1__0",
    "infinity",
    "٣x",
    "in_f",
]
ODD = ["٣", "9" * 30, "9" * 5000, "\x1c5", "5\x1f", "\xa05", "1_0.5", "+nan", "1e0000001", "٣é", "５"]
CLASSES = [
    "ValueError", "IndexError", "KeyError", "ZeroDivisionError", "TypeError", "AttributeError", "OverflowError", "LookupError", "ArithmeticError", "Exception", "UnicodeError",
    "(ValueError, IndexError)", "(TypeError, ValueError)", "(KeyError, IndexError, AttributeError)", "FEW", "Own", "(OSError, Own)",
]  # fmt: skip


class Programs:
    """Makes them, each from what the one before has left of the numbers drawn."""

    def __init__(self, seed: int) -> None:
        self.r = Random(seed)

    def row(self, odd: float):
        r = self.r
        text = lambda: r.choice(ODD if r.random() < odd else TEXTS)
        number = r.choice([0.0, -0.0, 1.0, -2.5, 100.0, 0.25, float("nan"), float("inf"), 710.5])
        other = None if r.random() < 0.2 else text()
        return (
            text(),
            other,
            r.choice([0, 1, 2, -1, 3, -4, 50, 10**6]),
            number,
            [text() for _ in range(r.randint(0, 3))],
        )

    def program(self) -> str:
        self.depth = self.loops = 0
        self.number = 0
        body = self.block(1, 4)
        given = self.r.choice(["i", "(i, t)", "(i, j, g)", "t", "g", "(t, i + j)", "None"])
        return (HEAD + "\n".join(body) + f"\n    return {given}\n").lstrip()

    def int(self, depth: int = 0) -> str:
        r = self.r
        if depth > 1 or r.random() < 0.4:
            return r.choice(["n", "i", "j", "2", "0", "len(xs)"])
        one = lambda: self.int(depth + 1)
        text = lambda: self.text(depth + 1)
        return r.choice(
            [
                *[f"int({text()})"] * 4,
                f"({one()} {r.choice(['+', '-', '*', '//', '%'])} {one()})",
                f"({one()} // {one()})",
                f"D[{text()}]",
                f"L[{one()}]",
                f"{text()}.index({text()})",
                f"len({text()})",
                f"ord({text()})",
                f"int({self.float(depth + 1)})",
                f"math.floor({self.float(depth + 1)})",
                f"min(int(v) for v in {r.choice(['xs', 's.split(chr(44))'])})",
                f"number({text()})",
                f"({one()} if {self.test(depth + 1)} else {one()})",
                "sum([int(v) for v in xs])",
                f"(1 << {one()} % 7)",
                f"max({one()}, {one()})",
            ]
        )

    def float(self, depth: int = 0) -> str:
        r = self.r
        if depth > 1 or r.random() < 0.4:
            return r.choice(["x", "g", "0.5"])
        return r.choice(
            [
                *[f"float({self.text(depth + 1)})"] * 3,
                f"({self.float(depth + 1)} / {self.int(depth + 1)})",
                f"math.sqrt({self.float(depth + 1)})",
                f"({self.int(depth + 1)} / {self.int(depth + 1)})",
                f"({self.float(depth + 1)} * {self.float(depth + 1)})",
                f"math.log({self.float(depth + 1)})",
                f"(0.0 ** {self.int(depth + 1)})",
            ]
        )

    def text(self, depth: int = 0) -> str:
        r = self.r
        if depth > 1 or r.random() < 0.4:
            return r.choice(["s", "s", "o", "t", "'a'"])
        return r.choice(
            [
                f"xs[{self.int(depth + 1)}]",
                f"{self.text(depth + 1)}.split(',')[{self.int(depth + 1)}]",
                f"{self.text(depth + 1)}.strip()",
                f"{self.text(depth + 1)}[{self.int(depth + 1)}]",
                f"({self.text(depth + 1)} + {self.text(depth + 1)})",
                f"({self.text(depth + 1)} or 'a')",
                f"part({self.text(depth + 1)}, {self.int(depth + 1)})",
                f"str({self.int(depth + 1)})",
                "f'{t}{int(s)}'",
                "'-'.join([v.strip() for v in xs])",
                f"{self.text(depth + 1)}.replace({self.text(depth + 1)}, 'b')",
            ]
        )

    def test(self, depth: int = 0) -> str:
        r = self.r
        return r.choice(
            [
                f"{self.int(depth + 1)} {r.choice(['<', '>', '==', '!='])} {self.int(depth + 1)}",
                f"{self.text(depth + 1)} {r.choice(['==', '<', 'in'])} {self.text(depth + 1)}",
                "o is None",
                f"{self.text(depth + 1)} in D",
                f"not {self.text(depth + 1)}",
                f"{self.float(depth + 1)} < {self.float(depth + 1)} and {self.int(depth + 1)} > 0",
            ]
        )

    def block(self, depth: int, most: int) -> list[str]:
        lines = [line for _ in range(self.r.randint(1, most)) for line in self.statement(depth)]
        return ["    " * depth + line if line[0] != " " else line for line in lines]

    def simple(self) -> str:
        r = self.r
        return r.choice(
            [
                f"i = {self.int()}",
                f"j = {self.int()}",
                f"t = {self.text()}",
                f"g = {self.float()}",
                f"i += {self.int()}",
                f"t += {self.text()}",
                f"t, u = {self.text()}.split(',')",
                f"i, j = {self.int()}, {self.int()}",
                "a, b, c = xs",
            ]
        )

    def statement(self, depth: int) -> list[str]:
        r = self.r
        kinds = ["try"] * 5 if depth == 1 else []
        kinds += ["simple", "simple", "if", *(["try"] * 4 if depth < 4 else ["simple"])]
        kinds += ["loop"] if self.loops < 1 and depth < 3 else []
        kinds += ["end", "end"] if self.loops else []
        kinds += ["return"] if depth > 1 else []
        match r.choice(kinds):
            case "simple":
                return [self.simple()]
            case "if":
                orelse = ["else:", *self.block(depth + 1, 2)] if r.random() < 0.4 else []
                return [f"if {self.test()}:", *self.block(depth + 1, 2), *orelse]
            case "end":
                return [f"if {self.test()}:", "    " * (depth + 1) + r.choice(["break", "continue", "return (i, t)"])]
            case "return":
                return [
                    r.choice(
                        [
                            "return i",
                            "return None",
                            "return (i, t)",
                            f"return {self.int()}",
                            f"return ({self.int()}, {self.text()})",
                        ]
                    )
                ]
            case "loop":
                self.loops += 1
                head = r.choice(["for v in xs:", "for w in range(3):", "for k, v in enumerate(xs):"])
                lines = [head, *self.block(depth + 1, 3)]
                if "v" in head and r.random() < 0.6:
                    lines.insert(1, "    " * (depth + 1) + r.choice(["i = i + int(v)", "t = v", "g = float(v)"]))
                self.loops -= 1
                return lines
            case _:
                return self.attempt(depth)

    def attempt(self, depth: int) -> list[str]:
        r = self.r
        lines = ["try:", *self.block(depth + 1, 3)]
        if r.random() < 0.2:
            lines.append("    " * (depth + 1) + r.choice([self.int(), self.float()]))
        handlers = r.sample(CLASSES, r.randint(1, 2))
        for kind in handlers:
            name = " as e" if r.random() < 0.2 else ""
            lines += [f"except {kind}{name}:", *self.handler(depth + 1)]
        if r.random() < 0.3:
            lines += ["except:", *self.handler(depth + 1)]
        if r.random() < 0.25:
            lines += ["else:", *self.block(depth + 1, 2)]
        return lines

    def handler(self, depth: int) -> list[str]:
        r = self.r
        ends = ["return None", "return None", "pass", "return (i, t)", "return i", "i = -1", "t = 'bad'", "g = -1.0"]
        ends += ["continue", "break"] if self.loops else []
        if r.random() < 0.75:
            return ["    " * depth + r.choice(ends)]
        return self.block(depth, 2)
