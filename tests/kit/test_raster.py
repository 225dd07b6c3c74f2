import itertools
from typing import Any

import numpy as np
import pytest
from refusals import refused

from neuropil.kit.drawing import raster
from neuropil.kit.drawing.raster import (
    DOT_FACTOR,
    FINE,
    TAPER,
    TIP,
    WHITE,
    Canvas,
    InkPath,
    ink_path,
    stroke_outline,
)
from neuropil.kit.drawing.strokes import Floats, Paper

PAPER = Paper(40, 30)
INK = (26, 42, 108)
CLOCK = np.linspace(0, 6, 40)
LOOP = np.stack([8 + 3 * CLOCK + 3 * np.sin(2 * CLOCK), 14 - 5 * np.cos(2 * CLOCK)], axis=1)
CUSP = np.array([[5.0, 5], [9, 20], [9.2, 5.1], [13, 20]])
STRAIGHT = np.array([[2.0, 4], [32, 4]])


# Traces


def test_an_even_pen_is_even() -> None:
    assert set(ink_path(LOOP, 0.5, False).radii) == {0.25}
    dot = ink_path(LOOP[:1], 0.5, False)
    assert (dot.points.tolist(), dot.radii.tolist()) == ([LOOP[0].tolist()], [0.25])
    assert ink_path(LOOP[:1], 0.5, True).radii.tolist() == pytest.approx([0.25 * DOT_FACTOR])


def test_ink_is_thin_where_the_pen_is_fast_and_at_the_ends() -> None:
    x = np.concatenate([np.arange(0, 8, 0.4), np.arange(8, 30, 2.0)])
    line = ink_path(np.stack([x, np.full_like(x, 9)], axis=1), 1, True)
    slow, fast = (np.interp(place, line.arc_length, line.radii) for place in (4, 20))
    assert slow > 1.3 * fast
    even = ink_path(STRAIGHT, 1, True)
    middle = float(np.interp(15, even.arc_length, even.radii))
    assert middle == 0.5
    assert even.radii[[0, -1]].tolist() == pytest.approx([TIP * middle] * 2)
    assert np.interp([TAPER, 30 - TAPER], even.arc_length, even.radii).tolist() == [middle] * 2


def test_strokes_swell_on_their_way_down() -> None:
    down, up = (ink_path(np.array([[5.0, 5], [5, 25]])[way], 1, True) for way in ([0, 1], [1, 0]))
    assert down.radii.max() == pytest.approx(1.2 * up.radii.max())


def test_parts_of_a_trace_share_its_places_and_widths() -> None:
    line = InkPath(np.array([[0.0, 0], [3, 4], [3, 14]]), np.array([1.0, 2, 4]))
    part = line.subpath(2.5, 10)
    assert part.points.tolist() == [[1.5, 2], [3, 4], [3, 9]]
    assert part.radii.tolist() == [1.5, 2, 3]


def test_runs_of_a_trace_leave_no_gap() -> None:
    line = ink_path(LOOP, 0.5, True)
    runs = line.chunks()
    assert len(runs) > 1
    for run, after in itertools.pairwise(runs):
        assert run.points[-1].tolist() == after.points[0].tolist()
    assert sum(len(run.points) - 1 for run in runs) == len(line.points) - 1


# Outlines and pixels


def covered(line: InkPath, dots: int) -> Any:
    canvas = Canvas(PAPER, INK, dots)
    canvas.draw(line)
    return canvas.coverage


def winding(corners: Floats, places: Floats) -> Any:
    """Count how often a polygon goes around places: the sum of its turns as seen from there."""
    seen = corners - places[:, None]
    angle = np.arctan2(seen[..., 1], seen[..., 0])
    turns = np.diff(angle, axis=1, append=angle[:, :1])
    return np.rint(((turns + np.pi) % (2 * np.pi) - np.pi).sum(axis=1) / (2 * np.pi))


TIGHT = np.array([[10.0, 10], [10.3, 10.2], [10.1, 10.5], [9.8, 10.2], [10.2, 9.9], [14, 12]])


@pytest.mark.parametrize("points", [LOOP, CUSP, STRAIGHT, TIGHT, LOOP[:1]])
@pytest.mark.parametrize("pen", [0.5, 2.5])
def test_an_outline_goes_around_the_whole_line(points: Floats, pen: float) -> None:
    """Every place within the pen's radius of a sample is inside, none farther away."""
    line = ink_path(points, pen, True)
    corners = stroke_outline(line)
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    inside = (line.points[:, None] + 0.85 * line.radii[:, None, None] * ring).reshape(-1, 2)
    assert (winding(corners, line.points) < 0).all()  # one way, however often
    assert (winding(corners, inside) < 0).all()
    far = np.hypot(*(corners[:, None] - line.points).transpose(2, 0, 1)) - line.radii
    assert far.min(axis=1).max() < FINE


