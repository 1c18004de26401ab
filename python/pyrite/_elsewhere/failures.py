"""What goes wrong with other systems, in words like Spark's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pyrite.errors import Py4JJavaError, engine_error

__all__ = ["failure", "is_missing", "missing", "no_system"]

_EXTRA = 'pip install "pyrite[remote]"'
_ABSENT = (404, 410)
_FORBIDDEN = (401, 403, 407)


def no_system(scheme: str, package: str | None) -> Py4JJavaError:
    """Nothing knows addresses of this kind: no fsspec is here, or not the package that it needs, or nobody does."""
    if package is None:
        remedy = f"files elsewhere are read and written through fsspec; {_EXTRA} installs it"
    elif package:
        remedy = f"the package {package} is missing; pip install {package}, or all that is usual with {_EXTRA}"
    else:
        remedy = "fsspec knows none; it has s3a, gs, abfs, hdfs, http, https, sftp and more"
    return engine_error(
        "org.apache.hadoop.fs.UnsupportedFileSystemException", f'No FileSystem for scheme "{scheme}": {remedy}'
    )


def missing(address: str, is_pattern: bool) -> str:
    """The words of Hadoop's input formats for what isn't there."""
    return f"Input Pattern {address} matches 0 files" if is_pattern else f"Input path does not exist: {address}"


def is_missing(error: FileNotFoundError) -> bool:
    """Whether a file isn't there; fsspec says so too of a server that can't be asked."""
    cause = _of_web(error)
    return cause is None or getattr(cause, "status", None) in _ABSENT


@contextlib.contextmanager
def failure(address: str) -> Iterator[None]:
    """What a system raises becomes an error that names the address.

    Raises
    ------
    Py4JJavaError
        Something was raised.
    """
    try:
        yield
    except Py4JJavaError:
        raise
    except Exception as error:  # noqa: BLE001 - every package has exceptions of its own
        raise _told(address, error) from None


def _told(address: str, error: Exception) -> Py4JJavaError:
    if isinstance(error, FileNotFoundError):
        cause = _of_web(error)
        if is_missing(error) or cause is None:
            return engine_error("java.io.FileNotFoundException", f"{address}: No such file or directory")
        error = cause
    if isinstance(error, FileExistsError):
        return engine_error("org.apache.hadoop.fs.FileAlreadyExistsException", f"{address} already exists")
    words = str(error) or "no reason was given"
    if isinstance(error, PermissionError) or getattr(error, "status", None) in _FORBIDDEN:
        return engine_error("java.nio.file.AccessDeniedException", f"{address}: {words}{_hint(address)}")
    name = type(error).__name__
    if "Credentials" in name:
        return engine_error("java.nio.file.AccessDeniedException", f"{address}: {words}{_hint(address)}")
    if isinstance(error, ConnectionError | TimeoutError) or "Connect" in name or "Timeout" in name:
        return engine_error("java.net.ConnectException", f"{address}: {words}")
    return engine_error("java.io.IOException", f"{address}: {name}: {words}")


def _hint(address: str) -> str:
    if address.startswith("s3"):
        return " (spark.hadoop.fs.s3a.access.key and spark.hadoop.fs.s3a.secret.key say who asks)"
    return ""


def _of_web(error: FileNotFoundError) -> Exception | None:
    """What a client of the web raised, for which fsspec raises this."""
    cause = error.__cause__
    return cause if isinstance(cause, Exception) and type(cause).__module__.startswith("aiohttp") else None
