"""A summary as one strict JSON document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def as_json_text(summary: Mapping[str, Any]) -> str:
    """The summary, two spaces deep, keys in their stated order; never NaN or Infinity."""
    return json.dumps(summary, indent=2, allow_nan=False, ensure_ascii=False)
