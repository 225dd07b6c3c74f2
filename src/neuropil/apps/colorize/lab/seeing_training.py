"""What the seeing network is trained by: its loss, its score, its file.

B  crops     P  crops without hints     N  colors     h, w  cells of a crop     S  its pixels
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, kl_div, nll_loss

from neuropil.apps.colorize.cielab import AWAY_FROM_GREY, LAB_KNEE, SLOPE
from neuropil.apps.colorize.hints import N_CHANNELS
from neuropil.apps.colorize.lab import seen_batch
from neuropil.apps.colorize.lab.objective import (
    FLOOR,
    PER_PHOTO,
    file_metadata,
    gain_db,
    mean_color,
)
from neuropil.apps.colorize.lab.seen import CHANNELS, N_MEAN
from neuropil.apps.colorize.preprocess import LIGHT_MEAN, LIGHT_SCALE
from neuropil.eye.network import MEAN, SPREAD
from neuropil.training.fit import to_device
from neuropil.training.recipe import ExportSpec

EYE = (*(f"stride_{stride}" for stride in CHANNELS), "mean_features")  # what the eye gives
SEEN = (*EYE, "hints")  # what the decoder takes
INPUTS = ("lightness", "hints", *EYE)  # what the whole takes
TEMPERATURE = 0.8  # of the softmax when the network runs


def export_spec(inputs: Sequence[str] = INPUTS, bits: int = 8) -> ExportSpec:
    """Name inputs and outputs, and tell with the file all that running needs."""
    shapes: dict[str, tuple[int | str, ...]] = {
        f"stride_{s}": ("B", c, f"h{s}", f"w{s}") for s, c in CHANNELS.items()
    }
    sizes = {"B": 1, "H": 64, "h4": 16, "h8": 8, "h16": 4, "h32": 2}
    sizes |= {"W": 96, "w4": 24, "w8": 12, "w16": 6, "w32": 3}
    more = {"B": 3, "H": 128, "h4": 32, "h8": 16, "h16": 8, "h32": 4}
    more |= {"W": 32, "w4": 8, "w8": 4, "w16": 2, "w32": 1}
    shapes |= {"lightness": ("B", 1, "H", "W"), "hints": ("B", N_CHANNELS, "h4", "w4")}
    shapes |= {"mean_features": ("B", N_MEAN)}
    return ExportSpec(
        inputs={name: shapes[name] for name in inputs},
        outputs=("logits",),
        test_sizes=(sizes, more),
        bits=bits,
        matrix_bits=bits,
        metadata=file_metadata("web photographs, short side 224 pixels; see the card"),
    )


def loss(network: nn.Module, batch: Mapping[str, Tensor], inputs: Sequence[str] = INPUTS) -> Tensor:
    """Measure how unlikely the true colors are, how far off told ones, and what the eye names.

    -w log p(true color), w greater for rare colors, + 1/2 log(squared error of the mean color) of
    crops with hints + KL(what the eye calls the true picture || what it calls the made one) of some
    without. (The squared error of crops without hints would make them pale.)
    """
    logits = network(*network_inputs(batch, inputs)).float()
    log_p = logits.log_softmax(dim=1)  # (B, N, h, w)
    surprise = nll_loss(log_p, batch["label"].long(), reduction="none")
    squared = (mean_color(log_p) - batch["ab"]).square().sum(dim=1).mean(dim=(1, 2))  # (B,)
    told = batch["hints"].flatten(1).any(dim=1)
    off = ((squared + FLOOR).log() * told).mean()
    plain = batch["plain"].long()
    made = mean_color((logits[plain] / TEMPERATURE).log_softmax(dim=1))  # (P, 2, h, w)
    look = misnamed(batch["lightness"][plain], made, batch["true_logits"])
    return (batch["weight"] * surprise).mean() + PER_PHOTO * off + look


def misnamed(lightness: Tensor, ab: Tensor, true_logits: Tensor) -> Tensor:
    """Measure how differently the eye names pictures of made and of true colors: KL in nats.

    lightness: (P, 1, S, S) as the network takes it; ab: (P, 2, h, w); true_logits: (P, 1000)
    """
    rgb = paint(lightness / LIGHT_SCALE + LIGHT_MEAN, ab)
    picture = (255 * rgb - MEAN) / SPREAD
    made = frozen_eye(ab.device)(picture.contiguous(memory_format=torch.channels_last))[-1]
    given, wanted = made.float().log_softmax(dim=1), true_logits.log_softmax(dim=1)
    return kl_div(given, wanted, reduction="batchmean", log_target=True)


def paint(light: Tensor, ab: Tensor) -> Tensor:
    """Give L (P, 1, S, S), 0..100, the colors of cells (P, 2, h, w): sRGB 0..1 (P, 3, S, S)."""
    ab = interpolate(ab, light.shape[-2:], mode="bilinear", align_corners=False)
    a, b = ab[:, :1], ab[:, 1:]
    fy = (light + 16) / 116
    x, y, z = (bent(f) for f in (fy + a / 500, fy, fy - b / 200))
    away = torch.from_numpy(AWAY_FROM_GREY).to(ab.device)
    linear = y + torch.einsum("ck,bkhw->bchw", away, torch.cat((x - y, z - y), dim=1))
    high = 1.055 * linear.clamp(0.0031308, 1).pow(1 / 2.4) - 0.055
    return torch.where(linear > 0.0031308, high, 12.92 * linear.clamp(min=0))


def bent(v: Tensor) -> Tensor:
    """Undo CIELAB's f: the cube above the knee, the line below."""
    return torch.where(v > LAB_KNEE, v**3, (v - 4 / 29) / SLOPE)


