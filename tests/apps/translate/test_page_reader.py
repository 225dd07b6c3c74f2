"""Lines found and read, whichever way up the picture lies."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from neuropil.apps.translate import page_reader
from neuropil.apps.translate.alphabet import N_OUTPUTS, NUMBERS, ReadLine
from neuropil.apps.translate.detector import FoundQuads
from neuropil.apps.translate.geometry import laid_along, project, text_angle
from neuropil.apps.translate.lines import STEP, Floats, Pixels
from neuropil.apps.translate.page import TextLine
from neuropil.apps.translate.page_reader import (
    content,
    find_lines,
    is_sideways,
    make_level,
    read_picture,
    read_quads,
    sureness,
    tilt_of,
)
from neuropil.apps.translate.reader import read_lines

H, W = 120, 300
BOX = np.array([[40, 30], [260, 30], [260, 62], [40, 62]], np.float64)


def picture() -> Pixels:
    """Draw a bar that is bright at the left and dark at the right, where text would be."""
    made = np.full((H, W, 3), 128, np.uint8)
    made[30:62, 40:260] = np.linspace(255, 0, 220, dtype=np.uint8)[None, :, None]
    return made


def logits_of(lines: Floats) -> Floats:
    """Read "ab" where a line is brighter at its left, else something unsure."""
    said = []
    for line in lines[:, 0]:
        logits = np.zeros((line.shape[1] // STEP, N_OUTPUTS), np.float32)
        logits[:, 0] = 9
        half = line.shape[1] // 2
        sure = 12.0 if line[:, :half].mean() > line[:, half:].mean() else 0.5
        for step, c in ((1, "a"), (5, "b")):
            logits[step] = 0
            logits[step, NUMBERS[c]] = sure
        said.append(logits)
    return np.stack(said)


read = partial(read_lines, run=logits_of)


def find(quads: dict[tuple[int, int], NDArray[np.float64]], pixels: Pixels, look: object) -> object:
    return [quads[pixels.shape[:2]]]


def patch_finding(patch: pytest.MonkeyPatch, **quads: NDArray[np.float64]) -> None:
    sizes = {"wide": (H, W), "tall": (W, H)}
    known = {sizes[name]: quad for name, quad in quads.items()}
    patch.setattr(page_reader, "find_lines", partial(find, known))


def look(pixels: Pixels) -> Floats:
    raise AssertionError


def test_a_line_is_read_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    patch_finding(monkeypatch, wide=BOX)
    (line,) = read_picture(picture(), look, read)
    assert line.text == "ab"
    assert line.confidence > 0.99
    assert line.quad == pytest.approx(BOX)


def test_what_stands_on_its_head_is_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    patch_finding(monkeypatch, wide=np.array([W, H]) - np.roll(BOX, 2, axis=0))
    (line,) = read_picture(np.ascontiguousarray(picture()[::-1, ::-1]), look, read)
    assert line.text == "ab"
    assert line.confidence > 0.99
    assert line.quad == pytest.approx(
        np.array([W, H]) - BOX
    )  # the upper left is at the lower right


@pytest.mark.parametrize("turns", [1, 3])
def test_a_picture_on_its_side_is_read(monkeypatch: pytest.MonkeyPatch, turns: int) -> None:
    turned = np.ascontiguousarray(np.rot90(picture(), turns))
    left = np.column_stack([BOX[:, 1], W - BOX[:, 0]])  # as np.rot90 turns it
    quad = left if turns == 1 else np.array([H, W]) - left
    wide = BOX if turns == 3 else np.array([W, H]) - np.roll(BOX, 2, axis=0)
    patch_finding(monkeypatch, tall=np.roll(quad, 2, axis=0) if turns == 1 else quad, wide=wide)
    (line,) = read_picture(turned, look, read)
    assert line.text == "ab"
    assert line.confidence > 0.99
    assert line.quad == pytest.approx(quad)


def test_most_of_the_text_tells_which_way_it_goes() -> None:
    down = np.array([[100, 0], [100, 300], [80, 300], [80, 0]], np.float64)
    assert is_sideways([down, BOX])
    assert not is_sideways([BOX, BOX, down])
    assert not is_sideways([])


def test_of_two_ways_to_turn_a_picture_the_one_is_taken_that_says_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = {(H, W): ("zz", 0.4), (W, H): ("Ausgang", 0.9)}

    def find_read(pixels: Pixels, quads: object, read: object) -> list[TextLine]:
        text, confidence = said[pixels.shape[:2]]
        return [TextLine(BOX, text, confidence)]

    monkeypatch.setattr(page_reader, "find_lines", lambda pixels, look: [BOX])
    monkeypatch.setattr(page_reader, "read_quads", find_read)
    assert [line.text for line in read_picture(picture(), look, read)] == ["Ausgang"]
    said[W, H] = ("Ausgang", 0.5)
    assert [line.text for line in read_picture(picture(), look, read)] == ["zz"]
    said[H, W] = ("a little", 0.7)
    said[W, H] = ("very much", 0.9)
    assert [line.text for line in read_picture(picture(), look, read)] == ["a little"]


def test_how_sure_a_page_is() -> None:
    lines = [TextLine(BOX, "abcd", 0.9), TextLine(BOX, "ab", 0.3)]
    assert sureness(lines) == pytest.approx((4 * 0.9 + 2 * 0.3) / 6)
    assert sureness([]) == 1
    assert content(lines) == pytest.approx(4 * 0.8)


@pytest.mark.parametrize(
    ("height", "found_at", "looked_at", "taken"),
    [
        (40, {1000: 3}, [1000], 3),  # large enough: nothing is sought once more
        (16, {1000: 3, 1500: 5}, [1000, 1500], 5),
        (16, {1000: 3, 1500: 2}, [1000, 1500], 3),  # less is seen
        (11, {1000: 3, 2250: 5}, [1000, 2250], 5),
        (6, {1000: 3, 2250: 9}, [1000, 2250], 9),  # 3375 would be too large
        (12, {1000: 0, 2250: 2}, [1000, 2250], 2),  # where there is none, once more
        (400, {1000: 0, 2250: 0, 333: 1}, [1000, 2250, 333], 1),  # and smaller
    ],
)
def test_small_lines_are_sought_once_more_as_large_as_they_need(
    monkeypatch: pytest.MonkeyPatch,
    height: int,
    found_at: dict[int, int],
    looked_at: list[int],
    taken: int,
) -> None:
    line = np.array([[0, 0], [200, 0], [200, height], [0, height]], np.float64)
    asked: list[int] = []

    def detect(pixels: Pixels, look: object, *, long: int) -> FoundQuads:
        asked.append(long)
        n = found_at[long]
        return FoundQuads(np.tile(line, (n, 1, 1)), np.full(n, 0.9, np.float32))

    monkeypatch.setattr(page_reader, "detect", detect)
    quads = find_lines(np.zeros((500, 1000, 3), np.uint8), look)
    assert (asked, len(quads)) == (looked_at, taken)


@pytest.mark.parametrize("degrees", [-40.0, 15.0, 30.0])
def test_a_tilted_page_is_made_level(degrees: float) -> None:
    page = np.full((200, 300, 3), 220, np.uint8)
    page[90:110, 80:240] = 30
    back, way = make_level(page, -np.radians(degrees))  # tilted by the angle
    level, way_back = make_level(back, np.radians(degrees))
    rows, columns = np.nonzero(level[:, :, 0] < 100)
    corners = np.array([[columns.min(), rows.min()], [columns.max() + 1, rows.max() + 1]])
    assert np.abs(project(way, project(way_back, corners)) - [[80, 90], [240, 110]]).max() < 2
    assert np.ptp(rows) < 24


@pytest.mark.parametrize(
    ("degrees", "n", "looks"), [(3.0, 5, 1), (25.0, 3, 2), (25.0, 2, 1), (88.0, 5, 1)]
)
def test_lines_of_a_tilted_page_are_sought_where_it_is_level(
    monkeypatch: pytest.MonkeyPatch, degrees: float, n: int, looks: int
) -> None:
    """The second look finds one line in place of its words."""
    words = [laid_along(BOX, np.radians(degrees)) + np.array([k * 9, 0]) for k in range(n)]
    shapes: list[tuple[int, ...]] = []

    def detect(pixels: Pixels, look: object, *, long: int) -> FoundQuads:
        shapes.append(pixels.shape)
        quads = np.array(words if len(shapes) == 1 else [BOX * [n, 1]])
        return FoundQuads(quads, np.full(len(quads), 0.9, np.float32))

    monkeypatch.setattr(page_reader, "detect", detect)
    quads = find_lines(picture(), look)
    assert (len(shapes), len(quads)) == (looks, n if looks == 1 else 1)
    if looks == 2:
        assert np.degrees(text_angle(quads)) == pytest.approx(degrees)
        assert shapes[1] > shapes[0]


def test_the_direction_of_a_page_is_that_of_its_lines_whichever_way_up() -> None:
    upright = [laid_along(BOX, np.radians(46)), laid_along(BOX, np.radians(44))]
    head = [laid_along(BOX, np.radians(angle)) for angle in (-134, -137)]
    assert tilt_of([*upright, *head]) == pytest.approx(np.radians(44.75), abs=0.01)
    assert tilt_of([*upright, laid_along(BOX, np.radians(-45))]) is None  # in two directions
    assert tilt_of([BOX, BOX, BOX]) is tilt_of([]) is None


def test_lines_of_a_page_on_its_head_are_turned_with_it() -> None:
    """Of three lines two are much surer upside down, and one is a little less sure."""
    quads = [BOX, BOX + np.array([0, 40]), BOX - np.array([0, 25])]
    answers = [[0.3, 0.5, 0.9], [0.9, 0.9], [0.85]]  # as they are, the unsure, the other one

    def say(lines: Sequence[Floats]) -> list[ReadLine]:
        return [ReadLine("text", p) for p in answers.pop(0)]

    found = read_quads(picture(), quads, say)
    assert [line.confidence for line in found] == [0.9, 0.9, 0.85]
    for line, quad in zip(found, quads, strict=True):
        assert line.quad == pytest.approx(np.roll(quad, 2, axis=0))
    answers = [[0.9, 0.9, 0.3], [0.8]]
    found = read_quads(picture(), quads, say)
    assert [line.confidence for line in found] == [0.9, 0.9, 0.8]
    assert found[0].quad == pytest.approx(quads[0])


def askew_page(degrees: float) -> list[NDArray[np.float64]]:
    """Lay two level lines, and a short one in between that was found a few degrees off."""
    short = np.array([[40, 30], [120, 30], [120, 62], [40, 62]], np.float64)
    off = laid_along(short, np.radians(degrees))
    return [BOX, off, BOX + np.array([0, 50])]


def say_as_surely(lines: Sequence[Floats]) -> list[ReadLine]:
    return [ReadLine("ab", 0.9)] * len(lines)


@pytest.mark.parametrize("degrees", [-9, 9])
def test_a_line_askew_on_its_page_is_laid_along_it(degrees: float) -> None:
    quads = askew_page(degrees)
    lines = read_quads(picture(), quads, say_as_surely)
    assert text_angle([lines[1].quad]) == pytest.approx(text_angle(quads))
    assert lines[1].quad.mean(axis=0) == pytest.approx(quads[1].mean(axis=0))


@pytest.mark.parametrize("degrees", [2, 60])
def test_lines_that_are_level_or_steep_stay(degrees: float) -> None:
    quads = askew_page(degrees)
    assert read_quads(picture(), quads, say_as_surely)[1].quad == pytest.approx(quads[1])


def test_a_page_without_lines_has_none() -> None:
    assert read_quads(picture(), [], say_as_surely) == []


def test_a_line_that_is_surer_askew_stays_so() -> None:
    def less_sure_later(lines: Sequence[Floats]) -> list[ReadLine]:
        said.append(len(lines))
        return [ReadLine("ab", 0.9 if len(said) == 1 else 0.5)] * len(lines)

    said: list[int] = []
    quads = askew_page(9)
    assert read_quads(picture(), quads, less_sure_later)[1].quad == pytest.approx(quads[1])
    assert said[-1] == 1
