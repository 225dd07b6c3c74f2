"""Lines on paper: leveled, scaled to millimeters, one below the other, never beyond the margins."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from neuropil.apps.handwrite.generation import WrittenLine
from neuropil.apps.handwrite.layout import (
    ABOVE,
    BELOW,
    CAPITAL_HEIGHT,
    EDGE,
    MAX_COMPRESSION,
    Layout,
    StyleMetrics,
    advances,
    baseline_and_x_height,
    check_pen,
    check_room,
    fit_baseline,
    hold_in_band,
    indent_line,
    is_fitting,
    lay_out,
    measure_style,
    place_line,
    press_into_margins,
)
from neuropil.apps.handwrite.strokes import Line

ITS = StyleMetrics(small=0.6, advance=0.5)
A4 = Layout(paper="a4")


def penned(text: str, *, small: float = 0.6, slope: float = 0.0, foot: float = 0.4) -> WrittenLine:
    """Pen letters 0.5 apart: small ones `small` high, g below the line, b and capitals tall."""
    rows, letter = [], []
    for place, character in enumerate(text):
        if character == " ":
            continue
        x = 0.5 * place
        top = foot - (small if character in "acemnorsuvwxzg" else 2 * small)
        low = foot + (0.5 if character in "gpqy" else 0)
        for dx, y, up in ((0.0, top, 0), (0.1, (top + low) / 2, 0), (0.2, low, 1)):
            rows.append([x + dx, y + slope * (x + dx), up])
            letter.append(place)
    return WrittenLine(np.array(rows, np.float64), np.array(letter))


def straight(width: float) -> Line:
    """Draw one stroke from x = 0 on."""
    return np.array([[0.0, 0.0, 0.0], [width, -1.0, 1.0]])


# --- layout -------------------------------------------------------------------------------------


def test_room_and_steps() -> None:
    assert Layout(size=3.0, spacing=4.0).step == 12
    assert Layout(paper="a4", margin=25).room == (160, 247)
    assert Layout(paper="letter", margin=25).room == pytest.approx((165.9, 229.4))
    assert Layout(paper="a4", margin=25, pen=2.0).room == (156, 243)
    assert Layout(paper="100x62.5", margin=25).room == (50, 12.5)
    assert Layout().room == (np.inf, np.inf)


# --- what a line measures -----------------------------------------------------------------------


@pytest.mark.parametrize("slope", [-0.05, 0.0, 0.08])
def test_the_base_line_is_found_under_the_letters(slope: float) -> None:
    text = "a gap among bananas"
    (found, at), small = baseline_and_x_height(penned(text, slope=slope), text)
    assert found == pytest.approx(slope, abs=1e-6)
    assert at == pytest.approx(0.4, abs=1e-6)
    assert small == pytest.approx(0.6, abs=0.02)


def test_tall_letters_tell_nothing_of_small_ones() -> None:
    text = "BILL has her bdkl"
    _, small = baseline_and_x_height(penned(text, small=0.5), text)
    assert small == pytest.approx(0.5)
    assert (
        baseline_and_x_height(penned("!?-."), "!?-.")[1]
        != baseline_and_x_height(penned("HILL"), "HILL")[1]
    )


def test_letters_below_the_line_do_not_pull_it_down() -> None:
    text = "gypsy gypsy nn"
    (slope, at), _ = baseline_and_x_height(penned(text), text)
    assert (slope, at) == pytest.approx((0.0, 0.4))


def test_small_heights_stay_within_reason() -> None:
    for small, expected in ((0.05, 0.2), (4.0, 1.5)):
        assert baseline_and_x_height(penned("noon", small=small), "noon")[1] == expected


def test_a_line_without_letters_goes_by_its_extent() -> None:
    line = np.column_stack([np.linspace(0, 9, 101), np.linspace(-1, 1, 101), np.zeros(101)])
    base, small = baseline_and_x_height(WrittenLine(line, np.full(101, -1)), "")
    assert base.tolist() == pytest.approx([0, 0.7])
    assert small == pytest.approx(0.7 + 0.4)
    flat = WrittenLine(line * [1, 0, 1], np.full(101, -1))
    assert baseline_and_x_height(flat, "")[1] == 0.2


def test_a_base_line_is_fitted_past_strays() -> None:
    x = np.arange(11.0)
    y = 0.3 + 0.05 * x
    y[[2, 7, 9]] += 2
    slope, at = fit_baseline(np.column_stack([x, y]), 10)
    assert (slope, at) == pytest.approx((0.05, 0.3), abs=0.02)
    steep = np.column_stack([x, 0.5 * x])
    assert fit_baseline(steep, 10)[0] == 0.1
    assert fit_baseline(steep * [1, -1], 10)[0] == -0.1


def test_a_short_line_is_taken_as_level() -> None:
    feet = np.array([[0.0, 0.0], [0.9, 0.3], [1.8, 0.9]])
    assert fit_baseline(feet, 1.8).tolist() == [0.0, 0.3]


def test_letters_close_together_tell_no_slope_of_a_long_line() -> None:
    feet = np.array([[0.0, 0.0], [1.5, 0.1], [3.0, 0.3]])
    assert fit_baseline(feet, 3.0)[0] > 0.05
    assert fit_baseline(feet, 12.0).tolist() == [0.0, 0.1]


def test_digits_tell_the_base_line_and_height_where_letters_are_few() -> None:
    text = "Tel. 020 7946"
    (slope, at), small = baseline_and_x_height(penned(text, slope=0.03), text)
    assert (slope, at) == pytest.approx((0.03, 0.4), abs=1e-6)
    assert small == pytest.approx(1.2 / CAPITAL_HEIGHT, abs=0.1)


def test_loops_that_reach_far_are_held_out_of_the_next_lines() -> None:
    layout = Layout(size=2.5, spacing=4.0)
    y = np.array([-30.0, -5.0, 0.0, 2.0, 40.0])
    held = hold_in_band(y, layout)
    assert held[1:4].tolist() == [-5.0, 0.0, 2.0]
    assert -held[0] <= ABOVE * layout.step
    assert held[-1] <= BELOW * layout.step
    assert held[-1] - held[0] < layout.step
    assert (np.diff(hold_in_band(np.linspace(-9, 9, 50), layout)) > 0).all(), "order is kept"
    narrow = hold_in_band(y, Layout(size=2.5, spacing=1.0))
    assert -narrow[0] == pytest.approx(1.9 * 2.5, abs=0.01)


def test_a_style_measures_what_its_lines_do() -> None:
    lines = [penned("nonsense", small=s) for s in (0.5, 0.6, 0.9)]
    found = measure_style(lines, ["nonsense"] * 3)
    assert found.small == pytest.approx(0.6)
    assert found.advance == pytest.approx((0.5 * 7 + 0.2) / 8 / 0.6)  # of the line in the middle
    assert found.tall == pytest.approx(1.0)
    given_up = measure_style([*lines, *lines, penned("no")], [*["nonsense"] * 6, "nonsense"])
    assert given_up.advance == pytest.approx(found.advance, rel=0.1)


def test_characters_reach_from_the_one_before_to_their_own_ends() -> None:
    line = penned("no no")
    assert advances(line, "no no") == pytest.approx([0.2, 0.5, 0, 1.0, 0.5])
    assert advances(line, "no no!").sum() == pytest.approx(np.ptp(line.line[:, 0]))
    late = WrittenLine(line.line, line.letter.clip(1))  # the window never stopped at the first
    assert advances(late, "no no") == pytest.approx([0, 0.7, 0, 1.0, 0.5])


def test_widths_are_told_by_character() -> None:
    line = penned("nnnnmmmm")
    line.line[line.letter > 3, 0] += (line.letter[line.letter > 3] - 3) * 0.5  # 1.0 each
    found = measure_style([line] * 5, ["nnnnmmmm"] * 5)
    assert found.widths["m"] > 1.5 * found.widths["n"]
    reach = found.reach("mn?")
    steps = [found.widths["m"], found.widths["n"], found.advance]
    assert reach == pytest.approx(np.cumsum(steps))
    assert found.reach("nnnnmmmm")[-1] == pytest.approx(np.ptp(line.line[:, 0]) / 0.6, rel=0.02)


@pytest.mark.parametrize(
    ("change", "given"),
    [
        ({"size": 50}, ["size 50", "50 x 100 mm", "48 x 135 mm", "a4", "size of at most 48"]),
        ({"margin": 100, "pen": 8.0, "size": 10}, ["0 x 81 mm", "a4", "smaller margins"]),
        ({"slant": 45, "size": 30}, ["size of at most 16"]),
    ],
)
def test_letters_without_room_are_refused(change: dict[str, float], given: list[str]) -> None:
    layout = replace(Layout(paper="a4", margin=80, pen=1.0), **change)  # type: ignore[arg-type]
    its = StyleMetrics(0.6, 0.9, {"m": 1.0}, 2.0)
    with refused("option.conflict", *given):
        check_room(its, layout)
    check_room(its, replace(layout, paper="none"))
    check_room(its, Layout(paper="a4", margin=80, pen=1.0, size=48.0))


def test_a_pen_that_would_blot_is_refused() -> None:
    with refused("option.conflict", "a pen of 1.5 mm", "at most 1 ", "at least 3.75"):
        check_pen(Layout(size=2.5, pen=1.5))
    check_pen(Layout(size=2.5, pen=1.0))


@pytest.mark.parametrize("word", ["Tea:", "Bread:", "Cofee::"])
def test_what_follows_a_tab_stands_where_an_editor_puts_it(word: str) -> None:
    n = len(word)
    line = np.array([[0.8 * i, 0.0, 1.0] for i in (*range(n), n + 1)])
    letter = np.array([*range(n), n + 1])
    moved = indent_line(line, letter, [n], 0.0, 1.0)
    assert moved[-1, 0] == 8.0
    assert np.array_equal(moved[:-1], line[:-1])
    assert indent_line(line * [3, 1, 1], letter, [n], 0.0, 1.0)[-1, 0] > 8.0, (
        "the ink reaches further"
    )


# --- placing ------------------------------------------------------------------------------------


def calm(penned: WrittenLine, text: str, layout: Layout, its: StyleMetrics = ITS) -> Line:
    """Place a line many times: on average it lies level."""
    made = [place_line(penned, text, its, layout, seed) for seed in range(200)]
    mean: Line = np.mean(made, axis=0)
    return mean


def test_a_line_is_brought_to_millimeters() -> None:
    text = "bananas on a moon"
    for size in (2.0, 5.0):
        line = calm(penned(text, slope=0.06), text, Layout(size=size))
        assert line[:, 0].min() == pytest.approx(0)
        feet, tops = line[2::3, 1], line[3::3, 1]
        assert feet == pytest.approx(np.zeros(len(feet)), abs=0.03 * size)
        assert np.median(tops) == pytest.approx(-size, abs=0.03 * size)
        assert np.ptp(line[:, 0]) == pytest.approx((0.5 * 16 + 0.2) * size / 0.6, rel=0.02)
        assert line[:, 2].tolist() == penned(text).line[:, 2].tolist()


def test_half_of_what_a_line_differs_in_height_is_kept() -> None:
    line = calm(penned("nonsense", small=0.9), "nonsense", Layout(size=3.0))
    assert np.ptp(line[:3, 1]) == pytest.approx(3.0 * 0.9 / 0.75, rel=0.02)


def test_slant_leans_to_the_right() -> None:
    upright, leaning = (calm(penned("nn"), "nn", Layout(slant=s)) for s in (0.0, 30.0))
    assert [upright[0, 0] - upright[2, 0], leaning[0, 0] - leaning[2, 0]] == pytest.approx(
        [-0.2 * 2.5 / 0.6, 2.5 * np.tan(np.pi / 6) - 0.2 * 2.5 / 0.6], abs=0.01
    )


def test_a_wide_line_is_pressed_into_its_room() -> None:
    text = "nonsense" * 8
    line = place_line(penned(text), text, ITS, Layout(), 0)
    natural = np.ptp(line[:, 0])
    for share, fits in ((1.5, True), (0.95, True), (MAX_COMPRESSION + 0.01, True), (0.84, False)):
        layout = Layout(paper="a4", margin=(210 - share * natural) / 2, size=2.5)
        assert is_fitting(line, layout) == fits
        made = press_into_margins(line, layout)
        assert np.ptp(made[:, 0]) == pytest.approx(min(1.0, share) * natural)
        assert np.array_equal(made[:, 1:], line[:, 1:])
    assert np.array_equal(press_into_margins(line, Layout()), line)


def test_a_tall_line_is_pressed_into_its_room() -> None:
    line = straight(10) * [1, 300, 1]
    assert np.ptp(press_into_margins(line, A4)[:, 1]) == pytest.approx(257)


def test_accents_do_not_count_as_letters() -> None:
    bare = penned("nonsense")
    dots = bare.line[::3] * [1, 0, 0] + [0, -1.5, 1]  # above every letter
    marked = WrittenLine(np.concatenate([bare.line, dots]), np.concatenate([bare.letter, range(8)]))
    plain = place_line(bare, "nonsense", ITS, A4, 0)
    line = place_line(marked, "nonsense", ITS, A4, 0, bare=bare)
    assert line[:-8] == pytest.approx(plain)
    assert line[-8:, 1].max() < 1.5 * plain[:, 1].min()


def test_no_two_lines_sway_alike_and_all_do_little() -> None:
    lines = [place_line(penned("nonsense"), "nonsense", ITS, A4, seed) for seed in range(50)]
    tilts = np.array([(line[-1, 1] - line[2, 1]) / np.ptp(line[:, 0]) for line in lines])
    assert len(set(tilts)) == 50
    assert 0.002 < tilts.std() < 0.008
    again = place_line(penned("nonsense"), "nonsense", ITS, A4, 7)
    assert np.array_equal(again, lines[7])
    other = place_line(penned("nonsense"), "nonsense ", ITS, A4, 7)
    assert not np.array_equal(other, lines[7])


# --- laying out ---------------------------------------------------------------------------------


def test_without_paper_the_page_is_as_large_as_the_writing() -> None:
    layout = Layout(size=2.5, spacing=4.0)
    ((*strokes,),), paper = lay_out([straight(30), None, straight(50)], layout, 0)
    edge = EDGE * 10
    assert (paper.width, paper.height) == pytest.approx((50 + 2 * edge, edge + 6 + 20 + edge))
    assert strokes[0].points[0, 0] == pytest.approx(edge)
    lows = [stroke.points[0, 1] for stroke in strokes]
    assert np.diff(lows) == pytest.approx([20], abs=4)
    assert 9 < lows[0] < lows[1] < 42


@pytest.mark.parametrize(("align", "left"), [("left", 0), ("center", 10), ("right", 20)])
def test_shorter_lines_are_aligned(align: str, left: float) -> None:
    (strokes,), paper = lay_out([straight(30), straight(50)], Layout(align=align), 0)
    assert strokes[0].points[0, 0] - strokes[1].points[0, 0] == pytest.approx(left)
    assert strokes[1].points[1, 0] == pytest.approx(paper.width - paper.margin)


@pytest.mark.parametrize(("align", "share"), [("left", 0.0), ("center", 0.5), ("right", 1.0)])
def test_alignment_on_paper_goes_by_its_margins(align: str, share: float) -> None:
    layout = Layout(paper="letter", align=align, margin=30)
    (strokes,), paper = lay_out([straight(40)] * 9, layout, 0)
    lefts = np.array([stroke.points[0, 0] for stroke in strokes])
    expected = 30 + share * (215.9 - 60 - 40)
    assert (paper.width, paper.height, paper.margin) == (215.9, 279.4, 30)
    if align == "left":  # as a hand begins
        assert (lefts >= expected).all()
        assert 0 < np.ptp(lefts) < 0.4 * layout.step
    else:
        assert lefts == pytest.approx(np.full(9, expected))


def test_a_full_page_is_followed_by_another() -> None:
    layout = Layout(paper="a4", ruled=True)
    lines = [straight(10.0)] * 70
    pages, paper = lay_out(lines, layout, 0)
    room = len(paper.ruling)
    assert [len(page) for page in pages] == [room] * (70 // room) + [70 % room]
    assert layout.margin < paper.ruling[0] < layout.margin + layout.step
    assert 297 - layout.margin - layout.step < paper.ruling[-1] <= 297 - layout.margin
    assert np.diff(paper.ruling) == pytest.approx(np.full(room - 1, layout.step))
    for page in pages:
        lows = [stroke.points[0, 1] for stroke in page]
        assert lows == pytest.approx(paper.ruling[: len(page)])


def test_empty_lines_take_room_and_no_strokes() -> None:
    layout = Layout(paper="a4", ruled=True)
    room = len(lay_out([], layout, 0)[1].ruling)
    pages, _ = lay_out([straight(10.0), *[None] * room, straight(10.0)], layout, 0)
    assert [len(page) for page in pages] == [1, 1]
    assert lay_out([None], Layout(), 0)[0] == [[]]


def test_lines_off_rules_lie_a_little_off_their_places() -> None:
    plain, _ = lay_out([straight(10.0)] * 20, A4, 3)
    again, _ = lay_out([straight(10.0)] * 20, A4, 3)
    other, _ = lay_out([straight(10.0)] * 20, A4, 4)
    lows, repeated, others = (
        np.array([stroke.points[0, 1] for stroke in pages[0]]) for pages in (plain, again, other)
    )
    off = lows - lows[0] - A4.step * np.arange(20)
    assert 0.02 * A4.step < off.std() < 0.1 * A4.step
    assert np.array_equal(lows, repeated)
    assert not np.array_equal(lows, others)
    assert lay_out([straight(10.0)], A4, 3)[1].ruling == ()
    assert lay_out([straight(10.0)], Layout(), 3)[1].ruling == ()


def test_one_line_larger_than_the_paper_is_still_laid() -> None:
    layout = Layout(paper="letter", size=100, spacing=20)
    pages, _ = lay_out([straight(10.0)] * 3, layout, 0)
    assert [len(page) for page in pages] == [1, 1, 1]


# --- margins ------------------------------------------------------------------------------------

LENGTHS = st.floats(0, 400)
LINES = st.lists(
    st.none() | st.tuples(LENGTHS, st.floats(-90, 40), st.floats(-60, 90)), min_size=1, max_size=40
)
LAYOUTS = st.builds(
    Layout,
    paper=st.sampled_from(["none", "a4", "letter"]),
    ruled=st.booleans(),
    size=st.floats(1, 12),
    spacing=st.floats(1, 8),
    margin=st.floats(0, 90),
    align=st.sampled_from(["left", "center", "right"]),
    pen=st.floats(0, 5),
)


@given(LINES, LAYOUTS, st.integers(0, 99))
def test_nothing_is_drawn_beyond_the_margins(
    extents: list[tuple[float, float, float] | None], layout: Layout, seed: int
) -> None:
    lines = [
        np.array([[0.0, its[1], 0.0], [its[0], its[2], 1.0]]) if its else None for its in extents
    ]
    pages, paper = lay_out(lines, layout, seed)
    sheet = np.array([paper.width, paper.height])
    for stroke in (stroke for page in pages for stroke in page):
        assert (stroke.points >= layout.edge - 1e-6).all()
        assert (stroke.points <= sheet - layout.edge + 1e-6).all()
    assert sum(map(len, pages)) == sum(line is not None for line in lines)
    assert all(paper.margin <= rule <= paper.height - paper.margin + 1e-6 for rule in paper.ruling)


@given(LINES, LAYOUTS)
def test_lines_go_down_the_pages_in_order(
    extents: list[tuple[float, float, float] | None], layout: Layout
) -> None:
    lines = [straight(1 + i) if its else None for i, its in enumerate(extents)]
    pages, _ = lay_out(lines, replace(layout, margin=20.0), 0)
    there = [line[1, 0] for line in lines if line is not None]
    widths = [float(np.ptp(stroke.points[:, 0])) for page in pages for stroke in page]
    assert widths == pytest.approx(there)
    for page in pages:
        lows = [stroke.points[0, 1] for stroke in page]
        assert lows == sorted(lows)


def test_a_last_line_that_hangs_too_low_goes_to_the_next_page() -> None:
    layout = Layout(paper="a4", ruled=True)
    room = len(lay_out([straight(9)], layout, 0)[1].ruling)
    low = straight(9) - [0, 9, 0]
    hanging = low * [1, -1, 1]
    assert [len(page) for page in lay_out([straight(9)] * room, layout, 0)[0]] == [room]
    pages, _ = lay_out([*[straight(9)] * (room - 1), hanging], layout, 0)
    assert [len(page) for page in pages] == [room - 1, 1]


def test_a_first_line_that_reaches_high_is_moved_down() -> None:
    high = np.array([[0.0, 0.0, 0.0], [5.0, -30.0, 1.0]])
    pages, paper = lay_out([high, *[straight(9)] * 20], Layout(paper="a4", ruled=True), 0)
    assert pages[0][0].points[:, 1].min() == pytest.approx(20)
    assert paper.ruling[0] < 30


def test_a_line_of_capitals_tells_the_height_of_small_letters() -> None:
    stems = [[[i, 0.5, 0], [i, 0.0, 0], [i, -1.25, 1]] for i in range(4)]
    line = np.array(stems, np.float64).reshape(-1, 3)
    (_, foot), small = baseline_and_x_height(WrittenLine(line, np.repeat(np.arange(4), 3)), "EHIM")
    assert foot == pytest.approx(0.5)
    assert small == pytest.approx(1.75 / CAPITAL_HEIGHT)
