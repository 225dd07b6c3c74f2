"""Layers against torch's, under torch's names."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn as torch_nn

from neuropil.core import layers
from neuropil.core.layers import BatchNorm, Dense, Dropout, Layer
from neuropil.core.nn import Network
from neuropil.core.tensor import Array

TABLE: list[tuple[Layer, Callable[[], Any], tuple[int, ...]]] = [
    (layers.Dense(3, 4), lambda: torch_nn.Linear(3, 4), (5, 3)),
    (layers.Dense(3, 4, has_bias=False), lambda: torch_nn.Linear(3, 4, bias=False), (5, 3)),
    (layers.Conv1d(3, 4, 3), lambda: torch_nn.Conv1d(3, 4, 3), (2, 3, 8)),
    (
        layers.Conv2d(4, 6, (3, 2), stride=2, padding=1, groups=2),
        lambda: torch_nn.Conv2d(4, 6, (3, 2), stride=2, padding=1, groups=2),
        (2, 4, 7, 6),
    ),
    (
        layers.Conv2d(2, 3, 3, dilation=2, has_bias=False),
        lambda: torch_nn.Conv2d(2, 3, 3, dilation=2, bias=False),
        (2, 2, 7, 6),
    ),
    (
        layers.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2),
        lambda: torch_nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2),
        (2, 4, 5, 4),
    ),
    (layers.LSTM(3, 4), lambda: First(torch_nn.LSTM(3, 4, batch_first=True)), (2, 5, 3)),
    (layers.BatchNorm(3), lambda: torch_nn.BatchNorm2d(3), (4, 3, 2, 2)),
    (layers.BatchNorm(3), lambda: torch_nn.BatchNorm1d(3), (4, 3)),
    (layers.LayerNorm(3), lambda: torch_nn.LayerNorm(3), (4, 5, 3)),
    (layers.GroupNorm(4, groups=2), lambda: torch_nn.GroupNorm(2, 4), (2, 4, 3)),
    (layers.MaxPool(2), lambda: torch_nn.MaxPool2d(2), (2, 3, 6, 5)),
    (layers.AveragePool(3, 2, 1), lambda: torch_nn.AvgPool2d(3, 2, 1), (2, 3, 6, 5)),
    (layers.GlobalAveragePool(), lambda: Squeezed(torch_nn.AdaptiveAvgPool2d(1)), (2, 3, 6, 5)),
    (layers.Flatten(), torch_nn.Flatten, (2, 3, 4)),
    (layers.Dropout(0.5), lambda: torch_nn.Dropout(0.5).eval(), (2, 3)),
    (layers.LastStep(), lambda: Last(), (2, 5, 3)),
    (layers.Identity(), torch_nn.Identity, (4, 3)),
    (layers.Sigmoid(), torch_nn.Sigmoid, (4, 3)),
    (layers.Tanh(), torch_nn.Tanh, (4, 3)),
    (layers.ReLU(), torch_nn.ReLU, (4, 3)),
    (layers.Heaviside(), lambda: Heaviside(), (4, 3)),
    (layers.LeakyReLU(), torch_nn.LeakyReLU, (4, 3)),
    (layers.ELU(), torch_nn.ELU, (4, 3)),
    (layers.GELU(), torch_nn.GELU, (4, 3)),
    (layers.SiLU(), torch_nn.SiLU, (4, 3)),
    (layers.Softplus(), torch_nn.Softplus, (4, 3)),
    (layers.Hardswish(), torch_nn.Hardswish, (4, 3)),
    (layers.Softmax(), lambda: torch_nn.Softmax(-1), (4, 3)),
]


class Heaviside(torch_nn.Module):
    """Steps from 0 to 1, without a slope."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x >= 0).to(x.dtype) + 0 * x


