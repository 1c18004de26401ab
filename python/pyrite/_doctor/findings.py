"""What an examination finds: a line that says ok, or what to do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal, NamedTuple

__all__ = ["BROKEN", "NOTE", "OK", "Finding", "as_json", "as_text"]

State = Literal["ok", "note", "broken"]
OK: State = "ok"
#: Works, and could be better.
NOTE: State = "note"
#: Something can't work before it is mended.
BROKEN: State = "broken"


class Finding(NamedTuple):
    """One line."""

    name: str
    state: State
    found: str
    #: What to do; empty where there is nothing to do.
    do: str = ""


def as_text(findings: Sequence[Finding]) -> str:
    """A line for each, its remedy behind it."""
    width = max(len(finding.name) for finding in findings)
    lines = [
        f"{finding.state:6} {finding.name:{width}}  {finding.found}" + (f": {finding.do}" if finding.do else "")
        for finding in findings
    ]
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> str:
    """A list of objects with these names."""
    return json.dumps([finding._asdict() for finding in findings], indent=1, ensure_ascii=False)
