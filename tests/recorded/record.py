"""Records what real PySpark answers to the programs of this folder: `record.py [--python PATH] [FILE.txt ...]`.

PATH is the Python of a virtual environment with pyspark 4.3 and numpy, which `stats()` takes where it is (default:
$PYRITE_PYSPARK, else .venv-pyspark); it needs Java.
Every program runs on local[1] and local[2]; where both agree one answer is kept under "any".
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic, sleep

import programs

ROOT = programs.HERE.parents[1]
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    # A barrier stage that doesn't fit is refused at once.
    "spark.scheduler.barrier.maxConcurrentTasksCheck.interval": "1s",
    "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures": "1",
    "spark.streaming.clock": "org.apache.spark.util.ManualClock",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("PYRITE_PYSPARK") or ROOT / ".venv-pyspark" / "bin" / "python"
    parser.add_argument("--python", default=str(default), help="the Python that has pyspark")
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    files = [f.resolve() for f in options.files] or sorted(programs.HERE.glob("*/*.txt"))
    if options.threads:
        json.dump(ask_pyspark(files, options.threads), sys.stdout)
        return
    by_threads = {n: ask_process(options.python, files, n) for n in (1, 2)}
    for file in files:
        write(file, {n: answers[str(file)] for n, answers in by_threads.items()}, by_threads[2]["versions"])


def ask_process(python: str, files: list[Path], threads: int) -> dict:
    command = [python, __file__, "--threads", str(threads), *map(str, files)]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "SPARK_LOCAL_IP": "127.0.0.1", "TZ": "UTC"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def ask_pyspark(files: list[Path], threads: int) -> dict:
    """In the PySpark process: the answers of every file, and who gave them. Whatever prints goes to standard error."""
    out, sys.stdout = sys.stdout, sys.stderr
    import pyspark
    from pyspark.rdd import portable_hash

    engine = {name: getattr(pyspark, name) for name in ("BarrierTaskContext", "SparkFiles", "StorageLevel")}
    engine["portable_hash"] = portable_hash
    conf = pyspark.SparkConf().setMaster(f"local[{threads}]").setAppName("record").setAll(SETTINGS.items())
    sc = pyspark.SparkContext(conf=conf)
    sc.setLogLevel("OFF")
    # Enough for streams that must be checkpointed, and nothing is pickled for it.
    sc.setCheckpointDir(tempfile.mkdtemp(prefix="recorded-"))
    answers = {"versions": {"pyspark": pyspark.__version__, "python": ".".join(map(str, sys.version_info[:3]))}}
    for file in files:
        answers[str(file)] = {}
        for program in programs.read(file):
            if file.parent.name == "streaming":
                answers[str(file)][program.source] = streaming_answer(sc, program, portable_hash)
            else:
                answers[str(file)][program.source] = programs.answer(program.source, sc=sc, **engine)
    sc.stop()
    sys.stdout = out
    return answers


def streaming_answer(sc, program: programs.Program, portable_hash) -> str:
    from pyspark.streaming import StreamingContext

    interval = float(program.value("interval", "1"))
    ssc = StreamingContext(sc, interval)
    scala = ssc._jssc.ssc()
    listener = scala.progressListener()
    done = 0

    def step() -> None:
        # A batch that can't be generated, or has no job, never counts as done: a program that means it says so.
        nonlocal done
        done += 1
        scala.scheduler().clock().advance(int(interval * 1000))
        end = monotonic() + (2 if "drops" in program.marks else 60)
        while listener.numTotalCompletedBatches() < done and monotonic() < end:
            sleep(0.02)
        if listener.numTotalCompletedBatches() < done:
            done -= 1
            if "drops" not in program.marks:
                print("a batch was dropped; say so with `#: drops`:", program.source, sep="\n", file=sys.__stderr__)
        sleep(0.05)

    return programs.streaming_answer(program, ssc, step, sc=sc, portable_hash=portable_hash)


def write(file: Path, by_threads: dict[int, dict], versions: dict) -> None:
    rows = [versions]
    for program in programs.read(file):
        one, two = (by_threads[n][program.source] for n in (1, 2))
        rows.append({"program": program.source, "answers": {"any": one} if one == two else {"1": one, "2": two}})
    lines = (json.dumps(row, ensure_ascii=True) for row in rows)
    file.with_suffix(".jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
