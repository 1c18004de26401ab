"""Expressions over a table with awkward values, made by rule and by chance (always the same chance).

`answers(spark)` evaluates them all, on real PySpark to record and on Pyrite to compare: the type, the name of the column and
the values, or the condition of the error.
"""

import datetime
import decimal
import random

SCHEMA = (
    "i int, j int, l bigint, d double, e double, f float, s string, t string, b boolean, dt date, ts timestamp, "
    "dec decimal(10,2), a array<int>, w array<string>, m map<string,int>, st struct<x:int,y:string>"
)
_D, _T = datetime.date, datetime.datetime
ROWS = [
    (
        1,
        2,
        3,
        1.5,
        2.5,
        0.5,
        "hello",
        "l",
        True,
        _D(2024, 2, 29),
        _T(2024, 2, 29, 13, 4, 5, 678000),
        decimal.Decimal("12.34"),
        [3, 1, 2],
        ["b", "a"],
        {"k": 1},
        (1, "p"),
    ),
    (
        -7,
        3,
        -(2**40),
        -0.25,
        1e10,
        -1.25,
        "Ünï çode",
        "ï",
        False,
        _D(1999, 12, 31),
        _T(1999, 12, 31, 23, 59, 59),
        decimal.Decimal("-0.05"),
        [1, None, 1],
        ["x", None],
        {"z": 5, "k": 2},
        (2, None),
    ),
    (0, -1, 0, 0.0, -0.0, 0.0, "", "", None, _D(1970, 1, 1), _T(1970, 1, 1), decimal.Decimal("0.00"), [], [], {}, None),
    (None,) * 16,
    (
        2147483647,
        1,
        2**63 - 1,
        1e-5,
        123456789.125,
        3.4e38,
        "  pad ",
        "pad",
        True,
        _D(2100, 3, 1),
        _T(2038, 1, 19, 3, 14, 8),
        decimal.Decimal("99999999.99"),
        [5],
        ["q", "q", ""],
        {"k": None},
        (None, "q"),
    ),
    (
        42,
        5,
        100,
        float("nan"),
        float("inf"),
        1.1,
        "12",
        "3.5",
        False,
        _D(2023, 7, 4),
        _T(2023, 7, 4, 1, 2, 3, 4),
        decimal.Decimal("1.00"),
        [7, 8, 9, 10],
        ["a,b"],
        {"a": 1, "b": 2},
        (9, "r"),
    ),
]

COLUMNS = {
    "int": ["i", "j", "l", "7", "-3"],
    "num": ["i", "j", "l", "d", "e", "f", "dec", "2", "1.5", "0.1D"],
    "frac": ["d", "e", "f", "0.75D"],
    "str": ["s", "t", "'ab'", "'Hello World'"],
    "bool": ["b", "(i > 1)", "(s = t)", "true"],
    "date": ["dt", "DATE '2024-01-31'"],
    "ts": ["ts", "TIMESTAMP '2024-03-10 12:30:45'"],
    "arr": ["a", "array(1, 2, NULL)"],
    "sarr": ["w", "array('x', 'y')"],
    "map": ["m"],
    "any": ["i", "d", "s", "b", "dt", "dec", "NULL"],
    "small": ["1", "2", "3", "-1", "0"],
}

