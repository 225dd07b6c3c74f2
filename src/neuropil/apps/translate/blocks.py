"""Lines that belong together: a sentence that runs over three lines is one block.

    N  lines        P  pairs of a line and the one above it        F  features

    blocks = group(lines, quads)        # what was read in each line, and where it is
    blocks[0].lines, blocks[0].text     (3, 4), "Ensalada de la casa"

One neuron decides for each line whether it goes on with the one above: z = Σ w·x + b over what a
reader goes by, a = σ(z) its probability. x is named in FEATURES; w and b are in joining.json.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.geometry import Box, Quad, axes, upright_boxes
from neuropil.apps.translate.linking_words import LINKING_WORDS
from neuropil.apps.translate.tails import split_tail

JOINED = 0.6  # probability: a text in two parts is still understood, two in one are not
PARALLEL = 0.94  # cosine of 20 degrees, at most between lines of one text
LEAST_GAP, MOST_GAP = -0.7, 1.5  # between two lines of a block, in heights
PRICE = re.compile(
    r"[^\w]*(?:€|\$|CHF|EUR)?\s*\d+(?:[.,]\d+)?\s*(?:€|euros?|%|g|kg|ml|l|kcal|kJ)?\W*",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_]+")
ENTRY = re.compile(r"[^:]{2,30}:")
HYPHEN = re.compile(r"[-‐\xad]$")

FEATURES = (
    "gap",  # between the lines, in heights
    "closer_than_next",  # how much farther the next line below is
    "closer_than_previous",  # how much farther the line before the upper one is
    "height_differs",  # |log of the ratio|
    "upper_short",  # of a few letters
    "both_capitals",
    "begins_small",  # the lower line begins with a small letter, as far as the language is the same
    "begins_entry",  # with a capital, and a colon soon: "Zutaten: Wasser"
    "ends_open",  # with a comma, a hyphen, a slash
    "links",  # a linking word at the end or the beginning
    "link_ends",  # one at the end
    "price_beside_lower",
    "number_ends",
    "number_begins",
    "other_language",  # 1 - Σ p q of the languages of both
    "other_words",  # that, as far as both lines are long enough to tell
)
FEW, MANY = 12, 20  # letters of a line that is short, and of one that tells its language


@dataclass(frozen=True)
class LineText:
    """What was read in a line, and the probabilities of its languages (L,)."""

    text: str
    languages: NDArray[np.float32]


@dataclass(frozen=True)
class TextBlock:
    """Lines that are one text, by number in reading order, and the text that they make."""

    lines: tuple[int, ...]
    text: str


@dataclass(frozen=True)
class Joining:
    """The neuron's weights (F,) and bias."""

    weights: NDArray[np.float64]
    bias: float

    @staticmethod
    @cache
    def load() -> "Joining":
        """Read those of the package."""
        kept = json.loads(Path(__file__).with_name("joining.json").read_text(encoding="utf-8"))
        return Joining(np.array([kept["weights"][name] for name in FEATURES]), kept["bias"])

    def probability(self, x: NDArray[np.float64]) -> float:
        """Give σ(Σ w·x + b), that the lower line goes on with the upper one."""
        return 1 / (1 + math.exp(-float(self.weights @ x + self.bias)))


def group(lines: Sequence[LineText], quads: Sequence[Quad]) -> list[TextBlock]:
    """Group lines into blocks, from the top down; columns stay apart."""
    boxes = upright_boxes(quads)
    above = {
        j: i
        for i, j in pairs(lines, boxes)
        if are_parallel(quads[i], quads[j])
        and not split_tail(lines[i].text).leader
        and Joining.load().probability(features(i, j, lines, boxes)) > JOINED
    }
    below: dict[int, int] = {}
    for j, i in sorted(above.items(), key=lambda pair: boxes[pair[0]].top):
        below.setdefault(i, j)  # of two lines that go on with one, the upper
    firsts = [n for n in range(len(lines)) if below.get(above.get(n, -1)) != n]
    chains = [tuple(chain(first, below)) for first in firsts]
    chains.sort(key=lambda numbers: (boxes[numbers[0]].top, boxes[numbers[0]].left))
    return [TextBlock(numbers, join([lines[n].text for n in numbers])) for numbers in chains]


