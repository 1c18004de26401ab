"""What views read of each other. A DataFrame's view keeps what its plan read when it was made; an SQL text's looks anew."""

from __future__ import annotations

import re
from typing import Any

from pyrite._frames import faults

__all__ = ["no_cycle", "with_what_it_reads"]

Views = dict[str, bytes]

# The fields of the protocol that hold names or SQL text.
_TEXTS = frozenset(("query", "unparsed_identifier", "expression"))


def with_what_it_reads(views: Views, relation: Any) -> bytes:
    """A plan together with the plans of those of these views that it names."""
    names = _read(views, relation)
    if not names:
        return bytes(relation.SerializeToString())
    made = type(relation)()
    made.with_relations.root.CopyFrom(relation)
    for name in sorted(names):
        reference = made.with_relations.references.add().subquery_alias
        reference.alias = name
        reference.input.ParseFromString(with_what_it_reads(views, type(relation).FromString(views[name])))
    return bytes(made.SerializeToString())


def no_cycle(views: Views, name: str, relation: Any) -> None:
    """A text that reads its own view, or one that does, is an error. These are all views that its plan asks for."""

    def follow(path: list[str], message: Any) -> None:
        for each in sorted(_read(views, message)):
            if each == name:
                shown = " -> ".join(f"`{step}`" for step in [*path, name])
                raise faults.analysis(
                    "RECURSIVE_VIEW",
                    "42K0H",
                    {"viewIdent": f"`{name}`", "newPath": shown},
                    f"Recursive view `{name}` detected (cycle: {shown}).",
                )
            if each not in path:
                follow([*path, each], type(relation).FromString(views[each]))

    follow([name], relation)


def _read(views: Views, message: Any) -> set[str]:
    """The views that a plan, or a part of one, names and doesn't bring along."""
    texts: list[str] = []
    found: set[str] = set()
    for field, value in message.ListFields():
        if field.name == "with_relations":
            brought = {each.subquery_alias.alias for each in value.references if each.HasField("subquery_alias")}
            found |= _read(views, value.root) - brought
            found = found.union(*(_read(views, each) for each in value.references))
        elif field.name in _TEXTS and isinstance(value, str):
            texts.append(value.lower())
        elif field.type == field.TYPE_MESSAGE:
            inner = [value] if hasattr(value, "ListFields") else value.values() if hasattr(value, "keys") else value
            found = found.union(*(_read(views, each) for each in inner if hasattr(each, "ListFields")))
    if texts:
        words = set(re.findall(r"\w+", "\n".join(texts)))
        for key in views:
            # A name between backquotes may be more than a word.
            name = key.rpartition(".")[2]
            if name in words or (not name.isidentifier() and any(name in text for text in texts)):
                found.add(key)
    return found
