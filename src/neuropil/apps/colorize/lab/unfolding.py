"""From a network in a file back to one that can go on learning, with the eye beside it.

    neuropil train colorize --stage unfold --network BASE.onnx --data SEEN -o runs/unfolded
    neuropil train colorize seeing --data SEEN --init runs/unfolded/averages.npz

A file holds convolutions into which their normalizations were folded. Here these come back: with
mean m and variance v of what a convolution gives on some crops, and e = 1e-5,

    w·x + b = √(v + e) · (w·x - m) / √(v + e) + (b + m)        scale √(v + e), shift b + m

so that the network computes the same, and every normalization is near what training makes of it.
"""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from neuropil.apps.colorize.lab import seen_batch
from neuropil.apps.colorize.lab.model import SeeingNet, SeeingSize
from neuropil.apps.colorize.lab.seeing_training import network_inputs
from neuropil.apps.colorize.palette import palette
from neuropil.training import averages
from neuropil.training.stages import claim_file
from neuropil.training.step import TrainingStep


def unfold(output: Path, data: Path, network: Path) -> Path:
    """Write the averages from which the seeing network begins: those of a file, and zeros."""
    file = claim_file(output, averages.FILE)
    seeing = SeeingNet(SeeingSize(n_colors=len(palette()))).eval()
    weights = {
        item.name.removesuffix(".float16"): torch.tensor(numpy_helper.to_array(item)).float()
        for item in onnx.load(network).graph.initializer
    }
    put_back(seeing, weights)
    batch = seen_batch.make_batch(seen_batch.load_seen(data), TrainingStep())
    measure(seeing, weights, {name: torch.from_numpy(array) for name, array in batch.items()})
    averages.save(seeing.state_dict(), {"recipe": "colorize-unfold", "from": network.name}, file)
    return file


def put_back(network: nn.Module, weights: dict[str, Tensor]) -> None:
    """Give convolutions and matrices their weights, and biases where they have one."""
    own = dict(network.named_parameters())
    for name, values in weights.items():
        if name in own:
            own[name].data.copy_(values)


@torch.no_grad()
def measure(network: nn.Module, weights: dict[str, Tensor], batch: dict[str, Tensor]) -> None:
    """Run once; on the way each normalization takes mean and variance of what comes to it."""
    hooks = [
        norm.register_forward_pre_hook(partial(settle, bias=weights[f"{name}.bias"]))
        for name, norm in following_norms(network)
        if f"{name}.bias" in weights
    ]
    network(*network_inputs(batch))
    for hook in hooks:
        hook.remove()


def following_norms(network: nn.Module) -> Iterator[tuple[str, nn.BatchNorm2d]]:
    """Yield the name of each convolution, and the normalization behind it."""
    for (name, conv), (_, norm) in pairwise(network.named_modules()):
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            yield name, norm


def settle(norm: nn.BatchNorm2d, given: tuple[Tensor], *, bias: Tensor) -> None:
    """Make a normalization pass on what it is given, and add a bias."""
    (x,) = given
    mean, variance = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), unbiased=False)
    norm.running_mean, norm.running_var = mean, variance
    norm.weight.copy_((variance + norm.eps).sqrt())
    norm.bias.copy_(bias + mean)
