"""Compares the recorded shape of one of Spark's answers with Pyrite's."""


def same(path, spark, own, extra=lambda path: frozenset()):
    """Fails where a name or a type differs; a list that is empty in one of them says nothing of its items.

    `extra(path)` has the names that Pyrite may have there besides.
    """
    if isinstance(spark, dict) and isinstance(own, dict):
        assert set(own) - extra(path) == set(spark), path
        for name in spark:
            same(f"{path}.{name}", spark[name], own[name], extra)
    elif isinstance(spark, list) and isinstance(own, list):
        if spark and own:
            same(f"{path}[]", spark[0], own[0], extra)
    else:
        assert own == spark, path
