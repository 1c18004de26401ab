"""What a call gave as text: its value, or what it raised, in the words that both engines have."""

import re


def told(call, folder):
    """An error is what was done and the user's own exception, or its condition and message."""
    try:
        text = repr(call())
    except Exception as error:
        text = " | ".join(_error(error))
    # Where a JVM parses, it also says where.
    text = re.sub(r" \(line \d+, pos \d+\)", "", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "{id}", text)
    return re.sub(r"@[0-9a-f]+", "@", text.replace(str(folder), "{folder}").replace("file:///", "file:/"))


def _error(error):
    message = str(error).split("\n=== Streaming Query ===")[0].strip()
    condition = error.getCondition() if hasattr(error, "getCondition") else None
    raised = re.findall(r"^(?:[a-z]\w*\.)*([A-Z]\w*(?:Error|Exception|Invalid)): (.*)$", message, re.MULTILINE)
    if "Traceback (most recent call last)" in message and raised:
        # What was done stands before the traceback; a task says only that it failed.
        done = re.search(r"Failed (?:to|when) [^:]*", message)
        return [done[0] if done else "task", ": ".join(raised[-1])]
    if condition is None or type(error).__name__ in ("PySparkRuntimeError", "PySparkAssertionError"):
        return ["task", f"{type(error).__name__}: {message.splitlines()[0]}"]
    return [condition, re.sub(r"\n.*", "", message, flags=re.DOTALL)]
