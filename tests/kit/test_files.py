from pathlib import Path

import pytest

from neuropil.kit.files import Job, jobs
from neuropil.kit.problem import Problem


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


def test_names_that_will_not_do_are_said_in_a_sentence(album: Path, tmp_path: Path) -> None:
    photo, film, empty = album / "b.jpg", album / "1925/film.avi", tmp_path / "empty"
    empty.mkdir()
    twin = tmp_path / "b.jpg"
    twin.touch()
    for inputs, output, sentence in [
        ([], None, "name a picture, a film or a folder, as in: neuropil colorize old.jpg"),
        ([empty], None, "empty holds no pictures or films"),
        ([photo, film], tmp_path / "new.jpg", "new.jpg names one file, and there can be several"),
        ([album], photo, "b.jpg names one file"),
        ([photo], tmp_path / "new.bmp", r"new.bmp can't be written; end the name in \.jpg"),
        ([film], tmp_path / "new.png", r"new.png can't be written; end the name in \.mp4"),
        ([photo, twin], tmp_path / "new", "would both become .*b-colorize.jpg; rename one"),
    ]:
        with pytest.raises(Problem, match=sentence):
            jobs(inputs, output, "colorize")
