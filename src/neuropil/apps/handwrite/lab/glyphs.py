"""Characters that the data lacks or hardly has, drawn by hand as single strokes.

A glyph is one to four strokes, each a chain of points; a point is two digits, x to the right and
y downwards on a grid where 0 is the top of a capital, 3 that of a small letter, 8 the line that
letters stand on. A point said twice is a corner, all others are rounded (Chaikin 1974). There are
three sets of forms, as three schools would teach them: one for the network that writes, one for the
reader, one for the judge. Those who read know several drawings of a character, their strokes in any
order and now and then from end to start.

    P  points of a drawing, (P, 3): x, y, pen up after the point; 1 is the height of a capital
"""

from dataclasses import dataclass

import numpy as np

from neuropil.apps.handwrite.glyph_outlines import parse_glyph
from neuropil.apps.handwrite.strokes import Line, smooth_noise

CAPITAL = 8  # rows of the grid from the top of a capital to the line
GAP = 1.6  # columns of the grid between two glyphs
SPACE = 4.0  # columns of a space
SHUFFLED, REVERSED = 0.5, 0.15  # shares of forms and of strokes

Forms = dict[str, str]

WRITER_GLYPHS: Forms = {  # what the writing network learns
    "0": "30 12 16 38 56 52 30 20",
    "1": "02 20 20 28",
    "2": "02 10 30 42 34 08 08 48",
    "3": "01 20 41 42 24 24 45 46 28 07",
    "4": "30 05 05 55,42 49",
    "5": "10 04 04 33 55 37 18 07,10 10 50",
    "6": "40 22 05 07 28 46 34 15 06",
    "7": "00 50 50 18",
    "8": "41 20 02 13 34 46 28 06 15 43 41",
    "9": "42 20 02 14 42 41 41 48",
    "#": "20 18,40 38,03 53,06 56",
    "$": "42 21 02 13 34 46 27 06,20 29",
    "%": "60 08,10 02 13 22 10,55 46 58 67 55",
    "&": "58 12 20 31 05 07 28 45",
    "*": "21 26,02 45,05 42",
    "+": "04 44,22 26",
    "/": "50 08",
    "<": "42 05 05 48",
    "=": "04 44,06 46",
    ">": "02 45 45 08",
    "@": "54 43 25 36 54 53 53 56 65 73 51 30 12 05 18 48 67",
    "K": "00 08,40 04 04 48",
    "Q": "30 02 06 38 66 62 30 20,46 69",
    "U": "00 05 28 46 40 40 48",
    "V": "00 28 28 50",
    "X": "00 58,50 08",
    "Z": "00 50 50 08 08 58",
    "[": "20 00 00 09 09 29",
    "\\": "00 58",
    "]": "00 20 20 29 29 09",
    "^": "03 20 20 43",
    "_": "09 59",
    "`": "00 12",
    "{": "30 20 23 14 14 25 28 38",
    "|": "00 09",
    "}": "00 10 13 24 24 15 18 08",
    "~": "05 13 24 35 43",
    "!": "20 26,28 28",
    "(": "30 12 05 17 39",
    ")": "00 22 25 17 09",
    ":": "14 14,17 17",
    ";": "14 14,17 27 09",
    "?": "02 10 30 42 24 26,28 28",
    "J": "40 40 46 28 08 06",
    "Y": "00 24,50 24 08",
}

