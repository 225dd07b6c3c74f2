"""The application as a person uses it, with the shipped network."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from listening import listening
from refusals import refused

from neuropil.apps.colorize.app import Colorize, find_film_inside, preprocess
from neuropil.apps.colorize.cielab import lab_from_rgb, lightness
from neuropil.apps.colorize.hints import Hint
from neuropil.apps.colorize.lab.metrics import Bytes
from neuropil.apps.colorize.probe import At
from neuropil.apps.colorize.rectangle import Rectangle
from neuropil.kit.media.film import Film
from neuropil.kit.media.film_writer import write_film
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


def test_alternatives_are_ranked_by_likelihood(app: Colorize) -> None:
    explored = app.explore(landscape(), alternatives=5, suggestions=0)
    assert len(explored.likelihoods) == 5
    assert list(explored.likelihoods) == sorted(explored.likelihoods, reverse=True)
    assert explored.likelihoods[0] > explored.likelihoods[-1] > 0
    few = app.explore(landscape(), alternatives=0, suggestions=0)
    assert few.likelihoods == ()


def stripes() -> Image:
    """Make sixteen upright stripes, every second one dark."""
    rng = np.random.default_rng(0)
    grey = np.where(np.arange(256) // 16 % 2, 210, 50) + rng.normal(0, 4, (96, 256))
    return Image(np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2))


def test_alternatives_differ_in_things(app: Colorize) -> None:
    """Where imagined hints don't reach, an alternative is the picture."""
    explored = app.explore(stripes(), alternatives=3, suggestions=0)
    picture = lab_from_rgb(explored.picture.pixels)[..., 1:]
    for image in explored.alternatives:
        change = np.hypot(*np.moveaxis(lab_from_rgb(image.pixels)[..., 1:] - picture, -1, 0))
        of_stripe = change.reshape(96, 16, 16).mean(axis=(0, 2))
        assert of_stripe.max() > 3
        assert of_stripe.min() < 0.1 * of_stripe.max()


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


def textured(height: int = 90, width: int = 120) -> Image:
    """Make a landscape in which nothing is even."""
    rng = np.random.default_rng(3)
    grey = np.asarray(landscape(height, width).pixels, np.float64) + rng.normal(
        0, 30, (height, width, 1)
    )
    return Image(grey.clip(0, 255).astype(np.uint8))


def mount(photo: Image, left: int, top: int, tone: tuple[int, int, int]) -> Image:
    """Put a picture on a border, which is 9 pixels right and 7 below."""
    sizes = ((top, 7), (left, 9), (0, 0))
    pixels = np.pad(np.asarray(photo.pixels, np.uint8), sizes)
    inside = np.pad(np.ones(photo.pixels.shape[:2], bool), sizes[:2])
    pixels[~inside] = tone
    return Image(pixels)


CREAM, BLACK = (236, 224, 196), (9, 9, 9)


@pytest.mark.parametrize("tone", [CREAM, BLACK, (255, 255, 255), (120, 120, 120)])
def test_a_border_stays_grey_and_spoils_nothing(app: Colorize, tone: tuple[int, int, int]) -> None:
    photo = textured()
    framed = mount(photo, 8, 12, tone)
    with listening() as said:
        made = app(framed).pixels
    assert np.array_equal(made[12:-7, 8:-9], app(photo).pixels)
    border = np.ones(made.shape[:2], bool)
    border[12:-7, 8:-9] = False
    assert np.abs(lab_from_rgb(made[border])[..., 1:]).max() < 1
    assert (
        np.abs(lightness(made[None, border]) - lightness(framed.pixels[None, border])).max() < 0.5
    )
    assert [line for line in said if "x 8 to 127, y 12 to 101" in line]


