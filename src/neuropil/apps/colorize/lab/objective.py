"""What both colorizing networks are trained towards, and measured by while they are.

B  photographs or crops     N  colors of the palette     h, w  cells
"""

import json

import numpy as np
import torch
from torch import Tensor

from neuropil.apps.colorize.palette import palette

FLOOR = 4.0  # squared ab units: errors below two units are as good as none
PER_PHOTO = 0.5  # weight of the second part of a loss


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
