"""CIFAR-10 as examples: 50,000 pictures of 32 x 32 pixels in ten classes, and 10,000 to test on.

    B  pictures in a batch     N  pictures in all

Read are, in the folder of the data: `cifar10.zip` (mosaics of 10 x 10 pictures), or the public
original (cs.toronto.edu/~kriz/cifar.html) as `cifar-10-binary.tar.gz` or the folder
`cifar-10-batches-bin` that is in it; of any of them not much more than CIFAR-10 has. Of the
training pictures 5,000 are held out for choices, 500 a class; the test pictures are read by
`test_set` only.
"""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from neuropil.apps.classify.preprocess import CLASSES, SIDE, Bytes, Floats, encode
from neuropil.kit.bounded import MISREAD, check_unpacked, too_large
from neuropil.kit.errors import UserError
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

MOST_BYTES = 400_000_000  # of an archive, unpacked: twice what the original has
MOST_MOSAICS = 1000  # of a part: twice what the training pictures are
ADVICE = "fetch it again"
HELD_OUT = 500  # pictures of each class
BATCH = 500
SHIFT = 4  # pixels by which a picture is moved at most
CUTOUT_SIZE = 10  # pixels: side of the square that is blanked
SMALL = 24  # pixels of a side in the first part of the training, at half the work
SMALL_UNTIL = 0.5  # of the steps


class Readable(Protocol):
    """A file, perhaps inside another."""

    def read(self, size: int, /) -> bytes:
        """Read so many bytes at most."""
        ...


@dataclass(frozen=True)
class LabeledImages:
    """Pictures (N, 32, 32, 3) and the numbers of their classes (N,)."""

    pixels: Bytes
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        """Count them."""
        return len(self.labels)


def examples(data: Path) -> Split[LabeledImages]:
    """Read the training pictures; the last 500 of each class are held out."""
    pictures = read(data, "train")
    held = np.zeros(len(pictures), bool)
    for n in range(len(CLASSES)):
        held[np.flatnonzero(pictures.labels == n)[-HELD_OUT:]] = True
    return Split(*(LabeledImages(pictures.pixels[m], pictures.labels[m]) for m in (~held, held)))


def first_n(pictures: LabeledImages, n: int) -> LabeledImages:
    """Take n pictures, the first ones."""
    return LabeledImages(pictures.pixels[:n], pictures.labels[:n])


def test_set(data: Path) -> LabeledImages:
    """Read the pictures that nothing is trained or chosen on."""
    return read(data, "test")


# Files --------------------------------------------------------------------------------------------


def read(data: Path, part: str) -> LabeledImages:
    """Read `train` or `test` in whatever form it is there; raises UserError where there is none."""
    if data.is_file():
        raise UserError(
            "data.missing", f"{data} is a file; name the folder that it lies in", path=data
        )
    mosaics, archive, folder = (
        data / name for name in ("cifar10.zip", "cifar-10-binary.tar.gz", "cifar-10-batches-bin")
    )
    for place, reader in ((mosaics, from_mosaics), (archive, from_records), (folder, from_records)):
        if place.exists():
            try:
                return reader(place, part)
            except UserError as error:
                raise error.wrap(f"{place}: {error}", place) from error
            except (*MISREAD, tarfile.TarError, Picture.DecompressionBombError) as error:
                raise UserError(
                    "input.damaged",
                    f"{place} is damaged or something else than CIFAR-10 ({error}); fetch it again",
                    path=place,
                ) from error
    raise UserError(
        "data.missing",
        f"{data} has neither cifar10.zip nor cifar-10-binary.tar.gz nor the folder "
        "cifar-10-batches-bin; the second is to be had at https://www.cs.toronto.edu/~kriz/cifar.html",
        path=data,
    )


def from_mosaics(archive: Path, part: str) -> LabeledImages:
    """Cut `train/000.webp` and so on into pictures; `train/labels.txt` has a number a line."""
    with zipfile.ZipFile(archive) as files:
        check_unpacked(files, MOST_BYTES, ADVICE)
        names = sorted(name for name in files.namelist() if name.startswith(f"{part}/"))
        names = [name for name in names if name.endswith(".webp")]
        if len(names) > MOST_MOSAICS:
            raise ValueError(f"{len(names)} mosaics")
        mosaics = [mosaic(files.read(name)) for name in names]
        labels = np.array(files.read(f"{part}/labels.txt").split(), np.int64)
    rows = np.stack(mosaics).reshape(-1, 10, SIDE, 10, SIDE, 3).swapaxes(2, 3)
    return LabeledImages(rows.reshape(-1, SIDE, SIDE, 3)[: len(labels)], labels)


def mosaic(content: bytes) -> Bytes:
    """Decode a mosaic of 10 x 10 pictures; a larger one is refused before it is."""
    with Picture.open(io.BytesIO(content), formats=("WEBP",)) as picture:
        if picture.size != (10 * SIDE, 10 * SIDE):
            raise ValueError("a mosaic of another size")
        return np.asarray(picture.convert("RGB"))