def test_around_an_oval_all_stays_grey(app: Colorize) -> None:
    oval = Rectangle(10, 6, 110, 84, is_oval=True)
    y, x = np.ogrid[:90, :120]
    around = oval.radius(x, y) >= 1
    pixels = np.where(around[..., None], CREAM, textured().pixels).astype(np.uint8)
    explored = app.explore(Image(pixels), alternatives=1, suggestions=9)
    frame = explored.frame
    assert frame is not None
    assert frame.is_oval
    assert np.abs(np.subtract((frame.left, frame.top), (10, 6))).max() <= 1
    for made in (explored.picture, *explored.alternatives):
        ab = np.abs(lab_from_rgb(made.pixels)[..., 1:])
        assert ab[oval.radius(x, y) > 1.05].max() < 1
        assert ab[oval.radius(x, y) < 0.9].max() > 1
    assert len(explored.places) == 9
    assert all(frame.holds(place.x, place.y) for place in explored.places)
    with refused("option.range", "at 12,8", "border"):
        app.probe(Image(pixels), at=At(12, 8))


def test_hints_and_places_are_those_of_the_whole_picture(app: Colorize) -> None:
    photo = textured()
    framed = mount(photo, 8, 12, CREAM)
    hint, moved = (Hint(x, y, (40, 90, 200)) for x, y in ((50, 20), (58, 32)))
    assert np.array_equal(
        app(framed, hints=(moved,)).pixels[12:-7, 8:-9], app(photo, hints=(hint,)).pixels
    )
    bare, explored = app.explore(photo, alternatives=1), app.explore(framed, alternatives=1)
    assert bare.frame is None
    assert explored.frame == Rectangle(8, 12, 128, 102)
    assert [(p.x + 8, p.y + 12) for p in bare.places] == [(p.x, p.y) for p in explored.places]
    for one, other in (
        (bare.alternatives[0], explored.alternatives[0]),
        (bare.confidence, explored.confidence),
    ):
        assert np.array_equal(one.pixels, other.pixels[12:-7, 8:-9])


def test_a_hint_on_a_border_says_that_it_is_none(app: Colorize) -> None:
    framed = mount(textured(), 8, 12, BLACK)
    hint = Hint(3, 3, (40, 90, 200))
    assert app.explore(framed, hints=(hint,), alternatives=0, suggestions=0).frame is None
    colored = lab_from_rgb(app(framed, hints=(hint,)).pixels[3, 3])
    assert np.abs(colored[1:]).max() > 1


def test_a_pixel_is_opened_through_the_border(app: Colorize) -> None:
    framed = mount(textured(), 8, 12, CREAM)
    probe = app.probe(framed, at=At(60, 50))
    assert probe.probed_image is not None
    assert probe.probed_image.crop == pytest.approx((8 / 137, 12 / 109, 128 / 137, 102 / 109))
    painted = app(framed).pixels[50, 60]
    ran = [step.record.observed.a for step in probe.steps[:3]]
    assert np.abs(np.array(ran) - painted).max() <= 0.5 + 1e-3
    with refused("option.range", "at 3,50", "border", "8 to 127", "12 to 101"):
        app.probe(framed, at=At(3, 50))


def test_the_bars_of_a_film_stay_black_in_all_of_it(app: Colorize, tmp_path: Path) -> None:
    photo = np.asarray(textured(64, 128).pixels, np.uint8)
    picture = np.pad(photo, ((16, 16), (0, 0), (0, 0)))
    dark = np.pad(photo // 30, ((16, 16), (0, 0), (0, 0)))  # alone it would show no bars
    shots = [dark] + 30 * [picture]
    write_film(
        tmp_path / "bars.mkv",
        (Frame(pixels, Fraction(t, 25)) for t, pixels in enumerate(shots)),
        fps=Fraction(25),
    )
    with listening() as said:
        frames = list(app(Film.open(tmp_path / "bars.mkv")).frames())
    assert len([line for line in said if "y 16 to 79" in line]) == 1
    for frame in frames:
        bars = np.concatenate([frame.pixels[:16], frame.pixels[80:]])
        assert np.ptp(bars.astype(int), axis=-1).max() == 0


def test_bars_of_a_part_are_none_of_the_whole_film(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuropil.apps.colorize.app.FILM_SAMPLE", 4)
    whole = np.asarray(textured(96, 128).pixels, np.uint8)
    bars = np.pad(whole[16:80], ((16, 16), (0, 0), (0, 0)))
    path = tmp_path / "trailer.mkv"
    shots = (Frame(p, Fraction(t, 25)) for t, p in enumerate(96 * [bars] + 96 * [255 - whole]))
    write_film(path, shots, fps=Fraction(25))
    assert find_film_inside(Film.open(path), ()) is None
