"""The HTML of panels: tables, bars, small charts. Every text of the program's is escaped.

Parts with `data-part` are changed on the page one by one; rows with `data-key` move to their new places. `data-word`
names what the page may say in its own language.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape
from typing import Any, NamedTuple

from pyrite._panel.words import ENGLISH, word

_LONGEST = 200
_MOST_COLUMNS = 12
_WIDTH, _HEIGHT = 220, 34


class Cell(NamedTuple):
    """A text; numbers stand to the right."""

    text: str
    number: float | None


class Table(NamedTuple):
    """Rows of equally many cells; `bar` is the column that is drawn, too."""

    head: list[str]
    rows: list[list[Cell]]
    bar: int | None


def card(title: str, facts: Iterable[tuple[str, str]], rest: str = "") -> str:
    """Name and facts of an object, as IPython shows it; the facts' values are HTML."""
    items = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in facts)
    return f"<div><p><b>{escape(title)}</b></p><dl>{items}</dl>{rest}</div>"


def code(text: object) -> str:
    """A text as it stands."""
    return f"<code>{escape(str(text))}</code>"


def folded(summary: str, text: str) -> str:
    """Lines that are unfolded with a click."""
    return f"<details><summary>{escape(summary)}</summary><pre>{escape(text)}</pre></details>"


def is_number(value: object) -> bool:
    """Whether it is a number to people: truth values aren't."""
    return isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool)


def is_ranked_pair(row: object) -> bool:
    """Whether it is (key, number)."""
    # A float is no key: two measurements are no name and its count.
    return isinstance(row, tuple) and len(row) == 2 and is_number(row[1]) and not isinstance(row[0], float)


def cell(value: object) -> Cell:
    """A value as it is shown."""
    if is_number(value):
        try:
            number = float(value)  # type: ignore[arg-type]
            kind = ",.6g" if isinstance(value, float) else "," if isinstance(value, int) else ""
            return Cell(format(value, kind), number if math.isfinite(number) else 0.0)
        except Exception:  # noqa: BLE001 - a number of a class of the program's, or too large for a float
            return Cell(text_of(value), None)
    text = text_of(value)
    return Cell(text if len(text) <= _LONGEST else text[:_LONGEST] + "…", None)


def text_of(value: object) -> str:
    """`str(value)`. Never raises, whatever the value's own `__str__` does."""
    for kind in (str, repr):
        try:
            return kind(value)
        except Exception:  # noqa: BLE001 - the program's own code
            continue
    return f"({type(value).__name__}: its str failed)"


def table(rows: Sequence[Any], ranked_by: int | None) -> Table:
    """Rows as a table: tuples of one length by their fields, others one cell each."""
    if rows and all(isinstance(row, tuple) for row in rows):
        lengths = {len(row) for row in rows}
        width = lengths.pop()
        if not lengths and 1 <= width <= _MOST_COLUMNS:
            cells = [[cell(value) for value in tuple.__iter__(row)] for row in rows]
            bar = ranked_by if ranked_by is not None and -width <= ranked_by < width else None
            bar = None if bar is None else bar % width
            if bar is not None and not all(row[bar].number is not None for row in cells):
                bar = None
            return Table(_names(rows[0], width), cells, bar)
    return Table([], [[cell(row)] for row in rows], None)


def _names(row: Any, width: int) -> list[str]:
    """The fields' names of a namedtuple or Row; a plain tuple's have none."""
    names = getattr(row, "_fields", None) or getattr(row, "__fields__", None) or ()
    return [str(name) for name in names] if len(names) == width else []


def table_html(shown: Table, caption: str) -> str:
    """A table; with bars, each row keeps its name so that it can move."""
    wide = [' colspan="2"' if at == shown.bar else "" for at in range(len(shown.head))]
    head = "".join(f'<th scope="col"{more}>{escape(name)}</th>' for name, more in zip(shown.head, wide, strict=True))
    head = f"<thead><tr>{head}</tr></thead>" if head else ""
    most = 0.0
    if shown.bar is not None:
        most = max((abs(row[shown.bar].number or 0.0) for row in shown.rows), default=0.0)
    seen: dict[str, int] = {}
    lines = []
    for row in shown.rows:
        name = row[0].text if shown.bar != 0 or len(row) == 1 else row[1].text
        seen[name] = seen.get(name, 0) + 1
        key = f"{name}\x1f{seen[name]}" if seen[name] > 1 else name
        lines.append(f'<tr data-key="{escape(key)}">{_cells(row, shown.bar, most)}</tr>')
    keyed = " data-keyed" if shown.bar is not None else ""
    return f"<table><caption>{caption}</caption>{head}<tbody{keyed}>{''.join(lines)}</tbody></table>"


def _cells(row: list[Cell], bar: int | None, most: float) -> str:
    made = []
    for at, (text, number) in enumerate(row):
        kind = "" if number is None else ' class="number"'
        made.append(f"<td{kind}>{escape(text)}</td>")
        if at == bar:
            share = 100 * abs(number or 0.0) / most if most else 0.0
            below = " below" if (number or 0.0) < 0 else ""
            made.append(
                f'<td class="bars" aria-hidden="true"><div class="bar{below}" style="width:{share:.1f}%"></div></td>'
            )
    return "".join(made)


def sparkline(name: str, values: Sequence[float], newest: str, limit: float | None = None) -> str:
    """A line of the newest values, oldest left; `limit` is drawn as a dashed line where it is in reach."""
    top = max(values, default=0.0) or 1.0
    within = limit if limit is not None and 0 < limit <= 3 * top else None
    top = max(top, within or 0.0)
    step = _WIDTH / max(len(values) - 1, 1)

    def height(value: float) -> str:
        return f"{_HEIGHT - 1 - value / top * (_HEIGHT - 3):.1f}"

    points = " ".join(f"{at * step:.1f},{height(value)}" for at, value in enumerate(values))
    drawn = ""
    if len(values) == 1:
        drawn = f'<circle cx="1.5" cy="{height(values[0])}" r="1.5" fill="currentColor"/>'
    elif points:
        drawn = (
            f'<polygon points="0,{_HEIGHT} {points} {_WIDTH},{_HEIGHT}" fill="currentColor" opacity="0.15"/>'
            f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        )
    if within is not None:
        drawn += (
            f'<line x1="0" x2="{_WIDTH}" y1="{height(within)}" y2="{height(within)}" stroke="currentColor" '
            'stroke-dasharray="3 3" opacity="0.6"/>'
        )
    what = escape(newest)
    return (
        f"<figure><figcaption>{word(name)} <b>{what}</b></figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" data-label="{name}" '
        f'data-what="{what}" aria-label="{escape(ENGLISH[name])}: {what}">{drawn}</svg></figure>'
    )
