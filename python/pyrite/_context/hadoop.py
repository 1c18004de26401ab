"""`SparkContext`: files in Hadoop's formats, as far as they need no JVM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

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

    `conf` has a delimiter of records, a separator of keys and values, and the least and largest size of a part; a
    setting of the input that Pyrite doesn't have is an error.
    """

    @action
    def pickleFile(self, name: str, minPartitions: int | None = None) -> RDD[Any]:
        """The rows that `RDD.saveAsPickleFile` has written, here or in PySpark.

        Raises
        ------
        Py4JJavaError
            There is no such file.
        """
        from pyrite._hadoop.pickles import read_pickles

        pairs = self._pairs(name, _SEQUENCE, least=minPartitions)
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
        return self._pairs(path, _SEQUENCE, (keyConverter, valueConverter), least=minSplits)

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
        """The pairs that an input format of Hadoop's older interface reads.

        As in PySpark, `conf` changes nothing here: `hadoopRDD` and `newAPIHadoopFile` go by it.
        """
        return self._pairs(path, inputFormatClass, (keyConverter, valueConverter))

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
        return self._pairs(path, inputFormatClass, (keyConverter, valueConverter), conf)

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
        return self._pairs(None, inputFormatClass, (keyConverter, valueConverter), conf)

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
        return self._pairs(None, inputFormatClass, (keyConverter, valueConverter), conf)

    def _pairs(
        self,
        path: str | None,
        kind: str,
        converters: tuple[str | None, str | None] = (None, None),
        conf: dict[str, str] | None = None,
        least: int | None = None,
    ) -> RDD[tuple[Any, Any]]:
        """What an input format reads of a path, or without one of that which the configuration names."""
        from pyrite._hadoop import formats, settings

        settings.refuse_converters(converters)
        if path is None:
            path = settings.setting(conf, settings.FOLDER_IN)
        if path is None:
            raise engine_error("java.io.IOException", "No input paths specified in job")
        context = cast("SparkContext", self)
        return formats.records(context, path, kind, conf, context.defaultMinPartitions if least is None else int(least))
