"""Whatever is done to a scenario's text: it is read, or it is refused with its problems; nothing else happens."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdasim.errors import InputError
from lambdasim.scenario.load import load_scenario, parse_scenario
from lambdasim.scenario.model import Scenario

HERE = Path(__file__).parent
TEXT = (HERE / "rich.yaml").read_text(encoding="utf-8")
LINES = TEXT.splitlines(keepends=True)
SCALARS = sorted(
    {word.strip("{}[],:\"'") for word in TEXT.split()}
    | {"-1", "0", "1e3", "1e999", ".nan", "yes", "~", "12:30", "2026-01-01", "999999999999999999", "-5 ms", "0/s"}
    | {"101%", "1e300 ms", "0.1", "''", "{}", "[]", "[[]]", "{a: b}", "*api", "&x", "!!int", "|", "unlimited", "none"}
    | {"\u2028", "é"}
)  # fmt: skip
SCALARS = [scalar for scalar in SCALARS if scalar]
positions = st.integers(0, len(LINES) - 1)


def reads_or_refuses(read):
    problems = None
    try:
        scenario = read()
    except InputError as error:
        problems = error.problems
    assert (
        isinstance(scenario, Scenario) if problems is None else problems and all(problem.text for problem in problems)
    )


@st.composite
def texts(draw):
    """The rich scenario after one to four changes of lines and words."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(positions) % len(lines)
        match draw(st.sampled_from(["delete", "double", "move", "word", "word", "word", "indent", "cut"])):
            case "delete":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "move":
                lines.insert(draw(positions) % len(lines), lines.pop(at))
            case "word":
                words = lines[at].split(" ")
                words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(SCALARS))
                lines[at] = " ".join(words).rstrip("\n") + "\n"
            case "indent":
                lines[at] = " " * draw(st.integers(0, 6)) + lines[at].lstrip()
            case "cut":
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
    return "".join(lines)


@settings(max_examples=300, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(text=texts())
def test_a_changed_scenario_is_read_or_refused(text):
    reads_or_refuses(lambda: parse_scenario(text, base=HERE))


@settings(max_examples=100, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(TEXT.encode())), junk=st.binary(min_size=1, max_size=8))
def test_a_file_with_bytes_of_junk_is_read_or_refused(tmp_path, at, junk):
    content = TEXT.encode()
    file = tmp_path / "s.yaml"
    file.write_bytes(content[:at] + junk + content[at + len(junk) :])
    reads_or_refuses(lambda: load_scenario(file))


@settings(max_examples=100, derandomize=True)
@given(text=st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"#?, \n\t%@`<0.é\x00"), max_size=60))
def test_any_text_is_read_or_refused(text):
    reads_or_refuses(lambda: parse_scenario(text))


@settings(max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.text(alphabet="abfunctios.[]0/é ", max_size=20) | st.sampled_from(
    ["functions.api.memory_size", "triggers.shop.arrivals", "triggers.users.flows.0.weight", "lifecycle.idle_timeout"]
), value=st.text(max_size=12) | st.sampled_from(SCALARS))  # fmt: skip
def test_any_override_is_taken_or_refused(path, value):
    reads_or_refuses(lambda: load_scenario(HERE / "rich.yaml", overrides={path: value}))
