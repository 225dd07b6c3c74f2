"""Rare characters drawn as single strokes, and put among the words of a line."""

from collections import Counter

import numpy as np
import pytest

from neuropil.apps.handwrite.data import ALPHABET
from neuropil.apps.handwrite.glyphs import (
    CAPITAL,
    GAP,
    RARE,
    READ,
    REVERSED,
    ROUNDINGS,
    SHUFFLED,
    SPACE,
    WRITTEN,
    Forms,
    Hand,
    anyhow,
    drawn,
    hand,
    joined,
    mixed,
    outline,
    rounded,
    words,
)
from neuropil.apps.handwrite.strokes import Line, resampled, strokes

UPRIGHT = Hand(-1.0, 1.0, 0.0)


def downstrokes(*lefts: float, slant: float = 0.0) -> Line:
    """Draw strokes from y = -1 down to 1, whose feet stand at these x."""
    t = np.linspace(0, 1, 12)
    rows = [
        np.column_stack([left + slant * 2 * (1 - t), 2 * t - 1, np.arange(12) == 11])
        for left in lefts
    ]
    return np.concatenate(rows)


def word(left: float, n: int) -> Line:
    """Draw n strokes, 0.4 from each other."""
    return downstrokes(*(left + 0.4 * np.arange(n)))


# --- forms --------------------------------------------------------------------------------------


def test_both_schools_draw_the_same_characters() -> None:
    assert set(WRITTEN) == set(READ) == set(RARE)
    assert len(RARE) == len(WRITTEN)
    assert set(RARE) <= set(ALPHABET)
    assert set("0123456789QXZ@#%&") <= set(RARE)


@pytest.mark.parametrize("forms", [WRITTEN, READ], ids=["written", "read"])
def test_every_form_is_one_to_four_strokes_on_the_grid(forms: Forms) -> None:
    for character, said in forms.items():
        for form in said.split(" | "):
            line = outline(form)
            assert 1 <= len(strokes(line)) == form.count(",") + 1 <= 4, character
            assert line[-1, 2] == 1
            assert 0 <= line[:, :2].min() <= line[:, :2].max() <= 9
            assert np.ptp(line[:, :2], axis=0).max() > 0.5, character


def test_a_reader_sees_other_drawings_than_the_writer() -> None:
    same = [c for c in RARE if WRITTEN[c] in READ[c].split(" | ")]
    assert not same


def test_the_grid_reads_x_before_y() -> None:
    line = outline("30 38,07 57")
    first, second = strokes(line)
    assert np.ptp(first[:, 0]) == 0
    assert first[[0, -1], 1].tolist() == [0, 8]
    assert second[[0, -1], :2].tolist() == [[0, 7], [5, 7]]


def test_rounding_cuts_each_corner_at_a_quarter() -> None:
    made = rounded(np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 8.0]]))
    assert made.tolist() == [[0, 0], [1, 0], [3, 0], [4, 2], [4, 6], [4, 8]]
    assert ROUNDINGS == 2
    assert len(outline("00 40 48")) == 2 + 2 * (len(made) - 1)


def test_a_point_said_twice_is_a_corner() -> None:
    round_one, sharp = outline("00 40 48"), outline("00 40 40 48")
    corner = np.array([4.0, 0.0])
    assert np.hypot(*(round_one[:, :2] - corner).T).min() > 0.5
    assert np.hypot(*(sharp[:, :2] - corner).T).min() == 0


# --- a hand, and drawing like it ----------------------------------------------------------------


@pytest.mark.parametrize("slant", [-0.3, 0.0, 0.4])
def test_slant_is_measured_on_the_way_down(slant: float) -> None:
    line = downstrokes(0, 1, 2, slant=slant)
    assert hand(line).slant == pytest.approx(slant)
    flat = np.array([[0.0, -1.0, 0.0], [9.0, -1.0, 1.0]])  # a bar is nothing slanted
    assert hand(np.concatenate([line, flat])).slant == pytest.approx(slant)


def test_the_way_through_the_air_has_no_slant() -> None:
    there, back = downstrokes(0.0), downstrokes(0.4)
    raised = back - [0.0, 3.0, 0.0]
    assert hand(np.concatenate([raised, there])).slant == pytest.approx(0)


