"""Digits on pages with shadows and ruled lines are read; what is no digit is said to be none."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from neuropil.apps.neuron import digit_reader
from neuropil.apps.neuron.app import Neuron
from neuropil.apps.neuron.demo import SAMPLES
from neuropil.apps.neuron.digit_cutout import cut_out
from neuropil.core import Network, digits
from neuropil.kit.media.image import Image

Floats = NDArray[np.float64]
SIDE, PAPER, PEN = 320, 0.95, 0.12  # pixels of a page; brightness
EVERY = 8  # one of so many test digits is drawn


def draw(x: NDArray[np.float32]) -> Floats:
    """Draw 64 pixels of a digit as strokes on a page (320, 320)."""
    small = Picture.fromarray((255 * x.reshape(8, 8)).astype(np.uint8))
    grey = np.asarray(small.resize((200, 200), Picture.Resampling.BICUBIC)) / 255
    page = np.full((SIDE, SIDE), PAPER)
    page[50:250, 70:270] += np.clip((grey - 0.35) / 0.2, 0, 1) * (PEN - PAPER)
    return page


def to_image(page: Floats) -> Image:
    noisy = page + np.random.default_rng(0).normal(0, 0.015, page.shape)
    grey = (255 * np.clip(noisy, 0, 1)).astype(np.uint8)
    return Image(np.repeat(grey[..., None], 3, axis=2))


def shade(page: Floats) -> Floats:
    """Let the light fall to 45 % across the paper."""
    made: Floats = page * np.linspace(1, 0.45, SIDE)
    return made


def halve(page: Floats) -> Floats:
    """Lay a shadow with a sharp edge over it."""
    made: Floats = page * np.repeat([1.0, 0.5], [140, 180])
    return made


def rule(page: Floats) -> Floats:
    """Draw ruled lines, under the strokes."""
    lines = np.full((SIDE, 1), PAPER)
    lines[12::30] = lines[13::30] = 0.6
    made: Floats = np.minimum(page, lines)
    return made


def square(page: Floats) -> Floats:
    made: Floats = np.minimum(rule(page), rule(page.T).T)
    return made


def invert(page: Floats) -> Floats:
    """Write with chalk."""
    made: Floats = 1 - shade(page)
    return made


@pytest.fixture(scope="module")
def network() -> Network:
    return digit_reader.train(seed=0)[0]


@pytest.mark.parametrize("change", [np.copy, shade, halve, rule, square, invert])
def test_digits_on_paper_are_read(change: Callable[[Floats], Floats], network: Network) -> None:
    """By the global threshold that was here before, 5 to 15 of 100 were read on such paper."""
    data = digits()
    told = []
    for x in data.x_test[::EVERY]:
        cut = cut_out(to_image(change(draw(x))))
        pixels = digit_reader.reduce_to_pixels(cut.ink)
        best = int(network.predict(pixels[None])[0].argmax())
        distance = digit_reader.measure_distance(pixels, best)
        told.append(-1 if digit_reader.find_doubts(best, 1, distance, cut.share) else best)
    assert np.mean(np.array(told) == data.y_test[::EVERY]) > 0.88


def write(text: str) -> Image:
    page = Picture.new("L", (300, 200), 240)
    ImageDraw.Draw(page).text(
        (150, 100), text, font=ImageFont.load_default(110), fill=20, anchor="mm"
    )
    return to_image(np.asarray(page) / 255)


def noise() -> Image:
    return Image(np.random.default_rng(0).integers(256, size=(90, 90, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Image.open(SAMPLES / "church.jpg"), "away"),
        (lambda: Image.open(SAMPLES / "parade.jpg"), "away"),
        (noise, "away"),
        (lambda: write("M"), "away"),
        (lambda: write("5   2"), "of the ink"),
    ],
)
def test_what_is_no_digit_is_no_clear_digit(make: Callable[[], Image], reason: str) -> None:
    made = Neuron().digit(make())
    assert made.digit is None
    assert reason in ", ".join(made.doubts)
    assert made.document.text.startswith(f"no clear digit: {made.doubts[0]}")
    assert "CHECK FAILED" not in made.document.text


def test_a_thin_pen_is_as_good_as_a_thick_one(network: Network) -> None:
    for width in (2, 6, 16):
        page = Picture.new("L", (200, 200), 240)
        corners = [(130, 40), (75, 40), (70, 90), (110, 88), (132, 112), (122, 148), (90, 160)]
        ImageDraw.Draw(page).line([*corners, (66, 142)], fill=30, width=width, joint="curve")
        x = digit_reader.preprocess(to_image(np.asarray(page) / 255))
        assert int(network.predict(x[None])[0].argmax()) == 5
        assert digit_reader.measure_distance(x, 5) < digit_reader.MAX_DISTANCE


def test_what_is_printed_is_the_softmax_of_the_neuron_that_is_opened(network: Network) -> None:
    x = digits().x_test[7]
    z = network.predict(x[None])[0].astype(np.float64)
    last, _ = digit_reader.explain(network, x, int(z.argmax()))
    assert last.observed.z == pytest.approx(z.max(), rel=1e-6)
    p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    assert last.dL_dz == pytest.approx(p.max() - 1, abs=1e-6)


def test_it_is_as_sure_as_it_is_right(network: Network) -> None:
    """The mean probability of the answers is their share that is right, but for 3 points."""
    data = digits()
    x = np.array([digit_reader.preprocess(to_image(draw(x))) for x in data.x_test[::3]])
    z = network.predict(x).astype(np.float64)
    p = np.exp(z - z.max(axis=1, keepdims=True))
    sure = (p.max(axis=1) / p.sum(axis=1)).mean()
    assert abs(sure - (z.argmax(axis=1) == data.y_test[::3]).mean()) < 0.03


def test_a_tall_stroke_through_the_picture_is_no_ruled_line() -> None:
    page = np.full((120, 60), PAPER)
    page[:, 18:42] = PEN
    assert cut_out(to_image(page)).ink.shape == (120, 24)
