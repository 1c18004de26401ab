"""Makes `tests/recorded/programs.py` importable: the same code that ran in PySpark runs the programs here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "recorded"))
