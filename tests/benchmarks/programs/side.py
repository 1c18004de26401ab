"""One side of a comparison, warm: `side.py ENGINE [KEY=VALUE ...]` sets up a context once and runs what it is told to.

ENGINE is `pyspark` or `pyrite`. Each line of standard input is a JSON object: `input` (a name), `setup` (the source that
makes that input), `code` (the expression to time) and `n` (the rows). The answer is a line of JSON: `seconds` and
`answer`, or `error`. The setup runs once for as long as its input stays the same, and isn't timed.
"""

import ast
import json
import linecache
import os
import sys
import time
import traceback
import types

engine, *settings = sys.argv[1:]
# What the engine or a program prints must not stand between the answers.
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
if engine != "pyspark":
    import pyrite

    pyrite.init()
from pyspark import SparkConf, SparkContext  # noqa: E402 - init() comes first

conf = SparkConf().setMaster("local[2]").setAppName("bench").setAll([s.split("=", 1) for s in settings])
if engine == "pyspark":
    conf.set("spark.ui.enabled", "false").set("spark.ui.showConsoleProgress", "false")
    conf.set("spark.driver.host", "127.0.0.1").set("spark.driver.bindAddress", "127.0.0.1")
sc = SparkContext(conf=conf)


def compiled(source: str, mode: str):
    """Code whose text is known: a lambda is compiled from its source."""
    name = f"<bench-{abs(hash((source, mode)))}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return compile(ast.parse(source, name, mode), name, mode)


class Side:
    def __init__(self) -> None:
        self.input, self.scope = None, {}

    def run(self, asked: dict) -> dict:
        if self.input != (asked["input"], asked["n"]):
            self.forget()
            # As a script of its own has them: the program's classes are found where they say they are.
            main = sys.modules["__main__"] = types.ModuleType("__main__")
            self.scope = vars(main)
            self.scope.update(sc=sc, n=asked["n"])
            exec(compiled(asked["setup"], "exec"), self.scope)
            self.input = (asked["input"], asked["n"])
        code = compiled(asked["code"], "eval")
        begin = time.perf_counter()
        answer = eval(code, self.scope)
        return {"seconds": time.perf_counter() - begin, "answer": repr(answer)[:2000]}

    def forget(self) -> None:
        """Inputs are cached: those of programs that are done must not fill the memory."""
        for value in self.scope.values():
            if getattr(value, "is_cached", False):
                value.unpersist()
        self.input, self.scope = None, {}


side = Side()
for line in sys.stdin:
    try:
        told = side.run(json.loads(line))
    except Exception:
        told = {"error": traceback.format_exc()[-2000:]}
    print(json.dumps(told), file=answers, flush=True)
sc.stop()
