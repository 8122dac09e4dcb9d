"""The tests of results use the logs that those of metrics make."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "metrics"))
