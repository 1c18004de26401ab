"""10 ms batches of the notebook's pipeline for 60 s at 1,000 lines a second from a real socket."""

from report import Row, quantile
from setting import Setting
from streamed import figures_from_socket


def measure(setting: Setting) -> list[Row]:
    seconds = 10 if setting.quick else 60
    batches = figures_from_socket("interval", seconds, "paced", 1000)["batches"]
    first = next(i for i, (_, _, _, words) in enumerate(batches) if words)
    begin = batches[first][0] + 1  # a second to settle: the first lines come while the program still warms up
    batches = [b for b in batches if b[0] >= begin]
    expected = round((batches[-1][0] - begin) / 0.01) + 1
    held = sum(1 for b in batches if b[3]) / expected
    delays = [b[1] for b in batches]
    p99 = quantile(delays, 0.99)
    part = min(10, seconds / 3)
    early = mean(b[1] for b in batches if b[0] < begin + part)
    late = mean(b[1] for b in batches if b[0] > batches[-1][0] - part)
    return [
        Row("10 ms batches that hold data", f"{held:.1%} of {expected}", ">= 90 %", held >= 0.9),
        Row("10 ms batches, scheduling delay p99", f"{p99:.2f} ms", "<= 10 ms", p99 <= 10, {"ms": delays}),
        Row("10 ms batches, last against first 10 s", f"{late - early:+.2f} ms", "<= +2 ms", late - early <= 2),
        Row("10 ms batches, delay until done, p50", f"{quantile((b[2] for b in batches), 0.5):.2f} ms"),
    ]


def mean(values) -> float:
    values = list(values)
    return sum(values) / len(values)
