import subprocess
import sys

import pytest

from tests.cli.shop import WORLD

WEE = ("--replications", "2", "--workers", "1")
BIGGER = "functions.api.memory_size=512,1024"
OTHER = WORLD.replace("name: shop", "name: other").replace("80 ms", "120 ms")


@pytest.fixture
def saved(command, folder):
    """A folder that `run -o` wrote."""
    assert command("run", "shop.yaml", "-o", "out").status == 0
    return folder / "out"


def test_a_scenarios_page_goes_to_a_file_of_its_name_here_and_the_answer_is_printed(command, folder):
    done = command("report", "shop.yaml", *WEE)
    assert (done.status, done.err) == (0, "Written to shop.html\n")
    assert done.out.startswith("99 % of api's successful calls were answered within ")
    page = (folder / "shop.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "from 2 replications (seeds 3 to 4)" in page
    assert "<td>lambdasim report" not in page
    assert "<code>lambdasim report shop.yaml --seed 3 --replications 2</code>" in page


def test_the_command_that_the_page_tells_makes_the_same_page_again(command, folder):
    first = command("report", "shop.yaml", *WEE, "--set", "functions.api.memory_size=1024", "--measure", "api.errors")
    assert first.status == 0
    page = (folder / "shop.html").read_bytes()
    told = page.decode().partition("<code>lambdasim report ")[2].partition("</code>")[0]
    assert told.endswith("--set functions.api.memory_size=1024 --seed 3 --measure api.errors --replications 2")
    (folder / "shop.html").unlink()
    assert command("report", *told.split(), "--workers", "1").status == 0
    assert (folder / "shop.html").read_bytes() == page


def test_a_scenario_can_not_be_named_like_markup_and_a_files_name_that_is_stays_text(command, folder, write):
    write(WORLD.replace("name: shop", "name: <script>"))
    refused = command("report", "shop.yaml", *WEE)
    assert (refused.status, "name: '<script>' is no name" in refused.err) == (2, True)
    write(WORLD, "a<script>.yaml")
    assert command("report", "a<script>.yaml", *WEE).status == 0
    page = (folder / "shop.html").read_text(encoding="utf-8")
    assert page.count("a&lt;script&gt;.yaml") == 2  # in the command that makes it again, and above the scenario's text
    assert "<script>.yaml" not in page


def test_with_one_replication_there_is_no_interval_and_the_page_says_so(command, folder):
    assert command("report", "shop.yaml", "--replications", "1").status == 0
    assert "One run has no interval" in (folder / "shop.html").read_text(encoding="utf-8")


def test_run_writes_that_page_into_its_folder(command, folder, saved):
    assert command("report", "shop.yaml", "--replications", "1").status == 0
    assert (saved / "report.html").read_bytes() == (folder / "shop.html").read_bytes()


def test_a_folders_page_goes_into_the_folder_with_intervals_on_its_run(command, saved):
    done = command("report", "out", *WEE)
    assert (done.status, done.err) == (0, "Written to out/report.html\n")
    assert "from 2 replications (seeds 3 to 4)" in (saved / "report.html").read_text(encoding="utf-8")


def test_a_folder_whose_scenario_is_another_by_now_has_a_page_without_intervals_and_it_is_told_why(command, saved):
    with (saved / "scenario.yaml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    done = command("report", "out", *WEE)
    assert done.status == 0
    assert done.err.startswith("lambdasim: no intervals and no advice: ")
    assert "One run has no interval" in (saved / "report.html").read_text(encoding="utf-8")


def test_variants_have_a_page_of_their_comparison(command, folder):
    done = command("report", "shop.yaml", "--vary", BIGGER, "--measure", "api.latency_ms.p99", *WEE)
    assert (done.status, done.err) == (0, "Written to shop-comparison.html\n")
    page = (folder / "shop-comparison.html").read_text(encoding="utf-8")
    assert "--vary functions.api.memory_size=512,1024 --measure api.latency_ms.p99" in page


def test_two_scenarios_are_compared_too_and_their_command_makes_the_same_page(command, folder, write):
    write(OTHER, "other.yaml")
    done = command("report", "shop.yaml", "other.yaml", "--baseline", "2", *WEE)
    assert (done.status, done.err) == (0, "Written to comparison.html\n")
    page = (folder / "comparison.html").read_bytes()
    told = page.decode().partition("<code>lambdasim report ")[2].partition("</code>")[0]
    assert command("report", *told.split(), "--workers", "1").status == 0
    assert (folder / "comparison.html").read_bytes() == page


def test_an_older_page_is_written_over_and_another_file_only_if_it_is_named(command, folder):
    (folder / "shop.html").write_text("<p>my own</p>", encoding="utf-8")
    refused = command("report", "shop.yaml", "--replications", "1")
    assert refused.status == 2
    assert "shop.html: is there already, and is no page of lambdasim's; name a file with -o" in refused.err
    assert (folder / "shop.html").read_text(encoding="utf-8") == "<p>my own</p>"
    for _ in range(2):
        assert command("report", "shop.yaml", "--replications", "1", "-o", "shop.html").status == 0
    assert command("report", "shop.yaml", "--replications", "1").status == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["shop.yaml", "-o", "nowhere/page.html"],
            "-o: nowhere/page.html: can't write it: there is no folder 'nowhere'",
        ),
        (["shop.yaml", "-o", "."], "can't write it: it is a folder; name a file"),
        (["shop.yaml", "-o", "./shop.yaml"], "-o: shop.yaml: this is the scenario; name another file"),
        (["shop.yaml", "--vary", BIGGER, "-o", "shop.yaml"], "-o: shop.yaml: this is the scenario; name another file"),
        (
            ["shop.yaml", "--baseline", "2"],
            "--baseline: 2: there is only one variant; give --vary or a second scenario",
        ),
        (["shop.yaml", "--measure", "api.speed"], "--measure: api.speed: "),
        (["shop.yaml", "--replications", "1", "--measure", "api.speed"], "--measure: api.speed: "),
        (["shop.yaml", "--replications", "1", "--vary", BIGGER], "--replications: a comparison needs 2 or more"),
        (["shop.yaml", "."], ".: is a folder, whose run is done; variants are compared on the same luck"),
        ([".", "--seed", "4", "--set", "seed=1"], "--set: seed: the folder's run is done; name its scenario"),
        ([".", "--seed", "4", "--set", "seed=1"], "--seed: 4: the folder's run is done; name its scenario"),
        (["."], ".: holds no lambdasim result"),
        (["missing.yaml"], "missing.yaml: can't read it: No such file or directory"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_simulated_and_nothing_is_written(
    command, folder, monkeypatch, words, says
):
    monkeypatch.setattr("lambdasim.simulation.simulate", None)
    before = sorted(folder.rglob("*"))
    done = command("report", *words)
    assert (done.status, done.out) == (2, "")
    assert says in done.err
    assert sorted(folder.rglob("*")) == before


def test_help_tells_where_the_page_goes_and_loads_nothing_heavy():
    code = (
        "import sys\nfrom lambdasim.cli.main import main\n"
        "try:\n    main(['report', '--help'])\nexcept SystemExit:\n    pass\n"
        "print(*{'numpy', 'jinja2', 'matplotlib'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *told, heavy = done.stdout.splitlines()
    assert heavy == ""
    assert "report.html in a run's folder" in " ".join(" ".join(told).split())
