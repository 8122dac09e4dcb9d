import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

import pytest

from lambdasim.analysis import pools
from lambdasim.analysis.runner import Workers, run
from lambdasim.errors import InputError, WorkerError
from tests.analysis import works

TWO = Workers(2)


def everyone(cluster):
    return Workers(1), TWO, Workers(1, cluster.address)


def notes(error):
    return "\n".join(error.__notes__)


def gone(pids, seconds=20):
    """Whether processes end within some time."""
    deadline = time.monotonic() + seconds
    left = set(pids)
    while left and time.monotonic() < deadline:
        for pid in list(left):
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                left.discard(pid)
        time.sleep(0.02)
    return not left


def pids_in(folder, number):
    """The processes that told of themselves, once there are so many."""
    deadline = time.monotonic() + 60
    while len(found := list(folder.iterdir())) < number:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return [int(file.name) for file in found]


def test_each_task_is_done_once_whoever_does_it(cluster):
    for workers in everyone(cluster):
        assert sorted(run(works.square, range(20), workers)) == [(number, number**2) for number in range(20)]
        assert list(run(works.square, [], workers)) == []


def test_a_task_whose_worker_is_killed_is_done_again(tmp_path):
    tasks = [(number, str(tmp_path)) for number in range(10)]
    assert sorted(run(works.die_once, tasks, TWO)) == list(enumerate(range(10)))
    assert (tmp_path / "attempts-3").read_text(encoding="utf-8") == "xx"


def test_a_task_whose_worker_in_a_cluster_is_killed_is_done_again(start_cluster, tmp_path):
    cluster = start_cluster()
    for _ in range(2):
        cluster.add_worker()
    cluster.wait_for_workers(2)
    tasks = [(number, str(tmp_path)) for number in range(10)]
    assert sorted(run(works.die_once, tasks, Workers(1, cluster.address))) == list(enumerate(range(10)))
    assert (tmp_path / "attempts-3").read_text(encoding="utf-8") == "xx"
    assert sum(process.poll() is None for process in cluster.processes) == 2  # a scheduler and a worker


def test_a_task_that_kills_every_worker_is_named_whoever_worked_beside_it():
    for _ in range(3):
        with pytest.raises(WorkerError, match=r"^task 4 of 10 \(3\): the workers that had it died, 3 times; if memory"):
            list(run(works.die_of_three, range(10), TWO))


def test_an_error_of_the_work_is_raised_as_it_is_and_names_its_task(cluster):
    for workers in everyone(cluster):
        with pytest.raises(ZeroDivisionError) as raised:
            list(run(works.fail_at_three, range(5), workers))
        assert str(raised.value) == "no three"
        assert "in task 4 of 5 (3)" in notes(raised.value)
    assert "fail_at_three" in notes(raised.value)  # where it was raised, over there


def test_an_error_of_ours_comes_back_whole(cluster):
    for workers in everyone(cluster):
        with pytest.raises(InputError) as raised:
            list(run(works.refuse, [5, 5], workers))
        assert str(raised.value) == "a.yaml:3:5: duration: too long\na.yaml:4: and more"
        assert [problem.line for problem in raised.value.problems] == [3, 4]
        assert "Traceback" not in notes(raised.value)


def test_an_error_that_cannot_travel_says_the_same_in_other_words():
    with pytest.raises(RuntimeError) as raised:
        list(run(works.fail_oddly, [1, 1], TWO))
    assert str(raised.value) == "OddError: 1 and more"
    assert "fail_oddly" in notes(raised.value)


def test_running_out_of_memory_in_a_worker_is_running_out_of_memory():
    with pytest.raises(MemoryError):
        list(run(works.run_out_of_memory, [1, 2], TWO))


class Counted(Sequence):
    """A thousand tasks that count how many were asked for."""

    asked = 0

    def __len__(self):
        return 1000

    def __getitem__(self, number):
        if not 0 <= number < 1000:
            raise IndexError
        self.asked += 1
        return number


def test_only_a_few_tasks_are_handed_out_at_a_time(cluster):
    for workers, most in ((TWO, 10), (Workers(1, cluster.address), 50)):
        tasks = Counted()
        outcomes = run(works.square, tasks, workers)
        next(outcomes)
        assert tasks.asked <= most
        outcomes.close()


