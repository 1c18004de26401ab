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


def _model(batches, delay, spans, session, *, ends=True):
    """What Spark does, said plainly: rows of every batch in append mode, and how many groups were late.

    With `ends` batches follow until nothing is left; if not, one comes with each of `batches` that has rows or something to do.
    """
    state, out, dropped = {}, [], []
    late = now = EPOCH
    greatest = None
    waiting = [*batches]
    moved = False
    while waiting or (ends and moved):
        rows = waiting.pop(0) if waiting else []
        if not rows and not moved:
            continue
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


@pytest.mark.parametrize("seed", range(6))
def test_a_model_by_the_clock(spark, tmp_path, seed):
    """Rows that come at random moments, a trigger every ten seconds of a clock that the test moves."""
    from pyrite.testing import query_clock
    from pyspark.sql import functions as f

    random.seed(100 + seed)
    size, delay = random.choice([5, 10, 20]), random.choice([0, 4, 15])
    batches, clock = [], 0
    for _ in range(12):
        clock += random.choice([0, 3, 20])
        some = [] if random.random() < 0.4 else range(random.randrange(1, 6))
        batches.append(
            [
                (random.choice("ab"), ZERO + max(0, clock + random.randrange(-25, 6)) * SECOND, random.randrange(9))
                for _ in some
            ]
        )
    session = seed % 2 == 1

    def spans(time):
        seconds = int((time - EPOCH).total_seconds())
        start = seconds if session else seconds - seconds % size
        return [(EPOCH + start * SECOND, EPOCH + (start + size) * SECOND)]

    stream = spark.readStream.schema("k STRING, t TIMESTAMP, n INT").json(str(tmp_path))
    column = (f.session_window if session else f.window)("t", f"{size} seconds").alias("w")
    frame = stream.withWatermark("t", f"{delay} seconds").groupBy("k", column).agg(f.sum("n").alias("s"))
    found = []
    writer = frame.select("k", "w.start", "w.end", "s").writeStream.trigger(processingTime="10 seconds")
    with query_clock(spark) as by_hand:
        query = writer.foreachBatch(lambda rows, _: found.append(sorted(map(tuple, rows.collect())))).start()
        by_hand.advance(0)
        for at, rows in enumerate(batches):
            for number, (key, time, value) in enumerate(rows):
                line = json.dumps({"k": key, "t": time.isoformat(), "n": value})
                (tmp_path / f"{at:02}-{number}.json").write_text(line + "\n")
            by_hand.advance(10_000)
        told = query.recentProgress
        query.stop()
    rows, dropped = _model(batches, delay * SECOND, spans, session or None, ends=False)
    assert found == rows
    made = [each for each in told if "addBatch" in each.durationMs]
    assert [each.batchId for each in made] == list(range(len(rows)))
    assert sum(each.stateOperators[0].numRowsDroppedByWatermark for each in made) == sum(dropped)
