"""What one batch of the notebook's pipeline costs: 100 lines, and nothing at all."""

from report import Row, quantile
from setting import Setting
from streamed import figures


def measure(setting: Setting) -> list[Row]:
    measured = figures("one-batch", 200 if setting.quick else 1000)
    full, empty = measured["full"], measured["empty"]
    p50, p99, nothing = quantile(full, 0.5), quantile(full, 0.99), quantile(empty, 0.5)
    tick = quantile(measured["since_tick"], 0.5)
    return [
        Row("one batch of 100 lines, p50", f"{p50:.2f} ms", "<= 2 ms", p50 <= 2, {"ms": full}),
        Row("one batch of 100 lines, p99", f"{p99:.2f} ms", "<= 5 ms", p99 <= 5),
        Row("an empty batch, p50", f"{nothing:.2f} ms", "<= 0.3 ms", nothing <= 0.3, {"ms": empty}),
        Row("from a batch's time to its output's end, p50", f"{tick:.2f} ms"),
    ]
