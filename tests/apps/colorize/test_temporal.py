"""Films: things found again, colors and hints carried with them, cuts seen."""

import numpy as np
import pytest
from PIL import Image as Picture

from neuropil.apps.colorize import temporal
from neuropil.apps.colorize.cielab import Floats
from neuropil.apps.colorize.locality import HintArrays

NOTHING = np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)


def texture(seed: int) -> Floats:
    """Lightness (64, 96) with things of a few cells."""
    noise = np.random.default_rng(seed).uniform(0, 100, (16, 24)).astype(np.float32)
    return np.asarray(Picture.fromarray(noise).resize((96, 64), Picture.Resampling.BICUBIC))


def constant(a: float, b: float) -> Floats:
    return np.full((16, 24, 2), (a, b), np.float32)


@pytest.mark.parametrize("moved", [(0, 0), (4, 0), (-2, 6), (6, -4)], ids=str)
def test_motion_is_found(moved: tuple[int, int]) -> None:
    before = texture(1)
    shift, misfit = temporal.block_matching(before, np.roll(before, moved, axis=(0, 1)))
    inside = slice(3, -3), slice(3, -3)
    assert (shift[inside] == (-moved[0], -moved[1])).all()  # where each came from
    assert misfit[inside].max() < 0.2
    assert shift.dtype == misfit.dtype == np.float32


@pytest.mark.parametrize("grain", [0.25, 3])
def test_grain_moves_nothing(grain: float) -> None:
    rng = np.random.default_rng(2)
    flat = np.full((64, 96), 50, np.float32)
    grainy = [(flat + rng.normal(0, grain, flat.shape)).astype(np.float32) for _ in "12"]
    assert not temporal.block_matching(*grainy)[0][
        3:-3, 3:-3
    ].any()  # beyond the border is no grain


def test_colors_are_carried() -> None:
    ab = np.random.default_rng(3).normal(0, 20, (16, 24, 2)).astype(np.float32)
    shift = np.full((16, 24, 2), (-4, 4), np.float32)  # from one cell above, one to the right
    made = temporal.warp_colors(ab, shift)
    assert np.array_equal(made[1:, :-1], ab[:-1, 1:])
    half = temporal.warp_colors(ab, np.full((16, 24, 2), (0, 2), np.float32))
    assert np.allclose(half[:, :-1], (ab[:, :-1] + ab[:, 1:]) / 2)
    assert np.array_equal(half[:, -1], ab[:, -1])  # nothing lies beyond the border


def test_a_still_picture_keeps_most_of_its_color() -> None:
    light = texture(4)
    state = temporal.next_state(temporal.initial_state(NOTHING), light, lambda _: constant(40, 0))
    assert np.array_equal(state.ab, constant(40, 0))
    state = temporal.next_state(state, light, lambda _: constant(0, 0))
    assert np.allclose(state.ab, constant(40 * temporal.KEEP, 0))


def test_colors_move_along() -> None:
    light = texture(5)
    colors = constant(0, 0)
    colors[6:10, 8:12] = 40
    state = temporal.next_state(temporal.initial_state(NOTHING), light, lambda _: colors)
    moved = np.roll(light, (4, 4), axis=(0, 1))  # one cell down, one to the right
    state = temporal.next_state(state, moved, lambda _: constant(0, 0))
    expected = temporal.KEEP * np.roll(colors, (1, 1), axis=(0, 1))
    assert np.abs(state.ab - expected)[2:-2, 2:-2].max() < 1.5


def test_a_cut_starts_anew() -> None:
    told = np.array([[8.0, 8.0]], np.float32), np.array([[30.0, 0.0]], np.float32)
    asked: list[HintArrays] = []

    def predict(hints: HintArrays) -> Floats:
        asked.append(hints)
        return constant(-10, 10) if len(asked) == 2 else constant(40, 0)

    state = temporal.next_state(temporal.initial_state(told), texture(6), predict)
    state = temporal.next_state(state, texture(7), predict)
    assert [len(places) for places, _ in asked] == [1, 0]  # hints were of the other scene
    assert np.array_equal(state.ab, constant(-10, 10))
    assert len(state.told[0]) == 0


def test_hints_move_along_and_leave() -> None:
    light = texture(8)
    places = np.array([[8.5, 8.5], [8.5, 23.5]], np.float32)
    told = places, np.array([[30, 0], [0, 30]], np.float32)
    state = temporal.next_state(temporal.initial_state(told), light, lambda _: constant(0, 0))
    after, colors = temporal.warp_hints(state.told, np.full((16, 24, 2), (0, -4), np.float32))
    assert after.tolist() == [[8.5, 9.5]]  # one cell to the right; the other left the picture
    assert colors.tolist() == [[30, 0]]
    state = temporal.next_state(state, np.roll(light, 4, axis=1), lambda _: constant(0, 0))
    assert state.told[0][0].tolist() == [8.5, 9.5]
    assert temporal.warp_hints(NOTHING, np.zeros((16, 24, 2), np.float32)) is NOTHING
