"""How the book answers: look-ups, what it says of paths that it lacks, overrides, and what was used."""

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.errors import ParameterError
from lambdasim.parameters import book as book_module
from lambdasim.parameters.book import load_book

PATHS = [path for file in book_module._files() for path in book_module._read(file)]


def message(path):
    with pytest.raises(ParameterError) as raised:
        load_book().get(path)
    return str(raised.value)


def test_a_look_up_gives_the_value_and_why_to_believe_it():
    parameter = load_book().get("quotas/account/concurrent_executions")
    assert (parameter.value, parameter.unit, parameter.confidence) == (1000, "environments", "H")
    assert "gettingstarted-limits" in parameter.source


def test_an_entry_inherits_what_it_does_not_state():
    minimum, default = (load_book().get(f"quotas/function/memory_size/{name}") for name in ("minimum", "default"))
    assert minimum.unit == default.unit == "MB"
    assert minimum.source != default.source


def test_defaults_can_be_given_by_the_name_of_the_entry():
    os, family = (load_book().get(f"runtimes/python3.13/{name}") for name in ("os", "family"))
    assert (os.confidence, family.confidence) == ("M", "H")


def test_a_date_stays_text():
    assert load_book().value("runtimes/nodejs22.x/deprecation_date") == "2027-04-30"


def test_a_missing_sibling_is_told_with_all_there_are_when_they_are_few():
    assert "there is: default, aws-2020, aws-2021" in message("lifecycles/aws-2019/idle_timeout")
    assert "no 'aws-2019' in lifecycles" in message("lifecycles/aws-2019/idle_timeout")


def test_a_missing_sibling_is_told_with_the_nearest_when_they_are_many():
    text = message("cold_starts/init/python3.6/Zip/x86_64")
    assert "no 'python3.6' in cold_starts/init" in text
    assert "python3.9" in text
    assert "java" not in text


def test_a_missing_file_and_a_missing_region_name_the_others():
    assert "no 'qoutas' in the book; nearest there: quotas" in message("qoutas/account")
    assert "nearest there: eu-central-1" in message("prices/ca-central-1/requests")


def test_names_with_no_likeness_get_the_first_of_the_list():
    assert "and 43 more" in message("runtimes/zzz/os")


def test_a_region_where_only_one_price_is_known_names_what_it_has():
    assert "no 'requests' in prices/af-south-1; there is: duration, free_tier" in message("prices/af-south-1/requests")


def test_a_path_that_stops_short_or_goes_too_far_is_told_so():
    assert "more than one value at 'quotas/account': concurrent_executions" in message("quotas/account")
    assert "nothing lies below the value at prices/us-east-1/requests" in message("prices/us-east-1/requests/price")


def test_has_knows_entries_and_inner_nodes_and_counts_as_no_use():
    book = load_book()
    assert book.has("quotas/account/concurrent_executions")
    assert book.has("prices/us-east-1")
    assert book.has("prices")
    assert not book.has("prices/us-east-9")
    assert not book.has("quotas/account/_defaults")
    assert book.used == ()


def test_names_are_in_file_order_and_start_at_the_root():
    book = load_book()
    assert book.names("quotas/function/timeout")[:3] == ("minimum", "maximum", "default")
    assert {"quotas", "prices", "runtimes"} <= set(book.names(""))
    assert "us-east-1" in book.names("prices")
    with pytest.raises(ParameterError, match="there is: account, function"):
        book.names("quotas/acount")


def test_a_glance_gives_the_value_and_does_not_count_as_use():
    book = load_book()
    assert book.peek("quotas/function/memory_size/minimum") == 128
    assert book.used == ()
    set_by_scenario = book.override({"scaling/per_function/burst": 500})
    assert (set_by_scenario.peek("scaling/per_function/burst"), set_by_scenario.used) == (500, ())
    with pytest.raises(ParameterError, match="no 'minimun'"):
        book.peek("quotas/function/memory_size/minimun")


def test_used_holds_each_look_up_once_sorted_by_path():
    book = load_book()
    for path in ("scaling/per_function/burst", "handler/mb_per_vcpu", "scaling/per_function/burst"):
        book.value(path)
    assert [parameter.path for parameter in book.used] == ["handler/mb_per_vcpu", "scaling/per_function/burst"]
    assert load_book().used == ()


def test_a_failed_look_up_is_not_used():
    book = load_book()
    with pytest.raises(ParameterError):
        book.get("handler/mb")
    assert book.used == ()


def test_an_override_stands_instead_and_says_so():
    plain = load_book()
    book = plain.override({"handler/mb_per_vcpu": 1800})
    found = book.get("handler/mb_per_vcpu")
    assert (found.value, found.source, found.confidence) == (1800, "scenario", "user")
    assert found.unit == plain.get("handler/mb_per_vcpu").unit
    assert plain.value("handler/mb_per_vcpu") == 1769
    assert book.used == (found,)


def test_overrides_add_up():
    book = load_book().override({"handler/mb_per_vcpu": 1800}).override({"scaling/per_function/burst": 500})
    assert (book.value("handler/mb_per_vcpu"), book.value("scaling/per_function/burst")) == (1800, 500)


