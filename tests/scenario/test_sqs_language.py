"""What can be said of an SQS queue and its mapping, and what AWS would refuse."""

from pathlib import Path

import pytest
import yaml
from small_scenario import complaints

from lambdasim.header import BilledItem
from lambdasim.parameters.book import load_book
from lambdasim.scenario.checks import ERRORS, WARNINGS
from lambdasim.scenario.load import parse_scenario
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.units import US_PER_DAY, US_PER_HOUR, US_PER_S
from lambdasim.workload.arrivals import NoArrivals

WORLD = """\
name: small
duration: 1h
functions:
  f: {{runtime: python3.13, handler: {{duration: 80 ms}}{function}}}
  g: {{runtime: python3.13, handler: {{duration: 80 ms}}, timeout: 60}}
triggers:
  web: {{type: direct, target: f, arrivals: {{poisson: {{rate: 5/s}}}}}}
  q: {{type: sqs, target: f{trigger}}}
{more}"""


def text(trigger="", more="", function=""):
    return WORLD.format(
        trigger=f", {trigger}" if trigger else "",
        more="".join(f"  {line}\n" for line in more.splitlines()),
        function=f", {function}" if function else "",
    )


def read(trigger="", more="", **keys):
    return parse_scenario(text(trigger, more, **keys)).triggers["q"]


def says(trigger="", more=""):
    return [line.split(": ", 1)[1] for line in complaints(text(trigger, more))]


def found(check, trigger="", more="", function=""):
    """What one check of the whole finds: paths and messages."""
    document, book = yaml.safe_load(text(trigger, more, function)), load_book()
    types = {name: trigger["type"] for name, trigger in document["triggers"].items()}
    around = Surroundings(book, Path(), tuple(document["functions"]), types)
    scenario = Scenario.model_validate(document, context=around)  # which is before the whole is checked
    return [(".".join(map(str, path)), message) for path, message in (ERRORS | WARNINGS)[check](scenario, book)]


def test_what_is_not_said_comes_from_the_book():
    q = read()
    assert (q.batch_size, q.maximum_batching_window_in_seconds) == (10, 0)
    assert (q.queue.visibility_timeout_us, q.queue.message_retention_us) == (30 * US_PER_S, 4 * US_PER_DAY)
    assert (q.queue.delay_us, q.queue.max_receive_count, q.queue.dead_letter) == (0, None, None)
    assert (q.queue.fifo, q.queue.message_groups.count, q.queue.message_groups.zipf) == (False, 100, 0)
    assert (q.scaling_config, q.provisioned_poller_config, q.filter, q.poison) == (None, None, None, None)
    assert q.arrivals == NoArrivals()
    assert not q.reports_failures


def test_a_whole_queue_is_understood():
    q = read(
        "batch_size: 500, maximum_batching_window_in_seconds: 5, function_response_types: [ReportBatchItemFailures], "
        "filter: {pass: 80%}, poison: {rate: 0.1%}, payload_size: 4 KB, arrivals: {poisson: {rate: 10/s}}, "
        "queue: {visibility_timeout: 3m, message_retention: 14d, delay: 15m, max_receive_count: 5, dead_letter: d, "
        "backlog: 1000000}, scaling_config: {maximum_concurrency: 50}",
        "d: {type: sqs, target: g, queue: {visibility_timeout: 12h}}",
    )
    assert (q.queue.visibility_timeout_us, q.queue.message_retention_us) == (180 * US_PER_S, 14 * US_PER_DAY)
    assert (q.queue.delay_us, q.queue.backlog) == (900 * US_PER_S, 1_000_000)
    assert (q.queue.max_receive_count, q.queue.dead_letter) == (5, "d")
    assert (q.batch_size, q.scaling_config.maximum_concurrency) == (500, 50)
    assert (q.filter.passing, q.poison.rate, q.payload_size_mb) == (0.8, 0.001, 4 / 1024)
    assert q.reports_failures
    assert q.sinks == {("queue", "dead_letter"): "d"}


def test_a_fifo_queue_has_message_groups():
    assert read("queue: {fifo: true, message_groups: 7}").queue.message_groups.count == 7
    groups = read("queue: {fifo: true, message_groups: {count: 50, zipf: 1.2}}").queue.message_groups
    assert (groups.count, groups.zipf) == (50, 1.2)


