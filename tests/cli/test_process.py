import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from lambdasim.cli.progress import progress_bar
from lambdasim.result.result import Result
from lambdasim.simulation import simulate
from tests.cli.shop import WORLD

LONG = WORLD.replace("duration: 10m", "duration: 3d")
FULL = Path("/dev/full")
ESCAPE = "\x1b["


def read_until(process, fd, seconds):
    """What a terminal shows until the process has left."""
    shown, deadline = b"", time.monotonic() + seconds
    while time.monotonic() < deadline:
        if select.select([fd], [], [], 0.1)[0]:
            try:
                shown += os.read(fd, 65536)
            except OSError:  # the other side is closed
                break
        elif process.poll() is not None:
            break
    return shown.decode()


@pytest.fixture
def on_terminal(start):
    """Run under a pseudo terminal, of so many columns and with these variables: status, and what it shows."""

    def run(*words, first="", columns=0, **variables):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        env = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR"}}
        env |= {"TERM": "xterm", **variables}
        process = start(*words, first=first, stdin=theirs, stdout=theirs, stderr=theirs, text=False, env=env)
        os.close(theirs)
        shown = read_until(process, ours, 60)
        os.close(ours)
        return process.wait(timeout=60), shown

    return run


@pytest.fixture
def interrupted(start):
    """Start a command, press Ctrl-C so long after it has begun, and see it end."""

    def run(*words, after_s):
        ours, theirs = os.pipe()
        process = start(*words, first=f"import os; os.write({theirs}, b'.')", pass_fds=[theirs])
        os.read(ours, 1)
        time.sleep(after_s)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        os.close(ours)
        os.close(theirs)
        return process.returncode, out, err.strip()

    return run


@pytest.mark.parametrize("after_s", [0.1, 0.3, 0.5, 1.2])
def test_ctrl_c_ends_with_130_and_a_message_and_leaves_no_folder(interrupted, write, folder, after_s):
    write(LONG)
    ending = interrupted("run", "shop.yaml", "-o", "out", after_s=after_s)
    assert ending == (130, "", "lambdasim: interrupted; no half-written result was left.")
    assert not (folder / "out").exists()


def test_an_interrupted_run_keeps_the_result_that_was_there(command, interrupted, write, folder):
    command("run", "shop.yaml", "-o", "out")
    write(LONG)
    assert interrupted("run", "shop.yaml", "-o", "out", after_s=0.8)[0] == 130
    assert Result.load(folder / "out").summary()["simulated_s"] == 600


