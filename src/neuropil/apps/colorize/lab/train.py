"""Recipes for the colorizing networks.

neuropil train colorize base --data DIR -o runs/base
neuropil train colorize decoder --data SEEN -o runs/decoder
neuropil train colorize seeing --data SEEN --init runs/joined/averages.npz -o runs/seeing
"""

from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch import nn

from neuropil.apps.colorize.app import SEEN
from neuropil.apps.colorize.hints import N_CHANNELS
from neuropil.apps.colorize.lab import data, objective, seen_batch
from neuropil.apps.colorize.lab.model import (
    ColorizeNet,
    ColorizeSize,
    DecoderSize,
    EyeDecoder,
    SeeingNet,
)
from neuropil.apps.colorize.lab.seen import CHANNELS, N_MEAN
from neuropil.apps.colorize.palette import palette
from neuropil.training.export import fold_batch_norm
from neuropil.training.fit import to_device
from neuropil.training.recipe import ExportSpec, Recipe
from neuropil.training.split import Split

EVALUATED = 192  # held-out photographs scored at each look
OF_BASE = ("lightness", "hints")  # what each network takes
OF_DECODER = (*SEEN, "hints")
OF_SEEING = (*OF_BASE, *SEEN)


def base() -> Recipe:
    """Train the part of the shipped network that sees lightness, which was shortened on the way.

    neuropil train colorize base --data DIR

    5,000 steps in 102 minutes on one core of a 2.5 GHz Xeon with AMX (bfloat16), the other core
    working on other things; squared ab error 2.0 dB below grey on 192 held-out training
    photographs, 6.0 dB with 10 hints; n = 1 seed; 2026-11-22. (It was launched for 5,600 steps and
    shortened at step 1,680, before the rate began to fall: the smallest crops had 1,400 steps
    instead of 1,250.)
    """
    return Recipe(
        name="colorize-base",
        network=lambda: ColorizeNet(ColorizeSize(n_colors=len(palette()))),
        examples=data.load_photos,
        batch=data.make_batch,
        loss=partial(objective.loss, inputs=OF_BASE),
        score=score_photos,
        exports=(export_spec(),),
        steps=5000,
        lr=2e-3,
    )


def decoder() -> Recipe:
    """Train the part of the shipped network that decodes what the eye sees.

    neuropil train colorize --stage see --data DIR -o SEEN
    neuropil train colorize decoder --data SEEN

    The one that was joined had some 3,500 steps on one core, in three goes, with rare colors
    weighted up, which `seeing` has undone (LOG).
    """
    return Recipe(
        name="colorize-decoder",
        network=lambda: EyeDecoder(DecoderSize(n_colors=len(palette()))),
        examples=seen_batch.load_seen,
        batch=seen_batch.make_batch,
        loss=partial(objective.loss, inputs=OF_DECODER),
        score=partial(score_seen, inputs=OF_DECODER),
        exports=(export_of_seen(OF_DECODER, bits=16),),
        steps=3600,
        lr=2e-3,
    )


def seeing() -> Recipe:
    """Train the shipped network: those of `base` and `decoder` together, multiplied.

    neuropil train colorize --stage join --network BASE.onnx --network DECODER.onnx --data SEEN \\
        -o JOINED
    neuropil train colorize seeing --data SEEN --init JOINED/averages.npz

    2,500 steps in 57 minutes on one core of an AMD processor without AMX, the other core training
    another network; n = 1 seed; 2026-11-30.
    """
    n_colors = len(palette())
    return Recipe(
        name="colorize-seeing",
        network=lambda: SeeingNet(ColorizeSize(n_colors=n_colors), DecoderSize(n_colors=n_colors)),
        examples=seen_batch.load_seen,
        batch=seen_batch.make_batch,
        loss=partial(objective.loss, inputs=OF_SEEING),
        score=partial(score_seen, inputs=OF_SEEING),
        exports=(export_of_seen(OF_SEEING, bits=8),),
        steps=2500,
        lr=3e-4,
    )


def random_network() -> nn.Module:
    """Make the shipped network with random weights, as it runs: what the benchmark times."""
    return to_device(fold_batch_norm(seeing().network().eval()), torch.device("cpu"))


def export_spec() -> ExportSpec:
    """Name inputs and outputs, and tell with the file all that running needs."""
    return ExportSpec(
        inputs={"lightness": ("B", 1, "H", "W"), "hints": ("B", N_CHANNELS, "h", "w")},
        outputs=("logits",),
        test_sizes=(
            {"B": 1, "H": 64, "W": 64, "h": 16, "w": 16},
            {"B": 3, "H": 96, "W": 160, "h": 24, "w": 40},
        ),
        metadata=objective.file_metadata(
            "20,562 web photographs, short side 144 pixels; see the card"
        ),
    )


def export_of_seen(inputs: Sequence[str], bits: int) -> ExportSpec:
    """Describe the file of a network on what the eye sees."""
    sizes = {"B": 1, "H": 64, "h4": 16, "h8": 8, "h16": 4, "h32": 2}
    sizes |= {"W": 96, "w4": 24, "w8": 12, "w16": 6, "w32": 3}
    more = {"B": 3, "H": 128, "h4": 32, "h8": 16, "h16": 8, "h32": 4}
    more |= {"W": 32, "w4": 8, "w8": 4, "w16": 2, "w32": 1}
    shapes: dict[str, tuple[int | str, ...]] = {
        **{f"stride_{s}": ("B", c, f"h{s}", f"w{s}") for s, c in CHANNELS.items()},
        "lightness": ("B", 1, "H", "W"),
        "hints": ("B", N_CHANNELS, "h4", "w4"),
        "mean_features": ("B", N_MEAN),
    }
    return ExportSpec(
        inputs={name: shapes[name] for name in inputs},
        outputs=("logits",),
        test_sizes=(sizes, more),
        bits=bits,
        matrix_bits=bits,
        metadata=objective.file_metadata("web photographs, short side 224 pixels; see the card"),
    )


def score_photos(network: nn.Module, examples: Split[data.WeightedPhotos]) -> dict[str, float]:
    """Measure on held-out photographs, 32 at a time."""

    def batches(n_hints: int) -> Iterator[objective.Arrays]:
        held = data.validation_examples(examples.held_out.photos[:EVALUATED], n_hints)
        return (data.collate(held[start : start + 32]) for start in range(0, len(held), 32))

    return objective.score(network, batches, inputs=OF_BASE)


def score_seen(
    network: nn.Module, seen: seen_batch.SeenPhotos, *, inputs: Sequence[str]
) -> dict[str, float]:
    """Measure on held-out crops that the eye has seen."""
    return objective.score(network, partial(seen_batch.validation_batches, seen), inputs=inputs)
