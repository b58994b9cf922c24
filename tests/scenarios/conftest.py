"""Lets the tests of this folder import `world`, the one way to run whole programmes."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
