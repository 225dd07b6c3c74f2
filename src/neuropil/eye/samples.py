"""One photograph of each of the thousand classes, and the square of one that a classifier is shown.

They are a copy of github.com/EliSchwartz/imagenet-sample-images, NAME.JPEG; their sorted names are
the numbers of the classes. They may be of ImageNet's training set. Nothing here learns from them.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from neuropil.eye.network import classes
from neuropil.kit.errors import UserError

SHARE = 0.875  # of a photograph's shorter side that the square has, as the eye was published


def find_samples(folder: Path) -> list[Path]:
    """List the photographs in the order of the classes; raises UserError for another number."""
    files = sorted(folder.glob("*.JPEG"))
    if len(files) != len(classes()):
        raise UserError(
            "data.missing",
            f"{folder} holds {len(files)} photographs NAME.JPEG, not one for each of"
            f" {len(classes())} classes; copy github.com/EliSchwartz/imagenet-sample-images there",
            path=folder,
        )
    return files


def cut_middle(photo: Picture.Image, side: int) -> NDArray[np.uint8]:
    """Cut the square out of the middle of an RGB photograph: (side, side, 3)."""
    scale = side / SHARE / min(photo.size)
    width, height = (round(length * scale) for length in photo.size)
    left, top = (width - side) // 2, (height - side) // 2
    scaled = photo.resize((width, height), Picture.Resampling.BICUBIC)
    return np.asarray(scaled.crop((left, top, left + side, top + side)))
