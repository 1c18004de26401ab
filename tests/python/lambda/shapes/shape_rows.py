"""The rows that the shapes are given, by name."""

import json

LINES = [
    "The quick brown fox jumps over the lazy dog.",
    "It was the best of times, it was the worst of times",
    "Apache Spark is a unified analytics engine for large-scale data processing",
    "to be or not to be that is the question",
    "",
    "level noon radar civic; a man, a plan!",
    "don't panic, it's only the data (again)",
    "Données café naïve 한국 스파크",
] * 10
_METHODS, _PATHS = ["GET", "GET", "POST"], ["/index.html", "/img/logo.GIF?v=2", "/shop/cart", "/a.b/c.css"]
LOGS = [
    f'10.0.{i % 4}.{i % 7} - - [{i % 28 + 1:02}/Jul/1995:{i % 24:02}:00:{i % 60:02} -0400] "{_METHODS[i % 3]} {_PATHS[i % 4]} HTTP/1.0" '
    f"{[200, 304, 404][i % 3]} {'-' if i % 5 == 0 else i * 100}"
    for i in range(60)
] + ['10.0.0.9 - - [bad] "-" 400 0', "odd line here"]  # fmt: skip
APP_LOGS = [
    f"2020-01-{i % 28 + 1:02} 10:00:{i:02}\t{['INFO', 'WARN', 'ERROR', 'DEBUG'][i % 4]}\tmessage {i} of task {i % 3}"
    for i in range(72)
]
KEY_VALUES = [f"user=u{i % 5} status={200 + i % 3} ms={i * 1.5} path=/p/{i % 4}" for i in range(72)]
URLS = [
    "http://example.org/a/b?x=1&y=2",
    "https://www.example.com/",
    "http://example.org",
    "https://a.b.c/d?e=f=g&h&i=",
    "no url",
] * 12
CLICKS = [(f"u{i % 4}", 1_600_000_000 + i * 700 + i % 5 * 1900, f"/p{i % 3}") for i in range(120)]
CSV = [f"{i},name {i % 9},{20 + i * 7 % 40},{i * 13 % 500},{'yes' if i % 2 else 'no'}" for i in range(90)]
WEATHER = [f"ST{i % 3},1800010{i % 9},{['TMAX', 'TMIN', 'PRCP'][i % 3]},{i * 7 - 90},,,E," for i in range(90)]
ORDERS = [f"{i % 7},{i * 31 % 99},{i * 1.37:.2f}" for i in range(90)]
QUOTED = ['1,"Smith, John",30', "2,Ann,41", '3,"He said ""hi""",5', '"a","b","c"', "4,,"] * 12
MISSING = ["a,x,1", "b,,2", "c,y,", "d,z,3.5", "e,w,NA", "f, ,-4", "g,v,1e3", "h,u,7"] * 9
MONEY = [f"${i * 1234:,}.{i % 100:02}" for i in range(90)]
FIXED = [f"{i:<5}{'name' + str(i % 4):<10}{i * 11:>5}" for i in range(90)]
SALES = [(f"p{i % 5}", i * 7 % 41, i * 1.25 + 0.1) for i in range(120)]
MOVIES = [f"{i}|Movie {i} ({1980 + i % 7})|{['Drama', 'Comedy;Drama', 'Action;Comedy'][i % 3]}" for i in range(90)]
RATINGS = [(i % 5, i % 7, float(i % 5 + 1)) for i in range(105)]
JSON = [
    json.dumps(
        {
            "user": f"u{i % 5}",
            "amount": i * 1.5,
            "address": {"city": f"c{i % 3}", **({"zip": f"{i:05}"} if i % 2 else {})},
            "items": [{"sku": f"s{k}", "qty": k + 1, "price": 2.5 * k} for k in range(i % 3 + 1)],
            **({"coupon": f"C{i}"} if i % 4 == 0 else {}),
        }
    )
    for i in range(72)
]
JSON_BROKEN = [*JSON[:12], "", "{", "not json", *JSON[12:16]]
TWEETS = [json.dumps({"id": i, "text": f"hello #Spark{i % 3} wörld #Big{i % 2}data"}) for i in range(60)]
DATES = [
    f"20{15 + i % 8}-{i % 12 + 1:02}-{i % 28 + 1:02} {i % 24:02}:{i * 7 % 60:02}:{i * 13 % 60:02}" for i in range(120)
]
