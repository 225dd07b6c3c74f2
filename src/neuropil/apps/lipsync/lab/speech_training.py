"""What the speech network is trained on and by: its batches, its loss, its score, its file.

B  recordings     T  steps of 20 ms     F  frames of 40 ms
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from neuropil.apps.lipsync.hearing import COLUMNS, HEARD, STEPS_PER_SECOND, normalize_bands
from neuropil.apps.lipsync.lab.data import FPS, Speaker
from neuropil.apps.lipsync.lab.model import CELLS
from neuropil.apps.lipsync.lab.sounds import (
    TEMPO,
    Sentence,
    change_tempo,
    hear_elsewhere,
    read_clip_columns,
    read_sentences,
    read_texts,
)
from neuropil.apps.lipsync.lab.voices import OTHER, VOICES, speak
from neuropil.apps.lipsync.phones import PHONES
from neuropil.apps.lipsync.preprocess import Floats
from neuropil.apps.lipsync.shapes import FEATURES, MouthBasis, Numbers
from neuropil.apps.lipsync.speech import AHEAD
from neuropil.training.recipe import Batch, ExportSpec
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

CLIPS, SENTENCES, VOICED = 32, 12, 12  # of a batch: of the speaker, of the reader, of machines
T = 150  # steps of what is heard at once: three seconds
F = 75
UNKNOWN = -100  # label of a step whose phone is not told
PHONE_WEIGHT = 0.3  # of the loss of phones beside that of the mouth
FEATURE_WEIGHTS = (2.0, 1.5, 1.0, 1.0, *(0.4,) * (len(FEATURES) - 4))
CLEAN = 0.25  # share of the clips that are heard as they are
HELD_OUT = 16  # one clip, or sentence, in so many validates


@dataclass(frozen=True, eq=False)
class SpeechStock:
    """Clips with mouths, and sentences with phones, read by a man and spoken by machines.

    columns: (N, 300, 40); mouths: (N, 75, 10), normalized
    """

    columns: Floats
    mouths: Floats
    sentences: list[Sentence]
    voiced: list[Sentence]


def examples(data: Path) -> Split[SpeechStock]:
    """Read the clips that are not the judge's, and the sentences, and split some off."""
    speaker = Speaker.read(data)
    clips = speaker.clips("train")
    return split_stock(data, read_clip_columns(speaker, clips), measure_clips(speaker, clips))


