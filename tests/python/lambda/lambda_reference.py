"""What a tree means, by Python itself: the slow truth that translations are compared with."""

import itertools
import json
import linecache
import math
import re
import struct

from pyrite import _engine
from pyrite._lambda import freeze

_numbers = itertools.count()
_BINARY = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "true_div": lambda a, b: a / b,
    "floor_div": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "pow": lambda a, b: a**b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "l_shift": lambda a, b: a << b,
    "r_shift": lambda a, b: a >> b,
}
_UNARY = {"neg": lambda a: -a, "pos": lambda a: +a, "not": lambda a: not a, "invert": lambda a: ~a}
_COMPARE = {
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "in": lambda a, b: a in b,
    "not_in": lambda a, b: a not in b,
    "is": lambda a, b: a is b,
    "is_not": lambda a, b: a is not b,
}
_BUILTINS = {f.__name__: f for f in (len, int, float, str, repr, bool, abs, min, max, round, sum, ord, chr, any, all)}
_BUILTINS |= {"list": list, "tuple": tuple}
_TYPES = {t.__name__: t for t in (int, float, str, bool, bytes, tuple, list, dict)}


def make(source, **names):
    """The value of an expression, or the function `f` of a module text, with its source where linecache finds it."""
    filename = f"<reference-{next(_numbers)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    scope = {"__name__": "__main__", "re": re, "math": math, **names}
    if re.match(r"(async )?(def|import|from|@|class)\b|\w+ =", source):
        exec(compile(source, filename, "exec"), scope)
        return scope["f"]
    return eval(compile(source, filename, "eval"), scope)


def plain(function, row, flat=False):
    """What CPython gives, by its repr; an empty one where it raises."""
    try:
        made = function(*row)
        return repr([repr(each) for each in made] if flat else made)
    except Exception:  # noqa: BLE001 - whatever it is, there must be no row
        return ""


def interpreted(function, rows):
    """What CPython gives for all rows; None where it raises."""
    try:
        return [function(*row) for row in rows]
    except Exception:  # noqa: BLE001 - whatever it is, there must be no rows
        return None


def agrees(function, rows, flat=False):
    """The rows that run natively, each by itself; fails where one differs."""
    frozen, native = freeze(function), []
    for row in rows if frozen.expression is not None else ():
        found, why = _engine.evaluate(frozen.expression, "flat" if flat else "map", [row])
        if why is None:
            given = repr([repr(each) for each in found] if flat else found[0])
            assert given == plain(function, row, flat), (function, row)
            native.append(row)
    return native


def agrees_together(function, rows, flat=False):
    """Whether rows that raise nothing run natively as they are together; fails where one differs."""
    frozen = freeze(function)
    if frozen.expression is None:
        return False
    found, why = _engine.evaluate(frozen.expression, "flat" if flat else "map", rows)
    if why is not None:
        return False
    expected = [function(*row) for row in rows]
    assert repr(found) == repr([each for part in expected for each in part] if flat else expected), function
    return True


def with_body(body, **names):
    """A function of x of these statements."""
    return make("def f(x):\n" + "".join(f"    {line}\n" for line in body.split("\n")), **names)


def ran_natively(programs):
    """How many of these programs, each with its rows, compile and run natively; each of them answers as Python does."""
    native = 0
    for source, rows in programs:
        function = make(source)
        frozen = freeze(function)
        if frozen.reason is not None:
            continue
        found, why = _engine.evaluate(frozen.expression, "map", rows)
        if why is None:
            native += 1
            assert repr(found) == repr([function(*row) for row in rows]), source
    return native


def tree(function):
    """The function's tree as Python values; it must compile."""
    frozen = freeze(function)
    assert frozen.reason is None, frozen.reason
    return json.loads(frozen.expression)


def reason(function):
    """Why the function isn't compiled."""
    frozen = freeze(function)
    assert frozen.expression is None, frozen.expression
    return frozen.reason


def evaluate(node, arguments):
    """The value of a tree for these arguments."""
    return _evaluate(node, arguments, {})


