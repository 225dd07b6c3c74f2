from pathlib import Path

import pytest
from refusals import refused

from neuropil.kit.files import Job, jobs


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


def names(planned: list[Job], folder: Path) -> list[str]:
    return [job.target.relative_to(folder).as_posix() for job in planned]


def test_outputs_lie_beside_their_inputs(album: Path) -> None:
    planned = jobs([album / "b.jpg", album / "scan.bmp"], None, "colorize")
    assert names(planned, album) == ["b-colorize.jpg", "scan-colorize.png"]


def test_a_folder_is_searched_for_media_that_are_not_ours(album: Path) -> None:
    planned = jobs([album], None, "colorize")
    assert names(planned, album) == [
        "a-colorize.PNG",
        "b-colorized-colorize.jpg",
        "b-colorize.jpg",
        "scan-colorize.png",
        "1925/clip-colorize.mkv",
        "1925/film-colorize.mp4",
    ]
    assert [job.is_film for job in planned] == [False] * 4 + [True] * 2


def test_an_output_folder_keeps_the_folders_of_the_input(album: Path, tmp_path: Path) -> None:
    planned = jobs([album], tmp_path / "new", "colorize")
    assert names(planned, tmp_path / "new")[-1] == "1925/film-colorize.mp4"
    planned = jobs([album / "1925/film.avi", album / "b.jpg"], tmp_path / "new", "colorize")
    assert names(planned, tmp_path / "new") == ["film-colorize.mp4", "b-colorize.jpg"]


def test_one_input_can_be_given_a_name_or_a_folder(album: Path, tmp_path: Path) -> None:
    (job,) = jobs([album / "b.jpg"], tmp_path / "new.png", "colorize")
    assert job.target == tmp_path / "new.png"
    for folder in (tmp_path / "new", album):
        (job,) = jobs([album / "b.jpg"], folder, "colorize")
        assert job.target == folder / "b-colorize.jpg"


def test_what_lies_beside_an_output_is_named_after_it() -> None:
    usual, named = Job(Path("b.jpg"), Path("b-colorize.jpg")), Job(Path("b.jpg"), Path("new.jpg"))
    assert usual.beside("confidence", "colorize") == Path("b-colorize-confidence.png")
    assert named.beside("alternatives-1", "colorize") == Path("new-colorize-alternatives-1.png")


def test_names_that_will_not_do_are_refused(album: Path, tmp_path: Path) -> None:
    photo, film, empty = album / "b.jpg", album / "1925/film.avi", tmp_path / "empty"
    empty.mkdir()
    twin = tmp_path / "b.jpg"
    twin.touch()
    cases: list[tuple[list[Path], Path | None, str, tuple[object, ...]]] = [
        ([], None, "input.required", ()),
        ([empty], None, "input.empty", (empty,)),
        ([photo, film], tmp_path / "new.jpg", "output.collision", ("new.jpg",)),
        ([album], photo, "output.collision", ("b.jpg",)),
        ([photo], tmp_path / "new.bmp", "output.ending", ("new.bmp", ".jpg")),
        ([film], tmp_path / "new.png", "output.ending", ("new.png", ".mp4")),
        ([photo, twin], tmp_path / "new", "output.collision", (photo, twin, "b-colorize.jpg")),
    ]
    for inputs, output, code, given in cases:
        with refused(code, *given):
            jobs(inputs, output, "colorize")
