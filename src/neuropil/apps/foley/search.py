"""The nearest recordings for an event: a distance that is a sum of terms, over a whole library.

    index = SearchIndex.of(library.recordings)
    found = index.search(Query(ratings, strength=0.7, size=0.1), k=5)

    distance = -ln p(class) + strength + size + typical + repeated

N classes   R recordings   D numbers of an embedding
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.foley.sound_library import Recording
from neuropil.apps.foley.tagger import EMBEDDING, tag_names

Numbers = NDArray[np.float64]

LEVELS = {"light": 0.2, "medium": 0.5, "heavy": 0.85}  # of strength, as titles say
UNKNOWN = 0.5
STRENGTH_WEIGHT = 0.8  # of a difference of strength
SIZE_WEIGHT = 0.3  # of bright sounds for large things, and dull ones for small
TYPICAL_WEIGHT = 0.5  # of recordings unlike the others of their class
LEAST_CHANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Query:
    """What is looked for.

    ratings: (N,) how likely each class is
    strength: 0 to 1, of the motion; size: 0 to 1, of what moves
    repeated: recordings that were just heard, by number, and the distance that this adds
    """

    ratings: Numbers
    strength: float
    size: float
    repeated: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    """A recording that was found: its number, its distance, and the terms of that."""

    number: int
    distance: float
    terms: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class SearchIndex:
    """What the search needs of the recordings, sorted by class.

    order: the number of each in the library; classes, strengths, dullness, typical: (R,)
    starts: where each class that is there begins
    """

    order: NDArray[np.int64]
    classes: NDArray[np.int64]
    strengths: Numbers
    dullness: Numbers
    typical: Numbers
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, recordings: Sequence[Recording], kind: str = "event") -> "SearchIndex":
        """Index the recordings of a kind."""
        names = {name: n for n, name in enumerate(tag_names())}
        some = [(n, r) for n, r in enumerate(recordings) if r.kind == kind and r.name in names]
        some.sort(key=lambda pair: (names[pair[1].name], pair[0]))
        classes = np.array([names[r.name] for _, r in some], np.int64)
        starts = np.flatnonzero(np.diff(classes, prepend=-1))
        embeddings = np.array([r.embedding for _, r in some]).reshape(len(some), EMBEDDING)
        return cls(
            np.array([n for n, _ in some], np.int64),
            classes,
            np.array([LEVELS.get(r.strength, UNKNOWN) for _, r in some]),
            rank_dullness(np.array([r.brightness for _, r in some]), starts),
            measure_typical(embeddings, starts),
            starts,
        )

    def search(self, query: Query, k: int) -> list[Match]:
        """Find the nearest recording, and then k others: the nearest of k other classes."""
        terms = self.measure(query)
        distances = np.sum(list(terms.values()), axis=0)
        best = self.best_of_classes(distances)[: k + 1]
        return [self.match(int(place), distances, terms) for place in best]

    def search_class(self, query: Query, number: int, k: int) -> list[Match]:
        """Find the k nearest recordings of a class."""
        terms = self.measure(query)
        distances = np.sum(list(terms.values()), axis=0)
        own = np.flatnonzero(self.classes == number)
        nearest = own[np.argsort(distances[own], kind="stable")[:k]]
        return [self.match(int(place), distances, terms) for place in nearest]

    def measure(self, query: Query) -> dict[str, Numbers]:
        """Measure every term of the distance of every recording, (R,) each."""
        unlikely = -np.log(np.maximum(query.ratings, LEAST_CHANCE))
        return {
            "class": unlikely[self.classes],
            "strength": STRENGTH_WEIGHT * np.abs(self.strengths - query.strength),
            "size": SIZE_WEIGHT * np.abs(self.dullness - query.size),
            "typical": TYPICAL_WEIGHT * self.typical,
            "repeated": self.measure_repeated(query.repeated),
        }

    def measure_repeated(self, heard: Mapping[int, float]) -> Numbers:
        """Measure how soon each is heard again, beside the others of its class (R,).

        So another recording is taken in its turn, and no other class.
        """
        repeated = np.zeros(len(self.order))
        for number, more in heard.items():
            repeated[self.order == number] = more
        if len(self.starts):
            lengths = np.diff(self.starts, append=len(repeated))
            repeated -= np.repeat(np.minimum.reduceat(repeated, self.starts), lengths)
        return repeated

    def best_of_classes(self, distances: Numbers) -> NDArray[np.int64]:
        """Give the place of the nearest recording of each class, the nearest class first."""
        if len(self.starts) == 0:
            return np.zeros(0, np.int64)
        lowest = np.minimum.reduceat(distances, self.starts)
        ends = find_ends(self.starts, len(distances))
        first = np.argsort(lowest, kind="stable")
        places = [a + np.argmin(distances[a:b]) for a, b in zip(self.starts, ends, strict=True)]
        return np.array(places, np.int64)[first]

    def match(self, place: int, distances: Numbers, terms: Mapping[str, Numbers]) -> Match:
        """Word what was found at a place."""
        each = {name: float(values[place]) for name, values in terms.items()}
        return Match(int(self.order[place]), float(distances[place]), each)


def find_ends(starts: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Give where each class ends, of n recordings in all."""
    return np.append(starts, n)[1:]


def rank_dullness(brightness: Numbers, starts: NDArray[np.int64]) -> Numbers:
    """Rank recordings in their class, from 0, the brightest, to 1, the dullest."""
    ranks = np.full(len(brightness), UNKNOWN)
    for first, end in zip(starts, find_ends(starts, len(brightness)), strict=True):
        if end - first > 1:
            order = np.argsort(np.argsort(-brightness[first:end], kind="stable"))
            ranks[first:end] = order / (end - first - 1)
    return ranks


def measure_typical(embeddings: NDArray[np.float32], starts: NDArray[np.int64]) -> Numbers:
    """Measure how unlike the mean of its class each embedding (R, D) is: 1 - cosine."""
    unlike = np.zeros(len(embeddings))
    for first, end in zip(starts, find_ends(starts, len(embeddings)), strict=True):
        some = embeddings[first:end].astype(np.float64)
        middle = some.mean(axis=0)
        lengths = np.linalg.norm(some, axis=1) * np.linalg.norm(middle)
        unlike[first:end] = 1 - some @ middle / np.maximum(lengths, 1e-9)
    return unlike
