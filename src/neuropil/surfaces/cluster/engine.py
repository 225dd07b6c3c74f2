"""Worker processes on Ray: found, given work, and replaced where they die.

    with connect(2) as workers:
        for lines in run_tasks(tasks, workers, folder):
            manifest.add(lines)

Without $RAY_ADDRESS Ray starts here, on the loopback address alone, without dashboard and without
usage statistics. A worker that dies costs the group in it alone: its tasks are given out again,
one at a time, so that the one that kills its worker is found; after TRIES it gets its line.
"""

import json
import os
import signal
import socket
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from neuropil.kit.cpu import cores
from neuropil.kit.errors import UserError
from neuropil.kit.progress import message
from neuropil.surfaces.cluster.manifest import Line
from neuropil.surfaces.cluster.work import Task, VerbWorker, write_failure

TRIES = 3  # of a task whose worker dies, and of workers that can't begin
GROUP_SECONDS, MOST_IN_GROUP = 0.5, 100  # of tasks that a worker gets at once
ANSWER_SECONDS = 10.0  # until a cluster that is named has to answer
LOOK = 0.5  # seconds after which whoever waits may stop
STORE_BYTES = 100_000_000  # of Ray's own objects: names go in, lines come out
LOOPBACK_ALONE = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"  # "0": as Ray does where it asks firewalls
NICENESS = "RAY_worker_niceness"  # 15 by itself
DIED = "its worker was killed {n} times, perhaps for want of memory; give it something smaller"


@contextmanager
def connect(workers: int | None) -> Iterator[int]:
    """Join the cluster that $RAY_ADDRESS names, or start one here; yields how many workers fit.

    Raises UserError where no cluster answers.
    """
    address = os.environ.get("RAY_ADDRESS")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if not address:
        os.environ[LOOPBACK_ALONE] = "0"  # Ray reads it when it is imported
        os.environ.setdefault(NICENESS, "0")  # of workers: as of any other process of this person
    else:
        require_answer(address)
    ray = load_ray()
    n = workers or cores()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    here = {
        "address": "local",
        "num_cpus": n,
        "include_dashboard": False,
        "object_store_memory": STORE_BYTES,
    }
    try:  # also an interruption while it starts leaves nothing running
        start_ray(address, {} if address else here)
        for number, handler in handlers.items():  # Ray puts its own in their place
            signal.signal(number, handler)
        yield workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    finally:
        ray.shutdown()


def start_ray(address: str | None, options: Mapping[str, Any]) -> None:
    """Join a cluster, or start one here; raises UserError."""
    try:
        load_ray().init(logging_level="ERROR", log_to_driver=False, **options)
    except Exception as error:
        raise explain_connection(address, error) from error


def load_ray() -> Any:
    """Import Ray, whose types are half told."""
    import ray

    return ray


