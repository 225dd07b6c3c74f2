"""Texts broken into lines: by how wide they will be, and again by how wide they have become.

    "Ask zoe.quinn@example.com"  in a narrow room is  "Ask", "zoe.quinn@", "example.com"

A line ends at a space. A word that has no room of its own is broken behind a sign, or anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.generation import MAX_CHARACTERS

SIGNS = "-/\\@._:,;?&=+"  # behind which a word may be broken


@dataclass(frozen=True)
class Part:
    """A line of a paragraph: the places there where it starts and ends, and its first word."""

    start: int
    end: int
    word: int


def break_paragraph(
    text: str, reach: NDArray[np.float64], room: float, limits: Mapping[int, int]
) -> list[Part]:
    """Break a paragraph into as few lines as have room; an empty one is one empty line.

    reach: how wide the text is up to the end of each character
    limits: by the place where a line starts, the most characters that it may have
    """
    parts, start, word = [], 0, 0
    while start < len(text):
        before = reach[start - 1] if start else 0.0
        most = int(np.searchsorted(reach, before + room, "right")) - start
        most = max(1, min(most, MAX_CHARACTERS, limits.get(start, MAX_CHARACTERS)))
        end = start + cut(text[start : start + most + 1], most)
        parts.append(Part(start, end, word))
        after = end + (text[end : end + 1] == " ")
        word += text.count(" ", start, after)
        start = after
    return parts or [Part(0, 0, 0)]


def cut(text: str, most: int) -> int:
    """Find where a line of at most so many characters ends, of a text with what follows them."""
    if len(text) <= most:
        return len(text)
    space = text.rfind(" ", 0, most + 1)
    if space > 0:
        return space
    sign = max(text.rfind(sign, 0, most) for sign in SIGNS)
    return sign + 1 if sign > 0 else most


def shorter(text: str, most: int) -> int:
    """Limit a line that became too wide, by how many of its characters had room.

    A word is broken only if it was too wide as a line of its own: beside others it may have become
    wide by chance.
    """
    word = text.find(" ")
    return max(1, word, min(most, len(text) - 1))
