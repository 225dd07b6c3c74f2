"""A recipe of a few hundred weights: a network that learns to blur noise.

python -c "import tiny_recipe; tiny_recipe.fit_until_killed('OUT')" kills itself at two thirds
"""

import os
import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn

from neuropil.training.blocks import ConvNorm, Residual
from neuropil.training.fit import fit
from neuropil.training.recipe import Batch, ExportSpec, Recipe
from neuropil.training.step import TrainingStep
from neuropil.training.team import Team

STEPS = 60


def tiny() -> Recipe:
    return Recipe(
        name="tiny-base",
        network=lambda: nn.Sequential(
            ConvNorm(1, 4), Residual(4), nn.Dropout(0.1), nn.Conv2d(4, 1, 1)
        ),
        examples=examples,
        batch=batch,
        loss=loss,
        score=lambda network, held_out: {
            "error": error(network, torch.from_numpy(held_out)).item()
        },
        exports=(
            ExportSpec(
                inputs={"noise": ("B", 1, "H", "W")},
                outputs=("blurred",),
                test_sizes=({"B": 1, "H": 8, "W": 8}, {"B": 3, "H": 16, "W": 24}),
                metadata={"neuropil": "tiny", "licence": "MIT"},
            ),
        ),
        steps=STEPS,
        lr=1e-2,
    )


def examples(data: Path) -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(size=(4, 1, 8, 8)).astype(np.float32)


def batch(held_out: Any, moment: TrainingStep) -> Batch:
    return {"noise": moment.rng().normal(size=(2, 1, 8, 8)).astype(np.float32)}


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    return error(network, batch["noise"])


def error(network: nn.Module, noise: Tensor) -> Tensor:
    blurred = nn.functional.avg_pool2d(noise, 3, stride=1, padding=1)
    made: Tensor = network(noise)
    return (made.float() - blurred).square().mean()


def fit_until_killed(out: str) -> None:
    def deadly(held_out: Any, moment: TrainingStep) -> Batch:
        if moment.fraction > 2 / 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return batch(held_out, moment)

    torch.set_num_threads(1)
    fit(replace(tiny(), batch=deadly), data=Path(), out=Path(out), device="cpu")


def sober() -> Recipe:
    """Leave out dropout, whose chance is another one in every process; four examples a batch."""
    return replace(tiny(), network=sober_network, batch=batch_of_four)


def sober_network() -> nn.Module:
    return nn.Sequential(ConvNorm(1, 4), Residual(4), nn.Conv2d(4, 1, 1))


def batch_of_four(held_out: Any, moment: TrainingStep) -> Batch:
    return {"noise": moment.rng().normal(size=(4, 1, 8, 8)).astype(np.float32)}


def fit_together(out: str, meeting: str, size: str, until: str, resume: str, rank: str) -> None:
    """Train in one of several processes, which kill themselves at a share of the steps."""

    def deadly(held_out: Any, moment: TrainingStep) -> Batch:
        if moment.fraction > float(until):
            os.kill(os.getpid(), signal.SIGKILL)
        return batch_of_four(held_out, moment)

    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{meeting}", rank=int(rank), world_size=int(size)
    )
    recipe = replace(sober(), batch=deadly)
    team = Team(int(rank), int(size))
    fit(recipe, data=Path(), out=Path(out), device="cpu", resume=bool(int(resume)), team=team)
    distributed.destroy_process_group()
