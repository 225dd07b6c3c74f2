"""Recipes for the colorizing networks.

neuropil train colorize --data DIR -o runs/colorize
neuropil train colorize seeing --data SEEN --init UNFOLDED/averages.npz -o runs/seeing
"""

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import nll_loss

from neuropil.apps.colorize.hints import N_CHANNELS
from neuropil.apps.colorize.lab import data, seeing_training, seen_batch
from neuropil.apps.colorize.lab.model import (
    ColorizeNet,
    ColorizeSize,
    DecoderSize,
    EyeDecoder,
    SeeingNet,
)
from neuropil.apps.colorize.lab.objective import (
    FLOOR,
    PER_PHOTO,
    file_metadata,
    gain_db,
    mean_color,
)
from neuropil.apps.colorize.palette import palette
from neuropil.training.export import fold_batch_norm
from neuropil.training.fit import to_device
from neuropil.training.recipe import ExportSpec, Recipe
from neuropil.training.split import Split

EVALUATED = 192  # held-out photographs scored at each look


def base() -> Recipe:
    """Train the shipped network, which was shortened on the way.

    neuropil train colorize --data DIR

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
        loss=loss,
        score=score,
        exports=(export_spec(),),
        steps=5000,
        lr=2e-3,
    )


def decoder() -> Recipe:
    """Train the part that decodes what the eye sees.

    neuropil train colorize --stage see --data DIR -o SEEN
    neuropil train colorize decoder --data SEEN
    """
    return Recipe(
        name="colorize-decoder",
        network=lambda: EyeDecoder(DecoderSize(n_colors=len(palette()))),
        examples=seen_batch.load_seen,
        batch=seen_batch.make_batch,
        loss=partial(seeing_training.loss, inputs=seeing_training.SEEN),
        score=partial(seeing_training.score, inputs=seeing_training.SEEN),
        exports=(seeing_training.export_spec(seeing_training.SEEN, bits=16),),
        steps=3600,
        lr=2e-3,
    )


def seeing() -> Recipe:
    """Train the parts `base` and `decoder` together.

    neuropil train colorize --stage join --network BASE.onnx --network DECODER.onnx --data SEEN \
        -o JOINED
    neuropil train colorize seeing --data SEEN --init JOINED/averages.npz
    """
    n_colors = len(palette())
    return Recipe(
        name="colorize-seeing",
        network=lambda: SeeingNet(ColorizeSize(n_colors=n_colors), DecoderSize(n_colors=n_colors)),
        examples=seen_batch.load_seen,
        batch=seen_batch.make_batch,
        loss=seeing_training.loss,
        score=seeing_training.score,
        exports=(seeing_training.export_spec(),),
        steps=1800,
        lr=3e-4,
    )


def random_network() -> nn.Module:
    """Make the shipped network with random weights, as it runs: what the benchmark times."""
    return to_device(fold_batch_norm(base().network().eval()), torch.device("cpu"))


def export_spec() -> ExportSpec:
    """Name inputs and outputs, and tell with the file all that running needs."""
    return ExportSpec(
        inputs={"lightness": ("B", 1, "H", "W"), "hints": ("B", N_CHANNELS, "h", "w")},
        outputs=("logits",),
        test_sizes=(
            {"B": 1, "H": 64, "W": 64, "h": 16, "w": 16},
            {"B": 3, "H": 96, "W": 160, "h": 24, "w": 40},
        ),
        metadata=file_metadata("20,562 web photographs, short side 144 pixels; see the card"),
    )


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely the true colors are, and how far the mean color is off.

    -log p(true color), over all cells, + 1/2 log(|mean color - true color|^2 + floor), over
    photographs. The second part is PSNR in another dress: the mean over photographs of a logarithm
    of squared errors.
    """
    log_p = network(batch["lightness"], batch["hints"]).float().log_softmax(dim=1)  # (B, N, h, w)
    squared = (mean_color(log_p) - batch["ab"]).square().sum(dim=1).mean(dim=(1, 2))  # (B,)
    return nll_loss(log_p, batch["label"].long()) + PER_PHOTO * (squared + FLOOR).log().mean()


@torch.no_grad()
def score(network: nn.Module, examples: Split[data.WeightedPhotos]) -> dict[str, float]:
    """Measure on held-out photographs with 0 and 10 hints: the gain in dB over grey, and nats.

    The gain is that of squared ab error, the nats are -log p(true color).
    """
    device = next(network.parameters()).device
    gains: dict[str, float] = {}
    for n_hints in (0, 10):
        reached, nats = [], []
        held = data.validation_examples(examples.held_out.photos[:EVALUATED], n_hints)
        for start in range(0, len(held), 32):
            arrays = data.collate(held[start : start + 32])
            batch = {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}
            log_p = network(batch["lightness"], batch["hints"]).float().log_softmax(dim=1)
            reached.append(gain_db(mean_color(log_p), batch["ab"]))
            nats.append(nll_loss(log_p, batch["label"].long()))
        gains[f"gain_db_{n_hints}"] = float(torch.cat(reached).mean())
        gains[f"nats_{n_hints}"] = float(torch.stack(nats).mean())
    return gains
