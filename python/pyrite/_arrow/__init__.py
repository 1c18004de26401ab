"""Rows to Arrow's arrays and back, without a library for it: what the engine does with them in Python."""
