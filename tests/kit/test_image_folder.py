"""Folders of pictures as classes."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from listening import listening
from PIL import Image as Picture
from refusals import refused

from neuropil.kit.media import image_reader
from neuropil.kit.media.image import Image
from neuropil.kit.media.image_folder import SIDE, ImageFolder


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
    album = ImageFolder.open(folder)
    assert {name: len(its) for name, its in album.classes.items()} == {"rose": 8, "tulip": 5}
    assert list(album.classes) == ["rose", "tulip"]
    assert album.classes["tulip"][0].pixels.shape == (9, 12, 3)


def test_a_folder_may_be_named_by_a_text(folder: Path) -> None:
    assert list(ImageFolder.open(str(folder)).classes) == ["rose", "tulip"]


def test_large_pictures_are_reduced(folder: Path) -> None:
    Picture.new("RGB", (900, 600)).save(folder / "tulip" / "a.png")
    assert ImageFolder.open(folder).classes["tulip"][-1].pixels.shape == (
        round(SIDE * 2 / 3),
        SIDE,
        3,
    )


def test_copies_in_a_class_count_once(folder: Path) -> None:
    (folder / "rose" / "copy.png").write_bytes((folder / "rose" / "100.png").read_bytes())
    album = ImageFolder.open(folder)
    assert len(album.classes["rose"]) == 6
    assert album.labels_of_images[0] == str(folder / "rose" / "100.png")
    assert len(album.labels_of_images) == 11
    (folder / "tulip" / "copy.png").write_bytes((folder / "tulip" / "0.png").read_bytes())
    (folder / "tulip" / "1.png").unlink()
    with refused("input.content", "tulip", "4"):
        ImageFolder.open(folder)


@pytest.mark.parametrize(
    ("spoil", "code", "given"),
    [
        (lambda f: filled(f / "lily", 1, 300), "input.content", ["lily", "1"]),
        (
            lambda f: filled(f / "lily", 5, 100),
            "input.content",
            ["lily/100.png", "rose/100.png", "lily/104.png"],
        ),
        (lambda f: filled(f / "a\nb", 5, 300), "input.content", [r"a\nb"]),
        (lambda f: filled(f / "Rose", 5, 300), "input.content", ["Rose and rose"]),
        (lambda f: filled(f / " ", 5, 300), "input.content", ["' '"]),
        (
            lambda f: (f / "tulip" / "0.png").write_bytes(b""),
            "input.empty",
            ["tulip", "4", "0.png"],
        ),
        (lambda f: [p.unlink() for p in (f / "rose").iterdir()], "input.content", ["rose"]),
        (
            lambda f: [p.write_text("no") for p in (f / "rose").iterdir()],
            "input.kind",
            ["rose", "no pictures that can be read", "100.png", "and 1 more"],
        ),
    ],
)
def test_what_is_no_album_is_refused(
    folder: Path, spoil: object, code: str, given: list[str]
) -> None:
    assert callable(spoil)
    spoil(folder)
    with refused(code, *given):
        ImageFolder.open(folder)


def test_what_cannot_be_read_is_left_out_and_said(folder: Path) -> None:
    (folder / "rose" / "bad.jpg").write_text("no")
    (folder / "tulip" / "bad.png").write_bytes(b"")
    with listening() as said:
        album = ImageFolder.open(folder)
    assert {name: len(its) for name, its in album.classes.items()} == {"rose": 6, "tulip": 5}
    (line,) = said
    assert line.startswith("left out, 2 of 13 pictures: ")
    assert "rose/bad.jpg" in line
    assert "tulip/bad.png" in line


def test_pictures_in_deeper_folders_or_in_no_class_are_said(folder: Path) -> None:
    filled(folder / "rose" / "more", 2, 200)
    filled(folder, 1, 300)
    with listening() as said:
        ImageFolder.open(folder)
    assert said == [
        f"in no class, and left out: {folder / '300.png'}",
        "taken from folders below those of the classes: 2 of rose",
    ]


def test_what_was_drawn_beside_a_taught_network_is_no_example(folder: Path) -> None:
    for place in (folder, folder / "rose"):
        filled(place, 1, 400)
        (place / "400.png").rename(place / "mine-confusion.png")
    filled(folder / "tulip", 1, 500)
    (folder / "tulip" / "500.png").rename(folder / "tulip" / "heart-confusion.png")
    for place in (folder, folder / "rose"):
        (place / "mine.onnx").touch()
    with listening() as said:
        album = ImageFolder.open(folder)
    assert {name: len(its) for name, its in album.classes.items()} == {"rose": 6, "tulip": 6}
    assert said == []


def test_pictures_of_other_shapes_or_glass_are_not_the_same(tmp_path: Path) -> None:
    for name, size in (("wide", (40, 20)), ("high", (20, 40))):
        filled(tmp_path / name, 4, size[0] * 100)
        Picture.new("RGB", size, "red").save(tmp_path / name / "plain.png")
    black = np.zeros((8, 8, 4), np.uint8)
    for name, n in (("wide", 3), ("high", 5)):
        black[:n, :n, 3] = 255
        Picture.fromarray(black).save(tmp_path / name / "icon.png")
    assert [len(its) for its in ImageFolder.open(tmp_path).classes.values()] == [6, 6]


def test_links_are_followed_and_hidden_folders_are_not(folder: Path, tmp_path: Path) -> None:
    filled(tmp_path / "rose" / ".trash", 3, 400)
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    filled(elsewhere, 2, 500)
    (tmp_path / "rose" / "more").symlink_to(elsewhere)
    (tmp_path / "rose" / "back").symlink_to(tmp_path / "rose")
    (tmp_path / "rose" / "up").symlink_to(tmp_path)
    (tmp_path / "rose" / "further").symlink_to(tmp_path.parent)
    assert len(ImageFolder.open(folder).classes["rose"]) == 8


def test_what_may_be_meant_is_said(folder: Path) -> None:
    (folder / "more").mkdir()
    inner = folder / "more" / "flowers"
    for name in ("rose", "lily"):
        filled(inner / name, 5, 700)
    with refused("input.content", folder / "more", f"mean {inner}?"):
        ImageFolder.open(folder / "more")
    picture = next((folder / "rose").glob("*0.png"))
    with refused("input.kind", picture):
        ImageFolder.open(picture)


def test_the_limit_of_pixels_is_passed_on(folder: Path) -> None:
    with refused("input.too_large", "100.png", "108", "10 pixels"):
        ImageFolder.open(folder, max_pixels=10)


def test_pillows_own_limit_is_as_it_was(folder: Path) -> None:
    before = Picture.MAX_IMAGE_PIXELS
    ImageFolder.open(folder)
    assert before is not None
    assert before == Picture.MAX_IMAGE_PIXELS


def test_an_album_made_by_hand_is_checked_too() -> None:
    with refused("input.content", "one"):
        ImageFolder({"one": []})
    album = ImageFolder(
        {name: [Image(np.zeros((2, 2, 3), np.uint8))] * 5 for name in ("one", "two")}
    )
    assert album.labels_of_images[5] == "number 1 of two"
    with refused("input.content", "one", "0"):
        ImageFolder({"one": [], "two": []})


def test_a_folder_without_folders_is_refused(tmp_path: Path) -> None:
    filled(tmp_path / "a" / "b", 7)
    for place, code in ((tmp_path / "a" / "b", "input.content"), (tmp_path / "c", "input.missing")):
        with refused(code, place):
            ImageFolder.open(place)


def test_pillows_own_limit_is_put_back_after_the_last_of_several_threads() -> None:
    limit, filters = Picture.MAX_IMAGE_PIXELS, list(warnings.filters)
    first, second = image_reader.without_pillow_limits(), image_reader.without_pillow_limits()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert Picture.MAX_IMAGE_PIXELS is None, "the second still reads"
    second.__exit__(None, None, None)
    assert limit is not None
    assert limit == Picture.MAX_IMAGE_PIXELS
    assert filters == list(warnings.filters)


def test_what_is_said_of_a_picture_is_heard(folder: Path) -> None:
    pages = [Picture.new("RGB", (40, 24), color) for color in ("red", "blue")]
    pages[0].save(folder / "rose" / "pages.tif", save_all=True, append_images=pages[1:])
    with listening() as said:
        ImageFolder.open(folder)
    assert len(said) == 1
    assert "pages.tif: it holds 2 pictures" in said[0]
