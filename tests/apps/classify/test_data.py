"""CIFAR-10 read in its three forms, and batches made of it."""

import io
import tarfile
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Picture
from refusals import refused

from neuropil.apps.classify import preprocess
from neuropil.apps.classify.lab import data
from neuropil.apps.classify.lab.data import LabeledImages
from neuropil.apps.classify.preprocess import SIDE
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

Bytes = NDArray[np.uint8]


def pictures(n: int, seed: int = 0) -> LabeledImages:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(256, size=(n, SIDE, SIDE, 3), dtype=np.uint8)
    return LabeledImages(pixels, np.arange(n) % 10)


def mosaics(made: LabeledImages, part: str, files: zipfile.ZipFile) -> None:
    """Write pictures as the archive has them: mosaics of 10 x 10, row by row."""
    n = -(-len(made) // 100) * 100
    every = np.zeros((n, SIDE, SIDE, 3), np.uint8)
    every[: len(made)] = made.pixels
    for i in range(n // 100):
        grid = every[100 * i : 100 * i + 100].reshape(10, 10, SIDE, SIDE, 3)
        file = io.BytesIO()
        sheet = grid.swapaxes(1, 2).reshape(10 * SIDE, 10 * SIDE, 3)
        Picture.fromarray(sheet).save(file, "WEBP", lossless=True)
        files.writestr(f"{part}/{i:03}.webp", file.getvalue())
    files.writestr(f"{part}/labels.txt", "\n".join(map(str, made.labels)))


def records(made: LabeledImages) -> bytes:
    """Write pictures as the public original has them."""
    planes = made.pixels.transpose(0, 3, 1, 2).reshape(len(made), -1)
    return np.column_stack([made.labels.astype(np.uint8), planes]).tobytes()


def same(one: LabeledImages, other: LabeledImages) -> bool:
    return np.array_equal(one.pixels, other.pixels) and np.array_equal(one.labels, other.labels)


def test_mosaics_are_cut_row_by_row(tmp_path: Path) -> None:
    train, test = pictures(130), pictures(20, 1)
    with zipfile.ZipFile(tmp_path / "cifar10.zip", "w") as files:
        mosaics(train, "train", files)
        mosaics(test, "test", files)
    assert same(data.read(tmp_path, "train"), train)
    assert same(data.test_set(tmp_path), test)


@pytest.mark.parametrize("packed", [False, True])
def test_the_public_original_is_read(tmp_path: Path, packed: bool) -> None:
    parts = [pictures(7, n) for n in range(6)]
    names = [*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"]
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    for name, part in zip(names, parts, strict=True):
        (folder / name).write_bytes(records(part))
    if packed:
        with tarfile.open(tmp_path / "cifar-10-binary.tar.gz", "w:gz") as files:
            files.add(folder, folder.name)
        for name in names:
            (folder / name).unlink()
        folder.rmdir()
    found = data.read(tmp_path, "train")
    assert same(LabeledImages(found.pixels[7:14], found.labels[7:14]), parts[1])
    assert same(data.test_set(tmp_path), parts[5])


def test_a_folder_without_it_is_refused(tmp_path: Path) -> None:
    with refused("data.missing", tmp_path, "cifar10.zip", "cs.toronto.edu"):
        data.read(tmp_path, "train")


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "cifar10.zip").write_bytes(b"nothing")
    with refused("input.damaged", "cifar10.zip"):
        data.read(tmp_path, "train")
    with refused("data.missing", "cifar10.zip"):
        data.read(tmp_path / "cifar10.zip", "train")
    with zipfile.ZipFile(tmp_path / "cifar10.zip", "w") as files:
        files.writestr("train/labels.txt", "")
    with refused("input.damaged", "cifar10.zip"):
        data.read(tmp_path, "train")
    (tmp_path / "cifar10.zip").unlink()
    (tmp_path / "cifar-10-batches-bin").mkdir()
    with refused("input.damaged", "cifar-10-batches-bin"):
        data.read(tmp_path, "test")


def original(path: Path, parts: dict[str, bytes]) -> None:
    """Write files as the public original's archive has them."""
    with tarfile.open(path, "w:gz") as files:
        for name, content in parts.items():
            entry = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            entry.size = len(content)
            files.addfile(entry, io.BytesIO(content))


def test_every_form_is_read_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = records(pictures(200))
    monkeypatch.setattr(data, "MOST_BYTES", len(content))
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    (folder / "test_batch.bin").write_bytes(content)
    assert len(data.read(tmp_path, "test")) == 200
    (folder / "test_batch.bin").write_bytes(2 * content)
    with refused("input.too_large", folder):
        data.read(tmp_path, "test")
    archive = tmp_path / "cifar-10-binary.tar.gz"
    original(archive, {"test_batch.bin": bytes(2 * len(content))})
    assert archive.stat().st_size < len(content) / 100
    with refused("input.too_large", archive):
        data.read(tmp_path, "test")
    mosaic = tmp_path / "cifar10.zip"
    with zipfile.ZipFile(mosaic, "w", zipfile.ZIP_DEFLATED) as files:
        mosaics(pictures(20), "test", files)
        files.writestr("test/notes.txt", bytes(len(content)))
    with refused("input.too_large", mosaic):
        data.read(tmp_path, "test")


def test_mosaics_that_are_none_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cifar10.zip"
    for kind, size in (("WEBP", (320, 640)), ("PNG", (320, 320))):
        file = io.BytesIO()
        Picture.new("RGB", size).save(file, kind)
        with zipfile.ZipFile(path, "w") as files:
            files.writestr("test/000.webp", file.getvalue())
            files.writestr("test/labels.txt", "1")
        with refused("input.damaged", path):
            data.read(tmp_path, "test")
    with zipfile.ZipFile(path, "w") as files:
        mosaics(pictures(130), "train", files)
    with monkeypatch.context() as patch:
        patch.setattr(Picture, "MAX_IMAGE_PIXELS", 1000)  # beyond twice of it Pillow reads nothing
        with refused("input.damaged", path):
            data.read(tmp_path, "train")
    monkeypatch.setattr(data, "MOST_MOSAICS", 1)
    with refused("input.damaged", path, "2 mosaics"):
        data.read(tmp_path, "train")


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_an_archive_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "cifar-10-binary.tar.gz"
    original(path, {"test_batch.bin": records(pictures(20))})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with refused("input.damaged", path):
        data.read(tmp_path, "test")
    path.write_bytes(whole[:200] + bytes(300) + whole[500:])
    with refused("input.damaged", path):
        data.read(tmp_path, "test")


def test_the_last_of_each_class_are_held_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "HELD_OUT", 3)
    every = pictures(80)
    with zipfile.ZipFile(tmp_path / "cifar10.zip", "w") as files:
        mosaics(every, "train", files)
    found = data.examples(tmp_path)
    assert np.bincount(found.held_out.labels).tolist() == [3] * 10
    assert same(found.held_out, LabeledImages(every.pixels[50:], every.labels[50:]))
    assert same(found.train, LabeledImages(every.pixels[:50], every.labels[:50]))


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch) -> Split[LabeledImages]:
    monkeypatch.setattr(data, "BATCH", 20)
    return Split(pictures(60), pictures(4))


