"""How many MB a second go from a socket to word counts at 100 ms batches, sustained, and whether memory grows."""

import re
from itertools import islice
from pathlib import Path

from corpus import corpus
from report import Row, quantile
from setting import Setting
from streamed import figures_from_socket

BAR, GROWTH = 25, 64


def measure(setting: Setting) -> list[Row]:
    file = corpus(setting.folder, 100_000 if setting.quick else 1_000_000)
    batches = figures_from_socket("rate", 10 if setting.quick else 30, "flood", file)["batches"]
    first = next(i for i, (_, _, words, _) in enumerate(batches) if words)
    batches = batches[first:]
    begin, end = batches[0][0], batches[-1][0]
    megabytes = sum(words for _, _, words, _ in batches[1:]) * bytes_per_word(file) / 1e6
    rate = megabytes / (end - begin)
    after_5s = next(memory for moment, _, _, memory in batches if moment >= begin + 5)
    grown = (batches[-1][3] - after_5s) / 2**20
    half = len(batches) // 2
    delays = [b[1] for b in batches]
    return [
        Row("socket to counts, 100 ms batches", f"{rate:.1f} MB/s", f">= {BAR} MB/s", rate >= BAR, {"ms": delays}),
        Row(
            "memory from 5 s to the end",
            f"{grown:+.0f} MB on {after_5s / 2**20:.0f} MB",
            f"<= +{GROWTH} MB",
            grown <= GROWTH,
            {"bytes": [b[3] for b in batches]},
        ),
        Row(
            "delay until done, p50 of each half",
            f"{quantile(delays[:half], 0.5):.0f} ms, {quantile(delays[half:], 0.5):.0f} ms",
        ),
    ]


def bytes_per_word(file: Path) -> float:
    """From the first lines: the words are drawn alike all over the corpus."""
    with file.open(encoding="utf-8", newline="\n") as f:
        text = "".join(islice(f, 20_000))
    return len(text.encode()) / len(re.findall(r"\w+", text))
