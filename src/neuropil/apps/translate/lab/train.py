"""Recipes: the translator, the neurons that tell languages, the detector and the reader of lines.

neuropil train translate --data DIR
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad

from neuropil.apps.translate.casing import N_CASES
from neuropil.apps.translate.lab import (
    batches,
    detector_batches,
    detector_training,
    languages,
    reader_batches,
    reader_training,
    spelling,
)
from neuropil.apps.translate.lab.batches import Checked
from neuropil.apps.translate.lab.cross_entropy import choice_loss
from neuropil.apps.translate.lab.detector_model import DetectorNet
from neuropil.apps.translate.lab.evaluation import corpus_scores
from neuropil.apps.translate.lab.model import (
    HIDDEN,
    READING,
    WRITING,
    D,
    H,
    TranslatorNet,
    translate_greedily,
)
from neuropil.apps.translate.lab.reader_model import ReaderNet
from neuropil.apps.translate.language import F
from neuropil.apps.translate.preprocess import (
    END,
    LANGUAGES,
    PAD,
    EncodedText,
    decode,
    encode_source,
    encode_target,
    vocabulary_size,
)
from neuropil.training.optim import adamw
from neuropil.training.recipe import ExportSpec, Recipe
from neuropil.training.split import Split

SMOOTHING = 0.1  # share of the target that all tokens have alike
CASE_WEIGHT = 0.5  # of the loss of cases beside that of tokens
LEVEL = 0.01  # share of its steps in which the rate of a part falls that another follows
CHECKED_TOGETHER = 100  # sentences that are translated at once for the score
TRANSLATOR_LAYERS = f"{READING} + {WRITING}, width {D}, {H} heads, {HIDDEN} hidden"
MOST_WRITTEN = 60  # tokens of a translation for the score


def detector() -> Recipe:
    """Train the detector, from nothing, on what the eye sees: two hours on one core.

    neuropil train translate detector --data DIR -o runs/detector
    """
    return Recipe(
        name="translate-detector",
        network=DetectorNet,
        examples=detector_batches.examples,
        batch=detector_batches.make_batch,
        loss=detector_training.loss,
        score=detector_training.score,
        exports=(detector_training.export_spec(),),
        steps=9500,
        lr=2e-3,
        ema=0.998,
        optimizer=partial(adamw, weight_decay=0.02, fall=LEVEL),
    )


def detector_last() -> Recipe:
    """Train on from averaged weights while the rate falls to nothing.

    neuropil train translate detector_last --data DIR --init runs/detector/averages.npz \\
        -o runs/detector-last
    """
    falling = partial(adamw, weight_decay=0.02, fall=1.0)
    name = "translate-detector-last"
    return replace(detector(), name=name, optimizer=falling, lr=1.5e-3, seed=9)


def reader() -> Recipe:
    """Train the reader: the first of its parts, from nothing, two hours on one core.

    neuropil train translate reader --data DIR -o runs/reader
    """
    return Recipe(
        name="translate-reader",
        network=ReaderNet,
        examples=reader_batches.examples,
        batch=reader_batches.make_batch,
        loss=reader_training.loss,
        score=reader_training.score,
        exports=(reader_training.export_spec(),),
        steps=7000,
        lr=1e-3,
        ema=0.998,
        optimizer=partial(adamw, weight_decay=0.02, fall=LEVEL),
    )


def reader_middle() -> Recipe:
    """Train on from averaged weights, with other lines; may be repeated, each with its own seed.

    neuropil train translate reader_middle --data DIR --init runs/reader/averages.npz \\
        -o runs/reader-2 --set seed=2
    """
    return replace(reader(), name="translate-reader-middle", lr=8e-4, seed=1)


def reader_last() -> Recipe:
    """Train on while the rate falls to nothing: the last part.

    neuropil train translate reader_last --data DIR --init runs/reader-3/averages.npz \\
        -o runs/reader-last
    """
    falling = partial(adamw, weight_decay=0.02, fall=1.0)
    return replace(reader(), name="translate-reader-last", optimizer=falling, lr=8e-4, seed=9)


def translator() -> Recipe:
    """Train the translator: the first of its parts, from nothing.

    neuropil train translate translator --data DIR -o runs/translator --minutes 115
    """
    return Recipe(
        name="translate-translator",
        network=partial(TranslatorNet, vocabulary_size()),
        examples=batches.examples,
        batch=batches.make_batch,
        loss=loss,
        score=score,
        exports=(encoder_export(), step_export()),
        steps=6000,
        lr=1e-3,
        ema=0.999,
        optimizer=partial(adamw, weight_decay=0.01, fall=LEVEL),
    )


def translator_middle() -> Recipe:
    """Train on from averaged weights, with other pairs; may be repeated, each with its own seed.

    neuropil train translate translator_middle --data DIR --init runs/translator/averages.npz \\
        -o runs/translator-2 --minutes 115 --set seed=2
    """
    return replace(translator(), name="translate-translator-middle", lr=8e-4, seed=1)


def translator_last() -> Recipe:
    """Train on while the rate falls to nothing: the last part.

    neuropil train translate translator_last --data DIR --init runs/translator-4/averages.npz \\
        -o runs/translator-last --minutes 115
    """
    falling = partial(adamw, weight_decay=0.01, fall=1.0)
    name = "translate-translator-last"
    return replace(translator(), name=name, optimizer=falling, lr=8e-4, seed=9)


def language() -> Recipe:
    """Train the neurons that tell languages.

    neuropil train translate language --data DIR
    """
    return Recipe(
        name="translate-language",
        network=languages.LanguageNet,
        examples=languages.examples,
        batch=languages.make_batch,
        loss=languages.loss,
        score=languages.score,
        exports=(language_export(),),
        steps=3000,
        lr=2e-2,
        optimizer=partial(adamw, weight_decay=0.0),
    )


def speller() -> Recipe:
    """Train the speller: fifteen minutes on one core.

    neuropil train translate speller --data DIR
    """
    return Recipe(
        name="translate-speller",
        network=spelling.SpellerNet,
        examples=spelling.examples,
        batch=spelling.make_batch,
        loss=spelling.loss,
        score=spelling.score,
        exports=(spelling.export_spec(metadata(spelling.LAYERS)),),
        steps=9000,
        lr=2e-3,
        ema=0.998,
        optimizer=partial(adamw, weight_decay=0.01, fall=1.0),
    )


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely the known translations are, nats a token, and their cases."""
    tokens, cases = token_losses(network, batch, SMOOTHING)
    return tokens + CASE_WEIGHT * cases


