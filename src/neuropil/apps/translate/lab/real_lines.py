"""Lines of real pictures that teach the reader: words and texts whose truth is known, and others.

    lines = read_real(data) + read_taught(data)

DIR has the pictures of `scenes.py`, and perhaps what `--stage teach` has written: `taught.zip`, and
`taught.tsv`, which tells what its pictures say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.alphabet import encode, unify
from neuropil.apps.translate.lab.scenes import (
    Scene,
    damaged,
    decode_picture,
    places,
    read_archive,
    read_scenes,
    read_table,
    read_words,
)
from neuropil.apps.translate.lines import Pixels, size_of

TRUSTED = ("icdar2003", "foreign", "menu")  # scenes whose texts are right; icdar2015's are crops
OFTEN_WORD, OFTEN_LINE = 3, 6  # how often a word or line of the data is drawn beside one taught
MARGIN = 0.4  # heights around a text that are kept of its scene
TAUGHT = "taught.tsv"
COLUMNS = ("file", "text", "source", "quad")


@dataclass(frozen=True, eq=False)
class RealLine:
    """A text in a small picture: its quad, and what it says, unified.

    often: how often it is drawn beside others
    """

    pixels: Pixels
    quad: NDArray[np.float64]
    text: str
    scene: str
    often: int = 1


def read_real(data: Path) -> list[RealLine]:
    """Read all texts of the split `train` that the reader can say, and whose truth is known."""
    found = [whole_crop(w.pixels, w.text, w.scene) for w in read_words(data, "train")]
    for scene in read_scenes(data, "train"):
        if scene.source in TRUSTED:
            found += cut_items(scene)
    return [line for line in found if encode(line.text) and not is_upright(line)]


def whole_crop(pixels: Pixels, text: str, scene: str) -> RealLine:
    """Take a word whose picture is all of it."""
    h, w, _ = pixels.shape
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float64)
    return RealLine(pixels, corners, unify(text), scene, OFTEN_WORD)


def cut_items(scene: Scene) -> list[RealLine]:
    """Cut the readable texts out of a scene, each with a margin."""
    found = []
    for item in scene.items:
        if not item.is_ignored:
            part, quad = cut_with_margin(scene.pixels, item.quad)
            found.append(RealLine(part, quad, unify(item.text), scene.photo, OFTEN_LINE))
    return found


def cut_with_margin(
    pixels: Pixels, quad: NDArray[np.float64]
) -> tuple[Pixels, NDArray[np.float64]]:
    """Cut the upright box around a quad and MARGIN heights more; move the quad along."""
    margin = MARGIN * size_of(quad)[1]
    low = np.floor(np.maximum(quad.min(axis=0) - margin, 0)).astype(int)
    high = np.ceil(quad.max(axis=0) + margin).astype(int)
    return pixels[low[1] : high[1], low[0] : high[0]], quad - low


def is_upright(line: RealLine) -> bool:
    """Tell a line that stands on end."""
    return stands_on_end(line.quad, line.text)


def stands_on_end(quad: NDArray[np.float64], text: str) -> bool:
    """Tell a text of some letters that is higher than wide."""
    width, height = size_of(quad)
    return len(text) > 2 and height > 1.5 * width


def read_taught(data: Path) -> list[RealLine]:
    """Read the lines that a teacher has read; none where DIR has no such file."""
    path = next((place / TAUGHT for place in places(data) if (place / TAUGHT).is_file()), None)
    if path is None:
        return []
    pictures = read_archive(path.with_suffix(".zip"))
    try:
        found = [taught_line(row, pictures[row["file"]]) for row in read_table(path)]
    except (KeyError, ValueError) as error:
        raise damaged(path, error) from error
    return [line for line in found if encode(line.text) and not is_upright(line)]


def taught_line(row: Mapping[str, str], encoded: bytes) -> RealLine:
    """Make a line of a row of taught.tsv and of its picture."""
    quad = np.array(row["quad"].split(), np.float64).reshape(4, 2)
    if not np.isfinite(quad).all():
        raise ValueError(f"the quad of {row['file']} is {row['quad']}")
    return RealLine(decode_picture(encoded, row["file"]), quad, unify(row["text"]), row["source"])