READER_GLYPHS: Forms = {  # what the reader learns
    "0": "40 20 03 06 28 48 65 62 40 30 | 20 02 06 28 46 42 20",
    "1": "03 20 20 28,08 08 48 | 10 18",
    "2": "02 20 41 43 26 08 06 17 38 58",
    "3": "00 50 50 23 23 44 56 38 08",
    "4": "10 04 04 54,40 48 | 30 05 05 45,33 39",
    "5": "50 10 10 03 23 44 46 28 08",
    "6": "30 03 06 28 47 45 24 06",
    "7": "01 00 50 50 28 28,14 44 | 00 40 40 27 18",
    "8": "20 01 13 34 24 06 18 38 46 24 13 41 30 20 | 50 21 03 14 35 47 38 18 06 15 33 51 50",
    "9": "50 21 03 25 44 50 50 46 28 08 | 40 21 03 24 42 40 40 48",
    "#": "10 18,30 38,02 42,05 45 | 20 18,50 48,03 63,06 66",
    "$": "51 30 02 24 44 56 38 07,20 29,40 49 | 41 10 02 24 45 38 06,29 29 20 20",
    "%": "70 08,20 01 03 23 31 20,56 57 68 77 65 56 | 50 08,10 01 12 22 10,46 37 48 57 46",
    "&": "50 21 03 34 34 06 18 48 54 | 68 23 11 20 31 33 06 07 28 46 55",
    "*": "20 25,01 44,04 41,02 42 | 20 24,02 42,10 34,30 14",
    "+": "05 45,23 27",
    "/": "30 09",
    "<": "53 05 05 57",
    "=": "03 53,05 55",
    ">": "03 55 55 07",
    "@": (
        "65 54 34 26 37 56 64 67 77 84 71 31 04 07 29 69"
        " | 53 43 25 37 55 53 56 75 72 50 20 03 06 28 58"
    ),
    "K": "00 08,50 14 14 34 58 | 00 08,40 04 48",
    "Q": "40 11 05 28 58 64 51 40 30,36 56 79 | 30 11 04 17 38 56 62 30,45 68",
    "U": "00 06 38 56 50 | 00 05 18 38 45 40",
    "V": "00 10 38 38 60 | 00 28 50",
    "X": "10 22 36 48 57,50 40 26 08 | 00 48,40 08",
    "Z": "01 50 50 08 08 58,14 44 | 00 40 40 08 08 48",
    "[": "30 10 10 19 19 39",
    "\\": "00 39",
    "]": "00 20 20 19 19 09",
    "^": "02 30 30 62 | 04 20 44",
    "_": "08 68",
    "`": "00 22",
    "{": "40 21 23 14 04 04 14 26 28 49 | 30 20 14 05 14 28 38",
    "|": "10 09",
    "}": "00 21 23 34 44 44 34 26 28 09 | 00 10 24 35 24 18 08",
    "~": "06 04 24 36 56 54",
    "!": "10 16,18 28 18 | 10 15,17 18",
    "(": "40 21 03 06 28 49",
    ")": "00 11 33 36 28 09",
    ":": "04 14 04,07 17 07 | 13 13,17 17",
    ";": "04 14 04,17 18 09 | 14 14,17 09",
    "?": "01 20 41 33 25 26,28 18 28 | 02 11 30 41 23 25,27 28",
    "J": "20 60,40 45 38 18 06 | 30 30 36 18 06",
    "Y": "00 01 14 34 41 50,50 48 29 09 17 | 00 23,40 08",
}
JUDGED: Forms = {  # what the judge learns
    "0": "20 02 06 28 47 43 20 | 30 11 05 27 47 53 41 30",
    "1": "11 19 | 03 20 28 | 02 20 20 28,08 48",
    "2": "11 30 42 34 08 08 48 | 02 20 31 23 07 18 38 47",
    "3": "10 30 42 23 23 34 46 28 07 | 00 40 40 23 45 37 18 06",
    "4": "20 05 05 45,33 39 | 30 04 04 54,40 48 | 10 14 44,40 48",
    "5": "40 10 10 14 33 45 37 18 07 | 11 05 34 46 28 08,10 50",
    "6": "30 12 05 17 38 46 34 15 | 40 13 06 28 47 35 16",
    "7": "00 40 40 18 | 01 40 40 24 18,13 43",
    "8": "30 11 13 34 46 28 07 15 33 41 30 | 20 11 23 35 37 18 06 15 33 31 20",
    "9": "40 20 12 24 41 40 40 38 | 31 11 13 33 31 36 28 08",
    "#": "20 08,40 28,02 52,05 55 | 12 17,32 37,03 43,06 46",
    "$": "40 20 02 13 34 46 37 17 06,20 28 | 52 31 12 03 24 45 46 28 08,30 39",
    "%": "50 08,10 01 03 13 22 10,36 45 47 57 66 36 | 60 08,20 11 13 24 33 31 20,56 46 48 68 66 56",
    "&": "58 26 13 11 20 31 23 06 07 28 47 55 | 41 20 12 24 34 15 06 17 38 47,30 39",
    "*": "20 26,02 44,42 04 | 22 26,03 45,43 05",
    "+": "14 54,32 36 | 05 45,22 28",
    "/": "40 08 | 50 19",
    "<": "62 05 05 68 | 41 05 05 47",
    "=": "04 54,07 57 | 13 43,15 45",
    ">": "02 65 65 08 | 11 44 44 17",
    "@": (
        "44 23 15 26 44 43 46 57 65 62 40 11 04 17 39 69"
        " | 63 41 33 35 47 56 63 63 66 77 85 73 61 30 11 04 16 28 58"
    ),
    "K": "00 08,50 04 04 58 | 10 18,40 14 14 48",
    "Q": "30 10 03 06 28 47 52 40 30,35 59 | 40 12 06 28 57 62 40,46 68",
    "U": "00 06 28 46 40 | 10 16 38 56 50 50 58",
    "V": "01 28 28 51 | 10 38 38 60",
    "X": "01 48,41 08 | 10 58,60 08",
    "Z": "01 40 40 08 08 48 | 10 50 50 08 08 58,24 44",
    "[": "30 10 10 18 18 38 | 21 01 01 09 09 29",
    "\\": "10 38 | 01 49",
    "]": "00 20 20 28 28 08 | 01 21 21 29 29 09",
    "^": "13 30 30 53 | 02 21 21 42",
    "_": "08 48 | 09 79",
    "`": "00 11 | 10 32",
    "{": "40 20 11 13 04 04 15 17 28 48 | 31 21 22 13 13 25 26 37",
    "|": "00 08 | 10 19",
    "}": "00 20 31 33 44 44 35 37 28 08 | 10 21 23 34 34 25 27 18",
    "~": "05 13 33 45 53 | 16 24 25 36 45",
    "!": "20 25,28 28 | 10 16,18 18",
    "(": "30 12 16 38 | 20 02 07 29",
    ")": "00 22 26 08 | 10 32 37 19",
    ":": "14 14,18 18 | 13 14,16 17",
    ";": "14 14,18 09 | 13 14,16 17 08",
    "?": "01 20 42 24 26,28 28 | 02 10 31 23 15 16,18 18",
    "J": "30 36 28 07 | 10 50,30 37 18 06",
    "Y": "00 24 24 40,24 28 | 10 34,50 08",
}


