"""How long it takes to compile one lambda and to keep it, once its file is parsed: the first time and again.

200 different lambdas of one file, as they stand in programs. The first time is that of `explain()`, the engine's part and the
text included; again is what every later job asks. The clock is the processor's time of this process, the least of several
rounds, so that whatever else runs on the machine doesn't count.
"""

import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from report import Row
from setting import Setting

COUNT, FIRST_BAR, AGAIN_BAR = 200, 300, 5
SHAPES = [
    "lambda line: line.split('{n}')",
    "lambda word: len(word) > {n}",
    "lambda word: word.lower() + '{n}'",
    "lambda word: (word, {n})",
    "lambda a, b: a + b * {n}",
    "lambda pair: (pair[1], pair[0] + {n})",
    "lambda line: re.split(r'\\W+', line)[{n}:]",
    "lambda line: [int(field) for field in line.split(',')[:{n}] if field]",
    "lambda row: row[0] if row[1] > {n} else row[2]",
    "lambda row: f'{{row[0]}}: {{row[1]:.2f}} {n}'",
]


def measure(setting: Setting) -> list[Row]:
    from pyrite import SparkContext
    from pyrite._lambda import freeze

    rounds = 2 if setting.quick else 7
    first, again = [], []
    with tempfile.TemporaryDirectory() as folder, SparkContext("local[1]", "compile time") as sc:
        rows = sc.parallelize([1], 1)
        for number in range(rounds):
            functions = functions_of(Path(folder) / f"lambdas_{number}.py")[1:]
            mapped = [rows.map(function) for function in functions]
            first.append(microseconds(mapped, lambda rdd: rdd._explained()))
            assert all(freeze(function).reason is None for function in functions)
            again.append(microseconds(functions, freeze))
    return [
        row(f"compile one lambda of {COUNT}, the first time", first, FIRST_BAR),
        row(f"compile one lambda of {COUNT}, again", again, AGAIN_BAR),
    ]


def functions_of(path: Path) -> list:
    """The lambdas of a new file. The first one is compiled, so that the file is parsed."""
    shapes = [SHAPES[n % len(SHAPES)].format(n=n) for n in range(COUNT + 1)]
    path.write_text("import re\nfunctions = [\n" + "".join(f"    {shape},\n" for shape in shapes) + "]\n")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    from pyrite._lambda import freeze

    assert freeze(module.functions[0]).reason is None
    return module.functions


def microseconds(all_of_them: list, what: Callable) -> float:
    begin = time.process_time()
    for one in all_of_them:
        what(one)
    return 1e6 * (time.process_time() - begin) / len(all_of_them)


def row(name: str, figures: list[float], bar: float) -> Row:
    least = min(figures)
    return Row(name, f"{least:.1f} us", f"<= {bar} us", least <= bar, {"microseconds": figures})


if __name__ == "__main__":
    print(*measure(Setting(folder=Path(), quick=False, pyspark=None, plain_rust=None)), sep="\n")
