"""Two trained networks joined into one that goes on learning: that of the pixels, that of the eye.

    neuropil train colorize --stage join --network BASE.onnx --network DECODER.onnx --data SEEN \
        -o runs/joined
    neuropil train colorize seeing --data SEEN --init runs/joined/averages.npz

A file holds convolutions into which their normalizations were folded. Here these come back: with
mean m and variance v of what a convolution gives on some crops, and e = 1e-5,

    w·x + b = √(v + e) · (w·x - m) / √(v + e) + (b + m)        scale √(v + e), shift b + m

so that the network computes the same, and every normalization is near what training makes of it.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from neuropil.apps.colorize.lab import seen_batch
from neuropil.apps.colorize.lab.model import SeeingNet
from neuropil.apps.colorize.lab.objective import network_inputs
from neuropil.apps.colorize.lab.train import OF_SEEING, seeing
from neuropil.kit.errors import UserError
from neuropil.kit.networks.network import open_foreign
from neuropil.kit.networks.onnx_file import FLOAT16_SUFFIX
from neuropil.training import averages
from neuropil.training.stages import claim_file
from neuropil.training.step import TrainingStep

SHARE = 0.6  # of the logits of each: both together are about as sure as one alone
LAST = "colors."  # the layer that gives logits

Weights = dict[str, Tensor]  # by their names


def join(output: Path, data: Path, networks: Sequence[Path]) -> Path:
    """Write the averages from which the seeing network begins.

    networks: what the recipes `base` and `decoder` have made, in this order

    Raises UserError where there are not two.
    """
    if len(networks) != 2:
        raise UserError(
            "option.missing",
            f"{len(networks)} networks were named; the stage joins two: type"
            " --network BASE.onnx --network DECODER.onnx, of the recipes base and decoder",
        )
    network = seeing().network().eval()
    assert isinstance(network, SeeingNet)
    arrays = seen_batch.make_batch(seen_batch.load_seen(data), TrainingStep())
    batch = {name: torch.from_numpy(array) for name, array in arrays.items()}
    parts = zip((network.pixels, network.eye), networks, strict=True)
    settled = [norm for part, path in parts for norm in put_back(part, path)]
    with torch.no_grad():  # on the way each normalization takes mean and variance of its input
        network(*network_inputs(batch, OF_SEEING))
    for hook in settled:
        hook.remove()
    names = ", ".join(path.name for path in networks)
    file = claim_file(output, averages.FILE)
    averages.save(network.state_dict(), {"recipe": "colorize-join", "from": names}, file)
    return file


def read_weights(path: Path) -> Weights:
    """Read the weights of a file, those that give logits reduced to their share.

    Raises UserError where it is no network.
    """
    open_foreign(path)  # which refuses what is no network
    weights = {
        item.name.removesuffix(FLOAT16_SUFFIX): torch.tensor(numpy_helper.to_array(item)).float()
        for item in onnx.load(path).graph.initializer
    }
    return {name: SHARE * w if name.startswith(LAST) else w for name, w in weights.items()}


def put_back(network: nn.Module, path: Path) -> Iterator[torch.utils.hooks.RemovableHandle]:
    """Give a network the weights of a file; its normalizations settle when it runs next.

    Raises UserError where they are of another network.
    """
    weights = read_weights(path)
    learned = (nn.Conv2d, nn.Linear)
    layers = [name for name, module in network.named_modules() if isinstance(module, learned)]
    missing = [name for name in layers if not {f"{name}.weight", f"{name}.bias"} <= weights.keys()]
    if missing:
        raise UserError(
            "network.mismatch",
            f"{path} holds the weights of another network, none of {', '.join(missing[:3])}: name"
            " first what the recipe base has made, then what the recipe decoder has",
            path=path,
        )
    for name, parameter in network.named_parameters():
        if name in weights:
            parameter.data.copy_(weights[name])
    for name, norm in following_norms(network):
        yield norm.register_forward_pre_hook(partial(settle, bias=weights[f"{name}.bias"]))


def following_norms(network: nn.Module) -> Iterator[tuple[str, nn.BatchNorm2d]]:
    """Yield the name of each convolution, and the normalization behind it."""
    for (name, conv), (_, norm) in pairwise(network.named_modules()):
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            yield name, norm


@torch.no_grad()
def settle(norm: nn.BatchNorm2d, given: tuple[Tensor], *, bias: Tensor) -> None:
    """Make a normalization pass on what it is given, and add a bias."""
    (x,) = given
    mean, variance = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), unbiased=False)
    norm.running_mean, norm.running_var = mean, variance
    norm.weight.copy_((variance + norm.eps).sqrt())
    norm.bias.copy_(bias + mean)
