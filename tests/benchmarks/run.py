"""`make bench`: every measurement side by side on this machine, with the bars to reach.

    run.py [--quick] [--no-build] [--pyspark PYTHON | --no-pyspark] [--only PATTERN] [MEASUREMENT ...]

MEASUREMENT is one of compile_time, word_count, first_batch, one_batch, short_interval, socket_rate, against_pyspark, rdd_api,
real_programs, sorting, repartition, larger_than_memory, stateful, windowed, kafka, page_open, cores, frames, queries; all by default. PYTHON is that of a virtual
environment with PySpark 4.3 (default: $PYRITE_PYSPARK, else .venv-pyspark, which is made). The figures are also written to
target/bench/figures.json.
"""

import argparse
import importlib
import os
import platform
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from report import save
from setting import ROOT, Setting, build_release, load_warning, plain_rust, pyspark_python

MEASUREMENTS = [
    *("compile_time", "word_count", "first_batch", "one_batch", "short_interval", "socket_rate"),
    *("against_pyspark", "rdd_api", "real_programs", "sorting", "repartition", "larger_than_memory"),
    *("stateful", "windowed", "kafka", "page_open", "cores", "frames", "queries"),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and smaller runs, to try things out")
    parser.add_argument(
        "--no-build", action="store_true", help="measure the engine that is installed, not a release build"
    )
    parser.add_argument("--pyspark", help="the Python that has PySpark")
    parser.add_argument("--no-pyspark", action="store_true", help="leave PySpark out")
    parser.add_argument(
        "--only", default="", metavar="PATTERN", help="against_pyspark, rdd_api, real_programs: programs of such names"
    )
    parser.add_argument("measurements", nargs="*", metavar="MEASUREMENT", help=", ".join(MEASUREMENTS))
    options = parser.parse_args()
    wanted = options.measurements or MEASUREMENTS
    if not options.no_build:
        build_release()
    setting = Setting(
        folder=ROOT / "target" / "bench",
        quick=options.quick,
        pyspark=None if options.no_pyspark else pyspark_python(options.pyspark),
        plain_rust=plain_rust("plain-word-count") if "word_count" in wanted else None,
        only=options.only,
    )
    busy = load_warning()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{platform.system()}, {os.cpu_count()} processors{load}, Python {platform.python_version()}", flush=True)
    if busy:
        print(busy, flush=True)
    rows = []
    for name in wanted:
        measured = importlib.import_module(name).measure(setting)
        print(*measured, sep="\n", flush=True)
        rows += measured
    save(rows, setting.folder / "figures.json")
    short = [row.name for row in rows if row.reached is False]
    print(f"short of the bar: {', '.join(short)}" if short else "every bar was reached")
    if busy:
        print(busy)


if __name__ == "__main__":
    main()
