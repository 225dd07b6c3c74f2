"""The judge of colors: what it is shown, and what is counted."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from refusals import refused

from neuropil.apps.colorize.lab import judge
from neuropil.apps.colorize.lab.data import iterate_photos
from neuropil.apps.colorize.lab.metrics import Bytes
from neuropil.eye import samples


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make four photographs of four classes, the number of each its red."""
    monkeypatch.setattr(samples, "classes", lambda: range(4))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    (tmp_path / "judge").mkdir()
    for i in range(4):
        Picture.new("RGB", (30, 20), (i, 100, 100)).save(tmp_path / "judge" / f"n{i}.JPEG", "PNG")
    return tmp_path


def read_red(pictures: Sequence[Bytes]) -> list[int]:
    return [int(pixels[0, 0, 0]) for pixels in pictures]


def test_shares_are_of_true_grey_and_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "load_judge", lambda: read_red)

    def spoil(pixels: Bytes) -> Bytes:
        return np.where(pixels == 2, 9, pixels).astype(np.uint8)

    tables, figures = judge.evaluate_by_judge(spoil, lambda pixels: 0 * pixels, folder)
    assert figures == {"judge_top1_true": 1.0, "judge_top1_grey": 0.25, "judge_top1": 0.75}
    assert len(tables) == 1


def test_without_photographs_nothing_is_judged(tmp_path: Path) -> None:
    assert judge.evaluate_by_judge(lambda p: p, lambda p: p, tmp_path) == ([], {})


def test_another_number_of_photographs_is_refused(folder: Path) -> None:
    (folder / "judge" / "n0.JPEG").unlink()
    with refused("data.missing", "3 photographs", "4 classes"):
        judge.find_photos(folder)


def test_nobody_learns_from_the_judges_photographs(folder: Path) -> None:
    Picture.new("RGB", (8, 8)).save(folder / "judge" / "one.png")
    for validation in (True, False):
        assert list(iterate_photos(folder, validation=validation)) == []


def test_the_judge_sees_the_middle() -> None:
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 100:200] = 255
    square = judge.cut_square(pixels)
    assert square.shape == (260, 260, 3)
    assert square[130, 5:-5].min() > 250
