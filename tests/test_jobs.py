"""Jobs as data: planned, checked, run whole or not at all, the same wherever they run."""

import json
import multiprocessing
import os
import pickle
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import made_up
import numpy as np
import pytest
from films import shoot
from refusals import refused
from stopwatch import StopAt

from neuropil import registry
from neuropil.apps.handwrite.styles import Style
from neuropil.checks import check
from neuropil.job import Job, Settings
from neuropil.jobs import Done, Event, Failed, Message, Progress, Sessions, attempt, run
from neuropil.kit import progress
from neuropil.kit.media.image import Image
from neuropil.kit.networks.network import VARIABLE
from neuropil.planning import Request, plan
from neuropil.surfaces.cli import main as cli

COLORIZE = "colorize"


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder as people have it."""
    for name in (
        "b.jpg",
        "a.PNG",
        "scan.bmp",
        "a-colorize.png",
        "b-colorize-alternatives-1.png",
        "b-colorized.jpg",
        "my-colorize-book.jpg",
        "notes.txt",
        ".hidden.jpg",
        "1925/film.avi",
        "1925/clip.mkv",
        ".thumbnails/b.jpg",
    ):
        path = tmp_path / "album" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.touch()
    return tmp_path / "album"


def planned(
    sources: Sequence[Path], *outputs: Path, verb: str = COLORIZE, **options: Any
) -> list[Job]:
    return list(plan(Request(verb, tuple(map(str, sources)), options, tuple(map(str, outputs)))))


def names(jobs: Sequence[Job], folder: Path) -> list[str]:
    paths = [Path(path) for job in jobs for path in job.outputs.values()]
    return [path.relative_to(folder).as_posix() for path in paths]


# --- planning -----------------------------------------------------------------------------------


def test_outputs_lie_beside_their_inputs(album: Path) -> None:
    jobs = planned([album / "b.jpg", album / "scan.bmp"])
    assert names(jobs, album) == ["b-colorize.jpg", "scan-colorize.png"]


def test_a_folder_is_searched_for_media_that_are_not_ours(album: Path) -> None:
    assert names(planned([album]), album) == [
        "a-colorize.PNG",
        "b-colorized-colorize.jpg",
        "b-colorize.jpg",
        "my-colorize-book-colorize.jpg",
        "scan-colorize.png",
        "1925/clip-colorize.mkv",
        "1925/film-colorize.mp4",
    ]


def test_an_output_folder_keeps_the_folders_of_the_input(album: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    assert names(planned([album], new), new)[-1] == "1925/film-colorize.mp4"
    jobs = planned([album / "1925/film.avi", album / "b.jpg"], new)
    assert names(jobs, new) == ["film-colorize.mp4", "b-colorize.jpg"]


def test_one_input_can_be_given_a_name_or_a_folder(album: Path, tmp_path: Path) -> None:
    (job,) = planned([album / "b.jpg"], tmp_path / "new.png")
    assert list(job.outputs.values()) == [str(tmp_path / "new.png")]
    for folder in (tmp_path / "new", album):
        (job,) = planned([album / "b.jpg"], folder)
        assert names([job], folder) == ["b-colorize.jpg"]


def test_further_outputs_are_named_after_the_first(album: Path) -> None:
    (job,) = planned([album / "b.jpg"], verb="colorize-explore")
    assert names([job], album) == [
        "b-colorize-explore.jpg",
        "b-colorize-explore-alternatives.png",
        "b-colorize-explore-confidence.png",
        "b-colorize-explore-suggestions.png",
    ]
    (job,) = planned([album / "b.jpg"], album / "new.jpg", verb="colorize-explore", alternatives=0)
    assert names([job], album) == ["new.jpg", "new-confidence.png", "new-suggestions.png"]


def test_names_that_will_not_do_are_refused(album: Path, tmp_path: Path) -> None:
    photo, film, empty = album / "b.jpg", album / "1925/film.avi", tmp_path / "empty"
    empty.mkdir()
    cases: list[tuple[list[Path], Path | list[Path] | None, str, tuple[object, ...]]] = [
        ([], None, "input.required", ("neuropil colorize old.jpg",)),
        ([empty], None, "input.empty", (empty,)),
        ([photo, film], tmp_path / "new.jpg", "output.collision", ("new.jpg",)),
        ([photo, film], [tmp_path / "new", tmp_path / "new.jpg"], "option.conflict", ("new.jpg",)),
        ([photo], [tmp_path / "new.jpg", tmp_path], "option.conflict", ("new.jpg",)),
        ([album], [tmp_path / "one", tmp_path / "two"], "option.conflict", ("one", "two")),
        ([photo], [tmp_path / "one", tmp_path / "two"], "option.conflict", ("one", "two")),
        ([album], photo, "output.collision", ("b.jpg",)),
        ([photo], tmp_path / "new.bmp", "output.ending", ("new.bmp", ".jpg")),
        ([film], tmp_path / "new.png", "output.ending", ("new.png", ".mp4")),
    ]
    for sources, output, code, given in cases:
        with refused(code, *given):
            outputs = output if isinstance(output, list) else [output] if output else []
            planned(sources, *outputs)


def test_files_that_would_become_one_are_named_apart(album: Path, tmp_path: Path) -> None:
    for name in ("scan.heic", "scan.png", "b.png"):
        (album / name).touch()
    apart = ["scan-bmp-colorize.png", "scan-heic-colorize.png", "scan-png-colorize.png"]
    made = names(planned([album]), album)
    assert [name for name in made if name.startswith("scan")] == apart
    assert {"b-colorize.jpg", "b-colorize.png"} < set(made)
    scans = [album / "scan.heic", album / "scan.bmp"]
    assert names(planned(scans), album) == ["scan-heic-colorize.png", "scan-bmp-colorize.png"]
    explored = names(planned([album / "b.jpg", album / "b.png"], verb="colorize-explore"), album)
    assert explored[0] == "b-jpg-colorize-explore.jpg"
    assert "b-png-colorize-explore-confidence.png" in explored
    (album / "scan-bmp.png").touch()
    with refused("output.collision", album / "scan-bmp.png", album / "scan.bmp"):
        planned([album])


def test_a_name_that_ends_in_a_slash_is_a_folder(album: Path, tmp_path: Path) -> None:
    (job,) = plan(Request(COLORIZE, (str(album / "b.jpg"),), {}, (f"{tmp_path}/new.png/",)))
    assert job.outputs == {"image": str(tmp_path / "new.png" / "b-colorize.jpg")}


def test_a_file_that_is_named_twice_is_done_once(album: Path, tmp_path: Path) -> None:
    assert len(planned([album, album / "b.jpg"], tmp_path / "new")) == len(planned([album]))


def test_names_tell_which_result_goes_where(album: Path, tmp_path: Path) -> None:
    asked = [tmp_path / name for name in ("a.jpg", "a-confidence.png", "a-suggestions.png")]
    (job,) = planned([album / "b.jpg"], *asked, verb="colorize-explore", alternatives=0)
    assert {name: Path(path).name for name, path in job.outputs.items()} == {
        "picture": "a.jpg",
        "confidence": "a-confidence.png",
        "suggestions": "a-suggestions.png",
    }


def test_what_an_unknown_ending_hides_is_tried(photo: Path, tmp_path: Path) -> None:
    film = shoot(tmp_path / "a.mkv", sound=())
    for source, name, suffix in [(film, "a.xyz", ".mp4"), (photo, "old", ".png")]:
        (tmp_path / "odd").mkdir(exist_ok=True)
        odd = tmp_path / "odd" / name
        odd.write_bytes(source.read_bytes())
        (job,) = planned([odd])
        done = run(job, Sessions())
        assert [Path(path).suffix for path in done.outputs] == [suffix]
    (tmp_path / "odd" / "text.xyz").write_text("no media", encoding="utf-8")
    (job,) = planned([tmp_path / "odd" / "text.xyz"])
    with refused("input.kind", "text.xyz"):
        run(job, Sessions())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_of_unknown_ending_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with refused("input.address", "pipe"):
        run(planned([tmp_path / "pipe"])[0], Sessions())


def test_two_folders_may_not_become_one(album: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.jpg").touch()
    with refused("output.collision", album / "b.jpg", other / "b.jpg"):
        planned([album / "b.jpg", other / "b.jpg"], tmp_path / "new")


# --- a job as data ------------------------------------------------------------------------------


def test_what_is_no_job_is_refused() -> None:
    for text in ("", "{}", "[]", '{"verb": 1}', '{"settings": {"networks": [], "odd": 1}}'):
        with refused("job.damaged"):
            Job.from_json(text)
    with refused("job.damaged"):
        Job(COLORIZE, ("a.jpg",), {"strength": float("nan")})
    hints = Job(COLORIZE, ("a.jpg",), {"hints": ("1,1,#ff0000",)})  # type: ignore[dict-item]
    assert hints == Job.from_json(hints.to_json())
    check_options = registry.find_verb(COLORIZE).signature.parse(hints.options)
    assert len(check_options["hints"]) == 1


def test_files_that_are_read_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    style, network = tmp_path / "mine.json", tmp_path / "mine.onnx"
    Style.parse("ada").save(tmp_path / "mine.style")
    style.write_bytes((tmp_path / "mine.style").read_bytes())
    network.touch()
    monkeypatch.setenv(VARIABLE, str(network))
    force = Settings(force=True)
    for job in (
        Job("handwrite", ("so",), {"style": str(style)}, {"drawing": str(style)}, force),
        Job("classify-teach", (str(tmp_path),), {}, {"network": str(network)}, force),
    ):
        with refused("output.same_as_input"):
            check(job)


def test_a_network_that_is_replaced_is_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions, file = Sessions(), tmp_path / "mine.onnx"
    shipped, *_ = registry.find_app("colorize").networks.values()
    file.write_bytes(shipped.path.read_bytes())
    settings = Settings(networks=(str(file),))
    one = sessions.get("colorize", settings)
    assert sessions.get("colorize", settings) is one
    file.write_bytes(shipped.path.read_bytes())
    os.utime(file, (1, 1))
    assert sessions.get("colorize", settings) is not one
    monkeypatch.setenv(VARIABLE, str(file))
    assert sessions.get("colorize", Settings()) is not sessions.get("colorize", settings)


def test_a_job_can_be_written_down_and_read_again() -> None:
    job = Job(
        "colorize", ("a.jpg",), {"strength": 1.2}, {"image": "b.png"}, Settings(networks=("x",))
    )
    assert Job.from_json(job.to_json()) == job
    assert pickle.loads(pickle.dumps(job)) == job
    assert len(job.id) == 16
    assert Job.from_json(job.to_json()).id == job.id
    assert Job("colorize", ("a.jpg",)).id != Job("colorize", ("b.jpg",)).id


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    ramp = np.linspace(0, 250, 24 * 30).astype(np.uint8).reshape(24, 30, 1)
    path = tmp_path / "old.png"
    Image(np.repeat(ramp, 3, axis=2)).save(path)
    return path


def test_what_can_be_refused_is_refused_before_the_work(photo: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken.png"
    taken.write_bytes(b"mine")
    folder = tmp_path / "folder.png"
    folder.mkdir()
    cases = [
        ("input.missing", Job(COLORIZE, (str(tmp_path / "none.png"),))),
        ("option.range", Job(COLORIZE, (str(photo),), {"strength": 9})),
        ("option.missing", Job(COLORIZE, (str(photo),), {"strength": None})),
        ("input.required", Job(COLORIZE, ())),
        ("input.kind", Job("handwrite", (5,))),  # type: ignore[arg-type]
        ("name.unknown", Job(COLORIZE, (str(photo),), {}, {"nope": "x.png"})),
        ("output.ending", Job(COLORIZE, (str(photo),), {}, {"image": "x.mp4"})),
        ("name.unknown", Job(COLORIZE, (str(photo),), {"strenght": 1})),
        ("output.exists", Job(COLORIZE, (str(photo),), {}, {"image": str(taken)})),
        ("output.place", Job(COLORIZE, (str(photo),), {}, {"image": str(folder)})),
    ]
    for code, job in cases:
        with refused(code):
            check(job)
    with refused("output.same_as_input"):
        check(Job(COLORIZE, (str(photo),), {}, {"image": str(photo)}, Settings(force=True)))
    album = tmp_path / "album"
    (album / "one").mkdir(parents=True)
    (album / "one" / "a.png").write_bytes(photo.read_bytes())
    sheet = {"picture": str(album / "one" / "a.png")}
    with refused("output.same_as_input", f"lies in {album}, which is read"):
        check(Job("classify-sheet", (str(album),), {}, sheet, Settings(force=True)))
    same = str(tmp_path / "same.png")
    numbered = {"picture": str(tmp_path / "p-1.png"), "alternatives": str(tmp_path / "p.png")}
    link, pipe = tmp_path / "link.png", tmp_path / "pipe.png"
    link.symlink_to(tmp_path / "nowhere" / "x.png")
    os.mkfifo(pipe)
    explore = "colorize-explore"
    style = tmp_path / "mine.json"
    style.write_text("{}")
    cases = [
        (
            "output.collision",
            Job(explore, (str(photo),), {}, {"picture": same, "confidence": same}),
        ),
        ("output.collision", Job(explore, (str(photo),), {"alternatives": 1}, numbered)),
        ("output.place", Job(COLORIZE, (str(photo),), {}, {"image": str(link)})),
        (
            "output.place",
            Job(COLORIZE, (str(photo),), {}, {"image": str(pipe)}, Settings(force=True)),
        ),
        ("output.content", Job("drive", (), {"map": False}, {"map": str(tmp_path / "map.png")})),
        ("option.range", Job(COLORIZE, (str(photo),), settings=Settings(quality=1000))),
        ("option.range", Job(COLORIZE, (str(photo),), settings=Settings(threads=0))),
        ("option.syntax", Job(COLORIZE, (str(photo),), settings=Settings(max_pixels="x"))),  # type: ignore[arg-type]
        ("input.missing", Job(COLORIZE, (str(photo),), settings=Settings(networks=("none.onnx",)))),
        ("input.kind", Job(COLORIZE, (f"{photo}\0",))),
        ("input.empty", Job("handwrite", (" ",))),
        ("text.unwritable", Job("handwrite", ("猫",))),
        ("option.syntax", Job("handwrite", ("so",), {"ink": "red"})),
        ("option.syntax", Job("handwrite", ("so",), {"pen_up": ""})),
        ("option.conflict", Job("neuron", (), {"x": "1,2", "w": ["1"]})),
        ("option.missing", Job("neuron-biology", (), {"w": ["1"]})),
    ]
    for code, job in cases:
        with refused(code):
            check(job)
    (explore_job,) = planned([photo], verb="colorize-explore", alternatives=2)
    (tmp_path / "old-colorize-explore-alternatives-2.png").touch()
    with refused("output.exists", "alternatives-2"):
        check(explore_job)
    assert taken.read_bytes() == b"mine"


# --- a job done ---------------------------------------------------------------------------------


def spawned(job: str, pipe: Any) -> None:
    """Run a job in a process of its own."""
    pipe.send(attempt(Job.from_json(job), Sessions()))


def contents(paths: Sequence[str]) -> list[bytes]:
    return [Path(path).read_bytes() for path in paths]


def test_a_job_gives_the_same_files_here_elsewhere_and_twice(photo: Path) -> None:
    (job,) = planned([photo], verb="colorize-explore", alternatives=2)
    job = Job(job.verb, job.inputs, job.options, job.outputs, Settings(force=True, threads=1))
    done = run(job, Sessions())
    assert len(done.outputs) == 5
    here = contents(done.outputs)
    assert contents(run(job, Sessions()).outputs) == here
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=spawned, args=(job.to_json(), theirs)
    )
    process.start()
    there = ours.recv()
    process.join()
    assert isinstance(there, Done)
    assert (there.outputs, there.values) == (done.outputs, done.values)
    assert contents(there.outputs) == here
    assert json.loads(json.dumps(done.values)) == done.values


def test_events_tell_how_far_it_is(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from neuropil.apps.colorize.app import Colorize
    from neuropil.apps.colorize.cielab import Floats

    predict = Colorize.predict_colors

    def told(self: Colorize, *given: Any) -> Floats:
        progress.message("painting")
        for _ in progress.track(range(2), total=2, title="strips"):
            pass
        return predict(self, *given)

    monkeypatch.setattr(Colorize, "predict_colors", told)
    events: list[Event] = []
    done = run(Job(COLORIZE, (str(photo),)), Sessions(), emit=events.append)
    assert Message("painting") in events
    assert done.messages == ("painting",)
    assert [e.done for e in events if isinstance(e, Progress)] == [0, 1, 2]


def test_a_job_that_is_cancelled_leaves_nothing(photo: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    job = Job("handwrite", ("Dear Ada, how are you?",), {}, {"drawing": str(tmp_path / "a.svg")})
    for n in (0, 1, 3):
        failed = attempt(job, Sessions(), cancel=StopAt(n))
        assert isinstance(failed, Failed)
        assert failed.code == "cancelled"
        assert not failed.ours
    assert sorted(tmp_path.iterdir()) == before


def test_mistakes_and_faults_are_told_apart(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = photo.with_name("bad.png")
    bad.write_bytes(b"no picture")
    failed = attempt(Job(COLORIZE, (str(bad),)), Sessions())
    assert isinstance(failed, Failed)
    assert failed.code.startswith("input.")
    assert str(bad) in failed.message
    from neuropil.apps.colorize.app import Colorize

    def broken(*given: object) -> Image:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(Colorize, "predict_colors", broken)
    failed = attempt(Job(COLORIZE, (str(photo),)), Sessions())
    assert failed == Failed("internal", "ZeroDivisionError: by nothing", ours=True)


def test_all_outputs_are_written_or_none(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = planned([photo], verb="colorize-explore", alternatives=1)
    save, saved = Image.save, 0

    def failing(self: Image, path: Path | str, *, quality: int = 92) -> None:
        nonlocal saved
        saved += 1
        if saved == 3:
            raise OSError(28, "No space left on device")
        save(self, path, quality=quality)

    monkeypatch.setattr(Image, "save", failing)
    before = sorted(tmp_path.iterdir())
    with refused("disk.full"):
        run(job, Sessions())
    assert saved == 3
    assert sorted(tmp_path.iterdir()) == before


def test_applications_stay_loaded_and_the_least_used_go_first() -> None:
    sessions = Sessions(limit=2)
    one, two = sessions.get("neuron", Settings()), sessions.get("neuron", Settings(threads=1))
    assert sessions.get("neuron", Settings()) is one
    sessions.get("neuron", Settings(threads=2))  # of the two, the second was used less lately
    assert sessions.get("neuron", Settings()) is one
    assert sessions.get("neuron", Settings(threads=1)) is not two


# --- an application of ten lines ----------------------------------------------------------------


@pytest.fixture
def brighten(tmp_path: Path) -> Iterator[None]:
    """Add the application that CONTRIBUTING.md writes out: a folder, and a name."""
    guide = Path(__file__).parent.parent / "CONTRIBUTING.md"
    code = guide.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    folder = tmp_path / "apps" / "brighten"
    folder.mkdir(parents=True)
    package, source = re.split(r"# src/\S+\n", code)[1:]
    (folder / "__init__.py").write_text(package, encoding="utf-8")
    (folder / "app.py").write_text(source, encoding="utf-8")
    with made_up.registered(folder):
        yield


@pytest.mark.usefixtures("brighten")
def test_an_application_is_a_folder_and_a_name(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["--help"]) == 0
    assert "Brighten a photograph." in capsys.readouterr().out
    assert cli.run(["brighten", "--help"]) == 0
    assert "levels that are added, of 255 (from 0 to 255)" in " ".join(
        capsys.readouterr().out.split()
    )
    out = tmp_path / "new.png"
    assert cli.run(["brighten", str(photo), "--by", "50", "-o", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "input": str(photo),
        "files": {"image": [str(out)]},
    }
    assert Image.open(out).pixels.min() == 50
    assert cli.run(["brighten", str(photo), "--by", "300"]) == 2
    assert cli.run(["list", "--json"]) == 0
    schemas = json.loads(capsys.readouterr().out)
    assert schemas[-1]["options"]["properties"]["by"]["maximum"] == 255
    jobs = planned([photo.parent], tmp_path / "many", verb="brighten")
    done = [attempt(job, Sessions()) for job in jobs]
    assert all(isinstance(each, Done) for each in done)


def test_what_is_wrong_with_a_picture_is_said_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    Image(np.full((40, 60, 3), 200, np.uint8)).save(path)
    with refused("input.no_text", "plain.png: no text"):
        run(Job("translate-read", (str(path),), {}, {}, Settings(threads=1)), Sessions())
