"""Characters beyond the 95: spelled with those that the network knows, then composed.

    "Müßig — déjà vu"  is written  "MuBig - deja vu"  with marks at ü, ß, —, é and à

A letter with accents is its letter and a small drawing of each accent, as Unicode takes it apart
(NFD). A few others are another character changed after it was written.

    P  points of a line
"""

import dataclasses
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.alphabet import ALPHABET
from neuropil.apps.handwrite.generation import WrittenLine
from neuropil.apps.handwrite.glyph_outlines import parse_glyph
from neuropil.apps.handwrite.strokes import Line
from neuropil.kit.errors import UserError

MARKS = {  # on a grid of tenths of the letter's height, y downwards from a place above it
    "\N{COMBINING GRAVE ACCENT}": "00 22",
    "\N{COMBINING ACUTE ACCENT}": "20 02",
    "\N{COMBINING CIRCUMFLEX ACCENT}": "02 10 10 22",
    "\N{COMBINING TILDE}": "02 10 11 21 31 40",
    "\N{COMBINING DIAERESIS}": "01 02,31 32",
    "\N{COMBINING RING ABOVE}": "10 01 12 21 10",
    "\N{COMBINING CARON}": "00 12 12 20",
    "\N{COMBINING MACRON}": "01 41",
    "\N{COMBINING BREVE}": "00 11 21 30",
    "\N{COMBINING DOT ABOVE}": "11 12",
    "\N{COMBINING DOUBLE ACUTE ACCENT}": "10 02,30 22",
    "\N{COMBINING CEDILLA}": "10 11 22 13 03",
    "\N{COMBINING OGONEK}": "20 11 12 23 33",
    "\N{COMBINING COMMA BELOW}": "20 21 13",
    "\N{COMBINING DOT BELOW}": "11 12",
}
BELOW = {
    "\N{COMBINING CEDILLA}",
    "\N{COMBINING OGONEK}",
    "\N{COMBINING COMMA BELOW}",
    "\N{COMBINING DOT BELOW}",
}
REDRAWN = {  # drawn where another was written: form on the grid of glyphs, least width to height
    "ß": ("08 02 10 20 31 33 23 34 46 38 18", 0.3),
    "°": ("30 10 01 03 14 34 43 41 30", 0.9),
    "£": ("42 41 30 20 11 12 15 16 08,08 17 28 38 47,05 35", 0.6),
    "¿": ("20 21,23 24 15 06 07 18 28 37", 0.45),
    "¡": ("10 11,13 08", 0.06),
}
SUBSTITUTES = {  # what is written first
    "ß": "B",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{DOUBLE LOW-9 QUOTATION MARK}": '"',
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}": '"',
    "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}": '"',
    "\N{MINUS SIGN}": "-",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{NO-BREAK SPACE}": " ",
    "œ": "oe",
    "Œ": "OE",
    "æ": "ae",
    "Æ": "AE",
    "¿": "?",
    "¡": "!",
    "€": "C",
    "£": "L",
    "¢": "c",
    "¥": "Y",
    "ø": "o",
    "Ø": "O",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ħ": "h",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
    "ı": "i",
    "°": "'",
    "©": "(c)",
    "®": "(R)",
    "±": "+/-",
    "÷": "/",
    "→": "->",
    "←": "<-",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "µ": "u",
    "·": "-",
    "•": "-",
    "▪": "-",
    "●": "-",
    "◦": "-",
    "\N{PRIME}": "'",
    "\N{DOUBLE PRIME}": '"',
    "\N{ACUTE ACCENT}": "'",
    "\N{SINGLE LOW-9 QUOTATION MARK}": ",",
    "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}": "'",
    "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}": "'",
    "\N{HYPHEN}": "-",
    "\N{NON-BREAKING HYPHEN}": "-",
    "\N{FIGURE DASH}": "-",
    "\N{HORIZONTAL BAR}": "-",
    "\N{FRACTION SLASH}": "/",
}
STRETCHED = {"\N{EN DASH}": 1.6, "\N{EM DASH}": 2.6}
BARS = {  # from place to place in a character's box, (0, 0) top left and (1, 1) bottom right
    "€": (((-0.2, 0.42), (0.7, 0.40)), ((-0.2, 0.62), (0.6, 0.60))),
    "ø": (((0.02, 1.06), (0.98, -0.06)),),
    "Ø": (((-0.05, 1.1), (1.05, -0.1)),),
    "¢": (((0.5, -0.3), (0.4, 1.3)),),
    "¥": (((0.1, 0.55), (0.9, 0.53)), ((0.1, 0.75), (0.9, 0.73))),
    "ł": (((-0.4, 0.6), (1.2, 0.4)),),
    "Ł": (((-0.3, 0.65), (0.6, 0.4)),),
    "đ": (((0.5, 0.2), (1.3, 0.18)),),
    "Đ": (((-0.2, 0.52), (0.45, 0.5)),),
    "ħ": (((-0.2, 0.22), (0.6, 0.2)),),
    "ð": (((0.5, 0.2), (1.3, 0.05)),),
    "Ð": (((-0.2, 0.52), (0.45, 0.5)),),
}
CHANGED = {*STRETCHED, *BARS, *REDRAWN}  # those of OTHERS that are drawn on after writing
REST = 2  # points of a stroke that are no part of another character
GRID_STEP = 0.09  # of the hand's own unit: a step of the grid of marks
GAP = 1.8  # steps of the grid between a letter and the accent above it
UNKNOWN = "?"  # stands for what can't be written, where that is allowed
TAB = "\t"  # a space behind which the writing goes on at the next tab stop

