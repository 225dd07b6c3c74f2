"""What colorizing networks are trained towards, and measured by while they are.

B  photographs or crops     N  colors of the palette     h, w  cells
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import nll_loss

from neuropil.apps.colorize.cielab import Floats
from neuropil.apps.colorize.palette import palette

FLOOR = 4.0  # squared ab units: errors below two units are as good as none
PER_PHOTO = 0.5  # weight of the second part of a loss
SCORED_HINTS = (0, 10)

Arrays = Mapping[str, Floats]


def loss(network: nn.Module, batch: Mapping[str, Tensor], *, inputs: Sequence[str]) -> Tensor:
    """Measure how unlikely the true colors are, and how far the mean color is off.

    -log p(true color), over all cells, + 1/2 log(|mean color - true color|^2 + floor), over
    photographs. The second part is PSNR in another dress: the mean over photographs of a logarithm
    of squared errors.

    inputs: names of what the network takes of a batch, in order
    """
    log_p = predict(network, batch, inputs)
    squared = (mean_color(log_p) - batch["ab"]).square().sum(dim=1).mean(dim=(1, 2))  # (B,)
    return nll_loss(log_p, batch["label"].long()) + PER_PHOTO * (squared + FLOOR).log().mean()


@torch.no_grad()
def score(
    network: nn.Module, batches: Callable[[int], Iterable[Arrays]], *, inputs: Sequence[str]
) -> dict[str, float]:
    """Measure with 0 and 10 hints: dB over grey, nats, share of the true chroma.

    The gain is that of squared ab error of the mean color, the nats are -log p(true color).

    batches: gives held-out examples with so many hints each
    """
    place = next(network.parameters()).device
    found: dict[str, float] = {}
    for n_hints in SCORED_HINTS:
        looks = []
        for arrays in batches(n_hints):
            batch = {name: torch.from_numpy(array).to(place) for name, array in arrays.items()}
            looks.append(torch.stack(measure(predict(network, batch, inputs), batch)))
        gain, nats, chroma, true_chroma = torch.cat(looks, dim=1).mean(dim=1).tolist()
        found |= {f"gain_db_{n_hints}": gain, f"nats_{n_hints}": nats}
        found |= {f"chroma_share_{n_hints}": chroma / true_chroma}
    return found


def measure(log_p: Tensor, batch: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
    """Measure log-probabilities (B, N, h, w): gain, nats, chroma, true chroma, each (B,)."""
    made, truth = mean_color(log_p), batch["ab"]
    return (
        gain_db(made, truth),
        nll_loss(log_p, batch["label"].long(), reduction="none").mean(dim=(1, 2)),
        made.norm(dim=1).mean(dim=(1, 2)),
        truth.norm(dim=1).mean(dim=(1, 2)),
    )


def predict(network: nn.Module, batch: Mapping[str, Tensor], inputs: Sequence[str]) -> Tensor:
    """Run a network on a batch: log-probabilities (B, N, h, w)."""
    log_p: Tensor = network(*network_inputs(batch, inputs)).float().log_softmax(dim=1)
    return log_p


def network_inputs(batch: Mapping[str, Tensor], inputs: Sequence[str]) -> Iterator[Tensor]:
    """Yield what a network takes, channels last, which is half the time of a step."""
    for name in inputs:
        x = batch[name]
        yield x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x


def mean_color(log_p: Tensor) -> Tensor:
    """Average the colors of the palette by their log-probabilities (B, N, h, w): (B, 2, h, w)."""
    colors = torch.from_numpy(palette()).to(log_p.device)
    return torch.einsum("bnhw,nc->bchw", log_p.exp(), colors)


def gain_db(made: Tensor, truth: Tensor) -> Tensor:
    """Compare squared errors of colors (B, 2, h, w) with those of grey: dB (B,)."""
    error = (made - truth).square().mean(dim=(1, 2, 3))
    grey = truth.square().mean(dim=(1, 2, 3))
    return 10 * ((grey + FLOOR / 2) / (error + FLOOR / 2)).log10()


def file_metadata(data: str) -> dict[str, str]:
    """Tell with the file of a network all that running needs, and what it was trained on."""
    return {
        "neuropil": "colorize",
        "palette": json.dumps(np.round(palette(), 4).tolist()),
        "licence": "MIT",
        "data": data,
    }
