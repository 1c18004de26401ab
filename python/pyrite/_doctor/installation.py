"""Versions and what stands beside Pyrite: Jupyter's kernel, the real PySpark, Java, settings from outside."""

from __future__ import annotations

import importlib
import locale
import os
import platform
import re
import sys
from importlib import metadata
from importlib.util import find_spec

import pyrite
from pyrite._cluster.requirements import java, missing, real_pyspark
from pyrite._defaults import defaults_file
from pyrite._doctor.findings import BROKEN, NOTE, OK, Finding
from pyrite._submit import chosen_master, is_cluster

__all__ = ["cloudpickle", "encodings", "engine", "hash_seed", "java_here", "kernel", "master", "pyspark", "python"]


def python() -> Finding:
    """The interpreter."""
    name, version = platform.python_implementation(), platform.python_version()
    found = f"{version} ({name}), {sys.executable}"
    if name != "CPython" or sys.version_info < (3, 11):
        return Finding("Python", BROKEN, found, "Pyrite needs CPython 3.11 or newer")
    return Finding("Python", OK, found)


def engine() -> Finding:
    """Pyrite itself: its extension loads."""
    where = os.path.dirname(pyrite.__file__)
    try:
        made = importlib.import_module("pyrite._engine")
    except ImportError as error:
        return Finding(
            "Pyrite", BROKEN, f"{pyrite.__version__} in {where}: its engine doesn't load ({error})",
            "install it for this Python: pip install --force-reinstall pyrite",
        )  # fmt: skip
    kafka = "with Kafka" if hasattr(made, "KafkaMock") else "built without Kafka"
    return Finding("Pyrite", OK, f"{pyrite.__version__}, {kafka}, {where}")


def cloudpickle() -> Finding:
    """The one package that Pyrite needs."""
    version = _version("cloudpickle")
    if version is None:
        return Finding("cloudpickle", BROKEN, "missing", "pip install cloudpickle")
    if _numbers(version) < (3, 1):
        return Finding("cloudpickle", BROKEN, version, 'too old: pip install "cloudpickle>=3.1"')
    return Finding("cloudpickle", OK, version)


def hash_seed() -> Finding:
    """On which the order of sets of strings depends."""
    seed = os.environ.get("PYTHONHASHSEED")
    if seed == "0":
        return Finding("hash seed", OK, "0, as Spark's workers have it")
    if seed is None or seed == "random":
        return Finding(
            "hash seed", OK, "random in a plain Python, where only the order of sets depends on it; `pyrite "
            "program.py` and the kernel begin with 0",
        )  # fmt: skip
    return Finding("hash seed", NOTE, seed, "Spark's workers have 0: unset PYTHONHASHSEED, or set it to 0")


def encodings() -> Finding:
    """How text goes out, and how files are read that say nothing."""
    out = getattr(sys.stdout, "encoding", None) or "none"
    files = locale.getpreferredencoding(False)
    found = f"output {out}, files {files}, names {sys.getfilesystemencoding()}"
    if any(name.lower().replace("-", "").replace("_", "") != "utf8" for name in (out, files)):
        return Finding(
            "encodings", NOTE, found,
            "text outside of it fails to print or is read as other letters: set PYTHONUTF8=1; streams and textFile "
            "read UTF-8 anyway",
        )  # fmt: skip
    return Finding("encodings", OK, found)


def kernel() -> Finding:
    """Whether Jupyter shows 'Python (Pyrite)', and whether that starts."""
    if find_spec("ipykernel") is None or find_spec("jupyter_client") is None:
        return Finding(
            "kernel", OK, "Jupyter's kernel isn't in this Python", 'for notebooks: pip install "pyrite[jupyter]"'
        )
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("pyrite")
    except NoSuchKernel:
        return Finding("kernel", NOTE, "'Python (Pyrite)' isn't in Jupyter", "for notebooks: pyrite kernel install")
    started = str(spec.argv[0])
    if not os.path.exists(started):
        return Finding("kernel", NOTE, f"'Python (Pyrite)' starts {started}, which is gone", "pyrite kernel install")
    found = f"'Python (Pyrite)' in {spec.resource_dir}, ipykernel {_version('ipykernel')}"
    if os.path.realpath(started) != os.path.realpath(sys.executable) or not _same_environment(started):
        return Finding(
            "kernel", NOTE, f"{found}, starts another Python, {started}", "for this one: pyrite kernel install"
        )
    return Finding("kernel", OK, found)


def _same_environment(executable: str) -> bool:
    return os.path.dirname(os.path.abspath(executable)) == os.path.dirname(os.path.abspath(sys.executable))


def pyspark() -> Finding:
    """The real one beside Pyrite, and what pip says of it."""
    shadow = next((name for name in ("pyspark.py", "pyspark", "pyrite.py") if _hides(name)), None)
    if shadow is not None:
        return Finding("pyspark", NOTE, f"{os.path.abspath(shadow)} would be imported in its place", "rename it")
    real = real_pyspark()
    if real is None:
        return Finding("pyspark", OK, "the real one isn't in this Python: after pyrite.init() `pyspark` is Pyrite")
    version, where = real
    found = f"the real one, {version}, is in {where}: `pyspark` is Pyrite after pyrite.init(), else the real one"
    conflict = _conflict()
    if conflict:
        return Finding(
            "pyspark", NOTE, f"{found}; pip's conflict ({conflict}) means nothing to Pyrite",
            'for clusters mend it: pip install --force-reinstall "pyspark==4.3.*"',
        )  # fmt: skip
    if not version.startswith("4.3."):
        return Finding(
            "pyspark", NOTE, found, "pyrite[spark] wants 4.3, of which pip may warn: keep the one of your cluster's "
            "version, Pyrite works beside both",
        )  # fmt: skip
    return Finding("pyspark", OK, found)


def _hides(name: str) -> bool:
    path = os.path.abspath(name)
    if name.endswith(".py"):
        return os.path.isfile(path)
    return os.path.isdir(path) and os.path.isfile(os.path.join(path, "__init__.py")) and "site-packages" not in path


def _conflict() -> str | None:
    """What `pip check` would say of PySpark and its py4j."""
    try:
        required = metadata.requires("pyspark") or []
    except metadata.PackageNotFoundError:
        return None
    exact = next((m[1] for each in required if (m := re.match(r"py4j[ (]*==\s*([\w.]+)", each))), None)
    here = _version("py4j")
    if exact is None or exact == here:
        return None
    return f"pyspark wants py4j {exact}, and here is {here or 'none'}"


def java_here() -> Finding:
    """Java, which only clusters need."""
    found = java()
    if found is None:
        return Finding("Java", OK, "none: Pyrite runs without; a cluster's master needs it")
    return Finding("Java", OK, f"{found.major or '?'}, {found.path}, for a cluster's master")


def master() -> Finding:
    """Where programs run that don't say it themselves."""
    chosen, file = chosen_master(), defaults_file()
    where = f"{chosen or 'local[*]'}" + (f"; settings of {file}" if file else "")
    if not is_cluster(chosen):
        return Finding("master", OK, where)
    lack = missing()
    if lack is not None:
        return Finding(
            "master", BROKEN, f"{where}: a cluster's, which real PySpark runs, but {lack[:-1]}", "or unset it"
        )
    return Finding("master", OK, f"{where}: programs go to real PySpark")


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])
