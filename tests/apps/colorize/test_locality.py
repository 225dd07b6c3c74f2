"""Hints that surprise reach over what they lie on; those that don't, everywhere."""

from pathlib import Path

import numpy as np
import pytest

import neuropil
from neuropil.apps.colorize.app import Colorize, NetworkInput, preprocess
from neuropil.apps.colorize.cielab import Floats, lab_from_rgb
from neuropil.apps.colorize.hints import Hint
from neuropil.apps.colorize.locality import (
    CHANGE_OF_COLORS,
    CHANGE_OF_LIGHT,
    EXPECTED,
    FALL,
    REACH,
    SURPRISING,
    LocalColors,
    measure_surprise,
    reach_of_hints,
    shortest_paths,
)
from neuropil.apps.colorize.probe import At
from neuropil.kit.media.image import Image

SAMPLES = Path(neuropil.__file__).parent / "samples"


def flat(height: int = 6, width: int = 9) -> tuple[Floats, Floats]:
    """Make a lightness and probabilities of two colors without any change."""
    return np.full((height, width), 50, np.float32), np.full((2, height, width), 0.5, np.float32)


def test_surprise_is_how_far_a_hint_is_from_what_was_thought() -> None:
    ab = np.zeros((4, 5, 2), np.float32)
    ab[2, 3] = 30, 40
    places = np.array([[2.5, 3.5], [2.5, 3.5], [0, 0], [0, 0]], np.float32)
    middle = (EXPECTED + SURPRISING) / 2
    colors = np.array([[30, 40], [30 + middle, 40], [0, 99], [EXPECTED, 0]], np.float32)
    assert measure_surprise((places, colors), ab) == pytest.approx([0, 0.5, 1, 0])


def test_paths_go_around_what_differs() -> None:
    values = np.zeros((3, 5, 1), np.float32)
    values[:2, 2] = 100  # a wall, open below
    paths = shortest_paths(np.array([[0, 0]]), values)[0] * REACH
    assert paths[0, 1] == pytest.approx(1)
    assert paths[1, 1] == pytest.approx(2**0.5)
    around = 2 * 2 * 2**0.5  # down to the gap, and up again
    assert paths[0, 4] == pytest.approx(around)
    assert paths[0, 2] == pytest.approx(100 * REACH, rel=1e-3)


def test_a_hint_reaches_less_the_more_it_surprises_and_never_over_an_edge() -> None:
    light, p = flat(6, 40)
    light[:, 35:] = 50 + 2 * CHANGE_OF_LIGHT
    place = np.array([[2.5, 2.5]], np.float32)
    full = reach_of_hints(place, np.array([1.0], np.float32), light, p)
    half = reach_of_hints(place, np.array([0.5], np.float32), light, p)
    assert full[2, 2] == half[2, 2] == 1
    assert full[2, 32] == pytest.approx(np.exp(-((30 / REACH) ** FALL) / 2))
    assert (full[:, :32] > 0.9).all()
    assert (full[:, 35:] < 0.02).all()
    assert full[2, 35] < half[2, 35]


def test_what_is_as_light_is_told_apart_by_the_colors_that_it_may_have() -> None:
    light, p = flat()
    p[:, :, 5:] = np.array([1, 0], np.float32)[:, None, None]
    place = np.array([[2.5, 4.5]], np.float32)
    m = reach_of_hints(place, np.array([4.0], np.float32), light, p)
    step = np.hypot(2 * np.sin(np.pi / 8) / CHANGE_OF_COLORS, 1 / REACH)  # √p: π/4 of a circle
    assert m[2, 5] == pytest.approx(np.exp(-((4 * step) ** FALL) / 2), abs=1e-6)
    assert m[2, 3] > 0.9 > 0.01 > m[2, 5]


def test_colors_are_mixed_by_their_share() -> None:
    share = np.array([[1, 0.25]], np.float32)
    told, expected = np.full((1, 2, 2), 8, np.float32), np.zeros((1, 2, 2), np.float32)
    hints = np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    assert np.array_equal(LocalColors(told, expected, share, hints).ab[0], [[8, 8], [2, 2]])


@pytest.fixture(scope="module")
def app() -> Colorize:
    return Colorize(threads=1)


def disk() -> Image:
    """Make a light disk before a dark, textured ground."""
    rng = np.random.default_rng(0)
    y, x = np.indices((96, 128))
    grey = np.where((y - 48) ** 2 + (x - 64) ** 2 < 24**2, 200, 80) + rng.normal(0, 4, (96, 128))
    return Image(np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2))


def view(*hints: Hint) -> NetworkInput:
    return preprocess(disk().pixels, hints)


STRONG = Hint(64, 48, (255, 60, 255))


def test_a_strong_hint_leaves_what_is_far_as_it_was(app: Colorize) -> None:
    bare, told = (lab_from_rgb(app(disk(), hints=h).pixels)[..., 1:] for h in ((), (STRONG,)))
    change = np.hypot(*np.moveaxis(told - bare, -1, 0))
    assert change[40:56, 56:72].mean() > 10
    assert np.delete(change, np.s_[16:80], axis=0).mean() < 0.1 * change[40:56, 56:72].mean()


def test_strong_hints_on_a_wall_leave_the_sky_beside_it(app: Colorize) -> None:
    """Of the white church among the samples: a third of the change was in the sky once."""
    church = Image.open(SAMPLES / "church.jpg")
    for color in ((200, 60, 50), (60, 80, 200), (60, 160, 60)):
        hints = tuple(Hint(x, y, color) for x, y in ((215, 180), (160, 230), (240, 300)))
        told, bare = (lab_from_rgb(app(church, hints=h).pixels)[..., 1:] for h in (hints, ()))
        change = np.hypot(*np.moveaxis(told - bare, -1, 0))
        wall, sky = change[240:310, 130:290].mean(), change[:130, :170].mean()
        assert wall > 20
        assert sky < 0.05 * wall


def test_hints_that_are_expected_are_the_networks_alone(app: Colorize) -> None:
    bare = app.look(preprocess(disk().pixels, ()))
    ab = app.predict_colors(bare, bare.hints)
    h, w, _ = ab.shape
    expected = np.array([[h / 2, w / 2]], np.float32), ab[h // 2, w // 2][None]
    told = app.mean_colors(app.logits(bare, [expected]))
    assert np.array_equal(app.predict_colors(bare, expected), told)


@pytest.mark.parametrize("place", [(64, 48), (40, 48), (4, 4)])
def test_the_mixture_is_opened_as_a_sum(app: Colorize, place: tuple[int, int]) -> None:
    red, green, blue = map(int, app(disk()).pixels[80, 100])
    known = Hint(100, 80, (red, green, blue))
    probe = app.probe(disk(), at=At(*place), hints=(STRONG, known))
    painted = app(disk(), hints=(STRONG, known)).pixels[place[1], place[0]]
    ran = [step.record.observed.a for step in probe.steps[:3]]
    assert np.abs(np.array(ran) - painted).max() <= 0.5 + 1e-3
    for step in probe.steps:  # each is what its terms say, and what the next one starts from
        record = step.record
        assert record.a == pytest.approx(record.observed.a, rel=1e-4, abs=2e-3)
        for term, child in step.children.items():
            if child < len(probe.steps):
                below = probe.steps[child].record.observed.a
                assert record.terms[term].x == pytest.approx(below, rel=1e-4, abs=1e-4)