def test_an_unknown_path_cannot_be_overridden():
    with pytest.raises(ParameterError, match="no 'bursts' in scaling/per_function; there is: burst"):
        load_book().override({"scaling/per_function/bursts": 500})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("cold_starts/platform_overhead", "200 ms"),
        ("cold_starts/vpc/hyperplane-2021", {"uniform": {"low": "1 ms", "high": "2 ms"}}),
        ("lifecycles/default/maximum_lifetime", "unlimited"),
        ("lifecycles/default/proactive_otherwise", 0.1),
        ("lifecycles/default/placement", "random"),
        ("runtimes/nodejs26.x/deprecation_date", "2030-01-01"),
        ("billing/failed_init_billed", True),
        ("prices/us-east-1/requests", {"price": 0.3, "per": 1_000_000}),
        ("prices/us-east-1/duration/arm64/tiers", [{"up_to_gb_s": None, "price": 0.00001}]),
        ("sdk/standard/retried_statuses", [500]),
    ],
)
def test_a_value_of_the_same_kind_fits(path, value):
    assert load_book().override({path: value}).value(path) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("quotas/account/concurrent_executions", "1000"),
        ("quotas/account/concurrent_executions", True),
        ("quotas/account/concurrent_executions", -1),
        ("quotas/account/concurrent_executions", float("nan")),
        ("cold_starts/platform_overhead", 200),
        ("lifecycles/default/recycle_rate", 0.176),
        ("lifecycles/default/placement", "nearest"),
        ("lifecycles/default/proactive_otherwise", [1]),
        ("runtimes/nodejs26.x/deprecation_date", "soon"),
        ("runtimes/nodejs26.x/deprecation_date", 2030),
        ("billing/failed_init_billed", 1),
        ("prices/us-east-1/requests", {"price": 0.3}),
        ("prices/us-east-1/duration/arm64/tiers", [0.00001]),
        ("prices/us-east-1/duration/arm64/tiers", {"up_to_gb_s": None, "price": 0.00001}),
    ],
)
def test_a_value_of_another_kind_is_refused_with_what_the_book_has(path, value):
    with pytest.raises(ParameterError, match=f"{path}: .* does not fit; the book has "):
        load_book().override({path: value})


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("triggers/sqs/queue/messages_per_delete", 0, r"0 is below 1 \(messages\), the least that can be simulated"),
        ("triggers/recursion/limit", 2.5, r"2.5 is no whole number \(invocations\)"),
        ("triggers/streams/kinesis/read/records", 1e18, r"1e\+18 is no whole number \(records per call\)"),
        ("triggers/streams/mapping/backoff/first_s", 0, r"0 is below 0.01 \(s\), the least that can be simulated"),
        ("triggers/asynchronous/sns/retries/immediate", 1001, r"1001 is above 1000 \(retries\), the most that"),
    ],
)
def test_a_number_with_which_a_run_would_make_no_sense_or_never_end_is_refused_with_its_bound(path, value, why):
    with pytest.raises(ParameterError, match=f"{path}: {why}"):
        load_book().override({path: value})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("triggers/recursion/limit", 0),
        ("triggers/streams/mapping/backoff/first_s", 0.01),
        ("triggers/streams/mapping/lane_buffer_batches", 0.5),
        ("triggers/sqs/pollers/ramp_per_minute", 0.5),
        ("triggers/asynchronous/sns/retries/immediate", 1000),
    ],
)
def test_a_number_at_its_bound_may_stand_and_a_rate_needs_not_be_whole(path, value):
    assert load_book().override({path: value}).value(path) == value


@given(st.sampled_from(PATHS))
def test_every_entry_may_be_overridden_by_its_own_value(path):
    book = load_book()
    assert book.override({path: book.value(path)}).value(path) == book.value(path)


@given(
    st.one_of(
        st.text(),
        st.builds(lambda path, cut, more: path[:cut] + more, st.sampled_from(PATHS), st.integers(0, 60), st.text()),
    )
)
def test_any_other_path_is_a_parameter_error_and_nothing_else(path):
    book = load_book()
    if path in PATHS:
        assert book.get(path).path == path
    else:
        with pytest.raises(ParameterError, match="the parameter book has "):
            book.get(path)


def test_a_look_up_in_one_file_reads_no_other():
    book_module._read.cache_clear()
    load_book().value("quotas/account/concurrent_executions")
    assert book_module._read.cache_info().currsize == 1
    load_book().value("quotas/function/timeout/maximum")
    assert book_module._read.cache_info().misses == 1


def test_the_biggest_file_costs_no_more_than_a_few_times_yamls_own_parsing():
    text = (book_module._FOLDER / "cold_starts.yaml").read_text(encoding="utf-8")

    def shortest(action):
        durations = []
        for _ in range(3):
            began = time.perf_counter()
            action()
            durations.append(time.perf_counter() - began)
        return min(durations)

    def read_again():
        book_module._read.cache_clear()
        book_module._read("cold_starts")

    assert shortest(read_again) < 4 * shortest(lambda: yaml.load(text, Loader=yaml.CSafeLoader))
