"""What many partitions cost rows that are no columns: repartition(200) against repartition(10), dicts and instances.

A map looks at every row that arrives: a count needs no row moved.
"""

from report import Row
from setting import Setting
from sides import Outcome, Program, run, sides

DICTS = """
rows = sc.parallelize([{"n": i, "tags": [i % 3]} for i in range(n)], 4).cache()
rows.count()
"""
INSTANCES = """
class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y
rows = sc.parallelize([Point(i, -i) for i in range(n)], 4).cache()
rows.count()
"""
BAR = 1.5
ROUNDS = 4


def measure(setting: Setting) -> list[Row]:
    rows = []
    with sides(setting, "Pyrite") as ours:
        for kind, setup, look in (("dicts", DICTS, 'lambda d: d["n"]'), ("instances", INSTANCES, "lambda p: p.x")):
            few, many = (
                Program(kind, kind, setup, f"rows.repartition({to}).map({look}).sum()", 20_000) for to in (10, 200)
            )
            few, many = in_turn(ours, few, many, setting)
            name = f"repartition(200) : (10), 20,000 {kind}"
            if few.errors or many.errors:
                rows.append(Row(name, "fails", f"<= {BAR}", False, {"errors": [few.errors, many.errors]}))
                continue
            ratio = many.median("Pyrite") / few.median("Pyrite")
            measured = f"{ratio:.2f} ({many.median('Pyrite'):.4f} s : {few.median('Pyrite'):.4f} s)"
            rows.append(Row(name, measured, f"<= {BAR}", ratio <= BAR, {"few": few.seconds, "many": many.seconds}))
    return rows


def in_turn(ours: dict, few: Program, many: Program, setting: Setting) -> tuple[Outcome, Outcome]:
    """Both again and again: what else the machine does then meets both."""
    all_few, all_many = Outcome(), Outcome()
    for _ in range(ROUNDS):
        for outcome, program in ((all_few, few), (all_many, many)):
            done = run(ours, program, setting)
            outcome.errors.update(done.errors)
            for side, seconds in done.seconds.items():
                outcome.seconds.setdefault(side, []).extend(seconds)
    return all_few, all_many
