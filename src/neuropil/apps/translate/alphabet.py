"""The characters that the reader knows, and how its answers become text (CTC, Graves 2006).

T  steps along a line     N  characters, and before them the blank that separates equal ones

    join_characters(find_characters(logits))        ReadLine("Zwei Bier", 0.98)

A word in a script that is not the reader's is one mark, of which `foreign_script` tells the name.
"""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.preprocess import normalize

ASCII = " " + string.digits + string.ascii_letters + string.punctuation
SMALL = "äöüßéèêëàâçîïôœæùûÿñáíóú"
CAPITAL = "ÄÖÜẞÉÈÊËÀÂÇÎÏÔŒÆÙÛŸÑÁÍÓÚ"
SIGNS = "¿¡€£¥¢«»‹›„“”‚–—…•·°ºª©®™§½¼¾²³µ×±"
LATIN = ASCII + SMALL + CAPITAL + SIGNS
SCRIPTS = (  # that the reader knows by their look alone
    *("Cyrillic", "Greek", "Arabic", "Hebrew", "Chinese or Japanese", "Korean"),
    *("Devanagari", "Thai"),
)
MARKS = "\ue100\ue101\ue102\ue103\ue104\ue105\ue106\ue107"  # of the private use area
CHARACTERS = LATIN + MARKS
BLANK = 0  # the output that stands for no character, or for the end of one
N_OUTPUTS = 1 + len(CHARACTERS)
NUMBERS = dict(zip(CHARACTERS, range(1, N_OUTPUTS), strict=True))
SAME = {  # characters that look alike, and the one that is read for them
    **{"’": "'", "‘": "'", "‛": "'", "´": "'", "`": "'", "′": "'"},
    **{"‟": "“", "″": '"', "μ": "µ", "‐": "-", "‑": "-", "−": "-", "∙": "·", "…": "..."},
    **{"\u2009": " ", "\u202f": " ", "\u00a0": " ", "\u00ad": ""},
}


@dataclass(frozen=True)
class ReadCharacter:
    """A character, the step that is surest of it, and its probability there, 0..1."""

    character: str
    step: int
    probability: float


@dataclass(frozen=True)
class ReadLine:
    """What a line says, and how sure of it the reader is, 0..1.

    tail: the share of the line from which its end, a price, stands apart; None where nothing does
    """

    text: str
    confidence: float
    tail: float | None = None


def unify(text: str) -> str:
    """Compose accents, write characters that look alike in one way, single blanks between words."""
    return normalize(text, SAME)


def foreign_script(text: str) -> str | None:
    """Name the script of a text in which marks are words, if at least half of them are."""
    words = text.split()
    found = [SCRIPTS[MARKS.index(word)] for word in words if word in MARKS]
    return max(found, key=found.count) if found and 2 * len(found) >= len(words) else None


def name_marks(text: str) -> str:
    """Write the name of its script in place of each mark: [Greek]."""
    return "".join(f"[{SCRIPTS[MARKS.index(c)]}]" if c in MARKS else c for c in text)


def encode(text: str) -> list[int] | None:
    """Number the characters of a unified text; None where the reader lacks one of them."""
    numbers = [NUMBERS.get(c) for c in text]
    return [n for n in numbers if n is not None] if None not in numbers else None


def join_characters(said: Sequence[ReadCharacter]) -> ReadLine:
    """Put a line together; its confidence is the mean probability of its characters."""
    if not said:
        return ReadLine("", 0.0)
    confidence = sum(each.probability for each in said) / len(said)
    return ReadLine("".join(each.character for each in said), confidence)


def find_characters(logits: NDArray[np.floating]) -> list[ReadCharacter]:
    """Take the likeliest output of every step (T, N): equal neighbors are one, blanks are none.

    Each character is at its surest step; blanks at the ends of the line are left out.
    """
    best, chances = logits.argmax(axis=1), likeliest_chances(logits)
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    said = []
    for start, end in pairwise([*starts, len(best)]):
        if best[start] != BLANK:
            step = start + int(chances[start:end].argmax())
            character = CHARACTERS[best[start] - 1]
            said.append(ReadCharacter(character, int(step), float(chances[step])))
    return trim(said)


def trim(said: list[ReadCharacter]) -> list[ReadCharacter]:
    """Leave out blanks at the ends of a line."""
    text = "".join(each.character for each in said)
    first = len(text) - len(text.lstrip())
    return said[first : len(text.rstrip())]


def likeliest_chances(logits: NDArray[np.floating]) -> NDArray[np.floating]:
    """Give the probability of the likeliest output of every step, (T, N) to (T,)."""
    chances: NDArray[np.floating] = 1 / np.exp(logits - logits.max(axis=1, keepdims=True)).sum(
        axis=1
    )
    return chances
