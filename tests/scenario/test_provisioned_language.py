"""What a user may write of provisioned concurrency and its scaling, and what is refused in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from small_scenario import changed, complaints

from lambdasim.scenario.load import parse_scenario

SCALED = "min_capacity: 5, max_capacity: 100, target_value: 0.7"
ACTION = "schedule: cron(0 7 ? * MON-FRI *), timezone: Europe/London, min_capacity: 40, max_capacity: 100"


def with_alias(text):
    """The small scenario with an alias ``live``; its line is the sixth."""
    return changed(
        "    runtime: python3.13\n",
        f"    runtime: python3.13\n    aliases: {{live: {{function_version: '1', {text}}}}}\n",
    )


def scaled(text, first=5):
    return with_alias(f"provisioned_concurrent_executions: {first}, autoscaling: {{{text}}}")


def autoscaling(text):
    alias = parse_scenario(scaled(text)).functions["api"].aliases["live"]
    assert alias.autoscaling is not None
    return alias.autoscaling


def test_scaling_has_application_auto_scalings_defaults():
    found = autoscaling(SCALED)
    assert (found.min_capacity, found.max_capacity, found.target_value) == (5, 100, 0.7)
    assert (found.statistic, found.scale_in_cooldown, found.scale_out_cooldown) == ("Average", 0, 0)
    assert not found.disable_scale_in
    assert found.scheduled_actions == ()
    assert autoscaling("min_capacity: 0, max_capacity: 100").target_value is None


def test_a_scheduled_action_is_read_with_its_clock_and_its_span():
    [action] = autoscaling(
        f"{SCALED}, scheduled_actions: [{{{ACTION}, start_time: '2026-02-01', end_time: 2026-03-01T12:00:00Z}}]"
    ).scheduled_actions
    assert (action.due.expression, action.due.timezone) == ("cron(0 7 ? * MON-FRI *)", "Europe/London")
    assert action.start_time == datetime(2026, 2, 1, tzinfo=UTC)
    assert action.end_time == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_bare_number_is_short_for_an_alias_that_unqualified_targets_mean():
    text = changed("    runtime: python3.13\n", "    runtime: python3.13\n    provisioned_concurrent_executions: 7\n")
    function = parse_scenario(text).functions["api"]
    assert function.unqualified == "live"
    assert function.pointers["live"].provisioned_concurrent_executions == 7
    assert function.is_provisioned


def test_an_amount_of_0_is_as_if_the_key_were_not_written():
    """A planner who varies it begins with 0; AWS itself takes 1 and more."""
    key = "provisioned_concurrent_executions: 0"
    function = parse_scenario(changed("    runtime: python3.13\n", f"    runtime: python3.13\n    {key}\n")).functions[
        "api"
    ]
    assert (function.unqualified, function.is_provisioned, function.pointers) == ("$LATEST", False, {})
    assert parse_scenario(with_alias(key)).functions["api"].aliases["live"].provisioned_concurrent_executions is None
    assert (
        complaints(scaled(SCALED, first=0))[0]
        .partition(": ")[2]
        .startswith(f"functions.api.aliases.{NOTHING_TO_SCALE}")
    )


def with_action(text):
    return scaled(f"{SCALED}, scheduled_actions: [{{{text}}}]")


NOTHING_TO_SCALE = "live.autoscaling: there is nothing to scale: give provisioned_concurrent_executions"
OUTSIDE = "live.provisioned_concurrent_executions: {} is outside autoscaling's 5 to 100"
LODNON = "[0].timezone: 'Europe/Lodnon' is not an IANA time zone; did you mean Europe/London"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (scaled("min_capacity: 5, max_capacity: 4"), "autoscaling.min_capacity: 5 is above max_capacity (4)"),
        (scaled(f"{SCALED[:-3]}0.05"), "autoscaling.target_value: 0.05 is outside 0.1 to 0.9"),
        (scaled(f"{SCALED[:-3]}0.91"), "autoscaling.target_value: 0.91 is outside 0.1 to 0.9"),
        (scaled(f"{SCALED[:-3]}70%"), "autoscaling.target_value: expected a number such as 0.7, found '70%'"),
        (scaled(f"{SCALED}, statistic: Avg"), "autoscaling.statistic: 'Avg' is not known here"),
        (scaled(f"{SCALED}, scale_in_cooldown: 60 s"), "autoscaling.scale_in_cooldown: expected a whole number"),
        (
            scaled(f"{SCALED}, scale_in_cooldwn: 60"),
            "unknown key 'scale_in_cooldwn'; did you mean 'scale_in_cooldown'?",
        ),
        (scaled("min_capacity: 5"), "the key 'max_capacity' is required"),
        (scaled(SCALED, first=4), OUTSIDE.format(4)),
        (scaled(SCALED, first=101), OUTSIDE.format(101)),
        (with_alias(f"autoscaling: {{{SCALED}}}"), NOTHING_TO_SCALE),
        (with_alias("provisioned_concurrent_executions: -1"), "live.provisioned_concurrent_executions: -1 is below 0"),
        (with_action("schedule: cron(0 7 * * * *), min_capacity: 4"), "[0].schedule: 'cron(0 7 * * * *)' is not"),
        (with_action(ACTION.replace("London", "Lodnon")), LODNON),
        (with_action("schedule: rate(1 hour)"), "changes min_capacity, max_capacity or both; give one"),
        (
            with_action("schedule: rate(1 hour), min_capacity: 9, max_capacity: 8"),
            "scheduled_actions[0].min_capacity: 9 is above max_capacity (8)",
        ),
        (
            with_action("schedule: rate(1 hour), min_capacity: 101"),
            "scheduled_actions[0].min_capacity: 101 is above max_capacity (100), which no scheduled action changes",
        ),
        (
            with_action("schedule: rate(1 hour), max_capacity: 4"),
            "scheduled_actions[0].max_capacity: 4 is below min_capacity (5), which no scheduled action changes",
        ),
        (
            with_action("schedule: rate(1 hour), min_capacity: 9, start_time: 2026-02-02, end_time: 2026-02-01"),
            "scheduled_actions[0].end_time: 2026-02-01T00:00:00Z is before start_time (2026-02-02T00:00:00Z)",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_remedy(text, said):
    [message] = complaints(text)
    assert message.startswith("s.yaml:6:")
    assert said in message


def test_a_version_is_told_to_have_it_by_an_alias():
    kept = "    versions: {'2': {provisioned_concurrent_executions: 3}}\n"
    [message] = complaints(changed("    runtime: python3.13\n", f"    runtime: python3.13\n{kept}"))
    assert "versions.2.provisioned_concurrent_executions: give this to an alias that points to the version" in message


def test_a_scheduled_bound_may_lie_beyond_the_other_if_an_action_moves_that_too():
    actions = "{schedule: rate(1 hour), max_capacity: 300}, {schedule: rate(2 hours), min_capacity: 200}"
    assert len(autoscaling(f"{SCALED}, scheduled_actions: [{actions}]").scheduled_actions) == 2
