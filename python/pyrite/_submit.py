"""`spark-submit`'s options, as settings of the program that is run.

An option has the key that Spark gives it. Those of a cluster are kept as settings, which real PySpark gets with a
cluster's master, and mean nothing here; those that only a JVM can follow are refused, or told of where the program does
without them.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import sys
from collections.abc import Sequence
from typing import NamedTuple

from pyrite._defaults import PREFIXES, defaults_file, file_defaults, properties

__all__ = [
    "OPTIONS_HELP",
    "Submission",
    "SubmitError",
    "chosen_master",
    "is_cluster",
    "outside",
    "parse",
    "submit",
    "told",
]

_CLUSTER = re.compile(r"spark://|yarn$|k8s://|mesos://|local-cluster\[")

# What this process was submitted with.
_submitted: dict[str, str] | None = None

_KEYS = {
    "--master": "spark.master",
    "--name": "spark.app.name",
    "--deploy-mode": "spark.submit.deployMode",
    "--py-files": "spark.submit.pyFiles",
    "--files": "spark.files",
    "--archives": "spark.archives",
    "--driver-memory": "spark.driver.memory",
    "--driver-cores": "spark.driver.cores",
    "--executor-memory": "spark.executor.memory",
    "--executor-cores": "spark.executor.cores",
    "--num-executors": "spark.executor.instances",
    "--total-executor-cores": "spark.cores.max",
    "--queue": "spark.yarn.queue",
    "--principal": "spark.kerberos.principal",
    "--keytab": "spark.kerberos.keytab",
    "--driver-java-options": "spark.driver.extraJavaOptions",
    "--driver-library-path": "spark.driver.extraLibraryPath",
    "--driver-class-path": "spark.driver.extraClassPath",
}
# What brings Java classes: the program goes on without them.
_JARS = {
    "--jars": "spark.jars",
    "--packages": "spark.jars.packages",
    "--exclude-packages": "spark.jars.excludes",
    "--repositories": "spark.jars.repositories",
}
_REFUSED = {
    "--class": "names a Java class: Pyrite runs Python programs, as in `pyrite submit program.py`",
    "--kill": "is for a cluster's drivers; a program here ends with Ctrl-C",
    "--status": "is for a cluster's drivers",
    "--remote": "is for Spark Connect; leave it out, and the program runs on this machine",
    "--proxy-user": "is for a cluster's users",
}
_OTHERS = ("--conf", "--properties-file", "--load-spark-defaults", "--verbose", "--supervise", "--help", "--version")
_SHORT = {"-c": "--conf", "-v": "--verbose", "-h": "--help"}
_ALONE = ("--verbose", "--supervise", "--load-spark-defaults", "--help", "--version")

OPTIONS_HELP = """\
  --master MASTER           local, local[N], local[*]; a cluster's, such as spark://host:7077, takes real PySpark
  --name NAME               the application's name
  --conf KEY=VALUE          a setting; may be given several times
  --properties-file FILE    settings of a file, in the place of $SPARK_CONF_DIR/spark-defaults.conf
  --py-files FILES          .py, .zip and .egg files that the program imports, with commas
  --files FILES             files that functions find with SparkFiles.get, with commas
  --archives FILES          archives that are unpacked for functions, with commas
  --driver-memory SIZE      the memory that shuffles, sorts and caches share, such as 2g
  --verbose                 say what was understood
  --version, --help
  --executor-memory, --executor-cores, --num-executors, --driver-cores, --deploy-mode and other options of clusters are
  for a cluster's master, and kept as settings else. So are --jars and --packages: here no Java runs."""


def is_cluster(master: str | None) -> bool:
    """Whether it is the master of a cluster: `spark://...`, `yarn`, `k8s://...`, `local-cluster[...]`."""
    return isinstance(master, str) and _CLUSTER.match(master) is not None


class SubmitError(Exception):
    """An option that can't be followed."""


class Submission(NamedTuple):
    """What a command line said."""

    #: Settings, in the order of the options.
    settings: dict[str, str]
    #: The program and its own arguments; None where only settings were given.
    program: str | None
    arguments: list[str]
    verbose: bool
    #: `--help` or `--version`, if it was given.
    asked: str | None
    #: What to tell the user.
    notes: list[str]


