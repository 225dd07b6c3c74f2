"""Photographs read from folders and archives, and the same batch at the same step."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from listening import listening
from numpy.typing import NDArray
from PIL import Image as Picture
from refusals import refused

from neuropil.apps.colorize import preprocess
from neuropil.apps.colorize.lab import data
from neuropil.apps.colorize.lab.data import SHORT_SIDE, WeightedPhotos
from neuropil.apps.colorize.palette import nearest_index
from neuropil.apps.colorize.preprocess import working_size
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep


def photo(number: int, size: tuple[int, int] = (40, 30)) -> Picture.Image:
    rng = np.random.default_rng(number)
    few = rng.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    return Picture.fromarray(few).resize(size, Picture.Resampling.BICUBIC)


def encoded(number: int) -> bytes:
    file = io.BytesIO()
    photo(number).save(file, "PNG")
    return file.getvalue()


def put(folder: Path, *numbers: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / f"{number:03}.png").write_bytes(encoded(number))


def pack(path: Path, names: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in names.items():
            archive.writestr(name, content)


def names(folder: Path, *, validation: bool = False) -> list[str]:
    return sorted(name for name, _ in data.iterate_photos(folder, validation=validation))


def test_photographs_of_validation_are_never_learned_from(tmp_path: Path) -> None:
    put(tmp_path / "a", 1)
    put(tmp_path / "a" / "val" / "b", 2)
    put(tmp_path / "val", 3)
    put(tmp_path / "valley", 4)
    pack(tmp_path / "photos-0.zip", {"c/5.png": encoded(5), "c/": b"", "c/notes.txt": b"text"})
    pack(tmp_path / "photos-val.zip", {"c/6.png": encoded(6)})
    pack(tmp_path / "others.zip", {"c/7.png": encoded(7)})
    assert names(tmp_path) == ["a/001.png", "c/5.png", "valley/004.png"]
    assert names(tmp_path, validation=True) == ["a/val/b/002.png", "c/6.png", "val/003.png"]
    assert [name for name, _ in data.validation(tmp_path)] == names(tmp_path, validation=True)


def test_names_of_photographs(tmp_path: Path) -> None:
    for name in ("a.JPG", "b.jpeg", "c.webp", ".d.jpg", "e.txt", "f"):
        photo(1).save(tmp_path / name, "JPEG")
    assert names(tmp_path) == ["a.JPG", "b.jpeg", "c.webp"]


def test_the_short_side_is_reduced(tmp_path: Path) -> None:
    for name, size in [("large", (600, 400)), ("tall", (200, 3000)), ("small", (50, 20))]:
        photo(1, size).save(tmp_path / f"{name}.png")
    photo(2).convert("L").save(tmp_path / "grey.png")
    shapes = {name: rgb.shape for name, rgb in data.iterate_photos(tmp_path, validation=False)}
    assert shapes == {
        "large.png": (SHORT_SIDE, 216, 3),
        "tall.png": (2160, SHORT_SIDE, 3),
        "small.png": (20, 50, 3),
        "grey.png": (30, 40, 3),
    }


def test_broken_photographs_are_skipped_and_counted(tmp_path: Path) -> None:
    put(tmp_path, 1, 2)
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "half.png").write_bytes(encoded(3)[:200])
    (tmp_path / "text.webp").write_text("no photograph", encoding="utf-8")
    (tmp_path / "folder.jpg").mkdir()
    whole = encoded(4)
    pack(tmp_path / "photos-0.zip", {"c/4.png": whole, "c/5.png": b"not a photograph"})
    flipped = (tmp_path / "photos-0.zip").read_bytes().replace(whole[60:70], bytes(10))
    (tmp_path / "photos-0.zip").write_bytes(flipped)  # now its checksum is wrong
    with listening() as said:
        assert names(tmp_path) == ["001.png", "002.png"]
    assert said == ["skipped 5 photographs that can't be read, first c/4.png"]


def test_photographs_that_are_far_too_large_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, 1)
    limit = (tmp_path / "001.png").stat().st_size
    monkeypatch.setattr(data, "MOST_BYTES", limit)
    (tmp_path / "002.png").write_bytes(encoded(1) + b" ")
    with zipfile.ZipFile(tmp_path / "photos-0.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("c/3.png", encoded(1))
        archive.writestr("c/4.png", encoded(1) + bytes(10**6))
    assert (tmp_path / "photos-0.zip").stat().st_size < limit + 10_000
    with listening() as said:
        assert names(tmp_path) == ["001.png", "c/3.png"]
    assert said == ["skipped 2 photographs that can't be read, first c/4.png"]


def test_no_program_is_run_for_a_photograph(tmp_path: Path) -> None:
    """EPS, whatever its name ends in, would be drawn by Ghostscript."""
    photo(1).save(tmp_path / "a.jpg", "EPS")
    put(tmp_path, 1)
    assert names(tmp_path) == ["001.png"]


def test_nothing_is_said_where_all_is_well(tmp_path: Path) -> None:
    put(tmp_path, 1)
    with listening() as said:
        assert names(tmp_path) == ["001.png"]
    assert said == []


def test_links_are_followed_but_not_in_rings(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", 1)
    put(tmp_path / "photos", 2)
    links = {"up": tmp_path / "photos", "more": tmp_path / "elsewhere", "none": tmp_path / "gone"}
    for name, target in links.items():
        (tmp_path / "photos" / name).symlink_to(target, target_is_directory=True)
    assert names(tmp_path / "photos") == ["002.png", "more/001.png"]


def test_missing_data_are_refused(tmp_path: Path) -> None:
    with refused("data.missing", tmp_path / "none", "--data"):
        data.load_photos(tmp_path / "none")
    with refused("data.missing", tmp_path, "0 photographs", 40):
        data.load_photos(tmp_path)
    (tmp_path / "photos-1.zip").write_bytes(b"PK half of an archive")
    with refused("input.damaged", "photos-1.zip"):
        data.load_photos(tmp_path)


def test_some_are_held_out_and_sources_have_shares(tmp_path: Path) -> None:
    put(tmp_path / "clothing", *range(60))
    put(tmp_path / "holiday", *range(60, 90))
    photos = data.load_photos(tmp_path)
    assert len(photos.held_out.photos) == 3
    assert len(photos.train.photos) == 87
    learned = {rgb.tobytes() for rgb in photos.train.photos}
    assert not learned & {rgb.tobytes() for rgb in photos.held_out.photos}
    assert photos.train.sampling_weights.sum() == pytest.approx(1)
    assert photos.train.sampling_weights[0] / photos.train.sampling_weights[-1] == pytest.approx(
        data.SOURCE_WEIGHTS["clothing"]
    )


@pytest.fixture(scope="module")
def few() -> Split[WeightedPhotos]:
    pictures = [np.asarray(photo(n, (SHORT_SIDE + 10 * n, SHORT_SIDE))) for n in range(4)]
    return Split(
        WeightedPhotos(pictures, np.full(4, 0.25, np.float32)),
        WeightedPhotos(pictures[:2], np.full(2, 0.5, np.float32)),
    )


@pytest.mark.parametrize(("done", "side"), [(0.0, 64), (0.3, 96), (0.9, 128)])
def test_a_batch_depends_on_its_step_alone(
    few: Split[WeightedPhotos], done: float, side: int
) -> None:
    def make(step: int) -> dict[str, NDArray[np.float32]]:
        return data.make_batch(
            few, TrainingStep(step=step, steps=round(step / done) if done else 10**9)
        )

    one, again, next_one = make(700), make(700), make(701)
    n, cells = data.AREA // side**2, side // 4
    shapes = {name: values.shape for name, values in one.items()}
    assert shapes == {
        "lightness": (n, 1, side, side),
        "hints": (n, 9, cells, cells),
        "label": (n, cells, cells),
        "ab": (n, 2, cells, cells),
    }
    for name, values in one.items():
        assert values.dtype == np.float32
        assert np.array_equal(values, again[name])
        assert not np.array_equal(values, next_one[name])
    assert np.array_equal(one["label"], nearest_index(np.moveaxis(one["ab"], 1, -1)))
    assert np.abs(one["lightness"]).max() <= 1.001


def test_fixed_examples_are_fixed(few: Split[WeightedPhotos]) -> None:
    for n_hints in (0, 10):
        one, again = (data.validation_examples(few.held_out.photos, n_hints) for _ in "12")
        assert all(np.array_equal(a[k], b[k]) for a, b in zip(one, again, strict=True) for k in a)
        hinted = one[0]["hints"][2].sum()
        assert (hinted == 0) if n_hints == 0 else (5 <= hinted <= 10)


def test_hints_tell_the_true_color(few: Split[WeightedPhotos]) -> None:
    (example, _) = data.validation_examples(few.held_out.photos, 10)
    rows, columns = np.nonzero(example["hints"][2])
    told = 64 * example["hints"][:2, rows, columns]
    assert np.abs(told - example["ab"][:, rows, columns]).max() < 12  # smooth pictures


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 5000), (5000, 1), (480, 640), (4000, 3000), (777, 778), (100, 90_000)]
)
def test_working_sizes(size: tuple[int, int]) -> None:
    height, width = working_size(*size)
    assert height % 32 == width % 32 == 0  # the eye's coarsest features
    assert min(height, width) >= 32
    assert height * width <= 1.3 * preprocess.WORKING_AREA


def test_working_sizes_keep_shapes() -> None:
    assert working_size(1080, 1440) == (160, 192)
    assert working_size(1920, 1080) == (224, 128)
    assert working_size(1000, 1500) == (128, 192)


def test_pooling_averages_cells() -> None:
    values = np.arange(8 * 12 * 2, dtype=np.float32).reshape(8, 12, 2)
    pooled = preprocess.average_pool(values)
    assert pooled.shape == (2, 3, 2)
    assert np.array_equal(pooled[1, 2], values[4:8, 8:12].mean(axis=(0, 1)))
    assert preprocess.normalize_lightness(np.array([0, 50, 100], np.float32)).tolist() == [-1, 0, 1]
