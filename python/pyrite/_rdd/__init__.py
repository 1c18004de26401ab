"""The rooms of `pyrite.rdd`: each a class that `RDD` inherits from, for one kind of its methods."""
