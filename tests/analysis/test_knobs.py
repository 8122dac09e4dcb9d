import pytest

from lambdasim.analysis.knobs import knobs_of
from lambdasim.analysis.ranges import Range
from lambdasim.errors import InputError
from lambdasim.parameters.book import load_book
from lambdasim.scenario.load import override
from tests.worlds import at, load, world

MEMORY = "functions.f.memory_size"
PROVISIONED = "functions.f.provisioned_concurrent_executions"
RESERVED = "functions.f.reserved_concurrent_executions"
QUEUE = {"type": "sqs", "arrivals": at("0s"), "queue": {"visibility_timeout": "180 s"}}


def knob(path, wanted, **changes):
    [found] = knobs_of(load(world(**changes)), {path: wanted})
    return found


def queue_world(**changes):
    document = world()
    document["triggers"] = {"t": {"target": "f", **QUEUE, **changes}}
    return load(document)


def test_a_range_is_all_whole_numbers_of_it():
    assert knob(RESERVED, "3..6").texts == ("3", "4", "5", "6")
    assert knob("functions.f.timeout", Range(2, 4, whole=True)).texts == ("2", "3", "4")
    assert knob("triggers.t.client.read_timeout", "40s..42s").texts == ("40 s", "41 s", "42 s")


@pytest.mark.parametrize(
    ("wanted", "texts"),
    [
        ([512, 128, "256", 512], ("128", "256", "512")),
        (range(200, 500, 100), ("200", "300", "400")),
        ("512", ("512",)),
    ],
)
def test_a_list_of_numbers_is_tried_from_the_smallest_up_each_once(wanted, texts):
    assert knob(MEMORY, wanted).texts == texts


def test_durations_are_ordered_by_what_they_mean():
    assert knob("functions.f.handler.duration", ["2 s", "300ms", "1m"]).texts == ("300ms", "2 s", "1m")


def test_words_have_no_order():
    found = knob("functions.f.architecture", ["x86_64", "arm64"], function={"runtime": "python3.13"})
    assert (found.texts, found.is_ordered) == (("x86_64", "arm64"), False)


def test_without_values_reserved_concurrency_goes_up_to_what_the_quota_leaves():
    found = knob(RESERVED, None, account={"concurrent_executions": 300})
    assert (found.span, len(found.texts)) == ("1 to 200", 200)
    [refused] = found.refused
    assert refused.startswith("201 to 300: all functions together reserve 201; at most 200 can be reserved")


def test_without_values_provisioned_concurrency_goes_from_none_to_what_is_reserved():
    found = knob(PROVISIONED, None, function={"reserved_concurrent_executions": 7})
    assert found.texts == tuple("01234567")
    assert found.refused[0].startswith("8 to 1000: the function provisions 8 of a reserved concurrency of 7")


def test_no_provisioned_concurrency_is_a_scenario_without_it():
    scenario = load(world(function={"provisioned_concurrent_executions": 5}))
    [found] = knobs_of(scenario, {PROVISIONED: "0..2"})
    without = override(scenario, found.overrides(0)).functions["f"]
    assert without.provisioned_concurrent_executions is None
    assert override(scenario, found.overrides(2)).functions["f"].provisioned_concurrent_executions == 2


def test_without_values_memory_goes_in_the_steps_of_the_book_and_by_one_vcpu():
    texts = knob(MEMORY, None).texts
    book = load_book()
    assert {"128", "1769", "10240"} <= set(texts)
    assert {int(text) for text in texts} == {*book.value("sizing/memory_sizes"), 1769}
    assert list(map(int, texts)) == sorted(map(int, texts))


@pytest.mark.parametrize(
    ("path", "low", "high"),
    [
        ("triggers.t.scaling_config.maximum_concurrency", "2", "1000"),
        ("triggers.t.batch_size", "1", "10"),  # more need a window
        ("functions.f.timeout", "1", "30"),  # the queue's visibility timeout allows no more
    ],
)
def test_without_values_a_key_goes_through_the_range_that_aws_allows(path, low, high):
    scenario = queue_world(queue={"visibility_timeout": "30 s"})
    [found] = knobs_of(scenario, {path: None})
    assert (found.texts[0], found.texts[-1]) == (low, high)


def test_what_the_scenario_refuses_bounds_the_range_at_both_ends():
    found = knob(RESERVED, "1..950", function={"provisioned_concurrent_executions": 10})
    assert (found.texts[0], found.texts[-1], len(found.texts)) == ("10", "900", 891)
    below, above = found.refused
    assert below.startswith("1 to 9: the function provisions 10 of a reserved concurrency of 9")
    assert above.startswith("901 to 950: all functions together reserve 901; at most 900")


@pytest.mark.parametrize(
    ("vary", "says"),
    [
        ({MEMORY: "9..3"}, f"--vary: {MEMORY}: '9..3' is empty"),
        ({MEMORY: "1..3"}, f"--vary: {MEMORY}: 1 is outside 128 to 10240 MB"),
        ({MEMORY: []}, f"--vary: {MEMORY}: there are no values to try; write for example 128,256,512 or 128..1024"),
        ({MEMORY: "0.5..3"}, f"--vary: {MEMORY}: 0.5..3.0 is not in whole numbers"),
        ({MEMORY: "1..1000000"}, f"--vary: {MEMORY}: 1..1000000 has 1,000,000 values; at most 100,000"),
        ({"functions.f.memory_sise": None}, "--vary: functions.f.memory_sise: unknown key 'memory_sise'"),
        ({"functions.g.memory_size": None}, "--vary: functions.g.memory_size: there is no function 'g'"),
        ({"functions.f.architecture": "1..3"}, "--vary: functions.f.architecture: it takes no number, so 1..3 is no"),
        ({"functions.f.architecture": None}, "--vary: functions.f.architecture: it is no whole number, so its values"),
        ({"account.concurrent_executions": None}, "--vary: account.concurrent_executions: nothing says how far"),
        ({"functions..f": "1..3"}, "--vary: functions..f: 'functions..f' is no path"),
    ],
)
def test_a_knob_that_makes_no_sense_is_a_problem_of_the_command_line(vary, says):
    with pytest.raises(InputError) as caught:
        knobs_of(load(world()), vary)
    [problem] = map(str, caught.value.problems)
    assert problem.startswith(says)


def test_all_problems_of_all_knobs_are_told_at_once():
    with pytest.raises(InputError) as caught:
        knobs_of(load(world()), {MEMORY: "9..3", "functions.f.timeout": "0..0", RESERVED: "1..2"})
    assert [problem.path for problem in caught.value.problems] == [MEMORY, "functions.f.timeout"]


def test_a_value_that_other_knobs_may_make_right_is_kept():
    scenario = load(world(function={"reserved_concurrent_executions": 5}))
    vary = {PROVISIONED: "0..20", RESERVED: "5..20"}
    assert [len(found.texts) for found in knobs_of(scenario, vary, alone=False)] == [21, 16]
    assert [len(found.texts) for found in knobs_of(scenario, vary)] == [6, 16]
