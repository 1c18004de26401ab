"""Real programs over files of lines: words, access logs, CSV, JSON lines, events of users."""

from rdd_api_programs import Measured
from sides import Program

ADD = "from operator import add\n"
WORDS = (
    ADD
    + r"""
import re
from collections import Counter
PUNCTUATION = re.compile(r"[^\w\s]")
STOP = {"the", "of", "and", "to", "in"}

def clean(line):
    return PUNCTUATION.sub("", line.lower()).split()

def bigrams(line):
    words = line.split()
    return [(words[i], words[i + 1]) for i in range(len(words) - 1)]

def counted(lines):
    counts = {}
    for line in lines:
        for word in line.split():
            counts[word] = counts.get(word, 0) + 1
    return counts.items()

def tallied(lines):
    counts = Counter()
    for line in lines:
        counts.update(line.split())
    yield from counts.items()

lines = sc.textFile(path)
"""
)
# Ties go by the word, so that the answer doesn't hang on an order that nobody promises.
TOP = "takeOrdered(10, key=lambda kv: (-kv[1], kv[0]))"
WORD_PROGRAMS = {
    "word count": f"lines.flatMap(lambda line: line.split()).map(lambda w: (w, 1)).reduceByKey(add).{TOP}",
    "word count of cleaned text": f"lines.flatMap(clean).map(lambda w: (w, 1)).reduceByKey(lambda a, b: a + b).{TOP}",
    "words that are no stop words": "sorted(lines.flatMap(lambda line: [w.strip('.,').lower() for w in line.split()])"
    ".filter(lambda w: w and w not in STOP).countByValue().items(), key=lambda kv: (-kv[1], kv[0]))[:10]",
    "bigrams": f"lines.flatMap(bigrams).map(lambda pair: (pair, 1)).reduceByKey(add).{TOP}",
    "inverted index": "lines.filter(lambda line: 'a' in line[:2]).zipWithIndex().flatMap(lambda li: [(w, li[1]) for w in li[0].split()]).distinct()"
    ".groupByKey().mapValues(sorted).map(lambda kv: (kv[0], len(kv[1]), kv[1][0])).takeOrdered(10)",
    "histogram of lengths by hand": "sorted(lines.flatMap(lambda line: line.split())"
    ".map(lambda w: (len(w) // 2 * 2, 1)).reduceByKey(add).collect())",
    "mapPartitions with a dict": f"lines.mapPartitions(counted).reduceByKey(add).{TOP}",
    "mapPartitions with a Counter": f"lines.mapPartitions(tallied).reduceByKey(add).{TOP}",
    "saveAsTextFile": "saved(lines.map(lambda line: line.upper()).filter(lambda line: 'A' in line))",
}
SAVE = """
import shutil, tempfile
from pathlib import Path

def saved(rows):
    folder = Path(tempfile.mkdtemp())
    rows.saveAsTextFile(str(folder / "out"))
    size = sum(part.stat().st_size for part in (folder / "out").glob("part-*"))
    shutil.rmtree(folder)
    return size
"""
LOGS = (
    ADD
    + r"""
import re
from datetime import datetime
LINE = re.compile(r'^(\S+) (\S+) (\S+) \[([\w:/]+\s[+\-]\d{4})\] "(\S+) (\S+) (\S+)" (\d{3}) (\d+)$')

def parsed(line):
    found = LINE.match(line)
    if found is None:
        return None
    return found.group(1), found.group(6), int(found.group(8)), int(found.group(9))

def moment(line):
    try:
        return datetime.strptime(line.split("[")[1].split("]")[0], "%d/%b/%Y:%H:%M:%S %z")
    except IndexError:
        return None

lines = sc.textFile(path)

def busiest():
    answer = (lines.map(parsed).filter(lambda p: p is not None and p[2] == 200).map(lambda p: (p[1], p[3]))
        .reduceByKey(lambda a, b: a + b).takeOrdered(10, key=lambda kv: (-kv[1], kv[0])))
    return answer[0][0], sum(size for _, size in answer), answer
"""
)
LOG_PROGRAMS = {
    "requests by status": "sorted(lines.map(lambda line: line.split(' ')).filter(lambda p: len(p) == 10)"
    ".map(lambda p: (p[8], 1)).reduceByKey(add).collect())",
    "requests by hour, strptime": "sorted(lines.map(moment).filter(lambda at: at is not None)"
    ".map(lambda at: (at.hour, 1)).reduceByKey(add).collect())",
}
CSV = (
    ADD
    + """
import csv
from collections import namedtuple
Order = namedtuple("Order", "number city product price quantity day")

class Sale:
    def __init__(self, fields):
        self.city = fields[1]
        self.price = float(fields[3])
        self.quantity = int(fields[4])

    def total(self):
        return self.price * self.quantity

def order(line):
    f = line.split(",")
    return Order(int(f[0]), f[1], f[2], float(f[3]), int(f[4]), f[5])

def dearest(prices):
    return sorted(prices, reverse=True)[:3]

def kept(best, price):
    best.append(price)
    best.sort(reverse=True)
    return best[:3]

lines = sc.textFile(path)
pairs = lines.map(lambda line: line.split(",")).map(lambda f: (f[2], float(f[3])))

def means():
    totals = (lines.map(lambda line: line.split(",")).map(lambda f: (f[1], (float(f[3]), 1)))
        .reduceByKey(lambda a, b: (a[0] + b[0], a[1] + b[1])))
    answer = sorted(totals.mapValues(lambda t: t[0] / t[1]).collect())
    return len(answer), answer[0][0], answer
"""
)
MERGE = "lambda c, v: (c[0] + v, c[1] + 1), lambda a, b: (a[0] + b[0], a[1] + b[1])"
MEAN = "mapValues(lambda c: c[0] / c[1]).collect()"
CSV_PROGRAMS = {
    "CSV by csv.reader": "sorted(lines.mapPartitions(lambda part: csv.reader(part))"
    ".map(lambda f: (f[1], int(f[4]))).reduceByKey(add).collect())",
    "combineByKey mean of CSV": f"sorted(pairs.combineByKey(lambda v: (v, 1), {MERGE}).{MEAN})[:10]",
    "aggregateByKey mean of CSV": f"sorted(pairs.aggregateByKey((0.0, 0), {MERGE}).{MEAN})[:10]",
    "mapValues and reduceByKey mean of CSV": "sorted(pairs.mapValues(lambda v: (v, 1))"
    f".reduceByKey(lambda a, b: (a[0] + b[0], a[1] + b[1])).{MEAN})[:10]",
    "top 3 of each key, groupByKey": "sorted(pairs.groupByKey().mapValues(dearest).collect())[:10]",
    "top 3 of each key, aggregateByKey": "sorted(pairs.aggregateByKey([], kept, lambda a, b: "
    "sorted(a + b, reverse=True)[:3]).collect())[:10]",
    "named tuples of CSV": "sorted(lines.map(order).filter(lambda o: o.quantity > 3)"
    ".map(lambda o: (o.city, o.price)).reduceByKey(add).collect())",
    "instances of CSV": "sorted(lines.map(lambda line: Sale(line.split(','))).filter(lambda s: s.quantity > 3)"
    ".map(lambda s: (s.city, s.total())).reduceByKey(add).collect())",
    "sortBy a field": "lines.map(lambda line: line.split(',')).sortBy(lambda f: float(f[3]), ascending=False).take(10)",
}
JSON = (
    ADD
    + """
import json
lines = sc.textFile(path)

def kinds():
    answer = sorted(lines.map(json.loads).map(lambda event: (event["kind"], 1)).reduceByKey(add).collect())
    return len(answer), sum(count for _, count in answer), answer
"""
)
JSON_PROGRAMS = {
    "JSON rewritten": "lines.map(json.loads).filter(lambda e: e['ms'] > 900)"
    ".map(lambda e: json.dumps({'user': e['user'], 'late': e['ms'] - 900})).map(len).sum()",
}
EVENTS = (
    ADD
    + """
def event(line):
    user, at, page = line.split("\\t")
    return user, (int(at), page)

def sessions(visits):
    found, last = [], None
    for at, page in sorted(visits):
        if last is None or at - last > 1800:
            found.append([])
        found[-1].append(page)
        last = at
    return found

lines = sc.textFile(path)
events = lines.map(event)
"""
)
EVENT_PROGRAMS = {
    "sessions": "events.groupByKey().flatMapValues(sessions).map(lambda us: len(us[1])).stats().count(), "
    "events.groupByKey().flatMapValues(sessions).map(lambda us: (us[0], len(us[1]))).top(5, key=lambda ul: (ul[1], ul[0]))",
    "secondary sort": "events.map(lambda e: ((e[0], e[1][0]), e[1][1]))"
    ".repartitionAndSortWithinPartitions(2, lambda key: hash(key[0]) % 2).map(lambda kv: kv[1]).take(10)",
    "distinct pairs": "events.map(lambda e: (e[0], e[1][1])).distinct().count()",
    "visitors of a page": "sorted(events.map(lambda e: (e[1][1], e[0])).aggregateByKey(set(), "
    "lambda s, u: s | {u} if u not in s else s, lambda a, b: a | b).mapValues(len).collect())[:10]",
}


