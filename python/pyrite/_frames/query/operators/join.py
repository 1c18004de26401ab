"""Joins of two streams: rows of each side wait for those of the other, until the watermark says that none can come."""

from __future__ import annotations

import heapq
import pickle
from typing import TYPE_CHECKING, Any

from pyrite._frames.query.event_time import Late, moment_of
from pyrite._frames.query.operators import Operator, Step
from pyrite._frames.query.state import StateStore, frozen

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Batch

_SIDES = ("left", "right")
# Whose rows come out though they have met none.
_OUTER = {"LeftOuter": (True, False), "RightOuter": (False, True), "FullOuter": (True, True)}


class Join(Operator):
    """Keeps rows by their side and a number: whether they have met one, and their values.

    The step's queries: each side's rows (keys, whether the conditions on it alone hold, columns), and the pairs that meet of
    `<name>_left` and `<name>_right`, which have a number `n_` more, and what a row is: 0 kept, 1 new, 2 new and over at once.
    """

    progress_name = "symmetricHashJoin"

    def __init__(self, step: Step, store: StateStore) -> None:
        super().__init__(step, store)
        self.kind = step.facts["kind"]
        self._outer = _OUTER.get(self.kind, (False, False))
        self._lates = [
            Late(int(step.facts[f"{side}_event"]) if f"{side}_event" in step.facts else None) for side in _SIDES
        ]
        self._keys = step.keys[0]
        # Kept rows by their keys, numbers in the order they came; and what is over when.
        self._by_key: list[dict[Any, dict[int, None]]] = [{}, {}]
        self._heaps: list[list[tuple[int, int]]] = [[], []]
        self._number = 0
        self._read = False

    @staticmethod
    def state_schema(step: Step) -> tuple[Any, int]:
        """Side, number, whether it has met, and the row."""
        import pyarrow as pa

        return pa.schema([("side", pa.int8()), ("number", pa.int64()), ("met", pa.bool_()), ("row", pa.binary())]), 2

    def wants(self, mode: str, now: int, following: int) -> bool:
        """Rows may be over."""
        facts = self.step.facts
        return following > now and ("key" in facts or "left_bound" in facts or "right_bound" in facts)

    def process(self, batch: Batch) -> Any:
        """The pairs that meet now, and the rows that never will."""
        import pyarrow as pa

        self._restore()
        fresh = [self._fresh(batch, side) for side in (0, 1)]
        tables = [self._candidates(fresh, side) for side in (0, 1)]
        sql, schema = self.step.inputs[2]
        both = all(table.num_rows for table in tables)
        names = {f"{self.step.name}_{name}": table for name, table in zip(_SIDES, tables, strict=True)}
        pairs = batch.rows(sql, schema, names) if both else schema.empty_table()
        out = pairs.select(range(len(self.step.output)))
        met = [set(pairs.column(f"{side}_n_").to_pylist()) for side in "lr"]
        if self.kind == "LeftSemi":
            out = self._once(out, pairs)
        # Rows of the left side that are out aren't kept.
        done = met[0] if self.kind == "LeftSemi" else set()
        parts = [out]
        for side in (0, 1):
            parts += self._keep(fresh[side], met[side], done, side)
        for side in (0, 1):
            parts += self._over(batch, side)
        return pa.concat_tables([part.cast(self.step.output) for part in parts])

    def _restore(self) -> None:
        if self._read:
            return
        self._read = True
        for (side, number), row in self.store.items():
            self._index(side, number, pickle.loads(row[3]))
            self._number = max(self._number, number)

    def _index(self, side: int, number: int, row: Any) -> None:
        self._by_key[side].setdefault(self._key(row), {})[number] = None
        end = self._end(row, side)
        if end is not None:
            heapq.heappush(self._heaps[side], (end, number))

    def _key(self, row: Any) -> Any:
        return tuple(frozen(value) for value in row[: self._keys])

    def _end(self, row: Any, side: int) -> int | None:
        """The watermark, in microseconds, from which a row is over."""
        facts = self.step.facts
        if "key" in facts:
            return moment_of(row[int(facts["key"])])
        bound, place = facts.get(f"{_SIDES[side]}_bound"), self._lates[side].place
        if bound is None or place is None:
            return None
        time = moment_of(row[place])
        return None if time is None else time - int(bound)

    def _fresh(self, batch: Batch, side: int) -> list[tuple[int, int, Any]]:
        """New rows: number, what it is, values."""
        sql, schema = self.step.inputs[side]
        rows, late = self._lates[side].split(batch.rows(sql, schema), batch.late)
        self.dropped += 0 if late is None else late.num_rows
        found = []
        limit = batch.watermark * 1000
        for row in zip(*[column.to_pylist() for column in rows.columns], strict=True):
            self._number += 1
            end = self._end(row, side)
            found.append((self._number, 2 if end is not None and end <= limit else 1, row))
        return found

    def _candidates(self, fresh: list[list[tuple[int, int, Any]]], side: int) -> Any:
        """A side's new rows, and those kept that new ones of the other side may meet."""
        import pyarrow as pa

        kept = self._by_key[side]
        wanted = {self._key(row) for _, _, row in fresh[1 - side]}
        numbers = [number for key in wanted for number in kept.get(key, ())]
        held = [(number, self.store.row((side, number))) for number in sorted(numbers)]
        rows = [(number, 0, pickle.loads(row[3])) for number, row in held if row is not None]
        rows += fresh[side]
        schema = self.step.inputs[side][1]
        if any(len(row) != len(schema) for _, _, row in rows):
            raise RuntimeError(
                "The rows that the join kept in the checkpoint have other columns than it has now: another version of "
                "Pyrite wrote them. Start the query with a new checkpointLocation."
            )
        columns = list(zip(*[row for _, _, row in rows], strict=True)) or [()] * len(schema)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        heads = [pa.array([row[0] for row in rows], pa.int64()), pa.array([row[1] for row in rows], pa.int32())]
        return pa.table([*heads, *arrays], names=["n_", "o_", *schema.names])

    def _once(self, out: Any, pairs: Any) -> Any:
        """Rows of the left side that have not met before, once."""
        import pyarrow as pa

        places = {}
        for at, number in enumerate(pairs.column("l_n_").to_pylist()):
            row = self.store.row((0, number))
            if number not in places and not (row and row[2]):
                places[number] = at
        return out.take(pa.array(places.values(), pa.int64()))

    def _keep(self, fresh: list[tuple[int, int, Any]], met: set[int], done: set[int], side: int) -> list[Any]:
        """New rows that may meet later are kept; those that can't come out at once where all are wanted."""
        alone, kept = [], []
        own = self._keys  # the place of what the side's own conditions say
        for number, what, row in fresh:
            alone_at_once = self._outer[side] and number not in met
            if what == 2 or not row[own] or (side == 0 and number in done):
                if alone_at_once:
                    alone.append(row)
                # Spark keeps a row of the left side until all of the batch has been met, and one that comes out alone.
                if row[own] and number not in done and (side == 0 or alone_at_once):
                    self.updated += 1
                    self.removed += 1
                continue
            self.updated += 1
            kept.append((side, number, number in met, pickle.dumps(row, 5)))
            self._index(side, number, row)
        for number in met:
            before = self.store.row((side, number))
            if before and number in done:
                self._remove(side, number)
            elif before and not before[2]:
                kept.append((*before[:2], True, before[3]))
        if kept:
            self.store.put(self.store.table(kept))
        return [self._alone(alone, side)] if alone else []

    def _over(self, batch: Batch, side: int) -> list[Any]:
        """Rows that the watermark has passed go; those that have met none come out where all are wanted."""
        heap, limit = self._heaps[side], batch.watermark * 1000
        alone = []
        while heap and heap[0][0] <= limit:
            _, number = heapq.heappop(heap)
            gone = self._remove(side, number)
            if gone is not None and self._outer[side] and not gone[0]:
                alone.append(gone[1])
        return [self._alone(alone, side)] if alone else []

    def _remove(self, side: int, number: int) -> tuple[bool, Any] | None:
        """A row goes: whether it has met one, and its values; None where it is gone already."""
        gone = self.store.remove([(side, number)])
        if not gone:
            return None
        self.removed += 1
        row = pickle.loads(gone[0][3])
        key = self._key(row)
        numbers = self._by_key[side][key]
        del numbers[number]
        if not numbers:
            del self._by_key[side][key]
        return gone[0][2], row

    def _alone(self, rows: list[Any], side: int) -> Any:
        """Rows of one side, with nothing of the other."""
        import pyarrow as pa

        schema = self.step.inputs[side][1]
        places = {name: at for at, name in enumerate(schema.names)}
        columns = [
            pa.array([row[places[field.name]] for row in rows], field.type)
            if field.name in places
            else pa.nulls(len(rows), field.type)
            for field in self.step.output
        ]
        return pa.Table.from_arrays(columns, schema=self.step.output)
