"""A lower face set into a frame."""

import numpy as np
import pytest
from lipsync_data import draw_face, face_points

from neuropil.apps.lipsync.compositing import (
    MOST_SHIFT,
    compose,
    match_colors,
    outline_region,
)
from neuropil.apps.lipsync.library import cut_lower_face
from neuropil.apps.lipsync.mark import draw_mark

SIZE = (200, 200)
CENTER = (100.0, 80.0)


def crop_of(points: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    (x0, y0, _, _), crop = cut_lower_face(pixels, points)
    return crop, points - [x0, y0]


def mouth(points: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    low, high = points[48:].min(axis=0).astype(int), points[48:].max(axis=0).astype(int) + 1
    return pixels[low[1] : high[1], low[0] : high[0]].astype(float)


def test_a_frame_with_its_own_mouth_stays_as_it_is() -> None:
    points = face_points(0.2, center=CENTER)
    pixels = draw_face(points, SIZE)
    made = compose(pixels, points, *crop_of(points, pixels))
    assert np.abs(made.astype(int) - pixels).max() <= 2
    assert made is not pixels


def test_another_mouth_is_set_in_and_the_rest_stays() -> None:
    closed, wide = face_points(0.0, center=CENTER), face_points(0.3, center=CENTER)
    frame, other = draw_face(closed, SIZE), draw_face(wide, SIZE)
    made = compose(frame, closed, *crop_of(wide, other))
    assert np.abs(mouth(wide, made) - mouth(wide, other)).mean() < 6
    assert np.abs(mouth(wide, made) - mouth(wide, frame)).mean() > 20
    assert np.array_equal(made[: int(closed[33, 1]) - 8], frame[: int(closed[33, 1]) - 8])


def test_a_mouth_is_turned_and_scaled_to_the_frame() -> None:
    source = face_points(0.3, eyes=30.0, center=CENTER)
    target = face_points(0.0, eyes=44.0, center=(90.0, 70.0))
    made = compose(draw_face(target, SIZE), target, *crop_of(source, draw_face(source, SIZE)))
    wanted = face_points(0.3, eyes=44.0, center=(90.0, 70.0))
    truth = draw_face(wanted, SIZE)
    assert np.abs(mouth(wanted, made) - mouth(wanted, truth)).mean() < 15


def test_colors_are_matched_at_the_seam() -> None:
    points = face_points(0.2, center=CENTER)
    frame = draw_face(points, SIZE, (200, 150, 120))
    dark = draw_face(points, SIZE, (160, 110, 80))
    made = compose(frame, points, *crop_of(points, dark))
    chin = points[8] - [0, 8]
    x, y = chin.astype(int)
    assert made[y, x].astype(int) == pytest.approx([200, 150, 120], abs=4)


def test_light_that_falls_from_a_side_is_followed() -> None:
    x = np.linspace(-20, 20, 40, dtype=np.float32)
    there = np.broadcast_to(100 + x[None, :, None], (30, 40, 3)).astype(np.float32)
    skin = np.zeros((30, 40), bool)
    skin[2:28, 2:38] = True
    made = match_colors(np.full((30, 40, 3), 60, np.float32), there, skin)
    assert made == pytest.approx(there, abs=2)


def test_a_color_is_brought_to_more_light_with_its_hue() -> None:
    there = np.full((30, 40, 3), (250, 160, 60), np.float32)
    skin = np.ones((30, 40), bool)
    assert match_colors(there * np.float32(0.4), there, skin) == pytest.approx(there, abs=8)
    black = match_colors(np.zeros_like(there), there, skin)
    assert black.max() <= MOST_SHIFT


def test_no_chin_is_left_below_one_that_is_higher() -> None:
    wide, closed = face_points(0.35, center=CENTER), face_points(0.0, center=CENTER)
    wide[5:12, 1] += [2, 5, 8, 9, 8, 5, 2]
    frame, other = draw_face(wide, SIZE), draw_face(closed, SIZE)
    made = compose(frame, wide, *crop_of(closed, other))
    low, high = int(closed[8, 1]), int(wide[8, 1]) + 6
    column = made[low:high, 95:106].astype(int)
    assert np.abs(column - other[low:high, 95:106]).max() < 16


def test_the_region_stays_within_the_cheeks_of_a_head_that_is_turned() -> None:
    points = face_points(0.1, center=CENTER)
    turned = points.copy()
    turned[:17, 0] += 8
    plain, apart = (outline_region(points, moved) for moved in (points, turned))
    middle = points[48:60].mean(axis=0)[0]
    assert (np.abs(apart[:2, 0] - middle) < np.abs(plain[:2, 0] - middle) - 12).all()


def test_a_face_at_the_edge_is_no_mistake() -> None:
    points = face_points(0.2, center=(10.0, 150.0))
    pixels = draw_face(points, SIZE)
    assert compose(pixels, points, *crop_of(points, pixels)).shape == pixels.shape


def test_the_mark_stands_in_the_corner_and_nowhere_else() -> None:
    pixels = np.full((180, 320, 3), 128, np.uint8)
    marked = draw_mark(pixels)
    changed = np.argwhere((marked != pixels).any(axis=2))
    assert changed[:, 0].min() > 150
    assert changed[:, 1].max() < 160
    assert marked.max() > 200
    assert (pixels == 128).all()
    tiny = draw_mark(np.zeros((20, 16, 3), np.uint8))
    assert tiny.shape == (20, 16, 3)
