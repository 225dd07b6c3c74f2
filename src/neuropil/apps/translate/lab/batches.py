"""Batches: pairs of about one length, noised, encoded, and padded to the longest.

    B  pairs       S  tokens of the longest source     T  tokens of the longest target

Each pair is drawn anew each time, in one of its two directions: how often depends on its kind.
Several batches' worth of them are drawn at a time, sorted by length, and cut into batches, so that
little is padding. Which they are depends on the seed and the step alone.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from neuropil.apps.translate.lab.data import Direction, Pair, load_corpus, side
from neuropil.apps.translate.lab.noise import add_noise, add_price, swap_name
from neuropil.apps.translate.lab.switching import mix
from neuropil.apps.translate.preprocess import (
    MOST_TOKENS,
    PAD,
    EncodedText,
    encode_source,
    encode_target,
)
from neuropil.training.recipe import Batch
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

N_CHARACTERS = 14_000  # in the longer texts of a batch's pairs, padding counted: some 4,000 tokens
EDGES = (10, 14, 18, 22, 26, 30, 35, 40, 47, 56, 70, 100, 150, 220)  # longest text of each bucket
POOL = 4  # batches that are drawn at a time, so that each is of pairs of like length
OFTEN = {"sentence": 1.0, "phrase": 4.0, "word": 0.4, "sign": 20.0, "composed": 0.8}
"""How often a pair is drawn, by its kind."""
COMPOSED = 100_000  # texts that are composed of lists
SOURCE_TOLD = 0.4  # share of the pairs whose source language is told
JOINED = 0.08  # share of the batches in which one text follows another, as in a paragraph
LONGEST_JOINED = 70  # characters of texts that may be joined
PRICED = 0.2  # share of the phrases that have a number beside them
CHECKED = 50  # validation sentences of each direction at each look


@dataclass(frozen=True, eq=False)
class Buckets:
    """Pairs sorted by length: one list for each length, and how often each of them is drawn."""

    pairs: tuple[tuple[Pair, ...], ...]
    reach: tuple[NDArray[np.float64], ...]  # of a list, how often its pairs are drawn, added up
    shares: NDArray[np.float64]  # of the batches that each list makes


@dataclass(frozen=True)
class Checked:
    """A sentence that validates, its direction, and all its known translations."""

    text: str
    direction: Direction
    translations: tuple[str, ...]


def examples(data: Path) -> Split[object]:
    """Read a folder: Buckets to learn from, and a tuple of Checked."""
    corpus = load_corpus(data, COMPOSED)
    return Split[object](sort_by_length(corpus.train), choose_checked(corpus.held_out))


def sort_by_length(pairs: Sequence[Pair]) -> Buckets:
    """Sort pairs into buckets by their longer text."""
    lists: list[list[Pair]] = [[] for _ in EDGES]
    for pair in pairs:
        lists[bisect_left(EDGES, max(len(pair.english), len(pair.other)))].append(pair)
    reach = [np.cumsum([OFTEN[pair.kind] for pair in found]) for found in lists]
    batches = [
        each[-1] / size if len(each) else 0 for each, size in zip(reach, sizes(), strict=True)
    ]
    return Buckets(tuple(map(tuple, lists)), tuple(reach), np.array(batches) / sum(batches))


def sizes() -> list[int]:
    """Count the pairs of a batch of each bucket."""
    return [N_CHARACTERS // edge for edge in EDGES]


def choose_checked(pairs: Sequence[Pair]) -> tuple[Checked, ...]:
    """Choose sentences of all directions evenly, each with all its translations."""
    tables: dict[Direction, dict[str, list[str]]] = {}
    for pair in pairs:
        for source, target in ((pair.language, "en"), ("en", pair.language)):
            table = tables.setdefault((source, target), {})
            table.setdefault(side(pair, source), []).append(side(pair, target))
    return tuple(
        Checked(text, direction, tuple(table[text]))
        for direction, table in tables.items()
        for text in [*table][:: max(1, len(table) // CHECKED)][:CHECKED]
    )


def make_batch(examples: Split[object], step: TrainingStep) -> Batch:
    """Give the pairs of a step: source, target and the cases of each, (B, S) and (B, T)."""
    buckets = examples.train
    assert isinstance(buckets, Buckets)
    some = draw_batches(buckets, step.seed, step.step // POOL)[step.step % POOL]
    return collate([source for source, _ in some], [target for _, target in some])


@lru_cache(maxsize=1)
def draw_batches(
    buckets: Buckets, seed: int, turn: int
) -> tuple[tuple[tuple[EncodedText, EncodedText], ...], ...]:
    """Draw the pairs of POOL steps, all of about one length, and cut them into batches."""
    rng = default_rng((seed, turn))
    b = int(rng.choice(len(EDGES), p=buckets.shares))
    reach = buckets.reach[b]
    places = np.searchsorted(reach, rng.random(POOL * sizes()[b]) * reach[-1], side="right")
    drawn = [buckets.pairs[b][i] for i in places]
    groups: list[tuple[Pair, ...]] = [(pair,) for pair in drawn]
    if rng.random() < JOINED and EDGES[b] <= LONGEST_JOINED:
        drawn.sort(key=lambda pair: pair.language)
        couples = zip(drawn[::2], drawn[1::2], strict=False)
        groups = [couple for couple in couples if couple[0].language == couple[1].language]
    encoded = [each for group in groups if (each := encode_group(group, rng))]
    encoded.sort(key=lambda pair: sorted(len(text.tokens) for text in pair)[::-1])
    cuts = [part * len(encoded) // POOL for part in range(POOL + 1)]
    return tuple(tuple(encoded[cuts[k] : cuts[k + 1]]) for k in rng.permutation(POOL))


def encode_group(pairs: Sequence[Pair], rng: Generator) -> tuple[EncodedText, EncodedText] | None:
    """Encode pairs of one language, one behind the other, in a direction, changed by chance.

    None where numbers of source and target differ, or the source is too long for the network.
    """
    other = pairs[0].language
    languages = ("en", other) if rng.random() < 0.5 else (other, "en")
    varied = [vary(pair, languages, rng) for pair in pairs]
    source, target = (" ".join(texts) for texts in zip(*varied, strict=True))
    source, target = add_noise(source, target, rng)
    told = languages[0] if rng.random() < SOURCE_TOLD else None
    encoded = encode_source(source, languages[1], told)
    answer = encode_target(target, encoded.copies)
    return (encoded, answer) if answer and len(encoded.tokens) <= MOST_TOKENS else None


def vary(pair: Pair, languages: Direction, rng: Generator) -> tuple[str, str]:
    """Give the texts of a pair, source first, with other names, numbers and words in them."""
    texts = mix(side(pair, languages[0]), side(pair, languages[1]), languages, rng)
    if pair.kind == "phrase" and rng.random() < PRICED:
        return add_price(*texts, rng)
    return swap_name(*texts, rng)


def collate(sources: Sequence[EncodedText], targets: Sequence[EncodedText]) -> Batch:
    """Pad encoded texts to the longest of them."""
    arrays: Batch = {}
    for name, texts in (("source", sources), ("target", targets)):
        arrays[name] = pad([text.tokens for text in texts])
        arrays[f"{name}_cases"] = pad([text.cases for text in texts])
    return arrays


def pad(rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    """Make one array of rows of numbers, which are small enough for float32 to be exact."""
    made = np.full((len(rows), max(map(len, rows))), PAD, np.float32)
    for row, numbers in zip(made, rows, strict=True):
        row[: len(numbers)] = numbers
    return made
