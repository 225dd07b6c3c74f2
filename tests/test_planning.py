"""Requests turned into jobs: files that hold several pictures. Names are tried in test_jobs.py."""

import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from refusals import refused

from neuropil import registry
from neuropil.checks import check, is_done
from neuropil.job import Job
from neuropil.jobs import Sessions, run
from neuropil.kit.media.image import Image
from neuropil.planning import Request, plan
from neuropil.signature import Json

LEVELS = (40, 120, 200)  # of the pictures of a file


def save_pages(path: Path, n: int = 3) -> Path:
    """Write n grey pictures of 12 x 8 pixels, with a white corner, into one file."""
    pages = [Picture.new("RGB", (12, 8), (level,) * 3) for level in LEVELS[:n]]
    for page in pages:
        page.paste("white", (0, 0, 2, 2))
    pages[0].save(path, save_all=True, append_images=pages[1:], duration=100, lossless=True)
    return path


def planned(*sources: Path, to: Path, verb: str = "invert") -> list[Job]:
    return list(plan(Request(verb, tuple(map(str, sources)), {}, (str(to),))))


def lay(source: Path, made: Path | None = None) -> None:
    """Lay a picture there, later than a result was made, whatever the clock's steps."""
    while not source.exists() or (made and source.stat().st_ctime_ns <= made.stat().st_mtime_ns):
        source.unlink(missing_ok=True)
        Picture.new("RGB", (12, 8), "grey").save(source)


def work(folder: Path, to: Path, verb: str = "invert", **options: Json) -> list[tuple[str, str]]:
    """Do what of a folder is not done yet: each source and its first result."""
    jobs = list(plan(Request(verb, (str(folder),), options, (str(to),), keeps_done=True)))
    left = [job for job in jobs if not is_done(registry.find_verb(verb), job)]
    made = [Path(run(job, Sessions()).outputs[0]).name for job in left]
    return [(Path(job.inputs[0]).name, name) for job, name in zip(left, made, strict=True)]


def names(jobs: list[Job]) -> list[str]:
    return [Path(path).name for job in jobs for path in job.outputs.values()]


@pytest.mark.usefixtures("invert")
@pytest.mark.parametrize("ending", [".tif", ".webp"])
def test_pages_are_done_one_by_one(tmp_path: Path, ending: str) -> None:
    jobs = planned(save_pages(tmp_path / f"scan{ending}"), to=tmp_path / "new")
    assert names(jobs) == [f"scan-{page}-invert{ending}" for page in (1, 2, 3)]
    assert [job.page for job in jobs] == [1, 2, 3]
    assert jobs[1].source.endswith(f"scan{ending}, page 2")
    for job, level in zip(jobs, LEVELS, strict=True):
        assert Job.from_json(job.to_json()) == job
        check(job)
        (made,) = run(job, Sessions()).outputs
        assert abs(np.median(Image.open(made).pixels) - (255 - level)) <= 2, job.source


@pytest.mark.usefixtures("invert")
@pytest.mark.parametrize("ending", [".gif", ".png"])
def test_a_picture_that_moves_is_a_film(tmp_path: Path, ending: str) -> None:
    (job,) = planned(save_pages(tmp_path / f"moves{ending}"), to=tmp_path / "new")
    assert (names([job]), job.page) == (["moves-invert.mp4"], None)
    (still,) = planned(save_pages(tmp_path / f"still{ending}", 1), to=tmp_path / "new")
    assert (names([still]), still.page) == (["still-invert.png"], None)
    jobs = planned(tmp_path / f"moves{ending}", to=tmp_path / "new", verb="classify")
    assert [job.page for job in jobs] == [1, 2, 3], "where no film is taken"


