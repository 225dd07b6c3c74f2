"""Frames made wider: where a text needs more room, and the ground beside it is plain and free.

    frames = make_room(frames, texts, clean, kept)      # clean (H, W, 3), 0..255, without text

H, W  height and width of the picture     N  frames

A frame that is set from the left grows to the right, one that is set from the right to the left,
one in the middle to both sides. It ends before another text, and where the color changes.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.erasing import box_around, fill_polygon
from neuropil.apps.translate.geometry import Quad, axes
from neuropil.apps.translate.lines import Pixels, size_of
from neuropil.apps.translate.setting import TextFrame, break_lines, rows_of, widest

STEP = 0.5  # ems by which a frame grows at a time
BESIDE = 0.7  # ems that stay free beyond it
WIDER = 1.06  # times, from one width that is tried to the next
MOST = 2.5  # times as wide as it was
PLAIN = 24.0  # levels that the ground may differ from that under the text
SPECKS = 5.0  # per cent of the ground that may differ more
NOBODY = -1

Owners = NDArray[np.int32]  # (H, W): the number of the frame that a pixel belongs to, or NOBODY


def make_room(
    frames: Sequence[TextFrame], texts: Sequence[str], clean: Pixels, kept: Sequence[Quad]
) -> list[TextFrame]:
    """Widen the frames whose texts would have to be smaller than what stood there.

    clean: the picture without the old texts (H, W, 3), 0..255
    kept: the quads of texts that stay in it
    """
    owners = np.full(clean.shape[:2], NOBODY, np.int32)
    for n, quad in enumerate([frame.quad for frame in frames] + [*kept]):
        mark(owners, quad, n)
    made = []
    for n, (frame, text) in enumerate(zip(frames, texts, strict=True)):
        more = width_needed(text, frame) - size_of(frame.quad)[0]
        wider = grow_beside(frame, more, n, clean, owners) if more > 0 else frame
        mark(owners, wider.quad, n)
        made.append(wider)
    return made


def mark(owners: Owners, quad: Quad, n: int) -> None:
    """Give the pixels of a quad to a frame."""
    box = box_around(quad, 0, *owners.shape)
    owners[box][fill_polygon(quad, box)] = n


def width_needed(text: str, frame: TextFrame) -> float:
    """Find the width at which a text fits into the lines of a frame in its full size, pixels."""
    width, most = size_of(frame.quad)[0], MOST * size_of(frame.quad)[0]
    while True:
        lines = break_lines(text, width, frame.em, frame.file)
        if len(lines) <= rows_of(frame, frame.em) and widest(lines, frame.em, frame.file) <= width:
            return width
        if width >= most:
            return most
        width = min(most, width * WIDER)


def grow_beside(frame: TextFrame, more: float, n: int, clean: Pixels, owners: Owners) -> TextFrame:
    """Widen a frame by some pixels, as far as there is room for it."""
    ways = {"left": (0, 1), "center": (1, 1), "right": (1, 0)}[frame.alignment]  # left, right
    ground = ground_of(frame.quad, clean)
    far, step = 0.0, max(1.0, STEP * frame.em)
    while far < more / sum(ways):
        strips = [
            beside(frame.quad, side, far, far + step + BESIDE * frame.em)
            for side, goes in zip((-1, 1), ways, strict=True)
            if goes
        ]
        if not all(is_free(strip, ground, n, clean, owners) for strip in strips):
            break
        far += step
    return replace(frame, quad=widen(frame.quad, far * ways[0], far * ways[1]))


def widen(quad: Quad, left: float, right: float) -> Quad:
    """Move the left and the right side of a quad outward by some pixels."""
    along = axes(quad)[0] / size_of(quad)[0]
    moved: Quad = quad + np.array([-left, right, right, -left])[:, None] * along
    return moved


def beside(quad: Quad, side: int, start: float, end: float) -> Quad:
    """Give the strip beside a quad, left (-1) or right (1) of it, between two distances."""
    if side > 0:
        near, far = widen(quad, 0, start), widen(quad, 0, end)
        return np.array([near[1], far[1], far[2], near[2]])
    near, far = widen(quad, start, 0), widen(quad, end, 0)
    return np.array([far[0], near[0], near[3], far[3]])


def ground_of(quad: Quad, clean: Pixels) -> NDArray[np.float64]:
    """Give the color of the ground under a text, (3,)."""
    box = box_around(quad, 0, *clean.shape[:2])
    inside = clean[box][fill_polygon(quad, box)]
    color: NDArray[np.float64] = np.median(inside, axis=0) if len(inside) else np.full(3, np.inf)
    return color


def is_free(
    strip: Quad, ground: NDArray[np.float64], n: int, clean: Pixels, owners: Owners
) -> bool:
    """Tell a strip inside of the picture that is plain, and where no other text is."""
    height, width = owners.shape
    if (strip < 0).any() or (strip > (width, height)).any():
        return False
    box = box_around(strip, 0, height, width)
    inside = fill_polygon(strip, box)
    if not inside.any() or not np.isin(owners[box][inside], (NOBODY, n)).all():
        return False
    off = np.abs(clean[box][inside] - ground).max(axis=1)
    return bool(np.percentile(off, 100 - SPECKS) < PLAIN)
