"""The JSON Schema says what the loader does."""

from datetime import datetime
from pathlib import Path

import jsonschema
import pytest
from small_scenario import SMALL, changed

from lambdasim.scenario.schema import json_schema
from lambdasim.scenario.source import compose

HERE = Path(__file__).parent
SCENARIOS = [HERE / "rich.yaml", *sorted((HERE.parents[1] / "scenarios").glob("*.yaml"))]


@pytest.fixture(scope="module")
def validator():
    return jsonschema.Draft7Validator(json_schema())


def as_json(value):
    """Plain data as an editor sees it: dates are text."""
    if isinstance(value, dict):
        return {key: as_json(child) for key, child in value.items()}
    if isinstance(value, list):
        return [as_json(child) for child in value]
    return value.isoformat() if isinstance(value, datetime) else value


def data(text):
    return as_json(compose(text, "s")[0].data)


def walk(node):
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from walk(child)
    elif isinstance(node, list):
        for child in node:
            yield from walk(child)


def test_it_is_draft_7():
    schema = json_schema()
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema.Draft7Validator.check_schema(schema)
    text = repr(schema)
    assert "$defs" not in text
    assert "prefixItems" not in text
    assert "'null'" not in text


def test_every_property_is_described():
    blocks = [node["properties"] for node in walk(json_schema()) if isinstance(node.get("properties"), dict)]
    definitions = json_schema()["definitions"]
    assert len(blocks) > 30
    for block in blocks:
        for name, described in block.items():
            whole = definitions[described["$ref"].rpartition("/")[2]] if "$ref" in described else described
            assert whole.get("description"), name


def test_nothing_stands_beside_a_reference():
    assert all(len(node) == 1 for node in walk(json_schema()) if isinstance(node.get("$ref"), str))


def test_every_block_is_closed():
    for name, definition in json_schema()["definitions"].items():
        options = [definition, *definition.get("anyOf", ())]
        objects = [option for option in options if "properties" in option]
        assert all(option["additionalProperties"] is False for option in objects), name


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.name)
def test_every_scenario_agrees_with_it(validator, file):
    validator.validate(data(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("duration: 1h", "duraton: 1h"),
        ("duration: 1h", "duration: 60"),
        ("duration: 1h", "duration: 1 hour"),
        ("name: small", "name: a b"),
        ("  api:", "  a pi:"),
        ("  web:", "  w eb:"),
        ("80 ms", "80"),
        ("80 ms", "{lognorm: {median: 80 ms}}"),
        ("80 ms", "{lognormal: {median: 80}}"),
        ("80 ms", "{constant: 1s, exponential: {mean: 1s}}"),
        ("80 ms", "{}"),
        ("80 ms", "80 ms, error_rate: 150"),
        ("80 ms", "{mixture: [{constant: 1s}]}"),
        ("5/s", "5"),
        ("poisson:", "poison:"),
        ("python3.13", "python3.133"),
        ("    runtime:", "    memory_size: 64\n    runtime:"),
        ("    runtime:", "    timeout: 901\n    runtime:"),
        ("    runtime:", "    snap_start: {}\n    runtime:"),
        ("    runtime:", "    versions: {'0': {}}\n    runtime:"),
        ("    runtime:", "    versions: {'2': {handler: {duration: 3}}}\n    runtime:"),
        ("    runtime:", "    versions: {'2': {aliases: {}}}\n    runtime:"),
        ("    runtime:", "    aliases: {'2': {function_version: '1'}}\n    runtime:"),
        ("    runtime:", "    aliases: {a: {function_version: 1}}\n    runtime:"),
        (
            "    runtime:",
            "    aliases: {a: {function_version: '1', deployment: {type: Fast, to: '2', at: 1m}}}\n    runtime:",
        ),
        ("type: direct", "type: queue"),
        ("type: direct, ", ""),
        ("name: small", "name: small\nregion: us-east-9"),
        ("name: small", "name: small\nthresholds: [api.errors]"),
        ("name: small", "name: small\nlifecycle: {placement: fifo}"),
        ("name: small", "name: small\nlifecycle: {idle_timeout: unlimted}"),
    ],
)
def test_typical_mistakes_do_not_agree_with_it(validator, old, new):
    assert validator.is_valid(data(SMALL))
    assert not validator.is_valid(data(changed(old, new)))


def test_a_caller_may_change_the_schema_without_harm():
    json_schema()["properties"].clear()
    assert json_schema()["properties"]
