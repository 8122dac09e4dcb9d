"""Inits of hello-world functions: measured on AWS, and simulated; writes the comparison.

python -m tests.validation.init results/validation
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import numpy as np

from lambdasim.parameters.book import load_book
from lambdasim.randomness import stream
from lambdasim.service.cold_start import cold_start_model
from lambdasim.units import US_PER_MS
from tests.validation.init_fits import Measured, measured
from tests.worlds import load, world

DRAWS = 200_000  # they know most 99th percentiles to half a per cent, that of a rare and broad tail to some 3 %
SHARES = (0.50, 0.90, 0.99)
INITS: dict[str, Measured] = {row.path.removeprefix("init/"): row for row in measured() if row.path.startswith("init/")}
PAGE = """# Init Duration of hello world

    python -m tests.validation.init results/validation

Measured / simulated (difference), in ms. Measured: ten cold starts a day of a freshly deployed function, August 2025
to May 2026, four memory sizes pooled: github.com/maxday/lambda-perf @6070b794 (Apache-2.0). Simulated: {draws:,}
draws of each function's own cold start. The book's mixtures of two or three lognormals were fitted to these recordings
(`python -m tests.validation.init_fits`), so this shows how well such mixtures fit, and that the engine draws from them;
whether they fit another month, or your function, it can't show. Medians drift by some per cent a year, with jumps when
AWS changes the platform.

**The median is off by {p50:.1%} at most, the 90th percentile by {p90:.1%}, the 99th by {p99:.1%}**, over {count}
combinations of runtime, package type and architecture.

{table}
"""


@cache
def simulated_ms(path: str) -> np.ndarray:
    """Init Durations as environments draw them, of what was measured under a path: ``python3.13/Zip/x86_64``."""
    key, package_type, architecture = path.split("/")
    language, _, runtime = key.rpartition("@")
    keys = {"runtime": runtime, "package_type": package_type, "architecture": architecture}
    keys |= {"language": language} if language else {}
    function = load(world(function=keys, init={})).functions["f"]
    samplers = dict(cold_start_model(function, load_book()).samplers())
    generator = stream(1, path)
    return (samplers["runtime init"](generator, DRAWS) + samplers["function init"](generator, DRAWS)) / US_PER_MS


def main(folder: Path) -> None:
    """Draw, and write the page."""
    worst = dict.fromkeys(SHARES, 0.0)
    lines = ["| runtime | package | architecture | starts | p50 | p90 | p99 |", "| --- " * 7 + "|"]
    for path, row in INITS.items():
        cells = []
        for share in SHARES:
            theirs, ours = row.at(share), float(np.quantile(simulated_ms(path), share))
            worst[share] = max(worst[share], abs(ours / theirs - 1))
            cells.append(f"{theirs:.4g} / {ours:.4g} ({ours / theirs - 1:+.1%})")
        lines.append(f"| {' | '.join(path.split('/'))} | {row.starts:,} | {' | '.join(cells)} |")
    p50, p90, p99 = worst.values()
    text = PAGE.format(draws=DRAWS, p50=p50, p90=p90, p99=p99, count=len(INITS), table="\n".join(lines))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "init.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