def require_answer(address: str) -> None:
    """Refuse an address at which nothing listens: Ray would ask for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdigit():  # "auto", which Ray knows
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_SECONDS).close()
    except OSError as error:
        raise explain_connection(address, error) from error


def explain_connection(address: str | None, error: Exception) -> UserError:
    """Say why there is no cluster."""
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    where = f"no Ray cluster answers at RAY_ADDRESS={address}" if address else "Ray can't start"
    way = "start one by ray start --head, or unset RAY_ADDRESS" if address else "see its log"
    return UserError("dependency.missing", f"{where} ({reason}); {way}", name="ray")


@dataclass
class Group:
    """Tasks that are given to a worker at once.

    tries: how often a worker has died of them
    """

    tasks: Sequence[Task]
    tries: int = 0


@dataclass
class Crew:
    """The workers: those that start, those that wait for work, and those that have some.

    folder: where relative names begin
    """

    folder: str
    starting: dict[Any, Any] = field(default_factory=dict)
    idle: deque[Any] = field(default_factory=deque)
    busy: dict[Any, tuple[Any, Group]] = field(default_factory=dict)
    failures: int = 0  # of workers that could not begin, one after the other

    def hire(self) -> None:
        """Ask for one more worker, who comes once there is a core for it."""
        ray = load_ray()
        worker = ray.remote(VerbWorker).options(num_cpus=1).remote(self.folder)
        self.starting[worker.begin.remote()] = worker

    def give(self, group: Group) -> None:
        """Give a group to a worker that waits."""
        worker = self.idle.popleft()
        self.busy[worker.perform.remote([task.to_json() for task in group.tasks])] = worker, group

    def wait(self) -> Iterator[tuple[Group, list[Line] | None]]:
        """Wait a moment, and yield the groups that have ended; None for lines where one died."""
        ray = load_ray()
        ended, _ = ray.wait([*self.starting, *self.busy], timeout=LOOK)
        for ref in ended:
            if ref in self.starting:
                self._welcome(ref)
                continue
            worker, group = self.busy.pop(ref)
            try:
                lines = [json.loads(text) for text in ray.get(ref)]
            except ray.exceptions.RayError:
                message("a worker has died; what it was at is given out again")
                self._replace(worker)
                yield group, None
            else:
                self.idle.append(worker)
                yield group, lines

    def _welcome(self, ref: Any) -> None:
        ray = load_ray()
        worker = self.starting.pop(ref)
        try:
            ray.get(ref)
        except ray.exceptions.RayError as error:
            self.failures += 1
            if self.failures >= TRIES:
                reason = str(error).strip().splitlines()[-1]
                words = f"no worker can begin ({reason}); is this package on every machine?"
                raise UserError("dependency.missing", words, name="ray") from error
            self._replace(worker)
        else:
            self.failures = 0
            self.idle.append(worker)

    def _replace(self, worker: Any) -> None:
        ray = load_ray()
        ray.kill(worker)  # it may be there still, cut off
        self.hire()


def run_tasks(tasks: Iterator[Task], workers: int, folder: str) -> Iterator[list[Line]]:
    """Do all tasks on as many workers, and yield lines as they are done, in any order.

    At most one group a worker is taken from the tasks ahead of its turn. Also yields nothing now
    and then, so that who asks can look up.
    """
    crew, again = Crew(folder), deque[Group]()
    for _ in range(workers):
        crew.hire()
    done, seconds = 0, 0.0
    while True:
        size = group_size(done, seconds)
        while crew.idle and (group := next_group(again, tasks, size)):
            crew.give(group)
        if not crew.busy and crew.idle:
            return  # there is nothing left
        for group, lines in crew.wait():
            if lines is None:
                lines = list(retry(group, again))
            done, seconds = done + len(lines), seconds + sum(line["seconds"] for line in lines)
            yield lines
        yield []


def next_group(again: deque[Group], tasks: Iterator[Task], size: int) -> Group | None:
    """Take what is to be done again, else the next tasks; films are given alone."""
    if again:
        return again.popleft()
    group: list[Task] = []
    for task in tasks:
        group.append(task)
        if len(group) >= size or is_long(task):
            break
    return Group(group) if group else None


def is_long(task: Task) -> bool:
    """Tell a film or recording, which takes a worker long."""
    from neuropil.kit.audio.audio import Audio

    return any(name.lower().endswith(tuple(Audio.READS)) for name in task.job.inputs)


def group_size(done: int, seconds: float) -> int:
    """Choose how many tasks make a group: GROUP_SECONDS of work, by those that are done."""
    return max(1, min(MOST_IN_GROUP, int(GROUP_SECONDS * done / seconds))) if seconds else 1


def retry(group: Group, again: deque[Group]) -> Iterator[Line]:
    """Give tasks whose worker died out again, one at a time; a line for who does it once more."""
    tries = group.tries + 1
    if tries < TRIES:
        again.extend(Group([task], tries) for task in group.tasks)
        return
    for task in group.tasks:
        yield write_failure(task.job.inputs, "worker.died", DIED.format(n=tries))
