"""What lies in the book's files: each entry is whole, and says what its source says."""

import math
import re
from datetime import date
from itertools import pairwise

import pytest
import yaml

from lambdasim.parameters import book as book_module
from lambdasim.parameters.book import Parameter, load_book
from lambdasim.scenario.distributions import distribution_from
from lambdasim.units import US_PER_MS, parse_duration_us, parse_fraction, parse_rate_per_us
from lambdasim.workload.percentiles import percentile

FILES = book_module._files()

RUNTIMES = {  # 53, by family and version
    f"{family}{version}"
    for family, versions in {
        "nodejs": [
            "",
            "4.3",
            "4.3-edge",
            "6.10",
            "8.10",
            "10.x",
            "12.x",
            "14.x",
            "16.x",
            "18.x",
            "20.x",
            "22.x",
            "24.x",
            "26.x",
        ],
        "python": ["2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15"],
        "java": ["8", "8.al2", "8.al2023", "11", "11.al2023", "17", "17.al2023", "21", "25"],
        "dotnetcore": ["1.0", "2.0", "2.1", "3.1"],
        "dotnet": ["6", "8", "9", "10"],
        "ruby": ["2.5", "2.7", "3.2", "3.3", "3.4", "4.0"],
        "go": ["1.x"],
        "provided": ["", ".al2", ".al2023"],
        "custom": [""],
    }.items()
    for version in versions
}


def entries(file):
    return book_module._read(file).values()


def mixtures():
    for parameter in entries("cold_starts"):
        if re.match(r"cold_starts/(init|snap_start_restore/first)/", parameter.path):
            yield parameter


@pytest.mark.parametrize("file", FILES)
def test_every_entry_has_its_five_fields_and_a_known_confidence(file):
    found = list(entries(file))
    assert found
    for parameter in found:
        assert parameter.path.startswith(f"{file}/")
        assert parameter.confidence in set("HMLAU"), parameter
        for text in (parameter.unit, parameter.source, parameter.note):
            assert isinstance(text, str), parameter
        assert parameter.unit, parameter
        assert len(parameter.source) > 10, parameter
        assert re.fullmatch(r"20\d\d-\d\d(-\d\d)?", parameter.as_of), parameter
        assert parameter.value is not None or parameter.unit == "date" or parameter.path.endswith("/cap_s"), parameter


@pytest.mark.parametrize("file", FILES)
def test_every_value_is_readable_as_its_unit_says(file):
    for parameter in entries(file):
        match parameter.unit:
            case "duration":
                assert distribution_from(parameter.value).mean() > 0, parameter
            case "rate":
                assert parse_rate_per_us(parameter.value) > 0
            case "share":
                parse_fraction(parameter.value)
            case "date":
                assert parameter.value is None or date.fromisoformat(parameter.value)
            case choices if " | " in choices:
                assert parameter.value in choices.split(" | "), parameter
            case _:
                assert not (isinstance(parameter.value, str) and parameter.value[0].isdigit()), parameter


@pytest.mark.parametrize("file", FILES)
def test_no_file_says_a_key_twice(file):
    def walk(node):
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert len(keys) == len(set(keys)), (node.start_mark.line, keys)
            for _, child in node.value:
                walk(child)
        elif isinstance(node, yaml.SequenceNode):
            for child in node.value:
                walk(child)

    text = (book_module._FOLDER / f"{file}.yaml").read_text(encoding="utf-8")
    walk(yaml.compose(text, Loader=yaml.CSafeLoader))


def test_weak_entries_say_so():
    """A source that was not found, or a judgement, is never told with confidence."""
    for file in FILES:
        for parameter in entries(file):
            if re.match(r"no |taken from", parameter.source):
                assert parameter.confidence == "U", parameter
            if parameter.source.startswith(("judgement", "assumed")):
                assert parameter.confidence in "LA", parameter