def test_a_dead_letter_queue_alone_takes_the_api_s_ten_receives():
    assert read("queue: {dead_letter: discard-counted}").queue.max_receive_count == 10
    assert read("queue: {max_receive_count: 3}").queue.dead_letter is None


def test_provisioned_pollers_have_their_defaults():
    config = read("provisioned_poller_config: {}").provisioned_poller_config
    assert (config.minimum_pollers, config.maximum_pollers) == (2, 200)


def test_requests_are_billed_to_the_queue_and_pollers_to_their_mapping():
    requests = BilledItem("SQS requests", "requests", "requests", "services/sqs/standard")
    pollers = BilledItem("provisioned SQS pollers", "poller_hours", "poller-hours", "event_poller_units/sqs")
    assert read().billed == (requests,)
    assert read("provisioned_poller_config: {}").billed == (requests, pollers)
    assert read("queue: {fifo: true}").billed[0].price == "services/sqs/fifo"
    assert read("queue: {shared_with: d}", "d: {type: sqs, target: f}").billed == ()
    for item in (requests, pollers):
        assert load_book().has(f"prices/us-east-1/{item.price}")


@pytest.mark.parametrize(
    ("trigger", "message"),
    [
        ("queue: {visibility_timeout: 13h}", "triggers.q.queue.visibility_timeout: 13h is outside 0 s to 12 h"),
        ("queue: {message_retention: 59s}", "triggers.q.queue.message_retention: 59s is outside 1 min to 14 d"),
        ("queue: {delay: 901 s}", "triggers.q.queue.delay: 901 s is outside 0 s to 15 min"),
        ("queue: {delay: 5}", "triggers.q.queue.delay: 5 has no unit"),
        ("queue: {visibility_timeout: -1s}", "triggers.q.queue.visibility_timeout: -1s is negative"),
        ("queue: {max_receive_count: 0}", "triggers.q.queue.max_receive_count: 0 is below 1"),
        ("queue: {dead_letter: webb}", "triggers.q.queue.dead_letter: there is no trigger 'webb'; did you mean 'web'?"),
        ("queue: {message_groups: 5}", "triggers.q.queue.message_groups: only a FIFO queue keeps the order"),
        ("queue: {fifo: true, message_groups: 0}", "triggers.q.queue.message_groups: 0 is below 1"),
        ("queue: {fifo: true, message_groups: 1000001}", "triggers.q.queue.message_groups: 1,000,001 groups; at most"),
        (
            "queue: {fifo: true, message_groups: many}",
            "triggers.q.queue.message_groups: expected a number or a mapping",
        ),
        ("queue: {fifo: true, message_groups: {count: 5, zipf: -1}}", "zipf: -1 is negative"),
        ("queue: {fifo: yes please}", "triggers.q.queue.fifo: expected true or false"),
        ("queue: {backlog: 2.5}", "triggers.q.queue.backlog: expected a whole number, found 2.5"),
        ("queue: {visibilty_timeout: 30 s}", "unknown key 'visibilty_timeout'; did you mean 'visibility_timeout'?"),
        ("batch_size: 11", "triggers.q.batch_size: more than 10 messages need maximum_batching_window_in_seconds"),
        ("batch_size: 10001", "triggers.q.batch_size: 10001 is outside 1 to 10000 messages"),
        ("batch_size: 0", "triggers.q.batch_size: 0 is outside 1 to 10000 messages"),
        ("batch_size: 11, queue: {fifo: true}", "triggers.q.batch_size: 11 messages; a batch of a FIFO queue has at"),
        (
            "maximum_batching_window_in_seconds: 1, queue: {fifo: true}",
            "triggers.q.maximum_batching_window_in_seconds: a FIFO queue has no batching window",
        ),
        ("maximum_batching_window_in_seconds: 301", "301 is outside 0 to 300 s"),
        (
            "scaling_config: {maximum_concurrency: 1}",
            "triggers.q.scaling_config.maximum_concurrency: 1 is outside 2 to",
        ),
        ("scaling_config: {maximum_concurrency: 1001}", "1001 is outside 2 to 1000"),
        ("scaling_config: {}", "the key 'maximum_concurrency' is required"),
        ("provisioned_poller_config: {minimum_pollers: 1}", "minimum_pollers: 1 is outside 2 to 200"),
        ("provisioned_poller_config: {maximum_pollers: 2001}", "maximum_pollers: 2001 is outside 2 to 2000"),
        (
            "provisioned_poller_config: {minimum_pollers: 30, maximum_pollers: 20}",
            "provisioned_poller_config.minimum_pollers: 30 pollers are above maximum_pollers (20)",
        ),
        (
            "provisioned_poller_config: {}, scaling_config: {maximum_concurrency: 5}",
            "triggers.q.scaling_config: maximum concurrency and provisioned pollers exclude each other",
        ),
        ("function_response_types: [ReportItemFailures]", "did you mean 'ReportBatchItemFailures'?"),
        ("filter: {pass: 120%}", "triggers.q.filter.pass: 120% is outside 0% to 100%"),
        ("filter: {}", "the key 'pass' is required"),
        ("poison: {}", "the key 'rate' is required"),
        ("payload_size: 1.1 MB", "triggers.q.payload_size: 1.1 MB is above 1 MB, the most that a message may have"),
    ],
)
def test_what_aws_would_refuse_is_an_error(trigger, message):
    lines = says(trigger)
    assert len(lines) == 1, lines
    assert message in lines[0]


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ("queue: {shared_with: d, backlog: 5}", "queue.backlog"),
        ("queue: {shared_with: d, visibility_timeout: 60 s}", "queue.visibility_timeout"),
        ("queue: {shared_with: d, fifo: true}", "queue.fifo"),
        ("queue: {shared_with: d}, arrivals: {constant: {rate: 1/s}}", "arrivals"),
        ("queue: {shared_with: d}, payload_size: 2 KB", "payload_size"),
        ("queue: {shared_with: d}, poison: {rate: 1%}", "poison"),
    ],
)
def test_a_shared_queue_is_described_where_it_stands(keys, path):
    [line] = says(keys, "d: {type: sqs, target: f}")
    assert f"triggers.q.{path}: " in line
    assert line.endswith("d; say it there")