def test_a_canvas_holds_the_share_of_each_pixel() -> None:
    """A line of 1.5 mm with round ends, 8 pixels to a mm: area w l + pi w^2 / 4."""
    line = ink_path(np.array([[5.03, 5.01], [30.2, 20.4]]), 1.5, False)
    area = covered(line, 8).sum() / 255 / 64
    length = np.hypot(25.17, 15.39)
    assert area == pytest.approx(1.5 * length + np.pi * 1.5**2 / 4, rel=0.02)


def test_a_canvas_draws_in_the_right_place() -> None:
    share = covered(InkPath(np.array([[10.0, 20.0]]), np.array([2.0])), 10).astype(float)
    assert share.shape == (300, 400)
    y, x = (np.arange(n) + 0.5 for n in share.shape)
    middle = (share.sum(axis=0) @ x / share.sum(), share.sum(axis=1) @ y / share.sum())
    assert middle == pytest.approx((100, 200), abs=0.1)
    assert share.sum() / 255 == pytest.approx(np.pi * 400, rel=0.02)


@pytest.mark.parametrize("points", [LOOP, CUSP, TIGHT])
def test_pixels_agree_with_the_outline(points: Floats) -> None:
    line = ink_path(points, 1, True)
    share = covered(line, 10)
    y, x = np.mgrid[2:300:7, 2:400:7]
    places = np.stack([x.ravel() + 0.5, y.ravel() + 0.5], axis=1) / 10
    near = np.hypot(*(places[:, None] - line.points).transpose(2, 0, 1)) - line.radii
    clear = np.abs(near.min(axis=1)) > 0.1  # of the edge
    inside = winding(stroke_outline(line), places) != 0
    assert inside[clear].any()
    np.testing.assert_array_equal(share[y, x].ravel()[clear] > 127, inside[clear])


def test_drawn_in_parts_or_at_once_is_the_same() -> None:
    line = ink_path(LOOP, 1, True)
    parts = Canvas(PAPER, INK, 6)
    for start in np.arange(0, line.arc_length[-1], 1.7):
        parts.draw(line.subpath(start, min(start + 1.7, line.arc_length[-1])))
    off = np.abs(parts.coverage.astype(int) - covered(line, 6))
    assert off.max() < 128  # some pixels of the edge, where parts meet
    assert off.mean() < 0.1


def test_the_box_tells_what_changed() -> None:
    canvas = Canvas(PAPER, INK, 6)
    box = canvas.draw(ink_path(LOOP, 1, False))
    elsewhere = canvas.coverage.copy()
    elsewhere[box] = 0
    assert canvas.coverage.any()
    assert not elsewhere.any()
    assert canvas.coverage[box][0].any()
    off = canvas.draw(ink_path(LOOP + 100, 1, False))  # beyond the paper
    assert canvas.coverage[off].size == 0


def test_colors_are_paper_rules_and_ink() -> None:
    paper = Paper(40, 30, ruling=(10.0,), margin=5)
    canvas = Canvas(paper, INK, 10)
    canvas.draw(InkPath(np.array([[20.0, 5], [20, 25]]), np.array([1.0, 1])))
    pixels = canvas.pixels(canvas.whole)
    assert tuple(pixels[100, 200]) == INK  # over the rule
    assert tuple(pixels[50, 100]) == WHITE
    assert tuple(pixels[100, 60]) == (195, 206, 222)
    assert tuple(pixels[100, 40]) == WHITE  # the margin
    assert tuple(pixels[100, 360]) == WHITE
    low, high = np.array(INK) - 1, np.array(WHITE) + 1
    assert ((pixels > low) & (pixels < high)).all()


@pytest.mark.parametrize("side", [50, 64, 100])
def test_drawn_in_tiles_or_at_once_is_the_same(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [ink_path(points, pen, True) for points in (LOOP, CUSP, STRAIGHT) for pen in (0.2, 3.0)]
    lines += [
        ink_path(LOOP[:1], 2, False),
        InkPath(np.array([[1.0, 1], [39, 29]]), np.array([0.1, 4])),
    ]
    for line in lines:
        whole = covered(line, 10)
        with monkeypatch.context() as patched:
            patched.setattr(raster, "SIDE", side)
            tiled = covered(line, 10)
        off = np.abs(whole.astype(int) - tiled)
        assert off.max() <= 32  # where a corner lies just between two subpixels
        assert (off > 0).mean() < 1e-3


def test_blocks_are_the_whole_from_above_downward() -> None:
    paper = Paper(40, 30, ruling=(10.0, 20.0), margin=5)
    canvas = Canvas(paper, INK, 10)
    canvas.draw(ink_path(LOOP, 1, True))
    blocks = list(canvas.blocks(7))
    assert [len(block) for block in blocks] == [7] * 42 + [6]
    np.testing.assert_array_equal(np.concatenate(blocks), canvas.pixels(canvas.whole))


def test_a_canvas_has_a_limit() -> None:
    with refused("output.content", 40_000, 200_000_000):
        Canvas(Paper(5000, 5000), INK, 8)
