"""Jobs in worker processes, which keep their networks loaded; the rest wait for their turn.

    pool = Pool(workers=2)
    await pool.submit("a1b2", run_job, job.to_json(), folder)
    pool.place("a1b2")                  # how many are before it; 0 once it runs
    pool.outcome("a1b2")                # None until it has ended
    pool.cancel("a1b2")

A job that is cancelled while it runs costs its worker, which is killed and replaced: nothing that a
job calls can hold it up. A worker that dies costs the job in it alone.
"""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any, Protocol

from pebble import ProcessExpired, ProcessPool

from neuropil.jobs import Done, Failed
from neuropil.surfaces.web.worker import STARTED, Listed, Opened, begin_worker

Outcome = Done | Opened | Listed | Failed
Work = Callable[[str, str], Outcome]  # a task as JSON, and the folder of it
CANCELLED = Failed("cancelled", "cancelled; nothing was made")
DIED = Failed(
    "worker.died",
    "the process that did this was killed, perhaps for want of memory; give it something smaller,"
    " or try again",
)


class QueueFullError(Exception):
    """There are as many jobs as may wait."""


class TaskPool(Protocol):
    """What a studio hands its jobs to: processes of this machine, or those of a cluster."""

    async def submit(self, name: str, work: Work, task: str, folder: Path) -> None:
        """Hand in a task under a name; raises QueueFullError."""

    def place(self, name: str) -> int:
        """Count the jobs before one that waits, and itself; 0 for one that runs or has ended."""

    def outcome(self, name: str) -> Outcome | None:
        """Give what became of a job; None while it waits or runs."""

    def cancel(self, name: str) -> None:
        """Stop a job, or take it out of the line; one that has ended stays as it is."""

    def forget(self, name: str) -> None:
        """Stop a job, and forget it."""


@dataclass(eq=False)
class Entry:
    """A job that was handed in."""

    future: Any  # of pebble, whose types are half told
    folder: Path
    is_cancelled: bool = False


class Pool:
    """As many workers as cores, and a line in front of them of at most `most_waiting` jobs."""

    def __init__(self, workers: int, most_waiting: int = 200) -> None:
        self.most_waiting = most_waiting
        self.workers = workers
        self.entries: dict[str, Entry] = {}
        self.lock = RLock()
        self.pool = start_processes(workers)

    async def submit(self, name: str, work: Work, task: str, folder: Path) -> None:
        """Hand in a task under a name; raises QueueFullError.

        folder: where it may say how far it is
        """
        with self.lock:
            if len(self.waiting()) >= self.most_waiting:
                raise QueueFullError
            if not self.pool.active:  # a process died that did nothing, which pebble does not take
                self.close()
                self.pool = start_processes(self.workers)
            future = self.pool.schedule(work, args=(task, str(folder)))
            self.entries[name] = Entry(future, folder)

    def waiting(self) -> list[str]:
        """List the jobs that have not begun, in their order."""
        with self.lock:
            return [name for name, entry in self.entries.items() if is_waiting(entry)]

    def place(self, name: str) -> int:
        """Count the jobs before one that waits, and itself; 0 for one that runs or has ended."""
        line = self.waiting()
        return line.index(name) + 1 if name in line else 0

    def outcome(self, name: str) -> Outcome | None:
        """Give what became of a job; None while it waits or runs."""
        entry = self.entries[name]
        if not entry.future.done():
            return None
        return CANCELLED if entry.is_cancelled else read_outcome(entry.future)

    def cancel(self, name: str) -> None:
        """Stop a job, or take it out of the line; one that has ended stays as it is."""
        entry = self.entries[name]
        if not entry.future.done():
            entry.is_cancelled = True
            entry.future.cancel()

    def forget(self, name: str) -> None:
        """Stop a job, and forget it."""
        if name in self.entries:
            self.cancel(name)
            del self.entries[name]

    def when_done(self, name: str, call: Callable[[], object]) -> None:
        """Call once a job has ended."""
        self.entries[name].future.add_done_callback(lambda future: call())

    def close(self) -> None:
        """Stop all jobs and workers."""
        self.pool.stop()
        self.pool.join()


def start_processes(workers: int) -> Any:
    """Make a pool of processes, which start with the first task."""
    context = multiprocessing.get_context("spawn")
    return ProcessPool(max_workers=workers, context=context, initializer=begin_worker)


def is_waiting(entry: Entry) -> bool:
    """Tell a job that has not begun."""
    return not entry.future.done() and not (entry.folder / STARTED).exists()


def read_outcome(future: Any) -> Outcome:
    """Give what a worker returned, or why it returned nothing."""
    try:
        outcome: Outcome = future.result()
    except CancelledError:
        return CANCELLED
    except (ProcessExpired, BrokenProcessPool):
        return DIED
    return outcome
