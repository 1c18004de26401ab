"""Generated expressions over columns of known kinds, written as SQL or as calls of the DataFrame API."""

NUMBERS = ("int", "long", "short", "double", "float", "dec")
WHOLE = ("int", "long", "short")
TYPES = {"int": "int", "long": "bigint", "double": "double", "string": "string", "dec": "decimal(12,3)", "date": "date"}
LITERALS = {
    "int": [0, 1, 2, 3, -1, 7],
    "long": [10, 20, 0],
    "double": [0.5, 1.5, -2.25, 0.0],
    "string": ["a", "b", "", "x", "Ü"],
    "bool": [True, False],
}


class Values:
    """Makes expressions by chance. One is a nested tuple; `sql` and `python` write it."""

    def __init__(self, chance):
        self.chance = chance

    def pick(self, columns, *kinds):
        """A column of one of these kinds, or None."""
        fitting = [column for column in columns if column[1] in kinds]
        return self.chance.choice(fitting) if fitting else None

    def of(self, columns, kind, depth=2):
        """An expression of a kind."""
        own = self.pick(columns, kind)
        if depth == 0 or self.chance.random() < 0.3:
            if own and self.chance.random() < 0.85:
                return ("col", own[0])
            return self._constant(columns, kind)
        return (
            getattr(self, "_" + kind, self._constant)(columns, depth)
            if kind in _MADE
            else self._constant(columns, kind)
        )

    def _constant(self, columns, kind):
        if kind in LITERALS:
            return ("lit", self.chance.choice(LITERALS[kind]))
        own = self.pick(columns, kind)
        if own:
            return ("col", own[0])
        if kind == "date":
            return ("cast", ("lit", "2024-02-10"), "date")
        if kind == "dec":
            return ("cast", ("lit", "7.25"), "decimal(6,2)")
        if kind == "ts":
            return ("cast", ("lit", "2024-02-10 05:06:07"), "timestamp")
        if kind == "ints":
            return ("call", "array", ("lit", 1), ("lit", 2))
        if kind == "strings":
            return ("call", "array", ("lit", "x"), ("lit", "q"))
        return ("lit", 1)

    def _number(self, columns, depth):
        return self.of(columns, self.chance.choice(["int", "int", "long", "double", "dec"]), depth)

    def _int(self, columns, depth):
        inner = lambda kind="int": self.of(columns, kind, depth - 1)  # noqa: E731
        return self.chance.choice(
            [
                lambda: ("op", self.chance.choice("+-"), inner(), inner()),
                lambda: ("op", "*", inner(), ("lit", self.chance.choice([2, 3, -1]))),
                lambda: ("op", "%", inner(), ("lit", self.chance.choice([2, 3, 5]))),
                lambda: ("call", "length", inner("string")),
                lambda: ("call", "abs", inner()),
                lambda: (
                    "call",
                    self.chance.choice(["year", "month", "dayofmonth", "quarter", "dayofweek"]),
                    inner("date"),
                ),
                lambda: ("call", "coalesce", inner(), inner()),
                lambda: ("case", inner("bool"), inner(), inner()),
                lambda: ("call", "size", inner("ints")),
                lambda: ("call", "datediff", inner("date"), inner("date")),
                lambda: ("call", self.chance.choice(["greatest", "least"]), inner(), inner()),
                lambda: ("call", "hour", inner("ts")),
                lambda: ("cast", ("cast", inner(), "string"), "int"),
                lambda: ("try", inner("string"), "int"),
                lambda: ("cast", inner("string"), "int"),
            ]
        )()

    def _long(self, columns, depth):
        return self.chance.choice(
            [
                lambda: ("op", "+", self.of(columns, "long", depth - 1), self.of(columns, "int", depth - 1)),
                lambda: ("cast", self.of(columns, "int", depth - 1), "bigint"),
                lambda: ("call", "coalesce", self.of(columns, "long", depth - 1), ("lit", 0)),
            ]
        )()

    def _double(self, columns, depth):
        inner = lambda kind="double": self.of(columns, kind, depth - 1)  # noqa: E731
        return self.chance.choice(
            [
                lambda: ("op", self.chance.choice("+-*"), inner(), inner()),
                lambda: ("op", "/", inner(self.chance.choice(["int", "double"])), ("lit", self.chance.choice([2, 4]))),
                lambda: ("call", "round", inner(), ("lit", 1)),
                lambda: ("call", "coalesce", inner(), inner()),
                lambda: ("call", "nanvl", inner(), ("lit", 0.25)),
                lambda: ("cast", inner("int"), "double"),
                lambda: ("case", inner("bool"), inner(), ("lit", 0.75)),
                lambda: ("cast", ("cast", inner(), "string"), "double"),
                lambda: ("try", inner("string"), "double"),
            ]
        )()

    def _dec(self, columns, depth):
        inner = lambda kind="dec": self.of(columns, kind, depth - 1)  # noqa: E731
        return self.chance.choice(
            [
                lambda: ("op", self.chance.choice("+-*"), inner(), inner()),
                lambda: ("op", "+", inner(), inner("int")),
                lambda: ("cast", inner("int"), "decimal(12,3)"),
                lambda: ("call", "coalesce", inner(), inner()),
            ]
        )()

    def _string(self, columns, depth):
        inner = lambda kind="string": self.of(columns, kind, depth - 1)  # noqa: E731
        return self.chance.choice(
            [
                lambda: ("call", self.chance.choice(["upper", "lower", "trim", "reverse", "initcap"]), inner()),
                lambda: ("call", "concat", inner(), inner()),
                lambda: ("call", "substring", inner(), ("raw", self.chance.choice([1, 2, -1])), ("raw", 2)),
                lambda: ("call", "coalesce", inner(), ("lit", "?")),
                lambda: (
                    "cast",
                    self.of(columns, self.chance.choice(["int", "double", "date", "dec", "bool", "ts"]), 0),
                    "string",
                ),
                lambda: ("case", inner("bool"), inner(), inner()),
                lambda: ("call", "lpad", inner(), ("raw", 3), ("raw", "_")),
            ]
        )()

    def _bool(self, columns, depth):
        inner = lambda kind: self.of(columns, kind, depth - 1)  # noqa: E731
        kind = self.chance.choice(["int", "int", "string", "double", "date", "dec", "long"])
        return self.chance.choice(
            [
                lambda: ("op", self.chance.choice(["<", "<=", ">", ">=", "=", "!="]), inner(kind), inner(kind)),
                lambda: ("op", "<=>", inner(kind), inner(kind)),
                lambda: ("null", inner(kind)),
                lambda: ("not", inner("bool")),
                lambda: ("logic", self.chance.choice(["AND", "OR"]), inner("bool"), inner("bool")),
                lambda: ("in", inner("int"), ("lit", 1), ("lit", 2)),
                lambda: ("in", inner("string"), ("lit", "a"), ("lit", "Ünï")),
                lambda: ("like", inner("string"), self.chance.choice(["%a%", "_", "Ü%", ""])),
                lambda: ("between", inner("int"), ("lit", 0), ("lit", 2)),
            ]
        )()

    def _date(self, columns, depth):
        inner = lambda kind="date": self.of(columns, kind, depth - 1)  # noqa: E731
        return self.chance.choice(
            [
                lambda: ("call", "date_add", inner(), ("raw", self.chance.choice([1, 30, -7]))),
                lambda: ("call", "last_day", inner()),
                lambda: ("call", "trunc", inner(), ("raw", self.chance.choice(["month", "year"]))),
                lambda: ("cast", inner("ts"), "date"),
                lambda: ("cast", ("cast", inner(), "string"), "date"),
                lambda: ("try", inner("string"), "date"),
                lambda: ("call", "coalesce", inner(), inner()),
            ]
        )()

    def _ints(self, columns, depth):
        return self.chance.choice(
            [
                lambda: ("call", "sort_array", self.of(columns, "ints", depth - 1)),
                lambda: ("call", "array", self.of(columns, "int", depth - 1), self.of(columns, "int", 0)),
                lambda: ("call", "array_distinct", self.of(columns, "ints", depth - 1)),
            ]
        )()


