"""From a trained torch network to the ONNX file that the package runs, and proof that both agree.

Batch normalizations are folded into their convolutions, the graph is traced, its weights are
rounded to 16 bits or 8, and it is run in ONNX Runtime on random inputs of two shapes and compared
with the torch network that has the same rounded weights. Where max|a - b| / max|b| is above 1e-4
there is no file.
"""

import json
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from neuropil.kit.atomic import atomic_path
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.provenance import git_commit
from neuropil.training.recipe import ExportSpec, Recipe

OPSET = 18
TOLERANCE = 1e-4

Floats = NDArray[np.float32]


def export(
    network: nn.Module,
    recipe: Recipe,
    scores: Mapping[str, float],
    out: Path,
    begun: Sequence[Mapping[str, Any]] = (),
) -> Path:
    """Write a file for each packing of a recipe, and return the first one.

    begun: how the weights came about that the training began with

    `out/<recipe>.onnx` holds the whole network, `out/<recipe>-<part>.onnx` a part of it. Raises
    RuntimeError where engines disagree.
    """
    plain = fold_batch_norm(deepcopy(network).cpu().float().eval())
    told_with = {"recipe": recipe_json(recipe), "scores": json.dumps(dict(scores))}
    told_with |= {"command": training_command(recipe)}
    told_with |= {"init": json.dumps([*begun])} if begun else {}
    told_with |= {"commit": git_commit(Path(__file__).parent), "date": date.today().isoformat()}
    files = [
        write(
            getattr(plain, packing.part) if packing.part else plain,
            packing,
            out / f"{'-'.join(filter(None, [recipe.name, packing.part]))}.onnx",
            {**packing.metadata, **told_with},
        )
        for packing in recipe.exports
    ]
    return files[0]


def write(plain: nn.Module, packing: ExportSpec, file: Path, metadata: Mapping[str, str]) -> Path:
    """Write one network whole or not at all, and only if both engines agree on it."""
    with atomic_path(file) as path:
        export_graph(plain, packing, path)
        model = compress_weights(onnx.load(path), packing.bits, packing.matrix_bits)
        helper.set_model_props(model, dict(metadata))
        onnx.checker.check_model(model)
        onnx.save(model, path)
        same = round_weights(deepcopy(plain), packing.bits, packing.matrix_bits)
        worst = np.max(
            [max_relative_error(same, path, packing, sizes) for sizes in packing.test_sizes]
        )
        if not worst <= TOLERANCE:
            raise RuntimeError(
                f"ONNX Runtime and torch differ by {worst:.1e} (limit {TOLERANCE:.0e}): no file"
            )
    return file


def fold_batch_norm(module: nn.Module) -> nn.Module:
    """Fold every batch normalization into the convolution right before it."""
    children = list(module.named_children())
    for (conv_name, conv), (norm_name, norm) in pairwise(children):
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            setattr(module, conv_name, fuse_conv_bn_eval(conv, norm))
            setattr(module, norm_name, nn.Identity())
    for _, child in children:
        fold_batch_norm(child)
    return module


@torch.no_grad()
def round_weights(network: nn.Module, bits: int = 16, matrix_bits: int = 16) -> nn.Module:
    """Round kernels and matrices to what the file can hold; biases stay exact."""
    for parameter in network.parameters():
        if (parameter.ndim == 4 and bits == 8) or (parameter.ndim == 2 and matrix_bits == 8):
            whole, scale = quantize_int8(parameter.numpy())
            parameter.copy_(torch.from_numpy(whole * scale))
        elif parameter.ndim >= 2:
            parameter.copy_(parameter.half().float())
    return network


def quantize_int8(kernel: Floats, channel: int = 0) -> tuple[NDArray[np.int8], Floats]:
    """Take a kernel (C_out, C_in, ..) as whole numbers, -127 to 127, times a scale a channel.

    channel: the axis of the channels
    """
    others = tuple(axis for axis in range(kernel.ndim) if axis != channel)
    largest = np.abs(kernel).max(axis=others, keepdims=True)
    scale = (np.where(largest > 0, largest, 1) / 127).astype(np.float32)
    return np.round(kernel / scale).astype(np.int8), scale


