"""PySpark's import names, made to mean Pyrite: a finder that stands before all others on `sys.meta_path`.

It answers whether or not the real packages are installed, and imports nothing before it is asked.
"""

from __future__ import annotations

import sys

import pyrite
from pyrite._aliases.finder import AliasFinder, Facade
from pyrite._aliases.names import ROOTS

__all__ = ["install", "uninstall"]


def install() -> None:
    """Put the finder in place, once."""
    if any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        return
    if pyrite._handed_over:
        return  # it is the real one because the program has asked for that
    if "pyspark" in sys.modules:
        raise RuntimeError(
            "The real PySpark is already imported in this process, so `pyspark` can't mean Pyrite any more: restart "
            "the kernel or program and call pyrite.init() before the first `import pyspark`."
        )
    for name in [name for name in sys.modules if name.partition(".")[0] in ROOTS]:
        del sys.modules[name]
    sys.meta_path.insert(0, AliasFinder())


def uninstall() -> list[Facade]:
    """Take the finder away, and the modules that it has given; gives the packages, which programs may hold."""
    if not any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        return []
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, AliasFinder)]
    names = [name for name in sys.modules if name.partition(".")[0] in ROOTS]
    modules = [sys.modules.pop(name) for name in names]
    return [module for module in modules if isinstance(module, Facade)]