Bar = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Diacritic:
    """Something to add to the character at a place of the spelled text."""

    place: int
    character: str  # a combining mark, one of OTHERS, or TAB


@dataclass(frozen=True)
class DecomposedText:
    """A text in characters of ALPHABET, and the marks that make it what it was.

    indent: columns that are free before it
    """

    text: str
    marks: tuple[Diacritic, ...] = ()
    indent: int = 0

    @property
    def tabs(self) -> list[int]:
        """List the places of spaces that lead to a tab stop."""
        return [mark.place for mark in self.marks if mark.character == TAB]

    def part(self, start: int, end: int) -> "DecomposedText":
        """Cut out the characters from one place to another."""
        marks = [
            Diacritic(m.place - start, m.character) for m in self.marks if start <= m.place < end
        ]
        return DecomposedText(self.text[start:end], tuple(marks), 0 if start else self.indent)


def decompose(text: str, *, replace: bool = False) -> DecomposedText:
    """Spell a text; raises UserError that lists what can't be written, or writes ? for it."""
    letters: list[str] = []
    marks: list[Diacritic] = []
    missing: dict[str, None] = {}
    for character in unicodedata.normalize("NFC", text):
        if character in MARKS and letters:  # one that Unicode has no whole letter for
            marks.append(Diacritic(len(letters) - 1, character))
            continue
        written, added = decompose_character(character)
        if not written:
            missing[character] = None
            written = UNKNOWN
        marks += [Diacritic(len(letters), mark) for mark in added]
        letters += written
    if missing and not replace:
        raise UserError(
            "text.unwritable",
            f"can't be written: {' '.join(map(describe_character, missing))}; what can be: the"
            " 95 characters of a keyboard without accents, letters with accents, and typographic"
            " quotes and dashes (--replace writes ? instead)",
            value="".join(missing),
        )
    return DecomposedText("".join(letters), tuple(marks))


def decompose_line(line: str, *, replace: bool = False) -> DecomposedText:
    """Spell a line behind its indent, whose spaces are columns."""
    its = line.lstrip(" ")
    found = decompose(its, replace=replace)
    return dataclasses.replace(found, indent=len(line) - len(its))


def decompose_character(character: str) -> tuple[str, str]:
    """Take a character apart: what is written of ALPHABET, and the marks that are added."""
    if character in ALPHABET:
        return character, ""
    if character == TAB:
        return " ", TAB
    if character in SUBSTITUTES:
        return SUBSTITUTES[character], character if character in CHANGED else ""
    taken_apart = unicodedata.normalize("NFD", character)
    base, marks = taken_apart[:1], taken_apart[1:]
    if base in ALPHABET and all(mark in MARKS for mark in marks):
        return base, marks
    plain = unicodedata.normalize("NFKC", character)  # ½ is 1/2, ² is 2, ™ is TM
    spelled = "".join(SUBSTITUTES.get(each, each) for each in plain)
    return (spelled, "") if all(each in ALPHABET for each in spelled) else ("", "")


def describe_character(character: str) -> str:
    """Word a character so that it can be told also where it can't be seen."""
    name = unicodedata.name(character, "").lower()
    sign = character if character.isprintable() else f"U+{ord(character):04X}"
    return f"{sign} ({name})" if name else sign