def random_inputs(packing: ExportSpec, sizes: Mapping[str, int]) -> dict[str, Tensor]:
    """Make standard normal inputs, and whole numbers; words of shapes are replaced by sizes."""
    generator = torch.Generator().manual_seed(0)
    shapes = {
        name: [sizes[axis] if isinstance(axis, str) else axis for axis in shape]
        for name, shape in packing.inputs.items()
    }
    below = packing.whole_numbers
    return {
        name: torch.randint(below[name], shape, generator=generator)
        if name in below
        else torch.randn(shape, generator=generator)
        for name, shape in shapes.items()
    }


def export_graph(network: nn.Module, packing: ExportSpec, path: Path) -> None:
    """Write the graph; tensor names keep the path of their module."""
    axes = {
        name: {i: axis for i, axis in enumerate(shape) if isinstance(axis, str)}
        for name, shape in packing.inputs.items()
    }
    with quiet():  # that this exporter is the older one is known
        torch.onnx.export(
            network,
            tuple(random_inputs(packing, packing.test_sizes[0]).values()),
            str(path),
            input_names=list(packing.inputs),
            output_names=list(packing.outputs),
            dynamic_axes={**axes, **{name: {0: "B"} for name in packing.outputs}},
            opset_version=OPSET,
            dynamo=False,
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep torch's exporter from warning of what is meant to be so; then let it warn again."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)


def compress_weights(
    model: onnx.ModelProto, bits: int = 16, matrix_bits: int = 16
) -> onnx.ModelProto:
    """Store weights in 16 bits or 8, and before all else what makes float32 of them.

    The runtime does that once, on loading. An LSTM's biases are a matrix in ONNX, and stay exact
    like all others.
    """
    graph = model.graph
    biases = {node.input[3] for node in graph.node if node.op_type == "LSTM"}
    turned = {node.input[1] for node in graph.node if node.op_type == "MatMul"}
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.ndim >= 2 and tensor.name not in biases:
            is_int8 = {4: bits, 2: matrix_bits}.get(values.ndim) == 8
            channel = int(values.ndim == 2 and tensor.name in turned)
            kept, back = compressed_tensor(tensor.name, values, channel if is_int8 else None)
            graph.initializer.remove(tensor)
            graph.initializer.extend(numpy_helper.from_array(v, n) for n, v in kept.items())
            for node in reversed(back):
                graph.node.insert(0, node)
    return model


def compressed_tensor(
    name: str, values: Floats, channel: int | None
) -> tuple[dict[str, NDArray[Any]], list[onnx.NodeProto]]:
    """Say what is kept of a weight, and by which operations it becomes float32 again.

    channel: the axis of the channels, of which each has a scale where 8 bits are kept: w = whole
        number * scale; None where 16 bits are kept
    """
    to_float = partial(helper.make_node, "Cast", to=onnx.TensorProto.FLOAT)
    half, whole, scale = f"{name}.float16", f"{name}.int8", f"{name}.scale"
    if channel is not None:
        n, s = quantize_int8(values, channel)
        number = f"{name}.number"
        back = [to_float([whole], [number]), helper.make_node("Mul", [number, scale], [name])]
        return {whole: n, scale: s}, back
    return {half: values.astype(np.float16)}, [to_float([half], [name])]


@torch.no_grad()
def max_relative_error(
    network: nn.Module, path: Path, packing: ExportSpec, sizes: Mapping[str, int]
) -> float:
    """Compare ONNX Runtime with torch: max|a - b| / max|b|, or max|a| where b is 0, of outputs."""
    inputs = random_inputs(packing, sizes)
    expected = network(*inputs.values())
    expected = expected if isinstance(expected, tuple) else (expected,)
    made = OnnxNetwork(path).run(**{name: value.numpy() for name, value in inputs.items()})
    pairs = zip(packing.outputs, expected, strict=True)
    off = [(np.abs(made[name] - b.numpy()).max(), b.abs().max().item()) for name, b in pairs]
    worst = [error / (largest or 1) for error, largest in off]
    return float(np.max(worst))  # NaN where any is, unlike max


def training_command(recipe: Recipe) -> str:
    """Write the command that trains by a recipe; numbers changed by --set are in its JSON."""
    app, _, name = recipe.name.partition("-")
    return f"neuropil train {app} {name.replace('-', '_')} --data DIR"


def recipe_json(recipe: Recipe) -> str:
    """Write a recipe's name and numbers as JSON."""
    numbers = {k: v for k, v in vars(recipe).items() if isinstance(v, int | float | str)}
    return json.dumps(numbers)
