"""What is drawn of drives, and what is made of the network's means."""

import numpy as np
import pytest

from neuropil.apps.drive import render
from neuropil.apps.drive.driving import Instant, Lap, Taped, packed
from neuropil.apps.drive.infer import Drove
from neuropil.apps.drive.sight import SEEN, looked_at

SIDES = (46, 21, 9, 7, 5)


def means(row: int, column: int) -> dict[str, np.ndarray]:
    """Light up one place of the picture in every convolution."""
    made = {}
    for name, side in zip(SEEN, SIDES, strict=True):
        made[name] = np.zeros((1, 1, side, side), np.float32)
        made[name][0, 0, row * side // 96, column * side // 96] = 2
    return made


@pytest.mark.parametrize("place", [(48, 48), (10, 80), (80, 12)])
def test_what_all_convolutions_agree_on_is_looked_at(place: tuple[int, int]) -> None:
    mask = looked_at(means(*place))
    assert mask.shape == (96, 96)
    assert mask.max() == pytest.approx(1)
    row, column = np.unravel_index(mask.argmax(), mask.shape)
    assert abs(row - place[0]) < 6
    assert abs(column - place[1]) < 6
    assert (mask > 0.1).mean() < 0.01


def test_what_one_convolution_does_not_see_is_not_looked_at() -> None:
    made = means(48, 48)
    made["seen3"] *= 0
    assert (looked_at(made) == 0).all()


def lap(steering: float = 0.0, gas: float = 0.0, brake: float = 0.0) -> Taped:
    instant = Instant(0, steering, gas, brake, 10.0, 0.0, 0.0, 1.5)
    square = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0))
    picture = np.full((96, 96, 3), 100, np.uint8)
    mask = np.zeros((96, 96), np.uint8)
    mask[10, 20] = 255
    return Taped(Lap(7, 1.5, (instant, instant)), square, [packed(picture)], [packed(mask)])


def drawn(taped: Taped) -> np.ndarray:
    return render.drawn(taped, taped.lap.instants[0]).astype(int)


def test_what_is_looked_at_is_violet() -> None:
    frame = drawn(lap())
    at = frame[10 * 5 + 2, 20 * 5 + 2]
    assert at[2] > at[0] > at[1]
    assert frame[200, 200].tolist() == [100, 100, 100]


def test_pedals_and_wheel_are_shown() -> None:
    still = drawn(lap())
    for changed, columns in ((lap(gas=1.0), (518, 544)), (lap(brake=1.0), (576, 602))):
        off = np.abs(drawn(changed) - still).sum(axis=(0, 2))
        assert off[slice(*columns)].sum() > 0.95 * off.sum() > 0
    turned = np.abs(drawn(lap(steering=0.5)) - still).sum(axis=(1, 2))
    assert turned[60:200].sum() == turned.sum() > 0
    assert (drawn(lap(steering=0.5)) != drawn(lap(steering=-0.5))).any()


def test_a_map_shows_road_and_way(drove: Drove) -> None:
    assert drove.map
    assert drove.map.pixels.shape == (render.MAP, 2 * render.MAP, 3)
    colors = {tuple(color) for color in drove.map.pixels.reshape(-1, 3).tolist()}
    assert (0x66, 0x66, 0x66) in colors
    assert any(green > 150 > red for red, green, _ in colors), "the way, where it was fast"


def test_maps_are_set_in_rows() -> None:
    assert render.charted([lap()] * 5).pixels.shape[:2] == (2 * render.MAP, 3 * render.MAP)
