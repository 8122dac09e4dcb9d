"""What a batch adds to a run: time for its records, and a record that makes the handler raise."""

import pytest

from lambdasim.scenario.load import parse_scenario
from lambdasim.service.handler import handler_model

SCENARIO = """
name: batch
duration: 1h
functions:
  f:
    runtime: python3.13
    memory_size: {memory}
    handler: {{duration: 100 ms, per_record: 2 ms, measured_at: 1769, cpu_fraction: {cpu}}}
triggers: {{t: {{type: sqs, target: f}}}}
"""


@pytest.mark.parametrize(
    ("memory", "cpu", "per_record_us"),
    [(1769, "100%", 2000), (884, "0%", 2000), (128, "100%", round(2000 * 1769 / 128))],
)
def test_the_time_of_a_record_scales_with_memory_like_the_handlers(memory, cpu, per_record_us):
    scenario = parse_scenario(SCENARIO.format(memory=memory, cpu=cpu))
    assert handler_model(scenario.functions["f"], scenario.book).per_record_us == per_record_us
