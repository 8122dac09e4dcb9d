from typing import get_args

from lambdasim.header import FAMILIES, Family
from lambdasim.scenario.targets import Queued
from lambdasim.scenario.triggers import QueuedTrigger, SynchronousTrigger


def test_every_type_of_trigger_has_a_family_and_those_that_wait_are_not_synchronous():
    blocks = [*get_args(SynchronousTrigger), *get_args(QueuedTrigger)]
    kinds = {get_args(block.model_fields["type"].annotation)[0]: block for block in blocks}
    assert kinds.keys() == FAMILIES.keys()
    for kind, block in kinds.items():
        assert issubclass(block, Queued) is (FAMILIES[kind] is not Family.SYNCHRONOUS)
