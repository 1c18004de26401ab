"""Tasks that move to a worker process between two rows take what their accumulators hold along."""

import subprocess
import sys

PROGRAM = """
import os, time
from pyrite import SparkContext, TaskContext, AccumulatorParam

class Lists(AccumulatorParam):
    def zero(self, value):
        return []
    def addInPlace(self, value1, value2):
        value1.extend(value2)
        return value1

def busy(x):
    end = time.perf_counter() + 0.0002
    while time.perf_counter() < end:
        pass
    total.add(0.1)
    seen.add([x])
    c = TaskContext.get()
    return table.value[x % 3], os.getpid(), (c.stageId(), c.partitionId(), c.getLocalProperty("colour"))

sc = SparkContext("local[2]", "test")
total, seen, table = sc.accumulator(0.0), sc.accumulator([], Lists()), sc.broadcast({0: "a", 1: "b", 2: "c"})
sc.setLocalProperty("colour", "red")
rows = sc.parallelize(range(6000), 2).map(busy).collect()
left = 0.0
for _ in range(3000):
    left += 0.1
print(len({pid for _, pid, _ in rows}) > 1, [row[0] for row in rows] == ["abc"[x % 3] for x in range(6000)])
print({facts for _, _, facts in rows} == {(0, 0, "red"), (0, 1, "red")})
print(total.value == (0.0 + left) + left, seen.value == list(range(6000)))
sc.stop()
"""


def test_values_go_on_where_they_were(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    import os

    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, timeout=100, env=environment, check=False
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["True"] * 5
