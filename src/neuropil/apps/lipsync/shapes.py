"""The shape of a mouth in the 68 points of iBUG: how open, how wide, and its principal components.

    opening(points), width(points)          # (T,), in distances of the eyes
    basis = ShapeBasis.fit(align_mouths(points, reference))
    basis.project(align_mouths(points, reference))      # (T, K)

Points are (T, 68, 2), x right, y down, in pixels; the center of the first pixel is 0. The unit of
all shapes is the distance between the centers of the eyes.

T  frames     K  components
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating]
Numbers = NDArray[np.float64]

N_POINTS = 68
STILL = (0, 16, 27, 28, 29, 30, 36, 39, 42, 45)  # points that do not move with the mouth
MOUTH = np.s_[48:68]
RIGHT_EYE, LEFT_EYE = np.s_[36:42], np.s_[42:48]  # of the person
CORNERS = (48, 54)
INNER_LIPS = ((61, 67), (62, 66), (63, 65))  # upper and lower


def eye_distances(points: Points) -> Numbers:
    """Measure the distance between the centers of the eyes in every frame, in pixels: (T,)."""
    apart = points[:, RIGHT_EYE].mean(axis=1) - points[:, LEFT_EYE].mean(axis=1)
    made: Numbers = np.linalg.norm(apart, axis=1)
    return made


def opening(points: Points) -> Numbers:
    """Measure how far the inner lips are apart, over the clip's mean distance of the eyes: (T,)."""
    gaps = [np.linalg.norm(points[:, a] - points[:, b], axis=1) for a, b in INNER_LIPS]
    made: Numbers = np.mean(gaps, axis=0) / eye_distances(points).mean()
    return made


def width(points: Points) -> Numbers:
    """Measure how wide the mouth is, over the same distance, the clip's mean removed: (T,)."""
    left, right = CORNERS
    wide = np.linalg.norm(points[:, left] - points[:, right], axis=1)
    wide = wide / eye_distances(points).mean()
    made: Numbers = wide - wide.mean()
    return made


def fit_similarity(source: Points, target: Points) -> Numbers:
    """Fit the similarity (T, 2, 3) that carries points (T, N, 2) onto others, by least squares."""
    p, q = source.mean(axis=-2), target.mean(axis=-2)
    a = to_complex(source - p[..., None, :])
    b = to_complex(target - q[..., None, :])
    turn = (a.conj() * b).sum(axis=-1) / np.maximum((a.conj() * a).real.sum(axis=-1), 1e-12)
    matrix = np.stack(
        [np.stack([turn.real, -turn.imag], -1), np.stack([turn.imag, turn.real], -1)], -2
    )
    shift = q - (matrix @ p[..., None])[..., 0]
    return np.concatenate([matrix, shift[..., None]], axis=-1)


def to_complex(points: Points) -> NDArray[np.complex128]:
    """Take x, y as x + iy, so that a turn with a scale is one product."""
    return points[..., 0] + 1j * points[..., 1]


def transform(points: Points, matrix: Numbers) -> Numbers:
    """Carry points (.., N, 2) by maps (.., 2, 3)."""
    moved: Numbers = points @ np.swapaxes(matrix[..., :2], -1, -2) + matrix[..., None, :, 2]
    return moved


def align_mouths(points: Points, reference: Points) -> Numbers:
    """Bring the mouths of all frames to one pose: (T, 40), in eye distances of the reference.

    reference: (68, 2), a face whose still points the faces are laid upon
    """
    still = list(STILL)
    onto = np.broadcast_to(reference[still], (len(points), len(still), 2))
    moved = transform(points[:, MOUTH], fit_similarity(points[:, still], onto))
    made: Numbers = (moved / eye_distances(reference[None])[0]).reshape(len(points), -1)
    return made


@dataclass(frozen=True, eq=False)
class ShapeBasis:
    """A mean shape (40,) and orthonormal directions (K, 40), the one that varies most first."""

    mean: Numbers
    directions: Numbers

    @classmethod
    def fit(cls, shapes: Numbers, n: int = 4) -> Self:
        """Find the n principal components of shapes (T, 40).

        The sign of each is such that its largest part is positive.
        """
        mean = shapes.mean(axis=0)
        _, _, directions = np.linalg.svd(shapes - mean, full_matrices=False)
        kept = directions[:n]
        largest = kept[np.arange(len(kept)), np.abs(kept).argmax(axis=1)]
        return cls(mean, kept * np.sign(largest)[:, None])

    def project(self, shapes: Numbers) -> Numbers:
        """Give the coefficients (T, K) of shapes (T, 40)."""
        return (shapes - self.mean) @ self.directions.T


# --- the mouth in numbers ------------------------------------------------------------------------

FILE = Path(__file__).with_name("mouth_basis.json")
COEFFICIENTS = 8  # principal components of the aligned mouth
FEATURES = ("opening", "width", *(f"shape{n}" for n in range(1, COEFFICIENTS + 1)))


@dataclass(frozen=True, eq=False)
class MouthBasis:
    """In which numbers mouths are told: a face to lay others upon, and the components of mouths.

    reference: (68, 2), the face; mean, spread: (10,) of the features, as the network has learned
    """

    reference: Numbers
    shapes: ShapeBasis
    mean: Numbers
    spread: Numbers

    @classmethod
    @cache
    def load(cls) -> Self:
        """Read the basis of the package."""
        return cls.from_json(json.loads(FILE.read_text(encoding="utf-8")))

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        """Take it from the words of the file."""
        numbers = {name: np.array(values, np.float64) for name, values in told.items()}
        shapes = ShapeBasis(numbers["shape_mean"], numbers["directions"])
        return cls(numbers["reference"], shapes, numbers["mean"], numbers["spread"])

    def to_json(self) -> dict[str, Any]:
        """Put it in the words of the file."""
        arrays = {
            "reference": self.reference,
            "shape_mean": self.shapes.mean,
            "directions": self.shapes.directions,
            "mean": self.mean,
            "spread": self.spread,
        }
        return {name: np.round(array, 6).tolist() for name, array in arrays.items()}

    def measure(self, points: Points) -> Numbers:
        """Measure mouths (T, 68, 2): opening, width and coefficients (T, 10).

        Width and coefficients are differences from what they are on average.
        """
        coefficients = self.shapes.project(align_mouths(points, self.reference))
        coefficients = coefficients - coefficients.mean(axis=0)
        return np.column_stack([opening(points), width(points), coefficients])
