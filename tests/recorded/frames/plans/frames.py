"""Generated plans as calls of the DataFrame API: text that Python evaluates with the tables, `F` and `Window` in scope."""

import tables
from values import NUMBERS, WHOLE, Values, python

JOINS = ["inner", "left", "right", "full", "left_semi", "left_anti", "cross"]


class Plan:
    """A plan so far: its text, its columns (reference, kind, name), and whether rows are in the order of a table."""

    def __init__(self, text, columns, stable=True):
        self.text, self.columns, self.stable = text, columns, stable
        self.full = False

    def then(self, call, columns=None, stable=None):
        return Plan(
            f"{self.text}.{call}",
            self.columns if columns is None else columns,
            self.stable if stable is None else self.stable and stable,
        )

    def names(self):
        return [name for _, _, name in self.columns]


class Frames:
    """Makes plans by chance."""

    def __init__(self, chance):
        self.chance, self.values, self.fresh = chance, Values(chance), 0

    def name(self):
        self.fresh += 1
        return f"x{self.fresh}"

    def table(self, *names):
        name = self.chance.choice(names or ["t1", "t1", "t1", "t2", "t2", "t3", "t0"])
        return Plan(name, [(each, kind, each) for each, kind in tables.columns(name)])

    def plan(self):
        """A whole plan, and whether its rows have an order."""
        self.fresh = 0
        plan = self.table()
        for _ in range(self.chance.choice([1, 1, 2, 2, 3, 4])):
            step = getattr(self, "_" + self.chance.choice(STEPS))
            plan = step(plan) or plan
            if not plan.columns:
                break
        if self.chance.random() < 0.4 and len(set(plan.names())) == len(plan.names()):
            plan = self._ordered(plan) or plan
        return plan.text, plan.full

    # Rows as they are.

    def _select(self, plan):
        items, columns = [], []
        for _ in range(self.chance.randint(1, 4)):
            kind = self.chance.choice(["int", "int", "double", "string", "bool", "dec", "date", "long", "ints"])
            made = self.values.of(plan.columns, kind)
            text = python(made)
            if self.chance.random() < 0.85:
                name = self.name()
                items.append(f"{text}.alias({name!r})")
                columns.append((name, kind, name))
            else:
                items.append(text)
        for ref, kind, name in self.chance.sample(plan.columns, min(2, len(plan.columns))):
            if [each[2] for each in plan.columns].count(name) == 1 and name not in [each[2] for each in columns]:
                items.append(f"F.col({ref!r})")
                columns.append((name, kind, name))
        return plan.then(f"select({', '.join(items)})", columns) if columns else None

    def _filter(self, plan):
        return plan.then(
            f"{self.chance.choice(['filter', 'where'])}({python(self.values.of(plan.columns, 'bool', 3))})"
        )

    def _with_column(self, plan):
        kind = self.chance.choice(["int", "double", "string", "bool", "dec", "date"])
        name = self.name()
        if self.chance.random() < 0.3 and len(set(plan.names())) == len(plan.names()):
            name = self.chance.choice(plan.names())
        columns = [each for each in plan.columns if each[2] != name]
        return plan.then(
            f"withColumn({name!r}, {python(self.values.of(plan.columns, kind))})", [*columns, (name, kind, name)]
        )

    def _rename(self, plan):
        ref, kind, old = self.chance.choice(plan.columns)
        if plan.names().count(old) > 1:
            return None
        name = self.name()
        columns = [(name, kind, name) if each[0] == ref else each for each in plan.columns]
        return plan.then(f"withColumnRenamed({old!r}, {name!r})", columns)

    def _drop(self, plan):
        if len(plan.columns) < 3:
            return None
        ref, _, name = self.chance.choice(plan.columns)
        return plan.then(f"drop({name!r})", [each for each in plan.columns if each[2] != name])

    def _na(self, plan):
        names = list(dict.fromkeys(plan.names()))
        if len(names) != len(plan.names()):
            return None
        subset = self.chance.sample(names, min(2, len(names)))
        call = self.chance.choice([
            "na.fill(0)", "fillna('?')", "na.fill(2.5)", "dropna()", "na.drop('all')", f"na.drop(thresh={len(names) // 2})",
            f"dropna(subset={subset!r})", f"na.fill(7, subset={subset!r})", "na.replace(1, 5)",
            "replace(['a', 'b'], ['A', 'B'])", "na.replace({'a': 'zz', '': None})", "na.fill(False)", "replace(float('nan'), 9.0)",
        ])  # fmt: skip
        return plan.then(call)

    def _explode(self, plan):
        column = self.values.pick(plan.columns, "ints", "strings")
        if not column:
            return None
        kind = "int" if column[1] == "ints" else "string"
        function = self.chance.choice(["explode", "explode_outer", "posexplode", "posexplode_outer"])
        kept = self.chance.sample(plan.columns, min(2, len(plan.columns)))
        kept = [each for each in kept if plan.names().count(each[2]) == 1]
        items = [f"F.col({ref!r})" for ref, _, _ in kept]
        columns = [(name, kind_, name) for _, kind_, name in kept]
        name = self.name()
        if function.startswith("pos"):
            place = self.name()
            items.append(f"F.{function}({column[0]!r}).alias({place!r}, {name!r})")
            columns.append((place, "int", place))
        else:
            items.append(f"F.{function}({column[0]!r}).alias({name!r})")
        return plan.then(f"select({', '.join(items)})", [*columns, (name, kind, name)])

    def _limit(self, plan):
        if not plan.stable:
            return None
        return plan.then(
            self.chance.choice([f"limit({self.chance.randint(0, 5)})", f"offset({self.chance.randint(0, 4)})"])
        )

    # Rows put together.

    def _aggregate(self, plan):
        number = self.values.pick(plan.columns, *NUMBERS)
        whole = self.values.pick(plan.columns, *WHOLE)
        anything = self.chance.choice(plan.columns)
        ordered = self.values.pick(plan.columns, *NUMBERS, "string", "date", "ts", "bool")
        choices = [("F.count('*')", "long"), (f"F.count({anything[0]!r})", "long")]
        if number:
            ref = number[0]
            choices += [
                (f"F.sum({ref!r})", {"dec": "dec"}.get(number[1], "long" if number[1] in WHOLE else "double")),
                (f"F.avg({ref!r})", "dec" if number[1] == "dec" else "double"),
                (f"F.stddev({ref!r})", "double"),
                (f"F.var_pop({ref!r})", "double"),
                (f"F.median({ref!r})", "double"),
                (f"F.sum(F.col({ref!r}) * 2)", "none"),
                (f"(F.max({ref!r}) - F.min({ref!r}))", "none"),
                (f"F.skewness({ref!r})", "double"),
            ]
        if whole:
            choices += [
                (f"F.sum_distinct(F.col({whole[0]!r}))", "long"),
                (f"F.sort_array(F.collect_list({whole[0]!r}))", "none"),
                (f"F.sum(F.when({python(self.values.of(plan.columns, 'bool', 1))}, 1).otherwise(0))", "long"),
                (f"F.bit_xor({whole[0]!r})", whole[1]),
            ]
        if ordered:
            choices += [
                (f"F.min({ordered[0]!r})", ordered[1]),
                (f"F.max({ordered[0]!r})", ordered[1]),
                (f"F.countDistinct({ordered[0]!r})", "long"),
                (f"F.size(F.collect_set({ordered[0]!r}))", "int"),
                (f"F.count_if(F.col({ordered[0]!r}).isNotNull())", "long"),
            ]
            if plan.stable:
                choices += [
                    (f"F.first({ordered[0]!r})", ordered[1]),
                    (f"F.last({ordered[0]!r}, ignorenulls=True)", ordered[1]),
                    (f"F.collect_list({ordered[0]!r})", "none"),
                ]
        return self.chance.choice(choices)

    def _keys(self, plan, most=2):
        fitting = [each for each in plan.columns if each[1] not in ("ints", "strings") or self.chance.random() < 0.1]
        fitting = [each for each in fitting if plan.names().count(each[2]) == 1 and each[1] != "none"]
        return self.chance.sample(fitting, min(len(fitting), self.chance.randint(0, most)))

    def _group(self, plan):
        keys = self._keys(plan)
        how = self.chance.choice(["groupBy"] * 4 + ["rollup", "cube"]) if keys else "groupBy"
        items, columns = [], [(name, kind, name) for _, kind, name in keys]
        for _ in range(self.chance.randint(1, 3)):
            text, kind = self._aggregate(plan)
            if self.chance.random() < 0.8:
                name = self.name()
                items.append(f"{text}.alias({name!r})")
                columns.append((name, kind, name))
            else:
                items.append(text)
        if how != "groupBy" and self.chance.random() < 0.4:
            items.append("F.grouping_id().alias('g')")
            columns.append(("g", "long", "g"))
        keys = ", ".join(repr(ref) for ref, _, _ in keys)
        if self.chance.random() < 0.1 and how == "groupBy":
            number = self.values.pick([each for each in plan.columns if "." not in each[0]], *NUMBERS)
            if number:
                short = self.chance.choice(["sum", "avg", "max", "min"])
                return plan.then(f"groupBy({keys}).{short}({number[0]!r})", columns[:0], False) if keys else None
        return plan.then(f"{how}({keys}).agg({', '.join(items)})", columns, False)

    def _pivot(self, plan):
        by = self.values.pick(plan.columns, "string", "bool", "int", "date")
        keys = [each for each in self._keys(plan, 1) if by and each[0] != by[0]]
        if not by or not keys:
            return None
        values = ""
        if by[1] == "string" and self.chance.random() < 0.5:
            values = ", ['a', 'b']"
        items = [self._aggregate(plan)[0] for _ in range(self.chance.choice([1, 1, 2]))]
        if len(items) > 1:
            items = [f"{item}.alias('p{at}')" for at, item in enumerate(items)]
        return plan.then(f"groupBy({keys[0][0]!r}).pivot({by[0]!r}{values}).agg({', '.join(items)})", [], False)

    def _distinct(self, plan):
        return plan.then("distinct()", stable=False)

    def _drop_duplicates(self, plan):
        keys = self._keys(plan)
        if not keys or not plan.stable:
            return None
        return plan.then(f"dropDuplicates({[name for _, _, name in keys]!r})", stable=False)

    def _join(self, plan):
        other = self.table()
        how = self.chance.choice(JOINS)
        kinds = {name: kind for _, kind, name in other.columns}
        shared = [name for name in plan.names() if name in kinds and plan.names().count(name) == 1]
        own = {name: kind for _, kind, name in plan.columns}
        shared = [name for name in shared if kinds[name] not in ("ints", "strings") and own[name] == kinds[name]]
        form = self.chance.choice(["using", "using", "condition", "condition", "text"])
        one_sided = how in ("left_semi", "left_anti")
        if how == "cross":
            made = [*[(f"a.{name}", kind, name) for _, kind, name in plan.columns]]
            made += [(f"b.{name}", kind, name) for _, kind, name in other.columns]
            if len(set(plan.names())) != len(plan.names()):
                return None
            joined = Plan(f"{plan.text}.alias('a').crossJoin({other.text}.alias('b'))", made, False)
            return self._flat(joined)
        if form == "using" and shared:
            keys = self.chance.sample(shared, min(len(shared), self.chance.choice([1, 1, 2])))
            text = f"{plan.text}.join({other.text}, {keys if len(keys) > 1 else keys[0]!r}, {how!r})"
            rest = [each for each in plan.columns if each[2] not in keys]
            columns = [(key, own[key], key) for key in keys] + rest
            if one_sided:
                return Plan(text, list(plan.columns), False)
            others = [each for each in other.columns if each[2] not in keys]
            names = [name for _, _, name in columns] + [name for _, _, name in others]
            if len(set(names)) != len(names):
                fresh = [self.name() for _ in names]
                kinds = [kind for _, kind, _ in columns + others]
                made = [(name, kind, name) for name, kind in zip(fresh, kinds, strict=True)]
                return Plan(f"{text}.toDF({', '.join(map(repr, fresh))})", made, False)
            return Plan(text, columns + others, False)
        if len(set(plan.names())) != len(plan.names()):
            return None
        left = [(f"a.{name}", kind, name) for _, kind, name in plan.columns]
        right = [(f"b.{name}", kind, name) for _, kind, name in other.columns]
        condition = self._condition(left, right)
        text = f"{plan.text}.alias('a').join({other.text}.alias('b'), {condition}, {how!r})"
        if one_sided:
            return Plan(text, list(left), False)
        return self._flat(Plan(text, left + right, False))

    def _condition(self, left, right):
        pairs = [(a, b) for a in left for b in right if a[1] == b[1] and a[1] not in ("ints", "strings", "none")]
        if not pairs:
            return python(("op", "=", ("lit", 1), ("lit", 1)))
        a, b = self.chance.choice(pairs)
        made = ("op", self.chance.choice(["=", "=", "=", "<=>", "<", ">="]), ("col", a[0]), ("col", b[0]))
        if self.chance.random() < 0.3:
            made = ("logic", self.chance.choice(["AND", "AND", "OR"]), made, self.values.of(left + right, "bool", 1))
        return python(made)

    def _flat(self, plan):
        """After a join names may be there twice: new names for all, or some columns by their sides, or as they are."""
        way = self.chance.random()
        if way < 0.5:
            fresh = [self.name() for _ in plan.columns]
            columns = [(name, kind, name) for name, (_, kind, _) in zip(fresh, plan.columns, strict=True)]
            return plan.then(f"toDF({', '.join(map(repr, fresh))})", columns)
        if way < 0.9:
            kept = self.chance.sample(plan.columns, min(len(plan.columns), 4))
            columns = [(self.name(), kind) for _, kind, _ in kept]
            items = [f"F.col({ref!r}).alias({name!r})" for (ref, _, _), (name, _) in zip(kept, columns, strict=True)]
            return plan.then(f"select({', '.join(items)})", [(name, kind, name) for name, kind in columns])
        return plan

    def _self_join(self, plan):
        if plan.text not in tables.TABLES:
            return None
        condition = self.chance.choice(
            ["F.col('p.id') == F.col('q.i')", "F.col('p.s') == F.col('q.s')", "F.col('p.i') < F.col('q.i')"]
        )
        joined = f"{plan.text}.alias('p').join({plan.text}.alias('q'), {condition}, {self.chance.choice(JOINS[:4])!r})"
        made = f"{joined}.select('p.id', F.col('q.id').alias('other'), F.col('q.s'))"
        return Plan(made, [("id", "int", "id"), ("other", "int", "other"), ("s", "string", "s")], False)

    def _set(self, plan):
        if plan.text.startswith("t1") and plan.names() == [name for name, _ in tables.columns("t1")]:
            other = self.table("t1", "t3").text
        else:
            same = [each for each in plan.columns if each[1] in ("int", "string", "double", "date")]
            if not same or len(set(plan.names())) != len(plan.names()):
                return None
            same = same[:3]
            plan = plan.then(f"select({', '.join(repr(ref) for ref, _, _ in same)})", [(n, k, n) for _, k, n in same])
            right = self.table("t1", "t2", "t3")
            items = []
            for _, kind, name in same:
                found = self.values.pick(right.columns, kind)
                value = f"F.col({found[0]!r})" if found else f"F.lit(None).cast({kind!r})"
                items.append(f"{value}.alias({name!r})")
            other = f"{right.text}.select({', '.join(items)})"
        call = self.chance.choice(
            ["union", "unionAll", "unionByName", "intersect", "intersectAll", "exceptAll", "subtract"]
        )
        if call == "unionByName" and self.chance.random() < 0.5:
            return plan.then(
                f"unionByName({other}.withColumn('more', F.lit(1)), allowMissingColumns=True)",
                [*plan.columns, ("more", "int", "more")],
                False,
            )
        return plan.then(f"{call}({other})", stable=False)

    # Windows, orders, summaries.

    def _window(self, plan):
        keys = self._keys(plan, 1)
        order = self.values.pick(plan.columns, "int", "double", "string", "date", "dec", "ts")
        if not order:
            return None
        window = "Window"
        if keys:
            window += f".partitionBy({keys[0][0]!r})"
        window += f".orderBy(F.col({order[0]!r}).{self.chance.choice(['asc', 'desc', 'asc_nulls_last', 'desc_nulls_first'])}())"
        number = self.values.pick(plan.columns, *NUMBERS)
        choices = [
            "F.rank()",
            "F.dense_rank()",
            "F.percent_rank()",
            "F.cume_dist()",
            "F.count('*')",
            f"F.max({order[0]!r})",
        ]
        if number:
            choices += [f"F.sum({number[0]!r})", f"F.avg({number[0]!r})", f"F.min({number[0]!r})"]
        placed = plan.stable
        if placed:
            choices += [
                "F.row_number()",
                f"F.lag({order[0]!r})",
                f"F.lead({order[0]!r}, 2)",
                "F.ntile(3)",
                f"F.first({order[0]!r})",
            ]
            choices += [f"F.last({order[0]!r}, True)", f"F.nth_value({order[0]!r}, 2)", f"F.collect_list({order[0]!r})"]
        function = self.chance.choice(choices)
        ranks = ("F.rank", "F.dense", "F.percent", "F.cume", "F.row_", "F.lag", "F.lead", "F.ntile")
        if not function.startswith(ranks) and self.chance.random() < 0.4:
            if placed and self.chance.random() < 0.6:
                window += f".rowsBetween({self.chance.choice(['-1, 0', '-2, 1', 'Window.unboundedPreceding, 0', '0, Window.unboundedFollowing'])})"
            elif order[1] == "int":
                window += ".rangeBetween(-1, 1)"
        name = self.name()
        return plan.then(
            f"withColumn({name!r}, {function}.over({window}))", [*plan.columns, (name, "none", name)], False
        )

    def _summary(self, plan):
        if len(set(plan.names())) != len(plan.names()) or len(plan.names()) > 6:
            return None
        call = self.chance.choice(["describe()", "summary('count', 'min', 'max', 'mean')"])
        return plan.then(call, [], False)

    def _unpivot(self, plan):
        same = [each for each in plan.columns if each[1] == "int"][:2]
        if not same:
            return None
        names = [name for _, _, name in same]
        key = plan.columns[0][0]
        made = [
            (plan.columns[0][2], plan.columns[0][1], plan.columns[0][2]),
            ("what", "string", "what"),
            ("value", "int", "value"),
        ]
        return (
            plan.then(f"unpivot([{key!r}], {names!r}, 'what', 'value')", made)
            if plan.columns[0][2] not in names
            else None
        )

    def _ordered(self, plan):
        fitting = [each for each in plan.columns if each[1] != "none"]
        if not fitting or len(fitting) != len(plan.columns):
            return None
        items = [
            f"F.col({ref!r}).{self.chance.choice(['asc', 'desc', 'asc_nulls_last', 'desc_nulls_first'])}()"
            for ref, _, _ in fitting
        ]
        made = plan.then(f"orderBy({', '.join(items)})", stable=True)
        if self.chance.random() < 0.4:
            made = made.then(f"limit({self.chance.randint(0, 6)})")
        made.full = True
        return made


STEPS = (
    ["select"] * 4 + ["filter"] * 4 + ["with_column"] * 2 + ["join"] * 6 + ["group"] * 6 + ["window"] * 4 + ["set"] * 4
    + "rename drop na na explode limit pivot pivot distinct drop_duplicates self_join summary unpivot".split()
)  # fmt: skip
