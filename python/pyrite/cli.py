"""The `pyrite` command: scripts, a shell, lines for a stream, the notebook kernel, an examination, a demonstration."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Callable, Sequence

import pyrite

__all__ = ["main"]

Command = Callable[[argparse.Namespace], int]

# The options that are not a submitted program's.
_OWN = ("-h", "--help", "--version")
# What `spark-submit` calls its shell.
_SHELL = "pyspark-shell"
_USAGE = {"submit": "submit [options] program.py [arguments]", "shell": "shell [options]"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the process's exit code. A script's name as the first word runs the script."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given == ["help"]:
        _parser().print_help()
        return 0
    if given[0] in ("submit", "shell"):
        return _with_options(given[0], given[1:])
    if given[0] == "-" or (given[0].startswith("-") and given[0] not in _OWN) or _is_script(given[0]):
        return _with_options("submit", given)
    if given[0] not in _COMMANDS and not given[0].startswith("-"):
        print(f"pyrite: {_no_command(given[0])}", file=sys.stderr)
        return 2
    options = _parser().parse_args(given)
    command: Command = options.command
    return command(options)


def _with_options(command: str, words: list[str]) -> int:
    """Run a program, or the shell, with `spark-submit`'s options."""
    from pyrite._submit import OPTIONS_HELP, SubmitError, is_cluster, parse, told

    usage = f"usage: pyrite {_USAGE[command]}"
    try:
        given = parse(words)
        if given.asked == "--version":
            print(f"pyrite {pyrite.__version__}")
            return 0
        if given.asked == "--help" or (given.program is None and command == "submit"):
            print(f"{usage}\n\n{OPTIONS_HELP}", file=sys.stdout if given.asked else sys.stderr)
            return 0 if given.asked else 2
        if given.program is not None and given.program.endswith((".jar", ".R", ".r")):
            raise SubmitError(f"{given.program} is no Python program, and Pyrite runs no other")
        if given.settings.get("spark.submit.deployMode") == "cluster" and is_cluster(
            given.settings.get("spark.master")
        ):
            from pyrite._cluster.requests import run_spark_submit

            return run_spark_submit(words)
        if command == "shell" and given.program not in (None, _SHELL):
            raise SubmitError(f"the shell takes no program; run one with: pyrite submit {given.program}")
    except SubmitError as error:
        print(f"pyrite: {error}", file=sys.stderr)
        return 2
    from pyrite._script import fix_hash_seed, run_script
    from pyrite.errors import NotInstalledError

    fix_hash_seed()
    if given.verbose:
        print(told(given), file=sys.stderr)
    for note in given.notes:
        print(f"pyrite: {note}", file=sys.stderr)
    try:
        if given.program is None or given.program == _SHELL:
            from pyrite._shell import run_shell

            return run_shell(given.settings)
        run_script(given.program, given.arguments, given.settings)
    except NotInstalledError as error:
        print(f"pyrite: {error}", file=sys.stderr)
        return 2
    return 0


def _is_script(word: str) -> bool:
    return word not in _COMMANDS and (word.endswith((".py", ".pyw")) or os.path.isfile(word))


