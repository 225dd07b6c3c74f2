"""Subwords: the pieces of which the network's words are made (Sennrich, Haddow and Birch 2016).

    subwords = Subwords.load()
    subwords.split("gegrillter lachs")      ("▁gegr", "illter", "▁la", "chs")

The vocabulary is a text file, a piece a line, in the order in which it was learned to join two
pieces into one; single characters stand last. A word begins with ▁, which stands for the blank
before it. A test holds the result to that of sentencepiece, which learned the vocabulary
(`lab/vocabulary.py`).
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

BLANK = "▁"
FILE = Path(__file__).with_name("subwords.txt")
KEPT_WORDS = 200_000  # whose pieces are remembered


class Subwords:
    """A vocabulary of pieces; each one's number is its place.

    pieces: the pieces in the order in which they are joined, each once
    """

    def __init__(self, pieces: Sequence[str]) -> None:
        self.pieces = tuple(pieces)
        self.numbers = {piece: i for i, piece in enumerate(self.pieces)}
        self.characters = frozenset(piece for piece in self.pieces if len(piece) == 1)
        self.split_word = lru_cache(KEPT_WORDS)(self.join_pairs)

    @classmethod
    @cache
    def load(cls, file: Path = FILE) -> "Subwords":
        """Read a vocabulary, that of the package by default."""
        return cls(file.read_text(encoding="utf-8").splitlines())

    def __len__(self) -> int:
        return len(self.pieces)

    def split(self, text: str) -> tuple[str, ...]:
        """Split a text, folded, into pieces; characters outside the vocabulary are left out."""
        return tuple(p for word in text.split() for p in self.split_word(BLANK + word))

    def join_pairs(self, word: str) -> tuple[str, ...]:
        """Split a word: of all pairs of neighbors, join the one that was learned first, and again.

        word: its characters, with ▁ before those of a whole word
        """
        parts = [c for c in word if c in self.characters]
        while len(parts) > 1:
            ranks = [self.numbers.get(a + b, len(self)) for a, b in pairwise(parts)]
            best = min(ranks)
            if best == len(self):
                break
            i = ranks.index(best)
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        return tuple(parts)
