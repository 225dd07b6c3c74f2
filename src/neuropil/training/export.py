"""From a trained torch network to the ONNX file that the package runs, and proof that both agree.

Batch normalizations are folded into their convolutions, kernels are rounded to float16, the graph
is traced, run in ONNX Runtime on random inputs of two shapes and compared with the torch network
that has the same rounded weights. Where max|a - b| / max|b| is above 1e-4 there is no file.
"""

import json
import logging
import subprocess
import warnings
from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from neuropil.kit.atomic import written
from neuropil.kit.weights import Network
from neuropil.training.recipe import Packing, Recipe

OPSET = 18
TOLERANCE = 1e-4


def export(network: nn.Module, recipe: Recipe, scores: Mapping[str, float], out: Path) -> Path:
    """Write a file for each packing of a recipe, and return the first one.

    `out/<recipe>.onnx` holds the whole network, `out/<recipe>-<part>.onnx` a part of it. Raises
    RuntimeError where engines disagree.
    """
    plain = rounded(folded(deepcopy(network).cpu().float().eval()))
    told_with = {"recipe": told(recipe), "scores": json.dumps(dict(scores))}
    told_with |= {"commit": commit(), "date": date.today().isoformat()}
    files = [
        write(
            getattr(plain, packing.part) if packing.part else plain,
            packing,
            out / f"{'-'.join(filter(None, [recipe.name, packing.part]))}.onnx",
            {**packing.metadata, **told_with},
        )
        for packing in recipe.packings
    ]
    return files[0]


def write(plain: nn.Module, packing: Packing, file: Path, metadata: Mapping[str, str]) -> Path:
    """Write one network whole or not at all, and only if both engines agree on it."""
    with written(file) as path:
        trace(plain, packing, path)
        model = halved(onnx.load(path))
        helper.set_model_props(model, dict(metadata))
        onnx.checker.check_model(model)
        onnx.save(model, path)
        worst = np.max([deviation(plain, path, packing, sizes) for sizes in packing.shapes])
        if not worst <= TOLERANCE:
            raise RuntimeError(
                f"ONNX Runtime and torch differ by {worst:.1e} (limit {TOLERANCE:.0e}): no file"
            )
    return file


def folded(module: nn.Module) -> nn.Module:
    """Fold every batch normalization into the convolution right before it."""
    children = list(module.named_children())
    for (conv_name, conv), (norm_name, norm) in pairwise(children):
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            setattr(module, conv_name, fuse_conv_bn_eval(conv, norm))
            setattr(module, norm_name, nn.Identity())
    for _, child in children:
        folded(child)
    return module


@torch.no_grad()
def rounded(network: nn.Module) -> nn.Module:
    """Round kernels and matrices to what float16 can hold; biases stay exact."""
    for parameter in network.parameters():
        if parameter.ndim >= 2:
            parameter.copy_(parameter.half().float())
    return network


def random_inputs(packing: Packing, sizes: Mapping[str, int]) -> dict[str, Tensor]:
    """Make standard normal inputs, the words of their shapes replaced by numbers."""
    generator = torch.Generator().manual_seed(0)
    shapes = {
        name: [sizes[axis] if isinstance(axis, str) else axis for axis in shape]
        for name, shape in packing.inputs.items()
    }
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def trace(network: nn.Module, packing: Packing, path: Path) -> None:
    """Write the graph; tensor names keep the path of their module."""
    axes = {
        name: {i: axis for i, axis in enumerate(shape) if isinstance(axis, str)}
        for name, shape in packing.inputs.items()
    }
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():  # that this exporter is the older one is known
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            tuple(random_inputs(packing, packing.shapes[0]).values()),
            str(path),
            input_names=list(packing.inputs),
            output_names=list(packing.outputs),
            dynamic_axes={**axes, **{name: {0: "B"} for name in packing.outputs}},
            opset_version=OPSET,
            dynamo=False,
        )


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store kernels as float16 with a cast behind them, which the runtime resolves on loading.

    An LSTM's biases are a matrix in ONNX, and stay exact like all others.
    """
    graph = model.graph
    biases = {node.input[3] for node in graph.node if node.op_type == "LSTM"}
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.ndim >= 2 and tensor.name not in biases:
            name = tensor.name
            graph.initializer.remove(tensor)
            graph.initializer.append(
                numpy_helper.from_array(values.astype(np.float16), f"{name}.float16")
            )
            graph.node.insert(
                0, helper.make_node("Cast", [f"{name}.float16"], [name], to=onnx.TensorProto.FLOAT)
            )
    return model


@torch.no_grad()
def deviation(network: nn.Module, path: Path, packing: Packing, sizes: Mapping[str, int]) -> float:
    """Compare ONNX Runtime with torch: max|a - b| / max|b| over all outputs."""
    inputs = random_inputs(packing, sizes)
    expected = network(*inputs.values())
    expected = expected if isinstance(expected, tuple) else (expected,)
    made = Network(path).run(**{name: value.numpy() for name, value in inputs.items()})
    pairs = zip(packing.outputs, expected, strict=True)
    worst = [np.abs(made[name] - b.numpy()).max() / b.abs().max().item() for name, b in pairs]
    return float(np.max(worst))  # NaN where any is, unlike max


def told(recipe: Recipe) -> str:
    """Write a recipe's name and numbers as JSON."""
    numbers = {k: v for k, v in vars(recipe).items() if isinstance(v, int | float | str)}
    return json.dumps(numbers)


def commit() -> str:
    """Name the commit that made the file, with a `+` where the tree had changes; "" outside git."""
    here = Path(__file__).parent
    try:
        name = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--dirty=+"],
            cwd=here,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return name.stdout.strip()