def _no_command(word: str) -> str:
    if os.path.isdir(word):
        return f"{word} is a folder; name a script, as in: pyrite script.py"
    near = difflib.get_close_matches(word, _COMMANDS, n=1)
    meant = f"; did you mean `pyrite {near[0]}`?" if near else "."
    commands = f"The commands: {', '.join(_COMMANDS)}. A script: pyrite script.py"
    return f"there is no command or script '{word}'{meant} {commands}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pyrite",
        usage="pyrite script.py [arguments]   or   pyrite command ...",
        description="PySpark's RDD and DStream API without a JVM.",
        epilog="pyrite COMMAND --help says more about a command.",
    )
    parser.add_argument("--version", action="version", version=f"pyrite {pyrite.__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, (summary, add) in _COMMANDS.items():
        add(commands.add_parser(name, help=summary, description=summary))
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.usage = "pyrite run script.py [arguments]   or   pyrite script.py [arguments]"
    parser.add_argument("script", help="the Python file, or - for standard input")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the script's own arguments")
    parser.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    return _with_options("submit", [options.script, *options.arguments])


def _add_nothing(_parser: argparse.ArgumentParser) -> None:
    """Its options are read elsewhere."""


def _add_nc(parser: argparse.ArgumentParser) -> None:
    parser.usage = "pyrite nc -lk [-v] [HOST] PORT   or   pyrite nc -lvp PORT"
    parser.add_argument("-l", dest="listen", action="store_true", help="listen (the only thing this netcat does)")
    parser.add_argument("-k", dest="keep", action="store_true", help="keep listening when the stream has gone")
    parser.add_argument("-v", dest="verbose", action="store_true", help="say who connects")
    parser.add_argument("-n", dest="numeric", action="store_true", help="taken and ignored: no name is looked up")
    parser.add_argument("-p", dest="port", type=int, metavar="PORT", help="the port, as on Windows' nc.exe")
    parser.add_argument("place", nargs="*", metavar="[HOST] PORT", help="the port; without a host, this machine only")
    parser.set_defaults(command=_nc, parser=parser)


def _nc(options: argparse.Namespace) -> int:
    from pyrite.netcat import serve_terminal

    parser: argparse.ArgumentParser = options.parser
    place = list(options.place)
    if options.port is not None:
        place.append(str(options.port))
    if not options.listen or not 1 <= len(place) <= 2 or not place[-1].isdigit() or int(place[-1]) > 65535:
        parser.error("give -l and a port from 1 to 65535, as in: pyrite nc -lk 9999")
    host = place[0] if len(place) == 2 else None
    return serve_terminal(host, int(place[-1]), keep=options.keep, verbose=options.verbose)


def _add_kernel(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="install | uninstall")
    install = actions.add_parser("install", help="add 'Python (Pyrite)' to Jupyter's kernels")
    where = install.add_mutually_exclusive_group()
    where.add_argument(
        "--user", action="store_true", help="for this user, in every Jupyter (this is what happens anyway)"
    )
    where.add_argument("--sys-prefix", action="store_true", help="for this Python environment only")
    where.add_argument("--prefix", help="below this folder")
    install.set_defaults(command=_install_kernel)
    uninstall = actions.add_parser("uninstall", help="remove it again")
    uninstall.set_defaults(command=_uninstall_kernel)


def _install_kernel(options: argparse.Namespace) -> int:
    from pyrite.notebook import install_kernel

    return install_kernel(sys.prefix if options.sys_prefix else options.prefix)


def _uninstall_kernel(_options: argparse.Namespace) -> int:
    from pyrite.notebook import uninstall_kernel

    return uninstall_kernel()


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=15.0, help="how long it runs (15)")
    parser.add_argument("--interval", type=float, default=3.0, help="seconds a batch (3)")
    parser.set_defaults(command=_demo)


def _demo(options: argparse.Namespace) -> int:
    from pyrite.demo import run_demo

    return run_demo(options.seconds, options.interval)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cluster", metavar="PROGRAM.py", help="what of this program behaves differently on a cluster")
    parser.add_argument("--json", action="store_true", help="as a list of objects: name, state, found, do")
    parser.set_defaults(command=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    from pyrite._doctor import run_doctor

    return run_doctor(options.cluster, json=options.json)


_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "run": ("Run a PySpark script on Pyrite.", _add_run),
    "submit": ("Run one with spark-submit's options: pyrite submit --master local[2] script.py", _add_nothing),
    "shell": ("Type Python with `sc` and `spark` ready; takes the same options.", _add_nothing),
    "demo": ("Count the words of a small stream for 15 seconds.", _add_demo),
    "doctor": ("Look at this machine, or with --cluster at a program: what may stand in the way.", _add_doctor),
    "nc": ("Send what you type to a stream: pyrite nc -lk 9999", _add_nc),
    "kernel": ("Install or remove the Jupyter kernel 'Python (Pyrite)'.", _add_kernel),
}