def test_top_and_foot_are_where_capitals_reach() -> None:
    found = hand(downstrokes(*range(8)))
    assert -1 <= found.top < -0.8
    assert 0.6 < found.foot < 0.9
    dot = hand(np.array([[0.0, 0.0, 1.0]]))
    assert dot == Hand(0.0, 0.5, 0.0)


def test_strokes_that_lie_are_no_downstrokes() -> None:
    lying = downstrokes(0.0, slant=0.6)
    assert hand(lying).slant == 0
    assert hand(np.concatenate([lying, downstrokes(9.0, slant=0.1)])).slant == pytest.approx(0.1)
    rising = downstrokes(0.0)[::-1] * [1, 1, 0]
    assert hand(np.concatenate([rising, downstrokes(9.0, slant=0.1)])).slant == pytest.approx(0.1)


def test_a_drawing_has_the_size_of_the_hand() -> None:
    rng = np.random.default_rng(1)
    for size in (1.0, 5.0):
        it = Hand(-size, size, 0.0)
        made = np.concatenate([drawn("|", WRITTEN, it, rng) for _ in range(9)])
        assert np.ptp(made[:, 1]) == pytest.approx(2 * size * 9 / CAPITAL, rel=0.3)
        assert made[:, 1].min() == pytest.approx(-size, abs=0.3 * size)


def test_a_drawing_leans_with_the_hand() -> None:
    lean = [drawn("|", WRITTEN, Hand(-4.0, 4.0, s), np.random.default_rng(2)) for s in (0.0, 0.5)]
    ahead = [line[0, 0] - line[-1, 0] for line in lean]  # how far its top is right of its foot
    assert ahead[1] - ahead[0] == pytest.approx(0.5 * np.ptp(lean[0][:, 1]), rel=0.1)


def test_characters_stand_side_by_side_in_order() -> None:
    line = drawn("17 1", WRITTEN, UPRIGHT, np.random.default_rng(3))
    one, seven, last = strokes(line)
    unit = 2 / CAPITAL
    near, far = seven[:, 0].min() - one[:, 0].max(), last[:, 0].min() - seven[:, 0].max()
    assert 0.5 * GAP * unit < near < 2 * GAP * unit
    assert far - near > 0.5 * SPACE * unit


def test_chance_draws_every_form_and_repeats_with_its_numbers() -> None:
    def once(seed: int) -> Line:
        return drawn("4", READ, UPRIGHT, np.random.default_rng(seed))

    assert np.array_equal(once(1), once(1))
    drafts = [once(seed) for seed in range(12)]
    assert len({draft[0, 0] for draft in drafts}) == 12
    lengths = {len(draft) for draft in drafts}
    assert lengths == {len(outline(form)) for form in READ["4"].split(" | ")}


def test_what_has_no_glyph_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="no glyph for 'a': there are 0123"):
        drawn("1a", WRITTEN, UPRIGHT, rng)
    with pytest.raises(ValueError, match="nothing to draw in '  '"):
        drawn("  ", WRITTEN, UPRIGHT, rng)


# --- words --------------------------------------------------------------------------------------


def test_a_line_is_cut_at_its_widest_gaps() -> None:
    line = np.concatenate([word(0, 3), word(3, 2), word(6, 4)])
    pieces = words(line, "abc de fghi")
    assert [name for _, name in pieces] == ["abc", "de", "fghi"]
    assert [len(strokes(piece)) for piece, _ in pieces] == [3, 2, 4]
    assert np.array_equal(np.concatenate([piece for piece, _ in pieces]), line)


def test_a_gap_is_measured_from_all_that_came_before() -> None:
    dot = np.array([[0.1, -1.0, 1.0]])  # the pen goes far back, and on with the word
    line = np.concatenate([word(0, 9), dot, word(3.6, 1), word(5, 2)])
    pieces = words(line, "words de")
    assert [len(strokes(piece)) for piece, _ in pieces] == [11, 2]


