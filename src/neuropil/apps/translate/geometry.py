"""Quads of text, and the frame in which a page of them is upright.

    boxes = upright_boxes(quads)    # in the frame whose x runs along the text

A quad has four corners (4, 2), x and y in pixels, y down, clockwise from the top left of the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.lines import size_of

Quad = NDArray[np.float64]
Matrix = NDArray[np.floating]

CORNERS = np.array(
    [(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float64
)  # from the middle, as in a quad


@dataclass(frozen=True)
class Box:
    """A line of text in the upright frame: its edges, in pixels."""

    left: float
    right: float
    top: float
    bottom: float

    @property
    def height(self) -> float:
        """Measure from top to bottom."""
        return self.bottom - self.top

    @property
    def center(self) -> float:
        """Give x of the middle."""
        return (self.left + self.right) / 2

    def overlap(self, other: "Box") -> float:
        """Measure what two boxes share along x, negative where there is a gap."""
        return min(self.right, other.right) - max(self.left, other.left)


def axes(quad: Quad) -> tuple[Quad, Quad]:
    """Give the mean of the upper and lower edge, and that of the left and right one, as vectors."""
    along = (quad[1] - quad[0] + quad[2] - quad[3]) / 2
    down = (quad[3] - quad[0] + quad[2] - quad[1]) / 2
    return along, down


def text_angle(quads: Sequence[Quad]) -> float:
    """Find the angle of most of the text, in radians, clockwise as the picture is seen.

    Long lines count more: their directions are added as they are.
    """
    along = np.sum([axes(quad)[0] for quad in quads], axis=0)
    return float(np.arctan2(along[1], along[0]))


def laid_along(quad: Quad, angle: float) -> Quad:
    """Lay a rectangle of a quad's size about its center, at an angle in radians."""
    laid: Quad = quad.mean(axis=0) + CORNERS * np.array(size_of(quad)) / 2 @ rotation(-angle)
    return laid


def rotation(angle: float) -> NDArray[np.float64]:
    """Make the matrix by which points (N, 2) @ matrix are turned back by an angle."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s], [s, c]])


def upright_boxes(quads: Sequence[Quad]) -> list[Box]:
    """Bring quads to the frame of most of the text; a quad that is turned in it keeps its size."""
    if not quads:
        return []
    upright, _ = turn_upright(quads)
    return [box_of(quad) for quad in upright]


def box_of(quad: Quad) -> Box:
    """Give the box of a quad's size about its center."""
    (x, y), (width, height) = quad.mean(axis=0), size_of(quad)
    return Box(x - width / 2, x + width / 2, y - height / 2, y + height / 2)


def turn_upright(quads: Sequence[Quad]) -> tuple[list[Quad], NDArray[np.float64]]:
    """Turn quads such that most of the text is upright; also give the matrix that did it."""
    turn = rotation(text_angle(quads))
    return [np.asarray(quad, np.float64) @ turn for quad in quads], turn


def grow(quad: Quad, pixels: float) -> Quad:
    """Move the sides of a quad outward, or inward by a negative number."""
    along, down = (vector / max(1e-6, float(np.hypot(*vector))) for vector in axes(quad))
    grown: Quad = quad + pixels * (CORNERS[:, :1] * along + CORNERS[:, 1:] * down)
    return grown


def project(matrix: Matrix, points: Matrix) -> NDArray[np.float64]:
    """Move points (..., 2) by a homography (3, 3): x' = (a x + b y + c) / (g x + h y + i)."""
    moved = np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float64)
    made: NDArray[np.float64] = moved[..., :2] / moved[..., 2:]
    return made
