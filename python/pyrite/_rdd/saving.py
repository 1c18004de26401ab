"""`RDD`: actions that write files in Hadoop's formats, which Spark and other programs read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pyrite._rdd.planned import Planned
from pyrite._traceback import action
from pyrite.errors import engine_error

if TYPE_CHECKING:
    from pyrite.rdd import RDD

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


class Saving(Planned[T]):
    """What `RDD` has of files in Hadoop's formats."""

    @action
    def saveAsPickleFile(self, path: str, batchSize: int = 10) -> None:
        """Write the rows, pickled in batches, to a new directory, which `SparkContext.pickleFile` reads.

        Raises
        ------
        Py4JJavaError
            The directory exists.
        """
        from pyrite._hadoop import output
        from pyrite._hadoop.pickles import write_pickles

        output.save(cast("RDD[Any]", self), str(path), partial(write_pickles, int(batchSize)))

    @action
    def saveAsSequenceFile(self: Saving[tuple[K, V]], path: str, compressionCodecClass: str | None = None) -> None:
        """Write pairs as a SequenceFile; the first pair says of which classes keys and values are.

        Raises
        ------
        Py4JJavaError
            The directory exists, a key or value has no such class, or the codec isn't known.
        """
        kind = "org.apache.hadoop.mapred.SequenceFileOutputFormat"
        self._save_as(path, kind, codec=compressionCodecClass)

    @action
    def saveAsHadoopFile(
        self: Saving[tuple[K, V]],
        path: str,
        outputFormatClass: str,
        keyClass: str | None = None,
        valueClass: str | None = None,
        keyConverter: str | None = None,
        valueConverter: str | None = None,
        conf: dict[str, str] | None = None,
        compressionCodecClass: str | None = None,
    ) -> None:
        """Write pairs as TextOutputFormat or SequenceFileOutputFormat does; other formats need a JVM."""
        conf = _with_classes(conf, keyClass, valueClass)
        self._save_as(path, outputFormatClass, (keyConverter, valueConverter), conf, compressionCodecClass)

    @action
    def saveAsNewAPIHadoopFile(
        self: Saving[tuple[K, V]],
        path: str,
        outputFormatClass: str,
        keyClass: str | None = None,
        valueClass: str | None = None,
        keyConverter: str | None = None,
        valueConverter: str | None = None,
        conf: dict[str, str] | None = None,
    ) -> None:
        """As `saveAsHadoopFile`, with the names of Hadoop's newer interface."""
        conf = _with_classes(conf, keyClass, valueClass)
        self._save_as(path, outputFormatClass, (keyConverter, valueConverter), conf)

    @action
    def saveAsHadoopDataset(
        self: Saving[tuple[K, V]],
        conf: dict[str, str],
        keyConverter: str | None = None,
        valueConverter: str | None = None,
    ) -> None:
        """As `saveAsHadoopFile`, with all said by a Hadoop configuration."""
        self._save_as(None, "org.apache.hadoop.mapred.TextOutputFormat", (keyConverter, valueConverter), conf)

    @action
    def saveAsNewAPIHadoopDataset(
        self: Saving[tuple[K, V]],
        conf: dict[str, str],
        keyConverter: str | None = None,
        valueConverter: str | None = None,
    ) -> None:
        """As `saveAsNewAPIHadoopFile`, with all said by a Hadoop configuration."""
        kind = "org.apache.hadoop.mapreduce.lib.output.TextOutputFormat"
        self._save_as(None, kind, (keyConverter, valueConverter), conf)

    def _save_as(
        self,
        path: str | None,
        kind: str,
        converters: tuple[str | None, str | None] = (None, None),
        conf: dict[str, str] | None = None,
        codec: str | None = None,
    ) -> None:
        """Write with an output format to a path; without one to where, and as, the configuration says."""
        from pyrite._hadoop import formats, settings

        settings.refuse_converters(converters)
        if path is None:
            path = settings.setting(conf, settings.FOLDER_OUT)
            kind = settings.setting(conf, settings.OUTPUT) or kind
        if path is None:
            raise engine_error("org.apache.hadoop.mapred.InvalidJobConfException", "Output directory not set.")
        formats.save(cast("RDD[Any]", self), str(path), kind, conf, codec)
        self._has_run()


def _with_classes(conf: dict[str, str] | None, key: str | None, value: str | None) -> dict[str, str]:
    settings = dict(conf or {})
    if key:
        settings["mapreduce.job.output.key.class"] = key
    if value:
        settings["mapreduce.job.output.value.class"] = value
    return settings
