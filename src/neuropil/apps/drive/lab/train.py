r"""Recipes for the driving network.

    neuropil train drive --stage collect -o drives
    neuropil train drive --data drives -o runs/one --set steps=1500
    neuropil train drive --stage collect -o drives --set first=40100 --set tracks=40 \
        --network runs/one/drive-driver.onnx
    neuropil train drive --data drives -o runs/two

The expert drives 60 tracks; a network learns from it; that one drives 40 others and is told what
the expert would have done; a second network learns from both.
`stages.py` has what comes before training and after it.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import smooth_l1_loss

from neuropil.apps.drive import preprocess
from neuropil.apps.drive.lab import data
from neuropil.apps.drive.lab.model import DriveNet
from neuropil.training.recipe import ExportSpec, Recipe
from neuropil.training.split import Split

EVALUATED = 2000  # held-out pictures at each look
SMOOTH_L1_BETA = 0.05  # errors of the controls above it count linearly


def driver() -> Recipe:
    """Train the driver.

    neuropil train drive --data drives

    2,000 steps in 7.5 minutes on two cores of a Xeon at 2.8 GHz, from nothing to here 17 minutes;
    926.5 points on the 50 tracks for choosing, where the expert gets 926.6; 2026-11-26.
    """
    return Recipe(
        name="drive-driver",
        network=DriveNet,
        examples=data.examples,
        batch=data.batch,
        loss=loss,
        score=score,
        exports=(export_spec(),),
        steps=2000,
        lr=1e-3,
        ema=0.998,
    )


def export_spec() -> ExportSpec:
    """Name inputs and outputs, and tell with the file all that running needs."""
    return ExportSpec(
        inputs={"picture": ("B", 3, 96, 96)},
        outputs=("steering", "pedals"),
        test_sizes=({"B": 1}, {"B": 3}),
        metadata={
            "neuropil": "drive",
            "licence": "MIT",
            "data": "drives of our own expert in CarRacing-v3 (Gymnasium); see the card",
        },
    )


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how far the controls are from the expert's; steering counts as much as the pedals."""
    steering, pedals = network(batch["picture"])
    true = batch["controls"]
    aside = smooth_l1_loss(steering[:, 0].float(), true[:, 0], beta=SMOOTH_L1_BETA)
    return aside + smooth_l1_loss(pedals.float(), true[:, 1:], beta=SMOOTH_L1_BETA)


@torch.no_grad()
def score(network: nn.Module, examples: Split[data.LabeledFrames]) -> dict[str, float]:
    """Measure the mean error of steering, gas and brake on tracks that were held out."""
    held = examples.held_out
    every = max(1, len(held.controls) // EVALUATED)
    device = next(network.parameters()).device
    steering, pedals = network(
        torch.from_numpy(preprocess.encode(held.pictures[::every])).to(device)
    )
    true = torch.from_numpy(held.controls[::every]).to(device)
    steer = (steering[:, 0] - true[:, 0]).abs().mean()
    gas, brake = (pedals - true[:, 1:]).abs().mean(dim=0)
    return {"steer": float(steer), "gas": float(gas), "brake": float(brake)}