def token_losses(
    network: nn.Module, batch: Mapping[str, Tensor], smoothing: float
) -> tuple[Tensor, Tensor]:
    """Give the mean of -log p of tokens and of their cases, each step given what stands before."""
    assert isinstance(network, TranslatorNet)
    target, target_cases = batch["target"].long(), batch["target_cases"].long()
    before = pad(target, (1, 0), value=END)[:, :-1]
    cases_before = pad(target_cases, (1, 0))[:, :-1]
    keys, values, padding = network.encode(batch["source"].long(), batch["source_cases"].long())
    x, _, _ = network.write(before, network.first_state(len(target)), keys, values, padding)
    there = target != PAD
    x = x[there]
    table = network.embedding.weight
    tokens = choice_loss(x, table, network.bias, target[there], smoothing)
    told = before[there] != END  # at the first step there is no token yet that has a case
    cases = cross_entropy(network.case(x)[told].float(), cases_before[there][told])
    return tokens, cases


@torch.no_grad()
def score(network: nn.Module, examples: Split[object]) -> dict[str, float]:
    """Translate sentences that validate: nats a token, and BLEU and chrF of greedy decoding."""
    assert isinstance(network, TranslatorNet)
    assert isinstance(examples.held_out, tuple)
    checked: tuple[Checked, ...] = examples.held_out
    device = network.bias.device
    found = {"nats_per_token": validation_loss(network, checked)}
    scores = []
    for _, group in groupby(checked, key=lambda each: each.direction):
        some = [*group]
        made = translate_texts(network, [each.text for each in some], some[0].direction[1], device)
        scores.append(corpus_scores(made, [each.translations for each in some]))
    means = {name: sum(each[name] for each in scores) / len(scores) for name in ("bleu", "chrf")}
    return found | means