@pytest.mark.usefixtures("invert")
def test_pages_are_told_from_files_of_their_names(tmp_path: Path) -> None:
    album = tmp_path / "album"
    album.mkdir()
    for n, name in ((2, "scan.tif"), (1, "scan-1.tif"), (1, "scan-2.png")):
        save_pages(album / name, n)
    (album / "torn.tif").write_bytes(b"II*\0 torn")
    assert names(planned(album, to=tmp_path / "new")) == [
        *("scan-1-tif-invert.tif", "scan-2-invert.png"),
        *("scan-tif-1-invert.tif", "scan-2-invert.tif", "torn-invert.tif"),
    ]


@pytest.mark.usefixtures("invert")
def test_pages_that_will_not_do_are_refused(tmp_path: Path) -> None:
    scan, film = save_pages(tmp_path / "scan.tif"), save_pages(tmp_path / "moves.gif")
    with refused("output.collision", "new.tif", "folder"):
        planned(scan, to=tmp_path / "new.tif")
    with refused("option.range", scan, "9", "1 and 3"):
        run(Job("invert", (str(scan),), page=9), Sessions())
    with refused("input.kind", film, "page 2"):
        check(Job("invert", (str(film),), page=2))


def test_a_page_is_opened_by_its_number(tmp_path: Path) -> None:
    scan = save_pages(tmp_path / "scan.tif")
    pages = [Image.open(scan, page=page).pixels for page in (1, 2, 3)]
    assert [int(np.median(pixels)) for pixels in pages] == list(LEVELS)
    assert Image.count_pages(scan) == 3
    assert Image.count_pages(tmp_path / "missing.tif") == 1


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder with one picture, that is done."""
    (tmp_path / "album").mkdir()
    lay(tmp_path / "album/a.png")
    assert work(tmp_path / "album", tmp_path / "new") == [("a.png", "a-invert.png")]
    return tmp_path / "album"


@pytest.mark.usefixtures("invert")
def test_what_is_done_stays_so_beside_files_of_its_name(album: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    lay(album / "a.bmp", new / "a-invert.png")
    assert work(album, new) == [("a.bmp", "a-bmp-invert.png")]
    lay(album / "a.ppm", new / "a-bmp-invert.png")
    lay(album / "a.jpg")  # becomes a-invert.jpg, which is nobody else's
    assert work(album, new) == [("a.jpg", "a-invert.jpg"), ("a.ppm", "a-ppm-invert.png")]
    assert work(album, new) == []


@pytest.mark.usefixtures("invert")
def test_what_is_done_stays_so_without_the_others_of_its_name(album: Path, tmp_path: Path) -> None:
    lay(album / "a.bmp")
    new = tmp_path / "other"
    assert [name for _, name in work(album, new)] == ["a-bmp-invert.png", "a-png-invert.png"]
    (album / "a.bmp").unlink()
    assert work(album, new) == []
    (album / "a.png").unlink()
    gone = Request("invert", (str(album / "a.png"),), {}, (str(tmp_path / "new"),), keeps_done=True)
    assert names(list(plan(gone))) == ["a-invert.png"], "whose source is gone"


@pytest.mark.usefixtures("invert")
def test_a_result_that_may_be_of_two_counts_for_none(album: Path, tmp_path: Path) -> None:
    lay(album / "a.bmp")
    copied = tmp_path / "copied"  # later than both
    shutil.copytree(tmp_path / "new", copied, copy_function=shutil.copyfile)
    assert work(album, copied) == [("a.bmp", "a-bmp-invert.png"), ("a.png", "a-png-invert.png")]


@pytest.mark.usefixtures("invert")
def test_several_results_are_told_by_all_of_them(album: Path, tmp_path: Path) -> None:
    """Of a.png and a.jpg only the further outputs share their names."""
    new = tmp_path / "looked"
    look = partial(work, album, new, "invert-look", map=True)
    assert look() == [("a.png", "a-invert-look.png")]
    lay(album / "a.jpg")
    assert look() == [("a.jpg", "a-jpg-invert-look.jpg")]
    assert look() == []
