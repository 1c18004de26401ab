"""What the measurements run with: where things lie, how often to repeat, and the programs to compare with."""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAMS = HERE / "programs"
PYSPARK = ["pyspark==4.3.0", "numpy>=2"]  # numpy is what the kmeans example computes with


@dataclass(frozen=True)
class Setting:
    folder: Path  # what is written goes here
    quick: bool
    pyspark: str | None  # the Python that has the real PySpark
    plain_rust: Path | None
    only: str = ""  # of the programs those whose name this pattern finds

    def wants(self, program: str) -> bool:
        return re.search(self.only, program) is not None

    @property
    def runs(self) -> int:
        return 2 if self.quick else 5

    @property
    def slow_runs(self) -> int:
        return 1 if self.quick else 3


def environment(**more: str) -> dict[str, str]:
    """As a user's: what pip installs has its bytecode beside it, which a shell that writes none would keep from our tree."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, "PYTHONHASHSEED": "0", "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONWARNINGS": "ignore", **more}


def timed(command: list[str]) -> tuple[float, float, str]:
    """Seconds of a whole process, seconds its processors worked, and what it wrote to standard output."""
    begin, worked = time.perf_counter(), children_worked()
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, encoding="utf-8", check=False)
    seconds, work = time.perf_counter() - begin, children_worked() - worked
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return seconds, work, done.stdout


def children_worked() -> float:
    """Processor seconds of all processes that were waited for; steadier than the clock while others use the machine."""
    if os.name == "nt":
        return 0.0
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def pyspark_python(given: str | None) -> str | None:
    """The Python of a virtual environment with the real PySpark; makes one in .venv-pyspark. None without Java."""
    python = Path(given or os.environ.get("PYRITE_PYSPARK") or ROOT / ".venv-pyspark" / "bin" / "python")
    if not shutil.which("java"):
        print("there is no java here: PySpark is not measured", file=sys.stderr)
        return None
    if not python.exists():
        folder = python.parents[1]
        print(f"making {folder} with {PYSPARK[0]}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PYSPARK], check=True)
    return str(python)


def build_release() -> None:
    """Puts the engine into this environment as it is released: the `ci` profile of daily work is slower."""
    command = [sys.executable, "-m", "maturin", "develop", "--release", "--quiet"]
    prefix = {"VIRTUAL_ENV": sys.prefix, "PYO3_PYTHON": sys.executable, "PIP_QUIET": "1"}
    subprocess.run(command, cwd=ROOT, env={**os.environ, **prefix}, check=True)


def plain_rust(name: str, features: str = "bench") -> Path | None:
    """Builds a plain Rust program as released programs are built."""
    options = ["--release", "--quiet", "--features", features, "--no-default-features", "--bin", name]
    if not shutil.which("cargo"):
        print("there is no cargo here: plain Rust is not measured", file=sys.stderr)
        return None
    subprocess.run(["cargo", "build", *options], cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    return target / "release" / (f"{name}.exe" if os.name == "nt" else name)


def load_warning() -> str | None:
    """What to say when others use this machine: figures measured beside them mean little."""
    if not hasattr(os, "getloadavg"):
        return None
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    if load < processors / 2:
        return None
    return f"WARNING: this machine is busy (load {load:.1f} on {processors} processors): don't trust these figures"
