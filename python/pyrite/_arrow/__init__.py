"""Rows to Arrow's arrays and back, without a library for it: the engine's part is `_engine`, Python's values are here."""