_MADE = ("int", "long", "double", "dec", "string", "bool", "date", "ints")
_PYTHON = {"=": "==", "AND": "&", "OR": "|"}


def sql(node):
    """An expression as SQL."""
    kind, *parts = node
    if kind == "col":
        return parts[0]
    if kind in ("lit", "raw"):
        value = parts[0]
        if isinstance(value, str):
            return "'" + value.replace("'", "\\'") + "'"
        if isinstance(value, bool):
            return str(value).lower()
        return f"{value}D" if isinstance(value, float) else str(value)
    if kind == "op":
        return f"({sql(parts[1])} {parts[0]} {sql(parts[2])})"
    if kind == "logic":
        return f"({sql(parts[1])} {parts[0]} {sql(parts[2])})"
    if kind == "call":
        return f"{parts[0]}({', '.join(map(sql, parts[1:]))})"
    if kind == "cast":
        return f"CAST({sql(parts[0])} AS {parts[1]})"
    if kind == "try":
        return f"TRY_CAST({sql(parts[0])} AS {parts[1]})"
    if kind == "case":
        return f"CASE WHEN {sql(parts[0])} THEN {sql(parts[1])} ELSE {sql(parts[2])} END"
    if kind == "null":
        return f"({sql(parts[0])} IS NULL)"
    if kind == "not":
        return f"(NOT {sql(parts[0])})"
    if kind == "in":
        return f"({sql(parts[0])} IN ({', '.join(map(sql, parts[1:]))}))"
    if kind == "like":
        return f"({sql(parts[0])} LIKE '{parts[1]}')"
    return f"({sql(parts[0])} BETWEEN {sql(parts[1])} AND {sql(parts[2])})"


def python(node):
    """An expression as a call of `F` and of Column's methods."""
    kind, *parts = node
    if kind == "col":
        return f"F.col({parts[0]!r})"
    if kind == "lit":
        return f"F.lit({parts[0]!r})"
    if kind == "raw":
        return repr(parts[0])
    if kind in ("op", "logic"):
        if parts[0] == "<=>":
            return f"{python(parts[1])}.eqNullSafe({python(parts[2])})"
        return f"({python(parts[1])} {_PYTHON.get(parts[0], parts[0])} {python(parts[2])})"
    if kind == "call":
        return f"F.{parts[0]}({', '.join(map(python, parts[1:]))})"
    if kind == "cast":
        return f"{python(parts[0])}.cast({parts[1]!r})"
    if kind == "try":
        return f"{python(parts[0])}.try_cast({parts[1]!r})"
    if kind == "case":
        return f"F.when({python(parts[0])}, {python(parts[1])}).otherwise({python(parts[2])})"
    if kind == "null":
        return f"{python(parts[0])}.isNull()"
    if kind == "not":
        return f"(~{python(parts[0])})"
    if kind == "in":
        return f"{python(parts[0])}.isin({', '.join(repr(part[1]) for part in parts[1:])})"
    if kind == "like":
        return f"{python(parts[0])}.like({parts[1]!r})"
    return f"{python(parts[0])}.between({python(parts[1])}, {python(parts[2])})"
