"""A sign that is filmed by a shaking hand, and an overlay that stays on it."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from neuropil.apps.translate import setting
from neuropil.apps.translate.geometry import Quad, project
from neuropil.apps.translate.lines import Pixels
from neuropil.apps.translate.overlay import Overlay, warp
from neuropil.apps.translate.tracking import Motion, Tracker, inverse, likeness

WIDTH, HEIGHT = 320, 240
STILL = Motion(np.eye(3), 1.0, 0.0)


def draw_scene(text: str = "Ausgang freihalten") -> tuple[Pixels, list[Quad]]:
    image = Image.new("RGB", (WIDTH, HEIGHT), (90, 110, 80))
    drawn = ImageDraw.Draw(image)
    drawn.rectangle((40, 70, 280, 170), fill=(230, 225, 210))
    quads = []
    for n, line in enumerate(text.split()):
        place = (60, 80 + 42 * n)
        font = setting.load_font(setting.LIGHT, 34)
        drawn.text(place, line, font=font, fill=(20, 20, 90))
        left, top, right, bottom = drawn.textbbox(place, line, font=font)
        quads.append(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(0.8))), quads


def shake(t: int) -> np.ndarray:
    """Turn, move, tilt and approach a little."""
    a, s = 0.02 * np.sin(t), 1 + 0.02 * np.sin(2 * t)
    about = np.array([[1, 0, WIDTH / 2], [0, 1, HEIGHT / 2], [0, 0, 1]])
    moved = np.array(
        [
            [s * np.cos(a), -s * np.sin(a), 5 * np.sin(0.9 * t)],
            [s * np.sin(a), s * np.cos(a), 4 * np.cos(0.7 * t) - 4],
            [2e-5 * np.sin(t), 0, 1],
        ]
    )
    shaken: np.ndarray = about @ moved @ inverse(about)
    return shaken


def film(pixels: Pixels, matrix: np.ndarray, gain: float = 1.0) -> Pixels:
    moved = warp(Image.fromarray(pixels), Motion(matrix, 1, 0)) * gain
    noise = np.random.default_rng(0).normal(0, 2, moved.shape)
    return np.clip(moved + noise, 0, 255).astype(np.uint8)


def test_corners_are_found_to_a_tenth_of_a_pixel() -> None:
    pixels, quads = draw_scene()
    tracker = Tracker(pixels, quads)
    for t in range(1, 9):
        motion = tracker.follow(film(pixels, shake(t)))
        assert motion is not None
        off = motion.move(np.array(quads)) - project(shake(t), np.array(quads))
        assert np.abs(off).max() < 0.2


def test_the_light_is_found() -> None:
    pixels, quads = draw_scene()
    motion = Tracker(pixels, quads).follow(film(pixels, shake(2), gain=0.8))
    assert motion is not None
    assert motion.gain == pytest.approx([0.8, 0.8, 0.8], abs=0.05)
    off = motion.move(quads[0]) - project(shake(2), quads[0])
    assert np.abs(off).max() < 0.2


def draw_sharp() -> tuple[Pixels, list[Quad]]:
    image = Image.new("RGB", (WIDTH, HEIGHT), (20, 60, 140))
    font, quads = setting.load_font(setting.HEAVY, 24), []
    for n, line in enumerate(("Der Ausgang ist links", "Bitte nicht rauchen")):
        ImageDraw.Draw(image).text((30, 60 + 60 * n), line, font=font, fill="white")
        left, top, right, bottom = font.getbbox(line)
        box = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float)
        quads.append(box + np.array([30, 60 + 60 * n]))
    return np.asarray(image), quads


@pytest.mark.parametrize("gain", [1.0, 0.7])
def test_a_shaking_hand_does_not_change_the_light_of_sharp_text(gain: float) -> None:
    pixels, quads = draw_sharp()
    motion = Tracker(pixels, quads).follow(film(pixels, shake(3), gain))
    assert motion is not None
    assert np.mean(motion.gain) == pytest.approx(gain, abs=0.05)
    assert motion.gain * np.array([20, 60, 140]) + motion.bias == pytest.approx(
        gain * np.array([20, 60, 140]), abs=4
    )


def test_sharp_text_is_found_wherever_it_is_nearby() -> None:
    pixels, quads = draw_sharp()
    tracker = Tracker(pixels, quads)
    for x, y in np.random.default_rng(0).uniform(-4, 4, (20, 2)):
        matrix = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
        tracker.last = STILL.matrix
        motion = tracker.follow(film(pixels, matrix))
        assert motion is not None
        assert np.abs(motion.move(quads[0]) - quads[0] - [x, y]).max() < 0.2


def test_another_view_is_no_motion() -> None:
    pixels, quads = draw_scene()
    tracker = Tracker(pixels, quads)
    rng = np.random.default_rng(1)
    assert tracker.follow(rng.integers(0, 255, pixels.shape, np.uint8)) is None
    assert tracker.follow(np.full_like(pixels, 128)) is None
    assert tracker.follow(film(pixels, shake(1))) is not None


def test_a_sign_that_leaves_the_picture_is_lost() -> None:
    pixels, quads = draw_scene()
    tracker = Tracker(pixels, quads)
    found = [tracker.follow(np.roll(pixels, 12 * t, axis=1)) for t in range(1, 18)]
    assert found[0] is not None
    assert found[-1] is None


def test_a_picture_without_edges_has_nothing_to_follow() -> None:
    plain = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    assert Tracker(plain, [draw_scene()[1][0]]).follow(plain) is None


def test_an_overlay_is_where_the_text_is() -> None:
    pixels, _ = draw_scene()
    replaced, _ = draw_scene("Keep clear")
    overlay = Overlay(pixels, replaced)
    still = overlay.lay(pixels, STILL).astype(int)
    assert np.abs(still - replaced).max() <= 1
    shown = overlay.lay(film(pixels, shake(3)), Motion(shake(3), 1.0, 0.0)).astype(int)
    assert np.abs(shown - film(replaced, shake(3))).mean() < 1.5


def test_what_was_not_replaced_is_the_new_picture() -> None:
    pixels, _ = draw_scene()
    replaced = pixels.copy()
    replaced[100:110, 100:120] = 0
    other = film(pixels, shake(5), gain=0.7)
    shown = Overlay(pixels, replaced).lay(other, STILL)
    assert (shown[:90] == other[:90]).all()
    assert (shown[:, :90] == other[:, :90]).all()


def test_nothing_is_laid_over_hidden_quads() -> None:
    pixels, quads = draw_scene()
    replaced = np.zeros_like(pixels)
    shown = Overlay(pixels, replaced).lay(pixels, STILL, quads[:1])
    assert (shown[90:110, 70:120] == pixels[90:110, 70:120]).all()
    assert (shown[140:150, 70:120] == 0).all()


def test_likeness_is_a_correlation() -> None:
    values = np.array([1, 2, 3, 4], np.float32)
    assert likeness(values, 5 - 2 * values) == pytest.approx(-1)
    assert likeness(values, np.ones(4, np.float32)) == 0
