"""The corpus of the measurements: Zipf-distributed words, mostly ASCII, some Korean, some capitals and punctuation.

1,000,000 lines make 90 MB, 12.05 million words, about 44,000 distinct. The same number of lines always makes the same bytes.
"""

import itertools
import random
from pathlib import Path

LETTERS = "etaoinshrdlucmfwypvbgkjqxz"
KOREAN = ["안녕하세요", "데이터", "스트리밍", "처리", "실시간", "스파크", "러스트", "파이썬"]
VOCABULARY = 50_000


def corpus(folder: Path, lines: int) -> Path:
    """The corpus's file, written if it isn't there yet."""
    path = folder / f"corpus-{lines}.txt"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        write(unfinished, lines)
        unfinished.rename(path)
    return path


def write(path: Path, lines: int) -> None:
    r = random.Random(7)
    words = ["".join(r.choice(LETTERS) for _ in range(r.randint(2, 10))) for _ in range(VOCABULARY)]
    weights = list(itertools.accumulate(1 / (i + 1) for i in range(VOCABULARY)))
    with path.open("w", encoding="utf-8", newline="\n") as f:
        for _ in range(lines):
            line = r.choices(words, cum_weights=weights, k=12)
            if r.random() < 0.05:
                line.append(r.choice(KOREAN))
            if r.random() < 0.3:
                line[0] = line[0].capitalize()
            f.write(", ".join(line[:3]) + " " + " ".join(line[3:]) + ".\n")
