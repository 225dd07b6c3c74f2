"""From a quad in a picture to a line that the reader takes: the same in training and in running.

    line = cut_line(pixels, quad)           # pixels (H, W, 3), 0..255; quad (4, 2), x and y
    batch, lengths = stack_lines([line, other])

H, W  height, width of the picture     B  lines     L  width of a line, of the longest in a batch

A quad goes clockwise from the upper left corner of the text as it reads. A word that was cut out
upright, with nothing else known, is the whole of its picture: `cut_line(pixels)`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HEIGHT = 32  # pixels of a line
STEP = 4  # pixels along the line for each answer of the reader
NARROWEST, WIDEST = 16, 1920  # pixels of a line
WIDER = 1.2  # times as wide is a line for the reader: narrow letters get steps of their own
LEAST_SPREAD = 4.0  # levels; what varies less is noise, and is not blown up
FINEST = 1.5  # times as large as the line: a finer picture is averaged first

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


def cut_line(pixels: Pixels, quad: NDArray[np.floating] | None = None) -> Floats:
    """Straighten a quad of a picture to a grey line (HEIGHT, L) of mean 0 and standard deviation 1.

    Where the quad reaches beyond the picture, its edge goes on.
    """
    h, w, _ = pixels.shape
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]] if quad is None else quad, np.float64)
    return normalize_line(to_grey(straighten(pixels, corners, WIDER)))


def straighten(pixels: Pixels, quad: NDArray[np.float64], wider: float = 1.0) -> Pixels:
    """Map a quad to an upright strip (HEIGHT, L, 3) by a perspective.

    wider: times as wide as its height would have it
    """
    part, corners = cut_around(pixels, quad)
    image = Image.fromarray(part)
    width, height = size_of(corners)
    factor = int(height / (HEIGHT * FINEST))
    if factor > 1:
        image, corners = image.reduce(factor), corners / factor
    length = line_length(wider * width, height)
    strip = np.array([[0, 0], [length, 0], [length, HEIGHT], [0, HEIGHT]], np.float64)
    way_back = perspective(strip, corners)
    method = Image.Transform.PERSPECTIVE
    made = image.transform((length, HEIGHT), method, way_back, Image.Resampling.BICUBIC)
    return np.asarray(made)


def cut_around(pixels: Pixels, quad: NDArray[np.float64]) -> tuple[Pixels, NDArray[np.float64]]:
    """Cut the upright box around a quad, with a margin for resampling; move the quad along."""
    h, w, _ = pixels.shape
    margin = 4 + int(size_of(quad)[1] / HEIGHT) * 2
    left, top = np.floor(quad.min(axis=0)).astype(int) - margin
    right, bottom = np.ceil(quad.max(axis=0)).astype(int) + margin
    inside = pixels[
        min(max(top, 0), h - 1) : max(bottom, 1), min(max(left, 0), w - 1) : max(right, 1)
    ]
    edges = ((max(-top, 0), max(bottom - h, 0)), (max(-left, 0), max(right - w, 0)), (0, 0))
    return np.pad(inside, edges, mode="edge"), quad - [left, top]


def size_of(quad: NDArray[np.floating]) -> tuple[float, float]:
    """Measure the width and height of a quad, each the mean of two sides, at least one pixel."""
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    return max(1.0, float(sides[::2].mean())), max(1.0, float(sides[1::2].mean()))


def line_length(width: float, height: float) -> int:
    """Give the pixels that a quad of a width and height has as a line, a multiple of STEP."""
    steps = round(width * HEIGHT / height / STEP)
    return min(max(steps * STEP, NARROWEST), WIDEST)


def perspective(
    from_: NDArray[np.floating], to: NDArray[np.floating]
) -> tuple[float, float, float, float, float, float, float, float]:
    """Solve for the perspective that moves four points: eight numbers, as Pillow takes them.

    x' = (a x + b y + c) / (g x + h y + 1), y' = (d x + e y + f) / (g x + h y + 1)
    """
    rows, sides = [], []
    for (x, y), (u, v) in zip(from_, to, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        sides += [u, v]
    found, *_ = np.linalg.lstsq(np.array(rows), np.array(sides), rcond=None)
    a, b, c, d, e, f, g, h = map(float, found)
    return a, b, c, d, e, f, g, h


def to_grey(strip: Pixels) -> Floats:
    """Mix the colors such that they differ most, so that red letters stand out from green ground.

    The first principal component of the pixels; it is bright where the picture is.
    """
    colors = strip.reshape(-1, 3).astype(np.float32)
    colors -= colors.mean(axis=0)
    _, directions = np.linalg.eigh(colors.T @ colors)
    mix = directions[:, -1].astype(np.float32)
    if mix.sum() < 0:
        mix = -mix
    grey: Floats = (colors @ mix).reshape(strip.shape[:2])
    return grey


def normalize_line(grey: Floats) -> Floats:
    """Bring a line to mean 0 and standard deviation 1, whatever its light and contrast."""
    centered = grey - grey.mean()
    line: Floats = (centered / max(float(centered.std()), LEAST_SPREAD)).astype(np.float32)
    return line


def stack_lines(lines: Sequence[Floats]) -> tuple[Floats, NDArray[np.int64]]:
    """Pad lines to the longest of them, (B, 1, HEIGHT, L), and count the steps of each, (B,)."""
    longest = max(line.shape[1] for line in lines)
    batch = np.zeros((len(lines), 1, HEIGHT, longest), np.float32)
    for row, line in zip(batch, lines, strict=True):
        row[0, :, : line.shape[1]] = line
    return batch, np.array([line.shape[1] // STEP for line in lines])
