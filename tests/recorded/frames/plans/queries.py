"""Generated plans as SQL text: joins, subqueries, WITH, grouping, windows, set operations, LATERAL VIEW, ORDER BY."""

import tables
from values import NUMBERS, WHOLE, Values, sql

JOINS = ["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL OUTER JOIN", "LEFT SEMI JOIN", "LEFT ANTI JOIN", "CROSS JOIN", ","]
ORDERS = ["", " ASC", " DESC", " NULLS LAST", " DESC NULLS FIRST"]
SIMPLE = ("int", "long", "double", "string", "date", "dec", "bool", "ts", "float", "short")


class Queries:
    """Makes queries by chance."""

    def __init__(self, chance):
        self.chance, self.values, self.fresh = chance, Values(chance), 0

    def name(self, start="y"):
        self.fresh += 1
        return f"{start}{self.fresh}"

    def plan(self):
        """A whole query, and whether its rows have an order."""
        self.fresh = 0
        shape = self.chance.random()
        if shape < 0.15:
            return self._with()
        if shape < 0.3:
            return self._set(), False
        text, columns = self._query()
        full = columns and all(kind in SIMPLE for _, kind in columns) and self.chance.random() < 0.5
        return (text + self._order(columns) if full else text), bool(full)

    def _order(self, columns):
        items = [name + self.chance.choice(ORDERS) for name, _ in columns]
        if self.chance.random() < 0.3:
            items = [f"{at + 1}{self.chance.choice(ORDERS)}" for at in range(len(columns))]
        text = " ORDER BY " + ", ".join(items)
        if self.chance.random() < 0.4:
            text += f" LIMIT {self.chance.randint(0, 5)}"
            if self.chance.random() < 0.4:
                text += f" OFFSET {self.chance.randint(0, 3)}"
        return text

    def _table(self):
        name = self.chance.choice(["t1", "t1", "t1", "t2", "t2", "t3", "t0"])
        return name, list(tables.columns(name))

    def _with(self):
        inner, columns = self._query(plain=True)
        name = self.name("w")
        self.extra = (name, columns)
        outer, made = self._select([(f"{name}", [(each, kind) for each, kind in columns], name)])
        text = f"WITH {name} AS ({inner})"
        if self.chance.random() < 0.3:
            second = self.name("w")
            text += f", {second} AS (SELECT * FROM {name} WHERE {sql(self.values.of(columns, 'bool', 1))})"
            outer = f"SELECT count(*) AS n FROM {second}"
            made = [("n", "long")]
        full = made and all(kind in SIMPLE for _, kind in made)
        return f"{text} {outer}{self._order(made) if full else ''}", bool(full)

    def _set(self):
        kinds = [self.chance.choice(["int", "string", "double", "date"]) for _ in range(self.chance.randint(1, 3))]
        parts = []
        for _ in range(self.chance.choice([2, 2, 3])):
            table, columns = self._table()
            # Now and then another type stands there: texts are cast to numbers and days.
            own = [
                self.chance.choice(["int", "string", "double"]) if self.chance.random() < 0.1 else kind
                for kind in kinds
            ]
            items = [f"{sql(self.values.of(columns, kind, 1))} AS {self.name()}" for kind in own]
            where = f" WHERE {sql(self.values.of(columns, 'bool', 1))}" if self.chance.random() < 0.4 else ""
            parts.append(f"SELECT {', '.join(items)} FROM {table}{where}")
        word = lambda: self.chance.choice(
            ["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "MINUS", "INTERSECT ALL", "EXCEPT ALL", "UNION DISTINCT"]
        )  # noqa: E731
        text = parts[0]
        for part in parts[1:]:
            text = f"{text} {word()} {part}" if self.chance.random() < 0.7 else f"({text}) {word()} ({part})"
        return text

    def _query(self, plain=False):
        """A query over one to three items of FROM."""
        items = []
        for at in range(self.chance.choice([1, 1, 1, 2, 2, 3] if not plain else [1, 1, 2])):
            name = "abc"[at]
            if self.chance.random() < 0.15:
                inner, columns = self._simple()
                items.append((f"({inner}) {name}", columns, name))
            else:
                table, columns = self._table()
                items.append((f"{table} {self.chance.choice(['', 'AS '])}{name}", columns, name))
        return self._select(items)

    def _simple(self):
        table, columns = self._table()
        kept = self.chance.sample(columns, 4)
        where = f" WHERE {sql(self.values.of(columns, 'bool', 1))}" if self.chance.random() < 0.4 else ""
        return f"SELECT {', '.join(name for name, _ in kept)} FROM {table}{where}", kept

    def _from(self, items):
        """FROM's text and the columns that are in scope."""
        text, columns, name = items[0]
        scope = [(f"{name}.{each}", kind) for each, kind in columns]
        for right, columns, name in items[1:]:
            others = [(f"{name}.{each}", kind) for each, kind in columns]
            word = self.chance.choice(JOINS)
            if word in ("CROSS JOIN", ","):
                text += f", {right}" if word == "," else f" {word} {right}"
                scope += others
                continue
            if self.chance.random() < 0.15:
                shared = {each.split(".")[1]: kind for each, kind in scope}
                shared = [each for each, kind in columns if shared.get(each) == kind and kind in SIMPLE]
                if shared and len({each.split(".")[0] for each, _ in scope}) == 1:
                    text += f" {word} {right} USING ({self.chance.choice(shared)})"
                    scope = scope if "SEMI" in word or "ANTI" in word else scope + others
                    continue
            pairs = [(a, b) for a in scope for b in others if a[1] == b[1] and a[1] in SIMPLE]
            a, b = self.chance.choice(pairs) if pairs else (("1", "int"), ("1", "int"))
            on = f"{a[0]} {self.chance.choice(['=', '=', '=', '<=>', '<'])} {b[0]}"
            if self.chance.random() < 0.25:
                on += f" AND {sql(self.values.of(scope + others, 'bool', 1))}"
            text += f" {word} {right} ON {on}"
            scope = scope if "SEMI" in word or "ANTI" in word else scope + others
        return text, scope

    def _select(self, items):
        text, scope = self._from(items)
        if self.chance.random() < 0.12:
            column = self.values.pick(scope, "ints", "strings")
            if column:
                word = self.chance.choice(["LATERAL VIEW", "LATERAL VIEW OUTER"])
                if self.chance.random() < 0.3:
                    text += f" {word} posexplode({column[0]}) v AS vp, ve"
                    scope = [*scope, ("v.vp", "int")]
                else:
                    text += f" {word} explode({column[0]}) v AS ve"
                scope = [*scope, ("v.ve", "int" if column[1] == "ints" else "string")]
        where = f" WHERE {self._condition(scope)}" if self.chance.random() < 0.5 else ""
        form = self.chance.random()
        if form < 0.3:
            return self._grouped(text, where, scope)
        if form < 0.45:
            return self._windows(text, where, scope)
        made = []
        texts = []
        for _ in range(self.chance.randint(1, 4)):
            kind = self.chance.choice(["int", "int", "double", "string", "bool", "dec", "date", "long"])
            value = self._scalar(scope) if self.chance.random() < 0.07 else sql(self.values.of(scope, kind))
            kind = "none" if value.startswith("(SELECT") else kind
            name = self.name()
            texts.append(f"{value} AS {name}" if self.chance.random() < 0.85 else f"{value} {name}")
            made.append((name, kind))
        if self.chance.random() < 0.12:
            texts.append(sql(self.values.of(scope, self.chance.choice(["int", "string", "bool", "double"]))))
            made = []
        if self.chance.random() < 0.1:
            texts, made = ["*"], []
        distinct = "DISTINCT " if self.chance.random() < 0.1 else ""
        return f"SELECT {distinct}{', '.join(texts)} FROM {text}{where}", made

    def _scalar(self, scope):
        table, columns = self._table()
        column = self.values.pick(columns, "int", "double", "string", "date")
        function = self.chance.choice(["max", "min", "count"])
        correlated = ""
        outer = self.values.pick(scope, "int", "string")
        inner = self.values.pick(columns, outer[1]) if outer else None
        if inner and self.chance.random() < 0.5:
            correlated = f" WHERE z.{inner[0]} = {outer[0]}"
        return f"(SELECT {function}(z.{column[0]}) FROM {table} z{correlated})"

    def _condition(self, scope):
        way = self.chance.random()
        plain = sql(self.values.of(scope, "bool", 2))
        table, columns = self._table()
        outer = self.values.pick(scope, "int", "string", "date")
        inner = self.values.pick(columns, outer[1]) if outer else None
        if way < 0.12 and inner:
            no = self.chance.choice(["", "", "NOT "])
            where = f" WHERE {sql(self.values.of(columns, 'bool', 1))}" if self.chance.random() < 0.5 else ""
            return f"{outer[0]} {no}IN (SELECT {inner[0]} FROM {table}{where})"
        if way < 0.24 and inner:
            no = self.chance.choice(["", "NOT "])
            test = f"z.{inner[0]} {self.chance.choice(['=', '=', '<'])} {outer[0]}"
            return f"{no}EXISTS (SELECT {self.chance.choice(['1', '*'])} FROM {table} z WHERE {test})"
        if way < 0.3 and outer and outer[1] == "int":
            return (
                f"{outer[0]} > {self._scalar(scope)}" if False else f"{plain} OR {outer[0]} >= (SELECT min(i) FROM t2)"
            )
        return plain

    def _aggregate(self, scope):
        number = self.values.pick(scope, *NUMBERS)
        whole = self.values.pick(scope, *WHOLE)
        simple = self.values.pick(scope, *SIMPLE)
        choices = [("count(*)", "long")]
        if simple:
            choices += [
                (f"count({simple[0]})", "long"),
                (f"count(DISTINCT {simple[0]})", "long"),
                (f"max({simple[0]})", simple[1]),
                (f"min({simple[0]})", simple[1]),
                (f"size(collect_set({simple[0]}))", "int"),
                (f"count(*) FILTER (WHERE {sql(self.values.of(scope, 'bool', 1))})", "long"),
            ]
        if number:
            kind = {"dec": "dec"}.get(number[1], "long" if number[1] in WHOLE else "double")
            choices += [
                (f"sum({number[0]})", kind),
                (f"avg({number[0]})", "dec" if kind == "dec" else "double"),
                (f"coalesce(sum({number[0]}), 0)", "none"),
                (f"sum({number[0]}) FILTER (WHERE {sql(self.values.of(scope, 'bool', 1))})", kind),
                (f"stddev_samp({number[0]})", "double"),
                (f"percentile({number[0]}, 0.5)", "double"),
                (f"round(avg({number[0]}), 2)", "none"),
            ]
        if whole:
            choices += [
                (f"sum(DISTINCT {whole[0]})", "long"),
                (f"sum(CASE WHEN {sql(self.values.of(scope, 'bool', 1))} THEN {whole[0]} ELSE 0 END)", "long"),
                (f"sort_array(collect_list({whole[0]}))", "none"),
            ]
        return self.chance.choice(choices)

    def _grouped(self, text, where, scope):
        fitting = [each for each in scope if each[1] in SIMPLE]
        keys = []
        for _ in range(self.chance.randint(0, 2)):
            if fitting and self.chance.random() < 0.75:
                keys.append(self.chance.choice(fitting))
            else:
                kind = self.chance.choice(["int", "string", "bool"])
                keys.append((sql(self.values.of(scope, kind, 1)), kind))
        keys = list(dict.fromkeys(keys))
        texts, made = [], []
        for key, kind in keys:
            name = self.name()
            texts.append(f"{key} AS {name}")
            made.append((name, kind))
        for _ in range(self.chance.randint(1, 3)):
            value, kind = self._aggregate(scope)
            name = self.name()
            texts.append(f"{value} AS {name}")
            made.append((name, kind))
        group = ""
        if keys:
            listed = ", ".join(key for key, _ in keys)
            way = self.chance.random()
            if way < 0.6:
                group = f" GROUP BY {listed}"
            elif way < 0.7:
                group = (
                    f" GROUP BY ROLLUP ({listed})" if self.chance.random() < 0.5 else f" GROUP BY {listed} WITH ROLLUP"
                )
            elif way < 0.8:
                group = f" GROUP BY CUBE ({listed})"
            elif way < 0.9:
                sets = [f"({listed})", "()"] + [f"({key})" for key, _ in keys[:1]]
                group = f" GROUP BY GROUPING SETS ({', '.join(dict.fromkeys(sets))})"
            else:
                group = f" GROUP BY {', '.join(str(at + 1) for at in range(len(keys)))}"
            if "ROLLUP" in group or "CUBE" in group or "SETS" in group:
                texts.append("grouping_id() AS gid")
                made.append(("gid", "long"))
        having = ""
        if self.chance.random() < 0.25:
            having = f" HAVING {self.chance.choice(['count(*) > 1', 'count(*) >= 2', made[-1][0] + ' IS NOT NULL'])}"
        return f"SELECT {', '.join(texts)} FROM {text}{where}{group}{having}", made

    def _windows(self, text, where, scope):
        order = self.values.pick(scope, "int", "string", "date", "double", "dec")
        if not order:
            return f"SELECT count(*) AS n FROM {text}{where}", [("n", "long")]
        key = self.values.pick(scope, "string", "int", "bool")
        spec = f"PARTITION BY {key[0]} " if key and self.chance.random() < 0.7 else ""
        spec += f"ORDER BY {order[0]}{self.chance.choice(ORDERS)}"
        number = self.values.pick(scope, *NUMBERS) or order
        functions = [
            "rank()",
            "dense_rank()",
            "percent_rank()",
            "cume_dist()",
            "count(*)",
            f"max({order[0]})",
            f"count({order[0]})",
        ]
        if number[1] in NUMBERS:
            functions += [f"sum({number[0]})", f"avg({number[0]})", f"min({number[0]})"]
        shown = self.values.pick(scope, *SIMPLE)
        texts, made = [f"{shown[0]} AS s0", f"{order[0]} AS o0"], [("s0", shown[1]), ("o0", order[1])]
        named = self.chance.random() < 0.2
        for _ in range(self.chance.randint(1, 2)):
            function = self.chance.choice(functions)
            frame = ""
            if (
                function[:4] not in ("rank", "dens", "perc", "cume")
                and order[1] == "int"
                and self.chance.random() < 0.4
            ):
                frame = " RANGE BETWEEN " + self.chance.choice(
                    [
                        "1 PRECEDING AND CURRENT ROW",
                        "UNBOUNDED PRECEDING AND CURRENT ROW",
                        "1 PRECEDING AND 2 FOLLOWING",
                    ]
                )
            name = self.name()
            over = "w" if named and not frame else f"({spec}{frame})"
            texts.append(f"{function} OVER {over} AS {name}")
            made.append((name, "none"))
        tail = f" WINDOW w AS ({spec})" if named else ""
        return f"SELECT {', '.join(texts)} FROM {text}{where}{tail}", made
