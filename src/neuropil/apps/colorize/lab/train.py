"""Recipes for the colorizing networks.

neuropil train colorize --data DIR -o runs/colorize
neuropil train colorize decoder --data SEEN -o runs/decoder
"""

import json
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import nll_loss

from neuropil.apps.colorize.hints import N_CHANNELS
from neuropil.apps.colorize.lab import data, seen_batch
from neuropil.apps.colorize.lab.model import ColorizeNet, ColorizeSize, DecoderNet, DecoderSize
from neuropil.apps.colorize.lab.seen import CHANNELS, N_MEAN
from neuropil.apps.colorize.palette import palette
from neuropil.training.export import fold_batch_norm
from neuropil.training.fit import to_device
from neuropil.training.recipe import ExportSpec, Recipe
from neuropil.training.split import Split

FLOOR = 4.0  # squared ab units: errors below two units are as good as none
PER_PHOTO = 0.5  # weight of the second part of the loss
EVALUATED = 192  # held-out photographs scored at each look
SEEN = (*(f"stride_{stride}" for stride in CHANNELS), "mean_features")  # what the eye gives


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
    """Train the decoder of what the eye sees.

    neuropil train colorize --stage see --data DIR -o SEEN
    neuropil train colorize decoder --data SEEN
    """
    return Recipe(
        name="colorize-decoder",
        network=lambda: DecoderNet(DecoderSize(n_colors=len(palette()))),
        examples=seen_batch.load_seen,
        batch=seen_batch.make_batch,
        loss=decoder_loss,
        score=decoder_score,
        exports=(decoder_spec(),),
        steps=3000,
        lr=2e-3,
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
        metadata={
            "neuropil": "colorize",
            "palette": json.dumps(np.round(palette(), 4).tolist()),
            "licence": "MIT",
            "data": "20,562 web photographs, short side 144 pixels; see the card",
        },
    )


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely the true colors are, and how far the mean color is off.

    -log p(true color), over all cells, + 1/2 log(|mean color - true color|^2 + floor), over
    photographs. The second part is PSNR in another dress: the mean over photographs of a logarithm
    of squared errors.
    """
    log_p = network(batch["lightness"], batch["hints"]).float().log_softmax(dim=1)  # (B, N, h, w)
    colors = torch.from_numpy(palette()).to(log_p.device)
    mean = torch.einsum("bnhw,nc->bchw", log_p.exp(), colors)
    squared = (mean - batch["ab"]).square().sum(dim=1).mean(dim=(1, 2))  # (B,)
    return nll_loss(log_p, batch["label"].long()) + PER_PHOTO * (squared + FLOOR).log().mean()


@torch.no_grad()
def score(network: nn.Module, examples: Split[data.WeightedPhotos]) -> dict[str, float]:
    """Measure on held-out photographs with 0 and 10 hints: the gain in dB over grey, and nats.

    The gain is that of squared ab error, the nats are -log p(true color).
    """
    device = next(network.parameters()).device
    colors = torch.from_numpy(palette()).to(device)
    gains: dict[str, float] = {}
    for n_hints in (0, 10):
        ratios, nats = [], []
        held = data.validation_examples(examples.held_out.photos[:EVALUATED], n_hints)
        for start in range(0, len(held), 32):
            arrays = data.collate(held[start : start + 32])
            batch = {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}
            log_p = network(batch["lightness"], batch["hints"]).float().log_softmax(dim=1)
            mean = torch.einsum("bnhw,nc->bchw", log_p.exp(), colors)
            ratios.append(gain_db(mean, batch["ab"]))
            nats.append(nll_loss(log_p, batch["label"].long()))
        gains[f"gain_db_{n_hints}"] = float(torch.cat(ratios).mean())
        gains[f"nats_{n_hints}"] = float(torch.stack(nats).mean())
    return gains


def decoder_spec() -> ExportSpec:
    """Name inputs and outputs of the decoder, and tell with its file all that running needs."""
    shapes = {f"stride_{s}": ("B", c, f"h{s}", f"w{s}") for s, c in CHANNELS.items()}
    sizes = {"B": 1, "h4": 16, "h8": 8, "h16": 4, "h32": 2, "w4": 24, "w8": 12, "w16": 6, "w32": 3}
    more = {"B": 3, "h4": 32, "h8": 16, "h16": 8, "h32": 4, "w4": 8, "w8": 4, "w16": 2, "w32": 1}
    return ExportSpec(
        inputs={
            **shapes,
            "mean_features": ("B", N_MEAN),
            "hints": ("B", N_CHANNELS, "h4", "w4"),
        },
        outputs=("logits",),
        test_sizes=(sizes, more),
        metadata={
            "neuropil": "colorize",
            "palette": json.dumps(np.round(palette(), 4).tolist()),
            "licence": "MIT",
            "data": "54,789 web photographs, short side 224 pixels; see the card",
        },
    )


def decoder_loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely the true colors of some cells are: -w log p, w rarer colors more.

    Only these cells go through the last layers, which are a quarter of the work at this size.
    """
    assert isinstance(network, DecoderNet)
    x = network.decode(*decoder_inputs(batch))  # (B, C4, h, w)
    cells = batch["cell"].long()[:, None].expand(-1, x.shape[1], -1)
    asked = x.flatten(2).gather(2, cells)[..., None]  # (B, C4, K, 1)
    log_p = network.name_colors(asked).float().log_softmax(dim=1)[..., 0]  # (B, N, K)
    surprise = nll_loss(log_p, batch["label"].long(), reduction="none")
    return (batch["weight"] * surprise).mean()


def decoder_inputs(batch: Mapping[str, Tensor]) -> Iterator[Tensor]:
    """Yield what the decoder takes, channels last, which is half the time of a step."""
    for name in (*SEEN, "hints"):
        x = batch[name]
        yield x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x


@torch.no_grad()
def decoder_score(network: nn.Module, seen: seen_batch.SeenPhotos) -> dict[str, float]:
    """Measure on held-out crops with 0 and 10 hints: dB over grey, nats, share of the chroma.

    The gain is that of squared ab error of the mean color, the nats are -log p(true color).
    """
    place = next(network.parameters()).device
    colors = torch.from_numpy(palette()).to(place)
    found: dict[str, float] = {}
    for n_hints in (0, 10):
        looks = []
        for arrays in seen_batch.validation_batches(seen, n_hints):
            batch = {name: torch.from_numpy(array).to(place) for name, array in arrays.items()}
            log_p = network(*decoder_inputs(batch)).float().log_softmax(dim=1)
            made = torch.einsum("bnhw,nc->bchw", log_p.exp(), colors)
            looks.append(
                torch.stack(
                    (
                        gain_db(made, batch["ab"]),
                        nll_loss(log_p, batch["label"].long(), reduction="none").mean(dim=(1, 2)),
                        made.norm(dim=1).mean(dim=(1, 2)),
                        batch["ab"].norm(dim=1).mean(dim=(1, 2)),
                    )
                )
            )
        gain, nats, chroma, true_chroma = torch.cat(looks, dim=1).mean(dim=1).tolist()
        found |= {f"gain_db_{n_hints}": gain, f"nats_{n_hints}": nats}
        found |= {f"chroma_share_{n_hints}": chroma / true_chroma}
    return found


def gain_db(made: Tensor, truth: Tensor) -> Tensor:
    """Compare squared errors of colors (B, 2, h, w) with those of grey: dB (B,)."""
    error = (made - truth).square().mean(dim=(1, 2, 3))
    grey = truth.square().mean(dim=(1, 2, 3))
    return 10 * ((grey + FLOOR / 2) / (error + FLOOR / 2)).log10()
