"""`groupBy(session_window(...)).agg(...)`: sessions of a batch meet those that were kept of their group, and may become one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyrite._frames.query.event_time import moment_of
from pyrite._frames.query.operators.aggregate import Aggregate
from pyrite._frames.query.state import frozen

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Batch


class Sessions(Aggregate):
    """The step's first query gives rows; those in time are offered as `<name>_kept`, whose sessions the second puts together."""

    progress_name = "sessionWindowStateStoreSaveExec"
    # The sessions that are kept of each group, by the other keys.
    _of_group: dict[Any, set[Any]] | None = None

    def process(self, batch: Batch) -> Any:
        """All sessions in complete mode, those that are over in append mode."""
        place = int(self.step.facts["session"])
        (sql, rows_schema), (partial, schema), _ = self.step.inputs
        rows = batch.rows(sql, rows_schema)
        rows, late = self.late.split(rows, batch.late)
        self.dropped = 0 if late is None else len(set(self.store.keys_of(late)))
        part = batch.rows(partial, schema, {f"{self.step.name}_kept": rows})
        if self._of_group is None:
            self._of_group = {}
            for key, row in self.store.items():
                self._of_group.setdefault(self._group(row, place), set()).add(key)
        columns = [column.to_pylist() for column in part.columns]
        fresh: dict[Any, list[Any]] = {}
        for row in zip(*columns, strict=True):
            fresh.setdefault(self._group(row, place), []).append(row)
        kept = {key: self.store.remove(self._of_group.pop(key, ())) for key in fresh}
        found = self._together(batch, [*_ordered(kept, fresh, place)], place)
        table = self.store.table(found)
        self._put(table, [None] * len(found))
        for key, row in zip(self.store.keys_of(table), found, strict=True):
            self._of_group.setdefault(self._group(row, place), set()).add(key)
        self.updated = len(found)
        out = self._out(batch, table)
        if self.removed:
            for row, key in zip(
                zip(*[c.to_pylist() for c in out.columns], strict=True), self.store.keys_of(out), strict=True
            ):
                group = self._group(row, place)
                self._of_group[group].discard(key)
                if not self._of_group[group]:
                    del self._of_group[group]
        return out

    def _group(self, row: Any, place: int) -> Any:
        return tuple(frozen(value) for at, value in enumerate(row[: self.store.width]) if at != place)

    def _together(self, batch: Batch, chains: list[list[Any]], place: int) -> list[Any]:
        """Each chain of sessions that touch as one: the second is merged into the first of each, then the third, ..."""
        width = self.store.width
        while True:
            more = [at for at, chain in enumerate(chains) if len(chain) > 1]
            if not more:
                return [chain[0] for chain in chains]
            olds = [chains[at][0] for at in more]
            news = [chains[at][1] for at in more]
            for at, (old, new) in enumerate(zip(olds, news, strict=True)):
                span = {"start": old[place]["start"], "end": max(old[place]["end"], new[place]["end"])}
                news[at] = (*new[:place], span, *new[place + 1 :])
            if len(self.store.schema) > width:
                table = self.merged(batch, self.store.table(news), olds)
                news = list(zip(*[column.to_pylist() for column in table.columns], strict=True))
            for at, row in zip(more, news, strict=True):
                chains[at][:2] = [row]


def _ordered(kept: dict[Any, list[Any]], fresh: dict[Any, list[Any]], place: int) -> Any:
    """The sessions of each group by their beginnings, those that touch together."""
    for key, rows in fresh.items():
        chain: list[Any] = []
        end = 0
        for row in sorted([*kept[key], *rows], key=lambda row: moment_of(row[place]["start"]) or 0):
            if chain and (moment_of(row[place]["start"]) or 0) <= end:
                chain.append(row)
            else:
                if chain:
                    yield chain
                chain, end = [row], 0
            end = max(end, moment_of(row[place]["end"]) or 0) if end else (moment_of(row[place]["end"]) or 0)
        yield chain
