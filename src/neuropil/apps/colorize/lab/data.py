"""Photographs as examples: read, cropped, aged, split into lightness and color.

    B  examples in a batch     S  side of a crop in pixels     h = w = S/4  cells     N  colors

One example is (lightness (1, S, S), hints (9, h, w)) and its truth (label (h, w), ab (2, h, w)): a
crop of a photograph, of which the network sees the lightness and perhaps a few hints. Everything
random comes from the generator of its step, so step 700 is the same batch in every run.

Training reads `photos-*.zip` and photographs in folders; `photos-val.zip` and folders `val` are
read by `validation` only, folders `judge` by neither. What can't be read, or is far too large, is
skipped and counted.
"""

import io
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageOps

from neuropil.apps.colorize.cielab import XYZ_FROM_RGB, Floats, lab_f, lab_from_rgb, srgb_decode
from neuropil.apps.colorize.hints import hint_maps
from neuropil.apps.colorize.palette import nearest_index
from neuropil.apps.colorize.preprocess import CELL, average_pool, normalize_lightness
from neuropil.kit import progress
from neuropil.kit.bounded import read_bytes, too_large
from neuropil.kit.errors import UserError
from neuropil.kit.media.image_reader import READABLE_FORMATS
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]  # (y, x) in pixels

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
SHORT_SIDE = 144  # photographs are reduced to it
MOST_BYTES = 100_000_000  # of a photograph's file
ADVICE = "leave it out, or save it smaller"
RECOLORED_SHARE = 0.3  # share of the hinted examples in which a thing has another color than it had
JUDGED = "judge"  # the folder of photographs that a judge sees, and nobody learns from
HELD_OUT = 40  # every 40th training photograph is kept for choices
SOURCE_WEIGHTS = {  # how often one is drawn, against others: variety counts; color must be told
    "imagenette": 0.5,
    "imagewoof": 0.6,
    "intel_scenes": 0.5,
    "ccp_people": 0.5,
    "cats_dogs": 0.6,
    "food": 0.8,
    "clothing": 0.25,
    "caltech101": 1.5,
    "pacs_photo": 1.5,
    "voc_bits": 2.0,
    "coco_bits": 3.0,
    "inet_mini": 4.0,
    "wide_imagenet": 0.5,
}
AREA = 128 * 128 * 48  # pixels in a batch, whatever the size of its crops


@dataclass(frozen=True, eq=False)
class WeightedPhotos:
    """Photographs in memory, and how often each is drawn: shares that sum to 1."""

    photos: Sequence[Bytes]
    sampling_weights: Floats


def load_photos(data: Path) -> Split[WeightedPhotos]:
    """Read all training photographs under `data`; raises UserError where there are none."""
    named = sorted(iterate_photos(data, validation=False), key=lambda pair: pair[0])
    if len(named) < HELD_OUT:
        raise UserError(
            "data.missing",
            f"{data} holds {len(named)} photographs; training needs at least {HELD_OUT}: "
            "name a folder of photographs or of photos-*.zip with --data",
            path=data,
        )
    train = [pair for i, pair in enumerate(named) if i % HELD_OUT]
    return Split(weight_by_source(train), weight_by_source(named[::HELD_OUT]))


def weight_by_source(named: Sequence[tuple[str, Bytes]]) -> WeightedPhotos:
    """Weigh photographs (SOURCE/NAME, RGB) by the collection that they are of."""
    share = np.array([source_weight(name) for name, _ in named])
    return WeightedPhotos([rgb for _, rgb in named], (share / share.sum()).astype(np.float32))


def source_weight(name: str) -> float:
    """Tell how often a photograph (SOURCE/NAME) is drawn, against others."""
    return SOURCE_WEIGHTS.get(name.split("/")[-2:][0], 1.0)


def validation(data: Path) -> list[tuple[str, Bytes]]:
    """Read the photographs that training never sees."""
    return sorted(iterate_photos(data, validation=True), key=lambda pair: pair[0])


def iterate_photos(
    data: Path, *, validation: bool, short_side: int = SHORT_SIDE
) -> Iterator[tuple[str, Bytes]]:
    """Yield (SOURCE/NAME, RGB (H, W, 3)) of every photograph in archives and folders.

    short_side: pixels to which the shorter side of a larger photograph is reduced
    """
    if not data.is_dir():
        raise UserError(
            "data.missing",
            f"there is no folder {data}: name one of photographs, as in --data photos",
            path=data,
        )
    broken = []
    for name, content in chain(archive_entries(data, validation), folder_entries(data, validation)):
        try:
            rgb = decode_small(io.BytesIO(content()), short_side)
        except Exception:  # whatever a decoder raises, which for broken bytes can be anything
            broken.append(name)
        else:
            yield name, rgb
    if broken:
        progress.message(f"skipped {len(broken)} photographs that can't be read, first {broken[0]}")