class First(torch_nn.Module):
    """Give the first of two results."""

    def __init__(self, inner: torch_nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> Any:
        return self.inner(x)[0]


class Squeezed(First):
    """Drop the axes of length 1."""

    def forward(self, x: torch.Tensor) -> Any:
        return self.inner(x)[..., 0, 0]


class Last(torch_nn.Module):
    """Give the last step."""

    def forward(self, x: torch.Tensor) -> Any:
        return x[:, -1]


def torch_numbers(module: torch_nn.Module) -> dict[str, Array]:
    return {
        name.removeprefix("inner."): value.numpy().astype(np.float64)
        for name, value in module.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def test_every_layer_is_compared() -> None:
    every = {
        kind
        for name, kind in vars(layers).items()
        if isinstance(kind, type) and issubclass(kind, Layer) and not name.startswith("_")
    }
    assert every - {Layer, layers.Embedding} == {type(layer) for layer, _, _ in TABLE}


def named(value: object) -> str:
    """Name a parameter the same in every process: functions have addresses."""
    return "torch" if callable(value) and not isinstance(value, Layer) else repr(value)[:60]


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("ours", "make", "shape"), TABLE, ids=named)
def test_layer_is_torchs(
    ours: Layer, make: Callable[[], Any], shape: tuple[int, ...], training: bool
) -> None:
    training = training and not isinstance(ours, Dropout)  # which is random
    torch.manual_seed(0)
    theirs = make().double().train(training)
    numbers = torch_numbers(theirs)
    assert numbers.keys() == ours.parameter_shapes().keys() | ours.buffers().keys()
    for name, value in numbers.items():
        shape_of_ours = {
            **ours.parameter_shapes(),
            **{n: a.shape for n, a in ours.buffers().items()},
        }
        assert shape_of_ours[name] == value.shape
        ours.set_parameter(name, value.copy())
    x = np.random.default_rng(0).standard_normal(shape)
    reference = theirs(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(ours(x, training=training).value, reference, rtol=1e-10, atol=1e-12)
    for name, value in torch_numbers(theirs).items():  # running statistics have moved alike
        now = ours.buffers().get(name)
        if now is not None:
            np.testing.assert_allclose(now, value, rtol=1e-12)


def test_embedding_is_torchs() -> None:
    theirs = torch_nn.Embedding(5, 3).double()
    ours = layers.Embedding(5, 3)
    ours.set_parameter("weight", theirs.weight.detach().numpy())
    x = np.array([[0, 4], [2, 2]])
    np.testing.assert_array_equal(ours(x).value, theirs(torch.tensor(x)).detach().numpy())


def test_parameters_are_drawn_by_the_network() -> None:
    layer = Dense(3, 2)
    assert not layer.is_initialized()
    with pytest.raises(AttributeError, match=r"Dense\(.*\) has no weight yet: a Network draws it"):
        _ = layer.weight
    Network(layer)
    assert layer.is_initialized()
    assert layer.weight.shape == (2, 3)
    with pytest.raises(AttributeError, match="Dense has no wieght"):
        _ = layer.wieght


def test_layers_that_were_asked_too_early_start_apart() -> None:
    twins = [Dense(3, 3), Dense(3, 3)]
    for layer in twins:
        with pytest.raises(AttributeError):
            layer.parameters()
        with pytest.raises(AttributeError):
            layer(np.ones((1, 3)))
    Network(*twins)
    assert not np.array_equal(twins[0].weight.value, twins[1].weight.value)


def test_parameters_are_drawn_within_their_reach() -> None:
    conv = layers.Conv2d(4, 50, 3)
    Network(conv)
    assert np.abs(conv.weight.value).max() == pytest.approx(1 / 6, rel=0.01)
    assert np.abs(conv.bias.value).max() == pytest.approx(1 / 6, rel=0.1)
    assert conv.weight.dtype == np.float32


def test_dropout_drops_so_many_and_keeps_the_mean() -> None:
    layer = Dropout(0.3)
    y = layer(np.ones((100, 100)), training=True).value
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.02)
    assert y.mean() == pytest.approx(1, abs=0.02)
    with pytest.raises(ValueError, match=r"Dropout\(1\): a chance from 0 to below 1"):
        Dropout(1)


def test_batch_norm_needs_more_than_one_number() -> None:
    with pytest.raises(ValueError, match="has no variance"):
        Network(BatchNorm(3))(np.ones((1, 3)), training=True)


def test_activations_have_names() -> None:
    assert layers.Sigmoid().name == "sigmoid"
    assert layers.ReLU().name == "relu"
    assert layers.Identity().name == "identity"


def test_sequences_have_a_shape() -> None:
    with pytest.raises(ValueError, match=r"sequences \(N, T, 3\) are needed, not \(2, 3\)"):
        layers.LSTM(3, 4)(np.ones((2, 3)))


@pytest.mark.parametrize(("n_in", "n_out"), [(0, 1), (-1, 1), (3, 0)])
def test_layers_without_inputs_or_outputs_are_refused(n_in: int, n_out: int) -> None:
    with pytest.raises(ValueError, match="every size is at least 1"):
        Network(Dense(n_in, n_out))
