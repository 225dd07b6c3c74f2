"""What the studio keeps in a store for others: files, what jobs are, what became of them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from map_runs import BUCKET
from refusals import refused

from neuropil.jobs import Done, Failed
from neuropil.signature import Json
from neuropil.surfaces.cluster.studio import pool as pool_module
from neuropil.surfaces.cluster.studio.mirror import (
    BEAT,
    OUTCOME,
    Mirror,
    pack,
    recall_outcome,
    tell_outcome,
    unpack,
)
from neuropil.surfaces.cluster.studio.pool import Call, ClusterPool, LostError
from neuropil.surfaces.cluster.studio.store import MirroredStore
from neuropil.surfaces.cluster.studio.worker import find_paths
from neuropil.surfaces.web.pool import CANCELLED, QueueFullError
from neuropil.surfaces.web.status import read_status
from neuropil.surfaces.web.worker import run_job

NAME = "0123456789abcdef01234567"
STATUS: dict[str, Json] = {"title": "old.png", "done": 1, "total": 4, "messages": ["a sentence"]}


@pytest.fixture(params=["folder", "store"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path / "kept here")
    request.getfixturevalue("store")
    return f"s3://{BUCKET}/studio"


def open_store(url: str, seconds: float = 3600.0) -> MirroredStore:
    return MirroredStore(url, most_bytes=10**9, most_seconds=seconds)


def wait_until(holds: Any) -> None:
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


# --- the store -----------------------------------------------------------------------------------


def test_files_are_brought_where_they_lack(url: str) -> None:
    here, there = open_store(url), open_store(url)
    folder = here.create()
    (folder / "in" / "class").mkdir()
    (folder / "in" / "class" / "a.png").write_bytes(b"picture")
    here.keep(folder.name, json.dumps({"inputs": [f"{folder}/in/class"]}))
    record = there.recall(folder.name)
    assert record == json.dumps({"inputs": [f"{there.root}/{folder.name}/in/class"]})
    assert there.size(there.root / folder.name / "in" / "class" / "a.png") == 7
    assert there.bring(there.root / folder.name / "in" / "class")
    assert (there.root / folder.name / "in" / "class" / "a.png").read_bytes() == b"picture"
    assert not there.bring(there.root / folder.name / "out")
    assert not there.bring(there.root / ".." / "passwd")
    assert there.recall(NAME) is None
    assert there.recall("../elsewhere") is None
    here.close()
    there.close()


def test_what_is_forgotten_is_gone_everywhere(url: str) -> None:
    """Also what an earlier process has left; what others keep in that place stays."""
    here = open_store(url)
    folder = here.create()
    (folder / "in" / "a.png").write_bytes(b"picture")
    here.keep(folder.name, "{}")
    here.mirror.place.put("notes.txt", b"of others")
    here.close()
    gone: list[str] = []
    later = open_store(url, seconds=1.5)
    later.forget = gone.append
    later.sweep()
    assert gone == []
    time.sleep(2.6)  # stores write down whole seconds
    later.looked = float("-inf")
    later.sweep()
    assert gone == [folder.name]
    wait_until(lambda: list(later.mirror.keys("")) == ["notes.txt"])
    later.close()


def test_a_job_in_use_is_not_swept(url: str) -> None:
    store = open_store(url)
    folder = store.create()
    store.keep(folder.name, json.dumps({"command": "network"}))
    ((before, _, _),) = store.mirror.measure()
    time.sleep(1.1)
    store.refresh(folder.name)
    ((after, _, _),) = store.mirror.measure()
    assert after > before
    store.close()


def test_a_store_that_fails_does_not_end_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(str(tmp_path / "kept"))
    monkeypatch.setattr(store.mirror, "measure", lambda: 1 / 0)
    store.looked = float("-inf")
    store.sweep()
    store.close()


def test_a_store_that_does_not_answer_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from obstore.exceptions import GenericError

    def fail(name: str, file: str, value: Json) -> None:
        raise GenericError("connection refused\n\nDebug source: long")

    store = open_store(str(tmp_path / "kept"))
    monkeypatch.setattr(store.mirror, "write", fail)
    with refused("output.place", "does not answer (connection refused)", "try again"):
        store.keep(store.create().name, "{}")
    store.close()


def test_paths_are_written_for_who_reads_them(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "über there"
    task: Json = {"inputs": [f"{here}/{NAME}/in/a.png", "text"], "options": {"style": f"{here}/x"}}
    read = unpack(pack(task, here), there)
    assert list(find_paths(read, there)) == [there / NAME / "in" / "a.png", there / "x"]
    assert unpack(pack(read, there), here) == task
    mirror = Mirror(str(tmp_path / "kept"), here)
    assert mirror.holds(here / NAME / "in")
    for path in (here, here / "x", here / NAME / ".." / "x", there / NAME):
        assert not mirror.holds(path)


def test_outcomes_are_plain() -> None:
    for outcome in (Failed("disk.full", "no room"), Done({"image": ("a",)}, {"n": 1}, {}, 0.5)):
        told = json.loads(json.dumps(tell_outcome(outcome)))
        assert tell_outcome(recall_outcome(told)) == told


# --- the pool ------------------------------------------------------------------------------------


class Workers:
    """Workers that say what a test wants; one list of words, or errors, a call."""

    def __init__(self, *calls: list[Any]) -> None:
        self.calls = list(calls)
        self.cancelled = 0

    def call(self, name: str, work: Any, task: str) -> Call:
        return Call(self.say(self.calls.pop(0)), self.cancel)

    async def say(self, words: list[Any]) -> AsyncIterator[str]:
        for word in words:
            await asyncio.sleep(0.02)
            if isinstance(word, Exception):
                raise word
            yield pack(word, Path("/root-of-the-worker"))

    def cancel(self) -> None:
        self.cancelled += 1


@pytest.fixture
def kept(tmp_path: Path) -> Any:
    store = open_store(str(tmp_path / "kept"))
    yield store
    store.close()


async def hand_in(workers: Workers, store: MirroredStore) -> tuple[ClusterPool, str]:
    pool, folder = ClusterPool(workers.call, store), store.create()
    await pool.submit(folder.name, run_job, "{}", folder)
    return pool, folder.name


async def wait_for(pool: ClusterPool, name: str) -> Any:
    while (outcome := pool.outcome(name)) is None:
        await asyncio.sleep(0.01)
    return outcome


def test_a_worker_that_dies_is_replaced_once(kept: MirroredStore) -> None:
    async def look() -> None:
        done = tell_outcome(Failed("input.damaged", "/root-of-the-worker/a.png is damaged"))
        pool, name = await hand_in(Workers([STATUS, LostError()], [STATUS, done]), kept)
        assert await wait_for(pool, name) == Failed(
            "input.damaged", f"{kept.root}/a.png is damaged"
        )
        assert read_status(kept.root / name).messages == ("a sentence",)
        pool, name = await hand_in(Workers([STATUS, LostError()], [LostError()]), kept)
        assert (await wait_for(pool, name)).code == "worker.died"
        assert kept.mirror.read(name, OUTCOME)["code"] == "worker.died"

    asyncio.run(look())


def test_a_full_line_is_told_at_once(kept: MirroredStore) -> None:
    with pytest.raises(QueueFullError):
        asyncio.run(hand_in(Workers([QueueFullError()]), kept))


def test_what_nobody_expects_fails_the_job(kept: MirroredStore) -> None:
    async def look() -> None:
        pool, name = await hand_in(Workers([STATUS, ValueError("of ours")]), kept)
        assert (await wait_for(pool, name)).ours

    asyncio.run(look())


def test_jobs_are_stopped_and_forgotten(kept: MirroredStore) -> None:
    async def look() -> None:
        workers = Workers([STATUS, RuntimeError("cancelled")])
        pool, name = await hand_in(workers, kept)
        assert pool.place(name) == 0
        pool.cancel(name)
        assert (await wait_for(pool, name)).code == "cancelled"
        await asyncio.gather(*pool.following)
        assert workers.cancelled == 1
        assert kept.mirror.read(name, OUTCOME)["code"] == "cancelled"
        pool.forget(name)
        assert name not in pool.entries

    asyncio.run(look())


def test_jobs_of_another_process_are_known(
    kept: MirroredStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They run until their outcome is there, or until they have given no sign for long."""
    monkeypatch.setattr(pool_module, "LOOK", 0.0)
    monkeypatch.setattr(pool_module, "LOST", 0.3)
    pool, folder = ClusterPool(Workers().call, kept), kept.create()
    assert pool.outcome(folder.name) is None
    time.sleep(0.2)
    kept.mirror.write(folder.name, BEAT, {"count": 1, "status": dict(STATUS)})
    assert pool.outcome(folder.name) is None
    assert read_status(folder).done == 1
    time.sleep(0.2)
    assert pool.outcome(folder.name) is None
    time.sleep(0.2)
    assert tell_outcome(pool.outcome(folder.name) or Failed("", ""))["code"] == "worker.died"
    other = kept.create()
    kept.mirror.write(other.name, OUTCOME, tell_outcome(Failed("disk.full", "no room")))
    assert pool.outcome(other.name) == Failed("disk.full", "no room")
    third = kept.create()
    pool.cancel(third.name)
    assert pool.outcome(third.name) == CANCELLED
    pool.forget(third.name)
    assert pool.place(third.name) == 0
