"""What the decoder of the eye's features is trained by: its loss, its score, its file.

B  crops     K  cells of each that are asked     N  colors     h, w  cells of a crop
"""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import nll_loss

from neuropil.apps.colorize.hints import N_CHANNELS
from neuropil.apps.colorize.lab import seen_batch
from neuropil.apps.colorize.lab.model import DecoderNet
from neuropil.apps.colorize.lab.objective import (
    FLOOR,
    PER_PHOTO,
    file_metadata,
    gain_db,
    mean_color,
)
from neuropil.apps.colorize.lab.seen import CHANNELS, N_MEAN
from neuropil.apps.colorize.palette import palette
from neuropil.training.recipe import ExportSpec

SEEN = (*(f"stride_{stride}" for stride in CHANNELS), "mean_features")  # what the eye gives


def export_spec() -> ExportSpec:
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
        metadata=file_metadata("54,789 web photographs, short side 224 pixels; see the card"),
    )


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely the true colors of some cells are, and how far told ones are off.

    -w log p(true color), w greater for rare colors, + 1/2 log(squared error of told colors). Only
    these cells go through the last layers, a tenth of the work for a fifth of the cells.
    """
    assert isinstance(network, DecoderNet)
    x = network.decode(*network_inputs(batch))  # (B, C4, h, w)
    cells = batch["cell"].long()[:, None].expand(-1, x.shape[1], -1)
    asked = x.flatten(2).gather(2, cells)[..., None]  # (B, C4, K, 1)
    log_p = network.name_colors(asked).float().log_softmax(dim=1)[..., 0]  # (B, N, K)
    surprise = nll_loss(log_p, batch["label"].long(), reduction="none")
    return (batch["weight"] * surprise).mean() + PER_PHOTO * told_error(log_p.exp(), batch)


def told_error(p: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how far the mean color, of p (B, N, K), is off where hints tell it: log error^2.

    Cells count by the confidence of the widest spread of hints. A palette is coarse; without this
    a color that was told came out as the nearest of it.
    """
    mean = torch.einsum("bnk,nc->bck", p, torch.from_numpy(palette()).to(p.device))
    squared = (mean - batch["ab"]).square().sum(dim=1)  # (B, K)
    sure = batch["hints"][:, -1].flatten(1).gather(1, batch["cell"].long())  # (B, K)
    error = (sure * squared).sum(dim=1) / sure.sum(dim=1).clamp(min=1e-3)
    return ((error + FLOOR).log() * (sure.amax(dim=1) > 0)).mean()


def network_inputs(batch: Mapping[str, Tensor]) -> Iterator[Tensor]:
    """Yield what the decoder takes, channels last, which is half the time of a step."""
    for name in (*SEEN, "hints"):
        x = batch[name]
        yield x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x


@torch.no_grad()
def score(network: nn.Module, seen: seen_batch.SeenPhotos) -> dict[str, float]:
    """Measure on held-out crops with 0 and 10 hints: dB over grey, nats, share of the chroma.

    The gain is that of squared ab error of the mean color, the nats are -log p(true color).
    """
    place = next(network.parameters()).device
    found: dict[str, float] = {}
    for n_hints in (0, 10):
        looks = []
        for arrays in seen_batch.validation_batches(seen, n_hints):
            batch = {name: torch.from_numpy(array).to(place) for name, array in arrays.items()}
            log_p = network(*network_inputs(batch)).float().log_softmax(dim=1)
            made = mean_color(log_p)
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
