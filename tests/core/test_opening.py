"""Neurons of networks, opened: the arithmetic is the network's, and its derivative is proven."""

import inspect
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from neuropil.core import (
    ELU,
    LSTM,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    Dense,
    Flatten,
    LastStep,
    Layer,
    LeakyReLU,
    MaxPool,
    Network,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    cross_entropy,
    digits,
    huber,
    neural,
    opening,
    squared_error,
)
from neuropil.core.opening import open_neuron
from neuropil.core.tensor import Tensor

RNG = np.random.default_rng


def small(dtype: type = np.float64) -> Network:
    return Network(Dense(5, 4), Tanh(), Dense(4, 3), LeakyReLU(), Dense(3, 2), dtype=dtype)


@pytest.mark.parametrize("layer", [0, 2, 4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_neuron_is_proven(layer: int, dtype: type) -> None:
    network, x = small(dtype), RNG(0).normal(size=5)
    for unit in range(network.layers[layer].weight.shape[0]):
        record = open_neuron(network, x, layer=layer, unit=unit, target=1)
        proof = record.check()
        assert proof.passed
        assert proof.gradient_allowed
        assert len(record.terms) == network.layers[layer].weight.shape[1]


@pytest.mark.parametrize("bends", [LeakyReLU(), ELU(), ReLU(), Tanh(), Sigmoid()])
def test_the_activation_is_the_networks(bends: Layer) -> None:
    dense = Dense(1, 2)
    dense.set_parameter("weight", np.array([[1.0], [-1.0]]))
    dense.set_parameter("bias", np.zeros(2))
    network = Network(dense, bends, dtype=np.float64)
    for unit in (0, 1):
        record = open_neuron(network, [0.7], layer=0, unit=unit, target=[0, 0], loss=squared_error)
        assert record.a == pytest.approx(network([[0.7]]).value[0, unit], rel=1e-12)
        assert record.observed.z == record.z
        assert record.check().passed


def test_derivatives_and_steps_are_those_of_training() -> None:
    network, x = small(), RNG(1).normal(size=5)
    goal = np.array([0.3, -0.2])
    squared_error(network(x[None]), goal[None]).backward()
    record = open_neuron(network, x, layer=2, unit=1, target=goal, loss=squared_error, rate=0.2)
    dense = network.layers[2]
    assert record.dL_dw == pytest.approx(dense.weight.grad[1], rel=1e-12)
    assert record.dL_db == pytest.approx(dense.bias.grad[1], rel=1e-12)
    after = dense.weight.value[1] - 0.2 * dense.weight.grad[1]
    assert record.updated_weights == pytest.approx(after, rel=1e-12)


def test_each_weights_derivative_is_the_difference_of_the_network() -> None:
    network, x = small(), RNG(2).normal(size=5)
    record = open_neuron(network, x, layer=0, unit=2, target=0)
    weight, h = network.layers[0].weight, 1e-6
    for i, slope in enumerate(record.dL_dw):
        losses = []
        for by in (h, -h):
            weight.value[2, i] += by
            again = open_neuron(network, x, layer=0, unit=2, target=0)
            assert again.backward
            assert again.backward.perturb
            losses.append(again.backward.perturb(0.0))
            weight.value[2, i] -= by
        assert slope == pytest.approx((losses[0] - losses[1]) / (2 * h), rel=1e-6, abs=1e-9)


def test_a_convolutions_neuron_sees_its_window() -> None:
    layers = (Conv2d(2, 3, 3, padding=1), ReLU(), MaxPool(2), Flatten(), Dense(12, 2))
    network = Network(*layers, dtype=np.float64)
    x = RNG(3).normal(size=(2, 4, 4))
    inner = open_neuron(network, x, layer=0, unit=(1, 1, 2), target=0)
    corner = open_neuron(network, x, layer=0, unit=(1, 0, 0), target=0)
    assert (len(inner.terms), len(corner.terms)) == (18, 8)
    assert inner.check().passed
    assert corner.check().passed
    assert inner.terms[0].w == network.layers[0].weight.value[1, 0, 0, 0]


def test_a_convolutions_weights_learn_from_all_places() -> None:
    layers = (Conv2d(2, 4, 3, stride=2, padding=1, groups=2), Tanh(), Flatten(), Dense(16, 2))
    network = Network(*layers, dtype=np.float64)
    x = RNG(5).normal(size=(2, 4, 4))
    cross_entropy(network(x[None]), np.array([1])).backward()
    weight, bias = network.layers[0].weight, network.layers[0].bias
    record = open_neuron(network, x, layer=0, unit=(3, 1, 1), target=1)
    assert record.check().passed
    assert len(record.terms) == 9
    assert record.dL_dw == pytest.approx(weight.grad[3].ravel(), rel=1e-12)
    assert [term.w for term in record.terms] == pytest.approx(weight.value[3].ravel(), rel=1e-15)
    assert record.dL_db == pytest.approx(bias.grad[3], rel=1e-12)
    again = open_neuron(network, x, layer=0, unit=np.array([3, 1, 1]), target=1)  # type: ignore[arg-type]
    assert again.terms == record.terms


CONVOLUTIONS = [  # with the shape of what they are given
    (Conv1d(3, 4, 3, stride=2, padding=1), (3, 8)),
    (Conv2d(2, 4, (2, 3), stride=(2, 1), padding=1, dilation=(1, 2), groups=2), (2, 4, 6)),
    (ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2), (4, 3, 2)),
    (ConvTranspose2d(2, 3, (3, 1), stride=(2, 3), padding=(1, 0), has_bias=False), (2, 3, 4)),
]


@pytest.mark.parametrize(("layer", "shape"), CONVOLUTIONS, ids=str)
def test_each_neuron_of_a_convolution_sees_what_the_gradient_says(
    layer: Layer, shape: tuple[int, ...]
) -> None:
    """Where a number stands for each weight, dz/dx is the number of the weight that x meets."""
    network = Network(deepcopy(layer), dtype=np.float64)
    weight = network.layers[0].weight
    weight.value = 1.0 + np.arange(weight.value.size).reshape(weight.shape)
    x = Tensor(RNG(6).normal(size=(1, *shape)), requires_grad=True)
    z = network(x)
    for unit in np.ndindex(z.shape[1:]):
        seed = np.zeros(z.shape)
        seed[0, *unit] = 1
        z.backward(seed=seed)
        assert x.grad is not None
        record = open_neuron(network, x.value[0], layer=0, unit=unit)
        assert [term.w for term in record.terms] == x.grad[x.grad != 0].tolist()
        assert [term.x for term in record.terms] == x.value[x.grad != 0].tolist()
        assert record.check().passed
        x.grad = None


def test_a_softmax_behind_a_neuron_is_said() -> None:
    network = Network(Dense(2, 3), Softmax())
    assert "before softmax" in open_neuron(network, [0.1, 0.2], layer=0, unit=0).name


def test_the_gradient_of_what_is_certain_is_proven_too() -> None:
    """Where p is nearly 1, float32 has lost 1 - p: the way back is in float64."""
    dense = Dense(1, 2)
    dense.set_parameter("weight", np.array([[9.0], [-9.0]], np.float32))
    dense.set_parameter("bias", np.zeros(2, np.float32))
    record = open_neuron(Network(dense), [0.9], layer=0, unit=0, target=0)
    assert record.dL_dz == pytest.approx(-1 / (1 + np.exp(16.2)), rel=1e-6)


def test_names_and_what_is_not_there() -> None:
    network, x = small(), RNG(4).normal(size=5)
    record = open_neuron(network, x, layer=0, unit=0, names=["a", "b", "c", "d", "e"])
    assert [term.name for term in record.terms] == ["a", "b", "c", "d", "e"]
    for layer, unit, sentence in (
        (9, 0, "has 0 to 4"),
        (1, 0, r"weighs nothing; those that do: \[0, 2, 4\]"),
        (0, 4, "numbered 0 to 3"),
        (0, (1, 1), "numbered 0 to 3"),
    ):
        with pytest.raises(ValueError, match=sentence):
            open_neuron(network, x, layer=layer, unit=unit)
    with pytest.raises(ValueError, match="2 names for 5 inputs"):
        open_neuron(network, x, layer=0, unit=0, names=["a", "b"])


def test_a_batch_in_the_place_of_an_example_is_told() -> None:
    batch = RNG(8).normal(size=(7, 5))
    with pytest.raises(ValueError, match=r"no unit 3; .* give one example, without the axis of ex"):
        open_neuron(small(), batch, layer=2, unit=3)
    pictures, network = batch[:, None, None], Network(Conv2d(1, 2, 1), Flatten(), Dense(10, 2))
    for layer, unit in ((0, (0, 0, 0)), (2, 0)):
        with pytest.raises(ValueError, match=r"shape \(7, 1, 1, 5\); give one example, without"):
            open_neuron(network, pictures, layer=layer, unit=unit)


def test_cells_of_an_lstm_are_told_from_what_weighs_nothing() -> None:
    network = Network(LSTM(3, 4), LastStep(), Dense(4, 2))
    words = r"LSTM\(.*, has cells .* can't be opened here; layers that can: \[2\]"
    with pytest.raises(ValueError, match=words):
        open_neuron(network, np.zeros((6, 3)), layer=0, unit=0)
    assert open_neuron(network, np.zeros((6, 3)), layer=2, unit=1).check().passed


def test_every_loss_is_put_in_words() -> None:
    losses = {
        name
        for name, function in vars(neural).items()
        if {"target", "labels"} & {*inspect.signature(getattr(function, "rule", len)).parameters}
    }
    assert losses == opening.LOSSES.keys()
    record = open_neuron(small(), RNG(9).normal(size=5), layer=0, unit=0, target=[2, 0], loss=huber)
    assert record.check().passed
    assert "e = a - t, t = 2, 0" in str(record)


def test_a_neuron_of_the_digits_network() -> None:
    data = digits()
    network = Network(Dense(64, 32), Sigmoid(), Dense(32, 10), seed=0)
    network.fit(data.x_train[:200], data.y_train[:200], epochs=2)
    record = open_neuron(network, data.x_test[0], layer=0, unit=5, target=data.y_test[0])
    assert record.check().passed
    assert record.observed.a == network.layers[1](network.layers[0](data.x_test[:1])).value[0, 5]


# --- what lies behind a neuron ------------------------------------------------------------------


def chain(*layers: tuple[list[list[float]], list[float], Layer]) -> Network:
    """Build a network of weights, biases and activation functions."""
    made: list[Layer] = []
    for weights, biases, bends in layers:
        dense = Dense(len(weights[0]), len(weights))
        dense.set_parameter("weight", np.array(weights))
        dense.set_parameter("bias", np.array(biases))
        made += [dense, bends]
    return Network(*made, dtype=np.float64)


BEHIND = {
    "a large weight, then a bend": chain(([[1]], [0], Tanh()), ([[1e6]], [0], Sigmoid())),
    "what is small beside a bias": chain(([[1]], [0], Tanh()), ([[1e-6]], [1e6], LeakyReLU())),
    "a difference of what is large": chain(
        ([[1], [1]], [0, 1e6], LeakyReLU()), ([[-1e-6, 1]], [-1e6], Sigmoid())
    ),
    "a loss that is large": chain(
        ([[1], [1]], [0, 0], Tanh()), ([[1, 0], [0, 1e6]], [0, 0], Tanh())
    ),
    "nothing that changes": chain(([[1]], [0], Sigmoid()), ([[1e6]], [1e6], Sigmoid())),
    "squares of a million": chain(([[1e6]], [0], ReLU()), ([[1e6]], [0], ReLU())),
}


@pytest.mark.parametrize("name", BEHIND)
@pytest.mark.parametrize("x", [0.3, -1e-6, 1e-9, 5.0, 1e6])
@pytest.mark.parametrize("target", [0.0, 30000.0])
def test_the_way_back_is_proven_whatever_lies_behind(name: str, x: float, target: float) -> None:
    network = BEHIND[name]
    goal = [target] * network.layers[2].weight.shape[0]
    for unit in range(network.layers[0].weight.shape[0]):
        record = open_neuron(network, [x], layer=0, unit=unit, target=goal, loss=squared_error)
        assert record.check().passed, record.check()


def test_behind_a_neuron_where_the_loss_has_a_corner_nothing_is_claimed() -> None:
    network = chain(
        ([[1]], [0], LeakyReLU()), ([[1], [-1]], [0, 0], ReLU()), ([[1, 3]], [0], ReLU())
    )
    first = open_neuron(network, [0.0], layer=0, unit=0, target=[1.0], loss=squared_error)
    assert first.check().passed
    assert first.check().gradient_allowed is None
    assert "checked: sum, da/dz;" in str(first)
    beside = open_neuron(network, [1e-9], layer=0, unit=0, target=[1.0], loss=squared_error)
    assert beside.check().passed
    assert beside.check().gradient_allowed
    assert beside.backward
    for wrong in (0.9 * beside.dL_da, -beside.dL_da):
        assert not replace(beside, backward=replace(beside.backward, dL_da=wrong)).check().passed
