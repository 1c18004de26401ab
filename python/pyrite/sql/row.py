"""`Row`, where PySpark has it."""

from __future__ import annotations

from pyrite._row import Row, _create_row

__all__ = ["Row", "_create_row"]

# It is shown, and pickled, by where programs find it.
Row.__module__ = __name__