def test_who_stops_asking_leaves_no_process_behind(tmp_path):
    tasks = [str(tmp_path)] * 3
    outcomes = run(_touch_or_wait, [0, *tasks], TWO)
    next(outcomes)
    pids = pids_in(tmp_path, 1)
    began = time.monotonic()
    outcomes.close()
    assert gone(pids)
    assert time.monotonic() - began < 30  # they would have taken a minute


def _touch_or_wait(task):
    return works.tell_and_wait(task) if task else None


# Ctrl-C as a shell hands it over, whatever started the tests.
SCRIPT = """\
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from lambdasim.analysis.runner import Workers, run
from tests.analysis import works
print("once", flush=True)
for outcome in run(works.{work}, {tasks!r}, Workers(2)):
    print(outcome)
"""


def script(tmp_path, work, tasks):
    """A user's script, without ``if __name__ == "__main__"``, as a process of its own."""
    file = tmp_path / "script.py"
    file.write_text(SCRIPT.format(work=work, tasks=tasks), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, file], env=environment, **pipes)


def test_a_script_without_a_guard_runs_once(tmp_path):
    out, err = script(tmp_path, "square", [1, 2]).communicate(timeout=60)
    assert (sorted(out.splitlines()), err) == (["(0, 1)", "(1, 4)", "once"], "")


@pytest.mark.parametrize(("number", "err"), [(signal.SIGKILL, ""), (signal.SIGINT, "KeyboardInterrupt")])
def test_workers_go_with_who_started_them(tmp_path, number, err):
    folder = tmp_path / "pids"
    folder.mkdir()
    process = script(tmp_path, "tell_and_wait", [str(folder)] * 4)
    pids = pids_in(folder, 2)
    process.send_signal(number)
    told = process.communicate(timeout=60)[1]
    assert gone(pids)
    assert told.strip().endswith(err)
    assert told.count("Traceback") == (1 if err else 0)  # the script's own


def test_a_cluster_that_is_not_there_is_an_error_within_seconds(monkeypatch):
    monkeypatch.setattr(pools, "REACHED_WITHIN_S", 0.5)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(
            WorkerError, match=f"^the cluster at {address} can't be reached: .*; does its scheduler run"
        ):
            list(run(works.square, [1, 2], Workers(1, address)))
        taken.listen()  # somebody who never answers
        with pytest.raises(
            WorkerError, match=f"^the cluster at {address} can't be reached: .*; does its scheduler run"
        ):
            list(run(works.square, [1, 2], Workers(1, address)))
        assert time.monotonic() - began < 30
    with pytest.raises(WorkerError, match="unknown address scheme 'foo'"):
        list(run(works.square, [1, 2], Workers(1, "foo://127.0.0.1:1")))


def test_a_cluster_without_dask_tells_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(WorkerError, match=r"pip install 'lambdasim-aws\[dask\]'"):
        list(run(works.square, [1, 2], Workers(1, "tcp://127.0.0.1:1")))


def test_a_cluster_without_workers_is_told_of(start_cluster, monkeypatch):
    monkeypatch.setattr("lambdasim.analysis.runner.PATIENCE_S", 0.5)
    address = start_cluster().address
    with pytest.raises(
        WorkerError, match=f"^the cluster at {address} has no workers; start some: dask worker {address}"
    ):
        list(run(works.square, [1, 2], Workers(1, address)))


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("sys.modules['lambdasim'] = None", "can't take work: .*; install there what is installed here"),
        ("import numpy; numpy.__version__ = '1.0'", "a worker runs .* numpy 1.0; here it is .*: numbers could differ"),
    ],
)
def test_a_cluster_with_another_lambdasim_or_none_is_told_of(start_cluster, first, told):
    cluster = start_cluster()
    cluster.add_worker(first=first)
    with pytest.raises(WorkerError, match=told):
        list(run(works.square, [1, 2], Workers(1, cluster.address)))


def test_a_lost_scheduler_is_told_of(start_cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(pools, "REACHED_WITHIN_S", 0.5)
    cluster, folder = start_cluster(), tmp_path / "pids"
    folder.mkdir()
    cluster.add_worker()
    cluster.wait_for_workers(1)
    outcomes = run(_touch_or_wait, [0, *[str(folder)] * 2], Workers(1, cluster.address))
    next(outcomes)
    pids_in(folder, 1)
    cluster.processes[0].kill()
    with pytest.raises(WorkerError, match=f"^the cluster at {cluster.address} can't be reached"):
        list(outcomes)
