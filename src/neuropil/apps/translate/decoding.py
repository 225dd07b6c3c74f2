"""Beam search: the likeliest translations that the network can be brought to write.

    B  texts        K  beams of each: translations that are followed at once      V  tokens
    R  rows that are calculated, B K of texts that are not done

    hypotheses = search(encoder, step, [encode_source("Zwei Bier.", to="en")], beams=4)

Each step writes one more token in every beam, and keeps the K likeliest of all continuations. A
translation that ends is scored by its log p over (its length)^LENGTH_POWER, or long ones would
lose. Marks of what is copied can only be written where the source has them, and as often.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.casing import LOWER
from neuropil.apps.translate.preprocess import END, FIRST_PIECE, MARK_TOKENS, PAD, EncodedText
from neuropil.kit.networks.network import OnnxNetwork

LENGTH_POWER = 1.0
LONGER = 2  # times the tokens of its source that a translation may have, and MORE besides
MORE = 10

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Hypothesis:
    """A translation: tokens without their END, the case of each, and its score in nats a token."""

    tokens: tuple[int, ...]
    cases: tuple[int, ...]
    score: float

    @property
    def rank(self) -> tuple[int, float]:
        """Order translations: the one that copies the most is the best, then the likelier one."""
        return len({token for token in self.tokens if token < FIRST_PIECE}), self.score


@dataclass
class Beams:
    """What is followed for one text: K rows of tokens and cases, log p of each, what has ended.

    marks: those that the source has, and how often
    """

    most: int
    tokens: list[list[int]]
    cases: list[list[int]]
    log_p: Floats  # (K,)
    marks: Counter[int]
    ended: list[Hypothesis] = field(default_factory=list)
    is_done: bool = False


def search(
    encoder: OnnxNetwork, step: OnnxNetwork, texts: Sequence[EncodedText], beams: int = 4
) -> list[Hypothesis]:
    """Translate encoded texts, all at once: the best translation of each.

    beams: K, at least 1; 1 takes the likeliest token at each step
    """
    read = encoder.run(tokens=pad([t.tokens for t in texts]), cases=pad([t.cases for t in texts]))
    read = {name: np.repeat(array, beams, axis=0) for name, array in read.items()}
    barred = np.repeat([bar_signs(text) for text in texts], beams, axis=0)
    layers, width = step.input_shapes["state"][1:]
    state = np.zeros((len(texts) * beams, layers, width), np.float32)
    token = np.full(len(state), END, np.int64)
    every = [first_beams(text, beams) for text in texts]
    active = [*range(len(texts))]
    while active:
        made = step.run(token=token, state=state, **read)
        made["logits"][:, :FIRST_PIECE] += barred
        log_p, case = log_softmax(made["logits"]), made["case"].argmax(axis=1)
        parts = [slice(i * beams, (i + 1) * beams) for i in range(len(active))]
        grown = [grow(every[n], log_p[r], case[r]) for n, r in zip(active, parts, strict=True)]
        going = [i for i, n in enumerate(active) if not every[n].is_done]
        active = [active[i] for i in going]
        states = [made["next_state"][parts[i]][grown[i][0]] for i in going]
        state = np.concatenate(states or [state])
        token = np.array([t for i in going for t in grown[i][1]], np.int64)
        if len(going) < len(parts):
            rows = np.array([row for i in going for row in range(i * beams, (i + 1) * beams)], int)
            read, barred = {name: array[rows] for name, array in read.items()}, barred[rows]
    return [max(b.ended, key=lambda hypothesis: hypothesis.rank) for b in every]


def grow(beams: Beams, log_p: Floats, case: Ints) -> tuple[list[int], list[int]]:
    """Go one token on: of which beam each new one is made, and the token that it adds.

    log_p: of each next token after each beam (K, V)
    case: of each beam's last token (K,)
    """
    K, V = log_p.shape
    if beams.tokens[0]:
        for told, kind in zip(beams.cases, case, strict=True):
            told.append(int(kind))
    bar_spent_marks(beams, log_p)
    total = (beams.log_p[:, None] + log_p).ravel()
    best = np.argpartition(-total, 2 * K - 1)[: 2 * K] if len(total) > 2 * K else np.arange(V * K)
    best = best[np.argsort(-total[best], kind="stable")]
    is_last = len(beams.tokens[0]) + 1 >= beams.most
    origins: list[int] = []
    chosen: list[int] = []
    for rank, place in enumerate(best):
        row, token = divmod(int(place), V)
        if token == END or is_last:
            if rank < K:
                beams.ended.append(conclude(beams, row, token, float(total[place])))
        elif len(origins) < K:
            origins.append(row)
            chosen.append(token)
    if not is_last:
        beams.tokens = [[*beams.tokens[o], t] for o, t in zip(origins, chosen, strict=True)]
        beams.cases = [[*beams.cases[o]] for o in origins]
        beams.log_p = total[[o * V + t for o, t in zip(origins, chosen, strict=True)]]
    beams.is_done = is_last or has_best(beams)
    return origins, chosen


def conclude(beams: Beams, row: int, token: int, log_p: float) -> Hypothesis:
    """End a beam, by END or, where it has become too long, by any token."""
    tokens, cases = [*beams.tokens[row]], [*beams.cases[row]]
    if token != END:
        tokens, cases = [*tokens, token], [*cases, LOWER]
    return Hypothesis(tuple(tokens), tuple(cases), log_p / (len(tokens) + 1) ** LENGTH_POWER)


def has_best(beams: Beams) -> bool:
    """Tell whether as many have ended as are followed, and one scores above all that go on.

    What goes on counts as if it ended here, so that one beam takes the likeliest token, END too.
    """
    if len(beams.ended) < len(beams.log_p):
        return False
    best = max(hypothesis.score for hypothesis in beams.ended)
    going: float = float(beams.log_p.max()) / len(beams.tokens[0]) ** LENGTH_POWER
    return best >= going


def first_beams(text: EncodedText, beams: int) -> Beams:
    """Begin with one empty translation; the other beams are too unlikely to be gone on with."""
    log_p = np.full(beams, -np.inf, np.float32)
    log_p[0] = 0
    most = LONGER * len(text.tokens) + MORE
    marks = Counter(token for token in text.tokens if token in MARK_TOKENS.values())
    return Beams(most, [[] for _ in range(beams)], [[] for _ in range(beams)], log_p, marks)


def bar_spent_marks(beams: Beams, log_p: Floats) -> None:
    """Make marks impossible in beams (K, V) that have them as often as the source already."""
    for row, tokens in zip(log_p, beams.tokens, strict=True):
        for mark, often in beams.marks.items():
            if tokens.count(mark) >= often:
                row[mark] = -np.inf


def bar_signs(text: EncodedText) -> Floats:
    """Give -inf for signs that no translation holds, and for marks that its source lacks."""
    barred = np.full(FIRST_PIECE, -np.inf, np.float32)
    barred[[END, *[*MARK_TOKENS.values()][: len(text.copies.texts)]]] = 0
    return barred


def log_softmax(logits: Floats) -> Floats:
    """Give log p of each token (R, V)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    made: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return made


def pad(rows: Sequence[Sequence[int]]) -> NDArray[Any]:
    """Make one array of rows of numbers (B, S), filled up with PAD."""
    made = np.full((len(rows), max(map(len, rows))), PAD, np.int64)
    for row, numbers in zip(made, rows, strict=True):
        row[: len(numbers)] = numbers
    return made