def decoded(x: NDArray[np.float32]) -> Bytes:
    spread, mean = (np.array(each, np.float64) for each in (preprocess.STD, preprocess.MEAN))
    back: NDArray[np.float64] = x.transpose(0, 2, 3, 1) * spread + mean
    return np.round(back).astype(np.uint8)


def test_an_epoch_shows_every_picture_once(
    examples: Split[LabeledImages], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "SHIFT", 0)
    shown: dict[bytes, int] = {}
    for step in range(6):
        batch = data.batch(examples, TrainingStep(3, step, 6), hole=0, small_until=0)
        for picture in decoded(batch["picture"]):
            shown[picture.tobytes()] = shown.get(picture.tobytes(), 0) + 1
    straight = {p.tobytes() for p in examples.train.pixels}
    mirrored = {p[:, ::-1].tobytes() for p in examples.train.pixels}
    assert shown == dict.fromkeys(straight | mirrored, 1), (
        "two epochs: each once, and mirrored once"
    )


def test_random_flips_are_another_thing(
    examples: Split[LabeledImages], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "SHIFT", 0)
    made = partial(data.batch, examples, alternating=False, hole=0, small_until=0)
    shown = [decoded(made(moment=TrainingStep(3, step, 6))["picture"]) for step in range(6)]
    kinds = {picture.tobytes() for batch in shown for picture in batch}
    assert 60 < len(kinds) < 110, "some were mirrored twice, or never"


