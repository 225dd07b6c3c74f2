"""What a replica of the service does: one task after the other, in a child process.

    worker = TaskWorker("s3://studio")
    async for word in worker.perform(name, run_job, pack(task, root)):
        ...                             # how far it is, in the end what became of it

A child that is killed, or that takes too much memory, costs its task alone. Whoever stops listening
has the child killed. The outcome is in the store before it is told, so that it is not lost with
whoever asked.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from neuropil.signature import Json
from neuropil.surfaces.cluster.studio.mirror import (
    BEAT,
    OUTCOME,
    Mirror,
    pack,
    tell_outcome,
    unpack,
)
from neuropil.surfaces.cluster.work import explain_store
from neuropil.surfaces.web.claims import claim_folder
from neuropil.surfaces.web.pool import Outcome, Pool, Work
from neuropil.surfaces.web.status import Status, read_status
from neuropil.surfaces.web.store import INPUT, OUTPUT
from neuropil.surfaces.web.worker import SHEET, WALK

LOOK = 0.1  # seconds between two looks at how far the child is
BEAT_SECONDS = 5.0  # between two signs of life in the store


class TaskWorker:
    """One process on some machine of the cluster, with a child whose applications stay loaded.

    url: the store of the service
    """

    def __init__(self, url: str) -> None:
        self.root = claim_folder("worker")
        self.pool = Pool(workers=1)
        self.mirror = Mirror(url, self.root)

    async def perform(self, name: str, work: Work, task: str) -> AsyncIterator[str]:
        """Do a task of a job, and yield words as `tell` writes them."""
        yield self.tell(asdict(Status()))
        beating = asyncio.create_task(self.beat(name))
        try:
            async for status in self.run(name, work, task):
                yield self.tell(asdict(status))
            told = tell_outcome(await asyncio.to_thread(self.deliver, name))
        except Exception as error:
            told = tell_outcome(explain_store(error))
        finally:
            beating.cancel()
            self.pool.forget(name)
            await asyncio.to_thread(clear, self.root)
        with suppress(Exception):  # a store that fails now may still take the next results
            await asyncio.to_thread(self.mirror.write, name, OUTCOME, told)
        yield self.tell(told)

    def tell(self, value: Json) -> str:
        """Word a status, or an outcome, which has a kind."""
        return pack(value, self.root)

    async def run(self, name: str, work: Work, task: str) -> AsyncIterator[Status]:
        """Do a task in the child, and yield how far it is each time that it changes."""
        (folder := self.root / name / OUTPUT).mkdir(parents=True, exist_ok=True)
        given = await asyncio.to_thread(self.prepare, name, task)
        await self.pool.submit(name, work, given, folder.parent)
        ended, loop, last = asyncio.Event(), asyncio.get_running_loop(), Status()
        self.pool.when_done(name, lambda: loop.call_soon_threadsafe(ended.set))
        while not ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), LOOK)
            if (status := read_status(folder.parent)) != last:
                yield status
                last = status

    def prepare(self, name: str, task: str) -> str:
        """Bring the files that a task names, and give the task as it reads here."""
        given = unpack(task, self.root)
        for path in find_paths(given, self.root):
            is_own_result = path.is_relative_to(self.root / name / OUTPUT)
            if self.mirror.holds(path) and not is_own_result and not path.exists():
                self.mirror.pull(path)
        (self.root / name / INPUT).mkdir(exist_ok=True)
        return json.dumps(given)

    def deliver(self, name: str) -> Outcome:
        """Push what was made, and give what became of the task."""
        outcome = self.pool.outcome(name)
        assert outcome is not None, "the child has ended"
        for part in (OUTPUT, WALK, SHEET):
            self.mirror.push(self.root / name / part)
        return outcome

    async def beat(self, name: str) -> None:
        """Leave a sign of life in the store every few seconds, for as long as the task takes."""
        count = 0
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            count += 1
            sign: Json = {"count": count, "status": asdict(read_status(self.root / name))}
            with suppress(Exception):  # the next one may arrive
                await asyncio.to_thread(self.mirror.write, name, BEAT, sign)

    def __del__(self) -> None:
        """End the child, and leave nothing on the disk; Serve calls it where a replica ends."""
        self.pool.close()
        shutil.rmtree(self.root, ignore_errors=True)


def find_paths(value: Json, root: Path) -> Iterator[Path]:
    """Find the files and folders below a root that something plain names."""
    if isinstance(value, str) and value.startswith(f"{root}/"):
        yield Path(value)
    elif isinstance(value, list):
        for each in value:
            yield from find_paths(each, root)
    elif isinstance(value, dict):
        yield from find_paths(list(value.values()), root)


def clear(folder: Path) -> None:
    """Remove all that is in a folder."""
    for path in folder.iterdir():
        shutil.rmtree(path, ignore_errors=True)
