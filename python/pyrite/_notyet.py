"""PySpark's names that Pyrite doesn't have yet: asking for one says so, instead of looking like a typing mistake."""

from __future__ import annotations

from pyrite._mistakes import advice

__all__ = ["CONTEXT", "RDD", "absent"]

RDD: frozenset[str] = frozenset()
CONTEXT: frozenset[str] = frozenset()


def absent(instance: object, name: str, not_yet: frozenset[str]) -> AttributeError:
    """The error for an attribute that isn't there: not yet, or not at all."""
    kind = type(instance).__name__
    if name in not_yet:
        return AttributeError(f"{kind}.{name} is not in Pyrite yet. `dir()` of the {kind} lists what is there.")
    text = f"{kind!r} object has no attribute {name!r}"
    told = advice(instance, name)
    if told is None:
        return AttributeError(text, name=name, obj=instance)
    # Without the object: Python's own "Did you mean" would be a second piece of advice.
    error = AttributeError(text)
    error.add_note(told)
    return error
