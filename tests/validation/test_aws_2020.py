"""The replay of the recorded runs in its faster form: fewer seeds. The whole study is aws_2020.py."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tests.validation import aws_2020
from tests.validation.aws_2020 import Calls, mean_error

SEEDS = 4


@cache
def faster_study() -> list[aws_2020.Replay]:
    return aws_2020.study(SEEDS)


def test_the_recordings_hold_29746_requests_and_458_first_calls_of_which_105_were_started_ahead():
    runs = aws_2020.recordings()
    assert sum(len(run.arrivals_s) for run in runs) == 29_746
    assert sum(run.first_calls for run in runs) == 458
    assert sum(run.started_ahead.sum() for run in runs) == 105


def test_an_environment_counts_from_its_first_call_to_600_s_after_its_last_within_the_recording():
    calls = Calls(
        environment=np.array([7, 7, 9, 3]),
        began_s=np.array([100.0, 200.0, 500.0, -60.0]),
        ended_s=np.array([102.0, 204.0, 502.0, -58.0]),
        length_s=1000.0,
    )
    assert calls.mean_environments() == pytest.approx((704 + 500 + 542) / 1000)


def test_the_estimator_gives_the_authors_own_mean_environments_within_3_percent_on_average():
    published = dict(aws_2020.published_environments())
    errors = []
    for run in aws_2020.recordings():
        rate = min(published, key=lambda rate: abs(rate - run.rate))
        errors.append(run.calls.mean_environments() / published[rate])
    assert mean_error(errors) < 0.03


def test_first_calls_come_out_within_10_percent_on_average():
    assert mean_error(replay.ratio for replay in faster_study()) <= 0.10


def test_mean_environments_come_out_within_6_percent_on_average():
    assert mean_error(replay.environments_ratio for replay in faster_study()) <= 0.06


def test_no_run_has_first_calls_beyond_two_poisson_standard_errors():
    assert [replay.recording.name for replay in faster_study() if abs(replay.z) > 2] == []


def test_without_the_lifetime_limit_the_replay_fails_clearly():
    replays = aws_2020.study(SEEDS, aws_2020.WITHOUT_LIMIT)
    assert mean_error(replay.ratio for replay in replays) > 0.13
    assert max(abs(replay.z) for replay in replays) > 3
