"""What is around the known lines of a picture: small and grey, to see cheaply whether it changed.

    surroundings = Surroundings(pixels, matrix)     # a picture (H, W, 3) in which text was sought
    surroundings.have_changed(next_pixels, next_matrix, quads)

H, W  height and width      h, w  those of the small picture, in cells

A matrix leads from the picture that was read to the one that is meant.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from neuropil.apps.translate.appearance import Mask, sample
from neuropil.apps.translate.erasing import mark_quads
from neuropil.apps.translate.geometry import Matrix, Quad, project
from neuropil.apps.translate.lines import Floats, Pixels

LONG = 80  # cells of the long side
AROUND = 0.5  # heights around a known quad that belong to it
DIFFERENT = 16.0  # levels; less is noise, or text that is only fading in
FEWEST = 4  # cells; a word has as many at least


class Surroundings:
    """A picture in which text was sought, the brightness of its cells (h, w)."""

    def __init__(self, pixels: Pixels, matrix: Matrix) -> None:
        self.scale = max(1, max(pixels.shape[:2]) // LONG)
        self.matrix = matrix
        self.cells = shrink(pixels, self.scale)
        self.steps = steepness(self.cells)

    def have_changed(self, pixels: Pixels, matrix: Matrix, quads: Sequence[Quad]) -> bool:
        """Tell whether a picture differs from it, where no known quad (4, 2) is."""
        cells = shrink(pixels, self.scale)
        changed = self.compare(cells, self.matrix @ np.linalg.inv(matrix))
        changed &= ~mark_quads([quad / self.scale for quad in quads], AROUND, *cells.shape)
        return int(changed.sum()) >= FEWEST

    def compare(self, cells: Floats, back: Matrix) -> Mask:
        """Mark the cells (h, w) that differ, or were not in the picture and have edges.

        Where there was an edge, cells that lie otherwise across it differ as much as it is high.
        """
        h, w = cells.shape
        y, x = np.mgrid[0:h, 0:w]
        middles = np.stack([x, y], axis=2).reshape(-1, 2) * self.scale + (self.scale - 1) / 2
        places = project(back, middles)
        there, before = sample(self.cells, places, self.scale)
        _, steps = sample(self.steps, places, self.scale)
        off = cells.ravel() - before
        off -= np.median(off[there]) if there.any() else 0  # the light
        changed = there & (np.abs(off) > DIFFERENT + steps)
        size = np.array([w, h]) * self.scale
        beyond = ((places < -self.scale) | (places > size + self.scale)).any(axis=1)
        changed |= beyond & (steepness(cells).ravel() > DIFFERENT)
        made: Mask = changed.reshape(h, w)
        return made


def shrink(pixels: Pixels, scale: int) -> Floats:
    """Average the brightness of squares of scale x scale pixels."""
    return np.asarray(Image.fromarray(pixels).reduce(scale).convert("L"), np.float32)


def steepness(cells: Floats) -> Floats:
    """Give by how much each cell differs from that next to it from which it differs most."""
    steps = np.zeros_like(cells)
    for axis in (0, 1):
        across = np.abs(np.diff(cells, axis=axis))
        before, after = [(0, 0), (0, 0)], [(0, 0), (0, 0)]
        before[axis], after[axis] = (1, 0), (0, 1)
        steps = np.maximum(steps, np.maximum(np.pad(across, before), np.pad(across, after)))
    return steps