def test_all_mistakes_are_told_at_once():
    lines = says("batch_size: 0, filter: {pass: 2}, queue: {visibility_timeout: 13h, dead_letter: nowhere}")
    assert len(lines) == 4


def test_a_visibility_timeout_below_the_function_s_timeout_is_refused():
    check = "visibility_timeout_below_function_timeout"
    [(path, message)] = found(check, "queue: {visibility_timeout: 2 s}")
    assert path == "triggers.q.queue.visibility_timeout"
    assert "below the timeout of f (3 s); AWS refuses that" in message
    assert found(check, "queue: {visibility_timeout: 3 s}") == []
    assert found(check, "queue: {visibility_timeout: 0 s}") != []


def test_the_default_visibility_timeout_is_weighed_too():
    [(path, _)] = found("visibility_timeout_below_function_timeout", more="r: {type: sqs, target: g}")
    assert path == "triggers.r.queue.visibility_timeout"


def test_a_shared_queue_s_visibility_timeout_holds_for_every_function_that_polls_it():
    [(path, _)] = found(
        "visibility_timeout_below_function_timeout", more="r: {type: sqs, target: g, queue: {shared_with: q}}"
    )
    assert path == "triggers.r.queue.shared_with"


def test_only_the_queue_of_an_sqs_trigger_with_a_queue_can_be_shared():
    check = "no_queue_to_share"
    [(path, message)] = found(check, "queue: {shared_with: web}")
    assert path == "triggers.q.queue.shared_with"
    assert "web is of type direct" in message
    [(_, message)] = found(check, "queue: {shared_with: q}")
    assert "q has no queue of its own" in message
    chain = "r: {type: sqs, target: f, queue: {shared_with: q}}\ns: {type: sqs, target: f, queue: {shared_with: r}}"
    [(path, _)] = found(check, more=chain)
    assert path == "triggers.s.queue.shared_with"


