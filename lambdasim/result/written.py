"""The scenario of a result as it was written: kept with the result, so that the run can be done again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lambdasim.errors import ResultError

if TYPE_CHECKING:
    from lambdasim.scenario.model import Scenario

SCENARIO = "scenario.yaml"


@dataclass(frozen=True, slots=True)
class WrittenScenario:
    """A scenario's bytes, its ``file`` as it was named, the folder of that, and the values laid over it, by path.

    ``recordings``: what else it was read from, relative to the folder where it lies below it, each with its sha256 at
    the run; None for one that is not known.
    """

    content: bytes = field(repr=False)
    file: str
    folder: Path
    overrides: Mapping[str, str]
    recordings: Mapping[str, str | None]

    def facts(self) -> dict[str, Any]:
        """All but the bytes, as plain values for the manifest; a sha256 that is not known is taken now."""
        recordings = {name: known or self._digest(name, self.folder) for name, known in self.recordings.items()}
        overrides = dict(self.overrides)
        return {"file": self.file, "folder": str(self.folder), "overrides": overrides, "recordings": recordings}

    @classmethod
    def of_facts(cls, content: bytes, facts: Mapping[str, Any]) -> WrittenScenario:
        """The inverse of ``facts``."""
        return cls(content, facts["file"], Path(facts["folder"]), facts["overrides"], facts["recordings"])

    def read(self, sha256: str, folder: Path | None) -> Scenario:
        """The scenario again, its recordings taken from ``folder`` (None: from where they were).

        Raises:
            ResultError: it is not the one with that ``sha256``; or recordings are gone, or have changed.
            InputError: this version of lambdasim does not take it.
        """
        from lambdasim.scenario.load import digest, read_written  # noqa: PLC0415 - heavy
        from lambdasim.scenario.model import Written  # noqa: PLC0415

        base = self.folder if folder is None else folder
        text = self.content.decode("utf-8-sig", "replace")
        written = Written(text, self.content, self.file, base, self.overrides)
        if (found := digest(written)) != sha256:
            raise ResultError(f"{SCENARIO} is not the scenario of this result: its sha256 is {found}, not {sha256}")
        if wrong := list(filter(None, (self._wrong(name, base) for name in self.recordings))):
            remedy = "name the folder that its recordings are relative to: scenario(folder=...)"
            raise ResultError("\n".join([*wrong, remedy]))
        return read_written(written)

    def _wrong(self, name: str, base: Path) -> str | None:
        """What is wrong with a recording; None if it is the one of the run."""
        found, known = self._digest(name, base), self.recordings[name]
        if found is None:
            return f"{base / name}: is missing, or can't be read"
        return None if known in {None, found} else f"{base / name}: has other contents than at the run"

    @staticmethod
    def _digest(name: str, base: Path) -> str | None:
        """The sha256 of a recording; None if it can't be read."""
        try:
            with (base / name).open("rb") as opened:
                return hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError:
            return None


def as_written(scenario: Scenario) -> WrittenScenario:
    """``scenario`` as it was written."""
    written = scenario.written
    folder = written.base.absolute()
    names = (file.absolute() for file in scenario.files)
    recordings = {str(file.relative_to(folder) if file.is_relative_to(folder) else file): None for file in names}
    return WrittenScenario(written.content, written.file, folder, written.overrides, recordings)
