"""Rare characters drawn as single strokes."""

from collections import Counter

import numpy as np
import pytest

from neuropil.apps.handwrite.alphabet import ALPHABET
from neuropil.apps.handwrite.glyph_outlines import ROUNDINGS, chaikin, parse_glyph
from neuropil.apps.handwrite.lab.glyphs import (
    CAPITAL,
    GAP,
    JUDGED,
    READER_GLYPHS,
    REVERSED,
    SHUFFLED,
    SPACE,
    WRITER_GLYPHS,
    Forms,
    HandGeometry,
    draw_glyphs,
    measure_geometry,
    vary_stroke_order,
)
from neuropil.apps.handwrite.strokes import Line, split_strokes

SCHOOLS = (WRITER_GLYPHS, READER_GLYPHS, JUDGED)
UPRIGHT = HandGeometry(-1.0, 1.0, 0.0)


def downstrokes(*lefts: float, slant: float = 0.0) -> Line:
    """Draw strokes from y = -1 down to 1, whose feet stand at these x."""
    t = np.linspace(0, 1, 12)
    rows = [
        np.column_stack([left + slant * 2 * (1 - t), 2 * t - 1, np.arange(12) == 11])
        for left in lefts
    ]
    return np.concatenate(rows)


# --- forms --------------------------------------------------------------------------------------


def test_all_schools_draw_the_same_characters() -> None:
    assert set(WRITER_GLYPHS) == set(READER_GLYPHS) == set(JUDGED)
    assert set(WRITER_GLYPHS) <= set(ALPHABET)
    assert set("0123456789QXZ@#%&") <= set(WRITER_GLYPHS)


@pytest.mark.parametrize("forms", SCHOOLS, ids=["written", "read", "judged"])
def test_every_form_is_one_to_four_strokes_on_the_grid(forms: Forms) -> None:
    for character, said in forms.items():
        for form in said.split(" | "):
            line = parse_glyph(form)
            assert 1 <= len(split_strokes(line)) == form.count(",") + 1 <= 4, character
            assert line[-1, 2] == 1
            assert 0 <= line[:, :2].min() <= line[:, :2].max() <= 9
            assert np.ptp(line[:, :2], axis=0).max() > 0.5, character


def test_no_drawing_is_taught_in_two_schools() -> None:
    for character in WRITER_GLYPHS:
        its = [form for school in SCHOOLS for form in school[character].split(" | ")]
        assert len(set(its)) == len(its), character


def test_the_grid_reads_x_before_y() -> None:
    line = parse_glyph("30 38,07 57")
    first, second = split_strokes(line)
    assert np.ptp(first[:, 0]) == 0
    assert first[[0, -1], 1].tolist() == [0, 8]
    assert second[[0, -1], :2].tolist() == [[0, 7], [5, 7]]


def test_rounding_cuts_each_corner_at_a_quarter() -> None:
    made = chaikin(np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 8.0]]))
    assert made.tolist() == [[0, 0], [1, 0], [3, 0], [4, 2], [4, 6], [4, 8]]
    assert ROUNDINGS == 2
    assert len(parse_glyph("00 40 48")) == 2 + 2 * (len(made) - 1)


def test_a_point_said_twice_is_a_corner() -> None:
    round_one, sharp = parse_glyph("00 40 48"), parse_glyph("00 40 40 48")
    corner = np.array([4.0, 0.0])
    assert np.hypot(*(round_one[:, :2] - corner).T).min() > 0.5
    assert np.hypot(*(sharp[:, :2] - corner).T).min() == 0


# --- a hand, and drawing like it ----------------------------------------------------------------


@pytest.mark.parametrize("slant", [-0.3, 0.0, 0.4])
def test_slant_is_measured_on_the_way_down(slant: float) -> None:
    line = downstrokes(0, 1, 2, slant=slant)
    assert measure_geometry(line).slant == pytest.approx(slant)
    flat = np.array([[0.0, -1.0, 0.0], [9.0, -1.0, 1.0]])  # a bar is nothing slanted
    assert measure_geometry(np.concatenate([line, flat])).slant == pytest.approx(slant)


def test_the_way_through_the_air_has_no_slant() -> None:
    there, back = downstrokes(0.0), downstrokes(0.4)
    raised = back - [0.0, 3.0, 0.0]
    assert measure_geometry(np.concatenate([raised, there])).slant == pytest.approx(0)


