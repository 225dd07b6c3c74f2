import numpy as np
import pytest
from numpy.typing import NDArray

from neuropil.apps.translate import detector
from neuropil.apps.translate.detector import detect, find_quads, map_parts, split
from neuropil.apps.translate.kernels import components
from neuropil.apps.translate.lab.detector_truth import (
    LineTruth,
    draw_truth,
    join_words,
    truth_of,
)
from neuropil.apps.translate.lab.scenes import Item

Quad = NDArray[np.float64]


def box(left: float, top: float, right: float, bottom: float) -> Quad:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


def maps_of(quads: list[Quad], height: int, width: int) -> NDArray[np.float32]:
    """Say of a picture what a detector without fault would say."""
    truth = draw_truth([LineTruth(quad) for quad in quads], height, width)
    parts = (12 * truth.kernel - 6, np.log(truth.up), np.log(truth.down))
    return np.stack(parts).astype(np.float32)


def by_top(quads: Quad) -> Quad:
    return quads[np.argsort(quads[:, :, 1].min(axis=1))]


def test_lines_are_found_where_they_are() -> None:
    quads = [box(10, 12, 150, 30), box(13, 40, 97, 52), box(30, 80, 190, 140)]
    found = by_top(find_quads(maps_of(quads, 160, 224)).quads)
    assert np.abs(found - quads).max() <= 4  # a cell, along the line; across it is exact
    assert np.abs(found - quads)[:, :, 1].max() < 0.01


def test_a_slope_and_an_upright_line_are_found() -> None:
    slope = np.array([[20, 60], [180, 20], [186, 44], [26, 84]], np.float64)
    upright = np.array([[220, 20], [220, 180], [196, 180], [196, 20]], np.float64)  # reads down
    found = find_quads(maps_of([slope, upright], 224, 256)).quads
    found = found[np.argsort(found[:, :, 0].min(axis=1))]
    assert np.linalg.norm(found - [slope, upright], axis=2).max() < 6


def test_an_edge_may_come_closer() -> None:
    far = np.array([[10, 20], [210, 40], [210, 60], [10, 60]], np.float64)
    (found,) = find_quads(maps_of([far], 96, 224)).quads
    assert np.linalg.norm(found - far, axis=1).max() < 5


def test_lines_close_below_each_other_stay_apart() -> None:
    quads = [box(10, 10 + 16 * k, 150, 22 + 16 * k) for k in range(6)]
    assert len(find_quads(maps_of(quads, 128, 160)).quads) == 6


def test_what_is_unsure_or_a_speck_is_left_out() -> None:
    maps = np.full((3, 8, 8), -6, np.float32)
    maps[0, 2, 2] = 6  # one cell
    maps[0, 5, 2:6] = 0.2
    assert len(find_quads(maps).quads) == 0
    maps[0, 5, 2:6] = 2
    maps[0, 7] = -200
    found = find_quads(maps)
    assert found.quads.shape == (1, 4, 2)
    assert found.confidences == pytest.approx([1 / (1 + np.exp(-2))])


def test_connected_cells_are_one_part_however_they_wind() -> None:
    picture = """
        #.#####.
        #.#...#.
        #.###.#.
        #.....#.
        #######.
        ........
        .#.#.##.
        #...###."""
    mask = np.array([[c == "#" for c in row.strip()] for row in picture.strip().splitlines()])
    sizes = sorted(len(rows) for rows, _ in components(mask))
    assert sizes == [1, 1, 1, 5, 23]
    assert [*components(np.zeros((3, 3), bool))] == []


def test_a_large_picture_is_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector, "TILE", 128)
    monkeypatch.setattr(detector, "MARGIN", 32)
    rng = np.random.default_rng(0)
    pixels = rng.integers(256, size=(192, 320, 3), dtype=np.uint8)
    asked = []

    def run(part: NDArray[np.uint8]) -> NDArray[np.float32]:
        asked.append(part.shape)
        return part[::4, ::4].transpose(2, 0, 1).astype(np.float32)

    assert np.array_equal(map_parts(pixels, run), pixels[::4, ::4].transpose(2, 0, 1))
    assert {*asked} == {(128, 128, 3)}


@pytest.mark.parametrize("length", [32, 1280, 1312, 2560, 4992])
def test_parts_cover_a_side_once(length: int) -> None:
    parts = [*split(length)]
    assert [p[3] for p in parts[:-1]] == [p[2] for p in parts[1:]]
    assert (parts[0][2], parts[-1][3]) == (0, length)
    assert all((stop - start) % detector.STRIDE == 0 for start, stop, *_ in parts)


def test_quads_are_in_pixels_of_the_picture() -> None:
    pixels = np.zeros((150, 300, 3), np.uint8)

    def run(part: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert part.shape == (320, 608, 3)
        return maps_of([box(40, 100, 400, 160)], 320, 608)

    (quad,) = detect(pixels, run, long=600).quads
    assert quad == pytest.approx(box(20, 50, 200, 80), abs=2.1)


# --- what it has to say -------------------------------------------------------------------------


def test_kernels_are_smaller_than_lines_and_tell_their_edges() -> None:
    truth = draw_truth([LineTruth(box(16, 16, 80, 48))], 64, 96)
    rows, columns = np.nonzero(truth.kernel)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (6, 9, 6, 17)
    assert truth.up[6, 10] == 4 * 6.5 - 16
    assert truth.down[6, 10] == 48 - 4 * 6.5
    assert truth.counts.all()


def test_what_is_ignored_does_not_count_but_where_text_lies_over_it() -> None:
    ignored, text = LineTruth(box(0, 0, 64, 64), is_ignored=True), LineTruth(box(16, 16, 48, 32))
    truth = draw_truth([text, ignored], 64, 96)
    assert not truth.counts[2, 2]
    assert truth.counts[truth.kernel == 1].all()
    assert truth.counts[:, 17:].all()


def test_a_thin_line_keeps_a_row_of_cells() -> None:
    truth = draw_truth([LineTruth(box(8, 9, 60, 16))], 32, 64)
    assert truth.kernel.any()


def test_words_side_by_side_are_one_line() -> None:
    words = [box(60, 10, 100, 30), box(10, 10, 50, 30), box(160, 10, 200, 30), box(10, 40, 50, 60)]
    lines = join_words([LineTruth(word) for word in words])
    assert sorted(line.quad.tolist() for line in lines) == sorted(
        quad.tolist() for quad in (box(10, 10, 100, 30), box(160, 10, 200, 30), box(10, 40, 50, 60))
    )


def test_lines_of_a_scene_stay_as_they_are() -> None:
    quads = box(0, 0, 40, 20), box(42, 0, 80, 20)
    assert len(truth_of([Item(quad, "a", False, "line") for quad in quads])) == 2
    assert len(truth_of([Item(quad, "a", False, "word") for quad in quads])) == 1
