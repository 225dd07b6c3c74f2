"""`neuropil serve --cluster`: jobs over HTTP, by replicas that may die, with results in a store."""

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from map_runs import BUCKET, MARK, store_settings, workers_of
from PIL import Image as Picture
from web_client import finish

from neuropil.job import Job, Settings
from neuropil.jobs import Sessions, run
from neuropil.surfaces.cli import main as cli
from neuropil.surfaces.web.serve import find_port

TOKEN = "a-word-of-our-own"
LONG = "All work and no play makes Jack a dull boy. " * 15  # some seconds of handwriting
WAITING = 2  # jobs in the line, at most
START = """
import signal, sys
signal.signal(signal.SIGTERM, signal.default_int_handler)
from neuropil.surfaces.cluster.studio.serving import Service, serve_cluster
service = Service(sys.argv[1], sys.argv[2], most_waiting=int(sys.argv[4]))
serve_cluster(service, "127.0.0.1", int(sys.argv[3]), 2, print, browse=False)
"""


@dataclass
class Served:
    """A service in a process of its own, and who asks it."""

    process: "subprocess.Popen[str]"
    client: Any
    mark: str

    def start(self, command: str, **fields: Any) -> str:
        """Start a job, and give its name."""
        files = {key: value for key, value in fields.items() if not isinstance(value, str)}
        data = {"options": "{}"} | {k: v for k, v in fields.items() if isinstance(v, str)}
        answer = self.client.post(f"/api/{command}", data=data, files=files)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["name"])

    def finish(self, name: str) -> dict[str, Any]:
        """Wait until a job has ended."""
        return finish(self.client, name)

    def wait_for(self, name: str) -> None:
        """Wait until a job runs in its child."""
        place = f"neuropil-worker-*/{name}/started"
        wait_until(lambda: list(Path(tempfile.gettempdir()).glob(place)))
        wait_until(lambda: self.client.get(f"/api/jobs/{name}").json()["state"] == "running")

    def replicas(self, deployment: str) -> list[int]:
        """Find the processes of a deployment."""
        return workers_of(self.mark, f"ServeReplica:neuropil:{deployment}")

    def child_at(self, name: str) -> int:
        """Find the process in which a job runs: the child of a worker."""
        places = Path(tempfile.gettempdir()).glob(f"neuropil-worker-*/{name}/started")
        numbers = [int(place.parts[-3].split("-")[2]) for place in places]
        (worker,) = set(numbers) & set(self.replicas("worker"))
        (child,) = (each for each in self.children() if parent(each) == worker)
        return child

    def children(self) -> list[int]:
        """Find the processes in which jobs run."""
        return workers_of(self.mark, "multiprocessing.spawn")


def parent(number: int) -> int:
    """Tell which process has started another one."""
    return int(Path(f"/proc/{number}/stat").read_text("ascii").rpartition(")")[2].split()[1])


@contextmanager
def serving(words: list[str], port: int, mark: str, **settings: str) -> Iterator[Served]:
    """Start a service, and end it."""
    environment = {**os.environ, **settings, MARK: mark}
    with (
        subprocess.Popen(
            [sys.executable, *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process,
        httpx2.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"authorization": f"Bearer {TOKEN}"},
            timeout=60,
        ) as client,
    ):
        assert process.stdout
        try:
            said = process.stdout.readline()
            assert f"http://127.0.0.1:{port}/?token={TOKEN}" in said, process.communicate()
            yield Served(process, client, mark)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@pytest.fixture(scope="module")
