"""Expressions inside each other, made by rule and by chance over rows of awkward values: `made(seed, count)`, `answers(spark, texts)`."""

import datetime
import decimal
import random

from expressions import condition, plain

SCHEMA = (
    "i int, j int, l bigint, k smallint, d double, e double, f float, s string, t string, u string, b boolean, c boolean, "
    "dt date, dv date, ts timestamp, n decimal(10,2), q decimal(18,6), a array<int>, w array<string>, m map<string,int>, "
    "st struct<x:int,y:string>"
)
_D, _T, _N = datetime.date, datetime.datetime, decimal.Decimal
_NAN, _INF = float("nan"), float("inf")
ROWS = [
    (3, 2, 9, 4, 2.5, -1.5, 0.5, "Straße", "e\u0301x", "12", True, False, _D(2024, 2, 29), _D(2023, 12, 31),
     _T(2024, 2, 29, 13, 4, 5, 678000), _N("12.34"), _N("1.500000"), [3, 1, 2], ["b", "a"], {"k": 1}, (1, "p")),
    (-7, 3, -(2**33), -9, -0.25, 1e10, -1.25, "ΟΔΟΣ άσος", "İz", " -5 ", False, True, _D(1969, 12, 31), _D(1582, 10, 15),
     _T(1969, 12, 31, 23, 59, 59, 1), _N("-0.05"), _N("-3.141593"), [1, None, 1], ["x", None], {"z": 5, "k": 2}, (2, None)),
    (0, -1, 0, 0, 0.0, -0.0, 0.0, "", "", "", None, None, _D(1970, 1, 1), _D(2000, 2, 29), _T(1970, 1, 1), _N("0.00"),
     _N("0.000000"), [], [], {}, None),
    (None,) * 21,
    (2147483647, -2147483648, 2**63 - 1, 32767, 1e-5, 123456789.125, 3.4e38, "  pad\ttab ", "a,b;c", "1e3", True, True,
     _D(2100, 3, 1), _D(9999, 12, 31), _T(2038, 1, 19, 3, 14, 8), _N("99999999.99"), _N("999999999999.999999"), [5],
     ["q", "q", ""], {"k": None}, (None, "q")),
    (42, 5, 100, 12, _NAN, _INF, 1.1, "日本語 text", "👍🏽 ok", "x", False, False, _D(2023, 7, 4), _D(1, 1, 1),
     _T(2023, 7, 4, 1, 2, 3, 4), _N("1.00"), _N("0.000001"), [7, 8, 9, 10], ["a,b"], {"a": 1, "b": 2}, (9, "r")),
    (-1, 7, -1, 1, -_INF, 0.1, 0.1, "l'été %_\\", "ﬁn ŉ", "3.99", None, True, _D(2024, 12, 30), _D(2025, 1, 1),
     _T(2024, 12, 30, 0, 0), _N("2.50"), _N("-0.500000"), [-1, 0, None], ["Z", "é", "z"], {"é": -1, "": 0}, (0, "")),
]  # fmt: skip

