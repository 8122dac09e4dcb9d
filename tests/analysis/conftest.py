"""A Dask cluster as users have it: a scheduler and workers, each a process of its own."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START = "import sys; {first}; sys.argv[0] = 'dask'; from distributed.cli.dask_{kind} import main; main()"


class Cluster:
    """A scheduler with workers; each is ended by its id."""

    def __init__(self, folder):
        self.folder, self.file, self.processes = folder, folder / "scheduler.json", []
        self._start("scheduler", "--port", "0")
        self._wait_for(lambda: self.file.exists() and self.file.read_text(encoding="utf-8").endswith("}"))
        self.address = json.loads(self.file.read_text(encoding="utf-8"))["address"]

    def add_worker(self, threads=1, first="pass"):
        return self._start("worker", "--no-nanny", "--nthreads", threads, "--memory-limit", 0, first=first)

    def _start(self, kind, *options, first="pass"):
        words = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", self.file, *options)
        with (self.folder / "log").open("a", encoding="utf-8") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", START.format(kind=kind, first=first), *map(str, words)],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
        self.processes.append(process)
        return process

    def wait_for_workers(self, number):
        """Until so many have registered in the cluster's life."""
        log = self.folder / "log"
        self._wait_for(lambda: log.read_text(encoding="utf-8").count("Registered to:") >= number)

    def _wait_for(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, (self.folder / "log").read_text(encoding="utf-8")
            assert all(process.poll() is None for process in self.processes)
            time.sleep(0.02)

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A scheduler and two workers; the second has two threads, as Dask's workers have by default."""
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        made.add_worker()
        made.add_worker(threads=2)
        made.wait_for_workers(2)
        yield made
    finally:
        made.end()


@pytest.fixture
def start_cluster(tmp_path):
    """Start a scheduler, without workers."""
    started = []

    def start():
        started.append(Cluster(tmp_path))
        return started[-1]

    yield start
    for made in started:
        made.end()
