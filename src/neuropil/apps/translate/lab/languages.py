"""What teaches to tell languages: texts of parallel.zip, cut and changed to what signs have.

    B  texts        F  places of the table of runs        L  languages

Languages are drawn alike, and texts of a language alike: sentences, phrases and words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from neuropil.apps.translate.lab.data import Pair, load_corpus, side
from neuropil.apps.translate.lab.noise import strip_accents
from neuropil.apps.translate.language import F, count_runs
from neuropil.apps.translate.preprocess import LANGUAGES
from neuropil.training.recipe import Batch
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

N_TEXTS = 512  # in a batch
CUT = 0.6  # share of the texts of which a few words are taken
MOST_CUT = 6  # words of those
PLAIN = 0.15  # share of the texts without accents; case does not count
CHECKED = 300  # held-out texts of each language, in each of three forms


class LanguageNet(nn.Module):
    """A neuron for each language."""

    def __init__(self) -> None:
        super().__init__()
        self.neurons = nn.Linear(F, len(LANGUAGES))
        nn.init.zeros_(self.neurons.weight)
        nn.init.zeros_(self.neurons.bias)

    def forward(self, runs: Tensor) -> Tensor:
        """Give the logits (B, L) of counted runs (B, F)."""
        made: Tensor = self.neurons(runs)
        return made


@dataclass(frozen=True)
class Texts:
    """The texts of each language that teach, or that are held out."""

    of: tuple[tuple[str, ...], ...]  # in the order of LANGUAGES


def examples(data: Path) -> Split[Texts]:
    """Read a folder; sentences are split by their English, as for the translator."""
    corpus = load_corpus(data)
    held_out = [pair for pair in corpus.held_out if pair.kind == "sentence"]
    return Split(collect(corpus.train), collect(held_out))


def collect(pairs: Sequence[Pair]) -> Texts:
    """Sort texts by language, each once."""
    found: dict[str, set[str]] = {language: set() for language in LANGUAGES}
    for pair in pairs:
        for language in ("en", pair.language):
            found[language].add(side(pair, language))
    return Texts(tuple(tuple(sorted(texts)) for texts in found.values()))


def make_batch(examples: Split[Texts], step: TrainingStep) -> Batch:
    """Draw texts and count their runs: runs (B, F), language (B,)."""
    rng = step.rng()
    language = rng.integers(len(LANGUAGES), size=N_TEXTS)
    drawn = [draw_text(examples.train.of[k], rng) for k in language]
    runs = np.stack([count_runs(text) for text in drawn])
    return {"runs": runs, "language": language.astype(np.float32)}


def draw_text(texts: Sequence[str], rng: Generator) -> str:
    """Draw a text, mostly a few words of one, sometimes in other letters."""
    text = texts[int(rng.integers(len(texts)))]
    words = text.split()
    if len(words) > 3 and rng.random() < CUT:
        n = int(rng.integers(1, MOST_CUT + 1))
        start = int(rng.integers(max(1, len(words) - n + 1)))
        text = " ".join(words[start : start + n])
    return strip_accents(text) if rng.random() < PLAIN else text


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely the true languages are."""
    return cross_entropy(network(batch["runs"]), batch["language"].long())


@torch.no_grad()
def score(network: nn.Module, examples: Split[Texts]) -> dict[str, float]:
    """Give the shares right: of held-out sentences, of their first two and of a few words each."""
    return {
        f"{name}_right": share_right(network, examples.held_out, form)
        for name, form in FORMS.items()
    }


def share_right(network: nn.Module, texts: Texts, form: Callable[[str], str]) -> float:
    """Give the share of texts, in a form, whose language comes out, the mean over languages."""
    device = next(network.parameters()).device
    shares: list[float] = []
    for k, every in enumerate(texts.of):
        some = [form(text) for text in every[:: max(1, len(every) // CHECKED)]]
        runs = torch.from_numpy(np.stack([count_runs(text) for text in some if text]))
        shares.append((network(runs.to(device)).argmax(dim=1) == k).float().mean().item())
    return sum(shares) / len(shares)


def two_words(text: str) -> str:
    """Take the first two words."""
    return " ".join(text.split()[:2])


def some_words(text: str) -> str:
    """Take up to five words behind the first, whose number depends on the text."""
    return " ".join(text.split()[1 : 3 + len(text) % 4])


FORMS: Mapping[str, Callable[[str], str]] = {
    "sentences": str.strip,
    "two_words": two_words,
    "some_words": some_words,
}
