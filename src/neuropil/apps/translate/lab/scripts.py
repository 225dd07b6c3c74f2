"""Words in scripts that the reader does not know, so that it names them and guesses no letters.

    scripts = find_scripts(FOLDER)
    line = scripts.draw(rng)
    line.drawn, line.text       "Привет", the mark of Cyrillic

Letters are drawn at random: how a script looks is to be learned, none of its words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from numpy.random import Generator

from neuropil.apps.translate.alphabet import MARKS, SCRIPTS
from neuropil.apps.translate.lab.fonts import (
    FOLDER,
    MISSING,
    PACKAGES,
    PROBED_AT,
    Font,
    Fonts,
    is_lacked,
    list_fonts,
    load_font,
)
from neuropil.kit.errors import UserError

MOST_WORDS = 4
CAPITALS = 0.25  # share of the words in capitals, where a script has them
ASKED = 8  # letters for which a font is asked, about
MIXED = 0.25  # share of the lines that also hold a number or a Latin word
BESIDE = ("24", "100", "2026", "WC", "OK", "A4", "TV", "50 %", "+7", "No. 3")
HIGH = range(0xA1, 0xFF)
LETTERS: Mapping[str, str] = {
    "Cyrillic": "бвгджзийклмнптуфцчшщъыьэюя" * 2 + "аеорсух" * 2 + "БГДЖЗИЙЛПУФЦЧШЩЭЮЯ",
    "Greek": "αβγδεζηθλμξπρσφχψωάέήίόύώ" * 2 + "ΓΔΘΛΞΠΣΦΨΩ",
    "Arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإ",
    "Hebrew": "אבגדהוזחטיכךלמםנןסעפףצץקרשת",
    "Devanagari": "कखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह" * 2 + "ािीुूेैोौं्",
    "Thai": "กขคงจชซญดตถทนบปผพฟมยรลวศสหอ" * 2 + "ะาำิีืุูเแโไ่้",
}
NO_BLANKS = ("Chinese or Japanese", "Thai")
LOOK_LATIN = frozenset("аеорсухαοβρΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")  # alone, they would be read as Latin
SHAPED = ("Arabic", "Devanagari", "Thai")


def spell(encoding: str, first: range, second: range) -> str:
    """List the characters of two bytes that an encoding has."""
    pairs = (bytes([a, b]) for a in first for b in second)
    return "".join(pair.decode(encoding, errors="ignore") for pair in pairs)


@cache
def letters_of(script: str) -> str:
    """List the letters of a script, those several times that are drawn more often."""
    if script == "Korean":
        return spell("euc_kr", range(0xB0, 0xC8), HIGH)
    if script == "Chinese or Japanese":
        kana = (chr(c) for c in (*range(0x3042, 0x3094), *range(0x30A2, 0x30F4)))
        return spell("gb2312", range(0xB0, 0xD7), HIGH) + "".join(kana) * 12
    return LETTERS[script]


@dataclass(frozen=True)
class ScriptLine:
    """A line as it is drawn, and as it is to be read: one mark for each word."""

    drawn: str
    text: str
    fonts: Fonts


@dataclass(frozen=True, eq=False)
class Scripts:
    """The fonts of each script."""

    fonts: Mapping[str, Fonts]

    def draw(self, rng: Generator) -> ScriptLine:
        """Write a line in one of the scripts, some with a number or a Latin word."""
        script = SCRIPTS[int(rng.integers(len(SCRIPTS)))]
        n = 1 if script in NO_BLANKS else int(rng.integers(1, MOST_WORDS + 1))
        words = [draw_word(script, rng) for _ in range(n)]
        marks = [MARKS[SCRIPTS.index(script)]] * n
        if rng.random() < MIXED:
            other = BESIDE[int(rng.integers(len(BESIDE)))]
            place = int(rng.integers(2)) * n
            words.insert(place, other)
            marks.insert(place, other)
        if script in ("Arabic", "Hebrew"):
            marks.reverse()  # what is written from the right is read from the left
        return ScriptLine(" ".join(words), " ".join(marks), self.fonts[script])


def draw_word(script: str, rng: Generator) -> str:
    """Write a word of letters, of which at least one is none of the Latin ones."""
    letters = letters_of(script)
    longest = 12 if script in NO_BLANKS else 9
    while True:
        n = int(rng.integers(1 if script in NO_BLANKS else 2, longest))
        word = "".join(letters[int(i)] for i in rng.integers(len(letters), size=n))
        if not LOOK_LATIN.issuperset(word):
            return word.upper() if rng.random() < CAPITALS else word


@cache
def find_scripts(folder: Path = FOLDER) -> Scripts:
    """Find the fonts of each script; raises UserError where one has none."""
    paths = list_fonts(folder)
    found = {script: Fonts(tuple(fonts_of(script, paths))) for script in SCRIPTS}
    missing = [script for script in SCRIPTS if not found[script].every]
    if missing:
        raise UserError(
            "data.missing",
            f"{folder} has no font with the letters of: {', '.join(missing)}. On Debian: apt-get"
            f" install --no-install-recommends {PACKAGES}",
            path=folder,
        )
    return Scripts(found)


def fonts_of(script: str, paths: Sequence[Path]) -> list[Font]:
    """Find the fonts that have the letters of a script: some of them are asked for."""
    return [font for path in paths if (font := examine(path, script))]


def examine(path: Path, script: str) -> Font | None:
    """Ask a font for letters of a script; None where it lacks one."""
    letters = sorted({*letters_of(script)})
    asked = letters[:: max(1, len(letters) // ASKED)]
    try:
        font = load_font(path, PROBED_AT)
        empty = bytes(font.getmask(MISSING))
        masks = {bytes(font.getmask(c)) for c in asked}  # one alone: a sign for all of a script
        if len(masks) == 1 or any(is_lacked(font, c, empty) for c in asked):
            return None
        lacked = frozenset(c for c in {*"".join(BESIDE)} - {" "} if is_lacked(font, c, empty))
    except (OSError, ValueError):
        return None
    family = font.getname()[0] or path.stem
    return Font(path, family, lacked, has_small=False, is_shaped=script in SHAPED)
