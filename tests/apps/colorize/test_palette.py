"""The colors that the network chooses among."""

import numpy as np

from neuropil.apps.colorize.cielab import encode_srgb, lab_f_of_y, lab_from_rgb, to_gamut
from neuropil.apps.colorize.palette import nearest_index, palette


def test_it_is_the_palette_that_networks_were_trained_with() -> None:
    colors = palette()
    assert colors.shape == (132, 2)
    assert colors[0].tolist() == [0, 0]  # neutral
    assert len({tuple(color) for color in colors.tolist()}) == 132


def test_nearest_is_nearest() -> None:
    ab = np.random.default_rng(5).uniform(-110, 110, (4000, 2)).round().astype(np.float32)
    distance = np.linalg.norm(ab[:, None] - palette(), axis=-1)
    chosen = distance[np.arange(len(ab)), nearest_index(ab)]
    assert np.allclose(chosen, distance.min(axis=1))


def test_between_whole_numbers_it_is_nearest_but_for_rounding() -> None:
    ab = np.random.default_rng(5).uniform(-80, 80, (40, 100, 2)).astype(np.float32)
    distance = np.linalg.norm(ab[:, :, None] - palette(), axis=-1)
    chosen = np.take_along_axis(distance, nearest_index(ab)[..., None].astype(int), axis=-1)[..., 0]
    assert (chosen - distance.min(axis=-1)).max() < 2**0.5


def test_every_color_is_its_own_nearest() -> None:
    assert nearest_index(palette()).tolist() == list(range(len(palette())))


def test_colors_can_be_shown_at_some_lightness() -> None:
    greys = np.arange(256, dtype=np.uint8)[:, None, None].repeat(3, axis=2)  # (256, 1, 3)
    asked = np.broadcast_to(palette(), (256, *palette().shape))
    fy = np.broadcast_to(lab_f_of_y(greys), asked.shape[:2]).copy()
    made = lab_from_rgb(encode_srgb(to_gamut(fy, asked), np.dtype(np.uint16)))[..., 1:]
    missed = np.linalg.norm(made - palette(), axis=-1).min(axis=0)
    assert missed.max() < 8  # marginal colors of the last ring are taken along
    assert np.median(missed) < 0.1