def test_top_and_foot_are_where_capitals_reach() -> None:
    found = measure_geometry(downstrokes(*range(8)))
    assert -1 <= found.top < -0.8
    assert 0.6 < found.foot < 0.9
    dot = measure_geometry(np.array([[0.0, 0.0, 1.0]]))
    assert dot == HandGeometry(0.0, 0.5, 0.0)


def test_strokes_that_lie_are_no_downstrokes() -> None:
    lying = downstrokes(0.0, slant=0.6)
    assert measure_geometry(lying).slant == 0
    assert measure_geometry(
        np.concatenate([lying, downstrokes(9.0, slant=0.1)])
    ).slant == pytest.approx(0.1)
    rising = downstrokes(0.0)[::-1] * [1, 1, 0]
    assert measure_geometry(
        np.concatenate([rising, downstrokes(9.0, slant=0.1)])
    ).slant == pytest.approx(0.1)


def test_a_drawing_has_the_size_of_the_hand() -> None:
    rng = np.random.default_rng(1)
    for size in (1.0, 5.0):
        it = HandGeometry(-size, size, 0.0)
        made = np.concatenate([draw_glyphs("|", WRITER_GLYPHS, it, rng) for _ in range(9)])
        assert np.ptp(made[:, 1]) == pytest.approx(2 * size * 9 / CAPITAL, rel=0.3)
        assert made[:, 1].min() == pytest.approx(-size, abs=0.3 * size)


def test_a_drawing_leans_with_the_hand() -> None:
    lean = [
        draw_glyphs("|", WRITER_GLYPHS, HandGeometry(-4.0, 4.0, s), np.random.default_rng(2))
        for s in (0.0, 0.5)
    ]
    ahead = [line[0, 0] - line[-1, 0] for line in lean]  # how far its top is right of its foot
    assert ahead[1] - ahead[0] == pytest.approx(0.5 * np.ptp(lean[0][:, 1]), rel=0.1)


def test_characters_stand_side_by_side_in_order() -> None:
    line = draw_glyphs("17 1", WRITER_GLYPHS, UPRIGHT, np.random.default_rng(3))
    one, seven, last = split_strokes(line)
    unit = 2 / CAPITAL
    near, far = seven[:, 0].min() - one[:, 0].max(), last[:, 0].min() - seven[:, 0].max()
    assert 0.5 * GAP * unit < near < 2 * GAP * unit
    assert far - near > 0.5 * SPACE * unit


def test_chance_draws_every_form_and_repeats_with_its_numbers() -> None:
    def once(seed: int) -> Line:
        return draw_glyphs("4", READER_GLYPHS, UPRIGHT, np.random.default_rng(seed))

    assert np.array_equal(once(1), once(1))
    drafts = [once(seed) for seed in range(12)]
    assert len({draft[0, 0] for draft in drafts}) == 12
    lengths = {len(draft) for draft in drafts}
    assert lengths == {len(parse_glyph(form)) for form in READER_GLYPHS["4"].split(" | ")}


def test_what_has_no_glyph_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="no glyph for 'a': there are 0123"):
        draw_glyphs("1a", WRITER_GLYPHS, UPRIGHT, rng)
    with pytest.raises(ValueError, match="nothing to draw in '  '"):
        draw_glyphs("  ", WRITER_GLYPHS, UPRIGHT, rng)


def test_readers_see_strokes_in_any_order_and_direction() -> None:
    rng = np.random.default_rng(0)
    found = Counter(vary_stroke_order("00 08,50 14 34", rng) for _ in range(400))
    one, two = ("00 08", "08 00"), ("50 14 34", "34 14 50")
    pairs = {f"{a},{b}" for a in one for b in two} | {f"{b},{a}" for a in one for b in two}
    assert found.keys() == pairs
    as_taught = found["00 08,50 14 34"] / 400
    assert as_taught == pytest.approx((1 - SHUFFLED / 2) * (1 - REVERSED) ** 2, abs=0.1)


def test_the_writer_keeps_to_its_forms() -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):
        bar = draw_glyphs("7", WRITER_GLYPHS, UPRIGHT, rng)[:5]
        assert bar[-1, 0] > bar[0, 0], "a seven starts with its bar, from the left"