def parse(words: Sequence[str]) -> Submission:
    """Read options up to the program; what follows it is its own.

    Raises
    ------
    SubmitError
        An option isn't known, lacks its value, or is one that only a JVM or a cluster can follow.
    """
    settings: dict[str, str] = {}
    notes: list[str] = []
    verbose, asked, file, both = False, None, None, False
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        name, equals, value = rest.pop(0).partition("=")
        name = _SHORT.get(name, name)
        if name in _REFUSED:
            raise SubmitError(f"{name} {_REFUSED[name]}")
        if name not in _KEYS and name not in _JARS and name not in _OTHERS:
            raise SubmitError(_unknown(name))
        if name in _ALONE:
            verbose = verbose or name == "--verbose"
            both = both or name == "--load-spark-defaults"
            asked = name if name in ("--help", "--version") else asked
            continue
        if not equals:
            if not rest:
                raise SubmitError(f"{name} needs a value")
            value = rest.pop(0)
        if name == "--conf":
            key, equals, value = value.partition("=")
            if not equals or not key:
                raise SubmitError(f"--conf takes KEY=VALUE, not '{key}'")
            settings[key] = value
        elif name == "--properties-file":
            file = value
        else:
            settings[_KEYS.get(name) or _JARS[name]] = value
            if name in _JARS:
                notes.append(f"{name} {value}: no jars are needed, Pyrite's sources are built in; going on without.")
    program = rest.pop(0) if rest else None
    settings = {**_of_file(file, both), **settings}
    if is_cluster(settings.get("spark.master")):
        notes = []  # its jars are taken
    elif settings.get("spark.submit.deployMode", "client") != "client":
        raise SubmitError("--deploy-mode cluster needs a cluster's master; the program runs here: leave it out")
    return Submission(settings, program, rest, verbose, asked, notes)


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, [*_KEYS, *_JARS, *_OTHERS], n=1)
    return f"there is no option {name}" + (f"; did you mean {near[0]}?" if near else "")


def _of_file(path: str | None, both: bool) -> dict[str, str]:
    """Settings of a properties file, which stands in the place of the defaults."""
    if path is None:
        return file_defaults()
    try:
        found = properties(path)
    except OSError as error:
        raise SubmitError(f"--properties-file: can't read '{path}': {error.strerror}") from None
    spark = {key: value for key, value in found.items() if key.startswith(PREFIXES)}
    return {**file_defaults(), **spark} if both else spark


def submit(settings: dict[str, str]) -> None:
    """Have every SparkConf made from now on begin with these settings."""
    global _submitted
    _submitted = settings


def outside() -> dict[str, str]:
    """What was set outside of the program: how it was submitted; else $PYSPARK_SUBMIT_ARGS, which notebooks set in the
    place of a command line, over the defaults' file.
    """
    if _submitted is not None:
        return _submitted
    text = os.environ.get("PYSPARK_SUBMIT_ARGS")
    return _of_variable(text, file_defaults()) if text else file_defaults()


def chosen_master(given: str | None = None) -> str | None:
    """The master that was chosen outside of the program, in Spark's order: `given`, which counts from now on, what
    `outside` says, $MASTER.
    """
    settings = outside()
    chosen = given or settings.get("spark.master") or os.environ.get("MASTER")
    if given:
        submit({**settings, "spark.master": given})
    return chosen


# What $PYSPARK_SUBMIT_ARGS came to over the defaults that there were.
_known: tuple[str, dict[str, str], dict[str, str]] | None = None


def _of_variable(text: str, defaults: dict[str, str]) -> dict[str, str]:
    """The settings of that text; it is read once, and what is to be told of it is told once."""
    global _known
    if _known is not None and _known[:2] == (text, defaults):
        return _known[2]
    try:
        settings, *_, notes = parse(shlex.split(text))
    except (SubmitError, ValueError) as error:
        settings, notes = defaults, [f"PYSPARK_SUBMIT_ARGS is not read: {error}"]
    if _known is None or _known[0] != text:
        for note in notes:
            print(f"pyrite: {note}", file=sys.stderr)
    _known = (text, defaults, settings)
    return settings


def told(submission: Submission) -> str:
    """What `--verbose` shows."""
    lines = ["Parsed arguments:", f"  program       {submission.program}"]
    lines.append(f"  arguments     {' '.join(map(shlex.quote, submission.arguments))}")
    lines.append(f"  defaults      {defaults_file()}")
    lines += [f"  {key}={_shown(key, value)}" for key, value in sorted(submission.settings.items())]
    return "\n".join(lines)


def _shown(key: str, value: str) -> str:
    secret = any(word in key.lower() for word in ("secret", "password", "token", "access.key"))
    return "*********(redacted)" if secret else value
