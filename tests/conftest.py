"""Rooms share made-up logs and results: those of metrics are used by results, those of results by reports."""

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path += [str(Path(__file__).parent / room) for room in ("metrics", "result")]

settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")  # how long an example takes says more of the neighbours than of the code

collect_ignore = ["benchmarks/simfaas_replay.py"]  # it is run by an interpreter that has SimFaaS; this one need not
