"""Records what PySpark's modules define, by name: run with PySpark's Python, writes the JSON beside this file, which
`tests/python/context/test_module_names.py` reads."""

import importlib
import inspect
import json
import sys
import typing
from pathlib import Path

MODULES = (
    "accumulators broadcast conf context errors files join profiler rdd rddsampler resultiterable serializers shuffle "
    "statcounter status storagelevel taskcontext traceback_utils util"
).split()


def defined(module):
    """The public functions, classes and constants of a module."""
    homes = (module.__name__, module.__name__.replace("pyspark.", "pyspark.core."), "pyspark.errors.exceptions.base")
    for name, value in vars(module).items():
        if (
            name.startswith("_")
            or inspect.ismodule(value)
            or isinstance(value, typing.TypeVar)
            or name == "TYPE_CHECKING"
        ):
            continue
        home = getattr(value, "__module__", None)
        if isinstance(value, int | str) or (
            home in homes and (module.__name__ == "pyspark.errors" or home != homes[2])
        ):
            yield name


def main():
    names = {name: sorted(defined(importlib.import_module(f"pyspark.{name}"))) for name in MODULES}
    rows = ",\n".join(f" {json.dumps(name)}: {json.dumps(' '.join(found))}" for name, found in names.items())
    Path(__file__).with_suffix(".json").write_text(f"{{\n{rows}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
