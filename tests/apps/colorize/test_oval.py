"""Oval mounts are found around what lies in one, and the picture goes on behind them."""

import numpy as np
import pytest
from mounts import Bytes, surround, texture

from neuropil.apps.colorize.border import find_inside, find_lasting_inside
from neuropil.apps.colorize.oval import mirror_corners
from neuropil.apps.colorize.rectangle import Rectangle

OVAL = Rectangle(30, 12, 132, 110, is_oval=True)


def mount(oval: Rectangle, tone: int, size: tuple[int, int] = (120, 160), seed: int = 0) -> Bytes:
    """Lay a mount with grain around an oval part of a picture (H, W)."""
    y, x = np.ogrid[: size[0], : size[1]]
    grain = np.random.default_rng(1).normal(tone, 2, (*size, 1)).clip(0, 255)
    is_inside = (oval.radius(x, y) < 1)[..., None]
    return np.where(is_inside, texture(*size, seed), grain.astype(np.uint8))


def differ(found: Rectangle | None, oval: Rectangle) -> int:
    """Measure by how many pixels the sides differ at most; both are ovals."""
    assert found is not None
    assert found.is_oval
    one, other = (np.array((r.left, r.top, r.right, r.bottom)) for r in (found, oval))
    return int(np.abs(one - other).max())


@pytest.mark.parametrize("tone", [5, 232, 250])
@pytest.mark.parametrize(
    "box", [(30, 12, 132, 110), (20, 8, 120, 96), (38, 8, 122, 112), (3, 3, 157, 117)]
)
def test_an_oval_is_found(tone: int, box: tuple[int, int, int, int]) -> None:
    oval = Rectangle(*box, is_oval=True)
    assert differ(find_inside(mount(oval, tone)), oval) <= 1


def test_an_oval_is_found_in_a_large_picture() -> None:
    oval = Rectangle(300, 120, 1320, 1100, is_oval=True)
    assert differ(find_inside(mount(oval, 240, (1200, 1600))), oval) <= 6


def test_an_oval_is_found_within_a_border() -> None:
    framed = surround(mount(OVAL, 240), (9, 9, 12, 12), 20)
    assert differ(find_inside(framed), OVAL.move(12, 9)) <= 1


def test_an_oval_is_found_above_a_name() -> None:
    mounted = mount(OVAL, 240)
    mounted[112:117, 60:100:3] = 40
    assert differ(find_inside(mounted), OVAL) <= 1


@pytest.mark.parametrize("oval", [OVAL, Rectangle(2, 2, 158, 118, is_oval=True)])
def test_an_oval_of_a_film_is_found(oval: Rectangle) -> None:
    frames = [mount(oval, 5, seed=k) for k in range(12)]
    assert differ(find_lasting_inside(frames, 120, 160), oval) <= 2


def test_an_oval_that_closes_is_none_of_a_film() -> None:
    frames = [mount(OVAL, 5)] + [texture(seed=k) for k in range(12)]
    assert find_lasting_inside(frames, 120, 160) is None


@pytest.mark.parametrize("kind", ["half", "pear", "small", "rhomb", "pale inside"])
def test_what_is_no_oval_mount_is_left_whole(kind: str) -> None:
    pixels = mount(OVAL, 240)
    y, x = np.ogrid[:120, :160]
    if kind == "half":
        pixels[62:] = 240
    if kind == "pear":
        pixels = np.where((OVAL.radius(x + (y - 61) // 3, y) < 1)[..., None], texture(), 240)
    if kind == "small":
        pixels = mount(Rectangle(60, 40, 100, 80, is_oval=True), 240)
    if kind == "rhomb":
        is_inside = np.abs(x - 80) / 60 + np.abs(y - 60) / 50 < 1
        pixels = np.where(is_inside[..., None], texture(), 240)
    if kind == "pale inside":  # a thing before a white backdrop
        pixels[:, :70] = 240
    assert find_inside(pixels.astype(np.uint8)) is None


def test_corners_mirror_what_lies_within() -> None:
    y, x = np.ogrid[:40, :60]
    far = Rectangle(0, 0, 60, 40).radius(x, y).astype(np.float32)
    made = mirror_corners(far)
    inside = far < 1
    assert np.array_equal(made[inside], far[inside])
    assert made.max() < 1.02
    assert made[~inside] == pytest.approx(2 - far[~inside], abs=0.06)
