"""Text lines found in a picture: from what the detector says of each cell to quads.

    found = detect(pixels, partial(look, eye, detector), long=1000)     # pixels (H, W, 3), 0..255
    found.quads, found.confidences

H, W  pixels     h, w  cells of CELL x CELL pixels     N  cells of a kernel, lines
maps (3, h, w): logit of a kernel, logarithms of the distances up and down, in pixels

The kernel of a line is its middle (kernels.py). Every cell of one also tells how far above and
below it the line ends, from which the quad is fitted.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from neuropil.apps.translate.kernels import CELL, SHRINK, direction, find_kernels, middles
from neuropil.apps.translate.lines import Floats, Pixels
from neuropil.eye.network import normalize
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.progress import ticking

SUREST = 50.0  # logit, beyond which nothing changes and exp overflows
LEAST_CONFIDENCE = 0.7  # mean probability of a kernel that is kept
FEWEST_CELLS = 2
SPAN = (-1.0, 6.0)  # of the logarithm of a distance in pixels
STRIDE = 32  # pixels, of which height and width of a part are multiples
TILE = 1280  # pixels of a part of a large picture, in either direction
MARGIN = 96  # pixels at the inner edges of a part that its neighbor tells of
STIFFNESS = 0.3  # of an edge that would slope within a line as long as high


@dataclass(frozen=True, eq=False)
class FoundQuads:
    """Quads (N, 4, 2) in pixels of the picture, and the confidence in each, 0..1, (N,)."""

    quads: NDArray[np.float64]
    confidences: Floats


def see(eye: OnnxNetwork, pixels: Pixels, strides: Sequence[str]) -> dict[str, Floats]:
    """Give pictures (B, H, W, 3) as the detector takes them: normalized, and what the eye sees.

    strides: names of the eye's outputs
    """
    picture = normalize(pixels)
    seen = eye.run(picture=picture)
    return {"picture": picture} | {name: seen[name] for name in strides}


def look(eye: OnnxNetwork, detector: OnnxNetwork, pixels: Pixels) -> Floats:
    """Give the maps (3, h, w) of a part of a picture."""
    strides = [name for name in detector.inputs if name != "picture"]
    maps: Floats = detector.run(**see(eye, pixels[None], strides))["maps"][0]
    return maps


def detect(pixels: Pixels, run: Callable[[Pixels], Floats], *, long: int) -> FoundQuads:
    """Find the lines of a picture (H, W, 3), looked at with its long side of so many pixels.

    run: gives the maps (3, h, w) of a part whose height and width are multiples of STRIDE
    """
    height, width, _ = pixels.shape
    scale = long / max(height, width)
    small, factors = resize(pixels, scale)
    found = find_quads(map_parts(small, run))
    return FoundQuads(found.quads / factors, found.confidences)


def resize(pixels: Pixels, scale: float) -> tuple[Pixels, NDArray[np.float64]]:
    """Scale a picture, fill it up to multiples of STRIDE, and give the scales of x and y."""
    height, width, _ = pixels.shape
    w, h = (max(1, round(scale * side)) for side in (width, height))
    image = Image.fromarray(pixels).resize((w, h), Image.Resampling.BILINEAR, reducing_gap=2.0)
    fill = ((0, -h % STRIDE), (0, -w % STRIDE), (0, 0))
    return np.pad(np.asarray(image), fill, mode="edge"), np.array([w / width, h / height])


def map_parts(pixels: Pixels, run: Callable[[Pixels], Floats]) -> Floats:
    """Run the detector over a picture, a large one part by part, and put the maps together."""
    height, width, _ = pixels.shape
    maps = np.zeros((3, height // CELL, width // CELL), np.float32)
    for top, bottom, y0, y1 in ticking(split(height)):
        for left, right, x0, x1 in ticking(split(width)):
            part = run(pixels[top:bottom, left:right])
            inner = part[:, (y0 - top) // CELL : (y1 - top) // CELL]
            inner = inner[:, :, (x0 - left) // CELL : (x1 - left) // CELL]
            maps[:, y0 // CELL : y1 // CELL, x0 // CELL : x1 // CELL] = inner
    return maps


def split(length: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield parts of a side: where each starts and stops, and the inner part that it tells of."""
    start = 0
    while True:
        stop = min(start + TILE, length)
        yield start, stop, start + (MARGIN if start else 0), stop - (MARGIN if stop < length else 0)
        if stop == length:
            return
        start = stop - 2 * MARGIN


def find_quads(maps: Floats) -> FoundQuads:
    """Find the lines in the maps of a picture, in no order."""
    chances = 1 / (1 + np.exp(-maps[0].clip(-SUREST, SUREST)))
    quads, confidences = [], []
    distances = np.exp(maps[1:].clip(*SPAN))
    for rows, columns in find_kernels(chances, distances.sum(axis=0)):
        confidence = float(chances[rows, columns].mean())
        if len(rows) >= FEWEST_CELLS and confidence >= LEAST_CONFIDENCE:
            up, down = distances[:, rows, columns]
            quads.append(fit_quad(middles(rows, columns), up, down, chances[rows, columns]))
            confidences.append(confidence)
    return FoundQuads(np.array(quads).reshape(-1, 4, 2), np.array(confidences, np.float32))


def fit_quad(
    centers: NDArray[np.float64], up: Floats, down: Floats, weights: Floats
) -> NDArray[np.float64]:
    """Fit a quad (4, 2) to the cells (N, 2) of a kernel and their distances to the edges."""
    along = direction(centers, float(np.median(up + down)))
    across = np.array([-along[1], along[0]])
    middle = centers.mean(axis=0)
    u, v = (centers - middle) @ along, (centers - middle) @ across
    height = float(np.average(up + down, weights=weights))
    end = SHRINK * height + CELL / 2
    ends = np.array([u.min() - end, u.max() + end])
    top = ends_of_edge(u, v - up, weights, ends, height)
    bottom = ends_of_edge(u, v + down, weights, ends, height)
    points = [(ends[0], top[0]), (ends[1], top[1]), (ends[1], bottom[1]), (ends[0], bottom[0])]
    quad: NDArray[np.float64] = middle + np.array([a * along + b * across for a, b in points])
    return quad


def ends_of_edge(
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    weights: Floats,
    ends: NDArray[np.float64],
    height: float,
) -> NDArray[np.float64]:
    """Fit a straight edge v = a + b u through what all cells say, and give v at both ends.

    The slope is held near zero where a line is not much longer than high: few letters know none.
    """
    mean = np.average(v, weights=weights)
    center = np.average(u, weights=weights)
    spread = weights @ (u - center) ** 2 + STIFFNESS * height**2 * weights.sum()
    slope = weights @ ((u - center) * (v - mean)) / spread
    edge: NDArray[np.float64] = mean + slope * (ends - center)
    return edge
