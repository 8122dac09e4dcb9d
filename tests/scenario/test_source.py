import time

import pytest
from small_scenario import SMALL, changed, complaints

from lambdasim.errors import InputError
from lambdasim.scenario.load import load_scenario, parse_scenario
from lambdasim.scenario.source import MAXIMUM_NODES, compose

BROKEN = "this is not YAML: while"
NOTHING = "a scenario is a mapping with at least name, duration and functions"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", f"s.yaml:1:1: there is nothing in it; {NOTHING}"),
        ("# only a comment\n", f"s.yaml:1:1: there is nothing in it; {NOTHING}"),
        ("- a\n- b\n", f"s.yaml:1:1: found a list; {NOTHING}"),
        ("hello", f"s.yaml:1:1: found 'hello'; {NOTHING}"),
        (SMALL + "---\nname: b\n", "s.yaml:9:1: a second document begins here; a scenario is one document"),
        ("a:\n\t- b", f"s.yaml:2:1: {BROKEN} scanning for the next token, found character that cannot start any token"),
        ("name: [1, 2\n", f"s.yaml:2:1: {BROKEN} parsing a flow sequence, did not find expected ',' or ']'"),
        ("name: \0", "s.yaml:1:7: this is not text: control characters are not allowed"),
        ("a: &a [*a]", "s.yaml:1:8: a[0]: the alias *a stands inside its own anchor"),
        ("a: *b", "s.yaml:1:4: a: there is no anchor &b above this alias"),
        ("? [a]\n: 1", "s.yaml:1:3: a key is a plain word here, not a list or a mapping"),
    ],
)
def test_a_text_that_is_no_mapping_is_refused_where_it_breaks(text, expected):
    assert complaints(text) == [expected]


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000, "a: [" * 3])
def test_deep_nesting_ends_in_a_message_and_quickly(text):
    began = time.perf_counter()
    assert complaints(text)
    assert time.perf_counter() - began < 2


def test_deep_nesting_by_way_of_anchors_is_refused_too():
    levels = [f"b{i}: &b{i} " + "[" * 50 + (f"*b{i - 1}" if i else "x") + "]" * 50 for i in range(50)]
    assert "nested deeper than 100 levels" in complaints("\n".join(levels))[0]


def test_a_billion_laughs_are_counted_without_being_laughed():
    laughs = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    laughs += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    began = time.perf_counter()
    [message] = complaints("\n".join(laughs))
    assert time.perf_counter() - began < 1
    assert "expands past 1,000,000 values" in message


def test_expansion_is_counted_to_the_node():
    # the root, key x's list of 9, and the list under y with n copies of it
    text = "x: &x [1, 2, 3, 4, 5, 6, 7, 8, 9]\ny: [" + "{}]"
    fits = (MAXIMUM_NODES - 12) // 10
    assert compose(text.format(", ".join(["*x"] * fits)), "s")[1] == []
    assert "expands past" in compose(text.format(", ".join(["*x"] * (fits + 1))), "s")[1][0].text


def test_anchors_and_merge_keys_work_and_what_is_written_wins():
    scenario = parse_scenario(
        SMALL.replace("  api:\n", "  api: &api\n").replace(
            "triggers:", "  twin:\n    <<: *api\n    memory_size: 512\ntriggers:"
        )
    )
    assert scenario.functions["twin"].memory_size == 512
    assert scenario.functions["twin"].runtime == scenario.functions["api"].runtime


def test_the_first_of_several_merged_mappings_wins():
    root, problems = compose("a: {<<: [{x: 1, y: 1}, {y: 2, z: 2}], z: 3}", "s")
    assert (root.data, problems) == ({"a": {"x": 1, "y": 1, "z": 3}}, [])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("name: again", "9:1: name: the key 'name' stands here a second time (first on line 1); keep one"),
        ("account:", "9:9: account: has no value; write one, or leave the key out"),
        ("account: ~", "9:10: account: has no value; write one, or leave the key out"),
        ("off: 1", "9:1: off: readers of YAML disagree about the key off; put it in quotes"),
        ("true: 1", "9:1: True: this key reads as True, which is no text; put it in quotes"),
        ("seed: !!int 3", "9:7: seed: the tag !!int has no meaning in a scenario; remove it"),
        ("account: {<<: 3}", "9:15: account.<<: << merges a mapping, or a list of mappings"),
    ],
)
def test_what_yaml_swallows_is_refused(line, expected):
    assert complaints(f"{SMALL}{line}\n") == [f"s.yaml:{expected}"]


def test_only_start_takes_a_date():
    assert parse_scenario(f"{SMALL}start: 2026-02-03\n").start.isoformat() == "2026-02-03T00:00:00+00:00"
    assert complaints(f"{SMALL}description: 2026-02-03\n") == [
        "s.yaml:9:14: description: expected text, found a date; put it in quotes"
    ]


def test_positions_count_characters_not_bytes():
    assert complaints(changed("name: small", 'description: "größer → ∞"\nname: "ü ü"'))[0].startswith(
        "s.yaml:2:7: name:"
    )


def test_a_file_that_is_not_there_names_the_nearest(tmp_path):
    (tmp_path / "first.yaml").write_text(SMALL)
    with pytest.raises(
        InputError, match=r"frist\.yaml: can't read it: No such file or directory; did you mean 'first\.yaml'"
    ):
        load_scenario(tmp_path / "frist.yaml")


def test_a_folder_is_no_scenario(tmp_path):
    with pytest.raises(InputError, match="can't read it: Is a directory"):
        load_scenario(tmp_path)


def test_bytes_that_are_not_utf8_are_placed(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_bytes(b"name: a\ndescription: \xff\xfe\n")
    with pytest.raises(InputError) as caught:
        load_scenario(file)
    [problem] = caught.value.problems
    assert (problem.line, problem.column) == (2, 14)
    assert problem.text == "this is not UTF-8 text; a scenario is a YAML file in UTF-8"


@pytest.mark.parametrize(
    "content", [b"\x7fELF\x02\x01\x01\x00", b"\xff\xfen\x00a\x00", b"\x00" * 1000, b"\x1f\x8b\x08\x00"]
)
def test_binary_files_are_refused(tmp_path, content):
    file = tmp_path / "s.yaml"
    file.write_bytes(content)
    with pytest.raises(InputError):
        load_scenario(file)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert load_scenario(file).name == "small"


def test_a_lone_surrogate_is_no_text():
    assert complaints("name: \ud800") == ["s.yaml: this is not text: surrogates not allowed"]
