"""Replays requests in SimFaaS; run by an interpreter that has it: ``PYTHON simfaas_replay.py REQUESTS.json``.

SimFaaS asks objects for its gaps and service times, so it can be given those of a log. Its unit of time is then the
microsecond: sums of whole numbers are exact, and both simulators see the same ties. Prints as JSON the processor
seconds of its loop alone, and what came of the requests.
"""

import json
import sys
import time
from pathlib import Path

from simfaas.ServerlessSimulator import ServerlessSimulator
from simfaas.SimProcess import SimProcess

NEVER_US = 1e15


class Listed(SimProcess):
    """Gives what is listed, one after the other; then gaps without end."""

    def __init__(self, values):
        super().__init__()
        self._values = iter(values)

    def generate_trace(self):
        return next(self._values, NEVER_US)


def main(file):
    requests = json.loads(file.read_text())
    services = Listed(requests["held_us"])  # each start takes the next one, cold or warm: the cold one's is longer
    simulator = ServerlessSimulator(
        arrival_process=Listed(requests["gaps_us"]),
        warm_service_process=services,
        cold_service_process=services,
        expiration_threshold=requests["expiry_us"],
        max_time=requests["ends_us"],
        maximum_concurrency=1_000_000,
    )
    began = time.process_time()
    simulator.generate_trace()
    taken = time.process_time() - began
    print(json.dumps({"seconds": taken, "requests": simulator.total_req_count, "cold": simulator.total_cold_count}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
