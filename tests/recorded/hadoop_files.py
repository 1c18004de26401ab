"""Files of real PySpark, and its word on ours: run with PySpark's Python.

`hadoop_files.py write` has PySpark write the files of `FILES` into the folder `hadoop` beside this file; the tests of
`tests/python/rdd/test_hadoop_files.py` read them. `hadoop_files.py read FOLDER` has PySpark read what Pyrite wrote there
(that test writes it, where PYRITE_PYSPARK names PySpark's Python) and prints it as JSON.
"""

import json
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent / "hadoop"
CODECS = "org.apache.hadoop.io.compress."
# Name, rows, codec; rows of the name "pickles..." are pickled.
FILES = {
    "numbers": ([(i, i * 0.5) for i in range(-3, 4)], None),
    "longs": ([(2**40 + i, i % 2 == 0) for i in range(5)], None),
    "texts": ([("k" * i, "\uc548\ub155 \U0001f642" * i) for i in range(40)], None),
    "bytes": ([("k", b"\x00\xff" * i) for i in range(4)], None),
    "nothing": ([(None, "v"), (None, "w")], None),
    "maps": ([("k", {"a": 1}), ("l", {"b": 2, "c": 3})], None),
    "marks": ([(i, "row %d" % i * 40) for i in range(800)], None),
    "deflate": ([(i, "row %d" % i) for i in range(300)], CODECS + "DefaultCodec"),
    "gzip": ([(i, "row %d" % i) for i in range(300)], CODECS + "GzipCodec"),
    "bzip2": ([(i, "row %d" % i) for i in range(300)], CODECS + "BZip2Codec"),
    "pickles": ([1, None, "x", (2, [3]), {"a": b"b"}, 1.5] * 40, 10),
    "pickles-automatic": (list(range(2000)), 0),
}


def write(sc, folder):
    """With PySpark's context, or with ours."""
    for name, (rows, how) in FILES.items():
        path = str(Path(folder) / name)
        if name.startswith("pickles"):
            sc.parallelize(rows, 1).saveAsPickleFile(path, how)
        else:
            sc.parallelize(rows, 1).saveAsSequenceFile(path, how)


def read(sc, folder):
    """What is in each, as text."""
    found = {}
    for name in FILES:
        path = str(Path(folder) / name)
        rows = sc.pickleFile(path) if name.startswith("pickles") else sc.sequenceFile(path)
        found[name] = [shown(row) for row in rows.collect()]
    return found


def shown(row):
    """bytes come back as bytearrays."""
    return repr(tuple(bytes(v) if isinstance(v, bytearray) else v for v in row) if isinstance(row, tuple) else row)


def expected():
    return {name: [shown(row) for row in rows] for name, (rows, _) in FILES.items()}


def main():
    import pyspark
    from record import SETTINGS

    out, sys.stdout = sys.stdout, sys.stderr
    conf = pyspark.SparkConf().setMaster("local[2]").setAppName("files").setAll(SETTINGS.items())
    sc = pyspark.SparkContext(conf=conf)
    sc.setLogLevel("OFF")
    if sys.argv[1] == "write":
        shutil.rmtree(HERE, ignore_errors=True)
        write(sc, HERE)
        for left in [*HERE.glob("*/.*"), *HERE.glob("*/_SUCCESS")]:
            left.unlink()
    else:
        json.dump(read(sc, sys.argv[2]), out)
    sc.stop()


if __name__ == "__main__":
    main()
