"""Records the public names of PySpark's streaming and their signatures: run with PySpark's Python, writes the JSON beside
this file, which `tests/python/streaming/test_names.py` reads."""

import inspect
import json
import sys
from pathlib import Path


def default(value):
    if value is inspect.Parameter.empty:
        return None
    if callable(value):
        return value.__name__
    return str(value) if type(value).__name__ == "StorageLevel" else repr(value)


def parameters(function):
    return [[p.name, p.kind.name, default(p.default)] for p in inspect.signature(function).parameters.values()]


def kind(owner, name):
    found = inspect.getattr_static(owner, name)
    for one in (classmethod, staticmethod, property):
        if isinstance(found, one):
            return one.__name__
    if inspect.isclass(found):
        return "class"
    return "method" if callable(found) else "attribute"


def names(owner):
    """Each public name with its kind and, where it can be called, its parameters."""
    said = {}
    for name in ["__init__", *sorted(n for n in dir(owner) if not n.startswith("_"))]:
        what = kind(owner, name)
        own = not (name == "__init__" and owner.__init__ is object.__init__)
        calls = what.endswith("method") and own
        said[name] = {"kind": what, "parameters": parameters(getattr(owner, name)) if calls else []}
    return said


def main():
    import pyspark
    from pyspark.streaming import DStream, StreamingContext, StreamingListener
    from pyspark.streaming.dstream import TransformedDStream
    from pyspark.streaming.util import rddToFileName

    classes = (StreamingContext, DStream, TransformedDStream, StreamingListener)
    lines = []
    for owner in classes:
        rows = ",\n".join(f"   {json.dumps(name)}: {json.dumps(said)}" for name, said in names(owner).items())
        lines.append(f"  {json.dumps(owner.__name__)}: {{\n{rows}\n  }}")
    functions = json.dumps({"rddToFileName": parameters(rddToFileName)})
    text = f'{{\n "pyspark": "{pyspark.__version__}",\n "classes": {{\n' + ",\n".join(lines)
    target = Path(__file__).with_suffix(".json")
    target.write_text(text + f'\n }},\n "functions": {functions}\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