def of_lines() -> list[Measured]:
    return [
        *measured("corpus", SAVE + WORDS, WORD_PROGRAMS, 50_000),
        *measured("access", LOGS, LOG_PROGRAMS, 200_000),
        *measured("csv", CSV, CSV_PROGRAMS, 200_000),
        *measured("json", JSON, JSON_PROGRAMS, 200_000),
        *measured("events", EVENTS, EVENT_PROGRAMS, 200_000),
        whole("access log of 100 MB by a regex", "access", LOGS, "busiest()", 1_200_000, 8, "plain-log-regex"),
        whole("CSV of 100 MB", "csv", CSV, "means()", 2_000_000, 15, "plain-csv"),
        whole("JSON lines of 100 MB", "json", JSON, "kinds()", 800_000, 8, "plain-json"),
    ]


def measured(kind: str, setup: str, codes: dict[str, str], lines: int) -> list[Measured]:
    return [
        Measured(Program(name, f"real {kind}", setup, code, lines, slow=True), reads=kind, bar_off=1.0)
        for name, code in codes.items()
    ]


def whole(name: str, kind: str, setup: str, code: str, lines: int, bar: float, plain: str) -> Measured:
    """A program over a large file that plain Rust runs, too."""
    program = Program(name, f"all {kind}", setup, code, lines, bar, slow=True)
    return Measured(program, plain, kind, bar_off=1.0, times_plain=1.5)
