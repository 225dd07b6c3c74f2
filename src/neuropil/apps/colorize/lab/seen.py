"""Crops of photographs as the eye sees their grey, made once and kept on disk.

    neuropil train colorize --stage see --data photos -o seen
    neuropil train colorize seeing --data seen -o runs/seeing

    B  crops at once      S = 128 pixels, the side of a crop      h = w = S/4 cells

The eye does not learn, so what it sees of a crop stays the same and need not be calculated at every
step: two thirds of the work of a training. A crop takes 69 kB: whole numbers of 8 bits with a scale
for each channel. Hints, and things in another color, are drawn while training: they change neither
lightness nor features.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.colorize.cielab import Floats, lab_from_rgb
from neuropil.apps.colorize.lab.data import (
    Bytes,
    iterate_photos,
    random_crop,
    simulate_aging,
    source_weight,
)
from neuropil.apps.colorize.preprocess import CELL, average_pool, gray_pixels
from neuropil.eye.network import NETWORK, normalize
from neuropil.kit.errors import UserError
from neuropil.kit.folders import create_folder
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.progress import message, ticking

SIDE = 128  # pixels of a crop
SHORT_SIDE = 224  # pixels, to which photographs are reduced before
PART = (0.3, 1.0)  # of the area of a photograph that a crop shows
PART_OF_SMALL = (0.7, 1.0)  # of one that is smaller than a crop
AGED = 0.25  # share of the crops that look like old photographs
BATCH = 32  # crops that the eye sees at once
CHANNELS = {4: 24, 8: 40, 16: 112, 32: 320}  # of the eye's features, by stride
N_MEAN = 1280  # mean features
LIGHT_STEPS = 2.55  # numbers to a unit of L
FILE = f"seen-by-{NETWORK.sha256[:8]}.bin"

Crops = NDArray[Any]  # of the type that `crop_type` makes


@cache
def crop_type() -> np.dtype[np.void]:
    """Make the type of a crop on disk: features and their scales, lightness, the true colors."""
    return np.dtype(
        [
            ("photo", "i4"),
            *((f"stride_{s}", "i1", (c, SIDE // s, SIDE // s)) for s, c in CHANNELS.items()),
            *((f"scale_{s}", "f2", (c,)) for s, c in CHANNELS.items()),
            ("mean_features", "f2", (N_MEAN,)),
            ("light", "u1", (SIDE, SIDE)),
            ("ab", "i1", (2, SIDE // CELL, SIDE // CELL)),
        ]
    )


def see_crops(output: Path, data: Path, crops: int) -> Path:
    """Let the eye see crops of all training photographs; goes on where it was stopped.

    crops: of a photograph whose source has the weight 1

    Raises UserError where there are no photographs.
    """
    was_there = output.is_dir()
    create_folder(output)
    file = output / FILE
    last = keep_whole_photos(file)
    network, n = NETWORK.open(), 0
    with file.open("ab") as kept:
        for seen in ticking(batches(data, crops, after=last, network=network)):
            kept.write(seen.tobytes())
            n += len(seen)
    whole = file.stat().st_size // crop_type().itemsize
    if not whole:
        file.unlink()
        if not was_there:
            output.rmdir()
        raise UserError(
            "data.missing",
            f"{data} holds no photographs to see:"
            " name a folder of photographs or of photos-*.zip with --data",
            path=data,
        )
    message(f"{n} crops seen; {file} holds {whole}")
    return file


def keep_whole_photos(file: Path) -> int:
    """Cut off what a stopped run left unfinished; return the last photograph that is whole, or -1.

    All crops of a photograph but the last one's are sure to be there.
    """
    if not file.exists():
        return -1
    whole = file.stat().st_size // crop_type().itemsize
    photos = np.memmap(file, crop_type(), "r", shape=whole)["photo"] if whole else [0]
    last = int(photos[-1])
    kept = int(np.sum(np.asarray(photos) < last))
    with file.open("r+b") as cut:
        cut.truncate(kept * crop_type().itemsize)
    return last - 1


def batches(data: Path, crops: int, *, after: int, network: OnnxNetwork) -> Iterator[Crops]:
    """Yield crops, seen, of photograph after photograph."""
    waiting: list[tuple[int, Bytes, Floats]] = []
    photos = iterate_photos(data, validation=False, short_side=SHORT_SIDE)
    for number, (name, rgb) in enumerate(photos):
        if number > after:
            waiting += ((number, *crop) for crop in crops_of(rgb, number, crops, name))
        while len(waiting) >= BATCH:
            yield look(waiting[:BATCH], network)
            del waiting[:BATCH]
    if waiting:
        yield look(waiting, network)


def crops_of(photo: Bytes, number: int, crops: int, name: str) -> Iterator[tuple[Bytes, Floats]]:
    """Yield random crops of a photograph: color (S, S, 3), and L (S, S), perhaps of old film."""
    rng = np.random.default_rng((17, number))
    part = PART if min(photo.shape[:2]) >= SIDE else PART_OF_SMALL
    for _ in range(int(crops * source_weight(name) + rng.random())):
        rgb = random_crop(photo, SIDE, rng, part)
        aged = rng.random() < AGED
        yield rgb, simulate_aging(rgb, rng) if aged else lab_from_rgb(rgb)[..., 0]


def look(waiting: Sequence[tuple[int, Bytes, Floats]], network: OnnxNetwork) -> Crops:
    """Run the eye on the grey of B crops, and keep what it sees beside the truth."""
    numbers, colors, lights = zip(*waiting, strict=True)
    found = network.run(picture=normalize(gray_pixels(np.stack(lights))))
    seen = np.zeros(len(waiting), crop_type())
    seen["photo"] = numbers
    for stride in CHANNELS:
        values = found[f"stride_{stride}"]
        scale = (np.abs(values).max(axis=(2, 3)) / 127 + 1e-6).astype(np.float16)
        whole = np.rint(values / scale[..., None, None].astype(np.float32)).clip(-127, 127)
        seen[f"stride_{stride}"], seen[f"scale_{stride}"] = whole, scale
    seen["mean_features"] = found["mean_features"]
    for crop, rgb, light in zip(seen, colors, lights, strict=True):
        ab = average_pool(lab_from_rgb(rgb)[..., 1:])
        crop["ab"] = np.rint(np.moveaxis(ab, -1, 0)).clip(-127, 127)
        crop["light"] = np.rint(light * LIGHT_STEPS)
    return seen


def features(crops: Crops) -> dict[str, Floats]:
    """Bring back what the eye saw of crops, by the names of its outputs."""
    found: dict[str, Floats] = {"mean_features": crops["mean_features"].astype(np.float32)}
    for stride in CHANNELS:
        scale = crops[f"scale_{stride}"].astype(np.float32)[..., None, None]
        found[f"stride_{stride}"] = crops[f"stride_{stride}"] * scale
    return found


def open_crops(data: Path) -> Crops:
    """Open the crops of a folder without reading them; raises UserError where there are none."""
    file = data / FILE
    n = file.stat().st_size // crop_type().itemsize if file.is_file() else 0
    if not n:
        raise UserError(
            "data.missing",
            f"{data} holds no {FILE}, what the eye sees of photographs: make it by"
            " neuropil train colorize --stage see --data PHOTOS -o DIR, and name DIR by --data",
            path=data,
        )
    return np.memmap(file, crop_type(), "r", shape=n)
