"""The application as a person uses it, with the shipped network."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.colorize.app import Colorize, preprocess
from neuropil.apps.colorize.cielab import lab_from_rgb, lightness
from neuropil.apps.colorize.hints import Hint
from neuropil.apps.colorize.lab.metrics import Bytes
from neuropil.kit.media.frame import Frame
from neuropil.kit.media.image import Image


@pytest.fixture(scope="module")
def app() -> Colorize:
    return Colorize(threads=1)


def landscape(height: int = 96, width: int = 128, kind: type = np.uint8) -> Image:
    """Make a bright half above a darker, textured one."""
    rng = np.random.default_rng(0)
    grey = np.full((height, width), 0.75)
    grey[height // 2 :] = 0.35
    grey += rng.normal(0, 0.02, grey.shape)
    top = np.iinfo(kind).max
    return Image(np.repeat((grey.clip(0, 1) * top).astype(kind)[..., None], 3, axis=2))


@pytest.mark.parametrize("strength", [0.5, 1.0, 3.0])
def test_lightness_is_the_photographs_own(app: Colorize, strength: float) -> None:
    photo = landscape(kind=np.uint16)  # 16 bits, so that encoding hides nothing
    made = app(photo, strength=strength)
    assert np.abs(lightness(made.pixels) - lightness(photo.pixels)).max() < 0.5


def test_color_that_is_there_is_ignored(app: Colorize) -> None:
    first = app(landscape(kind=np.uint16))
    again = app(first)  # its colors gone in, its lightness the same
    assert np.abs(lab_from_rgb(first.pixels) - lab_from_rgb(again.pixels)).mean() < 0.5


def test_a_hint_colors_what_it_lies_on(app: Colorize) -> None:
    photo = landscape()
    hint = Hint.parse("64,20,#4060c0")
    before, after = (
        lab_from_rgb(p.pixels)[..., 1:] for p in (app(photo), app(photo, hints=(hint,)))
    )
    assert np.hypot(*(after[20, 64] - hint.ab)) < np.hypot(*(before[20, 64] - hint.ab))
    change = np.hypot(*np.moveaxis(after - before, -1, 0))
    assert change[10:40].mean() > change[60:].mean()  # the half above more than the one below


def test_a_hint_outside_is_refused() -> None:
    for x, y in ((-1, 5), (128, 5), (5, 96)):
        with refused("option.range", f"{x},{y}", "0 to 127", "0 to 95"):
            preprocess(landscape().pixels, (Hint(x, y, (9, 9, 9)),))


def test_alternatives_differ_and_come_again(app: Colorize) -> None:
    photo = landscape()
    one, same, other = (
        [image.pixels for image in app.explore(photo, alternatives=3, seed=seed).alternatives]
        for seed in (1, 1, 2)
    )
    assert len(one) == 3
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert not np.array_equal(one[0], one[1])


def test_places_to_ask_about_lie_inside_and_apart(app: Colorize) -> None:
    coloring = app.explore(landscape(33, 47), suggestions=9)
    assert len(set(coloring.places)) == 9
    assert all(0 <= place.x < 47 and 0 <= place.y < 33 for place in coloring.places)


def still(pixels: Bytes, n: int) -> Iterator[Frame]:
    rng = np.random.default_rng(0)
    for t in range(n):
        grain = rng.normal(0, 3, (*pixels.shape[:2], 1))
        yield Frame(np.clip(pixels + grain, 0, 255).astype(np.uint8), Fraction(t, 25))


def test_a_film_flickers_less_than_its_frames(app: Colorize) -> None:
    pixels = np.asarray(landscape().pixels, np.uint8)
    single = [lab_from_rgb(app(Image(f.pixels)).pixels)[..., 1:] for f in still(pixels, 6)]
    steady = [lab_from_rgb(f.pixels)[..., 1:] for f in app.film(still(pixels, 6), (), 1.0)]

    def flicker(colors: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]) -> float:
        return float(np.mean([np.abs(b - a).mean() for a, b in pairwise(colors)]))

    assert flicker(steady) < 0.8 * flicker(single)


def test_a_film_takes_frames_one_by_one(app: Colorize) -> None:
    given = 0

    def frames() -> Iterator[Frame]:
        nonlocal given
        for frame in still(np.asarray(landscape().pixels, np.uint8), 50):
            given += 1
            yield frame

    made = app.film(frames(), (), 1.0)
    next(made)
    next(made)
    assert given == 2