TEMPLATES = """
{num} + {num}|{num} - {num}|{num} * {num}|{num} / {num}|{int} % {int}|{frac} % {frac}|{int} div {int}|-{num}|abs({num})|{num} < {num}
{num} = {num}|{num} >= {num}|{num} <=> {num}|{str} = {str}|{str} < {str}|{str} <=> {str}|{date} < {date}|{ts} > {ts}|{date} = {ts}|{num} != {num}
{bool} AND {bool}|{bool} OR {bool}|NOT {bool}|{any} IS NULL|{any} IS NOT NULL|{num} BETWEEN {num} AND {num}|{int} IN (1, 42, {int})|{str} IN ('a', {str})
CASE WHEN {bool} THEN {num} ELSE {num} END|CASE WHEN {bool} THEN {str} END|CASE {int} WHEN 1 THEN 'a' WHEN 42 THEN 'b' ELSE {str} END|if({bool}, {num}, {num})
coalesce({num}, {num})|coalesce({str}, {str})|nvl({str}, 'z')|nullif({int}, {int})|nvl2({any}, 1, 2)|ifnull({num}, 0)|greatest({num}, {num}, {num})|least({num}, {num})|nanvl({frac}, 1.0D)
cast({num} AS int)|cast({num} AS bigint)|cast({num} AS double)|cast({num} AS string)|cast({num} AS decimal(12,3))|cast({str} AS int)|cast({str} AS double)|try_cast({str} AS int)|try_cast({str} AS double)|try_cast({str} AS date)
try_cast({num} AS int)|try_cast({num} AS tinyint)|cast({bool} AS string)|cast({bool} AS int)|cast({date} AS string)|cast({ts} AS string)|cast({ts} AS date)|cast({date} AS timestamp)|cast({ts} AS bigint)|cast({frac} AS float)|cast({int} AS boolean)
cast('2024-02-30' AS date)|cast(' 12 ' AS int)|cast('1e3' AS double)|try_cast('x' AS boolean)|cast('yes' AS boolean)|cast({arr} AS string)|cast({map} AS string)|cast(st AS string)|cast({sarr} AS string)
upper({str})|lower({str})|length({str})|trim({str})|ltrim({str})|rtrim({str})|reverse({str})|repeat({str}, {small})|substring({str}, {small}, {small})|substr({str}, {small})|left({str}, {small})|right({str}, {small})
concat({str}, {str})|{str} || {str}|concat_ws('-', {str}, {str})|lpad({str}, 7, 'xy')|rpad({str}, 3, 'z')|instr({str}, {str})|locate({str}, {str})|locate('l', {str}, 2)|replace({str}, 'l', 'L')|translate({str}, 'abl', 'xy')
initcap({str})|ascii({str})|startswith({str}, {str})|endswith({str}, {str})|contains({str}, {str})|{str} LIKE '%l%'|{str} LIKE '_a%'|{str} ILIKE 'H%'|{str} RLIKE '[a-h]+'|split({str}, 'l')|split({str}, '[lo]')|regexp_replace({str}, '[aeiou]', '*')
regexp_extract({str}, '([a-z]+)', 1)|levenshtein({str}, {str})|md5({str})|sha1({str})|sha2({str}, 256)|hex({str})|hex({int})|base64({str})|bin({int})|unhex('4A4B')|substring_index('a.b.c', '.', {small})|overlay({str} placing '__' from 2)|find_in_set({str}, 'a,ab,l')|space({small})|char(65)|split_part('a,b,c', ',', 2)|bit_length({str})|octet_length({str})|btrim({str})|elt(2, {str}, {str})|format_number({num}, 2)|format_string('%s-%d', {str}, {int})
sqrt({num})|cbrt({num})|exp({num})|ln({num})|log10({num})|log2({num})|log(2, {num})|pow({num}, 2)|sin({num})|cos({num})|tan({frac})|atan({num})|atan2({frac}, {frac})|asin({frac})|sinh({frac})|degrees({frac})|radians({num})|signum({num})|hypot({frac}, {frac})
round({num})|round({num}, 1)|round({num}, -1)|bround({frac}, 1)|ceil({num})|floor({num})|rint({frac})|pmod({int}, 5)|mod({int}, 4)|factorial({small})|isnan({frac})|bit_count({int})|{int} & {int}|{int} \\| {int}|{int} ^ {int}|~{int}|shiftleft(i, 2)|shiftright({int}, 1)|expm1({frac})|log1p({frac})|width_bucket({frac}, 0, 10, 5)|try_add({int}, {int})|try_divide({num}, {num})|try_multiply({int}, {int})|e()|pi()|conv('100', 2, 10)|positive({num})|negative({num})
year({date})|month({date})|day({date})|quarter({date})|dayofweek({date})|dayofyear({date})|weekofyear({date})|weekday({date})|hour({ts})|minute({ts})|second({ts})|date_add({date}, {small})|date_sub({date}, 3)|datediff({date}, {date})|add_months({date}, {small})|last_day({date})|next_day({date}, 'Mon')|months_between({date}, {date})|months_between({ts}, {ts})
trunc({date}, 'MM')|trunc({date}, 'year')|trunc({date}, 'week')|date_trunc('hour', {ts})|date_trunc('month', {ts})|date_trunc('week', {ts})|date_format({ts}, 'yyyy-MM-dd HH:mm')|date_format({date}, 'dd/MM/yy EEE')|date_format({ts}, 'MMM d, yyyy h:mm a')|to_date('2024-01-05')|to_date('05/01/2024', 'dd/MM/yyyy')|to_timestamp('2024-01-05 10:11:12')|unix_timestamp({ts})|from_unixtime({int})|make_date(2024, 2, {small})|unix_date({date})|date_from_unix_date({small})|extract(year FROM {date})|extract(hour FROM {ts})|{date} + 5|{date} - {date}|{date} + INTERVAL 1 MONTH|{ts} + INTERVAL 2 HOURS|{ts} - INTERVAL 1 DAY|{date} - INTERVAL 1 YEAR|timestamp_seconds({small})|unix_micros({ts})|unix_millis({ts})|to_date({str})|dayname({date})|monthname({date})|date_part('month', {date})
size({arr})|size({map})|array_contains({arr}, 1)|array_position({arr}, 1)|array_distinct({arr})|array_max({arr})|array_min({arr})|sort_array({arr})|sort_array({arr}, false)|array_sort({arr})|array_union({arr}, array(9))|array_intersect({arr}, array(1, 2))|array_except({arr}, array(1))|array_remove({arr}, 1)|array_join({sarr}, ',')|array_join({sarr}, ',', 'N')|slice({arr}, 1, 2)|slice({arr}, -1, 1)|reverse({arr})|concat({arr}, array(4))|flatten(array({arr}, array(1)))|element_at({map}, 'k')|try_element_at({arr}, 2)|get({arr}, 0)|array_repeat({int}, 2)|sequence(1, 4)|sequence(5, 1, -2)|arrays_overlap({arr}, array(2))|array_append({arr}, 5)|array_prepend({arr}, 5)|array_compact({arr})|arrays_zip({arr}, {sarr})
map_keys({map})|map_values({map})|map_entries({map})|map_contains_key({map}, 'k')|map_from_arrays(array('a', 'b'), array(1, 2))|{map}['k']|st.x|st.y|named_struct('p', {int}, 'q', {str})|struct({int}, {str})|map('a', {int})|array({num}, {num})|map_from_entries(array(struct('a', 1)))
transform({arr}, x -> x + 1)|transform({arr}, (x, i) -> x * i)|filter({arr}, x -> x > 1)|exists({arr}, x -> x > 2)|forall({arr}, x -> x > 0)|aggregate({arr}, 0, (acc, x) -> acc + coalesce(x, 0))|zip_with({arr}, array(1, 2), (x, y) -> x + y)|map_filter({map}, (k, v) -> v > 1)|transform_values({map}, (k, v) -> v + 1)|transform_keys({map}, (k, v) -> upper(k))
typeof({any})|get_json_object('{"a":{"b":[1,2]}}', '$.a.b[1]')|get_json_object('{"a":1}', '$.b')|assert_true({bool} IS NULL OR true)|equal_null({int}, {int})|nullifzero({int})|zeroifnull({int})
"""

