"""The playground's arithmetic: a small network of the notes' kind, by `neuropil.core`, in float64.

N  points      F  inputs      J  outputs      R x R  places of the field

The network comes with every request and goes back moved by some steps: nothing is kept here. A step
is of plain gradient descent over all points, w ← w - rate · dL/dw, so that it can be read. With the
loss `classes` the outputs are scores, of which softmax makes shares: -ln p of the class, averaged.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from neuropil.core import Dense, Digits, Identity, Layer, Network, ReLU, Sigmoid, Tanh, digits
from neuropil.core.formatting import PrintableNeuron, to_text
from neuropil.core.neural import cross_entropy, half_squared_error, log_loss, softmax, squared_error
from neuropil.core.opening import open_neuron
from neuropil.core.tensor import Tensor
from neuropil.kit.errors import UserError
from neuropil.surfaces.web.drawing import to_pixels

Floats = NDArray[np.float64]
Values = NDArray[Any]
Number = Annotated[float, Field(ge=-1e6, le=1e6)]
Row = Annotated[list[Number], Field(min_length=1, max_length=64)]
Size = Annotated[int, Field(ge=1, le=64)]
Share = Annotated[float, Field(ge=0, le=1)]
Stroke = Annotated[list[tuple[Share, Share]], Field(min_length=1, max_length=400)]
Curve = Literal["none", "sigmoid", "tanh", "relu"]

ACTIVATIONS: dict[str, type[Layer]] = {
    "none": Identity,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
}
LOSSES = {
    "mean-squares": squared_error,
    "half-squares": half_squared_error,
    "log": log_loss,
    "classes": cross_entropy,
}
R = 40
EDGE = 1.6  # of the field: inputs from -EDGE to EDGE
MOST_POINTS = 2000
MOST_WORK = 2e9  # products of one request
REACH = 2.0  # weights are drawn from -REACH to REACH, over the root of how many a neuron has


class Play(BaseModel):
    """A network, the points that it learns from, and what is to be done with it.

    data: "digits" for those of `core.digits`, which need not be sent
    sizes: of its layers, the inputs first
    weights: of each layer (J, F); drawn from the seed where there are none
    activations: one for each layer
    held_out: how many of the points, the last ones, are for judging alone
    shown: the point whose numbers are told
    strokes: a digit that was drawn, told in place of a point
    opened: layer and neuron whose arithmetic is written out
    """

    sizes: Annotated[list[Size], Field(min_length=2, max_length=6)]
    activations: Annotated[list[Curve], Field(min_length=1, max_length=5)]
    data: Literal["points", "digits"] = "points"
    points: Annotated[list[Row], Field(max_length=MOST_POINTS)] = []
    targets: Annotated[list[Row], Field(max_length=MOST_POINTS)] = []
    held_out: Annotated[int, Field(ge=0, lt=MOST_POINTS)] = 0
    weights: list[list[Row]] | None = None
    biases: list[Row] | None = None
    loss: Literal["mean-squares", "half-squares", "log", "classes"] = "mean-squares"
    rate: Annotated[float, Field(gt=0, le=100)] = 0.5
    steps: Annotated[int, Field(ge=0, le=500)] = 0
    seed: Annotated[int, Field(ge=0, le=10**9)] = 0
    edge: Annotated[float, Field(gt=0, le=100)] = EDGE
    shown: Annotated[int, Field(ge=0, lt=MOST_POINTS)] = 0
    strokes: Annotated[list[Stroke], Field(min_length=1, max_length=20)] | None = None
    opened: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] | None = None


@dataclass(frozen=True, eq=False)
class Examples:
    """What is learned from and judged by: inputs (N, F), targets (N, J) or, of classes, labels (N).

    learned: how many, the first, are learned from
    """

    x: Floats
    t: Values
    learned: int

    def parts(self) -> Iterator[tuple[str, Floats, Values]]:
        """Give those that are learned from, and the others where there are any."""
        n = self.learned
        yield "learned", self.x[:n], self.t[:n]
        if n < len(self.x):
            yield "held_out", self.x[n:], self.t[n:]


def advance(play: Play) -> dict[str, Any]:
    """Take the steps, and tell everything about the network as it is then; raises UserError."""
    examples = gather(play)
    network, curve = build(play), []
    _, x, t = next(examples.parts())
    with np.errstate(all="ignore"):
        for _ in range(play.steps):
            curve.append(take_step(network, x, t, play))
        loss = learn(network, x, t, play.loss)
    require_finite(loss, *(p.value for p in parameters(network)))
    seen, target = choose_seen(play, examples)
    return {
        "weights": [dense.weight.value.tolist() for dense in dense_layers(network)],
        "biases": [dense.bias.value.tolist() for dense in dense_layers(network)],
        "losses": [*curve, loss],
        "layers": describe_layers(network, seen, play.rate),
        "target": None if target is None else np.asarray(target).tolist(),
        "field": field_of(network, play),
        "edge": play.edge,
        "classes": describe_classes(network, examples, seen) if play.loss == "classes" else None,
        "opened": describe_opened(network, seen, target, play) if play.opened else None,
    }


def gather(play: Play) -> Examples:
    """Gather the points of a request; raises UserError where its parts do not go together."""
    if play.data == "digits":
        x, t, held_out = known_digits()
    else:
        require_points(play)
        x, t, held_out = np.array(play.points), np.array(play.targets), play.held_out
    require_fit(play, x, t)
    if play.loss == "classes":
        t = t.argmax(axis=1)
    return Examples(x, t, len(x) - held_out)


@cache
def known_digits() -> tuple[Floats, Values, int]:
    """Give all digits with their targets, those for judging last, and how many these are."""
    known: Digits = digits()
    x = np.concatenate([known.x_train, known.x_test]).astype(np.float64)
    return x, np.eye(10)[np.concatenate([known.y_train, known.y_test])], len(known.x_test)


def require_points(play: Play) -> None:
    """Raise UserError where points are missing, or are not as long as each other."""
    longs = {len(point) for point in play.points}, {len(target) for target in play.targets}
    is_whole = len(play.points) == len(play.targets) and all(len(each) == 1 for each in longs)
    if not is_whole or play.held_out >= len(play.points):
        words = (
            f"{len(play.points)} points with {len(play.targets)} targets, {play.held_out} of them"
            " held out: each point needs a target, all are as long, and some are to be learned from"
        )
        raise UserError("option.conflict", words, name="points")


def require_fit(play: Play, x: Floats, t: Values) -> None:
    """Raise UserError where a network does not go with its points, or is too much at once."""
    shapes = list(zip(play.sizes[1:], play.sizes[:-1], strict=True))
    fits = len(play.activations) == len(shapes) and play.shown < len(x)
    fits &= (x.shape[1], t.shape[1]) == (play.sizes[0], play.sizes[-1])
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
    require_sense(play)
    if play.steps * len(x) * sum(n * m for n, m in shapes) > MOST_WORK:
        words = (
            f"{play.steps} steps are too much at once for so many points and weights; take fewer"
        )
        raise UserError("option.range", words, name="steps")


def require_sense(play: Play) -> None:
    """Raise UserError for parts that each are fine and together mean nothing."""
    if play.loss == "log" and play.activations[-1] != "sigmoid":
        raise UserError("option.conflict", "log needs a sigmoid at the end", name="loss")
    if play.loss == "classes" and (play.activations[-1] != "none" or play.sizes[-1] < 2):
        words = "classes need two or more outputs, and no activation at the end"
        raise UserError("option.conflict", words, name="loss")
    if play.strokes and play.data != "digits":
        words = "strokes are read as a digit; leave them out where other points are learned"
        raise UserError("option.conflict", words, name="strokes")


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


def learn(network: Network, x: Floats, t: Values, loss: str) -> float:
    """Give the loss over all points, and leave its gradient in every weight."""
    for p in parameters(network):
        p.grad = None
    made = LOSSES[loss](network(x), t)
    made.backward()
    return float(made.value)


def take_step(network: Network, x: Floats, t: Values, play: Play) -> float:
    """Move all weights against the gradient; give the loss before."""
    loss = learn(network, x, t, play.loss)
    for p in parameters(network):
        assert p.grad is not None
        p.value = p.value - play.rate * p.grad
    return loss


# --- what is told -------------------------------------------------------------------------------


def choose_seen(play: Play, examples: Examples) -> tuple[Floats, Any]:
    """Choose the example whose numbers are told, and its target; None of a digit that was drawn."""
    if play.strokes:
        return to_pixels(play.strokes), None
    return examples.x[play.shown], examples.t[play.shown]


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


def field_of(network: Network, play: Play) -> dict[str, Any] | None:
    """Compute what is said of R x R places of the plane, rows from the top.

    value: of the one output, or the share of the class that is likeliest, whose number is `kind`
    """
    is_classes = play.loss == "classes"
    if play.sizes[0] != 2 or not (is_classes or play.sizes[-1] == 1):
        return None
    axis = np.linspace(-play.edge, play.edge, R)
    places = np.stack(np.meshgrid(axis, -axis), axis=-1).reshape(-1, 2)
    found = network.predict(places)
    if not is_classes:
        return {"value": found.reshape(R, R).tolist(), "kind": None}
    p = softmax(found).value
    kind, value = p.argmax(axis=1).reshape(R, R), p.max(axis=1).reshape(R, R)
    return {"value": value.tolist(), "kind": kind.tolist()}


def describe_classes(network: Network, examples: Examples, seen: Floats) -> dict[str, Any]:
    """Tell how often the network is right, what it takes each class for, and of what is seen.

    confusion: of those held out where there are any, a row for each class as it is
    """
    parts = {part: (labels, network.predict(x)) for part, x, labels in examples.parts()}
    right = {part: float((z.argmax(axis=1) == t).mean()) for part, (t, z) in parts.items()}
    labels, scores = parts.get("held_out", parts["learned"])
    n = scores.shape[1]
    counts = np.bincount(n * labels + scores.argmax(axis=1), minlength=n * n)
    shares = softmax(network.predict(seen[None])).value[0]
    return {"right": right, "confusion": counts.reshape(n, n).tolist(), "shares": shares.tolist()}


def describe_opened(network: Network, seen: Floats, target: Any, play: Play) -> dict[str, Any]:
    """Write out the arithmetic of a neuron at the point that is shown, with its proof."""
    record = open_one(network, seen, target, play)
    return {"text": to_text(record), "proved": record.check().passed}


def open_one(network: Network, seen: Floats, target: Any, play: Play) -> PrintableNeuron:
    """Open a neuron at the point that is shown."""
    assert play.opened
    layer, unit = play.opened
    loss = LOSSES[play.loss]
    return open_neuron(
        network, seen, layer=2 * layer, unit=unit, target=target, loss=loss, rate=play.rate
    )


def write_homework(play: Play) -> str:
    """Write the neuron that is open, at the point that is shown, as a sheet of homework."""
    from neuropil.microscope.homework import render_homework

    if not play.opened:
        raise UserError("option.missing", "open a neuron first: [layer, neuron]", name="opened")
    examples, network = gather(play), build(play)
    seen, target = choose_seen(play, examples)
    layer, unit = play.opened
    name = f"neuron {unit + 1} of layer {layer + 1}"
    record = replace(open_one(network, seen, target, play), name=name)
    return render_homework("from the playground", [record])
