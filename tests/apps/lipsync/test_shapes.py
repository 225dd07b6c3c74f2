"""Opening, width, alignment and components of mouths."""

import numpy as np
import pytest
from lipsync_data import face_points

from neuropil.apps.lipsync.lab.basis import fit_basis
from neuropil.apps.lipsync.shapes import (
    STILL,
    MouthBasis,
    ShapeBasis,
    align_mouths,
    eye_distances,
    fit_similarity,
    opening,
    transform,
    width,
)


def turn(points: np.ndarray, angle: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(scale * points @ rotation.T + shift)


def test_opening_and_width_are_in_distances_of_the_eyes() -> None:
    points = np.stack([face_points(0.0), face_points(0.2), face_points(0.2)])
    assert eye_distances(points) == pytest.approx(40)
    # The inner lips at 61, 62, 63 lie at sin 135°, 90° and 45° of an ellipse 0.2 high.
    expected = 0.2 * (1 + np.sqrt(2)) / 3
    assert opening(points) == pytest.approx([0, expected, expected])
    assert width(points) == pytest.approx([0, 0, 0])
    wide = points.copy()
    wide[2, 54, 0] += 8
    assert width(wide) == pytest.approx([-0.2 / 3, -0.2 / 3, 0.4 / 3])


def test_a_similarity_is_found_again() -> None:
    points = face_points()
    moved = turn(points, 0.3, 1.7, (5, -9))
    matrix = fit_similarity(points[None], moved[None])[0]
    assert transform(points, matrix) == pytest.approx(moved)
    assert np.linalg.det(matrix[:, :2]) == pytest.approx(1.7**2)


def test_mouths_are_aligned_whatever_the_pose() -> None:
    reference = face_points()
    faces = np.stack([face_points(0.2), turn(face_points(0.2), -0.4, 0.6, (30, 2))])
    aligned = align_mouths(faces, reference)
    assert aligned.shape == (2, 40)
    assert aligned[0] == pytest.approx(aligned[1])
    assert aligned[0].reshape(20, 2)[0] == pytest.approx(face_points(0.2)[48] / 40)


def test_alignment_follows_the_still_points_alone() -> None:
    reference = face_points()
    spoilt = reference.copy()
    others = np.setdiff1d(np.arange(48), STILL)
    spoilt[others] += 7
    assert align_mouths(spoilt[None], reference) == pytest.approx(
        align_mouths(reference[None], reference)
    )


def test_components_come_in_order_and_project_back() -> None:
    rng = np.random.default_rng(0)
    directions = np.linalg.qr(rng.standard_normal((40, 3)))[0].T
    weights = rng.standard_normal((500, 3)) * [3, 1, 0.1]
    basis = ShapeBasis.fit(weights @ directions + 7, n=2)
    assert basis.directions.shape == (2, 40)
    assert abs(basis.directions[0] @ directions[0]) == pytest.approx(1, abs=0.01)
    assert basis.directions.max(axis=1) == pytest.approx(np.abs(basis.directions).max(axis=1))
    assert basis.project(basis.mean[None]) == pytest.approx(np.zeros((1, 2)))


class SomeSpeaker:
    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        wide = rng.uniform(0, 0.25, (4, 30))
        self.points = np.stack([[face_points(o) for o in row] for row in wide])
        self.points[:, :, 48:] += rng.normal(0, 0.5, self.points[:, :, 48:].shape)

    def clips(self, part: str) -> np.ndarray:
        assert part == "train"
        return np.arange(4)


def test_a_basis_is_kept_as_json_and_measures_the_same() -> None:
    speaker = SomeSpeaker()
    basis = fit_basis(speaker)  # type: ignore[arg-type]
    again = MouthBasis.from_json(basis.to_json())
    numbers = basis.measure(speaker.points[0])
    assert numbers.shape == (30, 10)
    assert again.measure(speaker.points[0]) == pytest.approx(numbers, abs=1e-4)
    assert numbers[:, 0] == pytest.approx(opening(speaker.points[0]))
    assert numbers[:, 1:].mean(axis=0) == pytest.approx(np.zeros(9), abs=1e-9)


def test_the_basis_of_the_package_says_an_open_mouth_is_open() -> None:
    basis = MouthBasis.load()
    assert basis.reference.shape == (68, 2)
    assert eye_distances(basis.reference[None])[0] == pytest.approx(1, abs=1e-4)
    assert basis.shapes.directions @ basis.shapes.directions.T == pytest.approx(np.eye(8), abs=1e-3)
    numbers = basis.measure(np.stack([face_points(0.0), face_points(0.3)]))
    assert numbers[1, 2] > numbers[0, 2] + 0.1  # the first component opens
