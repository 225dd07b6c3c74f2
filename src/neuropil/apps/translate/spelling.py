"""What is likely to be written: a small network that has read much tells which letter follows.

    speller = Speller(run)      # run: letters before, (B, K), to logits (B, F)
    speller.find(logits)        [ReadCharacter("Z", step=2, probability=0.98), ...]

T  steps along a line   N  outputs of the reader   K  letters before   F  letters, and the end
S  states of a text: its characters, with a blank around each

A reader sees a few letters at a time, and takes "cities" for "cilies". Of all texts that its
logits allow, this takes the one whose probability by the reader, times that of its spelling to the
power of TRUST, is the highest (prefix beam search, Hannun et al. 2014). Case does not count for the
spelling, nor which digit it is.
"""

import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import log

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.alphabet import (
    BLANK,
    CHARACTERS,
    MARKS,
    SIGNS,
    SMALL,
    ReadCharacter,
    find_characters,
    likeliest_chances,
    trim,
)

Text = tuple[int, ...]  # outputs of the reader
Before = tuple[int, ...]  # the K letters before
Run = Callable[[NDArray[np.int64]], NDArray[np.float32]]

LETTERS = f" 0{string.ascii_lowercase}{string.punctuation}{SMALL}{SIGNS}{MARKS[0]}"
F = 1 + len(LETTERS)
LETTER_NUMBERS = dict(zip(LETTERS, range(1, F), strict=True))
K = 12  # letters before the one that follows
END = 0  # the end of a text, also what stands before its start
TRUST = 0.5  # power of the probability of a spelling
LENGTH = 2.0  # added to the logarithm for each character, since each makes a text less likely
SURE = 0.95  # probability of an output, from which a step is what the reader says
WIDTH = 8  # texts that are followed at a time
LEAST = 1e-2  # probability of an output at a step, below which it is not followed
ODDEST = 1e-2  # probability of a letter that follows, at the least: codes are never likely
TINY = 1e-30  # probability: so little is as good as none


def fold(character: str) -> str:
    """Write a character as the speller knows it: small, digits as 0, marks as the first."""
    if character in MARKS:
        return MARKS[0]
    return "0" if character in string.digits else character.lower()


def spelled_number(character: str) -> int:
    """Number a character that the reader knows as the speller does."""
    return LETTER_NUMBERS[fold(character)]


def share_of_letter(character: str) -> float:
    """Give the logarithm of the share that a character has of its letter: a digit one of ten."""
    return -log(len(string.digits)) if character in string.digits else 0.0


def number_letters(text: str) -> list[int]:
    """Number the letters of a text whose characters the reader knows."""
    return [*map(spelled_number, text)]


def list_before(text: str) -> NDArray[np.int64]:
    """Give the letters before what follows a text, (1, K)."""
    return np.array([[*K * [END], *number_letters(text)][-K:]], np.int64)


@dataclass(slots=True)
class Prefix:
    """What a text may begin with, by a step of the line.

    before: its last letters, as the speller knows them
    rating: logarithm of what its spelling and length are worth
    blank, letter: probability of all ways to it that end in a blank, or in its last character
    """

    before: Before
    rating: float
    blank: float = 0.0
    letter: float = 0.0

    @property
    def chance(self) -> float:
        """Give the probability by the reader, over what was left of earlier steps."""
        return self.blank + self.letter

    @property
    def worth(self) -> float:
        """Give the logarithm by which texts are compared."""
        return log(self.chance) + self.rating


Beam = dict[Text, Prefix]


