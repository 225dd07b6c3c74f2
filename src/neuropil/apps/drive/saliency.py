"""What the network looks at: how much each pixel of the road moves the steering wheel.

    how much = sum over colors of |d steering / d pixel|      (Simonyan et al. 2014)

The gradient is worked out by `neuropil.core`, in which the network is built once more from the
weights in its file.
"""

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.drive.preprocess import ROAD, encode
from neuropil.core import Conv2d, Dense, Flatten, Network, ReLU, Tanh
from neuropil.core.layers import Layer
from neuropil.core.tensor import Tensor
from neuropil.kit.networks.onnx_file import OnnxFile

Floats = NDArray[np.float32]

STRIDES = (2, 2, 2, 1, 1)  # of the convolutions, as in model.py
CLIP_PERCENTILE = 99.0  # percentile of the road's pixels that counts as much


def steering_network(model: OnnxFile) -> Network:
    """Build the part of a network that steers: pictures (B, 3, 96, 96) to (B, 1)."""
    layers = list[Layer]()
    for n, stride in enumerate(STRIDES):
        D, C, side, _ = model.tensor(f"sees.{n}.weight").shape
        layers += [load_layer(Conv2d(C, D, side, stride), model, f"sees.{n}"), ReLU()]
    layers.append(Flatten())
    for name in ("thinks.0", "thinks.1"):
        J, F = model.tensor(f"{name}.weight").shape
        layers += [load_layer(Dense(F, J), model, name), ReLU()]
    _, F = model.tensor("steers.weight").shape
    network = Network(*layers, load_layer(Dense(F, 1), model, "steers"), Tanh())
    for weights in network.parameters().values():
        weights.requires_grad = False  # only the picture's gradient is asked for
    return network


def load_layer(layer: Layer, model: OnnxFile, name: str) -> Layer:
    """Give a layer the weights that a file has for it."""
    for part in ("weight", "bias"):
        layer.set_parameter(part, model.tensor(f"{name}.{part}").astype(np.float32))
    return layer


def saliency_map(network: Network, picture: NDArray[np.uint8]) -> Floats:
    """Find how much each pixel of a picture (96, 96, 3) moves the steering, 0 to 1: (96, 96)."""
    x = Tensor(encode(picture[None]), requires_grad=True)
    network(x).backward()
    assert x.grad is not None
    moves: Floats = np.abs(x.grad[0]).sum(axis=0)
    moves[ROAD:] = 0  # the instruments, which are no part of the view
    much = np.percentile(moves[:ROAD], CLIP_PERCENTILE)
    return np.clip(moves / much, 0, 1) if much > 0 else moves
