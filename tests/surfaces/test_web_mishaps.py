"""When things go wrong around the studio: too many results, folders that go, a full disk."""

import io
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image as Picture

pytest.importorskip("fastapi")
pytest.importorskip("pebble")

from starlette.testclient import TestClient
from web_client import finish

from neuropil.surfaces.web.claims import claim_folder
from neuropil.surfaces.web.pool import Pool
from neuropil.surfaces.web.store import ResultStore


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    made = Pool(workers=1)
    yield made
    made.close()


def png() -> bytes:
    file = io.BytesIO()
    Picture.linear_gradient("L").resize((48, 32)).save(file, "PNG")
    return file.getvalue()


def test_results_are_swept_by_age_and_size(tmp_path: Path) -> None:
    gone: list[str] = []
    store = ResultStore(most_bytes=1000, most_seconds=1000, forget=gone.append)
    old, large, new = (store.create() for _ in range(3))
    os.utime(old, (0, 0))
    (large / "out" / "a").write_bytes(b"x" * 900)
    (new / "out" / "a").write_bytes(b"x" * 200)
    os.utime(large, (time.time() - 5,) * 2)
    store.sweep()
    assert gone == [old.name, large.name]
    assert store.find(new.name)
    assert store.find("../etc") is None
    store.close()
    assert not store.root.exists()


def test_what_a_killed_studio_left_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    now = int(time.time())
    names = ("studio-1-1700000000-left", "worker-1-1700000000-left", f"studio-1-{now}-young")
    left, other, young = folders = [tmp_path / f"neuropil-{name}" for name in names]
    foreign = tmp_path / "neuropil-studio-of-mine"
    for folder in (*folders, foreign):
        folder.mkdir()
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000)
    used = claim_folder("studio")
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    claim_folder("studio")
    assert not left.exists()
    assert not other.exists()
    assert young.exists()
    assert used.exists()
    assert foreign.exists()


def test_what_goes_while_it_is_swept_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    store = ResultStore(most_bytes=1000, most_seconds=1000)
    gone, old = store.create(), store.create()
    os.utime(old, (0, 0))
    listed = [gone, old]
    monkeypatch.setattr(type(store.root), "iterdir", lambda self: iter(listed))
    gone.joinpath("in").rmdir()
    gone.joinpath("out").rmdir()
    gone.rmdir()
    store.sweep()
    assert store.find(old.name) is None
    monkeypatch.undo()
    store.close()


def test_a_worker_that_is_killed_at_rest_is_replaced(client: TestClient, pool: Pool) -> None:
    for _ in range(2):
        answer = client.post("/api/jobs/handwrite", data={"text": "Hi"})
        assert finish(client, answer.json()["name"])["state"] == "done"
        (process,) = pool.pool._pool_manager.worker_manager.workers.values()
        process.kill()
        while pool.pool.active:  # until it has noticed
            time.sleep(0.02)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("in/00000.png", "/api/jobs/colorize"),
        ("status.new", "/api/jobs/handwrite"),
        ("sheet.html", "/api/open/colorize"),
    ],
)
def test_a_full_disk_is_said_and_nothing_half_written(
    client: TestClient,
    store: ResultStore,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    address: str,
) -> None:
    create = store.create

    def create_on_a_full_disk() -> Path:
        folder = create()
        folder.joinpath(place).symlink_to("/dev/full")
        return folder

    monkeypatch.setattr(store, "create", create_on_a_full_disk)
    options = {"options": '{"at": "5,5"}' if "open" in address else "{}"}
    photo = {"photo": ("a.png", png())}
    is_text = "handwrite" in address
    given = {"data": options | {"text": "Hi"}} if is_text else {"data": options, "files": photo}
    answer = client.post(address, **given)
    if place == "in/00000.png":
        assert (answer.status_code, answer.json()["code"]) == (507, "disk.full")
        assert not [*store.root.iterdir()]
        return
    told = finish(client, answer.json()["name"])
    assert told["error"]["code"] == "disk.full", told
    assert "make room" in told["error"]["message"]
    assert not [*(store.root / told["name"] / "out").iterdir()]