def are_parallel(first: Quad, second: Quad) -> bool:
    """Tell whether two lines run in about one direction, as lines of one text do."""
    (a, _), (b, _) = axes(first), axes(second)
    return float(a @ b) > PARALLEL * float(np.linalg.norm(a) * np.linalg.norm(b))


def chain(first: int, below: dict[int, int]) -> Iterator[int]:
    """Follow the lines of a block from its first one."""
    yield first
    while first in below:
        first = below[first]
        yield first


def join(texts: Sequence[str]) -> str:
    """Make one text of lines; a word that a hyphen divides at the end of a line is made whole."""
    text = texts[0].strip()
    for following in map(str.strip, texts[1:]):
        first = following.partition(" ")[0]
        if HYPHEN.search(text) and following[:1].islower() and first not in LINKING_WORDS:
            text = HYPHEN.sub("", text) + following
        else:
            text = f"{text} {following}"
    return text


def pairs(lines: Sequence[LineText], boxes: Sequence[Box]) -> list[tuple[int, int]]:
    """Find for each line the nearest one above that it could go on with: (upper, lower)."""
    texts = [n for n, line in enumerate(lines) if not is_price(line.text)]
    found = []
    for j in texts:
        near = [
            (gap(boxes[i], boxes[j]), i) for i in texts if i != j and is_above(boxes[i], boxes[j])
        ]
        possible = [(distance, i) for distance, i in near if LEAST_GAP < distance < MOST_GAP]
        if possible:
            found.append((min(possible)[1], j))
    return found


def is_price(text: str) -> bool:
    """Tell a price, a quantity or another number that no text belongs to."""
    return PRICE.fullmatch(text) is not None


def is_above(upper: Box, lower: Box) -> bool:
    """Tell whether a box is above another, and overlaps with it along x."""
    height = (upper.height + lower.height) / 2
    return lower.top > upper.top + 0.3 * height and upper.overlap(lower) > 0.3 * height


def gap(upper: Box, lower: Box) -> float:
    """Measure the gap between two boxes in their mean height, negative where they overlap."""
    return 2 * (lower.top - upper.bottom) / (upper.height + lower.height)


def features(
    i: int, j: int, lines: Sequence[LineText], boxes: Sequence[Box]
) -> NDArray[np.float64]:
    """Say what a reader goes by: whether line j goes on with line i above it (F,)."""
    upper, lower = lines[i].text.strip(), lines[j].text.strip()
    above, below = boxes[i], boxes[j]
    distance = gap(above, below)
    following = [gap(below, box) for box in boxes if is_above(below, box)]
    preceding = [gap(box, above) for box in boxes if is_above(box, above)]
    ends, begins = WORD.findall(upper.casefold())[-1:], WORD.findall(lower.casefold())[:1]
    same = float(lines[i].languages @ lines[j].languages)
    return np.array(
        [
            np.clip(distance, -1, 2),
            np.clip(min(following, default=2) - distance, -1, 1),
            np.clip(min(preceding, default=2) - distance, -1, 1),
            abs(math.log(above.height / below.height)),
            len(upper) < FEW,
            upper.isupper() and lower.isupper(),
            same * lower[:1].islower(),
            lower[:1].isupper() and not lower.isupper() and ENTRY.match(lower) is not None,
            upper[-1:] in [*"-,/&+"],
            not LINKING_WORDS.isdisjoint([*ends, *begins]),
            not LINKING_WORDS.isdisjoint(ends),
            has_price_beside(j, lines, boxes),
            re.search(r"\d\W*$", upper) is not None,
            re.match(r"[\d\W]", lower) is not None,
            1 - same,
            (1 - same) * min(count_letters(upper), count_letters(lower), MANY) / MANY,
        ],
        np.float64,
    )


def count_letters(text: str) -> int:
    """Count the letters of a text."""
    return sum(map(str.isalpha, text))


def has_price_beside(n: int, lines: Sequence[LineText], boxes: Sequence[Box]) -> bool:
    """Tell whether there is a price right of a line, as in a menu."""
    own = boxes[n]
    middle = (own.top + own.bottom) / 2
    return any(
        box.left >= own.right - own.height
        and abs((box.top + box.bottom) / 2 - middle) < own.height / 2
        and is_price(line.text)
        for line, box in zip(lines, boxes, strict=True)
    )