def archive_entries(data: Path, validation: bool) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Find the photographs in `photos-*.zip`: names, and how to read them."""
    for path in sorted(data.glob("photos-*.zip")):
        if (path.stem == "photos-val") == validation:
            if not zipfile.is_zipfile(path):
                raise UserError(
                    "input.damaged",
                    f"{path} is no whole ZIP archive: find a better copy, or delete it",
                    path=path,
                )
            with zipfile.ZipFile(path) as archive:
                for name in filter(is_photo, archive.namelist()):
                    yield name, partial(unpack_photo, archive, name)


def unpack_photo(archive: zipfile.ZipFile, name: str) -> bytes:
    """Read a photograph of an archive; raises UserError where it is too large."""
    if archive.getinfo(name).file_size > MOST_BYTES:
        raise too_large(f"{name} unpacks to", MOST_BYTES, ADVICE)
    return archive.read(name)


def folder_entries(data: Path, validation: bool) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Find the photographs in a folder and those below it, through links too, but none twice."""
    entered = set()
    for here, folders, files in os.walk(data, followlinks=True):
        real = os.path.realpath(here)
        if real in entered:  # a link back up
            folders.clear()
            continue
        entered.add(real)
        folders[:] = sorted(set(folders) - {JUDGED})
        place = Path(here).relative_to(data)
        if ("val" in place.parts) == validation:
            for name in sorted(filter(is_photo, files)):
                yield (
                    (place / name).as_posix(),
                    partial(read_bytes, Path(here, name), MOST_BYTES, ADVICE),
                )


def is_photo(name: str) -> bool:
    """Tell photographs from whatever else lies beside them by the ending of the name."""
    path = PurePosixPath(name)
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def decode_small(file: io.BytesIO, short_side: int) -> Bytes:
    """Decode one photograph, its short side brought down to so many pixels."""
    with Picture.open(file, formats=READABLE_FORMATS) as picture:
        rgb = ImageOps.exif_transpose(picture).convert("RGB")
        scale = short_side / min(rgb.size)
        if scale < 1:
            size = tuple(max(1, round(side * scale)) for side in rgb.size)
            rgb = rgb.resize((size[0], size[1]), Picture.Resampling.BOX)
        return np.asarray(rgb)


# Examples -----------------------------------------------------------------------------------------


