"""The state of a training, saved whole and atomically, so that it can be stopped at any moment."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import torch
from torch import Tensor

from neuropil.kit.atomic import atomic_path
from neuropil.kit.bounded import check_unpacked
from neuropil.kit.errors import UserError

FILE = "checkpoint.pt"
MOST_BYTES = 10_000_000_000  # of a network, its mean and its optimizer, unpacked


@dataclass
class Checkpoint:
    """Everything that the next step depends on; batches depend on (seed, step) alone."""

    recipe: str  # the recipe's name, its numbers beside it: what may not change on resuming
    settings: dict[str, float]
    steps: int  # how many there will be, also when --minutes fixed them
    step: int  # the next one
    network: dict[str, Tensor]
    ema: dict[str, Tensor]
    optimizer: dict[str, Any]
    random: Tensor | None = None  # torch's random state, for networks with dropout
    seconds: float = 0.0  # spent so far
    history: list[dict[str, float]] = field(default_factory=list)  # one entry per look


def save(checkpoint: Checkpoint, folder: Path) -> None:
    """Write beside, then rename: a kill leaves the old one or the new one, never half of one."""
    with atomic_path(folder / FILE) as path:
        torch.save(asdict(checkpoint), path)


def load(folder: Path, device: torch.device) -> Checkpoint:
    """Read the checkpoint of a folder; raises UserError where there is none that can be read."""
    path = folder / FILE
    if not path.exists():
        raise UserError(
            "training.checkpoint",
            f"{path} does not exist, so there is nothing to resume: leave out --resume",
            path=path,
        )
    try:
        with ZipFile(path) as archive:
            check_unpacked(archive, MOST_BYTES, "name the folder of a training of this package")
        return Checkpoint(**torch.load(path, map_location=device, weights_only=True))
    except UserError as error:
        raise error.wrap(f"{path}: {error}", path) from error
    except Exception as error:
        raise UserError(
            "training.checkpoint",
            f"{path} is no checkpoint of a training, or a broken one: delete it and start anew",
            path=path,
        ) from error
