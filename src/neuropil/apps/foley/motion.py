"""How a film moves: small maps of motion of each frame, which the onset network is given.

    tracker = MotionTracker()
    for frame in film.frames():
        motion = tracker.push(frame.pixels)     # of this frame since the last

Frames are grey, 96 × 72 pixels whatever their shape, in 24 × 18 cells. What all pixels have in
common is taken out before: a lamp that flickers (a gain and an offset, fitted) and a camera that
moves (the median of the flow).

H = 18, W = 24 cells   C = 7 maps: across and down, fine and coarse; change, its size; brightness
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

W, H = 24, 18
CELL = 4  # pixels of a cell's side
C = 7
WINDOW = 4  # frames that the network sees at once, the last one coming after the one it judges
CHANNELS = WINDOW * C + 2  # with the brightness of the whole, and the frame's duration
REGULARIZATION = 30.0  # of squared gradients, below which a flow is nothing but noise
FASTEST = 3.0  # pixels between frames that a flow may have, on its own scale
LEVELS = 40.0  # of 256, that a change has at most
USUAL_FPS = 25.0


@dataclass(frozen=True, eq=False)
class FrameMotion:
    """The motion of a frame since the one before.

    maps: (C, H, W), about -1 to 1
    light: by how much the whole became lighter, in 255 levels
    """

    maps: Floats
    light: float

    @property
    def strength(self) -> Floats:
        """Give how much each cell changed, (H, W), 0 and up."""
        strength: Floats = self.maps[5]
        return strength


def reduce_frame(pixels: Bytes) -> Floats:
    """Reduce a frame (H, W, 3) to grey levels (72, 96)."""
    size = (W * CELL, H * CELL)
    grey = Picture.fromarray(pixels).convert("L")
    return np.asarray(grey.resize(size, Picture.Resampling.BOX), np.float32)


@dataclass(eq=False)
class MotionTracker:
    """Compares each frame with the one before."""

    last: Floats | None = field(default=None)

    def push(self, grey: Floats) -> FrameMotion:
        """Take the grey levels (72, 96) of the next frame; the first of a film does not move."""
        before, self.last = self.last, grey
        if before is None:
            before = grey
        return compare(before, grey)


def compare(before: Floats, grey: Floats) -> FrameMotion:
    """Measure the motion from one frame to the next."""
    light = float(grey.mean() - before.mean()) / 255
    matched = match_light(before, grey)
    change = grey - matched
    cells = average_cells(change)
    maps = np.empty((C, H, W), np.float32)
    maps[0:2] = compute_flow(matched, change, CELL)
    maps[2:4] = compute_flow(average_cells(matched), cells, 1)
    maps[4] = (cells / LEVELS).clip(-1, 1)
    maps[5] = (average_cells(np.abs(change)) / LEVELS).clip(0, 1)
    maps[6] = average_cells(grey) / 127.5 - 1
    return FrameMotion(maps, light)


def match_light(before: Floats, grey: Floats) -> Floats:
    """Give a frame the light of the next: gain and offset by least squares over its cells.

    Cells that moved would pull at the line, so those off it by more than the median are left out
    and it is fitted once more.
    """
    x, y = average_cells(before).ravel(), average_cells(grey).ravel()
    gain, offset = fit_line(x, y)
    off = np.abs(y - gain * x - offset)
    calm = off <= np.median(off)
    gain, offset = fit_line(x[calm], y[calm])
    return before * np.float32(gain) + np.float32(offset)


def fit_line(x: Floats, y: Floats) -> tuple[float, float]:
    """Fit y = gain · x + offset; the gain lies between a half and two."""
    spread = float(((x - x.mean()) ** 2).sum())
    gain = float(((x - x.mean()) * (y - y.mean())).sum()) / spread if spread > 1 else 1.0
    gain = min(max(gain, 0.5), 2.0)
    return gain, float(y.mean() - gain * x.mean())


def average_cells(grey: Floats) -> Floats:
    """Average pixels (72, 96) to cells (18, 24)."""
    averaged: Floats = grey.reshape(H, CELL, W, CELL).mean(axis=(1, 3))
    return averaged


def compute_flow(before: Floats, change: Floats, cell: int) -> Floats:
    """Compute the flow (2, H, W) across and down, in `FASTEST` pixels (Lucas and Kanade 1981).

    Least squares of Ix·u + Iy·v = -It over each cell and its neighbors; the median of all cells,
    which is the camera's, is taken out.
    """
    down, across = (np.asarray(slope, np.float32) for slope in np.gradient(before))
    products = [across * across, across * down, down * down, across * change, down * change]
    xx, xy, yy, xt, yt = (sum_windows(product, cell) for product in products)
    determinant = (xx + REGULARIZATION) * (yy + REGULARIZATION) - xy * xy
    u = (xy * yt - (yy + REGULARIZATION) * xt) / determinant
    v = (xy * xt - (xx + REGULARIZATION) * yt) / determinant
    flow = np.stack([u - np.median(u), v - np.median(v)])
    scaled: Floats = (flow / FASTEST).clip(-1, 1).astype(np.float32)
    return scaled


def sum_windows(product: Floats, cell: int) -> Floats:
    """Average over cells, and over each cell with its eight neighbors."""
    cells = product.reshape(H, cell, W, cell).mean(axis=(1, 3)) if cell > 1 else product
    padded = np.pad(cells, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    summed: Floats = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9
    return summed


def stack_window(window: list[FrameMotion], seconds: float) -> Floats:
    """Stack the motion of WINDOW frames for the network: (CHANNELS, H, W).

    seconds: the duration of a frame
    """
    stacked = np.empty((CHANNELS, H, W), np.float32)
    stacked[:-2] = np.concatenate([motion.maps for motion in window])
    stacked[-2] = window[-2].light * 4
    stacked[-1] = encode_duration(seconds)
    return stacked


def stack_windows(motion: list[FrameMotion], seconds: float) -> Floats:
    """Stack all windows of a film: (T - WINDOW + 1, CHANNELS, H, W)."""
    starts = range(len(motion) - WINDOW + 1)
    return np.stack([stack_window(motion[t : t + WINDOW], seconds) for t in starts])


def encode_duration(seconds: float) -> float:
    """Turn the duration of a frame into a number around 0: octaves from 1/25 s."""
    return float(np.log2(min(max(seconds, 0.005), 0.5) * USUAL_FPS))
