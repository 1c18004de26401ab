"""What `pyspark.version` holds."""

from pyrite._aliases.names import SPARK_VERSION

__version__ = SPARK_VERSION
