"""The playground's arithmetic: a small network of the notes' kind, by `neuropil.core`, in float64.

N  points      F  inputs      J  outputs      R x R  places of the field

The network comes with every request and goes back moved by some steps: nothing is kept here. A step
is of plain gradient descent over all points, w ← w - rate · dL/dw, so that it can be read.
"""

import math
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from neuropil.core import Dense, Identity, Layer, Network, ReLU, Sigmoid, Tanh
from neuropil.core.formatting import to_text
from neuropil.core.neural import half_squared_error, log_loss, squared_error
from neuropil.core.opening import open_neuron
from neuropil.core.tensor import Tensor
from neuropil.kit.errors import UserError

Floats = NDArray[np.float64]
Number = Annotated[float, Field(ge=-1e6, le=1e6)]
Row = Annotated[list[Number], Field(min_length=1, max_length=8)]
Size = Annotated[int, Field(ge=1, le=8)]
Curve = Literal["none", "sigmoid", "tanh", "relu"]

ACTIVATIONS: dict[str, type[Layer]] = {
    "none": Identity,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
}
LOSSES = {"mean-squares": squared_error, "half-squares": half_squared_error, "log": log_loss}
R = 40
EDGE = 1.6  # of the field: inputs from -EDGE to EDGE
REACH = 2.0  # weights are drawn from -REACH to REACH, over the root of how many a neuron has


class Play(BaseModel):
    """A network, the points that it learns from, and what is to be done with it.

    sizes: of its layers, the inputs first
    weights: of each layer (J, F); drawn from the seed where there are none
    activations: one for each layer
    shown: the point whose numbers are told
    opened: layer and neuron whose arithmetic is written out
    """

    sizes: Annotated[list[Size], Field(min_length=2, max_length=6)]
    activations: Annotated[list[Curve], Field(min_length=1, max_length=5)]
    points: Annotated[list[Row], Field(min_length=1, max_length=500)]
    targets: Annotated[list[Row], Field(min_length=1, max_length=500)]
    weights: list[list[Row]] | None = None
    biases: list[Row] | None = None
    loss: Literal["mean-squares", "half-squares", "log"] = "mean-squares"
    rate: Annotated[float, Field(gt=0, le=100)] = 0.5
    steps: Annotated[int, Field(ge=0, le=500)] = 0
    seed: Annotated[int, Field(ge=0, le=10**9)] = 0
    shown: Annotated[int, Field(ge=0, lt=500)] = 0
    opened: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] | None = None


def advance(play: Play) -> dict[str, Any]:
    """Take the steps, and tell everything about the network as it is then; raises UserError."""
    require_fit(play)
    network, curve = build(play), []
    x, t = np.array(play.points), np.array(play.targets)
    with np.errstate(all="ignore"):
        for _ in range(play.steps):
            curve.append(take_step(network, x, t, play))
        loss = learn(network, x, t, play.loss)
    require_finite(loss, *(p.value for p in parameters(network)))
    return {
        "weights": [dense.weight.value.tolist() for dense in dense_layers(network)],
        "biases": [dense.bias.value.tolist() for dense in dense_layers(network)],
        "losses": [*curve, loss],
        "outputs": network.predict(x).tolist(),
        "layers": describe_layers(network, x[play.shown], play.rate),
        "field": field_of(network) if (play.sizes[0], play.sizes[-1]) == (2, 1) else None,
        "edge": EDGE,
        "opened": open_one(network, x, t, play) if play.opened else None,
    }


def require_fit(play: Play) -> None:
    """Raise UserError where parts of a request do not go together."""
    shapes = list(zip(play.sizes[1:], play.sizes[:-1], strict=True))
    fits = (
        len(play.activations) == len(shapes)
        and all(len(point) == play.sizes[0] for point in play.points)
        and all(len(target) == play.sizes[-1] for target in play.targets)
        and len(play.points) == len(play.targets)
        and play.shown < len(play.points)
    )
    if play.weights is not None and play.biases is not None:
        rows = [{len(row) for row in layer} for layer in play.weights]
        fits &= [len(layer) for layer in play.weights] == play.sizes[1:]
        fits &= rows == [{n} for n in play.sizes[:-1]]
        fits &= [len(row) for row in play.biases] == play.sizes[1:]
    if play.opened:
        layer, unit = play.opened
        fits &= layer < len(shapes) and unit < play.sizes[1:][min(layer, len(shapes) - 1)]
    if not fits:
        words = f"layers of {play.sizes} need points, targets, weights and activations to match"
        raise UserError("option.conflict", words, name="sizes")
    if play.loss == "log" and play.activations[-1] != "sigmoid":
        raise UserError("option.conflict", "log needs a sigmoid at the end", name="loss")


