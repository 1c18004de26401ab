"""`spark.read`, as far as it reads text."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NoReturn

from pyrite._engine import Plan
from pyrite._places import is_address
from pyrite._traceback import action
from pyrite.errors import Py4JError, PySparkRuntimeError
from pyrite.sql._later import comes_later, not_yet
from pyrite.sql._text import files_of, parts_of
from pyrite.sql.dataframe import DataFrame

if TYPE_CHECKING:
    from pyrite.sql.session import SparkSession

__all__ = ["DataFrameReader"]


class DataFrameReader:
    """Reads text files: `spark.read.text(path)`, `spark.read.format("text").load(path)`."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._format = "parquet"
        self._options: dict[str, Any] = {}

    def format(self, source: str) -> DataFrameReader:
        """What `load` reads."""
        self._format = source
        return self

    def option(self, key: str, value: Any) -> DataFrameReader:
        """Set an option."""
        self._options[key.lower()] = value
        return self

    def options(self, **options: Any) -> DataFrameReader:
        """Set options."""
        for key, value in options.items():
            self.option(key, value)
        return self

    @action
    def text(
        self,
        paths: str | list[str],
        wholetext: bool = False,
        lineSep: str | None = None,
        pathGlobFilter: bool | str | None = None,
        recursiveFileLookup: bool | str | None = None,
        modifiedBefore: bool | str | None = None,
        modifiedAfter: bool | str | None = None,
    ) -> DataFrame:
        """The lines of text files, as rows with one field, `value`: a path or several, globs, directories.

        Raises
        ------
        AnalysisException
            A path isn't there.
        PySparkRuntimeError
            An option other than the paths is given: those come with DataFrames.
        """
        given = {
            **self._options,
            "wholetext": wholetext or self._options.get("wholetext"),
            "lineSep": lineSep,
            "pathGlobFilter": pathGlobFilter,
            "recursiveFileLookup": recursiveFileLookup,
            "modifiedBefore": modifiedBefore,
            "modifiedAfter": modifiedAfter,
        }
        for name, value in given.items():
            if value not in (None, False, "false"):
                raise PySparkRuntimeError(comes_later(f"the option {name} of DataFrameReader.text"))
        if not isinstance(paths, str | os.PathLike | list | tuple):
            raise Py4JError(f"text(paths) takes a str or a list of them, not {type(paths).__name__}")
        several = [os.fspath(path) for path in ([paths] if isinstance(paths, str | os.PathLike) else paths)]
        sc = self._spark.sparkContext
        systems = sc._elsewhere(*several)
        files = files_of(several, systems)
        parts = parts_of(files, sc.defaultParallelism, self._spark.conf)
        elsewhere = (systems, [file for file in files if is_address(file.address)]) if systems else None
        return DataFrame(Plan.text_parts(",".join(several), parts, elsewhere), self._spark)

    @action
    def load(
        self, path: str | list[str] | None = None, format: str | None = None, schema: Any = None, **options: Any
    ) -> DataFrame:
        """What `format` names; text is what there is.

        Raises
        ------
        PySparkRuntimeError
            Another format: those come with DataFrames.
        """
        self.options(**options)
        source = self._format if format is None else format
        if source != "text" or schema is not None or path is None:
            raise PySparkRuntimeError(comes_later(f'DataFrameReader.load of "{source}"'))
        return self.text(path)

    def __getattr__(self, name: str) -> NoReturn:
        raise not_yet("DataFrameReader", name)
