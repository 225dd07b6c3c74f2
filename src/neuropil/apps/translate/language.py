"""The language of a text, by one neuron for each: z = Σ w·x + b over its words and runs of letters.

    B  texts        F  places of a table        L  languages

    guess = identify(NETWORK.open(), ["Ausgang freihalten"])[0]
    guess.language, guess.probability       "de", 0.998

Words, and runs of one to four letters in them, are counted in a table at places that a hash gives;
the counts of a text are divided by the root of their sum, so that a long text is surer than a short
one without being sure beyond measure. Case does not count, since signs have capitals.
"""

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.preprocess import LANGUAGES, normalize
from neuropil.kit.networks.network import NetworkFile, OnnxNetwork

F = 1 << 14
LONGEST_RUN = 4
LEAST_PROBABILITY = 0.6  # below it no language is named
WORD = re.compile(r"[^\W\d_]+")
NETWORK = NetworkFile(
    Path(__file__).parent / "weights",
    "translate-language-v1.onnx",
    "af4c10d957342a16affe41b3415ba76f1ee55b7a2d6585eabe82f06260042234",
    "MIT",
)


@dataclass(frozen=True)
class LanguageGuess:
    """The likeliest language of a text, and its probability 0..1.

    None where no language is likely enough, or the text has no word.
    """

    language: str | None
    probability: float


def identify(network: OnnxNetwork, texts: Sequence[str]) -> list[LanguageGuess]:
    """Find the language of each text."""
    return [name_language(row) for row in language_probabilities(network, texts)]


def language_probabilities(network: OnnxNetwork, texts: Sequence[str]) -> NDArray[np.float32]:
    """Give the probability of each language for each text (B, L); 0 where a text has no word."""
    if not texts:
        return np.zeros((0, len(LANGUAGES)), np.float32)
    runs = np.stack([count_runs(text) for text in texts])
    z = network.run(runs=runs)["logits"]
    e = np.exp(z - z.max(axis=1, keepdims=True)) * runs.any(axis=1, keepdims=True)
    made: NDArray[np.float32] = e / np.maximum(e.sum(axis=1, keepdims=True), 1)
    return made


def name_language(p: NDArray[np.float32]) -> LanguageGuess:
    """Name the likeliest language, if it is likely enough.

    p: of the languages (L,), 0..1
    """
    best = int(p.argmax())
    return LanguageGuess(LANGUAGES[best] if p[best] >= LEAST_PROBABILITY else None, float(p[best]))


def count_runs(text: str) -> NDArray[np.float32]:
    """Count words and runs of letters at their places (F,), over the root of their sum."""
    counts = np.zeros(F, np.float32)
    for run in runs_of(text):
        counts[place_of(run)] += 1
    total = counts.sum()
    return counts / np.sqrt(total) if total else counts


def runs_of(text: str) -> Iterator[str]:
    """Yield each word with a blank on both sides, and the runs of one to four letters in it."""
    for word in WORD.findall(normalize(text).casefold()):
        whole = f" {word} "
        yield whole
        for n in range(1, LONGEST_RUN + 1):
            for i in range(len(whole) - n + 1):
                run = whole[i : i + n]
                if run not in (" ", whole):
                    yield run


def place_of(run: str) -> int:
    """Give the place of a run in the table."""
    return zlib.crc32(run.encode()) % F