def test_every_mixture_has_the_median_and_the_99th_percentile_in_its_note():
    for parameter in mixtures():
        assert sum(part["weight"] for part in parameter.value["mixture"]) == pytest.approx(1, abs=1e-9)
        mixture = distribution_from(parameter.value)
        for name, share, within in (("p50", 0.50, 0.012), ("p99", 0.99, 0.03)):
            measured_ms = float(re.search(rf"{name} ([\d.]+) ms", parameter.note)[1])
            assert percentile(mixture, share) / US_PER_MS == pytest.approx(measured_ms, rel=within), parameter.path


def test_every_measured_configuration_is_there():
    measured = {p.path for p in mixtures() if p.path.startswith("cold_starts/init/")}
    versioned = {path for path in measured if not re.search(r"/(dotnet_aot|graalvm|swift|cpp|quarkus)@", path)}
    assert len(versioned) == 179
    assert len({p.path for p in mixtures()} - measured) == 3
    assert sum("/arm64" in path for path in versioned) == 88
    assert sum("/Image/" in path for path in versioned) == 89


@pytest.mark.parametrize("branch", ["init", "first_invocation"])
@pytest.mark.parametrize(
    ("short", "measured"),
    [
        ("dotnet_aot@provided.al2023", "dotnet10_aot@provided.al2023"),
        ("graalvm@provided.al2023", "graalvm_java23@provided.al2023"),
        ("swift@provided.al2", "swift62@provided.al2"),
        ("cpp@provided.al2", "cpp11@provided.al2"),
    ],
)
def test_a_language_without_version_is_the_newest_measured(branch, short, measured):
    def below(name):
        prefix = f"cold_starts/{branch}/{name}"
        return {p.path.removeprefix(prefix): p.value for p in entries("cold_starts") if p.path.startswith(prefix)}

    assert below(short)
    assert below(short) == below(measured)


def test_first_invocations_are_known_for_the_same_names_and_never_slower_with_much_memory():
    book = load_book()
    assert set(book.names("cold_starts/first_invocation")) == set(book.names("cold_starts/init"))
    for name in book.names("cold_starts/first_invocation"):
        durations_ms = book.value(f"cold_starts/first_invocation/{name}")
        assert list(durations_ms) == [128, 256, 512, 1024]
        assert durations_ms[128] >= durations_ms[1024] > 0


def test_cold_starts_of_runtimes_are_known_by_the_names_of_the_runtimes():
    book = load_book()
    for name in book.names("cold_starts/init"):
        runtime = name.rpartition("@")[2]
        assert runtime in RUNTIMES
        for package_type in book.names(f"cold_starts/init/{name}"):
            assert package_type in {"Zip", "Image"}
            known = set(book.value(f"runtimes/{runtime}/architectures"))
            assert set(book.names(f"cold_starts/init/{name}/{package_type}")) <= known


def test_all_runtimes_are_there_with_their_dates_in_order():
    book = load_book()
    assert set(book.names("runtimes")) == RUNTIMES
    assert len(RUNTIMES) == 53
    undated = []
    for name in sorted(RUNTIMES):
        assert set(book.value(f"runtimes/{name}/architectures")) <= {"x86_64", "arm64"}
        deprecated, blocked = (book.value(f"runtimes/{name}/{key}") for key in ("deprecation_date", "block_update"))
        if deprecated is None:
            undated.append(name)
        elif blocked is not None:
            assert date.fromisoformat(deprecated) <= date.fromisoformat(blocked) or name == "nodejs4.3-edge"
    assert set(undated) == {"nodejs26.x", "python3.15", "custom"}
    assert book.value("runtimes/python3.9/deprecation_date") == "2025-12-15"