def add_diacritics(penned: WrittenLine, marks: tuple[Diacritic, ...]) -> WrittenLine:
    """Add the marks to a line that was written."""
    seen = [mark for mark in marks if mark.character != TAB]
    for mark in sorted(seen, key=lambda mark: mark.character not in STRETCHED):  # dashes first
        if mark.character in STRETCHED:
            penned = stretch_character(penned, mark.place, STRETCHED[mark.character])
        elif mark.character in REDRAWN:
            penned = replace_character(penned, mark.place, *REDRAWN[mark.character])
        elif mark.character in BARS:
            penned = draw_bars(penned, mark.place, BARS[mark.character])
        else:
            penned = draw_diacritic(penned, mark)
    return penned


def draw_diacritic(penned: WrittenLine, mark: Diacritic) -> WrittenLine:
    """Draw an accent above the middle of a letter, or below it."""
    left, top, right, bottom = bounding_box(penned, mark.place)
    shape = parse_glyph(MARKS[mark.character])
    shape[:, :2] *= GRID_STEP
    high = float(np.ptp(shape[:, 1]))
    middle = (left + right) / 2 - (shape[:, 0].min() + shape[:, 0].max()) / 2
    y = bottom if mark.character in BELOW else top - high - GAP * GRID_STEP
    shape[:, :2] += [middle, y - shape[:, 1].min()]
    return append_strokes(penned, shape, mark.place)


def replace_character(penned: WrittenLine, place: int, form: str, narrowest: float) -> WrittenLine:
    """Draw another form where a character stands, in its height and at least so wide."""
    left, top, right, bottom = bounding_box(penned, place)
    shape = parse_glyph(form)
    size = np.ptp(shape[:, :2], axis=0)
    shape[:, :2] -= shape[:, :2].min(axis=0)
    shape[:, :2] *= [max(right - left, narrowest * (bottom - top)), bottom - top] / size
    shape[:, :2] += [left, top]
    kept = keep_others(penned, place)
    line = penned.line[kept]
    cut = np.flatnonzero(np.diff(np.flatnonzero(kept)) > 1)  # the pen lifts where it was cut
    line[[*cut, len(line) - 1] if len(line) else [], 2] = 1
    return append_strokes(WrittenLine(line, penned.letter[kept]), shape, place)


def keep_others(penned: WrittenLine, place: int) -> NDArray[np.bool_]:
    """Mark the points that stay when a character is taken out.

    A point or two that its neighbor has of a stroke of it would be a dot in the air: they go too.
    """
    kept: NDArray[np.bool_] = penned.letter != place
    stroke = np.cumsum(np.concatenate([[0], penned.line[:-1, 2]])).astype(int)
    n_kept, n_cut = (np.bincount(stroke, weights=which) for which in (kept, ~kept))
    is_rest: NDArray[np.bool_] = ((n_cut > 0) & (n_kept <= REST))[stroke]
    return kept & ~is_rest


def stretch_character(penned: WrittenLine, place: int, factor: float) -> WrittenLine:
    """Widen a character, and move what was written after it to the right."""
    its = np.flatnonzero(penned.letter == place)
    if not len(its):
        return penned
    line = penned.line.copy()
    left = line[its, 0].min()
    more = (factor - 1) * (line[its, 0].max() - left)
    line[its, 0] = left + factor * (line[its, 0] - left)
    line[its[-1] + 1 :, 0] += more
    return WrittenLine(line, penned.letter)


def draw_bars(penned: WrittenLine, place: int, bars: Sequence[Bar]) -> WrittenLine:
    """Draw straight strokes across a character."""
    left, top, right, bottom = bounding_box(penned, place)
    size = np.array([max(right - left, 0.4 * (bottom - top)), bottom - top])
    for bar in bars:
        ends = [left, top] + np.array(bar) * size
        penned = append_strokes(penned, np.column_stack([ends, [0.0, 1.0]]), place)
    return penned


def bounding_box(penned: WrittenLine, place: int) -> tuple[float, float, float, float]:
    """Measure where a character stands: left, top, right, bottom."""
    its = penned.line[points_of(penned.letter, place)]
    (left, top), (right, bottom) = its[:, :2].min(axis=0), its[:, :2].max(axis=0)
    return left, top, right, bottom


def points_of(letter: NDArray[np.int64], place: int) -> NDArray[np.bool_]:
    """Find the points of a character, or of the one beside it where the window never stopped."""
    at = letter[np.abs(letter - place).argmin()]
    found: NDArray[np.bool_] = letter == at
    return found


def append_strokes(penned: WrittenLine, shape: Line, place: int) -> WrittenLine:
    """Put further strokes behind a line."""
    letter = np.full(len(shape), place)
    return WrittenLine(
        np.concatenate([penned.line, shape]), np.concatenate([penned.letter, letter])
    )
