"""Event time: what a plain model of watermarks, windows and sessions says of random rows is what comes out, batch by batch."""

import datetime
import json
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "recorded" / "frames" / "events"))

import events  # noqa: E402

SECOND = datetime.timedelta(seconds=1)
ZERO = datetime.datetime(2026, 1, 1)
EPOCH = datetime.datetime(1970, 1, 1)


def _model(batches, delay, spans, session):
    """What Spark does, said plainly: rows of every batch in append mode, and how many groups were late."""
    state, out, dropped = {}, [], []
    late = now = EPOCH
    greatest = None
    waiting = [*batches]
    moved = False
    while waiting or moved:
        rows = waiting.pop(0) if waiting else []
        groups = {}
        for key, time, number in rows:
            for span in spans(time):
                groups.setdefault((key, span), []).append(number)
        gone = [group for group in groups if group[1][1] <= late]
        dropped.append(len(gone))
        for group in groups:
            if group not in gone:
                state.setdefault(group, []).extend(groups[group])
        if session:
            state = _merged(state)
        over = sorted(group for group in state if group[1][1] <= now)
        out.append(sorted((key, start, end, sum(state[key, (start, end)])) for key, (start, end) in over))
        for group in over:
            del state[group]
        for _, time, _ in rows:
            greatest = time if greatest is None else max(greatest, time)
        following = max(now, greatest - delay) if greatest is not None else now
        moved = following > now
        late, now = now, following
    return out, dropped


def _merged(state):
    made = {}
    for key, (start, end) in sorted(state):
        last = next(reversed(made), None)
        if last is not None and last[0] == key and start <= last[1][1]:
            numbers = made.pop(last)
            made[key, (last[1][0], max(end, last[1][1]))] = numbers + state[key, (start, end)]
        else:
            made[key, (start, end)] = state[key, (start, end)]
    return made


@pytest.mark.parametrize("seed", range(4))
def test_a_model_of_windows_and_sessions(spark, seed):
    from pyspark.sql import functions as f

    random.seed(seed)
    size, slide, gap = random.choice([(10, 10), (10, 5), (9, 4)]) + (random.choice([2, 5]),)
    delay = random.choice([0, 3, 15])
    clock, batches = 0, []
    for _ in range(8):
        clock += random.choice([0, 3, 20])
        rows = []
        for _ in range(random.randrange(6)):
            time = ZERO + max(0, clock + random.randrange(-25, 6)) * SECOND
            rows.append((random.choice("ab"), time, random.randrange(100)))
        batches.append(rows or [("a", ZERO + clock * SECOND, 1)])
    texts = [
        "".join(json.dumps({"k": key, "t": time.isoformat(), "n": number}) + "\n" for key, time, number in rows)
        for rows in batches
    ]

    def windows(time):
        seconds = int((time - EPOCH).total_seconds())
        last = seconds - seconds % slide
        starts = [last - at * slide for at in range(-(-size // slide))]
        return [(EPOCH + s * SECOND, EPOCH + (s + size) * SECOND) for s in starts if s <= seconds < s + size]

    def sessions(time):
        return [(time, time + gap * SECOND)]

    stream = events.stream(spark, texts, "k STRING, t TIMESTAMP, n INT").withWatermark("t", f"{delay} seconds")
    for column, spans, session in (
        (f.window("t", f"{size} seconds", f"{slide} seconds"), windows, None),
        (f.session_window("t", f"{gap} seconds"), sessions, gap),
    ):
        frame = stream.groupBy("k", column.alias("w")).agg(f.sum("n").alias("s")).select("k", "w.start", "w.end", "s")
        found = []
        query = frame.writeStream.foreachBatch(
            lambda rows, _, found=found: found.append(sorted(map(tuple, rows.collect())))
        )
        query = query.trigger(availableNow=True).start()
        query.awaitTermination()
        rows, dropped = _model(batches, delay * SECOND, spans, session)
        assert found == rows
        assert [each.stateOperators[0].numRowsDroppedByWatermark for each in query.recentProgress] == dropped
        assert query.recentProgress[-1].stateOperators[0].numRowsTotal < 40
