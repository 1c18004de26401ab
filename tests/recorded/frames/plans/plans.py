"""Plans made by rule and by chance, and what a session answers to them: names, types and rows, or the error's condition."""

import datetime
import math
import random

import tables
from frames import Frames
from queries import Queries


def made(seed, count):
    """`count` plans: (`frame` or `sql`, the text, whether its rows have an order)."""
    chance = random.Random(seed)
    makers = {"frame": Frames(chance), "sql": Queries(chance)}
    plans, seen = [], set()
    while len(plans) < count:
        kind = ("frame", "sql")[len(plans) % 2]
        text, ordered = makers[kind].plan()
        if text not in seen and len(text) < 900:
            seen.add(text)
            plans.append((kind, text, ordered))
    return plans


def plain(value):
    """A value as text that tells types apart."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(plain, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(plain, value)) + ")"
    if isinstance(value, dict):
        return "{" + ", ".join(sorted(f"{plain(key)}: {plain(each)}" for key, each in value.items())) + "}"
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bytearray):
        return repr(bytes(value))
    return repr(value) if isinstance(value, str) else str(value)


def condition(error):
    """What kind of error it is."""
    found = error.getCondition() if hasattr(error, "getCondition") else None
    return found or type(error).__name__


def answer(spark, names, kind, text):
    """What a session answers to a plan."""
    try:
        frame = spark.sql(text) if kind == "sql" else eval(text, dict(names))
        fields = [f"{field.name}: {field.dataType.simpleString()}" for field in frame.schema.fields]
        rows = [" | ".join(map(plain, row)) for row in frame.collect()]
    except Exception as error:  # whatever it is, its condition is the answer
        return {"error": condition(error), "text": str(error)[:400]}
    return {"fields": fields, "rows": rows}


def scope(spark):
    """What the text of a plan may name."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    return {**tables.frames(spark), "F": F, "Window": Window, "spark": spark}
