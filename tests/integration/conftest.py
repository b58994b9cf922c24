"""Lets the tests of this folder import `small_program`, the way to build and run tiny programmes."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
