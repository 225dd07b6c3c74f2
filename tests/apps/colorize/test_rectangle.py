"""Parts of a picture, and the ovals in them."""

import numpy as np

from neuropil.apps.colorize.rectangle import Rectangle

BOX, OVAL = Rectangle(10, 20, 50, 40), Rectangle(10, 20, 50, 40, is_oval=True)


def test_an_oval_lacks_the_corners() -> None:
    for place, in_box, in_oval in (
        *(((10, 20), True, False), ((49, 39), True, False), ((9, 30), False, False)),
        *(((30, 20), True, True), ((10, 30), True, True), ((30, 40), False, False)),
    ):
        assert (BOX.holds(*place), OVAL.holds(*place)) == (in_box, in_oval), place


def test_a_mask_tells_what_is_held() -> None:
    for part in (BOX, OVAL):
        held = [[part.holds(x, y) for x in range(10, 50)] for y in range(20, 40)]
        assert np.array_equal(part.mask(), held)
    assert abs(OVAL.mask().mean() - np.pi / 4) < 0.01


def test_it_is_moved_and_scaled_as_what_it_is() -> None:
    assert OVAL.move(1, -2) == Rectangle(11, 18, 51, 38, is_oval=True)
    assert BOX.scale(2, 1.5) == Rectangle(20, 30, 100, 60)
    assert OVAL.scale_to(5, 9) == Rectangle(0, 0, 9, 5, is_oval=True)
    assert "oval" in OVAL.describe()
    assert "oval" not in BOX.describe()
