"""The Jupyter kernel 'Python (Pyrite)': an ordinary ipykernel in which `pyspark` and `findspark` mean Pyrite.

Run as a module it is the kernel; the `pyrite kernel` command installs and removes it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pyrite
from pyrite._aliases import install
from pyrite.errors import NotInstalledError

__all__ = ["install_kernel", "uninstall_kernel"]

_NAME = "pyrite"
_MISSING = "pyrite kernel: Jupyter's kernel is not in this Python. Install it with: pip install ipykernel"


def install_kernel(prefix: str | None = None) -> int:
    """Write the kernelspec below the prefix, else into the user's own Jupyter folder; gives an exit code."""
    if find_spec("ipykernel") is None or find_spec("jupyter_client") is None:
        print(_MISSING, file=sys.stderr)
        return 1
    from jupyter_client.kernelspec import KernelSpecManager

    spec = {
        "argv": [sys.executable, "-m", "pyrite.notebook", "-f", "{connection_file}"],
        "display_name": "Python (Pyrite)",
        "language": "python",
        "env": {"PYTHONHASHSEED": "0"},
        "metadata": {"debugger": True},
    }
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "kernel.json").write_text(json.dumps(spec, indent=1) + "\n", encoding="utf-8")
        place = KernelSpecManager().install_kernel_spec(folder, _NAME, user=prefix is None, prefix=prefix)
    print(f"Installed the kernel 'Python (Pyrite)' in {place}")
    print("In Jupyter it is under Kernel > Change Kernel; reload the page if Jupyter is open.")
    return 0


def uninstall_kernel() -> int:
    """Remove the kernelspec; gives an exit code."""
    if find_spec("jupyter_client") is None:
        print(_MISSING, file=sys.stderr)
        return 1
    from jupyter_client.kernelspec import KernelSpecManager

    manager = KernelSpecManager()
    if _NAME not in manager.find_kernel_specs():
        print("pyrite kernel: the kernel 'Python (Pyrite)' is not installed.", file=sys.stderr)
        return 1
    print(f"Removed {manager.remove_kernel_spec(_NAME)}")
    return 0


def _run_kernel() -> None:
    from ipykernel import kernelapp

    # `-m` puts the current folder first, where a student's random.py would hide Python's own.
    if sys.path and Path(sys.path[0] or ".").resolve() == Path.cwd():
        del sys.path[0]
    try:
        pyrite.init()
    except NotInstalledError:
        # The first SparkContext says it, where the user reads it.
        install()
    kernelapp.launch_new_instance()


if __name__ == "__main__":
    _run_kernel()
