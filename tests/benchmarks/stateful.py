"""What a batch of 10,000 records costs over a state of a million int keys."""

import json
import subprocess
import sys

from report import Row, quantile
from setting import PROGRAMS, Setting, environment


def measure(setting: Setting) -> list[Row]:
    batches, keys = (30, 100_000) if setting.quick else (100, 1_000_000)
    rows = []
    for what, name, bar in (("update", "updateStateByKey", 100), ("map", "mapWithState", 10)):
        costs = figures(sys.executable, environment(), what, batches, keys)
        p50, p99 = quantile(costs, 0.5), quantile(costs, 0.99)
        text = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms"
        rows.append(Row(f"{name}, {keys:,} keys", text, f"p50 <= {bar} ms", p50 <= bar, {"ms": costs}))
    if setting.pyspark:
        costs = figures(str(setting.pyspark), {**environment(), "PYRITE_SIDE": "pyspark"}, "update", 6, keys)
        rows.append(Row(f"PySpark's updateStateByKey, {keys:,} keys", f"p50 {quantile(costs, 0.5):.0f} ms"))
    return rows


def figures(python: str, env: dict, what: str, batches: int, keys: int) -> list[float]:
    command = [python, str(PROGRAMS / "stateful.py"), what, str(batches), str(keys)]
    done = subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    start = done.stderr.rfind('{"')
    if done.returncode or start < 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    # The first batch brings the keys.
    return json.loads(done.stderr[start:])["ms"][1:]
