"""Between what the book's entries may lie: each end is of the value's kind, and the value lies between."""

import pytest

from lambdasim.analysis.uncertainty import assumption_of, scaled, yaml_of
from lambdasim.parameters import book as book_module
from lambdasim.parameters.book import load_book
from lambdasim.scenario.distributions import distribution_from
from lambdasim.scenario.source import compose
from lambdasim.units import parse_fraction, parse_rate_per_us

ENTRIES = [entry for file in book_module._files() for entry in book_module._read(file).values()]
RANGED = [entry for entry in ENTRIES if entry.low is not None or entry.high is not None]
CHOICES = [entry for entry in ENTRIES if entry.alternatives]


def magnitude(entry, value):
    """How much a value is, for comparing; of a mapping or a list the first number counts."""
    match entry.unit:
        case "duration":
            return distribution_from(value).mean()
        case "share":
            return parse_fraction(value)
        case "rate":
            return parse_rate_per_us(value)
    while isinstance(value, dict | list):
        value = value["price"] if "price" in value else next(iter(value.values() if isinstance(value, dict) else value))
    return value


def without_null(value):
    match value:
        case dict():
            return {key: without_null(part) for key, part in value.items() if part is not None}
        case list():
            return [without_null(part) for part in value]
    return value


def varied(path):
    return assumption_of(load_book().get(path), load_book())


@pytest.mark.parametrize("entry", RANGED, ids=lambda entry: entry.path)
def test_a_stated_range_has_two_ends_of_the_values_kind_with_the_value_between(entry):
    assert entry.confidence != "H"  # what AWS says is no range
    for end in (entry.low, entry.high):
        assert load_book().override({entry.path: end}).value(entry.path) == end
    assert magnitude(entry, entry.low) <= magnitude(entry, entry.value) <= magnitude(entry, entry.high)


@pytest.mark.parametrize("entry", CHOICES, ids=lambda entry: entry.path)
def test_a_choice_has_one_or_two_alternatives_that_are_other_choices(entry):
    assert 1 <= len(entry.alternatives) <= 2
    assert entry.value not in entry.alternatives
    assert entry.low is entry.high is None
    for other in entry.alternatives:
        assert load_book().override({entry.path: other}).value(entry.path) == other


def test_what_aws_says_is_never_varied():
    firm = [entry for entry in ENTRIES if entry.confidence == "H"]
    assert len(firm) > 300
    assert not [entry.path for entry in firm if assumption_of(entry, load_book())]


def test_what_the_scenario_sets_is_not_varied_and_has_no_range_any_more():
    entry = load_book().override({"lifecycles/default/idle_timeout": "900 s"}).get("lifecycles/default/idle_timeout")
    assert (entry.low, entry.high) == (None, None)
    assert assumption_of(entry, load_book()) is None


def test_every_end_of_every_entry_can_be_set_in_a_scenario():
    tried = 0
    for entry in ENTRIES:
        assumption = assumption_of(entry, load_book())
        for end in (assumption.low, assumption.high) if assumption else ():
            if end is not None:
                written, problems = compose(yaml_of(end), "end")
                assert not problems, entry.path
                assert load_book().override({entry.path: written.data}).value(entry.path) == without_null(end)
                if entry.unit == "duration":
                    distribution_from(written.data)
                tried += 1
    assert tried > 300


def test_the_stated_ends_are_those_of_the_recordings():
    """facts: idle timeout 300 s to 3,600 s; recycling 3.6e-5 to 6.6e-5 a second; lifetime's mean 6,811 s to 7,128 s."""
    idle = varied("lifecycles/default/idle_timeout")
    assert [distribution_from(end).center / 1e6 for end in (idle.low, idle.high)] == [300, 3600]
    recycled = varied("lifecycles/aws-2020/recycle_rate")
    ends = [parse_rate_per_us(end) * 1e6 for end in (recycled.low, recycled.high)]
    assert ends == pytest.approx([3.6e-5, 6.6e-5], rel=0.01)
    lifetime = varied("lifecycles/aws-2020/maximum_lifetime")
    assert [distribution_from(end).center / 1e6 for end in (lifetime.low, lifetime.high)] == [6811, 7128]


def test_where_nothing_is_stated_the_widths_of_the_confidence_hold_and_can_be_set():
    path = "triggers/streams/mapping/backoff/cap_s"
    assert load_book().get(path).confidence == "A"
    assert (varied(path).low, varied(path).high) == (30, 120)
    narrow = load_book().override({"sensitivity/widths/A/low": 0.9, "sensitivity/widths/A/high": 1.5})
    assumption = assumption_of(load_book().get(path), narrow)
    assert (assumption.low, assumption.high) == (54, 90)


def test_the_weaker_the_confidence_the_wider():
    book = load_book()
    for kind in ("widths", "prices"):
        lows = [book.value(f"sensitivity/{kind}/{confidence}/low") for confidence in "MLAU"]
        highs = [book.value(f"sensitivity/{kind}/{confidence}/high") for confidence in "MLAU"]
        assert lows == sorted(lows, reverse=True)
        assert highs == sorted(highs)


@pytest.mark.parametrize("factor", [0.5, 1.25, 2])
def test_a_scaled_distribution_is_stretched_in_time_and_keeps_its_shape(factor):
    for entry in ENTRIES:
        if entry.unit == "duration" and entry.value != "unlimited":
            plain, stretched = (distribution_from(value) for value in (entry.value, scaled(entry, factor)))
            assert stretched.mean() == pytest.approx(factor * plain.mean(), rel=1e-4), entry.path


def test_a_scaled_share_stays_within_one_and_a_count_whole():
    book = load_book()
    assert scaled(book.get("lifecycles/default/proactive_on_retirement"), 2) == "100%"
    assert scaled(book.get("triggers/streams/kinesis/shards"), 0.5) == 1
    assert scaled(book.get("triggers/sqs/queue/receives_in_vain"), 1.5) == 4


def test_of_tiers_the_prices_are_scaled_and_not_where_they_end():
    entry = load_book().get("prices/us-east-1/duration/arm64/tiers")
    for before, after in zip(entry.value, scaled(entry, 1.5), strict=True):
        assert after["up_to_gb_s"] == before["up_to_gb_s"]
        assert after["price"] == pytest.approx(1.5 * before["price"], rel=1e-5)


def test_codes_names_and_dates_are_never_scaled():
    book = load_book()
    for path in ("front_doors/api_gateway/http/timeout_status", "runtimes/python3.13/architectures"):
        assert varied(path) is None
        assert scaled(book.get(path), 2) is None


def test_a_flag_without_a_source_is_tried_the_other_way():
    assumption = varied("billing/failed_init_billed")
    assert (assumption.low, assumption.high) == (None, True)
