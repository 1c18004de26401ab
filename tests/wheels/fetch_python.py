"""A CPython for a machine that has none of its version: `fetch_python.py MODULE@VERSION FOLDER`.

Go's own client brings a module that carries a CPython which runs wherever it stands; it is unpacked into FOLDER, whole or not at all.
"""

import gzip
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

MACHINES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def fetch(module: str, folder: Path) -> None:
    """Raises SystemExit, with the reason, where Go or the module can't be had."""
    if not shutil.which("go"):
        sys.exit("there is no go here")
    said = subprocess.run(["go", "mod", "download", "-json", module], capture_output=True, text=True, check=False)
    if said.returncode:
        sys.exit(f"go can't bring {module}:\n{said.stdout}{said.stderr}")
    data = Path(json.loads(said.stdout)["Dir"], "python", "internal", "data")
    source = data / f"{platform.system().lower()}-{MACHINES[platform.machine()]}"
    unpacked = folder.with_name(f"{folder.name}.{os.getpid()}.tmp")
    for entry in json.loads((source / "files.json").read_text())["files"]:
        path, kept = unpacked / entry["name"], source / entry["name"]
        if link := entry.get("symlink"):
            path.symlink_to(link)
        elif kept.is_dir():
            path.mkdir(parents=True, exist_ok=True)
        else:
            packed = kept.with_name(f"{kept.name}.gz")
            path.write_bytes(gzip.decompress(packed.read_bytes()) if packed.exists() else kept.read_bytes())
            path.chmod(entry["perm"] & 0o777)
    shutil.rmtree(folder, ignore_errors=True)
    unpacked.rename(folder)


if __name__ == "__main__":
    fetch(sys.argv[1], Path(sys.argv[2]))
