"""Frames grow where the ground beside them is plain and free, and only where a text needs it."""

from dataclasses import replace

import numpy as np
import pytest

from neuropil.apps.translate.lines import Pixels, size_of
from neuropil.apps.translate.setting import TextFrame, lay_out
from neuropil.apps.translate.widening import make_room

GROUND = 200
LONG = "A text that is too long"


def picture() -> Pixels:
    return np.full((100, 600, 3), GROUND, np.uint8)


def frame(left: float, right: float, alignment: str = "left") -> TextFrame:
    quad = np.array([[left, 40], [right, 40], [right, 60], [left, 60]], np.float64)
    made = TextFrame(quad, 20, 24, "left")
    return replace(made, alignment=alignment)  # type: ignore[arg-type]


def sides(made: TextFrame) -> tuple[float, float]:
    return float(made.quad[0, 0]), float(made.quad[1, 0])


@pytest.mark.parametrize(
    ("alignment", "grows_left", "grows_right"),
    [("left", False, True), ("right", True, False), ("center", True, True)],
)
def test_a_frame_grows_away_from_the_side_that_it_is_set_from(
    alignment: str, grows_left: bool, grows_right: bool
) -> None:
    before = frame(250, 350, alignment)
    (made,) = make_room([before], [LONG], picture(), [])
    left, right = sides(made)
    assert ((left < 250), (right > 350)) == (grows_left, grows_right)
    assert lay_out(LONG, before).em < 20
    assert lay_out(LONG, made).em == 20
    assert size_of(made.quad)[1] == size_of(before.quad)[1]


def test_a_text_that_fits_leaves_its_frame_as_it_is() -> None:
    before = frame(250, 350)
    (made,) = make_room([before], ["Short"], picture(), [])
    assert made is before


def test_it_ends_before_another_text_and_where_the_color_changes() -> None:
    first, second = frame(100, 200), frame(260, 400)
    made, _ = make_room([first, second], [LONG, "x"], picture(), [])
    assert 200 < sides(made)[1] < 260
    (made,) = make_room([first], [LONG], picture(), [second.quad])
    assert 200 < sides(made)[1] < 260
    edged = picture()
    edged[:, 230:] = 90
    (made,) = make_room([first], [LONG], edged, [])
    assert sides(made)[1] < 230
    (made,) = make_room([first], [LONG], picture()[:, :215], [])
    assert sides(made)[1] <= 215


def test_it_grows_along_a_slope() -> None:
    slope = np.array([[100, 20], [198, 40], [194, 60], [96, 40]], np.float64)
    (made,) = make_room([replace(frame(0, 1), quad=slope)], [LONG], picture(), [])
    along = made.quad[1] - made.quad[0]
    assert along[1] / along[0] == pytest.approx(20 / 98)
    assert size_of(made.quad)[0] > size_of(slope)[0]


def test_what_is_outside_of_the_picture_stays() -> None:
    before = frame(-300, -200)
    (made,) = make_room([before], [LONG], picture(), [])
    assert (made.quad == before.quad).all()
