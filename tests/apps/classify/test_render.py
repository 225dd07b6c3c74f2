"""Contact sheets and confusion matrices."""

import numpy as np
from stopwatch import stopped_soon

from neuropil.apps.classify import render
from neuropil.kit.media.image import Image


def plain(height: int, width: int, color: tuple[int, int, int]) -> Image:
    return Image(np.broadcast_to(np.array(color, np.uint8), (height, width, 3)).copy())


def test_every_picture_is_on_the_sheet() -> None:
    colors = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0), (0, 200, 200)]
    told = [(f"{i}.jpg", plain(300, 500, c), ["cat 90 %"]) for i, c in enumerate(colors)]
    sheet = render.contact_sheet(told).pixels.reshape(-1, 3)
    for color in colors:
        assert (sheet == color).all(axis=1).sum() > 20_000


def test_one_picture_is_a_sheet_too() -> None:
    sheet = render.contact_sheet([("a.jpg", plain(3, 5, (1, 2, 3)), [])])
    assert sheet.width == render.CELL + 2 * render.GAP


def test_long_names_keep_their_ends() -> None:
    name = "a-very-long-name-of-a-file-that-has-no-end.jpeg"
    assert render.shorten_to_width(name, 200).startswith("a-very-long")
    assert render.shorten_to_width(name, 200).endswith("end.jpeg")
    assert render.shorten_to_width("short.jpg", 200) == "short.jpg"


def test_letters_that_the_font_lacks_become_others() -> None:
    assert render.shorten_to_width("Äpfel\n é ✓", 200) == "Apfel e ?"
    assert render.shorten_to_width("W" * 400, 90).count("W") < 10
    assert render.shorten_to_width("red\x1b[31m", 200) == "red\\x1b[31m"
    assert render.number_names(["Straße", "what?", "猫", "犬"]) == [
        "Straße",
        "what?",
        "3: 猫",
        "4: 犬",
    ]


def test_many_classes_make_a_picture_of_bounded_size() -> None:
    labels = np.arange(120)
    drawn = render.confusion_matrix(labels, labels, [str(k) for k in labels])
    assert drawn.width < 2700


def test_large_sheets_can_be_stopped() -> None:
    photo = Image(np.full((50, 60, 3), 90, np.uint8))
    name = "a name that is far too long for its place " * 5
    with stopped_soon():
        render.contact_sheet([(name, photo, [name, "cat 3 %"])] * 50)
    labels = np.arange(120)
    with stopped_soon():
        render.confusion_matrix(labels, labels[::-1], [f"class {k}" for k in range(300)])


def test_right_is_blue_and_wrong_is_red() -> None:
    labels, told = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 0, 2, 2, 2])
    pixels = render.confusion_matrix(labels, told, ("a", "b", "c")).pixels.astype(int)

    def corner(row: int, column: int) -> list[int]:
        y, x = (render.HEAD + render.FIELD * n + 4 for n in (row, column))
        return [int(v) for v in pixels[y, x]]

    assert corner(0, 0) == corner(2, 2) == render.BLUE.tolist()
    assert corner(1, 2) == render.RED.tolist()
    assert corner(0, 1) == corner(1, 1) == [255, 255, 255]
