"""Spark's own example programs that use only RDDs and no numpy, as PySpark's wheel installs them.

`examples.py [--python PATH]` records in `examples.json` what each prints with PySpark; PATH is the Python of a virtual
environment with pyspark 4.3 (default: $PYRITE_PYSPARK, else .venv-pyspark), which needs Java.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
RECORDED = HERE / "examples.json"
FILES = {
    "words.txt": "to be or not to be\n\nthat is  the question\n스파크 를 배우다 스파크\n",
    "numbers.txt": "3 1 2\n10 -5 7\n3\n",
    "pages.txt": "1 2\n1 3\n1 4\n2 1\n3 1\n4 1\n4\t 2\na b\n",
}
# The program, its arguments, and the options of spark-submit.
PROGRAMS = {
    "wordcount": (["words.txt"], []),
    "sort": (["numbers.txt"], []),
    "pagerank": (["pages.txt", "10"], []),
    "pi": (["4"], []),
    # Without it each of its rounds has twice the partitions of the one before.
    "transitive_closure": (["2"], ["--conf", "spark.default.parallelism=2"]),
    "status_api_demo": ([], []),
}


def folder(python: Path) -> Path | None:
    """Where the examples are that belong to a virtual environment's pyspark."""
    found = python.parent.parent.glob("lib/python3*/site-packages/pyspark/examples/src/main/python/wordcount.py")
    return next((path.parent for path in found), None)


def python_of_pyspark() -> Path:
    return Path(os.environ.get("PYRITE_PYSPARK") or HERE.parents[1] / ".venv-pyspark" / "bin" / "python")


def submitted(examples: Path, name: str, where: Path, environment: dict[str, str]) -> str:
    """What the program prints that `pyrite submit` runs."""
    arguments, settings = PROGRAMS[name]
    command = [
        sys.executable,
        "-m",
        "pyrite",
        "submit",
        "--master",
        "local[2]",
        *settings,
        str(examples / f"{name}.py"),
    ]
    return said(name, [*command, *arguments], where, environment)


def said(name: str, command: list[str], where: Path, environment: dict[str, str]) -> str:
    for file, text in FILES.items():
        (where / file).write_text(text, encoding="utf-8")
    environment = {**environment, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(done.stderr)
    return steady(name, done.stdout)


def steady(name: str, said: str) -> str:
    """What is the same each time."""
    if name == "pi":
        return said[:15]
    return said[said.index("Job results are") :] if name == "status_api_demo" else said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, default=python_of_pyspark())
    parser.add_argument("names", nargs="*", default=list(PROGRAMS))
    options = parser.parse_args()
    examples = folder(options.python)
    answers = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else {}
    for name in options.names:
        arguments, settings = PROGRAMS[name]
        environment = {
            **os.environ,
            "PYSPARK_SUBMIT_ARGS": " ".join(["--master local[2]", *settings, "pyspark-shell"]),
            "PYTHONHASHSEED": "0",
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        command = [str(options.python), str(examples / f"{name}.py"), *arguments]
        with tempfile.TemporaryDirectory() as where:
            answers[name] = said(name, command, Path(where), environment)
        print(name, repr(answers[name]), flush=True)
        RECORDED.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
