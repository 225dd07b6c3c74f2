"""The jobs of a studio in the hands of a cluster: what is told of each, and what is tried again.

    pool = ClusterPool(call, store)     # has what a pool of the studio has
    await pool.submit("a1b2", run_job, job.to_json(), folder)

`call` gives a task to whichever worker is free, and queues what none is free for. A worker that
dies costs its task a second try. Jobs that another process took before this one are known by what
the store says of them.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neuropil.jobs import Failed, explain
from neuropil.surfaces.cluster.studio.mirror import (
    BEAT,
    OUTCOME,
    pack,
    recall_outcome,
    tell_outcome,
    unpack,
)
from neuropil.surfaces.cluster.studio.store import MirroredStore
from neuropil.surfaces.web.pool import CANCELLED, DIED, Outcome, QueueFullError, Work
from neuropil.surfaces.web.status import write_status

TRIES = 2  # of a task whose worker dies
ANSWER = 0.05  # seconds in which a full line says so
LOOK = 1.0  # seconds between two looks into the store for a job that another process took
LOST = 30.0  # seconds without a sign of life, after which such a job is given up
FULL = Failed("queue.full", "too much goes on already; try again in a moment")


class LostError(Exception):
    """A worker has died."""


@dataclass(frozen=True)
class Call:
    """A task in the hands of the cluster: the words of its worker, and how to stop it.

    words: raise QueueFullError, and LostError
    """

    words: AsyncIterator[str]
    cancel: Callable[[], None]


@dataclass(eq=False)
class Assignment:
    """A job that was handed in."""

    folder: Path
    begin: Callable[[], Call]
    call: Call | None = None
    is_cancelled: bool = False
    outcome: Outcome | None = None
    heard: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(eq=False)
class Orphan:
    """A job that another process took: what the store said last, and when."""

    said: Any = None
    since: float = field(default_factory=time.monotonic)
    looked: float = float("-inf")
    outcome: Outcome | None = None


class ClusterPool:
    """The jobs that were handed in, by name; the workers are replicas of the cluster."""

    def __init__(self, call: Callable[[str, Work, str], Call], store: MirroredStore) -> None:
        self.call, self.store = call, store
        self.entries: dict[str, Assignment] = {}
        self.waiting: dict[str, Assignment] = {}  # of these, what has not begun, in its order
        self.orphans: dict[str, Orphan] = {}
        self.following: set[asyncio.Task[None]] = set()

    async def submit(self, name: str, work: Work, task: str, folder: Path) -> None:
        """Hand in a task under a name; raises QueueFullError."""
        packed = pack(json.loads(task), self.store.root)
        entry = Assignment(folder, lambda: self.call(name, work, packed))
        self.entries[name] = self.waiting[name] = entry
        # in a context of its own: Serve stops what a request has begun when its client goes away
        following = asyncio.create_task(self._follow(name, entry), context=Context())
        self.following.add(following)
        following.add_done_callback(self.following.discard)
        with suppress(TimeoutError):
            await asyncio.wait_for(entry.heard.wait(), ANSWER)
        if entry.outcome is FULL:
            raise QueueFullError

    async def _follow(self, name: str, entry: Assignment) -> None:
        """Listen to the workers of a job until it has ended, and see that the store knows."""
        outcome = await self._listen(name, entry)
        self.waiting.pop(name, None)
        is_ours = entry.is_cancelled or outcome is DIED
        if is_ours and name in self.entries:
            outcome = CANCELLED if entry.is_cancelled else DIED
            with suppress(Exception):  # it is told here, if not by a later process
                told = tell_outcome(outcome)
                await asyncio.to_thread(self.store.mirror.write, name, OUTCOME, told)
        entry.outcome = outcome
        entry.heard.set()

    async def _listen(self, name: str, entry: Assignment) -> Outcome:
        for _ in range(TRIES):
            if entry.is_cancelled:
                return CANCELLED
            entry.call = entry.begin()
            try:
                async for word in entry.call.words:
                    told = unpack(word, self.store.root)
                    if "kind" in told:
                        return recall_outcome(told)
                    self.waiting.pop(name, None)
                    entry.heard.set()
                    write_status(told, entry.folder)
            except QueueFullError:
                return FULL
            except LostError:
                self.waiting[name] = entry
            except Exception as error:
                return explain(error)
        return DIED

    def place(self, name: str) -> int:
        """Count the jobs before one that waits, and itself; 0 for one that runs or has ended."""
        line = list(self.waiting)  # which other threads change
        return line.index(name) + 1 if name in line else 0

    def outcome(self, name: str) -> Outcome | None:
        """Give what became of a job; None while it waits or runs. May ask the store."""
        if name in self.entries:
            entry = self.entries[name]
            return CANCELLED if entry.is_cancelled else entry.outcome
        orphan = self.orphans.setdefault(name, Orphan())
        if orphan.outcome is None and time.monotonic() - orphan.looked > LOOK:
            with suppress(Exception):  # a store that does not answer is asked again
                self._look(name, orphan)
        return orphan.outcome

    def _look(self, name: str, orphan: Orphan) -> None:
        """Ask the store about a job that another process took."""
        orphan.looked = time.monotonic()
        told, sign = (self.store.mirror.read(name, file) for file in (OUTCOME, BEAT))
        if told is not None:
            orphan.outcome = recall_outcome(told)
        elif sign != orphan.said:
            orphan.said, orphan.since = sign, orphan.looked
            write_status(sign["status"], self.store.root / name)
        elif orphan.looked - orphan.since > LOST:
            orphan.outcome = DIED

    def cancel(self, name: str) -> None:
        """Stop a job, or take it out of the line; one that has ended stays as it is."""
        if entry := self.entries.get(name):
            if entry.outcome is None:
                entry.is_cancelled = True
                self.waiting.pop(name, None)
                if entry.call:
                    entry.call.cancel()
        elif self.outcome(name) is None:  # its worker can't be reached, and ends by itself
            self.orphans[name].outcome = CANCELLED

    def forget(self, name: str) -> None:
        """Stop a job, and forget it."""
        if name in self.entries:
            self.cancel(name)
            del self.entries[name]
        self.orphans.pop(name, None)
