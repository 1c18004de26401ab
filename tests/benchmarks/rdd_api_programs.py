"""The programs of the whole RDD API that are measured for time and memory: Spark's examples, draws, strings, an access log."""

from dataclasses import dataclass
from pathlib import Path

from corpus import corpus
from rdd_api_inputs import written
from sides import Program

INTS = """
rows = sc.parallelize(range(n)).map(lambda i: i * 7919 % 1000003).cache()
rows.count()
"""
STRINGS = """
rows = sc.parallelize(range(n)).map(lambda i: "user-" + str(i * 7919 % (n // 2))).cache()
rows.count()
"""
# The text of Spark's own examples, in functions that give what the examples print.
PAGERANK = r"""
import re
from operator import add
from typing import Iterable, Tuple

from pyspark.resultiterable import ResultIterable
from pyspark.sql import SparkSession

def computeContribs(urls: ResultIterable[str], rank: float) -> Iterable[Tuple[str, float]]:
    num_urls = len(urls)
    for url in urls:
        yield (url, rank / num_urls)

def parseNeighbors(urls: str) -> Tuple[str, str]:
    parts = re.split(r'\s+', urls)
    return parts[0], parts[1]

def pagerank(path, iterations):
    spark = SparkSession\
        .builder\
        .appName("PythonPageRank")\
        .getOrCreate()
    lines = spark.read.text(path).rdd.map(lambda r: r[0])
    links = lines.map(lambda urls: parseNeighbors(urls)).distinct().groupByKey().cache()
    ranks = links.map(lambda url_neighbors: (url_neighbors[0], 1.0))
    for iteration in range(iterations):
        contribs = links.join(ranks).flatMap(lambda url_urls_rank: computeContribs(
            url_urls_rank[1][0], url_urls_rank[1][1]
        ))
        ranks = contribs.reduceByKey(add).mapValues(lambda rank: rank * 0.85 + 0.15)
    answer = ranks.collect()
    links.unpersist()
    return len(answer), sum(rank for _, rank in answer), answer[:20]
"""
KMEANS = r"""
from typing import List

import numpy as np
from pyspark.sql import SparkSession

def parseVector(line: str) -> np.ndarray:
    return np.array([float(x) for x in line.split(' ')])

def closestPoint(p: np.ndarray, centers: List[np.ndarray]) -> int:
    bestIndex = 0
    closest = float("+inf")
    for i in range(len(centers)):
        tempDist = np.sum((p - centers[i]) ** 2)
        if tempDist < closest:
            closest = tempDist
            bestIndex = i
    return bestIndex

def kmeans(path, K, convergeDist):
    spark = SparkSession\
        .builder\
        .appName("PythonKMeans")\
        .getOrCreate()
    lines = spark.read.text(path).rdd.map(lambda r: r[0])
    data = lines.map(parseVector).cache()
    kPoints = data.takeSample(False, K, 1)
    tempDist = 1.0
    while tempDist > convergeDist:
        closest = data.map(
            lambda p: (closestPoint(p, kPoints), (p, 1)))
        pointStats = closest.reduceByKey(
            lambda p1_c1, p2_c2: (p1_c1[0] + p2_c2[0], p1_c1[1] + p2_c2[1]))
        newPoints = pointStats.map(
            lambda st: (st[0], st[1][0] / st[1][1])).collect()
        tempDist = sum(np.sum((kPoints[iK] - p) ** 2) for (iK, p) in newPoints)
        for (iK, p) in newPoints:
            kPoints[iK] = p
    data.unpersist()
    return [list(map(float, p)) for p in kPoints]
"""
ACCESS = """
def access(path):
    parts = sc.textFile(path).map(lambda line: line.split(" "))
    sizes = parts.filter(lambda p: len(p) == 10 and p[9] != "-" and int(p[8]) == 200).map(lambda p: (p[6], (int(p[9]), 1)))
    totals = sizes.reduceByKey(lambda a, b: (a[0] + b[0], a[1] + b[1]))
    answer = totals.mapValues(lambda t: (t[0], t[0] / t[1])).collect()
    return len(answer), sum(total for _, (total, _) in answer), sum(mean for _, (_, mean) in answer), answer[:10]
"""


@dataclass(frozen=True)
class Measured:
    """A program, the bar with native off, the plain Rust program that does the same, with so many times its seconds as the
    bar, and the file that is read."""

    program: Program
    plain: str = ""
    reads: str = ""
    bar_off: float = 1.3
    times_plain: float = 2

    def at(self, folder: Path, rows: int) -> tuple[Program, Path | None]:
        """The program over its file of so many lines, and that file."""
        if not self.reads:
            return self.program, None
        path = corpus(folder, rows) if self.reads == "corpus" else written(folder, self.reads, rows)
        p = self.program
        setup = f"path = {str(path)!r}\n{p.setup}"
        return Program(p.name, p.input, setup, p.code, p.rows, p.bar, p.slow), path


FIVE_MILLION = 5_000_000
MEASURED = [
    Measured(
        Program("pagerank, 1 M edges", "edges", PAGERANK, "pagerank(path, 10)", 1_000_000, 15, slow=True), reads="edges"
    ),
    Measured(
        Program("kmeans, 1 M points", "points", KMEANS, "kmeans(path, 4, 0.1)", 1_000_000, 1.5, slow=True),
        reads="points",
    ),
    *(
        Measured(Program(f"{name} of 5 M ints", name, INTS, code, FIVE_MILLION, 20))
        for name, code in {
            "sample": "rows.sample(False, 0.1, 7).sum()",
            "sample with replacement": "rows.sample(True, 0.5, 7).sum()",
            "randomSplit": "[part.sum() for part in rows.randomSplit([0.6, 0.3, 0.1], 7)]",
            "histogram": "rows.histogram(20)",
            "histogram of given buckets": "rows.histogram([0, 10, 1000, 50_000, 400_000, 1_000_003])",
        }.items()
    ),
    Measured(
        Program("distinct of 5 M strings", "strings", STRINGS, "rows.distinct().count()", FIVE_MILLION, 20),
        plain="plain-distinct",
    ),
    Measured(
        Program("access log of 100 MB", "access", ACCESS, "access(path)", 1_200_000, 20),
        plain="plain-access-log",
        reads="access",
    ),
]