class Speller:
    """Finds the characters of lines; what it has learned of letters that follow, it keeps."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.letters = (END, *map(spelled_number, CHARACTERS))  # of the outputs of the reader
        self.shares = (0.0, *map(share_of_letter, CHARACTERS))
        self.known: dict[Before, list[float]] = {}  # log p of each letter that may follow

    def find(self, logits: NDArray[np.floating]) -> list[ReadCharacter]:
        """Find the characters of a line (T, N), without blanks at its ends."""
        if likeliest_chances(logits).min() >= SURE:
            return find_characters(logits)
        chances = softmax(logits)
        return trim(align(chances, self.search(chances)))

    def search(self, chances: NDArray[np.float64]) -> Text:
        """Find the text that is likeliest by reader and spelling."""
        beam: Beam = {(): Prefix((END,) * K, 0.0, blank=1.0)}
        for row in chances:
            beam = self.advance(beam, row)
        self.ask(prefix.before for prefix in beam.values())

        def whole_worth(text: Text) -> float:
            return beam[text].worth + TRUST * self.known[beam[text].before][END]

        return max(beam, key=whole_worth)

    def advance(self, beam: Beam, row: NDArray[np.float64]) -> Beam:
        """Follow texts over a step (N,), and keep the best."""
        best = int(row.argmax())
        outputs = np.flatnonzero(row > LEAST) if row[best] < SURE else np.array([best])
        if outputs[-1] != BLANK:
            self.ask(prefix.before for prefix in beam.values())
        made: Beam = {}
        for n in outputs.tolist():
            for text, prefix in beam.items():
                self.follow(made, text, prefix, n, float(row[n]))
        possible = (text for text, prefix in made.items() if prefix.chance > TINY)
        kept = sorted(possible, key=lambda text: made[text].worth, reverse=True)[:WIDTH]
        total = sum(made[text].chance for text in kept)
        for text in kept:  # so that nothing becomes too small to be told from zero
            made[text].blank /= total
            made[text].letter /= total
        return {text: made[text] for text in kept}

    def follow(self, made: Beam, text: Text, prefix: Prefix, n: int, chance: float) -> None:
        """Add what becomes of a text where a step says n."""
        same = made.setdefault(text, Prefix(prefix.before, prefix.rating))
        if n == BLANK:
            same.blank += prefix.chance * chance
            return
        way = prefix.chance
        if text and text[-1] == n:  # once more the same letter, or, behind a blank, another
            same.letter += prefix.letter * chance
            way = prefix.blank
        longer = (*text, n)
        if longer not in made:
            made[longer] = self.lengthen(prefix, n)
        made[longer].letter += way * chance

    def lengthen(self, prefix: Prefix, n: int) -> Prefix:
        """Put an output of the reader behind a text."""
        letter = self.letters[n]
        likely = self.known[prefix.before][letter] + self.shares[n]
        return Prefix((*prefix.before[1:], letter), prefix.rating + TRUST * likely + LENGTH)

    def ask(self, wanted: Iterable[Before]) -> None:
        """Have the network tell what may follow, where it was not asked yet."""
        new = [*dict.fromkeys(before for before in wanted if before not in self.known)]
        if new:
            rows = np.log(softmax(self.run(np.array(new, np.int64))).clip(min=ODDEST))
            self.known |= zip(new, rows.tolist(), strict=True)


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Turn the logits of each row into probabilities."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    made: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return made


def align(chances: NDArray[np.float64], text: Text) -> list[ReadCharacter]:
    """Find the step at which each character of a text is surest, on the likeliest way (Viterbi).

    Where the reader sees a character that the text does not have, the one before is as doubtful.
    """
    states = np.full(2 * len(text) + 1, BLANK)
    states[1::2] = text
    steps = np.arange(len(chances))
    path = likeliest_path(np.log(chances[:, states] + TINY), states)
    doubts = doubts_by_state(chances, states, path)
    found = []
    for k, n in enumerate(text):
        here = steps[path == 2 * k + 1]
        step = int(here[chances[here, n].argmax()])
        probability = min(float(chances[step, n]), *doubts[2 * k + 1 : 2 * k + 3])
        found.append(ReadCharacter(CHARACTERS[n - 1], step, probability))
    if found:
        found[0] = replace(found[0], probability=min(found[0].probability, doubts[0]))
    return found


def doubts_by_state(
    chances: NDArray[np.float64], states: NDArray[np.integer], path: NDArray[np.integer]
) -> list[float]:
    """Give the least probability of a state where the reader sees neither it nor its neighbors."""
    found = [1.0] * len(states)
    for row, state in zip(chances, path.tolist(), strict=True):
        seen = int(row.argmax())
        if seen != BLANK and seen not in states[max(0, state - 1) : state + 2]:
            found[state] = min(found[state], float(row[states[state]]))
    return found


def likeliest_path(logs: NDArray[np.float64], states: NDArray[np.integer]) -> NDArray[np.integer]:
    """Find the state at each step, from log p of states at steps (T, S): (T,)."""
    may_skip = np.zeros(len(states), bool)  # a blank between two characters that differ
    may_skip[3::2] = states[3::2] != states[1:-2:2]
    best = np.where(np.arange(len(states)) < 2, logs[0], -np.inf)
    moves = np.zeros(logs.shape, np.int64)
    for t, now in enumerate(logs[1:], 1):
        one, two = np.full((2, len(states)), -np.inf)
        one[1:], two[2:] = best[:-1], best[:-2]
        ways = np.stack([best, one, np.where(may_skip, two, -np.inf)])
        moves[t] = ways.argmax(axis=0)
        best = ways.max(axis=0) + now
    state = len(states) - 2 + int(best[-1] >= best[-2]) if len(states) > 1 else 0
    path = np.zeros(len(logs), np.int64)
    for t in range(len(logs) - 1, -1, -1):
        path[t] = state
        state -= moves[t, state]
    return path
