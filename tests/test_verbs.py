"""Every verb as a job: the same files wherever it runs, stopped at once, never half-written."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import made_up
import pytest
from refusals import refused
from stopwatch import StopAt, Stopwatch
from verb_jobs import all_cases, make_job, shorten

from neuropil import registry
from neuropil.checks import check
from neuropil.job import Job
from neuropil.jobs import Done, Failed, Sessions, attempt, run
from neuropil.kit import atomic
from neuropil.kit.media.image import Image
from neuropil.planning import Request, plan

MOST_SECONDS = 0.5  # of work of its own, not of the clock, between two questions whether to stop
with made_up.registered():
    CASES = [
        pytest.param(command, kinds, id=" ".join([command, *kinds]))
        for command, kinds in all_cases()
    ]
each_case = pytest.mark.parametrize(("command", "kinds"), CASES)
spawning = multiprocessing.get_context("spawn")


@pytest.fixture(autouse=True)
def _made_up() -> Iterator[None]:
    with made_up.registered():
        yield


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch)


class NoLab(MetaPathFinder):
    """Refuses to import what only learns and measures: no verb may need it."""

    def find_spec(self, fullname: str, *_: object) -> None:
        assert ".lab" not in fullname, f"{fullname} is not for what runs"


def run_elsewhere(job: str) -> Done | Failed:
    """Run a job in a process that has nothing but its JSON, and no lab."""
    if not any(isinstance(finder, NoLab) for finder in sys.meta_path):
        assert not [name for name in sys.modules if ".lab" in name]
        sys.meta_path.insert(0, NoLab())
    shorten(pytest.MonkeyPatch())  # for good: the process has nothing else to do
    with made_up.registered():
        return attempt(Job.from_json(job), Sessions())


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Any]:
    with spawning.Pool(1) as pool:
        yield pool


def contents(done: Done) -> dict[str, bytes]:
    return {path: Path(path).read_bytes() for path in done.outputs}


@each_case
def test_a_job_gives_the_same_here_twice_and_elsewhere(
    command: str, kinds: Sequence[str], tmp_path: Path, elsewhere: Any
) -> None:
    job = make_job(registry.find_verb(command), kinds, tmp_path)
    assert Job.from_json(job.to_json()) == job
    check(job)
    sessions = Sessions()
    here = run(job, sessions)
    made = contents(here)
    assert len(made) >= len(job.outputs)
    there = elsewhere.apply(run_elsewhere, [job.to_json()])
    for again in (run(job, sessions), there):
        assert isinstance(again, Done), again
        assert (again.outputs, again.values) == (here.outputs, here.values)
        assert contents(again) == made


@each_case
def test_a_job_can_be_stopped_within_a_second(
    command: str, kinds: Sequence[str], tmp_path: Path
) -> None:
    job = make_job(registry.find_verb(command), kinds, tmp_path, 480, 640)
    inputs, sessions = sorted(tmp_path.rglob("*")), Sessions()
    sessions.get(registry.find_verb(command).app, job.settings)
    for _ in range(2):  # what a busy machine adds to the clock of a thread, it adds but once
        watch = Stopwatch()
        done = attempt(job, sessions, cancel=watch)
        n_asked = len(watch.gaps)
        watch.is_set()
        assert isinstance(done, Done), done
        for path in map(Path, done.outputs):
            path.unlink()
        if max(watch.gaps) < MOST_SECONDS:
            break
    assert max(watch.gaps) < MOST_SECONDS
    for n in {n_asked // 2, n_asked - 1}:
        stopped = attempt(job, sessions, cancel=StopAt(n))
        assert isinstance(stopped, Failed)
        assert stopped.code == "cancelled"
        assert sorted(tmp_path.rglob("*")) == inputs


# --- killed ---------------------------------------------------------------------------------------


def stall_while_saving(job: str, pipe: Any, after: int) -> None:
    """Run a job until so many files are written beside their places; then tell, and wait."""
    save, saved = Image.save, 0

    def stalling(self: Image, path: Path | str, *, quality: int = 92) -> None:
        nonlocal saved
        save(self, path, quality=quality)
        saved += 1
        if saved == after:
            pipe.send(saved)
            time.sleep(600)

    Image.save = stalling  # type: ignore[method-assign]
    attempt(Job.from_json(job), Sessions())


def stall_while_renaming(job: str, pipe: Any, after: int) -> None:
    """Run a job until so many files have taken their places; then tell, and wait."""
    settle, settled = atomic._settle, 0

    def stalling(temporary: Path, target: Path) -> None:
        nonlocal settled
        settle(temporary, target)
        settled += not target.name.startswith(".")  # those are still beside their places
        if settled == after:
            pipe.send(settled)
            time.sleep(600)

    atomic._settle = stalling
    attempt(Job.from_json(job), Sessions())


def kill_at(stall: Any, job: Job, after: int) -> None:
    """Run a job in a process of its own and kill it, as the machine does, at a moment."""
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=stall, args=(job.to_json(), theirs, after))
    process.start()
    assert ours.recv() == after
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()


def seen(folder: Path) -> list[str]:
    """Name the files of a folder that a person sees."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_a_job_that_is_killed_leaves_whole_files_only(tmp_path: Path) -> None:
    job = make_job(registry.find_verb("colorize-explore"), ("image",), tmp_path)
    before = seen(tmp_path)
    kill_at(stall_while_saving, job, 3)
    assert seen(tmp_path) == before
    kill_at(stall_while_renaming, job, 2)
    new = [tmp_path / name for name in seen(tmp_path) if name not in before]
    assert len(new) == 2
    whole = {path: path.read_bytes() for path in new}
    done = run(job, Sessions())  # completes what is missing
    assert whole.items() <= {Path(path): b for path, b in contents(done).items()}.items()


# --- what only the made-up application has -------------------------------------------------------


def test_several_outputs_are_told_apart_by_their_endings(tmp_path: Path) -> None:
    film, sound = (tmp_path / "film.mkv", tmp_path / "speech.wav")
    for path in (film, sound):
        path.touch()
    names = (str(tmp_path / "new.wav"), str(tmp_path / "new.mp4"))
    (job,) = plan(Request("dub", (str(film), str(sound)), {"cues": True}, names))
    assert job.inputs == (str(film), str(sound))
    assert {n: Path(p).name for n, p in job.outputs.items()} == {
        "film": "new.mp4",
        "sound": "new.wav",
    }
    with refused("output.ending", "c.txt", "--cues"):
        list(plan(Request("dub", (str(film), str(sound)), {}, ("c.txt",))))
    with refused("option.conflict", "b.wav"):
        list(plan(Request("dub", (str(film), str(sound)), {}, (names[0], "b.wav"))))
    with refused("input.required", "film", "speech"):
        list(plan(Request("dub", (str(film),))))
    (job,) = plan(Request("dub", (str(sound), str(film))))
    with refused("input.kind", "speech.wav"):
        check(job)
