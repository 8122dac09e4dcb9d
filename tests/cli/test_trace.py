import gzip
import json

import pytest


def test_a_run_writes_its_trace_and_says_what_opens_it(command, folder):
    ran = command("run", "shop.yaml", "--trace", "trace.json")
    assert ran.status == 0
    assert "Trace written to trace.json; ui.perfetto.dev and chrome://tracing open it\n" in ran.err
    assert json.loads((folder / "trace.json").read_text())["otherData"]["name"] == "shop"
    packed = command("run", "shop.yaml", "--trace", "trace.json.gz")
    assert gzip.decompress((folder / "trace.json.gz").read_bytes()) == (folder / "trace.json").read_bytes()
    assert packed.out == ran.out


def test_a_trace_may_lie_with_its_result_and_goes_with_it(command, folder):
    assert command("run", "shop.yaml", "-o", "out", "--trace", "out/trace.json").status == 0
    assert (folder / "out" / "trace.json").is_file()
    assert command("run", "shop.yaml", "-o", "out").status == 0
    assert not (folder / "out" / "trace.json").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["--trace", "t.json", "--log", "none"],
            ["--trace: t.json: it shows every invocation, and --log none keeps none"],
        ),
        (["--trace", "no/t.json"], ["--trace: no/t.json: can't write it: there is no folder 'no'"]),
        (["--trace", "."], ["--trace: .: can't write it: it is a folder; name a file"]),
        (["--trace", "/dev/null"], ["--trace: /dev/null: can't write it: it is a device or a pipe"]),
        (["--trace", "t" * 300], ["can't write it: File name too long"]),
        (["--trace", "shop.yaml"], ["--trace: shop.yaml: this is the scenario; name another file"]),
        (["--trace", "./out", "-o", "out"], ["--trace: out: this is the result's folder; name a file"]),
        (
            ["--trace", "out/summary.json", "-o", "out"],
            ["in the result's folder it is called trace.json or trace.json.gz"],
        ),
        (["--trace", "no/t.json", "--log", "none"], ["--log none keeps none", "there is no folder 'no'"]),
    ],
)
def test_a_trace_that_cannot_be_is_refused_before_the_work(command, folder, monkeypatch, words, says):
    monkeypatch.setattr("lambdasim.simulation.simulate", None)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    ran = command("run", "shop.yaml", *words)
    assert (ran.status, ran.out) == (2, "")
    assert all(part in ran.err for part in says), ran.err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
