"""Joins of two streams of random choice, recorded from real PySpark in joins.json: texts of both sides, conditions, what stands below and
above, and what came out: rows, watermarks and state of every batch."""

import events


def frame(spark, spec):
    """The program's text makes `frame` of the streams of both sides."""
    names = {"f": events.functions(), "spec": spec, "s": spark, "stream": events.stream}
    exec(spec["code"], names)
    return names["frame"]