def test_a_batch_depends_on_its_moment_alone(examples: Split[LabeledImages]) -> None:
    one, again, other = (data.batch(examples, TrainingStep(0, s, 9)) for s in (5, 5, 6))
    assert all(np.array_equal(one[name], again[name]) for name in one)
    assert not np.array_equal(one["picture"], other["picture"])
    assert one["picture"].shape == (20, 3, SIDE, SIDE)
    assert one["picture"].dtype == one["label"].dtype == np.float32


def test_pictures_are_small_in_the_first_half(examples: Split[LabeledImages]) -> None:
    sides = [data.batch(examples, TrainingStep(0, s, 6))["picture"].shape[2:] for s in range(6)]
    assert sides == [(data.SMALL, data.SMALL)] * 3 + [(SIDE, SIDE)] * 3


def test_a_smaller_pixel_is_the_mean_of_what_it_covers() -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 8, 8)).astype(np.float32)
    halves = x.reshape(2, 3, 4, 2, 4, 2).mean(axis=(3, 5))
    assert data.downsample(x, 4) == pytest.approx(halves, abs=1e-6)
    third = data.downsample(x, 6)
    by_hand = (x[..., 0, 0] + (x[..., 0, 1] + x[..., 1, 0]) / 3 + x[..., 1, 1] / 9) / (16 / 9)
    assert third[..., 0, 0] == pytest.approx(by_hand, abs=1e-6)
    assert third.mean() == pytest.approx(x.mean(), abs=1e-6)


def test_pictures_are_moved_by_a_few_pixels_and_reflected() -> None:
    many = np.repeat(pictures(1).pixels, 200, axis=0)
    moved = data.random_shift(many, np.random.default_rng(0))
    wide = np.pad(many[0], ((data.SHIFT,) * 2, (data.SHIFT,) * 2, (0, 0)), mode="reflect")
    seen = set()
    for picture in moved:
        places = [
            (y, x)
            for y in range(2 * data.SHIFT + 1)
            for x in range(2 * data.SHIFT + 1)
            if np.array_equal(wide[y : y + SIDE, x : x + SIDE], picture)
        ]
        seen.update(places)
        assert len(places) == 1
    assert len(seen) > 60, "all of 9 x 9 places come up"


def test_encoding_standardizes() -> None:
    flat = np.full((1, 2, 2, 3), 255, np.uint8)
    x = preprocess.encode(flat)
    assert x.shape == (1, 3, 2, 2)
    assert x[0, :, 0, 0] == pytest.approx((255 - np.array(preprocess.MEAN)) / preprocess.STD)


def test_a_square_of_each_picture_is_blanked() -> None:
    ones = np.ones((300, 3, SIDE, SIDE), np.float32)
    blank = data.cutout(ones, 8, np.random.default_rng(0)) == 0
    assert (blank.all(axis=1) == blank.any(axis=1)).all(), "all colors of a pixel, or none"
    shown = blank[:, 0]
    assert (shown.sum(axis=(1, 2)) == 64).all()
    assert set(shown.any(axis=1).sum(axis=1)) == set(shown.any(axis=2).sum(axis=1)) == {8}
    corners = {tuple(np.argwhere(each)[0].tolist()) for each in shown}
    assert {row for row, _ in corners} == {column for _, column in corners} == set(range(25))
    assert (ones == 1).all()
    assert not (data.cutout(ones, 0, np.random.default_rng(0)) == 0).any()