AGGREGATES = """
count(*)|count({any})|count(DISTINCT {str})|sum({num})|sum(DISTINCT {int})|avg({num})|min({any2})|max({any2})|first(i)|last(i)|any_value(i)|collect_list(i)|sort_array(collect_set(s))|stddev({num})|stddev_pop({num})|var_samp({num})|var_pop({num})|bool_and({bool})|bool_or({bool})|every({bool})|count_if({bool})|max_by(s, j)|min_by(s, j)|median(j)|percentile(j, 0.3)|percentile_approx(j, 0.5)|bit_and(j)|bit_or(j)|bit_xor(j)|corr(j, j)|covar_samp(j, j)|covar_pop(j, j)|skewness(j)|kurtosis(j)|approx_count_distinct(s)|mode(b)|sum(i) + count(s)|max(i) - min(j)|regr_slope(j, j)|sum(j) FILTER (WHERE b)|first(s, true)|last(s, true)|sum(dec)|avg(dec)|max(ts)|min(dt)|collect_list(struct(i, s))|max(st)
"""


def expressions(count=900):
    """The expressions: each template at least once."""
    chance = random.Random(20261128)
    kinds = {**COLUMNS, "any2": ["i", "d", "s", "b", "dt", "ts", "dec", "f"]}

    def filled(template):
        made = template
        for kind, choices in kinds.items():
            while "{" + kind + "}" in made:
                made = made.replace("{" + kind + "}", chance.choice(choices), 1)
        return made

    def parts(text):
        return [
            each.replace("\0", "|")
            for line in text.strip().splitlines()
            for each in line.replace("\\|", "\0").replace(" || ", " \0\0 ").split("|")
        ]

    rows = [filled(template) for template in parts(TEMPLATES)]
    pool = parts(TEMPLATES)
    while len(rows) < count:
        made = filled(chance.choice(pool))
        if made not in rows:
            rows.append(made)
    return rows, [filled(template) for template in parts(AGGREGATES)]


def plain(value):
    """A value as text that tells types apart."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (list,)):
        return "[" + ", ".join(map(plain, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(sorted(f"{plain(k)}: {plain(v)}" for k, v in value.items())) + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(plain, value)) + ")"
    if isinstance(value, (bytes, bytearray)):
        return repr(bytes(value))
    return repr(value)


def condition(error):
    """What kind of error it is."""
    found = error.getCondition() if hasattr(error, "getCondition") else None
    return found or type(error).__name__


def answers(spark):
    """Every expression's type, name and values, or the condition of its error."""
    frame = spark.createDataFrame(ROWS, SCHEMA).coalesce(1)
    frame.createOrReplaceTempView("expressions")
    rows, aggregates = expressions()
    found = {}
    for text in rows + ["AGG " + each for each in aggregates]:
        try:
            made = frame.selectExpr(text.removeprefix("AGG "))
            field = made.schema.fields[0]
            found[text] = {
                "type": field.dataType.simpleString(),
                "name": field.name,
                "values": [plain(row[0]) for row in made.collect()],
            }
        except Exception as error:  # whatever it is, its condition is the answer
            found[text] = {"error": condition(error), "text": str(error)[:300]}
    return found
