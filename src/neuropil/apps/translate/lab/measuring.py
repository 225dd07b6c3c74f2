"""How well text is found and read: the rules by which all readers of pictures are compared.

    score = DetectionScore()
    score.add(scene.items, lines)           # what was found in a picture
    score.hmean, score.lines_right

1. Where the truth is words, each found line is cut at its blanks: a word that takes the characters
   a to b of n gets the part from a/n to b/n of the upper and the lower edge. Lines without text
   are dropped.
2. What lies by more than half of its area in one ignored text is left out (ICDAR 2015).
3. Readable texts and what was found are paired one to one, from the highest IoU down to 0.5.
4. A line is right if its pair says the same but for blanks, leaders and dots at the end.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.lab.scenes import Item
from neuropil.apps.translate.quads import area, common_area

LEAST_IOU = 0.5
IGNORED = 0.5  # share of what was found that may lie in an ignored text
LEADERS = re.compile(r"[.·…]{2,}")

Pair = tuple[int, int]


@dataclass(frozen=True, eq=False)
class FoundLine:
    """A line that was found: its quad (4, 2), clockwise from its upper left, and what it says."""

    quad: NDArray[np.float64]
    text: str


@dataclass
class DetectionScore:
    """Counts over all pictures of a source."""

    truths: int = 0
    counted: int = 0  # of what was found
    matched: int = 0
    right: int = 0
    right_folded: int = 0

    def add(self, items: Sequence[Item], lines: Sequence[FoundLine]) -> None:
        """Count what was found in a picture."""
        spoken = [line for line in lines if line.text.strip()]
        if items and items[0].unit == "word":
            spoken = [word for line in spoken for word in cut_words(line)]
        pairs, counted = match(items, spoken)
        self.truths += sum(not item.is_ignored for item in items)
        self.counted += len(counted)
        self.matched += len(pairs)
        for i, k in pairs:
            truth, answer = items[i].text, spoken[k].text
            self.right += strict_key(truth) == strict_key(answer)
            self.right_folded += folded_key(truth) == folded_key(answer)

    @property
    def precision(self) -> float:
        """Give the share of what was found that is there, 0..1."""
        return self.matched / max(1, self.counted)

    @property
    def recall(self) -> float:
        """Give the share of what is there that was found, 0..1."""
        return self.matched / max(1, self.truths)

    @property
    def hmean(self) -> float:
        """Give the harmonic mean of both, 0..1."""
        return 2 * self.precision * self.recall / max(1e-9, self.precision + self.recall)

    @property
    def lines_right(self) -> float:
        """Give the share of the texts that were found and read right, accents and case counted."""
        return self.right / max(1, self.truths)

    @property
    def lines_right_folded(self) -> float:
        """Give the same share, letters and digits alone compared, without accents and case."""
        return self.right_folded / max(1, self.truths)


def cut_words(line: FoundLine) -> Iterator[FoundLine]:
    """Cut a line at its blanks, by shares of characters."""
    top_left, top_right, bottom_right, bottom_left = line.quad
    start, n = 0, len(line.text)
    for word in line.text.split(" "):
        end = start + len(word)
        if word.strip():
            upper = [top_left + (top_right - top_left) * (t / n) for t in (start, end)]
            lower = [bottom_left + (bottom_right - bottom_left) * (t / n) for t in (end, start)]
            yield FoundLine(np.array([*upper, *lower]), word)
        start = end + 1


def match(items: Sequence[Item], lines: Sequence[FoundLine]) -> tuple[list[Pair], list[int]]:
    """Pair items with lines by their numbers; also give the lines that count."""
    ignored = [item.quad for item in items if item.is_ignored]
    counted = [
        k
        for k, line in enumerate(lines)
        if area(line.quad) > 0
        and not any(common_area(line.quad, i) > IGNORED * area(line.quad) for i in ignored)
    ]
    overlaps = [
        (overlap, i, k)
        for i, item in enumerate(items)
        if not item.is_ignored
        for k in counted
        if (overlap := iou(item.quad, lines[k].quad)) >= LEAST_IOU
    ]
    pairs: list[Pair] = []
    for _, i, k in sorted(overlaps, reverse=True):
        if all(i != a and k != b for a, b in pairs):
            pairs.append((i, k))
    return pairs, counted


def iou(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Give the area that two quads share, of that which they cover together, 0..1."""
    common = common_area(first, second)
    return common / (area(first) + area(second) - common) if common else 0.0


# --- texts --------------------------------------------------------------------------------------


def strict_key(text: str) -> str:
    """Leave out blanks, leaders and final dots; case and accents stay."""
    composed = unicodedata.normalize("NFC", text).replace("’", "'").replace("μ", "µ")
    return LEADERS.sub("", "".join(composed.split())).rstrip(".")


def folded_key(text: str) -> str:
    """Keep letters and digits alone, without case and accents."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in apart if c.isalnum())


def word_key(text: str) -> str:
    """Keep letters and digits of a word crop, without case; a truth that has none is left out."""
    composed = unicodedata.normalize("NFC", text).casefold()
    return "".join(c for c in composed if c.isalnum())


def word_accuracy(truths: Sequence[str], answers: Sequence[str]) -> float:
    """Give the share of word crops read right, 0..1."""
    keys = [(word_key(t), word_key(a)) for t, a in zip(truths, answers, strict=True)]
    return sum(t == a for t, a in keys if t) / max(1, sum(bool(t) for t, _ in keys))


def count_edits(made: str, truth: str) -> int:
    """Count the characters to change, put in or take out to make one text of another."""
    row = list(range(len(truth) + 1))
    for i, a in enumerate(made, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(truth, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]
