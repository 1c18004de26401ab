"""Records the public names of PySpark's core and their signatures: run with PySpark's Python, writes the JSON beside this
file, which `tests/python/context/test_core_names.py` reads."""

import json
import sys
from pathlib import Path

from streaming_names import names, parameters


def classes(root):
    """The classes, of PySpark or of what stands for it."""
    rdd = root("rdd")
    return (
        *(getattr(root(""), name) for name in TOP),
        *(getattr(rdd, name) for name in ("BoundedFloat", "Partitioner")),
        root("resultiterable").ResultIterable,
        root("statcounter").StatCounter,
        root("status").StatusTracker,
    )


TOP = (
    "SparkContext RDD SparkConf Broadcast Accumulator AccumulatorParam StorageLevel TaskContext BarrierTaskContext "
    "BarrierTaskInfo RDDBarrier SparkFiles Profiler BasicProfiler InheritableThread SparkJobInfo SparkStageInfo"
).split()


def functions(root):
    return (root("rdd").portable_hash, root("util").inheritable_thread_target)


def main():
    import importlib

    def root(name):
        return importlib.import_module(f"pyspark.{name}" if name else "pyspark")

    lines = []
    for owner in classes(root):
        rows = ",\n".join(f"   {json.dumps(name)}: {json.dumps(said)}" for name, said in names(owner).items())
        lines.append(f"  {json.dumps(owner.__name__)}: {{\n{rows}\n  }}")
    said = json.dumps({function.__name__: parameters(function) for function in functions(root)})
    text = f'{{\n "pyspark": "{root("").__version__}",\n "classes": {{\n' + ",\n".join(lines)
    target = Path(__file__).with_suffix(".json")
    target.write_text(text + f'\n }},\n "functions": {said}\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
