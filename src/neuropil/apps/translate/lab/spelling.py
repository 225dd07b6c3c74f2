"""What teaches which letter follows: the texts that lines are rendered of, letter by letter.

    B  letters      K  letters before each      F  letters, and the end      E  numbers a letter

A network that looks at a few letters before the next (Bengio et al. 2003).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from neuropil.apps.translate.alphabet import MARKS
from neuropil.apps.translate.lab.reader_batches import FOREIGN, is_held_out
from neuropil.apps.translate.lab.real_lines import read_real
from neuropil.apps.translate.lab.texts import LanguageTexts, read_texts
from neuropil.apps.translate.preprocess import LANGUAGES
from neuropil.apps.translate.spelling import END, LETTERS, F, K, number_letters
from neuropil.training.recipe import Batch, ExportSpec
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

E = 32
HIDDEN = 640
N_TEXTS = 320  # in a batch
REAL = 0.1  # share of the texts that stand in real pictures
MOST_MARKS = 5  # words of a text in a script that the reader does not know
CHECKED = 400  # held-out texts of each language
RNG = 2003  # of the texts of the score
LAYERS = f"{K} letters before, {E} numbers each, {HIDDEN} and {HIDDEN} hidden"

Numbers = NDArray[np.int64]


class SpellerNet(nn.Module):
    """Letters before, (B, K), to the logits of the one that follows, (B, F)."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(F, E)
        self.first = nn.Linear(K * E, HIDDEN)
        self.second = nn.Linear(HIDDEN, HIDDEN)
        self.choose = nn.Linear(HIDDEN, F)

    def forward(self, before: Tensor) -> Tensor:
        """Give the logits."""
        hidden = self.first(self.embedding(before).flatten(1)).relu()
        made: Tensor = self.choose(self.second(hidden).relu())
        return made


@dataclass(frozen=True, eq=False)
class Writings:
    """What is written: on rendered lines, by language, and in real pictures."""

    texts: Mapping[str, LanguageTexts]
    real: Sequence[str]


def examples(data: Path) -> Split[object]:
    """Read a folder: Writings to learn from, and held-out texts of each language."""
    texts = read_texts(data)
    real = [line.text for line in read_real(data) if not is_held_out(line.scene)]
    writings = Writings(texts.train, real)
    rng = np.random.default_rng(RNG)
    held_out = {
        language: tuple(texts.held_out[language].draw_sentence(rng) for _ in range(CHECKED))
        for language in LANGUAGES
    }
    return Split[object](writings, held_out)


def make_batch(examples: Split[object], step: TrainingStep) -> Batch:
    """Draw texts, and take all their letters: before (B, K), following (B,)."""
    rng, writings = step.rng(), examples.train
    assert isinstance(writings, Writings)
    parts = [cut_letters(draw_text(writings, k, rng)) for k in range(N_TEXTS)]
    before, following = (np.concatenate(part) for part in zip(*parts, strict=True))
    return {"before": before.astype(np.float32), "following": following.astype(np.float32)}


def draw_text(writings: Writings, k: int, rng: Generator) -> str:
    """Draw the k-th text of a batch."""
    chance = rng.random()
    if chance < REAL:
        return writings.real[int(rng.integers(len(writings.real)))]
    if chance < REAL + FOREIGN:
        return " ".join(MARKS[0] for _ in range(int(rng.integers(1, MOST_MARKS + 1))))
    return writings.texts[LANGUAGES[k % len(LANGUAGES)]].draw(rng)


def cut_letters(text: str) -> tuple[Numbers, Numbers]:
    """Give the K letters before each letter of a text and before its end, and what follows."""
    numbers = np.array([*K * [END], *number_letters(text), END], np.int64)
    return sliding_window_view(numbers[:-1], K), numbers[K:]


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely the letters are that follow, nats each."""
    logits = network(batch["before"].long())
    return cross_entropy(logits.float(), batch["following"].long())


@torch.no_grad()
def score(network: nn.Module, examples: Split[object]) -> dict[str, float]:
    """Give the nats a letter of held-out texts, by language."""
    assert isinstance(examples.held_out, dict)
    device = next(network.parameters()).device
    found = {}
    for language, texts in examples.held_out.items():
        parts = zip(*map(cut_letters, texts), strict=True)
        before, following = (torch.from_numpy(np.concatenate(part)).to(device) for part in parts)
        found[f"nats_{language}"] = cross_entropy(network(before).float(), following).item()
    return found


def export_spec(metadata: Mapping[str, str]) -> ExportSpec:
    """Name input and output of the file."""
    return ExportSpec(
        inputs={"before": ("B", K)},
        outputs=("logits",),
        test_sizes=({"B": 1}, {"B": 5}),
        metadata={**metadata, "letters": LETTERS},
        whole_numbers={"before": F},
        matrix_bits=8,
    )