def unseen_examples(data: Path) -> Split[SpeechStock]:
    """Read the sentences alone: no mouth of the speaker, nor a sound of his."""
    nothing = np.zeros((0, 2 * T, HEARD // COLUMNS), np.float32)
    return split_stock(data, nothing, np.zeros((0, F, 10), np.float32))


def split_stock(data: Path, columns: Floats, mouths: Floats) -> Split[SpeechStock]:
    """Split clips and sentences; a voice that teaches nothing speaks those that are held out."""
    held = np.arange(len(columns)) % HELD_OUT == 0
    sentences, texts = read_sentences(data, "train"), read_texts(data, "train")
    rest = [n for n in range(len(texts)) if n % HELD_OUT]
    voiced = speak([texts[n] for n in rest], VOICES)
    train = SpeechStock(columns[~held], mouths[~held], [sentences[n] for n in rest], voiced)
    others = speak(texts[::HELD_OUT], [OTHER])
    return Split(train, SpeechStock(columns[held], mouths[held], sentences[::HELD_OUT], others))


def measure_clips(speaker: Speaker, clips: NDArray[np.intp]) -> Floats:
    """Measure the mouths of clips, normalized as the network tells them: (N, 75, 10)."""
    basis = MouthBasis.load()
    every = [basis.measure(speaker.points[n].astype(np.float64)) for n in clips]
    return ((np.stack(every) - basis.mean) / basis.spread).astype(np.float32)


def make_batch(examples: Split[SpeechStock], step: TrainingStep) -> Batch:
    """Make the batch of a step: what is heard, where frames are, mouths and phones."""
    stock, rng = examples.train, step.rng()
    rows: list[dict[str, Any]] = []
    for n in rng.integers(len(stock.columns), size=CLIPS) if len(stock.columns) else []:
        rows.append(hear_clip(stock.columns[n], stock.mouths[n], rng))
    counts = (SENTENCES, VOICED) if rows else (SENTENCES + CLIPS // 2, VOICED + CLIPS // 2)
    for some, count in zip((stock.sentences, stock.voiced), counts, strict=True):
        chosen = some or stock.sentences
        rows += [hear_sentence(chosen[n], rng) for n in rng.integers(len(chosen), size=count)]
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def hear_clip(columns: Floats, mouths: Floats, rng: Generator) -> dict[str, Any]:
    """Hear a clip: some as they are, others faster or slower and elsewhere."""
    times = 1.0
    if rng.random() < CLEAN:
        heard = normalize_bands(columns)
    else:
        times = float(np.exp(rng.uniform(*np.log(TEMPO))))
        heard = hear_elsewhere(change_tempo(columns, times), rng)
    moments = (np.arange(F) + 0.5) / FPS * len(heard) / T  # as fast as it is spoken
    places = moments * STEPS_PER_SECOND - 0.5
    known = places <= min(len(heard), T) - 1
    return {
        "heard": fit_length(heard, T),
        "places": places.clip(0, T - 1.001).astype(np.float32),
        "mouths": mouths,
        "known": known.astype(np.float32),
        "phones": np.full(T, UNKNOWN, np.float32),
    }


def hear_sentence(sentence: Sentence, rng: Generator) -> dict[str, Any]:
    """Hear three seconds of a sentence, faster or slower and elsewhere."""
    times = float(np.exp(rng.uniform(*np.log(TEMPO))))
    columns = change_tempo(sentence.columns, times)
    n = len(columns) // COLUMNS
    phones = sentence.phones[(np.arange(n) * len(sentence.phones) // n)]
    heard = hear_elsewhere(columns, rng)
    start = int(rng.integers(0, max(1, n - T)))
    labels = np.full(T, UNKNOWN, np.float32)
    labels[: min(T, n - start)] = phones[start : start + T]
    return {
        "heard": fit_length(heard[start : start + T], T),
        "places": np.zeros(F, np.float32),
        "mouths": np.zeros((F, len(FEATURES)), np.float32),
        "known": np.zeros(F, np.float32),
        "phones": labels,
    }


def fit_length(heard: Floats, n: int) -> Floats:
    """Cut what is heard to n steps, or let its end go on."""
    return np.pad(heard[:n], ((0, max(0, n - len(heard))), (0, 0)), mode="edge")


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure squared errors of the mouth, and how unlikely the phones are."""
    mouths, phones = network(batch["heard"])
    made = sample_steps(mouths.float(), batch["places"])
    weights = torch.tensor(FEATURE_WEIGHTS, device=made.device)
    off = ((made - batch["mouths"]).square() * weights).mean(dim=2)
    shown = batch["known"]
    mouth: Tensor = (off * shown).sum() / shown.sum().clamp(min=1)
    labels = batch["phones"].long().flatten()
    told = cross_entropy(phones.float().flatten(0, 1), labels, ignore_index=UNKNOWN)
    return mouth + PHONE_WEIGHT * told


def sample_steps(values: Tensor, places: Tensor) -> Tensor:
    """Interpolate values of steps (B, T, K) at places (B, F), in steps."""
    low = places.floor().long().clamp(0, values.shape[1] - 2)
    part = (places - low)[..., None]
    row = torch.arange(len(values), device=values.device)[:, None]
    between: Tensor = values[row, low] * (1 - part) + values[row, low + 1] * part
    return between


@torch.no_grad()
def score(network: nn.Module, examples: Split[SpeechStock]) -> dict[str, float]:
    """Measure R² of opening, width and two coefficients, and the share of right phones."""
    stock, place = examples.held_out, next(network.parameters()).device
    found: dict[str, float] = {}
    if len(stock.columns):
        heard = np.stack([normalize_bands(columns) for columns in stock.columns])
        mouths, _ = network(torch.from_numpy(heard).to(place))
        made = mouths.float().cpu().numpy().reshape(len(heard), F, T // F, -1).mean(axis=2)
        names = ("opening", "width", "shape1", "shape2")
        found = dict(zip(names, r_squared(stock.mouths, made).tolist(), strict=False))
    for name, some in (("phones", stock.sentences), ("other_voice", stock.voiced)):
        right = []
        for sentence in some:
            heard = normalize_bands(sentence.columns)[None]
            _, phones = network(torch.from_numpy(heard).to(place))
            right.append((phones[0].argmax(dim=1).cpu().numpy() == sentence.phones).mean())
        found |= {name: float(np.mean(right))} if right else {}
    return found


def r_squared(known: Numbers | Floats, made: Numbers | Floats) -> Numbers:
    """Measure the share of the variance that is explained, pooled over clips: (K,)."""
    errors = ((known - made).astype(np.float64) ** 2).sum(axis=(0, 1))
    spread = known.astype(np.float64) - known.mean(axis=(0, 1))
    share: Numbers = 1 - errors / np.maximum((spread**2).sum(axis=(0, 1)), 1e-9)
    return share


def export_spec() -> ExportSpec:
    """Pack one step; the state that it returns goes in again."""
    state = ("h1", "c1", "h2", "c2")
    return ExportSpec(
        inputs={"heard": ("B", HEARD), **dict.fromkeys(state, ("B", CELLS))},
        outputs=("mouth", "phone", *(f"next_{name}" for name in state)),
        test_sizes=({"B": 1}, {"B": 3}),
        metadata={
            "neuropil": "lipsync",
            "licence": "research (GRID)",
            "data": "GRID corpus, speaker 1, and 25 minutes of read sentences with phones; card",
            "ahead": str(AHEAD),
            "phones": json.dumps(PHONES),
        },
        part="step",
    )
