"""Random functions with loops that change lists, sets and dicts, and make texts, that end."""

from random import Random

HEAD = "from collections import defaultdict\n\ndef f(row):\n    a, x, s, xs, ws = row\n    n, t = 0, ''\n"
PLAIN = {"int": "n", "text": "t", "key": "(n, t)"}
LETTERS = ["ab 9", "ab 9A,", "abé 漢,"]


class ContainerPrograms:
    """Makes them, each from what the one before has left of the numbers drawn."""

    def __init__(self, seed: int) -> None:
        self.r = Random(seed)

    def rows(self, count: int):
        letters = self.r.choice(LETTERS)
        return [(self.row(letters),) for _ in range(count)]

    def row(self, letters: str):
        r = self.r
        text = "".join(r.choice(letters) for _ in range(r.randint(0, 9)))
        words = ["".join(r.choice(letters) for _ in range(r.randint(0, 3))) for _ in range(r.randint(0, 5))]
        x = r.choice([0.0, -0.0, 1.5, -2.25, 1e300, float("nan")]) if r.random() < 0.2 else r.randint(-9, 9) / 4
        return (r.randint(-20, 40), x, text, [r.randint(-4, 9) for _ in range(r.randint(0, 6))], words)

    def program(self) -> str:
        r = self.r
        self.loops, self.number = 0, 0
        self.ints, self.texts = ["a", "n"], ["s", "t"]
        #: Containers, by name, with what they hold.
        self.lists: dict[str, str] = {}
        self.dicts: dict[str, tuple[str, str]] = {}
        self.sets: dict[str, str] = {}
        lines = []
        for i in range(r.randint(1, 3)):
            lines += self.container(f"c{i}")
        lines += self.loop(1)
        if r.random() < 0.6:
            lines += self.statement(1)
        if r.random() < 0.4:
            lines += self.loop(1)
        return HEAD + "\n".join(lines) + f"\n    return {self.given()}\n"

    def container(self, name: str) -> list[str]:
        r = self.r
        match r.choice(["list", "list", "list", "dict", "dict", "set", "default", "groups", "table"]):
            case "list":
                kind = r.choice(["int", "text", "float", "pair", "int"])
                self.lists[name] = kind
                made = r.choice(["[]", "[]", f"[{self.item(kind)}]", f"[{self.item(kind)}] * {r.randint(0, 3)}"])
            case "dict":
                kinds = (r.choice(["int", "text", "key"]), r.choice(["int", "text", "float"]))
                self.dicts[name] = kinds
                made = r.choice(["{}", f"{{{self.item(kinds[0])}: {self.item(kinds[1])}}}"])
            case "default":
                self.dicts[name] = (r.choice(["int", "text", "key"]), "int")
                made = "defaultdict(int)"
            case "groups":
                self.dicts[name] = (r.choice(["int", "text"]), "list")
                made = r.choice(["defaultdict(list)", "{}"])
            case "table":
                self.lists[name] = "row"
                made = f"[[{self.int()}] * 3 for _ in range({r.randint(1, 3)})]"
            case _:
                self.sets[name] = r.choice(["int", "text", "key"])
                made = r.choice(["set()", f"{{{self.item(self.sets[name])}}}"])
        return [f"    {name} = {made}"]

    def item(self, kind: str, depth: int = 0) -> str:
        r = self.r
        match kind:
            case "int":
                return self.int()
            case "text":
                return self.text()
            case "float":
                return r.choice(["x", "1.5", "0.0", f"({self.int()}) / 2"])
            case "pair":
                return f"({self.text()}, {self.int()})"
            case "key":
                return f"({self.int()}, {self.text()})"
            case _:
                return "[0, 1]"

    def int(self, depth: int = 0) -> str:
        r = self.r
        looks = [f"len({name})" for name in [*self.lists, *self.dicts, *self.sets, *self.texts, "xs", "ws"]]
        looks += [f"{name}[{r.choice(['0', '-1', 'n'])}]" for name, kind in self.lists.items() if kind == "int"]
        looks += [f"{name}[0][{r.randint(0, 2)}]" for name, kind in self.lists.items() if kind == "row"]
        looks += [f"sum({name})" for name, kind in self.lists.items() if kind == "int"]
        looks += [
            f"{name}.get({PLAIN[kinds[0]]}, {r.randint(0, 3)})"
            for name, kinds in self.dicts.items()
            if kinds[1] == "int" and depth == 0
        ]
        if depth > 1 or r.random() < 0.5:
            return r.choice([*self.ints, "1", "2", r.choice(looks)])
        left, right = self.int(depth + 1), self.int(depth + 1)
        return r.choice(
            [
                f"({left} + {right})",
                f"({left} - {right})",
                f"({left} * 3 % 11)",
                f"({left} % 4)",
                f"min({left}, {right})",
            ]
        )

    def text(self, depth: int = 0) -> str:
        r = self.r
        one = r.choice(self.texts)
        if depth or r.random() < 0.5:
            return r.choice([one, "'a'", "''", "'bc'"])
        other = self.text(1)
        options = [
            f"({one} + {other})",
            f"{one}[:2]",
            f"{one}[1:]",
            f"{one}.upper()",
            f"{one}.strip()",
            f"str({self.int(1)})",
        ]
        options += [f"f'{{{self.int(1)}}}-{{{one}}}'", f"{one}[::-1]", f"({one} or {other})"]
        options += [f"','.join({name})" for name, kind in self.lists.items() if kind == "text"]
        return r.choice(options)

    def test(self) -> str:
        r = self.r
        options = [f"{self.int(1)} {r.choice(['<', '>', '==', '!='])} {self.int(1)}"]
        options += [f"{self.text(1)} {r.choice(['==', '<', '!='])} {self.text(1)}"]
        options += [f"{self.item(kind)} {r.choice(['in', 'not in'])} {name}" for name, kind in self.sets.items()]
        options += [f"{self.item(k)} {r.choice(['in', 'not in'])} {name}" for name, (k, _) in self.dicts.items()]
        options += [f"{self.item(k)} in {name}" for name, k in self.lists.items() if k in ("int", "text", "pair")]
        options += [r.choice([*self.lists, *self.dicts, *self.sets])]
        options += [f"{self.text(1)} in s", f"{r.choice(self.texts)}.startswith({self.text(1)})"]
        return r.choice(options)

    def statement(self, depth: int) -> list[str]:
        r, lines = self.r, []
        pad = "    " * depth
        match r.choice(["change"] * 6 + ["int", "text", "if", "if"] + (["loop"] * 2 if self.loops < 2 else ["end"])):
            case "int":
                return [f"{pad}n = ({self.int()}) % 1009"]
            case "text":
                return [f"{pad}t = ({self.text()})[-5:]"]
            case "if":
                lines = [f"{pad}if {self.test()}:", *self.statement(depth + 1)]
                if r.random() < 0.4:
                    lines += [f"{pad}else:", *self.statement(depth + 1)]
                return lines
            case "end":
                return [f"{pad}if {self.test()}:", f"{pad}    {r.choice(['break', 'continue', 'continue'])}"]
            case "loop":
                return self.loop(depth)
            case _:
                return [pad + line for line in self.change()]

    def change(self) -> list[str]:
        r = self.r
        name = r.choice([*self.lists, *self.dicts, *self.sets])
        if kind := self.sets.get(name):
            return [f"{name}.add({self.item(kind)})"]
        if kinds := self.dicts.get(name):
            key = self.item(kinds[0])
            if kinds[1] == "list":
                return [f"{name}.setdefault({key}, []).append({self.int()})"]
            if kinds[1] == "int":
                return [
                    r.choice(
                        [
                            f"{name}[{key}] = {name}.get({key}, 0) + 1",
                            f"{name}[{key}] = {self.int()}",
                            f"{name}[{key}] += 1",
                        ]
                    )
                ]
            return [f"{name}[{key}] = {self.item(kinds[1])}"]
        kind = self.lists[name]
        if kind == "row":
            at = f"[{self.int()} % 3]" if r.random() < 0.3 else f"[{r.randint(0, 2)}]"
            return [
                r.choice(
                    [f"{name}[0]{at} = {self.int()}", f"{name}[-1]{at} += {self.int()}", f"{name}.append([n, 1, 2])"]
                )
            ]
        item = self.item(kind)
        return [
            r.choice(
                [
                    *[f"{name}.append({item})"] * 5,
                    f"{name}.extend([{item}, {item}])",
                    f"{name}.insert({r.choice(['0', '1', '-1', 'n'])}, {item})",
                    f"{name}[{r.choice(['0', '-1', 'n % 3'])}] = {item}",
                    f"{name} = {name} + [{item}]",
                    f"{name} = {name}[-3:]",
                    f"{name} = sorted({name})",
                    f"{name} = {name}[::-1]",
                    f"if {name}: {name}.pop()",
                    f"if {name}: {name}.pop(0)",
                    f"{name} = []",
                ]
            )
        ]

    def loop(self, depth: int) -> list[str]:
        r, known = self.r, (list(self.ints), list(self.texts))
        self.number += 1
        v, pad = f"v{self.number}", "    " * depth
        heads = [
            (f"for {v} in range({r.randint(1, 6)}):", [v], []),
            (f"for {v} in range({self.int()} % 7, -2, -2):", [v], []),
            (f"for {v} in xs:", [v], []),
            (f"for {v} in s:", [], [v]),
            (f"for {v} in ws:", [], [v]),
            (f"for {v} in s.split():", [], [v]),
            (f"for {v} in s.split(','):", [], [v]),
            (f"for {v}i, {v} in enumerate(ws):", [f"{v}i"], [v]),
            (f"for {v}i, {v} in zip(xs, s):", [f"{v}i"], [v]),
            (f"for {v} in reversed(xs):", [v], []),
        ]
        heads += [(f"for {v} in {name}[:3]:", [v], []) for name, kind in self.lists.items() if kind == "int"]
        heads += [(f"for {v} in list({name}):", [], [v]) for name, kind in self.lists.items() if kind == "text"]
        heads += [(f"for {v} in sorted({name}):", [v], []) for name, kind in self.sets.items() if kind == "int"]
        heads += [(f"for {v} in sorted({name}):", [], [v]) for name, (k, _) in self.dicts.items() if k == "text"]
        head, ints, texts = r.choice(heads)
        self.ints += ints
        self.texts += texts
        self.loops += 1
        body = [line for _ in range(r.randint(1, 3)) for line in self.statement(depth + 1)]
        self.loops -= 1
        self.ints, self.texts = known
        return [pad + head, *body]

    def given(self) -> str:
        r = self.r
        options = ["n", "t", "(n, t)"]
        for name, kind in self.lists.items():
            options += [name, name, f"({name}, n)", f"len({name})"]
            if kind != "row":
                options += [f"sorted({name})", f"[y for y in {name}]"]
            if kind == "text":
                options += [f"''.join({name})"]
            if kind == "int":
                options += [f"max({name}, default=0)", f"sum({name})"]
        for name in self.dicts:
            options += [f"list({name}.items())", f"sorted({name}.items())", f"list({name}.values())", f"len({name})"]
            options += [f"sorted({name}.items(), key=lambda p: p[0])", f"list({name})"]
        for name in self.sets:
            options += [f"sorted({name})", f"len({name})"]
        return r.choice(options)
