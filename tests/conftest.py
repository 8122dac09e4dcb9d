"""Rooms share made-up logs and results: those of metrics are used by results, those of results by reports."""

import sys
from pathlib import Path

sys.path += [str(Path(__file__).parent / room) for room in ("metrics", "result")]
