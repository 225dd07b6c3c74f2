"""The averaged weights of a training in one small file, from which a further training can begin.

    neuropil train handwrite writer_middle --data DIR --init runs/writer/averages.npz

Of several such files the mean is begun with: trainings that began alike and saw other batches end
near each other, and the mean of their weights is better than either (Wortsman et al. 2022).

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


def load(network: nn.Module, *paths: Path) -> list[dict[str, Any]]:
    """Give a network the mean weights of files; return how they came about.

    Raises UserError where they are of another network.
    """
    own = network.state_dict()
    found, abouts = zip(*(read(path, own) for path in paths), strict=True)
    means = {name: torch.stack([each[name] for each in found]).mean(dim=0) for name in own}
    network.load_state_dict({name: means[name].to(own[name].dtype) for name in own})
    return [*abouts]


def read(path: Path, own: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read weights that are to be like `own`, and how they came about."""
    require_file(path, "file of averaged weights")
    advice = f"--init takes the {FILE} of a training's folder"
    arrays = read_arrays(path, MOST_BYTES, advice, what="averaged weights", code="network.damaged")
    about = read_about(str(arrays.pop(ABOUT, "{}")))
    if {name: a.shape for name, a in arrays.items()} != {n: tuple(t.shape) for n, t in own.items()}:
        odd = sorted({*arrays} ^ {*own}) or [n for n in own if arrays[n].shape != own[n].shape]
        raise UserError(
            "network.mismatch",
            f"{path} holds the weights of another network: see {', '.join(odd[:3])}",
            path=path,
        )
    return {name: torch.from_numpy(a).to(torch.float64) for name, a in arrays.items()}, about


def read_about(text: str) -> dict[str, Any]:
    """Read how weights came about; {} where that can't be read, since the weights can."""
    try:
        about = json.loads(text)
    except ValueError:
        return {}
    return about if isinstance(about, dict) else {}