@cache
def frozen_eye(place: torch.device) -> nn.Module:
    """Load the eye, which does not learn; gradients pass through it to what it is shown."""
    from neuropil.eye.lab.conversion import published_network
    from neuropil.training.export import fold_batch_norm

    return to_device(fold_batch_norm(published_network()).requires_grad_(False), place)


def network_inputs(batch: Mapping[str, Tensor], inputs: Sequence[str] = INPUTS) -> Iterator[Tensor]:
    """Yield what the network takes, channels last, which is half the time of a step."""
    for name in inputs:
        x = batch[name]
        yield x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x


@torch.no_grad()
def score(
    network: nn.Module, seen: seen_batch.SeenPhotos, inputs: Sequence[str] = INPUTS
) -> dict[str, float]:
    """Measure on held-out crops with 0 and 10 hints: dB over grey, nats, share of the chroma.

    The gain is that of squared ab error of the mean color, the nats are -log p(true color).
    misnamed: of colors made without hints, the KL of what the eye names
    """
    place = next(network.parameters()).device
    found: dict[str, float] = {}
    for n_hints in (0, 10):
        looks = []
        for arrays in seen_batch.validation_batches(seen, n_hints):
            batch = {name: torch.from_numpy(array).to(place) for name, array in arrays.items()}
            logits = network(*network_inputs(batch, inputs)).float()
            log_p = logits.log_softmax(dim=1)
            made = mean_color(log_p)
            vivid = mean_color((logits / TEMPERATURE).log_softmax(dim=1))
            misread = misnamed(batch["lightness"], vivid, batch["true_logits"])
            looks.append(
                torch.stack(
                    (
                        gain_db(made, batch["ab"]),
                        nll_loss(log_p, batch["label"].long(), reduction="none").mean(dim=(1, 2)),
                        vivid.norm(dim=1).mean(dim=(1, 2)),
                        batch["ab"].norm(dim=1).mean(dim=(1, 2)),
                        misread.expand(len(made)),
                    )
                )
            )
        gain, nats, chroma, true_chroma, misread = torch.cat(looks, dim=1).mean(dim=1).tolist()
        found |= {f"gain_db_{n_hints}": gain, f"nats_{n_hints}": nats}
        found |= {f"chroma_share_{n_hints}": chroma / true_chroma}
        found |= {f"misnamed_{n_hints}": misread}
    return found
