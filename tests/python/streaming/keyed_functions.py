"""Functions that tests give to streams of pairs, written as a user writes them."""


def add(a, b):
    return a + b


def sub(a, b):
    return a - b


def updated(new, old):
    """A running total, for updateStateByKey."""
    return sum(new) + (old or 0)


def limited(key, value, state):
    """A running total that begins anew beyond 20, for mapWithState; a key that goes says so."""
    count = (state.getOption() or 0) + (value or 0)
    if state.isTimingOut():
        return key, "gone", count
    if count > 20:
        state.remove()
    else:
        state.update(count)
    return key, count
