"""Takes the debug lines out of wheels and puts them into files beside them: `split_debug.py WHEEL ...`.

A wheel's engine keeps the names of its functions, so that a crash can be read; `pyrite-...-engine.debug` has its lines, and
gdb finds them there by the link that stays in the engine.
"""

import subprocess
import sys
import tempfile
from pathlib import Path


def split(wheel: Path) -> None:
    """One wheel, in its place."""
    with tempfile.TemporaryDirectory() as folder:
        _run(sys.executable, "-m", "wheel", "unpack", "--dest", folder, str(wheel))
        unpacked = next(Path(folder).iterdir())
        for engine in unpacked.rglob("_engine*.so"):
            lines = wheel.with_name(f"{wheel.stem}-engine.debug")
            _run("objcopy", "--only-keep-debug", "--compress-debug-sections", str(engine), str(lines))
            _run("objcopy", "--strip-debug", f"--add-gnu-debuglink={lines}", str(engine))
        wheel.unlink()
        _run(sys.executable, "-m", "wheel", "pack", "--dest-dir", str(wheel.parent), str(unpacked))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        split(Path(name))
