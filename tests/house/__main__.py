"""Prints where this tree breaks a rule of the house: `python -m tests.house`."""

import sys
from pathlib import Path

from tests.house.rules.breaches import breaches

if __name__ == "__main__":
    found = breaches(Path(__file__).parents[2])
    sys.stdout.writelines(f"{breach}\n" for breach in found)
    sys.exit(bool(found))
