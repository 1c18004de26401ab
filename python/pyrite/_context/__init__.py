"""The rooms of `pyrite.context`: each a class that `SparkContext` inherits from, for one kind of its methods."""