def from_records(place: Path, part: str) -> LabeledImages:
    """Read the original's records: a byte of label, then 32 x 32 bytes each of R, G, B."""
    names = [f"data_batch_{n}.bin" for n in range(1, 6)] if part == "train" else ["test_batch.bin"]
    rows = np.frombuffer(b"".join(records(place, names)), np.uint8).reshape(-1, 1 + 3 * SIDE * SIDE)
    pixels = rows[:, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    return LabeledImages(np.ascontiguousarray(pixels), rows[:, 0].astype(np.int64))


def records(place: Path, names: Sequence[str]) -> Iterator[bytes]:
    """Read files of the original, from its archive or the folder that is in it."""
    files: list[Readable | None] = []
    with ExitStack() as stack:
        if place.is_dir():
            files += [stack.enter_context((place / name).open("rb")) for name in names]
        else:
            with gzip.open(place) as packed:
                whole = io.BytesIO(read_up_to(packed, MOST_BYTES))
            archive = stack.enter_context(tarfile.open(fileobj=whole))
            files += [archive.extractfile(f"cifar-10-batches-bin/{name}") for name in names]
        left = MOST_BYTES
        for file in filter(None, files):
            content = read_up_to(file, left)
            left -= len(content)
            yield content


def read_up_to(file: Readable, most: int) -> bytes:
    """Read a file of at most so many bytes; raises UserError."""
    content = file.read(most + 1)
    if len(content) > most:
        raise too_large("it holds", most, ADVICE)
    return content


def batch(
    examples: Split[LabeledImages],
    moment: TrainingStep,
    *,
    alternating: bool = True,
    hole: int = CUTOUT_SIZE,
    small_until: float = SMALL_UNTIL,
) -> dict[str, Floats]:
    """Make a batch: pictures mirrored, moved by up to four pixels, a square of each blanked.

    In the first half of the steps they are reduced to 24 x 24 pixels: what is to be learned then
    is coarse, and a step is half the work (Howard 2018, Tan and Le 2021).

    Every epoch shows each picture once. In the first a random half of them is mirrored, from then
    on each is mirrored when it was not the time before (Jordan 2024), so that in two epochs it is
    seen both ways.
    """
    train, rng = examples.train, moment.rng()
    epoch, place = divmod(moment.step * BATCH, len(train) // BATCH * BATCH)
    chosen = epoch_order(moment.seed, epoch, len(train))[place : place + BATCH]
    halves = initial_flips(moment.seed, len(train))[chosen]
    mirrored = (halves + epoch) % 2 == 1 if alternating else rng.random(len(chosen)) < 0.5
    pixels = train.pixels[chosen]
    pixels = np.where(mirrored[:, None, None, None], pixels[:, :, ::-1], pixels)
    picture = cutout(encode(random_shift(pixels, rng)), hole, rng)
    if moment.fraction < small_until:
        picture = downsample(picture, SMALL)
    return {"picture": picture, "label": train.labels[chosen].astype(np.float32)}


@lru_cache(2)
def epoch_order(seed: int, epoch: int, n: int) -> NDArray[np.int64]:
    """Shuffle the numbers below n for one epoch."""
    return np.random.default_rng((seed, epoch, n)).permutation(n)


@lru_cache(1)
def initial_flips(seed: int, n: int) -> NDArray[np.int64]:
    """Choose which pictures are mirrored in the first epoch."""
    return np.random.default_rng((seed, n)).integers(2, size=n)


def random_shift(pixels: Bytes, rng: np.random.Generator) -> Bytes:
    """Move each picture up, down, left or right by up to SHIFT; its edge is reflected."""
    B, H, W, _ = pixels.shape
    wide = np.pad(pixels, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="reflect")
    down, right = rng.integers(2 * SHIFT + 1, size=(2, B))
    rows = (down[:, None] + np.arange(H))[:, :, None]
    columns = (right[:, None] + np.arange(W))[:, None, :]
    made: Bytes = wide[np.arange(B)[:, None, None], rows, columns]
    return made


def cutout(pictures: Floats, hole: int, rng: np.random.Generator) -> Floats:
    """Blank a square of each picture (B, 3, H, W), so that no one part of it is relied on.

    That is Cutout (DeVries and Taylor 2017); what is blank has the mean color, 0.
    """
    B, _, H, W = pictures.shape
    top, left = rng.integers((H - hole + 1, W - hole + 1), size=(B, 2)).T
    rows = (np.arange(H) >= top[:, None]) & (np.arange(H) < top[:, None] + hole)
    columns = (np.arange(W) >= left[:, None]) & (np.arange(W) < left[:, None] + hole)
    seen: Floats = pictures * ~(rows[:, :, None] & columns[:, None, :])[:, None]
    return seen


def downsample(pictures: Floats, side: int) -> Floats:
    """Reduce pictures (B, 3, H, H) to a side: every new pixel is the mean of what it covers."""
    W = area_weights(pictures.shape[2], side)
    made: Floats = np.einsum("ih,bchw,jw->bcij", W, pictures, W, optimize=True)
    return made


@lru_cache(2)
def area_weights(old: int, new: int) -> Floats:
    """Tell which share of each new pixel each old one covers: (new, old)."""
    low, step = np.arange(old), old / new
    start = step * np.arange(new)[:, None]
    shared = np.minimum(low + 1, start + step) - np.maximum(low, start)
    shares: Floats = (np.maximum(shared, 0) / step).astype(np.float32)
    return shares
