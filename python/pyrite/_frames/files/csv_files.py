"""CSV files. Lines and plain cells are the executor's to cut; where quotes stand, each line is cut as Spark cuts it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.files import tables
from pyrite._frames.files.csv_cells import Cells
from pyrite._frames.files.moments import parts_of
from pyrite._frames.files.tables import quoted

if TYPE_CHECKING:
    from pyrite._frames.catalog import Catalog

__all__ = ["OPTIONS", "Csv", "date"]

OPTIONS = frozenset(
    "header sep delimiter inferschema nullvalue emptyvalue quote escape mode encoding charset comment multiline dateformat "
    "timestampformat ignoreleadingwhitespace ignoretrailingwhitespace columnnameofcorruptrecord linesep samplingratio "
    "maxcolumns maxcharspercolumn preferdate".split()
)
_PHYSICAL = {
    "integer": "INTEGER", "long": "BIGINT", "double": "DOUBLE", "float": "FLOAT", "short": "SMALLINT", "byte": "TINYINT",
}  # fmt: skip
# The types that are tried, in this order.
_KINDS = ("integer", "long", "decimal", "double", "date", "timestamp", "boolean", "string")
# Whether the cells of files are regular, by what was last known of the files.
_regular: dict[Any, bool] = {}
# Letters of Java's patterns as the executor has them.
_LETTERS = {
    "yyyy": "%Y", "MM": "%m", "M": "%-m", "dd": "%d", "d": "%-d", "HH": "%H", "H": "%-H", "mm": "%M", "ss": "%S",
    "SSS": "%g", "SSSSSS": "%f", "MMM": "%b", "a": "%p", "hh": "%I",
}  # fmt: skip


def date(cell: str) -> str:
    """A text as a date; most look alike, and need no patterns."""
    alike = f"len({cell}) = 10 AND {cell}[5] = '-' AND {cell}[8] = '-'"
    return f"CASE WHEN {alike} THEN TRY_CAST({cell} AS DATE) ELSE p_date({cell}) END"


class Csv:
    """One way to read CSV files: a query that cuts lines into cells, and what is made of them."""

    def __init__(self, catalog: Catalog, options: dict[str, str]) -> None:
        def flag(name: str) -> bool:
            return options.get(name, "false").lower() == "true"

        self._catalog = catalog
        self._options = options
        self._header, self._many = flag("header"), flag("multiline")
        self._encoding = options.get("encoding", options.get("charset", "utf-8"))
        self._line_sep = options.get("linesep")
        self._comment = options.get("comment", "")
        quote, escape = options.get("quote", '"'), options.get("escape", "\\")
        sep = options.get("sep", options.get("delimiter", ",")).replace("\\t", "\t")
        if len(quote) > 1 or len(escape) > 1 or len(self._comment) > 1:
            raise faults.unsupported("A quote, escape or comment of several characters in CSV files")
        self._cells = Cells(
            sep, quote, escape, flag("ignoreleadingwhitespace"), flag("ignoretrailingwhitespace"),
            options.get("nullvalue", ""), options.get("emptyvalue", ""),
        )  # fmt: skip
        self._mode = tables.mode(options)
        self._corrupt = tables.corrupt_column(options)
        self._patterns = {
            kind: _pattern(options[name.lower()], name)
            for kind, name in (("date", "dateFormat"), ("timestamp", "timestampFormat"))
            if name.lower() in options
        }

    def records(self, file: str) -> Iterator[str]:
        """The records of a file as they stand there, without its header."""
        with open(file, encoding=self._encoding, errors="replace", newline="") as opened:
            text = opened.read()
        lines = iter(text.split(self._line_sep) if self._line_sep else re.split("\r\n|\n|\r", text))
        first = self._header
        for line in lines:
            while self._many and self._is_open(line):
                more = next(lines, None)
                if more is None:
                    break
                line += "\n" + more
            if not line.strip(" ") or (self._comment and line.startswith(self._comment)):
                continue
            if first:
                first = False
                continue
            yield line

    def _is_open(self, line: str) -> bool:
        quote, escape = self._cells.quote, self._cells.escape
        if not quote:
            return False
        if escape and escape != quote:
            line = line.replace(escape + quote, "")
        return line.count(quote) % 2 == 1

    def first(self, files: list[str]) -> list[str | None] | None:
        """The cells of the first record, be it a header or not."""
        header, self._header = self._header, False
        try:
            for file in files:
                for line in self.records(file):
                    return self._cells.of(line)
        finally:
            self._header = header
        return None

    def source(self, files: list[str], width: int, *, whole: bool) -> tuple[str, list[str]]:
        """A query of the cells of the files, and how each of them is named there. `whole`: it has the lines (`line`) as well,
        and all their cells (`c`).
        """
        listed = [f"c[{at + 1}]" for at in range(width)]
        quotes = self._quotes(files)
        if quotes is not None:
            lines = f"(SELECT line FROM {self._read(files, ['line'], chr(1), '')} WHERE trim(line, ' ') <> ''"
            lines += f" AND NOT starts_with(line, {quoted(self._comment)}))" if self._comment else ")"
            regular = not quotes or self._all_regular(files, lines)
            plain = not whole and not self._comment and width > 1 and len(self._cells.sep) == 1
            if regular and plain and (not quotes or not (self._cells.null or self._cells.empty)):
                names = [f"c{at}" for at in range(width)]
                cells = names if quotes else [self._plain(name) for name in names]
                return self._read(files, names, self._cells.sep, self._cells.quote if quotes else ""), cells
            if regular:
                return f"(SELECT line, {self._cut(quotes)} AS c FROM {lines})", listed
        import pyarrow as pa

        found = [line for file in files for line in self.records(file)]
        cells = pa.array(map(self._cells.of, found), pa.list_(pa.string()))
        return self._catalog.opened(pa.table({"line": pa.array(found, pa.string()), "c": cells})), listed

    def _read(self, files: list[str], names: list[str], sep: str, quote: str) -> str:
        """What the executor's own reader makes of the files: lines that are short or long are filled or cut."""
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
        return (
            f"read_csv([{', '.join(map(quoted, files))}], auto_detect=false, columns={{{columns}}}, delim={quoted(sep)}, "
            f"quote={quoted(quote)}, escape={quoted(quote)}, header={str(self._header).lower()}, nullstr='', null_padding=true, "
            "strict_mode=false, max_line_size=16777216)"
        )

    def _cut(self, quotes: bool) -> str:
        """The cells of a `line`, in SQL."""
        plain = self._plain("e_")
        null, empty = quoted(self._cells.null), quoted(self._cells.empty)
        sep = quoted(self._cells.sep)
        if not quotes:
            return f"list_transform(string_split(line, {sep}), lambda e_: {plain})"
        enclosed = f"nullif(coalesce(nullif(e_[2:-2], ''), {empty}), {null})"
        made = f"CASE WHEN starts_with(e_, {quoted(self._cells.quote)}) THEN {enclosed} ELSE {plain} END"
        found = f"regexp_extract_all({sep} || line, {quoted(re.escape(self._cells.sep) + '(' + self._cell() + ')')}, 1)"
        return f"list_transform({found}, lambda e_: {made})"

    def _plain(self, cell: str) -> str:
        """A cell without quotes; null where it is empty."""
        if self._cells.trim_left:
            cell = f"ltrim({cell}, ' ' || chr(9))"
        if self._cells.trim_right:
            cell = f"rtrim({cell}, ' ' || chr(9))"
        cell = f"nullif({cell}, '')"
        return f"nullif({cell}, {quoted(self._cells.null)})" if self._cells.null else cell

    def _cell(self) -> str:
        """The pattern of a cell that is quoted as a whole, with nothing escaped, or not at all."""
        quote, sep = re.escape(self._cells.quote), re.escape(self._cells.sep)
        escape = re.escape(self._cells.escape)
        return f"{quote}[^{quote}{escape}]*{quote}|[^{quote}{sep}]*"

    def _all_regular(self, files: list[str], lines: str) -> bool:
        """Whether all cells of these lines are such."""
        from pyrite._frames.running import run_sql

        stats = [(file, os.stat(file)) for file in files]
        key = (*((file, stat.st_mtime_ns, stat.st_size) for file, stat in stats), self._cells.sep, self._cells.quote,
               self._cells.escape, self._comment, self._header)  # fmt: skip
        if key in _regular:
            return _regular[key]
        pattern = f"({self._cell()})({re.escape(self._cells.sep)}({self._cell()}))*"
        test = f"SELECT coalesce(bool_and(regexp_full_match(line, {quoted(pattern)})), true) AS fits FROM {lines}"
        found = bool(run_sql(self._catalog, test).column(0)[0].as_py())
        if len(_regular) >= 1000:
            _regular.clear()
        _regular[key] = found
        return found

    def _quotes(self, files: list[str]) -> bool | None:
        """Whether there are quotes, where records are lines for the executor as well; None where they aren't."""
        if self._many or self._line_sep or self._encoding.lower() not in ("utf-8", "utf8"):
            return None
        if self._comment and self._header:
            return None
        quote, quotes = self._cells.quote.encode(), False
        for file in files:
            with open(file, "rb") as opened:
                last, head = b"\n", opened.read(1 << 20)
                # A header behind lines that don't count is found line by line.
                if self._header and head.lstrip(b" ")[:1] in (b"\n", b"\r"):
                    return None
                while head:
                    quotes = quotes or (bool(quote) and quote in head)
                    seen = last + head
                    if b"\x01" in head or b"\0" in head or head.count(b"\r") != head.count(b"\r\n"):
                        return None
                    if b"\n " in seen and re.search(rb"\n *\r?(?:\n|\Z)", seen) is not None:
                        return None
                    last, head = head[-1:], opened.read(1 << 20)
        if quotes and (len(self._cells.sep) != 1 or self._cells.trim_left or self._cells.trim_right):
            return None
        return quotes

    def query(self, files: list[str], given: list[dict[str, Any]] | None) -> tuple[str, list[dict[str, Any]]]:
        """The query of the files' rows, and their fields. Without `given` the fields are found."""
        whole = self._mode != "PERMISSIVE" or any(each["name"] == self._corrupt for each in given or [])
        if given is None:
            first = self.first(files)
            if first is None:
                return "SELECT 1 WHERE false", []
            titles = _named(first) if self._header else [f"_c{at}" for at in range(len(first))]
            source, cells = self.source(files, len(titles), whole=whole)
            inferred = self._options.get("inferschema", "false").lower() == "true"
            if inferred and self._header:
                # Lines like the header say nothing of types, wherever they stand.
                alike = " AND ".join(
                    f"{cell} IS NOT DISTINCT FROM {'NULL' if title is None else quoted(title)}"
                    for cell, title in zip(cells, first, strict=True)
                )
                kinds = self._inferred(f"(SELECT * FROM {source} WHERE NOT ({alike}))", cells)
            else:
                kinds = self._inferred(source, cells) if inferred else ["string"] * len(titles)
            fields = [tables.field(title, kind) for title, kind in zip(titles, kinds, strict=True)]
        else:
            fields = given
            source, cells = self.source(files, sum(each["name"] != self._corrupt for each in fields), whole=whole)
        data = [field for field in fields if field["name"] != self._corrupt]
        made = {field["name"]: self._made(cell, field["type"]) for cell, field in zip(cells, data, strict=True)}
        is_bad = " OR ".join(
            [f"len(c) <> {len(data)}"]
            + [
                f"({cell} IS NOT NULL AND {made[field['name']]} IS NULL)"
                for cell, field in zip(cells, data, strict=True)
                if field["type"] != "string"
            ]
        )
        if whole:
            made[self._corrupt] = f"CASE WHEN {is_bad} THEN line END"
        columns = [made[field["name"]] for field in fields]
        where = ""
        if self._mode == "DROPMALFORMED":
            where = f" WHERE NOT ({is_bad})"
        elif self._mode == "FAILFAST":
            condition = "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION"
            told = (
                f"error('[{condition}] Malformed records are detected in record parsing: ' || line || '. Parse Mode: FAILFAST. To "
                "process malformed records as null result, try setting the option ''mode'' as ''PERMISSIVE''. SQLSTATE: 22023')"
            )
            where = f" WHERE CASE WHEN {is_bad} THEN CAST({told} AS BOOLEAN) ELSE true END"
        return f"SELECT {', '.join(columns) or '1'} FROM {source}{where}", fields

    def _made(self, cell: str, kind: Any) -> str:
        """What a cell is as a type; null where it isn't one."""
        if kind == "string":
            return cell
        if kind in ("byte", "short", "integer", "long"):
            return f"TRY_CAST(CASE WHEN regexp_full_match({cell}, '[+-]?[0-9]+') THEN {cell} END AS {_PHYSICAL[kind]})"
        if kind in ("float", "double"):
            number = f"trim({cell})"
            words = f"CASE {cell} WHEN 'NaN' THEN 'nan' WHEN 'Inf' THEN 'inf' WHEN '-Inf' THEN '-inf' "
            plain = f"CASE WHEN regexp_full_match({number}, '[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?[dDfF]?|[+-]?Infinity|[+-]?NaN') THEN rtrim({number}, 'dDfF') END"
            return f"TRY_CAST({words}ELSE {plain} END AS {_PHYSICAL[kind]})"
        if kind == "boolean":
            return f"CASE lower({cell}) WHEN 'true' THEN true WHEN 'false' THEN false END"
        if kind == "date":
            if "date" in self._patterns:
                return f"CAST(try_strptime({cell}, {quoted(self._patterns['date'])}) AS DATE)"
            return date(cell)
        if kind == "timestamp":
            if "timestamp" in self._patterns:
                return f"CAST(try_strptime({cell}, {quoted(self._patterns['timestamp'])}) AS TIMESTAMPTZ)"
            return f"TRY_CAST(p_moment({cell}) AS TIMESTAMPTZ)"
        if isinstance(kind, str) and kind.startswith("decimal"):
            return f"TRY_CAST(p_number(replace({cell}, ',', '')) AS {kind.upper()})"
        raise faults.unsupported(f"The type {json.dumps(kind)} in CSV files")

    def _inferred(self, source: str, cells: list[str]) -> list[str]:
        """The types that all cells of each column have, in Spark's order of trying. The first lines say what to try."""
        tries = [list(_KINDS) for _ in cells]
        filled = [False for _ in cells]
        for lines in (f"(SELECT * FROM {source} LIMIT 1000)", source):
            fits: list[Any] = [False]
            while not all(fits):
                tests = [self._fits(cell, left[0]) for cell, left in zip(cells, tries, strict=True)]
                found = self._asked([*tests, *(f"count({cell}) > 0" for cell in cells)], lines)
                fits, filled = found[: len(cells)], found[len(cells) :]
                for left, fit in zip(tries, fits, strict=True):
                    if not fit:
                        del left[0]
        kinds = [left[0] if fill else "string" for left, fill in zip(tries, filled, strict=True)]
        for at, kind in enumerate(kinds):
            if kind == "decimal":
                digits = self._asked([f"max(len(ltrim({cells[at]}, '+-0')))"], source)[0]
                kinds[at] = f"decimal({digits},0)" if digits <= 38 else "double"
        return kinds

    def _asked(self, columns: list[str], lines: str) -> list[Any]:
        from pyrite._frames.running import run_sql

        named = ", ".join(f"{column} AS a{at}" for at, column in enumerate(columns))
        return list(run_sql(self._catalog, f"SELECT {named} FROM {lines}").to_pylist()[0].values())

    def _fits(self, cell: str, kind: str) -> str:
        """Whether all cells are of a type."""
        if kind == "string":
            return "true"
        if kind == "decimal":
            return f"count(*) FILTER (WHERE NOT regexp_full_match({cell}, '[+-]?[0-9]+')) = 0"
        made = self._made(cell, kind)
        if kind == "date" and "date" not in self._patterns:
            made = f"CASE WHEN regexp_full_match({cell}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') THEN {made} END"
        return f"count({made}) = count({cell})"


def _named(titles: list[str | None]) -> list[str]:
    """A header's names as Spark makes them unique."""
    lower = [title.lower() if title else title for title in titles]
    return [
        f"_c{at}" if not title else f"{title}{at}" if lower.count(title.lower()) > 1 else title
        for at, title in enumerate(titles)
    ]


def _pattern(java: str, option: str) -> str:
    """One of Java's patterns as the executor's."""
    return "".join(parts_of(java, option, _LETTERS, lambda text: text.replace("%", "%%")))
