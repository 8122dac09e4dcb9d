import json
import re

from lambdasim.display.sparkline import LEVELS
from tests.cli.shop import WORLD

SCENARIO_OF_NOTHING = "name: quiet\nduration: 1h\nfunctions: {api: {runtime: python3.13, handler: {duration: 80 ms}}}\n"
STOPPED = "api: {reserved_concurrent_executions: 0, "


def strict_json(text):
    def refuse(word):
        raise AssertionError(word)

    return json.loads(text, parse_constant=refuse)


def test_the_answer_is_the_first_line_and_one_sentence(command):
    run = command("run", "shop.yaml")
    first = run.out.splitlines()[0]
    assert re.fullmatch(r"99 % of api's successful calls were answered within \S+ ms \(.*\); .* cost \$\S+\.", first)
    assert (run.status, run.err) == (0, "")


def test_the_report_of_a_pipe_is_plain_text_without_trailing_spaces(command):
    lines = command("run", "shop.yaml").out.splitlines()
    assert all(line.isprintable() and line == line.rstrip() for line in lines)
    assert all(sign.isascii() or sign in LEVELS[True] for line in lines for sign in line)


def test_every_row_of_a_table_ends_where_its_heading_ends(command):
    lines = command("run", "shop.yaml").out.splitlines()
    heading = lines.index("Environments, and concurrent executions") + 1
    assert len(lines[heading]) == len(lines[heading + 1])
    assert lines[heading + 1].split()[0] == "api"


def test_a_long_name_is_shown_whole_on_one_line(command, write):
    name = "a-function-with-as-many-letters-as-aws-allows-in-a-name-" + "x" * 8
    write(WORLD.replace("api:", f"{name}:").replace("target: api", f"target: {name}"))
    out = command("run", "shop.yaml").out
    assert sum(line.startswith(f"{name}  ") for line in out.splitlines()) > 5
    assert "…" not in out


def test_a_hundred_functions_all_have_their_rows_in_a_pipe(command, write):
    functions = "".join(f"  f{n}: {{runtime: python3.13, handler: {{duration: 80 ms}}}}\n" for n in range(100))
    write(f"name: many\nduration: 1m\nfunctions:\n{functions}")
    out = command("run", "shop.yaml").out
    assert all(re.search(rf"^f{n} +0 ", out, re.MULTILINE) for n in range(100))


def test_a_scenario_without_traffic_says_so(command, write):
    write(SCENARIO_OF_NOTHING)
    run = command("run", "shop.yaml")
    assert run.out.startswith("No event arrived; a month like this would cost $0.00.\n")
    assert "no trigger invokes this function [function_without_trigger]" in run.out
    assert run.status == 0


def test_a_stopped_function_is_told_to_have_served_nobody(command, write):
    write(WORLD.replace("api: {", STOPPED))
    assert re.match(r"None of api's [\d,]+ events succeeded \(.*\); nothing ran; ", command("run", "shop.yaml").out)


def test_a_threshold_that_holds_leaves_status_0_and_one_that_fails_gives_1_with_the_report(command, write):
    write(f"{WORLD}thresholds: [api.latency_ms.p99 < 10s, api.cold_start_rate < 0.001%]\n")
    run = command("run", "shop.yaml")
    assert run.status == 1
    assert "1 of 2 thresholds failed." in run.out.splitlines()[0]
    assert re.search(r"^api\.latency_ms\.p99 < 10s .* ok$", run.out, re.MULTILINE)
    assert re.search(r"^api\.cold_start_rate < 0\.001% .* % +FAILED$", run.out, re.MULTILINE)
    write(f"{WORLD}thresholds: [api.latency_ms.p99 < 10s]\n")
    assert command("run", "shop.yaml").status == 0


def test_a_failed_threshold_shows_in_the_status_of_json_too(command, write):
    write(f"{WORLD}thresholds: [api.events < 1]\n")
    run = command("run", "shop.yaml", "--json")
    assert run.status == 1
    assert [threshold["ok"] for threshold in strict_json(run.out)["thresholds"]] == [False]


def test_json_is_one_strict_document_and_the_summary_that_is_saved(command, folder):
    run = command("run", "shop.yaml", "--json", "-o", "out")
    printed = strict_json(run.out)
    saved = strict_json((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    for key in ("wall_s", "invocations_per_wall_s"):
        assert printed.pop(key) > 0
        assert saved.pop(key) is None
    assert printed == saved
    assert run.err == "Written to out/\n"


def test_json_of_nothing_has_null_where_there_is_no_number(command, write):
    write(SCENARIO_OF_NOTHING)
    api = strict_json(command("run", "shop.yaml", "--json").out)["functions"]["api"]
    assert (api["cold_start_rate"], api["latency_ms"]["p99"]) == (None, None)


def test_seed_replaces_that_of_the_scenario(command):
    other = strict_json(command("run", "shop.yaml", "--json", "--seed", "4").out)
    own = strict_json(command("run", "shop.yaml", "--json").out)
    assert (own["seed"], other["seed"]) == (3, 4)
    assert own["functions"] != other["functions"]


def test_set_replaces_values_and_may_be_repeated(command):
    words = ["--set", "functions.api.memory_size=1024", "--set", "duration=1m", "--set", "name=a=b"]
    run = command("run", "shop.yaml", "--json", *words[:4])
    summary = strict_json(run.out)
    assert summary["simulated_s"] == 60
    lines = summary["functions"]["api"]["cost_usd"]["lines"]
    seconds = summary["functions"]["api"]["billed_duration_ms"]["mean"] * summary["functions"]["api"]["invocations"]
    [gb_s] = [line["quantity"] for line in lines if line["unit"] == "GB-s"]
    assert abs(gb_s - seconds / 1000) < 1e-6 * gb_s  # 1 GB of memory
    assert "'a=b' is no name" in command("run", "shop.yaml", *words).err  # split at the first = only


def test_without_the_log_counts_are_the_same_and_percentiles_nearly(command):
    full = strict_json(command("run", "shop.yaml", "--json").out)["functions"]["api"]
    flat = strict_json(command("run", "shop.yaml", "--json", "--log", "none").out)["functions"]["api"]
    assert flat["events"] == full["events"] > 0
    assert flat["cost_usd"] == full["cost_usd"]
    assert abs(flat["latency_ms"]["p99"] / full["latency_ms"]["p99"] - 1) <= 0.01


def test_journeys_have_a_table_of_their_own(command, write):
    flows = "[{steps: [{invoke: api}, {wait: 1s}, {invoke: idle}]}]"
    write(WORLD.replace("type: api_gateway, target: api", f"type: journey, flows: {flows}"))
    out = command("run", "shop.yaml").out
    assert re.search(
        r"^Journeys, in milliseconds\ntrigger +users +completed .*\nweb +[\d,]+ +[\d,]+ ", out, re.MULTILINE
    )


def test_warm_up_leaves_statistics_of_what_follows(command):
    out = command("run", "shop.yaml", "--set", "warm_up=9m").out
    assert "Functions over 1 min" in out
    assert "none of" in out.splitlines()[0]  # no cold start in the last minute