def test_doubtful_gaps_are_no_cuts() -> None:
    narrow = downstrokes(0, 0.1, 0.35)  # the widest gap is too small
    alike = downstrokes(0, 1, 2.1, 3.2)  # the widest is hardly wider than the next
    for line, text in ((narrow, "ab c"), (alike, "a bcd"), (word(0, 2), "a b c")):
        ((piece, name),) = words(line, text)
        assert name == text
        assert piece is line
    wide = downstrokes(0, 1, 2, 3.5)
    assert [name for _, name in words(wide, "abc d")] == ["abc", "d"]


def test_pieces_are_joined_with_a_gap() -> None:
    made = joined(word(5, 2), word(40, 3), 0.7)
    first, second = made[:24], made[24:]
    assert np.array_equal(first, word(5, 2))
    assert second[:, 0].min() - first[:, 0].max() == pytest.approx(0.7)
    assert np.diff(second[:, 0]) == pytest.approx(np.diff(word(40, 3)[:, 0]))
    assert np.array_equal(second[:, 1:], word(40, 3)[:, 1:])


def test_rare_characters_come_among_the_words() -> None:
    line = resampled(np.concatenate([word(0, 3), word(3, 3)]))
    said = set()
    for seed in range(60):
        made, text = mixed(line, "abc def", WRITTEN, np.random.default_rng(seed), 2)
        rest = "".join(c for c in text if c not in RARE)
        rare = "".join(c for c in text if c in RARE)
        assert len(rare) == 2
        assert rest.replace(" ", "") == "abcdef"
        assert rare in text  # side by side, between words or at their edge
        assert not text.startswith(" ")
        assert not text.endswith(" ")
        assert "abc" in text
        assert "def" in text
        assert len(strokes(made)) - 6 == sum(WRITTEN[c].count(",") + 1 for c in rare)
        assert made[-1, 2] == 1
        said.add(text.replace(rare, "#"))
    around = {"# abc def", "#abc def", "abc#def", "abc # def", "abc# def", "abc #def"}
    assert said == around | {"abc def #", "abc def#"}


def test_rare_characters_stand_where_the_text_says() -> None:
    line = np.concatenate([word(0, 3), word(3, 3)])
    for seed in range(40):
        made, text = mixed(line, "abc def", WRITTEN, np.random.default_rng(seed), 1)
        tall = [len(piece) == 12 for piece in strokes(made)]  # the line's own strokes
        at = next(i for i, c in enumerate(text.replace(" ", "")) if c in RARE)
        assert all(tall[:at])
        assert not tall[at]
        lefts = [piece[:, 0].min() for piece in strokes(made)]
        assert max(lefts[:at], default=-9.0) < min(lefts[at:])


def test_close_ones_are_nearer_than_others() -> None:
    line = word(0, 3)
    gaps: dict[bool, list[float]] = {True: [], False: []}
    behind: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(60):
        made, text = mixed(line, "abc", WRITTEN, np.random.default_rng(seed), 1)
        if text.startswith("abc"):
            glyph = np.concatenate(strokes(made)[3:])
            gaps[" " in text].append(glyph[:, 0].min() - 0.8)
        else:
            head, tail = made[: -len(line)], made[-len(line) :]
            behind[" " in text].append(tail[:, 0].min() - head[:, 0].max())
    assert min(gaps[True]) > max(gaps[False]) > min(gaps[False]) > 0.2
    assert min(behind[True]) > max(behind[False]) > min(behind[False]) > 0.2


def test_readers_see_strokes_in_any_order_and_direction() -> None:
    rng = np.random.default_rng(0)
    found = Counter(anyhow("00 08,50 14 34", rng) for _ in range(400))
    one, two = ("00 08", "08 00"), ("50 14 34", "34 14 50")
    pairs = {f"{a},{b}" for a in one for b in two} | {f"{b},{a}" for a in one for b in two}
    assert found.keys() == pairs
    as_taught = found["00 08,50 14 34"] / 400
    assert as_taught == pytest.approx((1 - SHUFFLED / 2) * (1 - REVERSED) ** 2, abs=0.1)


def test_the_writer_keeps_to_its_forms() -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):
        bar = drawn("7", WRITTEN, UPRIGHT, rng)[:5]
        assert bar[-1, 0] > bar[0, 0], "a seven starts with its bar, from the left"
