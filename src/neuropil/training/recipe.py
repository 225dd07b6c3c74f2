"""A recipe: everything that decides what a training makes, in one frozen value.

An application's `train.py` holds functions that return recipes; a variant is made of another one by
`dataclasses.replace`. The command line changes single numbers: `--set lr=3e-4 --set steps=2000`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer

from neuropil.kit.errors import UserError
from neuropil.training.optim import adamw
from neuropil.training.step import TrainingStep

Batch = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class ExportSpec:
    """How a network becomes a file: names, shapes, and what is told with it."""

    inputs: Mapping[str, tuple[int | str, ...]]  # name -> shape; a word marks an axis of any size
    outputs: tuple[str, ...]
    test_sizes: tuple[
        Mapping[str, int], ...
    ]  # sizes for the words: at least two, to try the file on
    metadata: Mapping[str, str]
    part: str = ""  # of the network, by its attribute's name; the whole by default
    bits: int = 16  # that a weight of a kernel takes in the file: 16 or 8
    matrix_bits: int = 16  # that a weight of a matrix takes: 16 or 8
    whole_numbers: Mapping[str, int] = field(default_factory=dict)  # inputs below so many


@dataclass(frozen=True)
class Recipe:
    """What is learned, from what, by which measure, for how long."""

    name: str  # application-recipe, "colorize-base"
    network: Callable[[], nn.Module]
    examples: Callable[[Path], Any]  # reads the data once
    batch: Callable[[Any, TrainingStep], Batch]  # of examples
    loss: Callable[[nn.Module, Mapping[str, Tensor]], Tensor]
    score: Callable[[nn.Module, Any], dict[str, float]]  # on held-out examples
    exports: tuple[ExportSpec, ...]  # a file for each
    steps: int
    lr: float  # at its highest
    ema: float = 0.999  # of the running mean of all weights, which is what is kept
    seed: int = 0
    optimizer: Callable[[nn.Module, float], Optimizer] = adamw  # of the network, at that rate


def with_settings(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """Change numbers of a recipe by `name=value` texts; raises UserError for any other."""
    numbers = {f.name: type(getattr(recipe, f.name)) for f in fields(recipe)}
    numbers = {name: kind for name, kind in numbers.items() if kind in (int, float)}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or name not in numbers:
            raise UserError(
                "training.setting",
                f"--set {setting}: a setting is NAME=NUMBER, "
                f"where NAME is one of {', '.join(numbers)}",
                value=setting,
                possible=tuple(numbers),
            )
        try:
            recipe = replace(recipe, **{name: numbers[name](value)})
        except ValueError:
            kind = "a whole number" if numbers[name] is int else "a number"
            raise UserError(
                "training.setting",
                f"--set {setting}: {name} is {kind}, as in --set {name}={getattr(recipe, name)}",
                value=setting,
            ) from None
    if recipe.steps < 0 or not 0 < recipe.lr < math.inf:
        raise UserError(
            "training.setting", "a training needs 0 steps or more and a learning rate above 0"
        )
    if not 0 <= recipe.ema < 1 or recipe.seed < 0:
        raise UserError("training.setting", "seed is 0 or more, and ema is at least 0 and below 1")
    return recipe
