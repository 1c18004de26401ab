"""What is true of a wheel that may be given to people: `check.py WHEEL [PYTHON]`.

It is small, asks only for libraries that each Linux of its tag has, installs into a bare venv without a compiler, is imported
quickly and brings nothing heavy along, and runs the course's program. PYTHON is the interpreter that the wheel is for; without
one the wheel can't be installed here, which is said.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

MOST = 25_000_000  # bytes of a wheel
IMPORT = 60  # ms
HEAVY = {"IPython", "asyncio", "ipykernel", "numpy", "pandas", "py4j", "pyarrow", "pyspark", "ssl", "unittest"}

IMPORTED = """
import json, sys, time
began = time.perf_counter()
import pyrite
from pyrite import SparkContext
from pyrite.streaming import StreamingContext
print(json.dumps([(time.perf_counter() - began) * 1000, sorted(sys.modules)]))
"""

SMOKE = Path(__file__).with_name("smoke.txt")


def check(wheel: Path, python: str | None) -> None:
    """Raises SystemExit, with the reason, where something isn't so."""
    size = wheel.stat().st_size
    if size > MOST:
        sys.exit(f"{wheel.name} has {size:,} bytes, more than {MOST:,}")
    shown = subprocess.run(
        [sys.executable, "-m", "auditwheel", "show", str(wheel)], check=True, capture_output=True, text=True
    ).stdout
    needed = re.search(r'platform\s+tag:\s+"(manylinux_\d+_\d+)', shown)
    promised = re.search(r"manylinux_\d+_\d+", wheel.name)
    if not needed or not promised or _version(needed[1]) > _version(promised[0]):
        sys.exit(f"auditwheel says of {wheel.name}:\n{shown}")
    print(f"{wheel.name}: {size / 1e6:.1f} MB, needs {needed[1]}", end="", flush=True)
    if python is None:
        print("; NOT INSTALLED: this Python isn't here")
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True)
        bare = str(Path(folder, "bin", "python"))
        install = [sys.executable, "-m", "pip", "--python", bare, "install", "--quiet", "--only-binary", ":all:"]
        subprocess.run([*install, str(wheel)], check=True)
        # Nothing of this machine but the interpreter: no Rust, no compiler, no PYTHONPATH.
        alone = {"PATH": os.path.dirname(bare), "HOME": folder, "LANG": "C.UTF-8"}
        _import(bare, alone)
        said = subprocess.run([bare, str(SMOKE)], env=alone, cwd=folder, capture_output=True, text=True, timeout=120)
        if said.returncode or "smoke: all is well" not in said.stdout:
            sys.exit(f"the program failed:\n{said.stdout}\n{said.stderr}")
        print("; the program runs")


def _import(python: str, alone: dict[str, str]) -> None:
    times = []
    empty = subprocess.run([python, "-c", "import json, sys, time; print(json.dumps(sorted(sys.modules)))"], env=alone, capture_output=True, text=True, check=True)  # fmt: skip
    bare = set(json.loads(empty.stdout))
    for _ in range(11):
        said = subprocess.run([python, "-c", IMPORTED], env=alone, capture_output=True, text=True, check=True)
        took, modules = json.loads(said.stdout)
        times.append(took)
    heavy = {name.split(".")[0] for name in set(modules) - bare} & HEAVY
    if heavy:
        sys.exit(f"`import pyrite` brings {', '.join(sorted(heavy))} along")
    median = statistics.median(times[1:])
    print(f"; imported in {median:.0f} ms{'' if median < IMPORT else f', MORE THAN {IMPORT}'}", end="", flush=True)


def _version(tag: str) -> list[int]:
    return [int(part) for part in tag.split("_")[1:]]


if __name__ == "__main__":
    check(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
