"""Files that the measured RDD programs read: edges of a graph, points, and an access log; the same size, the same bytes."""

import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path

METHODS = ["GET", "GET", "GET", "GET", "POST", "HEAD"]
STATUSES = ["200"] * 17 + ["304", "404", "500"]
MEANS = [(0.0, 0.0, 0.0), (9.0, 9.0, 1.0), (-9.0, 5.0, 9.0), (4.0, -9.0, 5.0)]


def written(folder: Path, kind: str, lines: int) -> Path:
    """The file of that kind with so many lines, written if it isn't there yet."""
    path = folder / f"{kind}-{lines}.txt"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(itertools.islice(KINDS[kind](lines), lines))
        unfinished.rename(path)
    return path


def edges(lines: int) -> Iterator[str]:
    """Ten links a page in the mean, more to the first pages than to the last ones."""
    r = random.Random(7)
    pages = lines // 10
    while True:
        yield f"page-{r.randrange(pages)} page-{int(pages * r.random() ** 3)}\n"


def points(_: int) -> Iterator[str]:
    """Points in three dimensions about four means that are well apart."""
    r = random.Random(7)
    while True:
        yield " ".join(f"{r.gauss(mean, 2.0):.3f}" for mean in r.choice(MEANS)) + "\n"


def access(_: int) -> Iterator[str]:
    """The common log format; one line in twenty has no size, one in a hundred is cut."""
    r = random.Random(7)
    while True:
        at = f"{r.randrange(24):02}:{r.randrange(60):02}:{r.randrange(60):02}"
        size = "-" if r.random() < 0.05 else r.randrange(50_000)
        path = f"/shop/item/{int(20_000 * r.random() ** 2)}"
        line = (
            f"10.{r.randrange(256)}.{r.randrange(256)}.{r.randrange(256)} - - [25/Nov/2026:{at} +0000] "
            f'"{r.choice(METHODS)} {path} HTTP/1.1" {r.choice(STATUSES)} {size}\n'
        )
        yield line if r.random() >= 0.01 else line[:50] + "\n"


KINDS: dict[str, Callable[[int], Iterator[str]]] = {"edges": edges, "points": points, "access": access}
