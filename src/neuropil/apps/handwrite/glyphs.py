"""Characters that the data hardly has, drawn by hand as single strokes: digits, symbols, Q, X, Z.

A glyph is one to four strokes, each a chain of points; a point is two digits, x to the right and
y downwards on a grid where 0 is the top of a capital, 3 that of a small letter, 8 the line that
letters stand on. A point said twice is a corner, all others are rounded (Chaikin 1974). There are
two sets of forms, as two schools would teach them: one for the network that writes, the other for
those that read, who know several drawings of a character, their strokes in any order and now and
then from end to start.

    P  points of a drawing, (P, 3): x, y, pen up after the point; 1 is the height of a capital
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from neuropil.apps.handwrite.strokes import Line, strokes, wave

CAPITAL = 8  # rows of the grid from the top of a capital to the line
GAP = 1.6  # columns of the grid between two glyphs
SPACE = 4.0  # columns of a space
ROUNDINGS = 2
CLOSE = 0.5  # of the rare characters that stand beside a word without a space
SHUFFLED, REVERSED = 0.5, 0.15  # shares of forms and of strokes
CERTAIN = 1.3  # times the widest gap inside words: what a gap between words must at least be

Forms = dict[str, str]

WRITTEN: Forms = {  # what the writing network learns
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

READ: Forms = {  # what the readers learn
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
RARE = "".join(WRITTEN)


@dataclass(frozen=True)
class Hand:
    """How somebody writes, as far as it can be put on a glyph; lengths in the line's units."""

    top: float  # y of the tops of capitals
    foot: float  # y of the line that letters stand on
    slant: float  # how far x runs to the right for each unit upwards


def hand(line: Line) -> Hand:
    """Measure a normalized line (P, 3): where capitals would reach, where they stand, the slant."""
    steps = np.diff(line[:, :2], axis=0)[line[:-1, 2] == 0]
    down = steps[steps[:, 1] > 2 * np.abs(steps[:, 0]) - 1e-9]  # strokes drawn downwards
    length = down[:, 1].sum()
    slant = -down[:, 0].sum() / length if length > 0 else 0.0
    top, foot = np.percentile(line[:, 1], (3, 85))
    return Hand(float(top), float(max(foot, top + 0.5)), float(np.clip(slant, -0.6, 0.6)))


def drawn(text: str, forms: Forms, hand: Hand, rng: np.random.Generator) -> Line:
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
        shape = outline(anyhow(form, rng) if forms is READ else form) * [
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
    return placed(np.concatenate(parts), hand, rng)


def anyhow(form: str, rng: np.random.Generator) -> str:
    """Take a form's strokes in any order now and then, and each from either end."""
    chains = form.split(",")
    if rng.random() < SHUFFLED:
        rng.shuffle(chains)
    return ",".join(
        " ".join(reversed(chain.split(" "))) if rng.random() < REVERSED else chain
        for chain in chains
    )


def placed(shape: Line, hand: Hand, rng: np.random.Generator) -> Line:
    """Bring a drawing on the grid to a hand's size, height and slant, shaken a little."""
    unit = (hand.foot - hand.top) / CAPITAL
    up = CAPITAL - shape[:, 1]
    x = unit * (shape[:, 0] + hand.slant * up)
    places = np.stack([x, hand.foot - unit * up], axis=1) + wave(len(shape), rng)
    return np.column_stack([places, shape[:, 2]])


def outline(form: str) -> Line:
    """Read a form into rounded strokes (P, 3) on the grid."""
    parts = []
    for chain in form.split(","):
        points = np.array([[int(point[0]), int(point[1])] for point in chain.split()], np.float64)
        for _ in range(ROUNDINGS):
            points = rounded(points)
        up = np.zeros((len(points), 1))
        up[-1] = 1
        parts.append(np.hstack([points, up]))
    return np.concatenate(parts)


def rounded(points: Line) -> Line:
    """Cut the corners of a chain (P, 2): each link keeps its middle half, the ends stay."""
    a, b = points[:-1], points[1:]
    cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1).reshape(-1, 2)
    return np.concatenate([points[:1], cut, points[-1:]])


def words(line: Line, text: str) -> list[tuple[Line, str]]:
    """Cut a normalized line at the gaps between its words; one piece where that is not certain."""
    pieces, names = strokes(line), text.split(" ")
    n = len(names) - 1
    if n == 0 or len(pieces) <= n:
        return [(line, text)]
    reach = np.maximum.accumulate([piece[:, 0].max() for piece in pieces])[:-1]
    gaps = np.array([piece[:, 0].min() for piece in pieces[1:]]) - reach
    order = np.argsort(gaps)
    cuts, others = np.sort(order[-n:]) + 1, gaps[order[:-n]]
    if gaps[order[-n]] < max(0.3, CERTAIN * others.max(initial=0.0)):
        return [(line, text)]
    groups = [pieces[a:b] for a, b in pairwise([0, *cuts.tolist(), len(pieces)])]
    return [(np.concatenate(group), name) for group, name in zip(groups, names, strict=True)]


def mixed(
    line: Line, text: str, forms: Forms, rng: np.random.Generator, n: int
) -> tuple[Line, str]:
    """Put n rare characters among the words of a normalized line, on their own or close to one."""
    its, found = hand(line), words(line, text)
    at = int(rng.integers(len(found) + 1))
    before = at > 0 and rng.random() < CLOSE  # to the word before it
    after = at < len(found) and rng.random() < CLOSE
    word = "".join(rng.choice(list(RARE), n))
    glyphs = drawn(word, forms, its, rng)
    height = (its.foot - its.top) / CAPITAL
    near, far = (height * GAP, height * SPACE) * rng.uniform(0.7, 1.4, 2)
    made, said = glyphs, word
    if at > 0:
        head = np.concatenate([piece for piece, _ in found[:at]])
        made = joined(head, glyphs, near if before else far)
        said = " ".join(name for _, name in found[:at]) + ("" if before else " ") + word
    if at < len(found):
        tail = np.concatenate([piece for piece, _ in found[at:]])
        made = joined(made, tail, near if after else far)
        said += ("" if after else " ") + " ".join(name for _, name in found[at:])
    return made, said


def joined(first: Line, second: Line, gap: float) -> Line:
    """Put one piece of writing to the right of another."""
    shift = first[:, 0].max() + gap - second[:, 0].min()
    moved = second + np.array([shift, 0.0, 0.0])
    return np.concatenate([first, moved])
