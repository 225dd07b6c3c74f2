"""Pictures and crops as the networks take them."""

import numpy as np
import pytest
from lipsync_data import face_points

from neuropil.apps.lipsync.landmarks import (
    MIRRORED,
    find_boxed_points,
    find_points,
    from_output,
    map_of_box,
    mirror_points,
    to_output,
)
from neuropil.apps.lipsync.preprocess import (
    CROP,
    FINDER_SIDE,
    crop_map,
    cut_face,
    finder_input,
    invert_map,
    map_of_points,
    normalize_crop,
)
from neuropil.apps.lipsync.shapes import transform


def test_the_finder_sees_a_picture_scaled_and_filled_up() -> None:
    picture, scale = finder_input(np.full((180, 384, 3), 255, np.uint8))
    assert picture.shape == (1, 3, 96, FINDER_SIDE)
    assert scale == 2
    assert (picture[0, :, :90] == 1).all()
    assert (picture[0, :, 90:] == 0).all()


def test_a_crop_centers_its_square() -> None:
    matrix = crop_map(np.array([50.0, 20.0]), 64.0, angle=0.4)
    middle = transform(np.array([[50.0, 20.0]]), matrix)[0]
    assert middle == pytest.approx([(CROP - 1) / 2] * 2)
    assert np.linalg.det(matrix[:, :2]) == pytest.approx((CROP / 64) ** 2)
    back = invert_map(matrix)
    assert transform(transform(np.eye(2), matrix), back) == pytest.approx(np.eye(2))


def test_eyes_are_level_in_a_crop() -> None:
    angle = 0.5
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = face_points() @ rotation.T
    seen = transform(points, map_of_points(points))
    assert seen[36:42, 1].mean() == pytest.approx(seen[42:48, 1].mean())
    assert seen[36, 0] < seen[45, 0]
    assert seen.min() > 0
    assert seen.max() < CROP - 1
    assert np.ptp(seen, axis=0).max() == pytest.approx(CROP / 1.7)


@pytest.mark.parametrize("side", [64.0, 128.0, 400.0])
def test_a_mark_is_found_where_the_map_says(side: float) -> None:
    pixels = np.zeros((420, 420, 3), np.uint8)
    pixels[200:208, 222:230] = 255  # its middle at 225.5, 203.5
    matrix = crop_map(np.array([210.0, 200.0]), side, 0.3)
    crop = cut_face(pixels, matrix).astype(float)
    y, x = np.mgrid[:CROP, :CROP]
    found = np.array([(crop * x).sum(), (crop * y).sum()]) / crop.sum()
    assert found == pytest.approx(transform(np.array([[225.5, 203.5]]), matrix)[0], abs=0.25)


def test_the_edge_goes_on_outside_of_the_picture() -> None:
    pixels = np.full((40, 40, 3), 77, np.uint8)
    assert (cut_face(pixels, crop_map(np.array([0.0, 0.0]), 80.0)) == 77).all()


def test_crops_are_normalized_and_an_even_one_is_no_noise() -> None:
    rng = np.random.default_rng(0)
    crops = np.stack([rng.integers(0, 255, (CROP, CROP)), np.full((CROP, CROP), 9)])
    normal = normalize_crop(crops.astype(np.uint8))
    assert normal.shape == (2, 1, CROP, CROP)
    assert normal[0].mean() == pytest.approx(0, abs=1e-4)
    assert normal[0].std() == pytest.approx(1, abs=1e-4)
    assert (normal[1] == 0).all()


def test_output_and_points_are_the_same_told_otherwise() -> None:
    points = np.stack([face_points(), np.zeros((68, 2)), np.full((68, 2), CROP - 1.0)])
    assert from_output(to_output(points).astype(np.float32)) == pytest.approx(points)
    assert to_output(points)[1] == pytest.approx(np.full(136, -1.0))
    assert to_output(points)[2] == pytest.approx(np.full(136, 1.0))


def test_mirroring_twice_changes_nothing_and_once_exchanges_sides() -> None:
    assert sorted(MIRRORED) == list(range(68))
    points = face_points(0.2, center=(60.0, 50.0))
    assert mirror_points(mirror_points(points)) == pytest.approx(points)
    even = face_points(0.2, center=((CROP - 1) / 2, 50.0))  # a face that is its own mirror image
    assert mirror_points(even) == pytest.approx(even, abs=1e-6)


def test_points_come_back_in_pixels_of_the_picture() -> None:
    known = face_points(0.1, eyes=60.0, center=(200.0, 150.0))

    def run(crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        matrix = looked_at[-1]
        return to_output(transform(known, matrix))[None], np.array([[2.0]])

    looked_at = [map_of_points(known)]
    pixels = np.zeros((400, 500, 3), np.uint8)
    points, chance = find_points(pixels, looked_at[0], run)
    assert points == pytest.approx(known)
    assert chance == pytest.approx(1 / (1 + np.exp(-2)))


def test_a_box_is_looked_at_again_from_where_the_points_lie() -> None:
    known = face_points(0.1, eyes=60.0, center=(200.0, 150.0))
    box = np.array([*known.min(axis=0), *known.max(axis=0)])
    calls: list[int] = []

    def run(crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        matrix = map_of_box(box) if not calls else map_of_points(known)
        calls.append(1)
        return to_output(transform(known, matrix))[None], np.array([[-60.0]])

    points, chance = find_boxed_points(np.zeros((400, 500, 3), np.uint8), box, run)
    assert points == pytest.approx(known)
    assert len(calls) == 3
    assert chance < 1e-12
