"""What is around known lines: told apart where it changed, not where the camera or light did."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from neuropil.apps.translate import setting
from neuropil.apps.translate.geometry import Matrix, Quad
from neuropil.apps.translate.lines import Pixels
from neuropil.apps.translate.surroundings import Surroundings, steepness

WIDTH, HEIGHT = 640, 480
STILL = np.eye(3)
PLACE = np.array([[200, 190], [440, 190], [440, 250], [200, 250]], np.float64)


def scene() -> Pixels:
    """Draw blots larger than cells, and a plain rim."""
    noise = np.random.default_rng(0).integers(60, 200, (HEIGHT // 8, WIDTH // 8), np.uint8)
    image = Image.fromarray(noise).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    made = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    soft = image.filter(ImageFilter.GaussianBlur(8)).convert("RGB")
    made[80:-80, 80:-80] = np.asarray(soft)[80:-80, 80:-80]
    return made


def write(pixels: Pixels, size: int = 40) -> Pixels:
    """Write a word into a picture."""
    image = Image.fromarray(pixels)
    font = setting.load_font(setting.HEAVY, size)
    ImageDraw.Draw(image).text((210, 195), "Ausgang", font=font, fill="white")
    return np.asarray(image)


def move(pixels: Pixels, x: int, y: int) -> tuple[Pixels, Matrix]:
    """Move a picture; what comes into it is what was at its edge."""
    around = np.pad(pixels, ((64, 64), (64, 64), (0, 0)), mode="edge")
    moved = around[64 - y : 64 - y + HEIGHT, 64 - x : 64 - x + WIDTH]
    return np.ascontiguousarray(moved), np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])


def changed(before: Pixels, after: Pixels, matrix: Matrix = STILL, *known: Quad) -> bool:
    return Surroundings(before, STILL).have_changed(after, matrix, known)


def test_a_word_that_appears_is_a_change() -> None:
    assert changed(scene(), write(scene()))
    assert changed(scene(), write(scene(), size=16))
    assert not changed(scene(), scene())


def test_what_changes_on_a_known_line_is_none() -> None:
    assert not changed(scene(), write(scene()), STILL, PLACE)


def test_a_camera_that_moves_is_none() -> None:
    pixels = write(scene())
    for x, y in ((3, 1), (-5, 4), (30, -20)):
        assert not changed(pixels, *move(pixels, x, y), PLACE + np.array([x, y]))
        assert changed(scene(), *move(pixels, x, y))


def test_the_place_of_the_camera_then_counts() -> None:
    then, now = move(scene(), 20, 10), move(scene(), -20, 16)
    assert not Surroundings(*then).have_changed(*now, [])


def test_light_and_noise_are_none() -> None:
    noise = np.random.default_rng(0).normal(20, 12, (HEIGHT, WIDTH, 3))
    assert not changed(scene(), (scene() + noise).clip(0, 255).astype(np.uint8))


def test_what_comes_into_view_is_one_where_it_has_edges() -> None:
    plain = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    matrix = np.array([[1, 0, -300], [0, 1, 0], [0, 0, 1]])
    assert not changed(plain, plain, matrix)
    assert changed(plain, write(plain), matrix)


def test_steps_are_measured_to_all_sides() -> None:
    cells = np.zeros((3, 4), np.float32)
    cells[1, 1] = 5
    assert steepness(cells).tolist() == [[0, 5, 0, 0], [5, 5, 5, 0], [0, 5, 0, 0]]