@dataclass(frozen=True)
class HandGeometry:
    """How somebody writes, as far as it can be put on a glyph; lengths in the line's units."""

    top: float  # y of the tops of capitals
    foot: float  # y of the line that letters stand on
    slant: float  # how far x runs to the right for each unit upwards


def measure_geometry(line: Line) -> HandGeometry:
    """Measure a normalized line (P, 3): where capitals would reach, where they stand, the slant."""
    steps = np.diff(line[:, :2], axis=0)[line[:-1, 2] == 0]
    down = steps[steps[:, 1] > 2 * np.abs(steps[:, 0]) - 1e-9]  # strokes drawn downwards
    length = down[:, 1].sum()
    slant = -down[:, 0].sum() / length if length > 0 else 0.0
    top, foot = np.percentile(line[:, 1], (3, 85))
    return HandGeometry(float(top), float(max(foot, top + 0.5)), float(np.clip(slant, -0.6, 0.6)))


def draw_glyphs(text: str, forms: Forms, hand: HandGeometry, rng: np.random.Generator) -> Line:
    """Draw glyphs and spaces as a hand would, each a little different: (P, 3), from x = 0 on.

    Raises ValueError for a character that the forms don't have.
    """
    pen, parts, wide = 0.0, [], rng.uniform(0.75, 1.1)
    for character in text:
        if character == " ":
            pen += SPACE * wide
            continue
        if character not in forms:
            raise ValueError(f"no glyph for {character!r}: there are {''.join(forms)} and spaces")
        form = str(rng.choice(forms[character].split(" | ")))
        shape = parse_glyph(form if forms is WRITER_GLYPHS else vary_stroke_order(form, rng)) * [
            wide * rng.normal(1, 0.06),
            rng.normal(1, 0.04),
            1,
        ]
        shape[:, 0] += pen - shape[:, 0].min()
        pen = shape[:, 0].max() + GAP * rng.uniform(0.7, 1.5)
        shape[:, 1] += rng.normal(0, 0.25)
        parts.append(shape)
    if not parts:
        raise ValueError(f"nothing to draw in {text!r}: name at least one of {''.join(forms)}")
    return fit_to_line(np.concatenate(parts), hand, rng)


def vary_stroke_order(form: str, rng: np.random.Generator) -> str:
    """Take a form's strokes in any order now and then, and each from either end."""
    chains = form.split(",")
    if rng.random() < SHUFFLED:
        rng.shuffle(chains)
    return ",".join(
        " ".join(reversed(chain.split(" "))) if rng.random() < REVERSED else chain
        for chain in chains
    )


def fit_to_line(shape: Line, hand: HandGeometry, rng: np.random.Generator) -> Line:
    """Bring a drawing on the grid to a hand's size, height and slant, shaken a little."""
    unit = (hand.foot - hand.top) / CAPITAL
    up = CAPITAL - shape[:, 1]
    x = unit * (shape[:, 0] + hand.slant * up)
    places = np.stack([x, hand.foot - unit * up], axis=1) + smooth_noise(len(shape), rng)
    return np.column_stack([places, shape[:, 2]])
