"""`SparkContext`: files in Hadoop's formats, as far as they need no JVM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pyrite._hadoop import formats
from pyrite._hadoop.pickles import read_pickles
from pyrite._traceback import action
from pyrite.errors import engine_error

if TYPE_CHECKING:
    from pyrite.context import SparkContext
    from pyrite.rdd import RDD

_SEQUENCE = "org.apache.hadoop.mapred.SequenceFileInputFormat"


class Hadoop:
    """What `SparkContext` has of Hadoop's formats.

    TextInputFormat, KeyValueTextInputFormat and SequenceFileInputFormat are read; an error says what to use in place of
    another. Converters are classes of a JVM. `batchSize` is kept for programs that give it.
    """

    @action
    def pickleFile(self, name: str, minPartitions: int | None = None) -> RDD[Any]:
        """The rows that `RDD.saveAsPickleFile` has written, here or in PySpark.

        Raises
        ------
        Py4JJavaError
            There is no such file.
        """
        pairs = self._read(name, _SEQUENCE, minPartitions)
        return pairs.mapPartitions(read_pickles).setName(name)

    @action
    def sequenceFile(
        self,
        path: str,
        keyClass: str | None = None,
        valueClass: str | None = None,
        keyConverter: str | None = None,
        valueConverter: str | None = None,
        minSplits: int | None = None,
        batchSize: int = 0,
    ) -> RDD[tuple[Any, Any]]:
        """The pairs of SequenceFiles. The files say of which classes keys and values are.

        Raises
        ------
        Py4JJavaError
            There is no such file, or it has classes that only a JVM knows.
        """
        formats.converters(keyConverter, valueConverter)
        return self._read(path, _SEQUENCE, minSplits)

    @action
    def hadoopFile(
        self,
        path: str,
        inputFormatClass: str,
        keyClass: str,
        valueClass: str,
        keyConverter: str | None = None,
        valueConverter: str | None = None,
        conf: dict[str, str] | None = None,
        batchSize: int = 0,
    ) -> RDD[tuple[Any, Any]]:
        """The pairs that an input format of Hadoop's older interface reads."""
        formats.converters(keyConverter, valueConverter)
        return self._read(path, inputFormatClass)

    @action
    def newAPIHadoopFile(
        self,
        path: str,
        inputFormatClass: str,
        keyClass: str,
        valueClass: str,
        keyConverter: str | None = None,
        valueConverter: str | None = None,
        conf: dict[str, str] | None = None,
        batchSize: int = 0,
    ) -> RDD[tuple[Any, Any]]:
        """The pairs that an input format of Hadoop's newer interface reads."""
        formats.converters(keyConverter, valueConverter)
        return self._read(path, inputFormatClass)

    @action
    def hadoopRDD(
        self,
        inputFormatClass: str,
        keyClass: str,
        valueClass: str,
        keyConverter: str | None = None,
        valueConverter: str | None = None,
        conf: dict[str, str] | None = None,
        batchSize: int = 0,
    ) -> RDD[tuple[Any, Any]]:
        """As `hadoopFile`, of the path that a Hadoop configuration names."""
        formats.converters(keyConverter, valueConverter)
        return self._read(_folder(conf), inputFormatClass)

    @action
    def newAPIHadoopRDD(
        self,
        inputFormatClass: str,
        keyClass: str,
        valueClass: str,
        keyConverter: str | None = None,
        valueConverter: str | None = None,
        conf: dict[str, str] | None = None,
        batchSize: int = 0,
    ) -> RDD[tuple[Any, Any]]:
        """As `newAPIHadoopFile`, of the path that a Hadoop configuration names."""
        formats.converters(keyConverter, valueConverter)
        return self._read(_folder(conf), inputFormatClass)

    def _read(self, path: str, kind: str, least: int | None = None) -> RDD[tuple[Any, Any]]:
        context = cast("SparkContext", self)
        wanted = context.defaultMinPartitions if least is None else int(least)
        return formats.records(context, path, kind, wanted)


def _folder(conf: dict[str, str] | None) -> str:
    folder = formats.setting(conf, formats.FOLDER_IN)
    if folder is None:
        raise engine_error("java.io.IOException", "No input paths specified in job")
    return folder