def served(moto: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve from a store like S3, with two workers and a short line."""
    port, mark = find_port("127.0.0.1", None), str(tmp_path_factory.mktemp("served"))
    words = ["-u", "-c", START, f"s3://{BUCKET}/studio", TOKEN, str(port), str(WAITING)]
    with serving(words, port, mark, **store_settings(moto)) as made:
        yield made


def png(side: int = 48) -> bytes:
    file = io.BytesIO()
    rng = np.random.default_rng(0)
    Picture.fromarray(rng.integers(256, size=(side, side, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


def objects(moto: str, name: str) -> list[str]:
    """Name what the store holds of a job."""
    from obstore.store import from_url

    with pytest.MonkeyPatch.context() as patch:
        for variable, value in store_settings(moto).items():
            patch.setenv(variable, value)
        place: Any = from_url(f"s3://{BUCKET}/studio")
        return [each["path"] for page in place.list(name) for each in page]


# --- from the command line ------------------------------------------------------------------------


def test_what_is_missing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    for line, words in {
        "serve --cluster --store here": "--cluster needs --token",
        "serve --cluster --token word": "--cluster needs --store",
        "serve --store here": "--store goes with --cluster",
        "serve --workers 2": "--workers goes with --cluster",
        "serve --cluster --token word --store ftp://here": "results go to a folder, or to s3://",
        "serve --cluster --token word --store /proc/none": "takes no files",
    }.items():
        assert cli.run(line.split()) == 2
        assert words in capsys.readouterr().err


def test_a_job_from_a_folder_to_a_folder(tmp_path: Path) -> None:
    """The bytes are those of the command line; nothing stays running, no log has the token."""
    (picture := tmp_path / "old.png").write_bytes(png())
    job = Job("colorize", (str(picture),), {}, {"image": str(tmp_path / "new.png")}, Settings())
    run(job, Sessions())
    port, mark, began = find_port("127.0.0.1", None), str(tmp_path), time.time()
    words = ["-m", "neuropil", "serve", "--quiet", "--cluster", "--token", TOKEN]
    words += ["--store", f"file://{tmp_path}/store", "--workers", "1", "--port", str(port)]
    with serving(words, port, mark) as served:
        assert httpx2.get(f"http://127.0.0.1:{port}/").status_code == 401
        name = served.start("jobs/colorize", photo=("old.png", picture.read_bytes()))
        done = served.finish(name)
        made = served.client.get(done["files"][0]["address"])
        (worker,) = served.replicas("worker")
    assert made.content == (tmp_path / "new.png").read_bytes()
    assert done["files"][0]["bytes"] == len(made.content)
    kept = {file.relative_to(tmp_path / "store").as_posix() for file in files(tmp_path / "store")}
    parts = ("in/00000.png", "job.json", "out/image.png", "outcome.json")
    assert kept == {f"{name}/{part}" for part in parts}
    assert served.replicas("worker") == served.children() == []
    assert not Path(f"/proc/{worker}").exists()
    sessions = list(Path(tempfile.gettempdir(), "ray").glob("session_2*"))
    logs = [file for each in sessions if each.stat().st_mtime >= began for file in files(each)]
    assert any("serve" in log.parts for log in logs)
    assert [log for log in logs if TOKEN.encode() in log.read_bytes()] == []


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


# --- from a store, with two workers --------------------------------------------------------------


def test_a_job_is_followed(served: Served) -> None:
    name = served.start("jobs/handwrite", text="Hello there", options='{"seed": 3}')
    with served.client.stream("GET", f"/api/jobs/{name}/events") as events:
        told = [json.loads(line[6:]) for line in events.iter_lines() if line]
    assert told[-1]["state"] == "done"
    assert {each["state"] for each in told} <= {"waiting", "running", "done"}
    page = served.client.get(told[-1]["files"][0]["address"])
    assert page.headers["content-type"].startswith("image/svg")


def test_any_host_may_ask_that_has_the_token(served: Served) -> None:
    names = {"host": "studio.example", "origin": "https://studio.example"}
    answer = served.client.post("/api/jobs/handwrite", data={"text": "Hi"}, headers=names)
    assert answer.status_code == 202
    served.finish(answer.json()["name"])
    names["origin"] = "https://elsewhere.example"
    answer = served.client.post("/api/jobs/handwrite", data={"text": "Hi"}, headers=names)
    assert answer.status_code == 403


def test_inputs_and_networks_of_other_jobs_are_found(served: Served) -> None:
    first = served.finish(served.start("jobs/colorize", photo=("a.png", png(96))))["name"]
    again = served.finish(served.start("jobs/classify", job=first))
    assert again["state"] == "done", again
    opened = served.finish(
        served.start("open/colorize", job=first, options='{"at": "40,30"}', depth="2")
    )
    assert opened["state"] == "done", opened
    for page in (opened["walk"]["page"], opened["walk"]["sheet"]):
        assert "<html" in served.client.get(page).text
    names = [f"{kind}/{i}.png" for kind in "ab" for i in range(5)]
    pictures = [("folder", (name, png(32 + i))) for i, name in enumerate(names)]
    answer = served.client.post("/api/jobs/classify-teach", data={"options": "{}"}, files=pictures)
    taught = served.finish(answer.json()["name"])
    assert taught["state"] == "done", taught
    used = served.finish(served.start("jobs/classify", job=first, network=taught["name"]))
    assert used["state"] == "done", used
    assert {each["name"] for each in used["values"]["guesses"]} > {"a", "b"}


def test_a_sheet_is_kept_for_others(served: Served, moto: str) -> None:
    asked: dict[str, Any] = {
        "sizes": [2, 1],
        "activations": ["sigmoid"],
        "seed": 3,
        "opened": [0, 0],
    }
    asked |= {"points": [[0, 1], [1, 0]], "targets": [[0], [1]]}
    play = served.client.post("/api/playground/sheet", json=asked)
    assert play.status_code == 200, play.text
    address = play.json()["address"]
    assert "<html" in served.client.get(address).text
    assert objects(moto, address.rpartition("/")[2])


def test_a_job_is_stopped(served: Served, moto: str) -> None:
    name = served.start("jobs/handwrite", text=LONG)
    served.wait_for(name)
    child = served.child_at(name)
    served.client.delete(f"/api/jobs/{name}")
    assert served.finish(name)["state"] == "cancelled"
    wait_until(lambda: not Path(f"/proc/{child}").exists())
    wait_until(lambda: f"{name}/outcome.json" in objects(moto, name))


def wait_until(holds: Any, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_killed_child_costs_its_job_alone(served: Served) -> None:
    before = served.replicas("worker")
    name = served.start("jobs/handwrite", text=LONG)
    served.wait_for(name)
    os.kill(served.child_at(name), signal.SIGKILL)
    died = served.finish(name)
    assert (died["state"], died["error"]["code"]) == ("failed", "worker.died")
    assert set(served.replicas("worker")) <= set(before)


def test_a_killed_worker_costs_a_second_try(served: Served) -> None:
    name = served.start("jobs/handwrite", text=LONG, options='{"seed": 1}')
    served.wait_for(name)
    child = served.child_at(name)
    os.kill(parent(child), signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{child}").exists())  # it ends with its parent
    assert served.finish(name)["state"] == "done"


def test_the_replica_that_answers_may_die(served: Served) -> None:
    earlier = served.start("jobs/colorize", photo=("a.png", png()))
    before = served.finish(earlier)
    content = served.client.get(before["files"][0]["address"]).content
    name = served.start("jobs/handwrite", text=LONG, options='{"seed": 2}')
    served.wait_for(name)
    (studio,) = served.replicas("studio")
    os.kill(studio, signal.SIGKILL)
    wait_until(lambda: served.replicas("studio") not in ([], [studio]))
    after = served.client.get(f"/api/jobs/{earlier}").json()
    assert after["files"] == before["files"]
    assert served.client.get(after["files"][0]["address"]).content == content
    done = served.finish(name)
    assert done["state"] == "done", done
    assert served.client.get(done["files"][0]["address"]).status_code == 200


def test_a_full_line_is_said(served: Served) -> None:
    names = [served.start("jobs/handwrite", text=LONG) for _ in range(2)]
    for name in names:
        served.wait_for(name)
    names += [served.start("jobs/handwrite", text="Hi") for _ in range(WAITING)]
    assert served.client.get(f"/api/jobs/{names[-1]}").json()["place"] == WAITING
    answer = served.client.post("/api/jobs/handwrite", data={"text": "Hi", "options": "{}"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    for name in names[:2]:
        served.client.delete(f"/api/jobs/{name}")
    assert [served.finish(name)["state"] for name in names[2:]] == ["done"] * WAITING
