"""User functions for the engine: where a function's source is, what it captures, and its tree, or why it has none."""

from . import own
from .callables import describe
from .frozen import Frozen, freeze, freeze_of_iterator, start_value
from .places import place

__all__ = ["Frozen", "describe", "freeze", "freeze_of_iterator", "own", "place", "start_value"]
