from pathlib import Path

import numpy as np
import pytest
from reading_data import N_SCENES, QUAD, write_archive, write_reading_data

from neuropil.apps.translate.lab.scenes import read_photos, read_scenes, read_words
from neuropil.kit.errors import UserError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_reading_data(tmp_path)


def test_scenes_of_a_split_are_read(data: Path) -> None:
    (test,) = read_scenes(data, "test")
    assert (test.file, test.source, test.pixels.shape) == ("menu/0.webp", "menu", (160, 200, 3))
    assert test.items[0].quad.tolist() == QUAD
    assert [(i.text, i.is_ignored, i.unit) for i in test.items] == [
        ("Menü 7", False, "line"),
        ("", True, "line"),
    ]
    train = read_scenes(data, "train")
    assert len(train) == N_SCENES - 1
    assert "menu/0.webp" not in [scene.file for scene in train]


def test_words_keep_their_quotes_and_their_splits(data: Path) -> None:
    words = read_words(data, "train")
    assert len(words) == N_SCENES
    assert {word.text for word in words} == {'"Bar'}
    assert words[1].scene == "iiit5k/train_1"  # crops of one picture are held out together
    assert words[0].pixels.shape == (28, 104, 3)
    assert read_words(data, "test") == []  # published as a training crop: none to measure


def test_photographs_are_taken_evenly(data: Path) -> None:
    assert len(read_photos(data, 4)) == 4
    assert len(read_photos(data, 100)) == 9


def test_what_is_missing_is_named(data: Path) -> None:
    (data / "scenes-menu.zip").unlink()
    with pytest.raises(UserError, match=r"scenes-menu\.zip .*--data") as caught:
        read_scenes(data, "train")
    assert caught.value.code == "data.missing"
    (data / "words.tsv").unlink()
    with pytest.raises(UserError, match=r"words\.tsv"):
        read_words(data, "train")


def test_what_is_damaged_is_named(data: Path) -> None:
    write_archive(data / "scenes-menu.zip", {"menu/0.webp": np.zeros((4, 4, 3), np.uint8)})
    with pytest.raises(UserError, match=r"menu/1\.webp") as caught:
        read_scenes(data, "train")
    assert caught.value.code == "input.damaged"
    (data / "words.zip").write_bytes(b"no archive")
    with pytest.raises(UserError, match=r"words\.zip is damaged"):
        read_words(data, "train")
    for row in ('{"split": "train"}', "[1]", "{"):
        (data / "scenes.jsonl").write_text(f"{row}\n", encoding="utf-8")
        with pytest.raises(UserError, match=r"scenes\.jsonl is damaged"):
            read_scenes(data, "train")
