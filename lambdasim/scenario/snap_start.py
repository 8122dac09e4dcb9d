"""SnapStart as the user writes it: where it applies, what restores take, and where AWS has it."""

from __future__ import annotations

from typing import Literal

from lambdasim.scenario.blocks import Block
from lambdasim.scenario.distributions import DurationDistribution


class Restore(Block):
    """What a restore from a snapshot takes, as REPORT shows it; what is not given comes from the parameter book."""

    duration: DurationDistribution | None = None
    """The whole Restore Duration, of first restores too."""
    billed_duration: DurationDistribution | None = None
    """Billed Restore Duration, the part for the runtime and after-restore hooks; at most all of it."""


class SnapStart(Block):
    """Whether published versions start from a snapshot; $LATEST never does."""

    apply_on: Literal["PublishedVersions", "None"]
    """PublishedVersions, or None."""
    restore: Restore = Restore()
    """What a restore takes."""
    allowed_by_image: bool = False
    """That an image built on something else allows it: LABEL com.amazonaws.lambda.feature.snapstart="Allow"."""

    @property
    def is_on(self) -> bool:
        """Whether published versions have it."""
        return self.apply_on == "PublishedVersions"
