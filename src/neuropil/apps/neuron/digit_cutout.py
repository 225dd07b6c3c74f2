"""A digit cut out of a photograph of paper: shadows evened out, ruled lines taken away.

    cut = cut_out(Image.open("digit.png"))
    cut.ink, cut.share            the digit's ink, 0 to 1, and its share of all ink in the picture

The paper's brightness is estimated around each pixel, by a closing (the brightest in a window,
then the darkest of these), which follows shadows and passes over strokes. Ink is how much darker
than its paper a pixel is.

    H, W  pixels of the picture, the longer at most 256     h, w  of the part that holds the digit
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from neuropil.kit.errors import UserError
from neuropil.kit.media.image import Image

Floats = NDArray[Any]
Mask = NDArray[np.bool_]

LARGEST = 256  # pixels of the longer side: larger pictures are reduced to it
WINDOW = 0.4  # of the longer side: strokes are thinner than this, and shadows wider
MIN_CONTRAST = 0.15  # of 1: ink must be so much darker than its paper
DARKEST_PAPER = 0.1  # of 1: darker ones would make ink of noise
INK = 0.3  # of the darkest: what is darker is ink, when the digit is cut out
SPAN = 0.85  # of the picture's width or height: what is darker than paper in so much of it is ruled
LINE = 0.03  # of the longer side: ruled lines are thinner
OVER_LINE = 1.5  # times as dark as the ruled line: a stroke that crosses it
CELLS = 64  # along the longer side: strokes of neighboring ones are of one digit
PEN = 0.17  # of the digit's longer side: thinner strokes are thickened to this


@dataclass(frozen=True, eq=False)
class Cutout:
    """What may be a digit.

    ink: (h, w), 0 paper to 1 the darkest stroke
    share: of all the ink in the picture, 0 to 1; the rest lies elsewhere
    """

    ink: Floats
    share: float


def cut_out(image: Image) -> Cutout:
    """Cut out the largest thing drawn; raises UserError where nothing stands out from its paper."""
    ink = erase_lines(measure_ink(to_grey(image)))
    if ink.max() < MIN_CONTRAST:
        raise UserError(
            "input.content", "there is no digit in the picture that stands out from its paper"
        )
    ink = ink / ink.max()
    ink = np.where(ink > INK, ink, 0)
    mask = largest_blob(ink)
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Cutout(thicken(ink[box]), float(ink[box].sum() / ink.sum()))


def to_grey(image: Image) -> Floats:
    """Reduce a picture to brightness (H, W), 0 to 1, on white paper where it is transparent."""
    grey = image.pixels.mean(axis=2) / np.iinfo(image.pixels.dtype).max
    if image.alpha is not None:
        opacity = image.alpha / np.iinfo(image.alpha.dtype).max
        grey = opacity * grey + 1 - opacity
    factor = -(-max(grey.shape) // LARGEST)
    return np.asarray(Picture.fromarray(grey.astype(np.float32)).reduce(factor), np.float64)


def measure_ink(grey: Floats) -> Floats:
    """Tell how much darker than its paper each pixel is (H, W), or lighter, on dark paper."""
    candidates = []
    for each in (grey, 1 - grey):
        paper = close_strokes(each)
        ink = (paper - each) / np.maximum(paper, DARKEST_PAPER)
        edge = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
        # With ink and paper confused the edge is ink, and strokes are left in the paper.
        wrong = float((edge > INK * max(ink.max(), MIN_CONTRAST)).mean() + paper.std())
        candidates.append((wrong, ink))
    return min(candidates, key=lambda candidate: candidate[0])[1]


def close_strokes(grey: Floats) -> Floats:
    """Estimate the paper's brightness (H, W): a closing over a window."""
    half = max(1, round(WINDOW * max(grey.shape) / 2))
    lightest = spread_maximum(grey, half)
    made: Floats = -spread_maximum(-lightest, half)
    return made


def spread_maximum(values: Floats, half: int) -> Floats:
    """Find the largest value within so many pixels, up, down and sideways."""
    for axis in (0, 1):
        border = [(half, half) if axis == each else (0, 0) for each in (0, 1)]
        rows = np.moveaxis(np.pad(values, border, mode="edge"), axis, 0)
        width = 1  # of the window so far, which doubles
        while width < 2 * half + 1:
            step = min(width, 2 * half + 1 - width)
            rows = np.maximum(rows[:-step], rows[step:])
            width += step
        values = np.moveaxis(rows, 0, axis)
    return values


def erase_lines(ink: Floats) -> Floats:
    """Take away ruled lines, which run through the whole picture, but not strokes across them."""
    half = max(1, round(LINE * max(ink.shape) / 2))
    erased = ink
    for axis in (0, 1):
        profile = np.quantile(ink, 1 - SPAN, axis=axis, keepdims=True)
        thin = profile - spread_maximum(-spread_maximum(-profile, half), half)
        erased = np.where(ink > OVER_LINE * thin, erased, 0)
    return erased


def largest_blob(ink: Floats) -> Mask:
    """Find the connected part with the most ink (H, W); small gaps connect."""
    cell = -(-max(ink.shape) // CELLS)
    H, W = ink.shape
    padded = np.pad(ink, ((0, -H % cell), (0, -W % cell)))
    amounts = padded.reshape(padded.shape[0] // cell, cell, -1, cell).sum(axis=(1, 3))
    labels = np.where(amounts > 0, np.arange(amounts.size).reshape(amounts.shape) + 1, 0)
    before = np.zeros_like(labels)
    while (labels != before).any():
        before, labels = labels, np.where(amounts > 0, spread_maximum(labels, 1), 0)
    largest = np.bincount(labels.ravel(), amounts.ravel()).argmax()
    blob = np.kron(labels == largest, np.ones((cell, cell), bool))[:H, :W]
    made: Mask = blob & (ink > 0)
    return made


def thicken(ink: Floats) -> Floats:
    """Thicken thin strokes (h, w) to the pen of the digits that the network knows."""
    mask = np.pad(ink > 0, 1)
    edges = sum(int(np.count_nonzero(np.diff(mask, axis=axis))) for axis in (0, 1))
    perimeter = np.pi / 4 * edges  # of strokes in all directions, whose edges are stairs
    pen = 2 * np.count_nonzero(mask) / perimeter
    lacking = round((PEN * max(ink.shape) - pen) / 2)
    if lacking < 1:
        return ink
    made: Floats = spread_maximum(np.pad(ink, lacking), lacking)
    return made
