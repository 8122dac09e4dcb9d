"""What a run's numbers come from, beside the scenario and the seed: this package's version, and those it counts on."""

from __future__ import annotations

import functools
import platform

import numpy as np


@functools.cache
def versions() -> dict[str, str]:
    """The versions of lambdasim, Python, numpy and simpy, by name."""
    from importlib import metadata  # noqa: PLC0415  slow to load

    try:
        ours = metadata.version("lambdasim-aws")
    except metadata.PackageNotFoundError:  # run from its folder, not installed
        ours = "unknown"
    numpy, simpy = np.__version__, metadata.version("simpy")
    return {"lambdasim": ours, "python": platform.python_version(), "numpy": numpy, "simpy": simpy}


def deciding_versions() -> dict[str, str]:
    """Those on which numbers hang: other versions may draw other random numbers.

    Source: numpy's compatibility policy, NEP 19: the streams of its generators may change.
    """
    return {name: version for name, version in versions().items() if name in {"lambdasim", "numpy"}}
