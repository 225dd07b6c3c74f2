"""Pictures of scenes and objects as the eye sees them, made once and kept on disk.

    neuropil train foley --stage see --data DIR -o seen
    neuropil train foley scene --data seen -o runs/scene

    N pictures   V = 3 views of each   H = W = 64 pixels   D = 1280 features   T looks at a scene

The eye does not learn, so what it sees of a picture need not be calculated at every step. The first
view of a picture is the picture itself; the others are crops, darker or lighter, blurred, grainy,
so that neither a source nor its noise can be told.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageFilter

from neuropil.apps.foley.lab.recordings import read_files, read_table
from neuropil.apps.foley.scene import (
    FEATURES,
    SIDE,
    Bytes,
    scene_names,
    see,
    stretch_contrast,
)
from neuropil.eye.network import NETWORK
from neuropil.kit.atomic import atomic_path
from neuropil.kit.bounded import read_arrays
from neuropil.kit.progress import track
from neuropil.training.recipe import Batch
from neuropil.training.split import Split
from neuropil.training.stages import claim_file
from neuropil.training.step import TrainingStep

FILE = "seen.npz"
MOST_BYTES = 1_000_000_000  # of the file, unpacked
N_SHEETS = 45
VIEWS = 3
SMALLEST_CROP = 0.75  # of the side
BATCH, LOOKS = 64, 5
HELD_OUT = 8  # one training picture in so many is held out, for choices
OTHERS = 0.1  # share of the looks at a scene that are at something else
SEEN_BY_THE_EYE = "tinyimagenet"  # a source that may be of what the eye was trained on


@dataclass(frozen=True, eq=False)
class SeenPictures:
    """Features (N, V, D) of pictures, and the numbers of their classes (N,)."""

    features: NDArray[np.float16]
    labels: NDArray[np.int64]

    def where(self, chosen: NDArray[np.bool_]) -> "SeenPictures":
        """Take some of them."""
        return SeenPictures(self.features[chosen], self.labels[chosen])


def read_pictures(data: Path) -> tuple[list[dict[str, str]], Bytes]:
    """Read the table of the pictures, and their pixels (N, 64, 64)."""
    rows = read_table(data, "pictures.csv")
    names = sorted({row["sheet"] for row in rows})
    files = read_files(data / "pictures.zip", names)
    sheets = {
        name: np.asarray(Picture.open(io.BytesIO(content)).convert("L"))
        for name, content in files.items()
    }
    return rows, np.stack(
        [cut_tile(sheets[r["sheet"]], int(r["row"]), int(r["col"])) for r in rows]
    )


def cut_tile(sheet: Bytes, row: int, column: int) -> Bytes:
    """Cut a picture out of its sheet."""
    return sheet[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE]


def see_pictures(output: Path, *, data: Path) -> Path:
    """Write what the eye sees of every picture, and what the table says of it."""
    file = claim_file(output, FILE)
    rows, pixels = read_pictures(data)
    eye = NETWORK.open(threads=1)
    features = np.zeros((len(rows), VIEWS, FEATURES), np.float16)
    for n, square in track(enumerate(pixels), total=len(rows), title="pictures"):
        features[n, 0] = see(eye, square)
        if rows[n]["split"] == "train":
            rng = np.random.default_rng((1, n))
            for view in range(1, VIEWS):
                features[n, view] = see(eye, vary(square, rng))
    columns = {key: np.array([row[key] for row in rows]) for key in ("class", "source", "split")}
    with atomic_path(file) as beside:
        np.savez(beside, features=features, **columns)  # type: ignore[arg-type]
    return file


def vary(square: Bytes, rng: np.random.Generator) -> Bytes:
    """Crop, mirror, darken or lighten, blur and grain a picture (64, 64)."""
    side = rng.uniform(SMALLEST_CROP, 1) * SIDE
    left, top = rng.uniform(0, SIDE - side, 2)
    box = (left, top, left + side, top + side)
    picture = Picture.fromarray(square).resize((SIDE, SIDE), Picture.Resampling.BICUBIC, box=box)
    if rng.random() < 0.5:
        picture = picture.transpose(Picture.Transpose.FLIP_LEFT_RIGHT)
    picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.2)))
    light = (np.asarray(picture, np.float32) / 255) ** rng.uniform(0.6, 1.6) * 255
    grain = rng.normal(0, rng.uniform(0, 14), light.shape)
    return stretch_contrast((light + grain).astype(np.float32))


def read_seen(data: Path) -> dict[str, NDArray[np.generic]]:
    """Read what the stage has written; raises UserError where it is not there."""
    advice = "make it by: neuropil train foley --stage see --data DIR -o seen"
    names = ("features", "class", "source", "split")
    arrays = partial(read_arrays, names=names, code="data.missing")
    return arrays(data / FILE, MOST_BYTES, advice)


def examples(data: Path) -> Split[SeenPictures]:
    """Read the pictures to learn from; of the training split one in eight is held out."""
    arrays = read_seen(data)
    numbers = {name: n for n, name in enumerate(scene_names())}
    labels = np.array([numbers[str(name)] for name in arrays["class"]])
    every = SeenPictures(arrays["features"].astype(np.float16), labels)
    train = arrays["split"] == "train"
    held = np.arange(len(labels)) % HELD_OUT == 0
    return Split(every.where(train & ~held), every.where(train & held))


def make_batch(examples: Split[SeenPictures], step: TrainingStep) -> Batch:
    """Make a batch: looks at scenes (T, B, D), here and there at something else, and labels."""
    rng, known = step.rng(), examples.train
    by_class = group_by_class(known.labels)
    classes = rng.integers(0, len(by_class), BATCH)
    chosen = np.array([rng.choice(by_class[c]) for c in classes])
    pictures = np.repeat(chosen[None], LOOKS, axis=0)
    elsewhere = rng.random(pictures.shape) < OTHERS
    pictures[elsewhere] = rng.integers(0, len(known.labels), elsewhere.sum())
    views = rng.integers(0, VIEWS, pictures.shape)
    features = known.features[pictures, views].astype(np.float32)
    features *= rng.uniform(0.9, 1.1, features.shape)
    return {
        "features": features.astype(np.float32),
        "labels": known.labels[chosen].astype(np.float32),
    }


def group_by_class(labels: NDArray[np.int64]) -> Sequence[NDArray[np.int64]]:
    """List the pictures of every class that has some."""
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]