def _evaluate(node, arguments, names):
    def run(inner):
        return _evaluate(inner, arguments, names)

    if node == "none":
        return None
    [(tag, of)] = node.items()
    match tag:
        case "param":
            return arguments[of]
        case "local":
            return names[of]
        case "bool" | "int" | "str":
            assert type(of).__name__ == tag
            return of
        case "float":
            return struct.unpack("<d", struct.pack("<Q", of))[0]
        case "bytes":
            return bytes(of)
        case "tuple":
            return tuple(map(run, of))
        case "list":
            return list(map(run, of))
        case "item":
            return run(of["of"])[run(of["index"])]
        case "slice":
            ends = (None if of[k] is None else run(of[k]) for k in ("start", "stop", "step"))
            return run(of["of"])[slice(*ends)]
        case "unary":
            return _UNARY[of["op"]](run(of["of"]))
        case "binary":
            return _BINARY[of["op"]](run(of["left"]), run(of["right"]))
        case "compare":
            left, result = run(of["first"]), True
            for op, inner in of["rest"]:
                right = run(inner)
                result = _COMPARE[op](left, right)
                if not result:
                    return result
                left = right
            return result
        case "and":
            for inner in of:
                result = run(inner)
                if not result:
                    return result
            return result
        case "or":
            for inner in of:
                result = run(inner)
                if result:
                    return result
            return result
        case "if":
            return run(of["then"]) if run(of["test"]) else run(of["orelse"])
        case "let":
            assert of["slot"] not in names
            return _evaluate(of["body"], arguments, {**names, of["slot"]: run(of["value"])})
        case "loop":
            return _loop(of, arguments, names)
        case "try":
            try:
                return run(of["body"])
            except Exception as raised:
                if of["number"] in getattr(raised, "passes", ()):
                    raise
                for caught, handler in of["handlers"]:
                    if type(raised).__name__ in caught:
                        return run(handler)
                raise
        case "outside":
            try:
                return run(of[1])
            except Exception as raised:
                raised.passes = (*getattr(raised, "passes", ()), of[0])
                raise
        case "raises":
            raise UnboundLocalError(of)
        case "unsure":
            return run(of)
        case "call":
            return _call(of["function"], list(map(run, of["args"])))
        case "method":
            return getattr(run(of["of"]), of["name"])(*map(run, of["args"]))
        case "regex":
            return _regex(of, list(map(run, of["args"])))
        case "format":
            return "".join(p["text"] if "text" in p else _formatted(p["value"], run) for p in of)
        case "comprehension":
            made = []
            for element in run(of["source"]):
                inner = {**names, of["slot"]: element}
                if all(_evaluate(c, arguments, inner) for c in of["conditions"]):
                    made.append(_evaluate(of["item"], arguments, inner))
            return made
    raise AssertionError(tag)


def _loop(of, arguments, names):
    """Turn by turn; what follows sees the carried locals."""
    slots = [slot for slot, _ in of["carried"]]
    carried = {slot: _evaluate(value, arguments, names) for slot, value in of["carried"]}
    [(kind, over)] = of["over"].items()

    def turns():
        if kind == "while":
            while _evaluate(over, arguments, {**names, **carried}):
                yield {}
        elif kind == "range":
            for number in range(*(_evaluate(end, arguments, names) for end in over["ends"])):
                yield {over["slot"]: number}
        else:
            for element in _evaluate(over["of"], arguments, names):
                yield {over["slot"]: element}

    for element in turns():
        values = _evaluate(of["turn"], arguments, {**names, **carried, **element})
        carried = dict(zip(slots, values, strict=True))
        if of["exits"] and values[0]:
            break
    return _evaluate(of["body"], arguments, {**names, **carried})


def _formatted(part, run):
    value = run(part["value"])
    convert = {None: lambda v: v, "s": str, "r": repr, "a": ascii}[part["conversion"]]
    return format(convert(value), part["spec"])


def _call(name, arguments):
    if name == "no_list":
        if isinstance(arguments[0], list):
            raise TypeError("a list that is changed in place")
        return arguments[0]
    if name == "unpack":
        value, count = arguments
        value = tuple(value)
        if len(value) != count:
            raise ValueError("unpack")
        return value
    if name == "in_set":
        return arguments[0] in frozenset(arguments[1])
    if name == "isinstance":
        kinds = arguments[1] if isinstance(arguments[1], tuple) else (arguments[1],)
        return isinstance(arguments[0], tuple(_TYPES[k] for k in kinds))
    if name == "sorted":
        return sorted(arguments[0], reverse=any(arguments[1:]))
    if name == "json.loads":
        return json.loads(*arguments)
    owner, _, short = name.rpartition(".")
    if owner == "math":
        return getattr(math, short)(*arguments)
    if owner in ("str", "bytes"):
        return getattr(_TYPES[owner], short)(*arguments)
    return _BUILTINS[name](*arguments)


def pattern_of(emitted):
    """A pattern of `re` that matches what the emitted one does, from the emitted text alone."""
    [(kind, of)] = emitted["matcher"].items()
    if kind == "regex":
        text = re.sub(r"\{\{(\w)\}\}", r"\\\1", of)
        text = re.sub(r"\\x\{([0-9a-f]+)\}", lambda m: f"\\U{int(m[1], 16):08x}", text)
        return re.compile(text.replace(r"\z", r"\Z").replace(r"(?-u:\b)", r"(?a:\b)"))
    parts = [f"\\{c}" for c in of["categories"]]
    parts += [f"\\U{lo:08x}-\\U{hi:08x}" for lo, hi in of["ranges"]]
    return re.compile(f"[{'^' if of['negated'] else ''}{''.join(parts)}]" + ("+" if kind == "class_run" else ""))


def _regex(of, arguments):
    pattern = pattern_of(of["pattern"])
    assert pattern.groups == of["pattern"]["groups"]
    if of["function"] == "sub":
        pieces = of["replacement"]

        def replace(found):
            return "".join(p["text"] if "text" in p else found[p["group"]] or "" for p in pieces)

        arguments.insert(0, replace)
    return getattr(pattern, of["function"])(*arguments)
