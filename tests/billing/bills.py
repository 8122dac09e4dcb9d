"""Bills of made-up quantities."""

from types import SimpleNamespace

import numpy as np

from lambdasim.billing.bill import bill_of
from lambdasim.header import BilledItem, FunctionFacts, Header, TriggerFacts, VersionFacts
from lambdasim.parameters.book import load_book
from lambdasim.records import ProvisionedPeriod
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


def bill(used, triggers=None, *, span_us=US_PER_MONTH, provisioned=(), inits_us=None, book=None, **account):
    """The bill of ``used``: function -> (requests, billed us), and ``triggers``: trigger -> counts by name.

    A function's requests are a number, or three by capacity (on demand, provisioned, spilled over), and so its billed
    us. ``provisioned``: (function's index, environments, from, to) in us from the measured span's beginning.
    ``inits_us``: those of provisioned environments, by function. ``account``: Region, free tier and Savings Plan.
    """
    triggers = triggers or {}
    functions = tuple(FunctionFacts(name) for name, _ in used)
    versions = tuple(VersionFacts(index, "$LATEST", *facts) for index, (_, facts) in enumerate(used))
    region = account.pop("region", "us-east-1")
    header = Header("bill", 0, region, 0.0, US_PER_S, US_PER_S + span_us, functions, versions, tuple(triggers))
    quantities = quantities_of(
        [requests for requests, _ in used.values()],
        [billed_us for _, billed_us in used.values()],
        provisioned=[
            ProvisionedPeriod(version, environments, environments, US_PER_S + from_us, US_PER_S + to_us)
            for version, environments, from_us, to_us in provisioned
        ],
        inits_us=inits_us,
        trigger_counts=list(triggers.values()),
    )
    return bill_of(quantities, header, book or load_book(), **{"free_tier": False} | account)


def quantities_of(requests, billed_us, *, billed_init_us=None, provisioned=(), inits_us=None, trigger_counts=()):
    """Quantities by version."""
    return SimpleNamespace(
        requests=on_demand(requests),
        billed_us=on_demand(billed_us),
        billed_init_us=on_demand(billed_init_us or [0] * len(requests)),
        restored=np.zeros(len(requests), dtype=np.int64),
        provisioned=tuple(provisioned),
        provisioned_init_us=np.array(inits_us or [0] * len(requests), dtype=np.int64),
        trigger_counts=lambda: trigger_counts,
    )


def on_demand(amounts):
    """Amounts by version, as an array by version and capacity: a plain number is of runs on demand."""
    rows = [amount if isinstance(amount, tuple) else (amount, 0, 0) for amount in amounts]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def items(made, name, by="function"):
    """Item -> (quantity, USD) of one function or trigger."""
    owners = made.by_function() if by == "function" else made.by_trigger()
    return {line.item: (line.quantity, line.usd) for line in owners.get(name, ())}