def test_ctrl_c_while_writing_leaves_no_half_result(command, folder, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("lambdasim.result.file_formats.write_csv", interrupted)
    run = command("run", "shop.yaml", "-o", "out")
    assert run.status == 130
    assert "interrupted" in run.err
    assert not (folder / "out").exists()


def test_ctrl_c_while_the_page_is_made_keeps_the_result_whole(command, folder, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    command("run", "shop.yaml", "--seed", "1", "-o", "out")
    monkeypatch.setattr("lambdasim.report.page.html.html_report", interrupted)
    assert command("run", "shop.yaml", "--seed", "2", "-o", "out").status == 130
    assert Result.load(folder / "out").header.seed == 2
    assert not (folder / "out" / "report.html").exists()  # that of the first run would be another's


@pytest.mark.parametrize("then", ["goes on", "fails"])
def test_ctrl_c_that_a_library_swallows_is_not_lost(command, folder, monkeypatch, then):
    def swallowing(*arguments, **options):
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        if then == "fails":
            raise RuntimeError("what the library made of it")
        return simulate(*arguments, **options)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        monkeypatch.setattr("lambdasim.simulation.simulate", swallowing)
        assert command("run", "shop.yaml", "-o", "out").status == 130
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert not (folder / "out").exists()


def test_a_reader_that_leaves_early_is_no_error_and_hides_no_failed_threshold(start, write):
    write(f"{WORLD}thresholds: [api.events < 1]\n")
    for words, status in ((("run", "shop.yaml"), 1), (("schema",), 0), (("validate", "shop.yaml"), 0)):
        reader, writer = os.pipe()
        os.close(reader)
        process = start(*words, stdout=writer)
        os.close(writer)
        assert (process.communicate(timeout=60)[1], process.returncode) == ("", status)


@pytest.mark.skipif(not FULL.exists(), reason="this system has no full device")
@pytest.mark.parametrize("words", [("run", "shop.yaml"), ("run", "shop.yaml", "--json"), ("schema",), ("--help",)])
def test_output_to_a_full_disk_ends_with_2_and_a_message(start, words):
    with FULL.open("w") as full:
        process = start(*words, stdout=full)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (2, "lambdasim: standard output: No space left on device\n")


def test_running_out_of_memory_ends_with_2_and_a_message(command, monkeypatch):
    def exhausted(*_, **__):
        raise MemoryError

    monkeypatch.setattr("lambdasim.simulation.simulate", exhausted)
    run = command("run", "shop.yaml")
    assert (run.status, run.out) == (2, "")
    assert run.err.startswith("lambdasim: out of memory; ")


def test_a_terminal_gets_styles_and_a_pipe_does_not(on_terminal, command):
    status, shown = on_terminal("run", "shop.yaml")
    assert status == 0
    assert ESCAPE in shown
    assert "───" in shown
    assert ESCAPE not in command("run", "shop.yaml").out


def test_a_terminal_shows_twenty_functions_and_says_that_there_are_more(on_terminal, write):
    functions = "".join(f"  f{n}: {{runtime: python3.13, handler: {{duration: 80 ms}}}}\n" for n in range(23))
    write(f"name: many\nduration: 1m\nfunctions:\n{functions}")
    _, shown = on_terminal("run", "shop.yaml")
    assert "3 more functions had fewer events" in shown
    assert len(re.findall(r"^f\d+ ", shown, re.MULTILINE)) == 20


def test_json_on_a_terminal_has_no_styles(on_terminal):
    _, shown = on_terminal("run", "shop.yaml", "--json")
    assert ESCAPE not in shown
    assert shown.startswith("{")


def test_a_terminal_is_as_wide_as_it_says_and_no_color_leaves_the_words_alone(on_terminal):
    _, shown = on_terminal("run", "shop.yaml", columns=63, NO_COLOR="1")
    assert ESCAPE not in shown
    assert 50 < max(map(len, shown.splitlines())) <= 63


IMPATIENT = "import lambdasim.cli.progress; lambdasim.cli.progress.SHOW_AFTER_S = 0.05"


def test_long_work_shows_a_progress_bar_on_a_terminal_and_short_work_none(on_terminal):
    assert "━" not in on_terminal("run", "shop.yaml")[1]
    status, shown = on_terminal("run", "shop.yaml", "--set", "duration=1d", first=IMPATIENT)
    assert status == 0
    assert "━" in shown


SILENT = """\
import time, lambdasim.simulation
simulate = lambdasim.simulation.simulate
lambdasim.simulation.simulate = lambda *given, progress, **named: time.sleep(0.5) or simulate(*given, **named)
"""


def test_long_work_that_reports_nothing_shows_a_progress_bar_too(on_terminal):
    status, shown = on_terminal("run", "shop.yaml", first=f"{SILENT}{IMPATIENT}")
    assert status == 0
    assert "━" in shown


def test_a_progress_bar_has_no_colours_where_none_are_wanted(on_terminal):
    _, shown = on_terminal("run", "shop.yaml", "--set", "duration=3h", first=IMPATIENT, NO_COLOR="1")
    assert "━" in shown
    assert not re.search(r"\x1b\[[0-9;]*[34]\d", shown)  # ECMA-48: 30 to 47 are colours


@pytest.mark.parametrize(("is_terminal", "kind"), [(True, "dumb"), (False, "xterm")])
def test_there_is_no_progress_bar_where_no_line_can_be_redrawn(monkeypatch, is_terminal, kind):
    monkeypatch.setenv("TERM", kind)
    monkeypatch.setattr("sys.stderr", SimpleNamespace(isatty=lambda: is_terminal))
    with progress_bar("work") as progress:
        assert progress is None
