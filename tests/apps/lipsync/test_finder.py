"""Boxes out of maps."""

import numpy as np
import pytest

from neuropil.apps.lipsync.finder import CELL, decode_maps, find_faces, overlaps
from neuropil.apps.lipsync.lab.finder_training import draw_truth

NOTHING = np.full((5, 48, 48), -9.0, np.float32)


def maps_of(boxes: list[list[float]]) -> np.ndarray:
    truth = draw_truth(np.array(boxes, float), np.zeros((0, 4)))
    center = np.where(truth["center"] > 0, 6.0, -6.0)
    return np.concatenate([center[None], np.log(truth["edges"])]).astype(np.float32)


def test_the_boxes_that_are_drawn_are_found() -> None:
    boxes = [[20.0, 30.0, 60.0, 90.0], [120.0, 100.0, 134.0, 118.0]]
    found = decode_maps(maps_of(boxes))
    assert len(found.boxes) == 2
    for box in boxes:
        assert overlaps(np.array(box), found.boxes).max() > 0.95
    assert found.confidences == pytest.approx(1 / (1 + np.exp(-6)))


def test_nothing_is_found_where_nothing_is() -> None:
    found = decode_maps(NOTHING)
    assert found.boxes.shape == (0, 4)
    assert found.confidences.shape == (0,)


def test_of_boxes_that_overlap_the_surest_is_kept() -> None:
    maps = NOTHING.copy()
    maps[1:] = np.log(20)
    maps[0, 10, 10], maps[0, 12, 12] = 1, 3
    found = decode_maps(maps)
    assert len(found.boxes) == 1
    middle = CELL * 12.5 - 0.5
    assert found.boxes[0] == pytest.approx([middle - 20, middle - 20, middle + 20, middle + 20])


def test_overlap_is_intersection_over_union() -> None:
    box = np.array([0.0, 0, 10, 10])
    others = np.array([[0.0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]])
    assert overlaps(box, others) == pytest.approx([1, 1 / 3, 0])


def test_boxes_are_in_pixels_of_the_picture() -> None:
    def run(picture: np.ndarray) -> np.ndarray:
        assert picture.shape == (1, 3, 192, 192)
        return maps_of([[40.0, 40.0, 80.0, 90.0]])[None]

    found = find_faces(np.zeros((960, 960, 3), np.uint8), run)
    assert overlaps(np.array([200.0, 200, 400, 450]), found.boxes).max() > 0.95


def test_small_faces_and_doubtful_ones_do_not_count() -> None:
    truth = draw_truth(np.array([[20.0, 20, 24, 25]]), np.array([[100.0, 100, 140, 140]]))
    assert not truth["center"].any()
    assert truth["counts"][30, 30] == 0
    assert truth["counts"][5, 5] == 0
    assert truth["counts"][20, 20] == 1
