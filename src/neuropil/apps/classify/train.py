"""Recipes for the classifying network."""

import json
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from neuropil.apps.classify import data
from neuropil.apps.classify.model import ClassifyNet, Size
from neuropil.training.optim import Muon
from neuropil.training.recipe import Packing, Recipe

LOOKED_AT = 2000  # held-out pictures at each look
SMOOTHING = 0.2  # of the truth, which is spread over all ten


def base() -> Recipe:
    """Train the shipped network."""
    return Recipe(
        name="classify-base",
        network=lambda: ClassifyNet(Size()),
        examples=data.examples,
        batch=data.batch,
        loss=loss,
        score=score,
        packings=(packing(),),
        steps=2400,
        lr=0.1,
        ema=0.99,
        optimizer=Muon,
    )


def packing() -> Packing:
    """Name inputs and outputs, and tell with the file all that running needs."""
    return Packing(
        inputs={"picture": ("B", 3, "H", "W")},
        outputs=("logits", "outside", "features"),
        shapes=({"B": 1, "H": 32, "W": 32}, {"B": 3, "H": 40, "W": 64}),
        metadata={
            "neuropil": "classify",
            "classes": json.dumps(data.CLASSES),
            "mean": json.dumps(data.MEAN.tolist()),
            "spread": json.dumps(data.SPREAD.tolist()),
            "licence": "MIT",
            "data": "CIFAR-10 (Krizhevsky 2009), 45,000 of the training pictures; see the card",
        },
    )


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely the true classes are, these smoothed."""
    logits, _, _ = network(batch["picture"])
    return cross_entropy(logits.float(), batch["label"].long(), label_smoothing=SMOOTHING)


@torch.no_grad()
def score(network: nn.Module, examples: data.Examples) -> dict[str, float]:
    """Count what share of some held-out pictures is told right."""
    held = data.some(examples.held_out, LOOKED_AT)
    device = next(network.parameters()).device
    right = 0
    for start in range(0, len(held), 500):
        picture = torch.from_numpy(data.encode(held.pixels[start : start + 500])).to(device)
        told = network(picture)[0].argmax(dim=1).cpu().numpy()
        right += int((told == held.labels[start : start + 500]).sum())
    return {"accuracy": right / len(held)}
