"""What the detector has to say of a picture whose texts are known, cell by cell.

    truth = draw_truth(lines, height, width)

h, w  height, width in cells

Words of one line that stand close together are one line to it; words are cut apart later, where the
blanks were read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.geometry import axes
from neuropil.apps.translate.kernels import CELL, SHRINK
from neuropil.apps.translate.lab.scenes import Item
from neuropil.apps.translate.lines import size_of

NEAR = 0.9  # heights between two words of a line
ALIKE = 1.6  # times as high may one word of a line be as the next
LOWEST = 6.0  # pixels: lower lines are ignored


@dataclass(frozen=True, eq=False)
class LineTruth:
    """A line in a picture, or something that is not to be judged."""

    quad: NDArray[np.float64]
    is_ignored: bool = False


@dataclass(frozen=True, eq=False)
class CellTruth:
    """Of every cell (h, w): in a kernel or not, whether that counts, and distances in pixels."""

    kernel: NDArray[np.float32]
    counts: NDArray[np.float32]
    up: NDArray[np.float32]
    down: NDArray[np.float32]


def draw_truth(lines: Sequence[LineTruth], height: int, width: int) -> CellTruth:
    """Draw the kernels of all lines of a picture of height x width pixels, multiples of CELL."""
    h, w = height // CELL, width // CELL
    kernel, counts = np.zeros((h, w), np.float32), np.ones((h, w), np.float32)
    up, down = np.ones((h, w), np.float32), np.ones((h, w), np.float32)
    for line in sorted(lines, key=lambda each: not each.is_ignored):  # what is ignored comes first
        quad = begin_canonical(line.quad)
        if line.is_ignored or size_of(quad)[1] < LOWEST:
            counts[fill(quad, h, w)] = 0
            continue
        rows, columns = np.nonzero(fill(shrink(quad), h, w))
        kernel[rows, columns] = counts[rows, columns] = 1
        centers = CELL * (np.column_stack([columns, rows]).astype(np.float64) + 0.5)
        up[rows, columns] = distances(centers, quad[0], quad[1])
        down[rows, columns] = distances(centers, quad[3], quad[2])
    return CellTruth(kernel, counts, up, down)


def begin_canonical(quad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Begin a quad where it reads rightward, or down where it is upright, whatever its letters do.

    Up and down mean the same then for all who see only its shape.
    """
    along, _ = axes(quad)
    is_turned = along[0] < 0 if abs(along[0]) > abs(along[1]) else along[1] < 0
    return np.roll(quad, 2, axis=0) if is_turned else quad


def shrink(quad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take SHRINK of its height off each side, but leave a cell in either direction."""
    width, height = size_of(quad)
    inside = min(SHRINK * height, max(0.0, (height - CELL) / 2))
    ends = min(SHRINK * height, max(0.0, (width - CELL) / 2))
    top, bottom = inside / height, 1 - inside / height
    left, right = ends / width, 1 - ends / width
    places = ((left, top), (right, top), (right, bottom), (left, bottom))
    return np.array([place_in(quad, x, y) for x, y in places])


def place_in(quad: NDArray[np.float64], x: float, y: float) -> NDArray[np.float64]:
    """Give the point at shares x of the width and y of the height of a quad."""
    upper = quad[0] + x * (quad[1] - quad[0])
    lower = quad[3] + x * (quad[2] - quad[3])
    point: NDArray[np.float64] = upper + y * (lower - upper)
    return point


def fill(quad: NDArray[np.float64], h: int, w: int) -> NDArray[np.bool_]:
    """Tell the cells (h, w) whose middle lies in a quad that goes clockwise."""
    mask = np.zeros((h, w), bool)
    low = np.floor(quad.min(axis=0) / CELL - 0.5).astype(int).clip(0, (w, h))
    high = np.ceil(quad.max(axis=0) / CELL + 0.5).astype(int).clip(0, (w, h))
    x = CELL * (np.arange(low[0], high[0]) + 0.5)
    y = CELL * (np.arange(low[1], high[1]) + 0.5)[:, None]
    inside = np.ones((len(y), len(x)), bool)
    for start, end in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        side = end - start
        inside &= side[0] * (y - start[1]) - side[1] * (x - start[0]) >= 0
    mask[low[1] : high[1], low[0] : high[0]] = inside
    return mask


def distances(
    points: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Measure how far points are from a straight line, at least a pixel."""
    side = end - start
    across = (points - start) @ np.array([-side[1], side[0]])
    far: NDArray[np.float64] = np.abs(across / max(1e-6, float(np.linalg.norm(side))))
    return far.clip(min=1)


# --- words to lines -----------------------------------------------------------------------------


def truth_of(items: Sequence[Item]) -> list[LineTruth]:
    """Give the lines of a scene; where its items are words, neighbors are joined."""
    truths = [LineTruth(item.quad, item.is_ignored) for item in items]
    if not items or items[0].unit == "line":
        return truths
    return [t for t in truths if t.is_ignored] + join_words([t for t in truths if not t.is_ignored])


def join_words(words: Sequence[LineTruth]) -> list[LineTruth]:
    """Join each word with the one that follows on its line, from left to right."""
    waiting = sorted((word.quad for word in words), key=lambda quad: quad[:, 0].min())
    lines: list[NDArray[np.float64]] = []
    for quad in waiting:
        before = next((k for k, line in enumerate(lines) if follows(line, quad)), None)
        if before is None:
            lines.append(quad)
        else:
            line = lines[before]
            lines[before] = np.array([line[0], quad[1], quad[2], line[3]])
    return [LineTruth(line) for line in lines]


def follows(line: NDArray[np.float64], word: NDArray[np.float64]) -> bool:
    """Tell a word that goes on where a line ends: as high, on the same straight line, close."""
    (width, height), word_height = size_of(line), size_of(word)[1]
    if width < height / 2 or max(height, word_height) > ALIKE * min(height, word_height):
        return False
    end, start = (line[1] + line[2]) / 2, (word[0] + word[3]) / 2
    along = axes(line)[0] / width
    gap = (start - end) @ along
    off = (start - end) @ np.array([-along[1], along[0]])
    return bool(-0.3 * height < gap < NEAR * height and abs(off) < 0.35 * height)