# What an expression of a kind may be: columns, literals, and templates of other kinds.
LEAVES = {
    "int": ["i", "j", "k", "1", "2", "-3", "7"],
    "long": ["l", "10L", "0L"],
    "dbl": ["d", "e", "0.5D", "-2.25D"],
    "flt": ["f", "1.5F"],
    "dec": ["n", "q", "1.25", "0.1"],
    "str": ["s", "t", "u", "'ab'", "'Zé 1'", "''"],
    "bool": ["b", "c", "true", "false"],
    "date": ["dt", "dv", "DATE '2024-01-31'"],
    "ts": ["ts", "TIMESTAMP '2024-03-10 12:30:45'"],
    "ints": ["a", "array(1, 2, NULL)", "array(4)"],
    "strs": ["w", "array('x', 'é')"],
    "map": ["m", "map('k', 7)"],
    "small": ["0", "1", "2", "3", "-1", "-2"],
}
MADE = {
    "int": "{int} + {int}|{int} - {int}|{int} * {small}|{int} % 7|abs({int})|-{int}|length({str})|size({ints})|size({map})|year({date})|month({date})|"
    "dayofweek({date})|dayofyear({date})|weekofyear({date})|quarter({date})|hour({ts})|minute({ts})|second({ts})|datediff({date}, {date})|"
    "if({bool}, {int}, {int})|coalesce({int}, {int})|nullif({int}, {small})|greatest({int}, {int})|least({int}, {int}, {int})|ascii({str})|instr({str}, {str})|"
    "locate({str}, {str}, 2)|levenshtein({str}, {str})|element_at({ints}, 1)|{map}['k']|st.x|cast({dbl} AS int)|cast({dec} AS int)|try_cast({str} AS int)|"
    "cast({bool} AS int)|array_position({ints}, {int})|array_max({ints})|array_min({ints})|bit_count({int})|{int} & {int}|{int} ^ {int}|~{int}|"
    "shiftleft({int}, {small})|shiftright({int}, 1)|pmod({int}, 5)|mod({int}, 3)|find_in_set({str}, 'a,ab,1')|octet_length({str})|bit_length({str})|"
    "try_add({int}, {int})|try_multiply({int}, {int})|try_subtract({int}, {int})|nvl2({str}, {int}, {int})|extract(DAY FROM {date})|weekday({date})|"
    "aggregate({ints}, 0, (x, y) -> x + coalesce(y, {small}))|sign({int})|try_element_at({ints}, 2)|get({ints}, {small})|crc32({str})|json_array_length('[1,2]')|"
    "case {int} when 1 then {int} when 3 then 0 end|cast({str} AS int)|unix_date({date})|date_part('doy', {date})|shiftrightunsigned({int}, 1)|width_bucket({dbl}, 0, 10, 4)",
    "long": "{long} + {int}|{long} - {long}|{int} + {long}|cast({int} AS bigint)|cast({dbl} AS bigint)|count_if_|unix_timestamp({ts})|unix_millis({ts})|unix_micros({ts})|"
    "coalesce({long}, {int})|{int} div {small}|abs({long})|{long} % 3|bigint({int})|cast({ts} AS bigint)|ceil({dbl})|floor({dbl})|floor({dec})|factorial({small})|round({long}, -1)|if({bool}, {long}, {int})|{long} | {int}",
    "dbl": "{dbl} + {dbl}|{dbl} * {int}|{dbl} - {flt}|{int} / {int}|{dbl} / {dbl}|sqrt({dbl})|abs({dbl})|-{dbl}|round({dbl}, {small})|bround({dbl}, 1)|cast({int} AS double)|"
    "cast({str} AS double)|try_cast({str} AS double)|cast({dec} AS double)|nanvl({dbl}, {dbl})|coalesce({dbl}, {int})|if({bool}, {dbl}, {dec})|greatest({dbl}, {int})|least({dbl}, {flt})|"
    "pow({int}, 2)|exp({small})|ln({dbl})|log10({int})|log2({dbl})|sin({dbl})|cos({flt})|tan({small})|atan({dbl})|degrees({dbl})|radians({int})|signum({dbl})|rint({dbl})|cbrt({int})|"
    "{dbl} % {small}|try_divide({int}, {int})|hypot({int}, {int})|months_between({ts}, {ts})|cast({flt} AS double)|sinh({small})|cosh({small})|tanh({dbl})|asin({small})|acos({dbl})|atan2({int}, {small})|expm1({small})|log1p({int})|positive({dbl})|{dec} * {dbl}|log({small}, {int})|cot({int})|sec({int})|csc({int})",
    "flt": "{flt} + {flt}|cast({dbl} AS float)|cast({int} AS float)|-{flt}|abs({flt})|round({flt}, 1)|coalesce({flt}, {flt})|{flt} * {flt}",
    "dec": "{dec} + {dec}|{dec} - {int}|{dec} * {dec}|{int} * {dec}|cast({int} AS decimal(12,3))|cast({dbl} AS decimal(20,4))|cast({str} AS decimal(8,2))|-{dec}|abs({dec})|"
    "round({dec}, 1)|round({dec})|ceil({dec})|coalesce({dec}, {int})|greatest({dec}, {int})|if({bool}, {dec}, 1.5)|{dec} / {small}|{dec} % 3|try_cast({str} AS decimal(6,3))|cast({dec} AS decimal(6,1))|nullif({dec}, 0)|least({dec}, {dec})",
    "str": "upper({str})|lower({str})|initcap({str})|trim({str})|ltrim({str})|rtrim({str})|reverse({str})|concat({str}, {str})|{str} || {int}|substring({str}, {small}, 3)|"
    "substr({str}, {small})|left({str}, {small})|right({str}, 2)|lpad({str}, 5, '*é')|rpad({str}, 4, '-')|repeat({str}, {small})|replace({str}, 'e', 'EE')|translate({str}, 'ae', 'x')|"
    "cast({int} AS string)|cast({dbl} AS string)|cast({flt} AS string)|cast({dec} AS string)|cast({date} AS string)|cast({ts} AS string)|cast({bool} AS string)|cast({ints} AS string)|"
    "cast({map} AS string)|cast(st AS string)|coalesce({str}, {str})|if({bool}, {str}, {str})|concat_ws('-', {str}, {str}, {strs})|array_join({strs}, '+')|array_join({ints}, '+')|split_part({str}, ' ', 1)|substring_index({str}, ' ', {small})|"
    "regexp_replace({str}, '[a-e]+', '<$0>')|regexp_extract({str}, '(\\\\w+)', 1)|hex({str})|hex({int})|md5({str})|base64({str})|date_format({date}, 'yyyy/MM/dd')|date_format({ts}, 'HH:mm:ss.SSS')|"
    "nvl({str}, 'none')|{strs}[0]|st.y|get({strs}, {small})|overlay({str} PLACING '##' FROM 2)|chr({int})|space({small})|elt({small}, {str}, 'b', 'c')|format_string('%s|%d', {str}, {int})|format_number({dbl}, 2)|bin({int})|conv({int}, 10, 16)|"
    "monthname({date})|dayname({date})|soundex({str})|nullif({str}, '')|least({str}, {str})|greatest({str}, {str})|case when {bool} then {str} when {bool} then 'z' end|typeof({dec})|sha2({str}, 256)|url_encode({str})|btrim({str}, 'a ')|trim(BOTH 'x' FROM {str})|from_unixtime({int})|"
    "concat({str}, NULL)|to_json(struct({int} AS p, {str} AS q))|decode(encode({str}, 'utf-8'), 'utf-8')|try_element_at({strs}, {small})|mask({str})|quote({str})|aggregate({strs}, '', (x, y) -> concat(x, coalesce(y, '?')))",
    "bool": "{int} < {int}|{int} = {long}|{dbl} > {int}|{dbl} <= {dbl}|{dec} >= {int}|{dec} = {dbl}|{str} = {str}|{str} < {str}|{date} < {date}|{ts} >= {date}|{int} <=> {int}|{dbl} <=> {dbl}|{str} != {str}|"
    "NOT {bool}|{bool} AND {bool}|{bool} OR {bool}|{int} IS NULL|{str} IS NOT NULL|{bool} IS TRUE|{bool} IS NOT FALSE|{int} IN (1, {int}, 42)|{str} IN ('ab', {str})|{dbl} IN (0, {dbl})|{int} BETWEEN {small} AND {int}|{str} LIKE '%a%'|"
    "{str} LIKE '_b'|{str} LIKE 'l''%\\\\%%'|{str} ILIKE '%É%'|{str} RLIKE '^[a-z ]+$'|contains({str}, {str})|startswith({str}, {str})|endswith({str}, {str})|isnan({dbl})|array_contains({ints}, {int})|array_contains({strs}, {str})|exists({ints}, x -> x > {small})|"
    "forall({ints}, x -> x < {int})|arrays_overlap({ints}, {ints})|map_contains_key({map}, {str})|{ints} = {ints}|st = st|try_cast({str} AS boolean)|cast({int} AS boolean)|cast({str} AS boolean)|coalesce({bool}, {bool})|equal_null({str}, {str})|{int} > {str}|{bool} = {bool}|{date} = {str}",
    "date": "date_add({date}, {small})|date_sub({date}, {int} % 50)|add_months({date}, {small})|last_day({date})|next_day({date}, 'FRI')|trunc({date}, 'MM')|trunc({date}, 'quarter')|cast({ts} AS date)|coalesce({date}, {date})|to_date({str})|try_cast({str} AS date)|"
    "greatest({date}, {date})|if({bool}, {date}, {date})|make_date(2024, 2, {small})|date_from_unix_date({int} % 1000)|{date} + {small}|{date} - INTERVAL 1 MONTH|try_to_date({str})|cast(date_trunc('week', {ts}) AS date)",
    "ts": "cast({date} AS timestamp)|date_trunc('hour', {ts})|date_trunc('quarter', {ts})|{ts} + INTERVAL 90 MINUTES|{ts} - INTERVAL 1 MONTH|coalesce({ts}, {date})|timestamp_seconds({small})|to_timestamp('2024-01-05 10:11:12')|try_cast({str} AS timestamp)|"
    "if({bool}, {ts}, {ts})|least({ts}, {ts})|from_utc_timestamp({ts}, 'Asia/Tokyo')|timestamp_millis({long} % 100000)|make_timestamp(2024, 1, 2, 3, 4, 5.5)|try_to_timestamp({str})|to_utc_timestamp({ts}, 'America/New_York')",
    "ints": "sort_array({ints})|sort_array({ints}, false)|array_distinct({ints})|array_union({ints}, {ints})|array_intersect({ints}, {ints})|array_except({ints}, {ints})|array_remove({ints}, {int})|array({int}, {int})|slice({ints}, {small}, 2)|reverse({ints})|"
    "concat({ints}, {ints})|transform({ints}, x -> x * {small})|transform({ints}, (x, y) -> x + y)|filter({ints}, x -> x > {small})|array_append({ints}, {int})|array_prepend({ints}, {int})|array_compact({ints})|flatten(array({ints}, {ints}))|sequence({small}, 3)|array_repeat({int}, {small})|"
    "coalesce({ints}, {ints})|if({bool}, {ints}, {ints})|map_values({map})|array_sort({ints})|zip_with({ints}, {ints}, (x, y) -> coalesce(x, 0) + y)|array_insert({ints}, 1, {int})|collect_",
    "strs": "split({str}, ' ')|split({str}, '[a-e]')|map_keys({map})|array({str}, {str})|sort_array({strs})|array_distinct({strs})|transform({strs}, x -> concat(x, {str}))|filter({strs}, x -> x IS NOT NULL)|array_union({strs}, {strs})|array_except({strs}, {strs})|array_append({strs}, {str})|reverse({strs})|slice({strs}, 1, {small})|coalesce({strs}, {strs})|array_sort({strs})|array_remove({strs}, {str})",
    "map": "map_filter({map}, (x, y) -> y > {small})|transform_values({map}, (x, y) -> coalesce(y, 0) + {small})|map_from_arrays(array('a', 'k'), array({int}, {int}))|map({str}, {int})|coalesce({map}, {map})|map_concat({map}, map('yy', {int}))|transform_keys({map}, (x, y) -> concat(x, '!'))|if({bool}, {map}, {map})",
}
AGGREGATES = (
    "sum({int})|sum({dbl})|sum({dec})|avg({int})|avg({dec})|count({str})|count(DISTINCT {int})|min({str})|max({date})|max({dbl})|min({dec})|first({int})|last({str}, true)|collect_list({int})|sort_array(collect_set({str}))|"
    "stddev({int})|var_pop({int})|bool_and({bool})|count_if({bool})|max_by({str}, {int})|min_by({int}, {str})|median({int})|percentile({int}, 0.25)|bit_or({int})|sum({int}) + max({int})|round(avg({int}), 1)|concat_ws(',', collect_list({str}))|"
    "any_value({int}, true)|sum(DISTINCT {int})|avg({dbl})|approx_count_distinct({int})|skewness({int})|corr({int}, {int})|mode({bool})|size(collect_list({dbl}))|count(*) FILTER (WHERE {bool})|bit_xor({int})|try_sum({int})|product({small})|listagg({str}, ';')|max(struct({int}, {str}))"
)