def make_batch(examples: Split[WeightedPhotos], moment: TrainingStep) -> dict[str, Floats]:
    """Make one batch; crops grow from 64 to 128 pixels in the course of the training."""
    rng, train = moment.rng(), examples.train
    side = 64 if moment.fraction < 0.25 else 96 if moment.fraction < 0.5 else 128
    chosen = rng.choice(len(train.photos), AREA // side**2, p=train.sampling_weights)
    return collate([example(train.photos[i], side, rng) for i in chosen])


def collate(examples: Sequence[dict[str, Floats]]) -> dict[str, Floats]:
    """Join examples into a batch, field by field."""
    return {key: np.stack([example[key] for example in examples]) for key in examples[0]}


def example(photo: Bytes, side: int, rng: np.random.Generator) -> dict[str, Floats]:
    """Crop a square, flip it, age it, dye a thing in it, and tell the color at some places."""
    rgb = random_crop(photo, side, rng)
    lab = lab_from_rgb(rgb)
    light = simulate_aging(rgb, rng) if rng.random() < 0.25 else lab[..., 0]
    n_hints = 0 if rng.random() < 0.45 else round(np.exp(rng.uniform(0, np.log(30))))
    places, ab = random_places(side, n_hints, rng), lab[..., 1:]
    if n_hints and rng.random() < RECOLORED_SHARE:
        ab = recolor_object(lab, places[0], rng)
    return make_example(ab, light, places)


def validation_examples(photos: Sequence[Bytes], n_hints: int) -> list[dict[str, Floats]]:
    """Make the same examples every time: the middle of each photograph, hints at fixed places."""
    examples = []
    for i, photo in enumerate(photos):
        edge = min(photo.shape[:2]) // 16 * 16
        top, left = ((side - edge) // 2 for side in photo.shape[:2])
        cut = Picture.fromarray(photo[top : top + edge, left : left + edge]).resize((128, 128))
        lab = lab_from_rgb(np.asarray(cut))
        places = random_places(len(lab), n_hints, np.random.default_rng((9, i)))
        examples.append(make_example(lab[..., 1:], lab[..., 0], places))
    return examples


def make_example(ab: Floats, light: Floats, places: Places) -> dict[str, Floats]:
    """Tell the color at places (K, 2) of one crop (S, S): what the network sees, and the truth."""
    colors = local_mean(ab, places)
    ab = average_pool(ab)  # (h, w, 2)
    return {
        "lightness": normalize_lightness(light)[None],
        "hints": hint_maps(((places + 0.5) / CELL).astype(np.float32), colors, average_pool(light)),
        "label": nearest_index(ab).astype(np.float32),
        "ab": np.moveaxis(ab, -1, 0).copy(),
    }


def random_crop(
    photo: Bytes, side: int, rng: np.random.Generator, part: tuple[float, float] = (0.4, 1.0)
) -> Bytes:
    """Cut out a random part of what fits, squashed or stretched by up to a quarter.

    part: of the area, its least and its greatest share

    (Some collections are squashed to squares: the network has to bear it.) Mirrored half the time.
    """
    H, W, _ = photo.shape
    scale, aspect = rng.uniform(*part) ** 0.5, np.exp(rng.uniform(-0.25, 0.25))
    width, height = min(W, min(H, W) * scale * aspect), min(H, min(H, W) * scale / aspect)
    left, top = rng.uniform(0, W - width), rng.uniform(0, H - height)
    cut = Picture.fromarray(photo).resize(
        (side, side), Picture.Resampling.BILINEAR, box=(left, top, left + width, top + height)
    )
    rgb = np.asarray(cut)
    return rgb[:, ::-1] if rng.random() < 0.5 else rgb


def simulate_aging(rgb: Bytes, rng: np.random.Generator) -> Floats:
    """Render L (S, S) as an old film might have: other spectral response, tone, blur and grain."""
    response = rng.dirichlet(6 * XYZ_FROM_RGB[1] + 1).astype(np.float32)
    light = lab_f(srgb_decode(rgb) @ response) ** np.float32(rng.uniform(0.75, 1.35))
    if rng.random() < 0.3:
        light = (
            light + np.roll(light, 1, 0) + np.roll(light, 1, 1) + np.roll(light, (1, 1), (0, 1))
        ) / 4
    low, high = rng.uniform(0, 12), rng.uniform(88, 100)
    grain = rng.normal(0, rng.uniform(0, 4), light.shape)
    return np.clip(low + (high - low) * light + grain, 0, 100).astype(np.float32)


def recolor_object(lab: Floats, place: Places, rng: np.random.Generator) -> Floats:
    """Give the thing around a place another color, so that hints are believed but not spread far.

    The thing is what is near and as light, as in a joint bilateral filter. Returns a, b (S, S, 2).
    """
    side, ab = len(lab), lab[..., 1:]
    reach, tolerance = side * rng.uniform(0.15, 0.6), rng.uniform(4, 12)
    far = (np.indices(lab.shape[:2]) - place[:, None, None]) ** 2
    unlike = (lab[..., 0] - lab[tuple(place)][0]) ** 2
    likeness = np.exp(-far.sum(axis=0) / (2 * reach**2) - unlike / (2 * tolerance**2))
    angle, chroma = rng.uniform(0, 2 * np.pi), rng.uniform(10, 60)
    dye = chroma * np.array([np.cos(angle), np.sin(angle)]) + 0.4 * (ab - ab[tuple(place)])
    share = np.clip(5 * (likeness - 0.3), 0, 1)[..., None]
    mixed: Floats = (ab + share * (dye - ab)).astype(np.float32)
    return mixed


def random_places(side: int, n: int, rng: np.random.Generator) -> Places:
    """Draw n uniformly random places (y, x) of a square, off its border."""
    return rng.integers(1, side - 1, (n, 2))


def local_mean(ab: Floats, places: Places) -> Floats:
    """Average a, b over the 3 x 3 pixels around each place: (K, 2)."""
    y, x = places.T
    near = [ab[y + dy, x + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    colors: Floats = np.mean(near, axis=0).astype(np.float32).reshape(len(places), 2)
    return colors
