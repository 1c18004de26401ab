"""Lines of CSV as cells, by the rules of the parser that Spark has (univocity)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Cells"]


@dataclass
class Cells:
    """How cells stand in a line."""

    sep: str
    quote: str
    escape: str
    trim_left: bool = False
    trim_right: bool = False
    null: str = ""
    empty: str = ""

    def of(self, line: str) -> list[str | None]:
        """The cells of a line, with None for those that are null."""
        if not self.quote or self.quote not in line:
            return [self._plain(cell) for cell in line.split(self.sep)]
        return [self._quoted(cell) if quoted else self._plain(cell) for cell, quoted in self._cut(line)]

    def _plain(self, cell: str) -> str | None:
        if self.trim_left:
            cell = cell.lstrip(" \t")
        if self.trim_right:
            cell = cell.rstrip(" \t")
        return None if not cell or cell == self.null else cell

    def _quoted(self, cell: str) -> str | None:
        cell = cell or self.empty
        return None if cell == self.null else cell

    def _cut(self, line: str) -> Iterator[tuple[str, bool]]:
        """Cells, and whether they were quoted. A quote that nothing escapes and no separator follows is text, with all its cell."""
        at = 0
        while True:
            start = at
            if self.trim_left:
                while start < len(line) and line[start] in " \t" and line[start] != self.sep:
                    start += 1
            found = self._until_quote(line, start + 1) if line.startswith(self.quote, start) else None
            if found is not None:
                cell, at = found
                yield (line[start:at], False) if cell is None else (cell, True)
            else:
                end = line.find(self.sep, at)
                cell, at = (line[at:], len(line)) if end < 0 else (line[at:end], end)
                yield cell, False
            if at >= len(line):
                return
            at += len(self.sep)

    def _until_quote(self, line: str, at: int) -> tuple[str | None, int]:
        """The text of a quoted cell, and where its separator stands; None for a cell that goes on behind its quote: then it is
        as it stands there, up to the next separator.
        """
        text: list[str] = []
        while at < len(line):
            letter = line[at]
            after = line[at + 1 : at + 2]
            if letter == self.escape and after and after in (self.quote, self.escape):
                text.append(after)
                at += 2
                continue
            if letter == self.quote:
                end = at + 1
                while end < len(line) and line[end] in " \t" and line[end] != self.sep:
                    end += 1
                if end == len(line) or line.startswith(self.sep, end):
                    return "".join(text), end
                end = line.find(self.sep, at)
                return None, len(line) if end < 0 else end
            text.append(letter)
            at += 1
        return "".join(text), at  # nothing closes it