def made(seed, count):
    """`count` expressions; those of rows, and one of ten an aggregate."""
    chance = random.Random(seed)
    templates = {kind: [each for each in text.split("|") if not each.endswith("_")] for kind, text in MADE.items()}
    # A pipe in a template is two of them here.
    templates["long"] = [each for each in templates["long"] if each.strip() not in ("{long}", "{int}")] + [
        "{long} ^ {int}"
    ]
    templates["str"] = [each for each in templates["str"] if each not in ("{str} ", " {int}", "")] + ["{str} || {int}"]
    templates["str"] = [each for each in templates["str"] if "format_string('%s" not in each and "%d'" not in each]
    aggregates = AGGREGATES.split("|")

    def of(kind, depth):
        if kind not in templates or depth == 0 or chance.random() < 0.25:
            return chance.choice(LEAVES[kind])
        return filled(chance.choice(templates[kind]), depth - 1)

    def filled(template, depth):
        text = ""
        while "{" in template:
            before, _, rest = template.partition("{")
            kind, _, template = rest.partition("}")
            inner = of(kind, depth)
            plain_part = (
                inner.replace("_", "a").isalnum()
                or inner.endswith(")")
                and inner.split("(")[0].replace("_", "a").isalnum()
            )
            text += before + (inner if plain_part or inner[0] in "'0123456789" else f"({inner})")
        return text + template

    found = []
    seen = set()
    while len(found) < count:
        if len(found) % 10 == 9:
            text = "AGG " + filled(chance.choice(aggregates), 1)
        else:
            kind = chance.choice(list(templates))
            text = filled(chance.choice(templates[kind]), chance.choice([0, 1, 1, 2]))
        if text not in seen and len(text) < 400:
            seen.add(text)
            found.append(text)
    return found


def answers(spark, texts):
    """Every expression's type, name and values, or the condition of its error."""
    frame = spark.createDataFrame(ROWS, SCHEMA).coalesce(1)
    found = {}
    for text in texts:
        try:
            result = frame.selectExpr(text.removeprefix("AGG "))
            field = result.schema.fields[0]
            found[text] = {
                "type": field.dataType.simpleString(),
                "name": field.name,
                "values": [plain(row[0]) for row in result.collect()],
            }
        except Exception as error:  # whatever it is, its condition is the answer
            found[text] = {"error": condition(error), "text": str(error)[:300]}
    return found
