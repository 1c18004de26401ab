"""`pyrite doctor`: what of this machine, this Python and, for a cluster, of a program may stand in the way."""

from __future__ import annotations

import sys
from collections.abc import Callable

from pyrite._doctor import installation, machine, ports
from pyrite._doctor.findings import BROKEN, Finding, as_json, as_text
from pyrite._doctor.program import differences
from pyrite._submit import outside

__all__ = ["examine", "run_doctor"]


def examine() -> list[Finding]:
    """What is found on this machine. A check that fails itself is one more finding."""
    settings = outside()
    checks: list[Callable[[], Finding]] = [
        installation.python,
        installation.engine,
        installation.cloudpickle,
        machine.cores,
        machine.memory,
        lambda: machine.spill_folder(settings.get("spark.local.dir")),
        lambda: ports.page_port(settings.get("spark.ui.port")),
        installation.hash_seed,
        installation.encodings,
        installation.kernel,
        installation.pyspark,
        installation.java_here,
        installation.master,
    ]
    return [check() for check in checks]


def run_doctor(program: str | None = None, *, json: bool = False) -> int:
    """Print the findings, or those of a program on a cluster; gives the exit code: 0 unless something is broken."""
    if program is None:
        findings = examine()
    else:
        try:
            findings = differences(program)
        except (OSError, SyntaxError, ValueError) as error:
            print(f"pyrite: can't read {program!r}: {error}", file=sys.stderr)
            return 2
    if json:
        print(as_json(findings))
    elif findings:
        print(as_text(findings))
    else:
        print(f"{program}: nothing that behaves differently on a cluster was found")
    return int(any(finding.state == BROKEN for finding in findings))