def test_lifecycles_have_the_same_keys_and_the_surplus_rule():
    book = load_book()
    keys = book.names("lifecycles/default")
    assert book.names("lifecycles") == ("default", "aws-2020", "aws-2021")

    def mean_s(path):
        return parse_duration_us(book.value(path)["normal"]["mean"]) / 1e6

    for preset in book.names("lifecycles"):
        assert book.names(f"lifecycles/{preset}") == keys
        ratio = mean_s(f"lifecycles/{preset}/surplus_idle_timeout") / mean_s(f"lifecycles/{preset}/idle_timeout")
        assert ratio == pytest.approx(2.3, abs=0.02)
        recycled_per_s = parse_rate_per_us(book.value(f"lifecycles/{preset}/recycle_rate")) * 1e6
        assert recycled_per_s == pytest.approx(4.9e-5, rel=0.005)
    assert mean_s("lifecycles/aws-2020/idle_timeout") == 638


def test_the_scaling_rule_of_before_november_2023_depends_on_the_region():
    book = load_book()
    initial = {name: book.value(f"scaling/regional_burst/initial/{name}") for name in ("us-east-1", "us-east-2")}
    assert initial == {"us-east-1": 3000, "us-east-2": 1000}
    assert book.value("scaling/regional_burst/initial_default") == book.value(
        "scaling/regional_burst/refill_per_minute"
    )


def test_the_scaling_rule_is_the_same_told_in_environments_and_in_requests():
    book = load_book()
    per_concurrency = book.value("quotas/account/requests_per_second_per_concurrency")
    for environments, requests in (("burst", "request_burst"), ("refill_per_second", "request_refill_per_second")):
        told = book.value(f"scaling/per_function/{requests}")
        assert told == per_concurrency * book.value(f"scaling/per_function/{environments}")


@pytest.mark.parametrize(
    ("mode", "mean_s", "longest_s"), [("legacy", 7.5, 15), ("standard", 1.5, 3), ("adaptive", 1.5, 3)]
)
def test_the_retry_modes_have_botocores_sums_of_delays(mode, mean_s, longest_s):
    book = load_book()
    cap_s = book.value(f"sdk/{mode}/cap_s")
    failures = range(1, book.value(f"sdk/{mode}/maximum_attempts"))
    delays_s = [min(book.value(f"sdk/{mode}/base_s") * 2 ** (n - 1), cap_s or math.inf) for n in failures]
    assert sum(delays_s) == longest_s
    assert sum(delays_s) / 2 == mean_s


def test_front_doors_answer_with_http_statuses():
    book = load_book()
    for parameter in entries("front_doors"):
        if parameter.path.endswith("_status"):
            assert parameter.unit == "HTTP status"
            assert 200 <= parameter.value < 600
    statuses = {
        name: book.value(f"front_doors/{name}/lambda_throttle_status") for name in ("alb", "direct", "function_url")
    }
    assert statuses == {"alb": 502, "direct": 429, "function_url": 429}


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_provisioned_concurrency_breaks_even_at_60_percent(architecture):
    """AWS's prices: configured GB-s + u x its duration price = u x the on-demand price at u = 0.60."""
    book = load_book()
    on_demand = book.value(f"prices/us-east-1/duration/{architecture}/tiers")[0]["price"]
    configured, duration = (
        book.value(f"prices/us-east-1/provisioned_concurrency/{architecture}/{part}")
        for part in ("configured", "duration")
    )
    assert configured / (on_demand - duration) == pytest.approx(0.60, abs=1e-4)


def test_arm64_costs_a_fifth_less_and_its_tiers_are_a_quarter_wider():
    book = load_book()
    tiers = {name: book.value(f"prices/us-east-1/duration/{name}/tiers") for name in ("x86_64", "arm64")}
    for x86, arm in zip(tiers["x86_64"], tiers["arm64"], strict=True):
        assert arm["price"] == pytest.approx(0.8 * x86["price"], rel=1e-4)
        if x86["up_to_gb_s"] is not None:
            assert arm["up_to_gb_s"] == 1.25 * x86["up_to_gb_s"]


