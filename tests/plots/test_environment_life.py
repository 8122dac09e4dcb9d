"""Idle spells and lives of environments: exact in exact worlds, censored where the run ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lambdasim import FigureError, figures
from lambdasim.codes import EndCause
from lambdasim.display.numbers import took
from lambdasim.plots.environment_life import environment_life_drawing
from lambdasim.plots.lives import SpellEnd, kaplan_meier, lives_of
from tests.plots.seen import column, cues, curve
from tests.worlds import at, run, world

S = 1_000_000


@pytest.fixture(scope="module")
def busy():
    document = world(
        duration="2h",
        handler={"duration": {"lognormal": {"median": "300 ms", "p99": "3 s"}}},
        trigger={"arrivals": {"poisson": {"rate": "2/s"}}},
        lifecycle={
            "idle_timeout": "120 s",
            "surplus_idle_timeout": "120 s",
            "maximum_lifetime": "30m",
            "recycle_rate": "1/h",
        },
    )
    return run(document, seed=4)


def test_idle_spells_are_from_the_end_of_a_run_to_the_next_to_the_reclaim_or_to_the_end_of_the_run():
    """Runs of 1 s, the first after 0.1 s of init, at 0, 10 and 100 s; reclaimed 600 s later; a start at 50 min."""
    lives = lives_of(run(world(trigger={"arrivals": at("0s", "10s", "100s", "50m")})))
    assert lives.spells(SpellEnd.USED).tolist() == [8.9 * S, 89 * S]
    assert lives.spells(SpellEnd.RECLAIMED).tolist() == [600 * S]
    assert lives.spells(SpellEnd.CUT).tolist() == [598.9 * S]
    assert lives.spells(SpellEnd.ENDED).size == 0


def test_a_life_is_from_the_start_to_the_end_and_one_that_outlives_the_run_is_censored():
    lives = lives_of(run(world(trigger={"arrivals": at("0s", "50m")})))
    assert lives.ages_us.tolist() == [601.1 * S, 600 * S]
    assert lives.ended.tolist() == [True, False]
    assert lives.causes == {EndCause.IDLE_EXPIRED: 1}


def test_only_what_begins_in_the_measured_span_counts():
    lives = lives_of(run(world(warm_up="30s", trigger={"arrivals": at("0s", "10s", "100s", "50m")})))
    assert lives.ages_us.size == 1
    assert lives.spells(SpellEnd.USED).size == 0
    assert lives.spells(SpellEnd.RECLAIMED).size == 1


def test_lives_are_as_many_as_the_summary_has_environments_created(busy):
    assert lives_of(busy).ages_us.size == busy.summary()["functions"]["f"]["environments"]["created"]


def test_spells_that_ended_with_a_use_and_first_uses_are_all_runs(busy):
    lives, log = lives_of(busy), busy.invocations
    runs = log[(log["started_us"] >= 0) & (log["started_us"] < busy.header.duration_us)]
    assert lives.spells(SpellEnd.USED).size == len(runs) - runs["environment"].nunique()


def test_idle_time_of_all_spells_is_what_the_summary_has_as_idle():
    """But for the time before a first use, of which there is none here: every start is for a request."""
    result = run(world(duration="1h", trigger={"arrivals": {"poisson": {"rate": "1/min"}}}), seed=8)
    idle_us = lives_of(result).spells_us.sum()
    assert idle_us / result.header.duration_us == pytest.approx(
        result.summary()["functions"]["f"]["environments"]["mean_idle"]
    )


def test_the_idle_timeout_is_one_step_of_the_curve_of_what_was_reclaimed(busy):
    idle = environment_life_drawing(busy).figure().axes[0]
    assert set(curve(idle, "reclaimed")[0]) == {120_000.0}


def test_curves_of_idle_spells_ascend_through_their_quantiles(busy):
    idle = environment_life_drawing(busy).figure().axes[0]
    values = lives_of(busy).spells(SpellEnd.USED) / 1000
    x, y = (np.array(part) for part in curve(idle, "used again"))
    assert np.all(np.diff(x) >= 0)
    assert np.all(np.diff(y) > 0)
    assert x[1:] == pytest.approx(np.maximum(values[np.round(y[1:] * values.size).astype(int) - 1], 1.0))


@given(
    st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=60).filter(
        lambda lives: any(ended for _, ended in lives)
    )
)
def test_the_survival_curve_is_that_of_another_implementation(lives):
    ages, ended = np.array([age for age, _ in lives]), np.array([ended for _, ended in lives])
    data = stats.CensoredData.right_censored(ages, ~ended)
    times, shares = kaplan_meier(ages, ended)
    assert shares == pytest.approx(stats.ecdf(data).sf.evaluate(times))


def test_without_censoring_the_survival_curve_is_the_share_that_lives_longer():
    ages = np.array([1, 3, 3, 7])
    times, shares = kaplan_meier(ages, np.full(4, fill_value=True))
    assert times.tolist() == [1, 3, 7]
    assert shares == pytest.approx([3 / 4, 1 / 4, 0])


def test_lives_that_the_run_cuts_off_do_not_shorten_the_estimate():
    """Environments that live for 30 minutes exactly: however late they began, none is taken to have lived less."""
    document = world(
        duration="2h",
        handler={"duration": "100 ms"},
        trigger={"arrivals": {"constant": {"rate": "1/s"}}},
        lifecycle={"maximum_lifetime": "30m"},
    )
    life = environment_life_drawing(run(document)).figure().axes[1]
    x, y = (np.array(part) for part in curve(life, "alive"))
    assert (y[x < 1_800_000] == 1).all()


def test_the_curve_of_lives_descends_from_all_and_marks_what_outlived_the_run(busy):
    life, lives = environment_life_drawing(busy).figure().axes[1], lives_of(busy)
    x, y = (np.array(part) for part in curve(life, "alive"))
    assert (x[0], y[0]) == (0, 1)
    assert np.all(np.diff(x) >= 0)
    assert np.all(np.diff(y) <= 0)
    marks, _ = curve(life, "outlived")
    assert set(marks) <= set((lives.ages_us[~lives.ended] / 1000).tolist())


def test_words_and_table_tell_the_numbers(busy):
    made, lives = environment_life_drawing(busy), lives_of(busy)
    assert f"Of {lives.ages_us.size:,} environments half lived at most" in made.words
    assert f"{(~lives.ended).sum()} outlived the run" in made.words
    for number in lives.causes.values():
        assert f"{number:,} " in made.words
    used = lives.spells(SpellEnd.USED)
    assert f"{used.size:,} used again after {took(np.quantile(used, 0.5, method='inverted_cdf') / 1000)}" in made.words
    counts = [int(count.replace(",", "")) for count in column(made.table, "count")]
    assert sum(counts[:-1]) == lives.spells_us.size
    assert counts[-1] == lives.ages_us.size


def test_series_are_told_apart_without_colour(busy):
    for axes in environment_life_drawing(busy).figure().axes:
        found = cues(axes)
        assert len(found) == len(set(found)) > 1


def test_without_the_log_spells_between_uses_are_not_known_and_that_is_said():
    made = environment_life_drawing(run(world(trigger={"arrivals": at("0s", "10s")}), log="none"))
    assert "The log was not kept" in made.words
    assert column(made.table, "what") == ["idle, reclaimed for being idle", "life (Kaplan-Meier)"]
    assert made.figure()


def test_where_all_outlive_the_run_that_is_said():
    made = environment_life_drawing(run(world(duration="1m", trigger={"arrivals": at("0s", "10s")})))
    assert "The only environment outlived the run" in made.words
    assert made.figure()


def test_where_all_were_created_in_the_warm_up_their_idle_spells_are_drawn_alone():
    made = environment_life_drawing(run(world(warm_up="5s", trigger={"arrivals": at("0s", "10s", "20s")})))
    (idle,) = made.figure().axes
    assert curve(idle, "used again")[1][-1] == 1
    assert "All environments were created before the end of the warm-up" in made.words
    assert column(made.table, "what") == ["idle, used again", "idle, reclaimed for being idle"]


def test_where_none_was_ever_idle_lives_are_drawn_alone():
    """One run that outlives the time that counts."""
    made = environment_life_drawing(run(world(duration="10s", handler={"duration": "20 s"})))
    assert len(made.figure().axes) == 1
    assert "The only environment outlived the run" in made.words


def test_where_no_environment_was_created_there_is_nothing_to_draw():
    with pytest.raises(FigureError, match="no environment was created or idle"):
        figures.environment_life(run(world(function={"reserved_concurrent_executions": 0})))
