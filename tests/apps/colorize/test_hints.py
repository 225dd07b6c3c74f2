"""Hints: read, spread near and as light, drawn as maps."""

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.colorize.cielab import lab_from_rgb
from neuropil.apps.colorize.hints import NARROW, WIDE, Hint, bilateral_spread, hint_maps


def test_a_hint_is_read() -> None:
    hint = Hint.parse("120,80,#3366cc")
    assert hint == Hint(120, 80, (0x33, 0x66, 0xCC))
    assert Hint.parse(" 1.5 , 2, 3366CC ") == Hint(1.5, 2, (0x33, 0x66, 0xCC))
    assert Hint.parse("-1,2,3366CC").x == -1, "outside every picture, as is said once there is one"
    expected = lab_from_rgb(np.array([0x33, 0x66, 0xCC], np.uint8))
    assert hint.ab.tolist() == expected[1:].tolist()


@pytest.mark.parametrize(
    "text",
    [
        *("", "12", "1,2", "1,2,red", "1,2,#12345", "1,2,#1234567", "--1,2,#123456", "a,2,#123456"),
        *("1,2,#123456,7", "1.2.3,2,#123456", ".,2,#123456", "nan,2,#123456", "1;2;#123456"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with refused("option.syntax", text, Hint.SYNTAX):
        Hint.parse(text)


def test_colors_from_python_are_held_to_their_range() -> None:
    with refused("option.range", "red", 999):
        Hint(80, 60, (999, -2, 3))
    with refused("option.range", "green", -2):
        Hint(80, 60, (255, -2, 3))
    with refused("option.syntax", "(1, 2)"):
        Hint(80, 60, (1, 2))  # type: ignore[arg-type]


def test_without_hints_the_maps_are_empty() -> None:
    nothing = np.zeros((0, 2), np.float32)
    maps = hint_maps(nothing, nothing, np.zeros((5, 7), np.float32))
    assert maps.shape == (9, 5, 7)
    assert not maps.any()


def test_maps_of_one_hint() -> None:
    places, colors = np.array([[1.5, 2.5]], np.float32), np.array([[32, -16]], np.float32)
    maps = hint_maps(places, colors, np.full((5, 7), 50, np.float32))
    assert maps.dtype == np.float32
    assert maps[:3, 1, 2].tolist() == [0.5, -0.25, 1]
    assert maps[:3].astype(bool).sum() == 3  # nowhere else
    for first, (reach, _) in ((3, NARROW), (6, WIDE)):
        fades = np.exp(-4 / (2 * reach**2))  # two cells away
        assert maps[first + 2, 1, 2] == 1
        assert maps[first + 2, 3, 2] == pytest.approx(fades)
        assert maps[first : first + 2, 1, 4].tolist() == pytest.approx([0.5 * fades, -0.25 * fades])


def test_a_hint_at_the_very_border_lies_in_the_last_cell() -> None:
    places, colors = np.array([[5.0, 7.0]], np.float32), np.array([[32, 0]], np.float32)
    maps = hint_maps(places, colors, np.full((5, 7), 50, np.float32))
    assert maps[2, 4, 6] == 1


def test_spread_stays_on_what_is_as_light() -> None:
    light = np.full((10, 20), 20, np.float32)
    light[:, 10:] = 80
    places = np.array([[5.5, 8.5], [5.5, 11.5]], np.float32)
    ab, confidence = bilateral_spread(
        places, np.array([[40, 0], [0, 40]], np.float32), light, *WIDE
    )
    assert np.allclose(ab[:, :10], [40, 0], atol=0.01)
    assert np.allclose(ab[:, 10:], [0, 40], atol=0.01)
    assert confidence[5, 8] == pytest.approx(1)
    _, alone = bilateral_spread(places[:1], np.array([[40, 0]], np.float32), light, *WIDE)
    assert alone[:, 10:].max() < 1e-6
    assert alone[5, 0] < alone[5, 4] < alone[5, 8]


def test_two_hints_share_what_lies_between_them() -> None:
    places = np.array([[0.5, 0.5], [0.5, 10.5]], np.float32)
    colors = np.array([[40, 0], [0, 40]], np.float32)
    ab, _ = bilateral_spread(places, colors, np.full((1, 11), 50, np.float32), *NARROW)
    assert ab[0, 5].tolist() == pytest.approx([20, 20])
    assert ab[0, 0].tolist() == pytest.approx([40, 0], abs=0.1)
    assert (np.diff(ab[0, :, 1]) >= 0).all()
