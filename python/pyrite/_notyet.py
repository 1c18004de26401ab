"""PySpark's names that Pyrite doesn't have yet: asking for one says so, instead of looking like a typing mistake."""

from __future__ import annotations

from pyrite._mistakes import advice

__all__ = ["CONTEXT", "RDD", "absent"]

RDD = frozenset(
    """
    barrier checkpoint cleanShuffleDependencies countApproxDistinct getCheckpointFile getResourceProfile
    isCheckpointed isLocallyCheckpointed localCheckpoint mapPartitionsWithSplit
    saveAsHadoopDataset saveAsHadoopFile saveAsNewAPIHadoopDataset saveAsNewAPIHadoopFile saveAsPickleFile
    saveAsSequenceFile toDF withResources
    """.split()
)

CONTEXT = frozenset(
    """
    addArchive addFile dump_profiles getCheckpointDir hadoopFile hadoopRDD listArchives listFiles newAPIHadoopFile
    newAPIHadoopRDD pickleFile profiler_collector resources sequenceFile setCheckpointDir show_profiles
    """.split()
)


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
