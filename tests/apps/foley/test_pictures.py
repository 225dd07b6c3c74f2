"""Pictures of scenes: read from their sheets, seen in several views, drawn into batches."""

import csv
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from refusals import refused

from neuropil.apps.foley.lab import pictures
from neuropil.apps.foley.lab.pictures import (
    BATCH,
    LOOKS,
    VIEWS,
    examples,
    make_batch,
    read_pictures,
    see_pictures,
    vary,
)
from neuropil.apps.foley.scene import FEATURES, scene_names
from neuropil.training.step import TrainingStep

CLASSES = ("dog", "sea")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A sheet of sixteen tiles, each of its own grey; the odd ones are of the sea."""
    sheet = np.zeros((1024, 1024), np.uint8)
    rows = []
    for n in range(16):
        sheet[:64, 64 * n : 64 * n + 64] = 10 * n
        split = "test" if n == 15 else "train"
        place = {"sheet": "s.png", "row": 0, "col": n, "source": "made", "split": split}
        rows.append({"id": n, "class": CLASSES[n % 2], **place})
    Image.fromarray(sheet).save(tmp_path / "s.png")
    with zipfile.ZipFile(tmp_path / "pictures.zip", "w") as archive:
        archive.write(tmp_path / "s.png", "s.png")
    with (tmp_path / "pictures.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return tmp_path


def test_tiles_are_cut_out_of_their_sheet(data: Path) -> None:
    rows, pixels = read_pictures(data)
    assert pixels.shape == (16, 64, 64)
    assert [int(tile.mean()) for tile in pixels] == [10 * n for n in range(16)]
    assert rows[3]["class"] == "sea"


def test_what_is_seen_is_kept_and_drawn_from(
    data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = lambda eye, square: np.full(FEATURES, square.mean(), np.float32)  # noqa: E731
    monkeypatch.setattr(pictures, "see", seen)
    see_pictures(tmp_path / "seen", data=data)
    split = examples(tmp_path / "seen")
    assert (len(split.train.labels), len(split.held_out.labels)) == (13, 2)
    assert split.train.features.shape == (13, VIEWS, FEATURES)
    assert {scene_names()[n] for n in split.train.labels} == set(CLASSES)
    batch = make_batch(split, TrainingStep(0, 2, 9))
    assert batch["features"].shape == (LOOKS, BATCH, FEATURES)
    assert batch["labels"].shape == (BATCH,)
    with refused("output.exists", "seen.npz"):
        see_pictures(tmp_path / "seen", data=data)


def test_views_differ_and_use_all_greys() -> None:
    rng = np.random.default_rng(0)
    square = rng.integers(0, 255, (64, 64), dtype=np.uint8)
    one, two = vary(square, rng), vary(square, rng)
    assert one.shape == (64, 64)
    assert np.abs(one.astype(int) - two).mean() > 5
    assert one.max() - one.min() > 250


def test_without_what_is_seen_it_says_how_to_make_it(tmp_path: Path) -> None:
    with refused("data.missing", "--stage see"):
        examples(tmp_path)
