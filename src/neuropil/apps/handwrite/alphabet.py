"""The characters that are written, and their numbers."""

import numpy as np
from numpy.typing import NDArray

ALPHABET = (  # the 95 printable ASCII characters
    " !\"#$%&'()*+,-./0123456789:;<=>?"
    "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
)
BLANK = 0  # the label of "no character"; a character's own is its place in ALPHABET plus 1


def encode_text(text: str) -> NDArray[np.int64]:
    """Number the characters of a text, 1 to 95 (S)."""
    return np.array([ALPHABET.index(character) + 1 for character in text], np.int64)
