import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from refusals import refused

from neuropil.kit.drawing import ink
from neuropil.kit.drawing.ink import (
    DOT_FACTOR,
    FINE,
    TAPER,
    TIP,
    WHITE,
    Canvas,
    Floats,
    InkPath,
    Paper,
    Stroke,
    catmull_rom_beziers,
    flatten_beziers,
    ink_path,
    stroke_outline,
)

PAPER = Paper(40, 30)
INK = (26, 42, 108)
CLOCK = np.linspace(0, 6, 40)
LOOP = np.stack([8 + 3 * CLOCK + 3 * np.sin(2 * CLOCK), 14 - 5 * np.cos(2 * CLOCK)], axis=1)
CUSP = np.array([[5.0, 5], [9, 20], [9.2, 5.1], [13, 20]])
STRAIGHT = np.array([[2.0, 4], [32, 4]])


def along(pieces: Floats, t: float) -> Floats:
    """Evaluate Béziers by de Casteljau's way, which the code does not go."""
    while pieces.shape[1] > 1:
        pieces = (1 - t) * pieces[:, :-1] + t * pieces[:, 1:]
    return pieces[:, 0]


# Values


def test_a_stroke_keeps_a_copy_that_nobody_changes() -> None:
    given = np.array([[1, 2], [3, 4]])
    stroke = Stroke(given.astype(float))
    given[0] = 9
    assert stroke.points.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(ValueError, match="read-only"):
        stroke.points[0, 0] = 5


@pytest.mark.parametrize("points", [np.zeros((0, 2)), np.zeros(2), np.zeros((4, 3))])
def test_other_shapes_are_no_strokes(points: Any) -> None:
    with refused("input.content", points.shape):
        Stroke(points)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e5])
def test_points_are_places_on_a_desk(bad: float) -> None:
    points = np.ones((5, 2))
    points[3, 1] = bad
    with refused("input.content", f"point 3 of a stroke is (1, {bad:g})"):
        Stroke(points)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ({"width": 0}, "0"),
        ({"height": float("nan")}, "nan"),
        (
            {"margin": 20.5, "ruling": (1.0,)},
            "20.5",
        ),
        ({"ruling": (3.0, 31.0)}, "31"),
    ],
)
def test_paper_has_a_size(change: dict[str, Any], value: str) -> None:
    with refused("option.range", value):
        replace(PAPER, **change)


# Curves


@pytest.mark.parametrize("points", [LOOP, CUSP, STRAIGHT])
def test_curves_go_through_the_points_without_a_kink(points: Floats) -> None:
    pieces = catmull_rom_beziers(points)
    assert pieces.shape == (len(points) - 1, 4, 2)
    np.testing.assert_array_equal(pieces[:, 0], points[:-1])
    np.testing.assert_array_equal(pieces[:, 3], points[1:])
    came, goes = pieces[:-1, 3] - pieces[:-1, 2], pieces[1:, 1] - pieces[1:, 0]
    cross = came[:, 0] * goes[:, 1] - came[:, 1] * goes[:, 0]
    np.testing.assert_allclose(cross, 0, atol=1e-9)
    assert ((came * goes).sum(axis=1) > 0).all()


def test_even_points_make_the_well_known_curve() -> None:
    """With even distances, b1 = p1 + (p2 - p0) / 6 and b2 = p2 - (p3 - p1) / 6."""
    p = np.array([[0.0, 0], [3, 4], [6, 0], [9, 4]])
    (_, b1, b2, _) = catmull_rom_beziers(p)[1]
    np.testing.assert_allclose([b1, b2], [[3 + 1, 4], [6 - 1, 0]])
    np.testing.assert_allclose(
        catmull_rom_beziers(p)[0, 1], p[0] + (p[1] - p[0]) / 3
    )  # the end goes straight on


def test_the_clock_is_the_root_of_the_distance() -> None:
    """Steps of 1 and 4: d = 1, 2; v = 1, 2; m = 1 + 2 - 5 / 3; b1 = 1 + 2 m / 3."""
    pieces = catmull_rom_beziers(np.array([[0.0, 0], [1, 0], [5, 0]]))
    assert pieces[1, 1].tolist() == pytest.approx([1 + 8 / 9, 0])


def test_points_that_come_close_make_no_loop() -> None:
    pieces = catmull_rom_beziers(np.array([[0.0, 0], [10, 0], [10.1, 0.01], [20, 0]]))
    middle = np.array([along(pieces, t)[1] for t in np.linspace(0, 1, 50)])
    assert (np.diff(middle[:, 0]) > 0).all()


def test_points_twice_in_a_place_count_once() -> None:
    twice = np.repeat(CUSP, 2, axis=0)
    np.testing.assert_array_equal(catmull_rom_beziers(twice), catmull_rom_beziers(CUSP))
    assert catmull_rom_beziers(np.ones((3, 2))).shape == (0, 4, 2)


@pytest.mark.parametrize("tolerance", [0.3, 0.02])
def test_samples_are_on_the_curve_and_chords_near_it(tolerance: float) -> None:
    pieces = catmull_rom_beziers(LOOP)
    samples, at = flatten_beziers(pieces, tolerance)
    assert at[0] == 0
    assert at[-1] == len(pieces)
    assert (np.diff(at) > 0).all()
    piece = np.minimum(at.astype(int), len(pieces) - 1)
    exact = [along(pieces[i : i + 1], a - i)[0] for i, a in zip(piece, at, strict=True)]
    np.testing.assert_allclose(samples, exact, atol=1e-12)
    fine, where = flatten_beziers(pieces, 1e-5)
    chords = np.stack([np.interp(where, at, samples[:, i]) for i in (0, 1)], axis=1)
    off = np.hypot(*(chords - fine).T).max()
    assert tolerance / 40 < off <= tolerance  # neither too coarse nor far too fine


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
            patched.setattr(ink, "SIDE", side)
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
