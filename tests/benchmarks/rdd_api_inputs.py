"""Files that the measured RDD programs read: edges of a graph, points, logs, CSV, JSON; the same size, the same bytes."""

import itertools
import json
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


def csv(_: int) -> Iterator[str]:
    """Orders: number, city, product, price, quantity, day."""
    r = random.Random(7)
    for number in itertools.count(1):
        price, day = f"{r.lognormvariate(3, 1):.2f}", f"2026-{r.randrange(1, 13):02}-{r.randrange(1, 29):02}"
        yield f"{number},city-{r.randrange(200)},product-{r.randrange(5000)},{price},{r.randrange(1, 10)},{day}\n"


def json_lines(_: int) -> Iterator[str]:
    """Events with a nested object and a list; one text in ten isn't ASCII, half of those are escaped."""
    r = random.Random(7)
    for number in itertools.count(1):
        name = r.choice(["caf\u00e9", "\uc11c\uc6b8"]) if r.random() < 0.1 else f"shop-{r.randrange(900)}"
        event = {
            "id": number,
            "kind": f"kind-{int(40 * r.random() ** 2)}",
            "user": f"user-{r.randrange(10_000)}",
            "shop": name,
            "ms": r.randrange(1000),
            "at": {"x": r.randrange(2000) / 4, "y": r.randrange(2000) / 4},
            "tags": [r.choice("abcdef") for _ in range(r.randrange(4))],
        }
        yield json.dumps(event, ensure_ascii=number % 2 == 0) + "\n"


def events(lines: int) -> Iterator[str]:
    """Visits of users to pages, in no order: user, second, page."""
    r = random.Random(7)
    while True:
        yield f"user-{r.randrange(lines // 20)}\t{r.randrange(7 * 86_400)}\t/page/{int(500 * r.random() ** 2)}\n"


KINDS: dict[str, Callable[[int], Iterator[str]]] = {
    "edges": edges,
    "points": points,
    "access": access,
    "csv": csv,
    "json": json_lines,
    "events": events,
}