def validation_loss(network: TranslatorNet, checked: Sequence[Checked]) -> float:
    """Give nats a token of the first known translation of each text."""
    sources, targets = [], []
    for each in checked:
        source = encode_source(each.text, each.direction[1])
        target = encode_target(each.translations[0], source.copies)
        if target:
            sources.append(source)
            targets.append(target)
    arrays = batches.collate(sources, targets)
    device = network.bias.device
    batch = {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}
    return token_losses(network, batch, 0.0)[0].item()


def translate_texts(
    network: TranslatorNet, texts: Sequence[str], to: str, device: torch.device
) -> list[str]:
    """Translate texts greedily into one language."""
    encoded = [encode_source(text, to) for text in texts]
    made: list[str] = []
    for start in range(0, len(encoded), CHECKED_TOGETHER):
        made += translate_encoded(network, encoded[start : start + CHECKED_TOGETHER], device)
    return made


def translate_encoded(
    network: TranslatorNet, encoded: Sequence[EncodedText], device: torch.device
) -> list[str]:
    """Translate encoded texts greedily, all at once."""
    arrays = [batches.pad([getattr(e, part) for e in encoded]) for part in ("tokens", "cases")]
    tokens, cases = (torch.from_numpy(array).long().to(device) for array in arrays)
    written, told = (
        made.tolist() for made in translate_greedily(network, tokens, cases, MOST_WRITTEN)
    )
    ends = [row.index(END) if END in row else len(row) for row in written]
    return [
        each.copies.restore(decode(row[:end], kinds[:end]))
        for each, row, kinds, end in zip(encoded, written, told, ends, strict=True)
    ]


def encoder_export() -> ExportSpec:
    """Name inputs and outputs of the encoder, which is run once for a text."""
    return ExportSpec(
        inputs={"tokens": ("B", "S"), "cases": ("B", "S")},
        outputs=("keys", "values", "padding"),
        test_sizes=({"B": 1, "S": 7}, {"B": 3, "S": 20}),
        metadata=metadata(TRANSLATOR_LAYERS),
        part="encoder",
        whole_numbers={"tokens": vocabulary_size(), "cases": N_CASES},
        matrix_bits=8,
    )


def step_export() -> ExportSpec:
    """Name inputs and outputs of a step of the decoder; the state that it returns goes in again."""
    read = ("B", WRITING, H, "S", D // H)
    return ExportSpec(
        inputs={
            "token": ("B",),
            "state": ("B", WRITING, D),
            "keys": read,
            "values": read,
            "padding": ("B", "S"),
        },
        outputs=("logits", "case", "next_state", "attention"),
        test_sizes=({"B": 1, "S": 7}, {"B": 3, "S": 20}),
        metadata=metadata(TRANSLATOR_LAYERS),
        part="step",
        whole_numbers={"token": vocabulary_size()},
        matrix_bits=8,
    )


def language_export() -> ExportSpec:
    """Name what goes in and out of the neurons that tell languages."""
    return ExportSpec(
        inputs={"runs": ("B", F)},
        outputs=("logits",),
        test_sizes=({"B": 1}, {"B": 5}),
        metadata=metadata(f"a neuron for each of {', '.join(LANGUAGES)}"),
        matrix_bits=8,
    )


def metadata(layers: str) -> dict[str, str]:
    """Tell with every file what it was made for and from."""
    return {
        "neuropil": "translate",
        "layers": layers,
        "licence": "MIT",
        "data": "Tatoeba by way of manythings.org/anki (CC BY 2.0), OpenStreetMap's"
        " id-tagging-schema (ISC), Open Food Facts (ODbL), Wiktionary (CC BY-SA 3.0), signs, dishes"
        " and labels written for this package",
    }
