"""Borders are found where there are some, and nowhere else."""

import numpy as np
import pytest
from mounts import Bytes, surround, texture
from PIL import Image as Picture

from neuropil.apps.colorize.border import find_inside, find_lasting_inside
from neuropil.apps.colorize.rectangle import Rectangle


@pytest.mark.parametrize("tone", [0, 12, 128, 235, 255])
@pytest.mark.parametrize("sizes", [(9, 9, 9, 9), (3, 14, 6, 8), (40, 40, 40, 40)])
def test_a_border_is_found(tone: int, sizes: tuple[int, int, int, int]) -> None:
    above, _, left, _ = sizes
    found = find_inside(surround(texture(), sizes, tone))
    assert found == Rectangle(left, above, left + 160, above + 120)


def test_borders_inside_one_another_are_found() -> None:
    edge = surround(texture(), (4, 4, 4, 4), 10)
    mat = surround(edge, (14, 18, 14, 14), 240)
    bed = surround(mat, (5, 9, 6, 6), 40)
    assert find_inside(bed) == Rectangle(24, 23, 184, 143)


@pytest.mark.parametrize(("outer", "inner"), [(0, 255), (255, 0), (10, 235)])
def test_they_are_found_in_pictures_that_are_reduced_for_it(outer: int, inner: int) -> None:
    """Where a line of the reduced picture is a blend of both borders."""
    mat = surround(texture(300, 436), (40, 40, 40, 40), inner)
    found = find_inside(surround(mat, (20, 20, 20, 20), outer))
    assert found is not None
    edges = np.array([found.left, found.top, found.right, found.bottom])
    assert np.abs(edges - (60, 60, 496, 360)).max() <= 2


@pytest.mark.parametrize("degrees", [-1.2, 0.8])
def test_a_border_that_is_slightly_turned_is_found(degrees: float) -> None:
    straight = surround(texture(), (16, 16, 16, 16), 245)
    turned = Picture.fromarray(straight).rotate(degrees, fillcolor=(245, 245, 245))
    found = find_inside(np.asarray(turned))
    assert found is not None
    edges = np.array([found.left, found.top, found.right, found.bottom])
    assert np.abs(edges - (16, 16, 176, 136)).max() <= 4


def test_a_deckled_border_is_found() -> None:
    framed = surround(surround(texture(), (8, 8, 8, 8), 245), (14, 14, 14, 14), 30)
    for x in range(14, 14 + 176, 6):  # teeth of the white paper's edge
        framed[14:16, x : x + 3] = 30
        framed[-16:-14, x : x + 3] = 30
    assert find_inside(framed) == Rectangle(22, 22, 182, 142)


@pytest.mark.parametrize("sizes", [(16, 16, 0, 0), (0, 0, 22, 22)])
def test_bars_on_two_sides_are_found(sizes: tuple[int, int, int, int]) -> None:
    above, _, left, _ = sizes
    found = find_inside(surround(texture(), sizes, 3))
    assert found == Rectangle(left, above, left + 160, above + 120)


@pytest.mark.parametrize("tone", [4, 240, 255])
@pytest.mark.parametrize("sizes", [(0, 18, 0, 0), (0, 0, 8, 0), (12, 0, 0, 0), (0, 16, 9, 0)])
def test_strips_on_one_side_are_found(tone: int, sizes: tuple[int, int, int, int]) -> None:
    above, _, left, _ = sizes
    found = find_inside(surround(texture(), sizes, tone))
    assert found == Rectangle(left, above, left + 160, above + 120)


def test_a_strip_with_a_caption_is_found() -> None:
    framed = surround(texture(), (0, 24, 0, 0), 245)
    framed[128:136, 30:130:4] = 30  # the strokes of letters
    assert find_inside(framed) == Rectangle(0, 0, 160, 120)


def test_the_edges_of_a_large_picture_are_found_to_the_pixel() -> None:
    large = np.asarray(Picture.fromarray(texture()).resize((1600, 1200)))
    framed = surround(large, (83, 71, 55, 147), 240)
    assert find_inside(framed) == Rectangle(55, 83, 1655, 1283)


WITHOUT = (
    "texture,night sky,snow,white backdrop,sea,wall,grey strip,ice,bright top and bottom,blank"
)


def draw(kind: str) -> Bytes:
    """Draw what is even at its edges but has no border."""
    pixels = texture(seed=4)
    y, x = np.indices(pixels.shape[:2])
    if kind == "night sky":
        pixels[y < 70 + 12 * np.sin(x / 9)] = 6
    if kind == "snow":
        pixels[y > 60 + x // 4] = 250
    if kind == "white backdrop":
        pixels[((y - 60) / 50) ** 2 + ((x - 80) / (60 + 0.4 * (y - 60))) ** 2 > 1] = 255
    if kind == "sea":
        pixels[y < 50] = 190
    if kind == "wall":
        pixels[x < 30] = 120
    if kind == "grey strip":
        pixels[y > 105] = 150
    if kind == "ice":  # straight and white, but no blank paper
        pixels[y > 100] = (
            np.random.default_rng(5).normal(238, 9, pixels.shape)[y > 100].clip(0, 255)
        )
    if kind == "bright top and bottom":  # bars are black or white
        pixels[(y < 20) | (y > 99)] = 150
    if kind == "blank":
        pixels[:] = 200
    return pixels


@pytest.mark.parametrize("kind", WITHOUT.split(","))
def test_what_has_no_border_is_left_whole(kind: str) -> None:
    assert find_inside(draw(kind)) is None


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (33, 33), (2, 4000)])
def test_any_size_is_looked_at(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    assert find_inside(rng.integers(0, 255, (*size, 3), dtype=np.uint8)) is None


def test_16_bits_are_seen_as_8_are() -> None:
    framed = surround(texture(), (9, 9, 9, 9), 240)
    assert find_inside(framed.astype(np.uint16) * 257) == find_inside(framed)


def shoot(kind: str) -> list[Bytes]:
    """Make frames of a film in bars of 16 lines, of which some are otherwise."""
    frames = [surround(texture(seed=k), (16, 16, 0, 0), 2) for k in range(20)]
    for k in range(5):
        if kind == "black at first":
            frames[k] = np.zeros_like(frames[k])
        elif kind == "a fade":
            frames[k] = frames[k] // 5 * k
        elif kind == "words on a bar":
            frames[3 * k][-12:-4, 40:120:2] = 255
        else:  # another format
            frames[3 * k] = texture(152, 160, seed=30 + k)
    return frames


@pytest.mark.parametrize("kind", ["black at first", "a fade", "words on a bar"])
def test_bars_of_a_film_are_found(kind: str) -> None:
    assert find_lasting_inside(shoot(kind), 152, 160) == Rectangle(0, 16, 160, 136)


def test_bars_of_a_part_of_a_film_are_none() -> None:
    assert find_lasting_inside(shoot("another format"), 152, 160) is None
