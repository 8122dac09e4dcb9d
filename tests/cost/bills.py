"""Bills of made-up quantities."""

from types import SimpleNamespace

import numpy as np

from lambdasim.cost.bill import bill_of
from lambdasim.header import BilledItem, FunctionFacts, Header, TriggerFacts, VersionFacts
from lambdasim.parameters.book import load_book
from lambdasim.units import US_PER_MONTH, US_PER_S

X86_USD, ARM_USD, REQUEST_USD, STORAGE_USD = 0.0000166667, 0.0000133334, 0.2e-6, 0.0000000309
GB_SECOND_US = 1_000_000  # a second of a function of 1,024 MB


def function(name, memory_mb=1024, architecture="x86_64", storage_mb=512):
    """A function of one version: (name, what its version is)."""
    return name, (memory_mb, architecture, storage_mb)


def trigger(name, **prices):
    """A trigger that is billed for each count by name: ``trigger("q", requests="services/sqs/standard")``."""
    items = tuple(BilledItem(f"{count} of it", count, "units", price) for count, price in prices.items())
    return TriggerFacts(name, "sqs", items)


def bill(used, triggers=None, *, span_us=US_PER_MONTH, free_tier=False, book=None, region="us-east-1"):
    """The bill of ``used``: function -> (requests, billed us), and ``triggers``: trigger -> counts by name."""
    triggers = triggers or {}
    functions = tuple(FunctionFacts(name) for name, _ in used)
    versions = tuple(VersionFacts(index, "$LATEST", *facts) for index, (_, facts) in enumerate(used))
    header = Header("bill", 0, region, 0.0, US_PER_S, US_PER_S + span_us, functions, versions, tuple(triggers))
    quantities = SimpleNamespace(
        requests=on_demand(requests for requests, _ in used.values()),
        billed_us=on_demand(billed_us for _, billed_us in used.values()),
        trigger_counts=lambda index: list(triggers.values())[index],
    )
    return bill_of(quantities, header, book or load_book(), free_tier=free_tier)


def on_demand(amounts):
    """Amounts by version, as an array by version and capacity."""
    return np.array([(amount, 0, 0) for amount in amounts], dtype=np.int64).reshape(-1, 3)


def items(made, name, by="function"):
    """Item -> (quantity, USD) of one function or trigger."""
    owners = made.by_function() if by == "function" else made.by_trigger()
    return {line.item: (line.quantity, line.usd) for line in owners.get(name, ())}
