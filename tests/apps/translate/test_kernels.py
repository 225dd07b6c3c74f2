"""Kernels that touch are parted into those of lines; those of one line stay whole."""

import numpy as np
import pytest
from numpy.typing import NDArray

from neuropil.apps.translate.kernels import CELL, find_kernels

DOUBTFUL, LIKELY, CERTAIN = 0.4, 0.6, 0.99
HEIGHT = 16.0  # pixels: kernels of two rows of cells


def chances_of(picture: str) -> NDArray[np.float32]:
    chances = {".": 0.0, "?": DOUBTFUL, "+": LIKELY, "#": CERTAIN}
    return np.array([[chances[c] for c in row.split()[0]] for row in picture.split()], np.float32)


def kernels(picture: str, height: float = HEIGHT) -> list[set[tuple[int, int]]]:
    chances = chances_of(picture)
    found = find_kernels(chances, np.full(chances.shape, height, np.float32))
    return [{*zip(rows.tolist(), columns.tolist(), strict=True)} for rows, columns in found]


TWO_LINES = """
    ..................
    .###############..
    .###############..
    ....??..+++..?....
    ...##############.
    ...##############.
    .................."""


def test_two_lines_that_touch_are_parted_and_no_cell_is_lost() -> None:
    upper, lower = sorted(kernels(TWO_LINES), key=lambda cells: min(cells))
    assert {(y, x) for y in (1, 2) for x in range(1, 16)} <= upper
    assert {(y, x) for y in (4, 5) for x in range(3, 17)} <= lower
    assert len(upper | lower) == (chances_of(TWO_LINES) > 0).sum()


def test_three_lines_fall_apart_too() -> None:
    bridge = "..?..+....?...?.\n"
    line = "################\n" * 2
    assert len(kernels(line + bridge + line + bridge.replace("+", "?") + line)) == 3


@pytest.mark.parametrize("lines", [6, 9, 14])
def test_however_many_lines_touch_they_are_parted(lines: int) -> None:
    line, gap = f"{64 * '#'}\n" * 2, "...+......?.....".ljust(64, ".") + "\n"
    assert len(kernels(gap.join([line] * lines))) == lines


@pytest.mark.parametrize(
    "picture",
    [
        "################\n" * 6,  # as sure everywhere: a large letter
        """
        ........########
        ....########....
        ########........""",  # leans
        """
        #######..#######
        #######??#######
        .......??.......""",  # a speck below one line
    ],
    ids=["thick", "leaning", "speck"],
)
def test_what_is_one_stays_whole(picture: str) -> None:
    assert len(kernels(picture)) == 1


def test_an_arc_is_no_line() -> None:
    x = np.arange(-30, 31)
    rows = np.rint(x**2 / 30).astype(int)
    chances = np.zeros((40, 70), np.float32)
    chances[rows + 2, x + 35] = chances[rows + 3, x + 35] = chances[rows + 4, x + 35] = CERTAIN
    heights = np.full(chances.shape, HEIGHT, np.float32)
    assert not [*find_kernels(chances, heights)]
    (bent,) = find_kernels(chances, 10 * heights)  # of a line so high it is but a little bent
    assert len(bent[0]) == (chances > 0).sum()


def test_pieces_of_one_line_are_no_lines() -> None:
    picture = """
        ######???######
        ######???######
        ......???......
        ######???######
        ######???######"""
    assert len(kernels(picture)) == 2


def test_a_line_may_be_as_thick_as_it_is_high() -> None:
    assert len(kernels(TWO_LINES, height=10 * CELL)) == 1