@pytest.mark.parametrize(("queue", "other"), [("fifo: true", "fifo: false"), ("fifo: false", "fifo: true")])
def test_a_dead_letter_queue_is_of_its_queue_s_kind(queue, other):
    more = f"d: {{type: sqs, target: f, queue: {{{other}}}}}"
    [(path, _)] = found("dead_letter_queue_of_another_kind", f"queue: {{{queue}, dead_letter: d}}", more)
    assert path == "triggers.q.queue.dead_letter"
    same = f"d: {{type: sqs, target: f, queue: {{{queue}}}}}"
    assert found("dead_letter_queue_of_another_kind", f"queue: {{{queue}, dead_letter: d}}", same) == []
    assert found("dead_letter_queue_of_another_kind", f"queue: {{{queue}, dead_letter: discard-counted}}") == []


def test_a_second_mapping_on_a_fifo_queue_keeps_to_its_limits():
    more = "r: {type: sqs, target: f, batch_size: 50, maximum_batching_window_in_seconds: 5, queue: {shared_with: q}}"
    paths = [path for path, _ in found("batch_too_large_for_fifo", "queue: {fifo: true}", more)]
    assert paths == ["triggers.r.batch_size", "triggers.r.maximum_batching_window_in_seconds"]
    assert found("batch_too_large_for_fifo", "", more) == []


@pytest.mark.parametrize(
    ("trigger", "reserved", "batches"),
    [
        ("", 100, "1,250"),
        ("scaling_config: {maximum_concurrency: 10}", 9, "10"),
        ("provisioned_poller_config: {maximum_pollers: 3}", 29, "30"),
    ],
)
def test_pollers_beyond_reserved_concurrency_are_told_of(trigger, reserved, batches):
    check = "pollers_over_reserved"
    [(path, message)] = found(check, trigger, function=f"reserved_concurrent_executions: {reserved}")
    assert path == "triggers.q.scaling_config"
    assert f"may send {batches} batches at once, more than its reserved concurrency takes ({reserved})" in message
    if batches != "1,250":
        assert found(check, trigger, function=f"reserved_concurrent_executions: {batches}") == []
    assert found(check, trigger) == []
    assert found(check, trigger, function="reserved_concurrent_executions: 0") == []  # stopped, and meant so


@pytest.mark.parametrize(
    ("trigger", "then"),
    [
        ("", "each refusal is a receive, and hides the message for 30 s; set scaling_config.maximum_concurrency"),
        (
            "queue: {visibility_timeout: 3m, max_receive_count: 4, dead_letter: discard-counted}",
            (
                "each refusal is a receive, and after 4 a message is dead-lettered without a run; "
                "set scaling_config.maximum_concurrency"
            ),
        ),
        (
            (
                "queue: {visibility_timeout: 3m, max_receive_count: 4, dead_letter: d}, "
                "scaling_config: {maximum_concurrency: 50}"
            ),
            (
                "each refusal is a receive, and after 4 a message goes to d without a run; "
                "lower scaling_config.maximum_concurrency"
            ),
        ),
        (
            "queue: {visibility_timeout: 3m, max_receive_count: 4}, provisioned_poller_config: {maximum_pollers: 30}",
            (
                "each refusal is a receive, and after 4 a message is dropped without a run; "
                "lower provisioned_poller_config.maximum_pollers"
            ),
        ),
    ],
)
def test_what_becomes_of_refused_messages_is_told_by_what_their_queue_has(trigger, then):
    more = "d: {type: sqs, target: g, queue: {visibility_timeout: 3m}}"
    [(_, message)] = found("pollers_over_reserved", trigger, more, function="reserved_concurrent_executions: 9")
    assert message.endswith(then)


def test_ranges_are_those_of_the_book():
    book = load_book().override({"triggers/sqs/queue/visibility_timeout_s/default": 45})
    assert book.value("triggers/sqs/queue/visibility_timeout_s/maximum") == 12 * 3600
    world = text() + "parameters: {triggers/sqs/queue/visibility_timeout_s/default: 45}\n"
    assert parse_scenario(world).triggers["q"].queue.visibility_timeout_us == 45 * US_PER_S
    assert read("queue: {visibility_timeout: 12h}").queue.visibility_timeout_us == 12 * US_PER_HOUR
