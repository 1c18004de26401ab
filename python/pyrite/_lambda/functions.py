"""The built-ins and methods that compile, as the engine knows them: both read `functions.json`."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, NamedTuple


class Signature(NamedTuple):
    """How a function may be called."""

    #: Least and most positional arguments, keywords put in their places.
    least: int
    most: int
    #: The kind of the result where every argument gives the same.
    kind: str
    #: Names of the parameters that may be given by keyword, an empty one for the others.
    keywords: tuple[str, ...]


def _signatures(section: dict[str, dict[str, Any]]) -> dict[str, Signature]:
    return {
        name: Signature(of["least"], of["most"], of["kind"], tuple(of.get("keywords", ())))
        for name, of in section.items()
    }


_table = json.loads(files(__package__).joinpath("functions.json").read_text("utf-8"))
#: By canonical name: `len`, `math.sqrt`.
FUNCTIONS = _signatures(_table["functions"])
#: Of str, bytes and list values.
METHODS = _signatures(_table["methods"])
