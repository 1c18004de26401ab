"""`python -m pyrite script.py [arguments]` runs a PySpark script; the rest is as in the `pyrite` command."""

import sys

from pyrite.cli import main

if __name__ == "__main__":
    sys.exit(main())
