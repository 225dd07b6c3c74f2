"""Recipes for handwriting: so far the reader, which checks what is written.

neuropil train handwrite reader --data DIR
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import ctc_loss

from neuropil.apps.handwrite import data
from neuropil.apps.handwrite.model import Reader
from neuropil.apps.handwrite.reading import best_path, error_rate
from neuropil.apps.handwrite.strokes import features, resampled
from neuropil.training.recipe import Packing, Recipe

N_LINES = 48  # in a batch
LOOKED_AT = 256  # held-out lines scored at each look


def reader() -> Recipe:
    """Train the reader of real handwriting.

    neuropil train handwrite reader --data DIR

    6.6 % of the characters of 256 lines by held-out writers wrong after 2,755 steps, 38 minutes on
    one core of a 2.5 GHz Xeon with AMX (bfloat16); n = 1 seed; 2026-11-22. All of its steps were
    never run.
    """
    return Recipe(
        name="handwrite-reader",
        network=Reader,
        examples=data.reader_examples,
        batch=partial(data.batch, n_lines=N_LINES),
        loss=loss,
        score=score,
        packing=packing(),
        steps=6000,
        lr=2e-3,
        ema=0.998,
    )


def packing() -> Packing:
    """Name inputs and outputs, and tell with the file what running needs."""
    return Packing(
        inputs={"strokes": ("B", "T", 4)},
        outputs=("logits",),
        shapes=({"B": 1, "T": 64}, {"B": 3, "T": 100}),
        metadata={
            "neuropil": "handwrite",
            "alphabet": data.ALPHABET,
            "licence": "research, non-commercial (IAM-OnDB)",
            "data": "IAM On-Line Handwriting Database, lines of three quarters of its writers",
        },
    )


def places(points: Tensor) -> Tensor:
    """Count the reader's places for lines of so many points."""
    return (points + 1) // 2


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely the text is, over all alignments of it to the places (CTC)."""
    log_p = network(batch["strokes"]).float().log_softmax(dim=2).transpose(0, 1)  # (U, B, N)
    n_points, n_labels = batch["lengths"].long().unbind(dim=1)
    labels = batch["labels"].long()
    loss: Tensor = ctc_loss(log_p, labels, places(n_points), n_labels, zero_infinity=True)
    return loss


@torch.no_grad()
def score(network: nn.Module, examples: data.Examples) -> dict[str, float]:
    """Read lines of writers that nobody learned from: the character error rate."""
    every = max(1, len(examples.held_out) // LOOKED_AT)
    chosen = sorted(examples.held_out[::every], key=lambda written: len(written.line))
    read: list[str] = []
    for start in range(0, len(chosen), 32):
        some = chosen[start : start + 32]
        read += read_lines(network, [features(resampled(w.line)) for w in some])
    return {"character_error_rate": error_rate(read, [w.text for w in chosen])}


@torch.no_grad()
def read_lines(network: nn.Module, lines: list[Any]) -> list[str]:
    """Read several lines at once."""
    arrays = data.stacked([(line, "") for line in lines])
    device = next(network.parameters()).device
    logits = network(torch.from_numpy(arrays["strokes"]).to(device)).float().cpu().numpy()
    return [
        best_path(row[: (len(line) + 1) // 2])
        for row, line in zip(np.asarray(logits), lines, strict=True)
    ]