def test_tiers_rise_and_prices_fall_with_use():
    for file in FILES:
        for parameter in entries(file):
            if isinstance(parameter.value, list) and isinstance(parameter.value[0], dict):
                ends = [
                    next(value for key, value in tier.items() if key.startswith("up_to")) for tier in parameter.value
                ]
                limits = [math.inf if end is None else end for end in ends]
                assert all(low < high for low, high in pairwise(limits)), parameter
                assert all(a["price"] > b["price"] for a, b in pairwise(parameter.value)), parameter


def test_sixty_terabytes_of_logs_cost_12500_dollars():
    """The worked total of the source, in TB of 1,000 GB."""
    usd, taken_tb = 0.0, 0
    for tier in load_book().value("prices/us-east-1/services/cloudwatch_logs/ingested"):
        end_tb = min(60, tier["up_to_tb"] or 60)
        usd += (end_tb - taken_tb) * 1000 * tier["price"]
        taken_tb = end_tb
    assert usd == pytest.approx(12500)


def test_discounts_and_fees_agree_with_the_prices_beside_them():
    book = load_book()
    prices = "prices/us-east-1"
    for plan in ("no_upfront", "all_upfront"):
        for architecture in ("x86_64", "arm64"):
            full = book.value(f"{prices}/duration/{architecture}/tiers")[0]["price"]
            discounted = full * (1 - book.value(f"{prices}/savings_plans/{plan}/discount"))
            assert book.value(f"{prices}/savings_plans/{plan}/duration/{architecture}") == pytest.approx(
                discounted, rel=0.005
            )
    examples = f"{prices}/managed_instances/examples"
    fee = book.value(f"{examples}/c7i_xlarge_on_demand") * book.value(f"{prices}/managed_instances/management_fee")
    assert book.value(f"{examples}/c7i_xlarge_fee") == pytest.approx(fee)


def test_a_region_with_the_same_prices_has_them_on_another_sources_word():
    book = load_book()
    for region in ("eu-west-1", "ap-northeast-1"):
        there = book.get(f"prices/{region}/duration/x86_64/tiers")
        here = book.get("prices/us-east-1/duration/x86_64/tiers")
        assert there.value == here.value
        assert (there.confidence, here.confidence) == ("M", "H")
        assert there.source != here.source
        assert book.get(f"prices/{region}/duration/arm64/tiers").confidence == "U"
    assert book.get("prices/us-west-2/requests").confidence == "A"
    assert book.get("prices/us-west-2/snap_start/cache").confidence == "U"


def test_other_services_have_prices_of_their_own_by_region_and_none_where_none_was_found():
    book = load_book()
    rest = {region: f"prices/{region}/services/api_gateway/rest" for region in book.names("prices")}
    found = {region: book.value(path) for region, path in rest.items() if book.has(path)}
    assert found.keys() == {"us-east-1", "eu-west-1", "eu-central-1"}
    assert found["us-east-1"][0] == found["eu-west-1"][0] == {"up_to": 333_000_000, "price": 3.50}
    assert found["eu-central-1"] == 3.70
    assert not book.has("prices/eu-west-1/services/kinesis")
    assert book.names("prices/eu-north-1/services") == ("eventbridge", "dynamodb_streams")
    assert book.names("prices/af-south-1") == ("duration", "free_tier")
    assert book.value("prices/ap-east-1/requests") == {"price": 0.28, "per": 1_000_000}


def test_the_price_list_of_ireland_confirms_what_was_read_elsewhere_for_virginia():
    book = load_book()
    for price in ("sqs/standard", "sqs/fifo", "sqs/free_requests", "sns/standard_publish", "sns/free_publishes"):
        there, here = (book.get(f"prices/{region}/services/{price}") for region in ("eu-west-1", "us-east-1"))
        assert there.value == here.value
        assert there.source != here.source


def test_a_parameter_is_a_frozen_value():
    parameter = load_book().get("handler/mb_per_vcpu")
    assert isinstance(parameter, Parameter)
    with pytest.raises(AttributeError):
        parameter.value = 1
