"""Topics of Kafka. Offsets are those of each partition, `{"topic": {"0": 12}}`, so that a batch reads the same when it runs again."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Any

from pyrite import _engine
from pyrite._frames import faults
from pyrite._frames.kafka import (
    Offsets,
    Topics,
    edges,
    illegal,
    limits,
    params_of,
    schema_json,
    settled,
    table_of_ranges,
)
from pyrite._frames.query.checkpoint import files
from pyrite._frames.query.checkpoint.log import versioned
from pyrite._frames.query.sources import Description, no_schema_of_users
from pyrite._frames.query.triggers import duration

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Session

_LOST = (
    "Some data may have been lost because they are not available in Kafka any more; either the data was aged out by Kafka or the topic "
    "may have been deleted before all the data in the topic was processed.\nIf you don't want your streaming query to fail on such "
    "cases, set the source option failOnDataLoss to false."
)


def schema(description: Description) -> str:
    """Key, value and where they were found."""
    no_schema_of_users(description, "KafkaSourceProvider")
    options = description.options
    Topics(options)
    params_of(options, "consumer")
    for name in ("endingOffsets", "endingOffsetsByTimestamp", "endingTimestamp"):
        if name.lower() in options:
            raise illegal(
                f"{name.replace('Offsets', ' offset', 1) if name == 'endingOffsets' else name} not valid in streaming queries"
            )
    return schema_json(headers=description.flag("includeheaders"))


def open_source(description: Description, session: Session) -> Kafka:
    """Connects when it is first asked."""
    return Kafka(description, session)


class Kafka:
    """As Spark's `KafkaMicroBatchStream`."""

    def __init__(self, description: Description, session: Session) -> None:
        options = description.options
        self._options = options
        self._session = session
        self._topics = Topics(options)
        self._start = limits(options, "starting", "latest")
        self._headers = description.flag("includeheaders")
        self._strict = options.get("failondataloss", "true").lower() != "false"
        self._most = description.whole("maxoffsetspertrigger")
        self._least = description.whole("minoffsetspertrigger")
        self._delay = duration(options.get("maxtriggerdelay"), 900_000)
        self._patience = int(options.get("kafkaconsumer.polltimeoutms", "120000"))
        if self._most is not None and self._least is not None and self._least > self._most:
            raise illegal(
                f"The value of minOffsetPerTrigger({self._least}) is higher than the maxOffsetsPerTrigger({self._most})."
            )
        self._table: Any = _engine.KafkaTable(params_of(options, "consumer"))
        self.description = f"KafkaV2[{self._topics.shown}]"
        self._file = None if session.folder is None else os.path.join(session.folder, "0")
        self._first: Offsets | None = None
        self._latest: Offsets = {}
        self._frozen: Offsets | None = None
        self._last_batch = 0
        self._stopping = False

    def _initial(self, partitions: list[tuple[str, int]]) -> Offsets:
        """Where the query began: written down, so that a batch that never ended begins there again."""
        if self._first is None:
            kept = None if self._file is None else files.text_of(self._file)
            if kept is not None and self._file is not None:
                # Spark puts a zero before it, for its oldest versions.
                self._first = _offsets(json.loads("\n".join(versioned(self._file, kept.lstrip("\0")))))
            else:
                self._first = settled(self._table, partitions, self._start, self._options, "starting")
                if self._file is not None:
                    os.makedirs(os.path.dirname(self._file), exist_ok=True)
                    files.write(self._file, b"\0v1\n" + _text(self._first).encode())
        return self._first

    def latest(self, start: Any) -> Any:
        """The end of the next batch; what is there of it, at most so many."""
        partitions = self._topics.partitions(self._table)
        if partitions is None:
            if start is None:
                raise ConnectionError("No Kafka broker answers: start one, or mend kafka.bootstrap.servers")
            return start
        first = self._initial(partitions)
        begin = first if start is None else _offsets(start)
        if self._frozen is not None:
            end = self._frozen
        else:
            found = self._table.offsets(partitions, True)
            if found is None:
                return start
            end = dict(zip(partitions, found, strict=True))
        self._latest = end
        begin = self._known(begin, end)
        for of, offset in end.items():
            if offset < begin[of]:
                self._lost(f"Partition {of[0]}-{of[1]} offset was changed from {begin[of]} to {offset}.")
        if not self._session.unlimited:
            if self._waits(begin, end):
                return start if start is not None else _json(begin)
            end = self._limited(begin, end)
        return _json(end)

    def _known(self, begin: Offsets, end: Offsets) -> Offsets:
        """With partitions that have come, from their beginning; without those that are gone."""
        gone = sorted(set(begin) - set(end))
        if gone:
            self._lost(f"Partitions {', '.join(f'{topic}-{at}' for topic, at in gone)} have been deleted.")
        new = [of for of in end if of not in begin]
        if new:
            added = edges(self._table, new, latest=False)
            for (topic, at), offset in added.items():
                if offset:
                    self._lost(f"Added partition {topic}-{at} starts from {offset} instead of 0.")
            begin = {**begin, **added}
        return begin

    def _waits(self, begin: Offsets, end: Offsets) -> bool:
        """Whether there is too little yet for a batch."""
        if self._least is None or self._frozen is not None:
            return False
        now = self._session.clock()
        if now - self._last_batch < self._delay and sum(end[of] - begin[of] for of in end) < self._least:
            return True
        self._last_batch = now
        return False

    def _limited(self, begin: Offsets, end: Offsets) -> Offsets:
        """Each partition gets its share of `maxOffsetsPerTrigger`."""
        sizes = {of: end[of] - begin[of] for of in end if end[of] > begin[of]}
        total = sum(sizes.values())
        if self._most is None or total < 1:
            return end
        until = dict(end)
        for of, size in sizes.items():
            share = self._most * (size / total)
            until[of] = min(end[of], begin[of] + (int(share) if share >= 1 else 1))
        return until

    def _lost(self, why: str) -> None:
        if self._strict:
            condition = "KAFKA_DATA_LOSS"
            raise faults.exception(
                "IllegalStateException", condition, "22000", {}, f"[{condition}] {_LOST}\nReason: {why} SQLSTATE: 22000"
            )
        logging.getLogger("pyrite").warning("Kafka has lost what a stream wants, and failOnDataLoss is false: %s", why)

    def rows(self, start: Any, end: Any) -> Any:
        """The messages between offsets, partition by partition."""
        last = _offsets(end)
        partitions = sorted(last)
        begin = self._initial(partitions) if start is None else _offsets(start)
        begin = self._known(begin, last)
        wanted = [of for of in partitions if begin[of] < last[of]]
        earliest = edges(self._table, wanted, latest=False) if wanted else {}
        for of in wanted:
            if begin[of] < earliest[of]:
                self._lost(
                    f"Could not read records in offset [{begin[of]}, {last[of]}) for topic partition {of[0]}-{of[1]}: it begins at {earliest[of]}."
                )
                begin[of] = min(earliest[of], last[of])
        ranges = [(*of, begin[of], last[of]) for of in wanted]
        try:
            return table_of_ranges(self._table, ranges, headers=self._headers, patience=self._patience)
        except BaseException:
            if self._stopping:
                raise OSError("the query was stopped while it read from Kafka") from None
            raise

    def commit(self, end: Any) -> None:
        """The checkpoint has it; Kafka isn't told."""

    def available(self) -> Any:
        """The newest that was seen."""
        return _json(self._latest) if self._latest else None

    def metrics(self, end: Any) -> dict[str, str]:
        """How far behind the newest messages a batch is that ended there: texts, as in Spark."""
        if end is None or not self._latest:
            return {}
        done = _offsets(end)
        behind = [offset - done.get(of, 0) for of, offset in self._latest.items()]
        # One digit, and half of one goes up.
        tenths = (20 * sum(behind) + len(behind)) // (2 * len(behind))
        return {
            "avgOffsetsBehindLatest": f"{tenths // 10}.{tenths % 10}",
            "maxOffsetsBehindLatest": str(max(behind)),
            "minOffsetsBehindLatest": str(min(behind)),
        }

    def freeze(self) -> None:
        """What is there now."""
        partitions = self._topics.partitions(self._table)
        if partitions is None:
            raise ConnectionError("No Kafka broker answers: start one, or mend kafka.bootstrap.servers")
        self._initial(partitions)
        self._frozen = edges(self._table, partitions, latest=True)

    def patience(self) -> float:
        """Kafka is asked again soon: a question takes a millisecond."""
        return 0.02

    def interrupt(self) -> None:
        """The query is to end: who reads comes back."""
        self._stopping = True
        self._table.stop()

    def close(self) -> None:
        """The consumers go, with their threads."""
        self._table.close()


def _offsets(told: Any) -> Offsets:
    return {(topic, int(at)): int(offset) for topic, each in told.items() for at, offset in each.items()}


def _json(offsets: Offsets) -> dict[str, dict[str, int]]:
    told: dict[str, dict[str, int]] = {}
    for (topic, at), offset in sorted(offsets.items()):
        told.setdefault(topic, {})[str(at)] = offset
    return told


def _text(offsets: Offsets) -> str:
    return json.dumps(_json(offsets), separators=(",", ":"), ensure_ascii=False)
