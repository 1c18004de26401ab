"""What is true of a wheel that may be given to people: `check.py WHEEL PYTHON`.

It is small, has each file of the package and no other, asks only for libraries that each Linux of its tag has and for no package
but cloudpickle, installs into a bare venv without a compiler, is imported quickly, brings nothing heavy along, and runs the
course's program there. PYTHON is the interpreter that the wheel is for.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import zipfile
from email.parser import HeaderParser
from pathlib import Path

MOST = 25_000_000  # bytes of a wheel
IMPORT = 60  # ms
HEAVY = {
    "IPython",
    "asyncio",
    "cloudpickle",
    "ipykernel",
    "numpy",
    "pandas",
    "py4j",
    "pyarrow",
    "pyspark",
    "ssl",
    "unittest",
}

PACKAGE = Path(__file__).parents[2] / "python" / "pyrite"
SMOKE = Path(__file__).with_name("smoke.txt")

IMPORTED = """
import sys, time
bare = set(sys.modules)
began = time.perf_counter()
import pyrite
took = time.perf_counter() - began
brought = sorted(set(sys.modules) - bare)
from pyrite import SparkContext
from pyrite.streaming import StreamingContext
import json
print(json.dumps([took * 1000, (time.perf_counter() - began) * 1000, brought]))
"""


def check(wheel: Path, python: str) -> None:
    """Prints a line about the wheel; raises SystemExit, with the reason, where something isn't so."""
    size = wheel.stat().st_size
    if size > MOST:
        sys.exit(f"{wheel.name} has {size:,} bytes, more than {MOST:,}")
    print(f"{wheel.name}: {size / 1e6:.1f} MB, needs {_tag(wheel)}", end="", flush=True)
    _contents(wheel)
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


def _tag(wheel: Path) -> str:
    """The oldest Linux that the wheel runs on, which must not be newer than the one in its name."""
    command = [sys.executable, "-m", "auditwheel", "show", str(wheel)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    needed = re.search(r'platform\s+tag:\s+"(manylinux_\d+_\d+)', shown)
    promised = re.search(r"manylinux_\d+_\d+", wheel.name)
    if not needed or not promised or _version(needed[1]) > _version(promised[0]):
        sys.exit(f"auditwheel says of {wheel.name}:\n{shown}")
    return needed[1]


def _version(tag: str) -> list[int]:
    return [int(part) for part in tag.split("_")[1:]]


def _contents(wheel: Path) -> None:
    names = PACKAGE.rglob("*")
    ours = {f"pyrite/{path.relative_to(PACKAGE).as_posix()}" for path in names if path.is_file()}
    ours = {name for name in ours if "__pycache__" not in name and not name.endswith((".so", ".pyd"))}
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        info = next(name for name in names if name.endswith(".dist-info/METADATA"))
        asked = HeaderParser().parsestr(archive.read(info).decode()).get_all("Requires-Dist", [])
        theirs = {name for name in names if not name.startswith(info.removesuffix("METADATA"))}
        engines = theirs - ours
        expected = f"pyrite/_engine.cpython-{wheel.name.split('-')[2].removeprefix('cp')}-"
        if ours - theirs or len(engines) != 1 or not min(engines).startswith(expected):
            sys.exit(f"{wheel.name} lacks {sorted(ours - theirs)}, and has {sorted(engines)} besides")
        if b".debug_info\0" in archive.read(min(engines)):
            sys.exit(f"the engine in {wheel.name} has its debug lines still")
    if not wheel.with_name(f"{wheel.stem}-engine.debug").exists():
        sys.exit(f"the debug lines of {wheel.name} are not beside it")
    always = [requirement for requirement in asked if "extra ==" not in requirement]
    if [re.split(r"\W", requirement)[0] for requirement in always] != ["cloudpickle"]:
        sys.exit(f"{wheel.name} asks for {always}")
    print(f", {len(theirs)} files", end="", flush=True)


def _import(python: str, alone: dict[str, str]) -> None:
    """Measures twenty fresh processes. On a busy machine the median says little: too slow is what is never quick enough."""
    first, whole = [], []
    for _ in range(21):
        said = subprocess.run([python, "-c", IMPORTED], env=alone, capture_output=True, text=True, check=True)
        package, contexts, brought = json.loads(said.stdout)
        first.append(package)
        whole.append(contexts)
    heavy = {name.split(".")[0] for name in brought} & HEAVY
    if heavy:
        sys.exit(f"`import pyrite` brings {', '.join(sorted(heavy))} along")
    if min(first[1:]) > IMPORT:
        sys.exit(f"`import pyrite` takes {min(first[1:]):.0f} ms at best, more than {IMPORT}")
    took = statistics.median(first[1:]), statistics.median(whole[1:])
    print("; imported in {:.0f} ms, its contexts in {:.0f}".format(*took), end="", flush=True)


if __name__ == "__main__":
    check(Path(sys.argv[1]), sys.argv[2])
