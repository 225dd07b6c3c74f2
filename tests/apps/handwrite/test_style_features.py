"""What is peculiar to a hand: each number answers to its own peculiarity."""

import numpy as np
import pytest

from neuropil.apps.handwrite.lab.style_features import (
    DIRECTIONS,
    HINGES,
    LAGS,
    SIZES,
    TURNS,
    hinges,
    sqrt_histogram,
    style_features,
)
from neuropil.apps.handwrite.strokes import Line

N = len(SIZES)


def waves(*, wide: float = 1.0, lifts: int = 1, unit: float = 1.0) -> Line:
    """Draw 24 round arches, lifting the pen after every `lifts`-th."""
    t = np.linspace(0, 24, 24 * 20, endpoint=False)
    y = 0.5 * np.cos(2 * np.pi * t)
    up = np.zeros(len(t))
    up[20 * lifts - 1 :: 20 * lifts] = 1
    up[-1] = 1
    return np.column_stack([unit * (wide * t), unit * y, up])


def parts(line: Line) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """Name the groups of numbers of a line."""
    ends = np.cumsum([DIRECTIONS, TURNS, N, N, N, N])
    names = ("directions", "turns", "y", "high", "wide", "lifts", "density")
    return dict(zip(names, np.split(style_features(line), ends), strict=True))


def test_there_are_as_many_numbers_for_every_line() -> None:
    dots = np.array([[i, 0.0, 1.0] for i in range(3)])
    for line in (waves(), waves(lifts=3), waves()[:50], dots, dots[:1], bars(90, 1)):
        assert style_features(line).shape == (DIRECTIONS + TURNS + 4 * N + 2,)
        assert np.isfinite(style_features(line)).all()


@pytest.mark.parametrize("unit", [0.02, 300.0])
def test_the_unit_does_not_matter(unit: float) -> None:
    assert style_features(waves(unit=unit)) == pytest.approx(style_features(waves()), abs=1e-6)


def test_shares_are_square_roots_that_add_up_to_one() -> None:
    made = sqrt_histogram(np.array([-3.0, -3.0, 0.1, 3.0]), 4)
    assert made == pytest.approx(np.sqrt([0.5, 0, 0.25, 0.25]))
    assert sqrt_histogram(np.zeros(0), 3).tolist() == [0, 0, 0]
    found = parts(waves())
    assert (found["directions"] ** 2).sum() == pytest.approx(1)
    assert (found["turns"] ** 2).sum() == pytest.approx(1)


def bars(angle: float, n: int = 12) -> Line:
    """Draw n strokes of length 1 downwards at this angle (degrees), 2 from each other."""
    t = np.linspace(-0.5, 0.5, 11)
    x, y = np.cos(np.radians(angle)) * t, np.sin(np.radians(angle)) * t
    rows = [np.column_stack([2 * i + x, y, t == 0.5]) for i in range(n)]
    return np.concatenate(rows)


def test_directions_are_counted_from_left_to_right_by_way_of_up() -> None:
    for angle, at in ((52.5, 15), (97.5, 18), (127.5, 20)):
        found = parts(bars(angle))["directions"]
        assert found.argmax() == at
        assert found[at] > 0.99


def test_a_round_hand_turns_otherwise_than_a_pointed_one() -> None:
    t = np.arange(48.0)
    pointed = np.column_stack([t / 2, 0.5 - t % 2, np.zeros(48)])
    pointed[-1, 2] = 1
    sharp, round_one = parts(pointed)["turns"], parts(waves(wide=3.0))["turns"]
    back = [0, 1, 2, TURNS - 3, TURNS - 2, TURNS - 1]  # by over 90 degrees
    assert (sharp[back] ** 2).sum() > 0.05
    assert (round_one[back] ** 2).sum() == 0


def test_a_turn_past_half_a_circle_is_a_small_one() -> None:
    """Strokes to the left, whose direction jumps from pi to -pi, hardly turn."""
    t = np.arange(40.0)
    left = np.column_stack([-t, t % 2 / 2, t == 39])  # corners of 53 degrees
    turns = parts(left)["turns"] ** 2
    assert turns[[TURNS // 2 - 2, TURNS // 2 + 1]].min() > 0.01
    assert turns[TURNS // 2 - 2 : TURNS // 2 + 2].sum() == pytest.approx(1)


def test_joins_show_in_widths_lifts_and_density() -> None:
    single, joined = parts(waves()), parts(waves(lifts=4))
    assert joined["wide"] == pytest.approx(np.log1p(4 * np.expm1(single["wide"])), rel=0.1)
    assert joined["density"][0] == pytest.approx(single["density"][0] - np.log(4), abs=0.01)
    assert joined["density"][1] == pytest.approx(single["density"][1], abs=0.1)
    assert joined["high"] == pytest.approx(single["high"], rel=0.1)


def test_a_wide_hand_has_fewer_points_to_a_length() -> None:
    narrow, wide = parts(waves()), parts(waves(wide=3.0))
    assert wide["density"][1] < narrow["density"][1] - 0.3
    assert wide["wide"].mean() > narrow["wide"].mean() + 0.3


def test_heights_widths_and_ways_through_the_air() -> None:
    found = parts(bars(90))
    unit = 0.8  # between the percentiles that make the height 1
    assert found["y"] == pytest.approx(np.array([-0.5, -0.25, 0, 0.25, 0.5]) / unit, abs=0.12)
    assert found["high"] == pytest.approx(np.full(N, np.log1p(1 / unit)))
    assert found["wide"] == pytest.approx(np.zeros(N), abs=1e-6)
    assert found["lifts"] == pytest.approx(np.full(N, 2 / unit))
    assert found["density"] == pytest.approx(np.log([12 * unit / 22, 12 * 7 * unit / 22]))
    lying = parts(bars(30))
    assert lying["wide"] == pytest.approx(np.log1p(np.expm1(lying["high"]) * 3**0.5), rel=0.01)


def test_hinges_tell_round_strokes_from_straight_ones() -> None:
    straight, round_ones = hinges(bars(90)), hinges(waves())
    for found in (straight, round_ones):
        assert found.shape == (len(LAGS) * HINGES**2,)
        assert (found**2).sum() == pytest.approx(len(LAGS))
    same = np.eye(HINGES, dtype=bool)[None].repeat(len(LAGS), axis=0).ravel()
    assert (straight[same] ** 2).sum() == pytest.approx(len(LAGS))  # no direction ever changes
    assert (round_ones[same] ** 2).sum() < 2.5
    assert hinges(waves(unit=40.0)) == pytest.approx(round_ones, abs=1e-6)
    assert not hinges(np.array([[0.0, 0.0, 1.0]])).any()
