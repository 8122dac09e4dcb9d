"""Who writes down what changes during a run: incidents, deployments, provisioned concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.codes import NO_VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdasim.codes import Change
    from lambdasim.records import Log


class ChangeLog:
    """The change log, written by the names of what changed (``Header.subjects``)."""

    def __init__(self, log: Log, subjects: Sequence[str]) -> None:
        self._log = log
        self._subjects = {subject: index for index, subject in enumerate(subjects)}

    def note(self, now_us: int, change: Change, subject: str, value: int, to_version: int = NO_VERSION) -> None:
        """``subject`` changed at ``now_us``; ``records.CHANGE_COLUMNS`` says what ``value`` means.

        ``subject``: a function, ``function:alias``, or another name of ``Header.subjects``.
        """
        self._log.append((now_us, change, self._subjects[subject], to_version, value))
