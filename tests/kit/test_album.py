"""Folders of pictures as classes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from neuropil.kit.album import SIDE, Album
from neuropil.kit.problem import Problem


def filled(folder: Path, n: int, first: int = 0, suffix: str = ".png") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(first, first + n):
        pixels = np.random.default_rng(i).integers(256, size=(9, 12, 3), dtype=np.uint8)
        Picture.fromarray(pixels).save(folder / f"{i}{suffix}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    filled(tmp_path / "tulip", 5)
    filled(tmp_path / "rose", 6, 100)
    return tmp_path


def test_a_folder_is_a_class(folder: Path) -> None:
    filled(folder / "rose" / "more", 2, 200)
    (folder / "notes.txt").write_text("nothing")
    (folder / "rose" / "notes.txt").write_text("nothing")
    filled(folder / ".hidden", 1, 300)
    filled(folder / "empty", 0)
    album = Album.parse(str(folder))
    assert {name: len(its) for name, its in album.classes.items()} == {"rose": 8, "tulip": 5}
    assert list(album.classes) == ["rose", "tulip"]
    assert album.classes["tulip"][0].pixels.shape == (9, 12, 3)


def test_large_pictures_are_reduced(folder: Path) -> None:
    Picture.new("RGB", (900, 600)).save(folder / "tulip" / "a.png")
    assert Album.open(folder).classes["tulip"][-1].pixels.shape == (round(SIDE * 2 / 3), SIDE, 3)


def test_copies_in_a_class_count_once(folder: Path) -> None:
    (folder / "rose" / "copy.png").write_bytes((folder / "rose" / "100.png").read_bytes())
    assert len(Album.open(folder).classes["rose"]) == 6
    (folder / "tulip" / "copy.png").write_bytes((folder / "tulip" / "0.png").read_bytes())
    (folder / "tulip" / "1.png").unlink()
    with pytest.raises(Problem, match="tulip holds 4 pictures, and 5 is the fewest"):
        Album.open(folder)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda f: filled(f / "lily", 1, 300), "lily holds 1 picture, and 5 is the fewest; add"),
        (
            lambda f: filled(f / "lily", 5, 100),
            "lily/100.png and .*rose/100.png are the same",
        ),
        (lambda f: (f / "rose" / "bad.jpg").write_text("no"), "bad.jpg is not a picture"),
        (lambda f: (f / "rose" / "bad.png").write_bytes(b""), "bad.png is empty"),
        (lambda f: [p.unlink() for p in (f / "rose").iterdir()], "of one class only, tulip"),
    ],
)
def test_what_is_no_album_is_a_problem(folder: Path, spoil: object, reason: str) -> None:
    assert callable(spoil)
    spoil(folder)
    with pytest.raises(Problem, match=reason):
        Album.open(folder)


def test_a_folder_without_folders_is_a_problem(tmp_path: Path) -> None:
    filled(tmp_path / "a" / "b", 7)
    for place, reason in ((tmp_path / "a" / "b", "no such folders"), (tmp_path / "c", "no folder")):
        with pytest.raises(Problem, match=f"{reason}.* one folder for each class"):
            Album.open(place)
