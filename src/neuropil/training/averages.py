"""The averaged weights of a training in one small file, from which a further training can begin.

    neuropil train handwrite writer_middle --data DIR --init runs/writer/averages.npz

16 bits a weight, and how they came about as JSON: recipe, its numbers, step, seconds. Unlike a
checkpoint it holds no state of an optimizer, so a training that begins from it warms up anew.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from neuropil.kit.atomic import atomic_path
from neuropil.kit.bounded import read_arrays
from neuropil.kit.errors import UserError, require_file

FILE = "averages.npz"
MOST_BYTES = 2_000_000_000  # of all weights, unpacked
ABOUT = "about"  # the entry that is no weight


def save(mean: Mapping[str, Tensor], about: Mapping[str, Any], path: Path) -> None:
    """Write the weights, rounded to 16 bits, and how they came about."""
    kept: dict[str, Any] = {name: halve(tensor.cpu().numpy()) for name, tensor in mean.items()}
    kept[ABOUT] = json.dumps(about)
    with atomic_path(path) as beside, beside.open("wb") as file:
        np.savez_compressed(file, **kept)


def halve(array: NDArray[Any]) -> NDArray[Any]:
    """Round floating-point numbers to 16 bits; counters stay whole numbers."""
    return array.astype(np.float16) if array.dtype.kind == "f" else array


def load(network: nn.Module, path: Path) -> None:
    """Give a network the weights of a file; raises UserError where they are of another network."""
    require_file(path, "file of averaged weights")
    advice = f"--init takes the {FILE} of a training's folder"
    arrays = read_arrays(path, MOST_BYTES, advice, what="averaged weights", code="network.damaged")
    arrays.pop(ABOUT, None)
    own = network.state_dict()
    if {name: a.shape for name, a in arrays.items()} != {n: tuple(t.shape) for n, t in own.items()}:
        odd = sorted({*arrays} ^ {*own}) or [n for n in own if arrays[n].shape != own[n].shape]
        raise UserError(
            "network.mismatch",
            f"{path} holds the weights of another network: see {', '.join(odd[:3])}",
            path=path,
        )
    network.load_state_dict(
        {name: torch.from_numpy(a).to(own[name].dtype) for name, a in arrays.items()}
    )