def require_finite(*values: float | Floats) -> None:
    """Raise UserError where a number grew beyond what can be calculated with."""
    if not all(np.isfinite(value).all() for value in values):
        words = (
            "a number grew beyond what can be calculated with; take a smaller rate and start anew"
        )
        raise UserError("option.range", words, name="rate")


def build(play: Play) -> Network:
    """Build the network, with weights that were given or drawn."""
    rng = np.random.default_rng(play.seed)
    layers: list[Layer] = []
    for i, (n_in, n_out) in enumerate(zip(play.sizes[:-1], play.sizes[1:], strict=True)):
        dense = Dense(n_in, n_out)
        drawn = rng.uniform(-REACH, REACH, (n_out, n_in)) / math.sqrt(n_in)
        dense.set_parameter("weight", np.array(play.weights[i]) if play.weights else drawn)
        bias = np.array(play.biases[i]) if play.biases else np.zeros(n_out)
        dense.set_parameter("bias", bias)
        layers += [dense, ACTIVATIONS[play.activations[i]]()]
    return Network(*layers, dtype=np.float64)


def dense_layers(network: Network) -> list[Dense]:
    """List the layers that have weights."""
    return [layer for layer in network.layers if isinstance(layer, Dense)]


def parameters(network: Network) -> list[Tensor]:
    """List all weights and biases."""
    return [p for dense in dense_layers(network) for p in (dense.weight, dense.bias)]


def learn(network: Network, x: Floats, t: Floats, loss: str) -> float:
    """Give the loss over all points, and leave its gradient in every weight."""
    for p in parameters(network):
        p.grad = None
    made = LOSSES[loss](network(x), t)
    made.backward()
    return float(made.value)


def take_step(network: Network, x: Floats, t: Floats, play: Play) -> float:
    """Move all weights against the gradient; give the loss before."""
    loss = learn(network, x, t, play.loss)
    for p in parameters(network):
        assert p.grad is not None
        p.value = p.value - play.rate * p.grad
    return loss


def describe_layers(network: Network, point: Floats, rate: float) -> list[list[dict[str, Any]]]:
    """Tell of every neuron its numbers at one point, and what the next step would change.

    The gradient is that of the loss over all points, which `learn` has left.
    """
    told, a = [], point
    layers = network.layers
    for dense, curve in zip(layers[::2], layers[1::2], strict=True):
        assert isinstance(dense, Dense)
        w, b = dense.weight, dense.bias
        assert w.grad is not None
        assert b.grad is not None
        z = w.value @ a + b.value
        after = curve(z).value
        told.append(
            [
                {
                    "x": a.tolist(),
                    "w": w.value[j].tolist(),
                    "b": float(b.value[j]),
                    "z": float(z[j]),
                    "a": float(after[j]),
                    "dL_dw": w.grad[j].tolist(),
                    "dL_db": float(b.grad[j]),
                    "w_next": (w.value[j] - rate * w.grad[j]).tolist(),
                    "b_next": float(b.value[j] - rate * b.grad[j]),
                }
                for j in range(len(z))
            ]
        )
        a = after
    return told


def field_of(network: Network) -> list[list[float]]:
    """Compute the output at R x R places of the plane, rows from the top."""
    axis = np.linspace(-EDGE, EDGE, R)
    places = np.stack(np.meshgrid(axis, -axis), axis=-1).reshape(-1, 2)
    rows: list[list[float]] = network.predict(places).reshape(R, R).tolist()
    return rows


def open_one(network: Network, x: Floats, t: Floats, play: Play) -> dict[str, Any]:
    """Write out the arithmetic of a neuron at the point that is shown, with its proof."""
    assert play.opened
    layer, unit = play.opened
    record = open_neuron(
        network,
        x[play.shown],
        layer=2 * layer,
        unit=unit,
        target=t[play.shown],
        loss=LOSSES[play.loss],
        rate=play.rate,
    )
    return {"text": to_text(record), "proved": record.check().passed}
