"""A small network on paper: its neurons worked out one after the other, as the notes do.

z1 = w1·x + b1, a1 = σ(z1)        z2 = w2·a1 + b2, a2 = σ(z2)        L = mean (a2 - target)²

dL/da1 = Σ dL/dz2 · w2, over all neurons of the next layer
"""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from neuropil.apps.neuron.arguments import SOFTMAX, ActivationName, Vector, WeightMatrix
from neuropil.core import (
    Dense,
    Layer,
    Network,
    half_squared_error,
    log_loss,
    softmax_loss,
    squared_error,
)
from neuropil.core import operations as ops
from neuropil.core.formatting import PrintableNeuron, number, to_csv, to_latex, to_text
from neuropil.core.neuron import NeuronRecord
from neuropil.core.opening import open_neuron
from neuropil.core.tensor import Tensor
from neuropil.kit.errors import UserError
from neuropil.kit.html.page import Section, preformat, render_page
from neuropil.kit.media.document import Document
from neuropil.kit.progress import ticking

LOSSES: dict[str, Callable[..., Tensor]] = {  # by what people type
    "mean-squares": squared_error,
    "half-squares": half_squared_error,
    "cross-entropy": log_loss,
}
TOO_FAR = "L is too large to be calculated; take a smaller rate"


@dataclass(frozen=True)
class SmallNetwork:
    """Inputs (F), and for each layer its weights, biases and activation function."""

    x: tuple[float, ...]
    weights: tuple[tuple[tuple[float, ...], ...], ...]
    biases: tuple[tuple[float, ...], ...]
    activations: tuple[str, ...]

    def first(self) -> "SmallNetwork":
        """Take the first neuron alone."""
        weights, biases = (self.weights[0][:1],), (self.biases[0][:1],)
        return SmallNetwork(self.x, weights, biases, self.activations[:1])

    def network(self) -> Network:
        """Build the network, in float64."""
        layers: list[Layer] = []
        for rows, biases, name in zip(self.weights, self.biases, self.activations, strict=True):
            dense = Dense(len(rows[0]), len(rows))
            dense.set_parameter("weight", np.array(rows))
            dense.set_parameter("bias", np.array(biases))
            layers += [dense, ActivationName(name).layer()]
        return Network(*layers, dtype=np.float64)


@dataclass(frozen=True)
class LearningGoal:
    """What the last layer should have given, by which loss, and the rate of a step."""

    target: tuple[float, ...]
    loss: str  # a name of LOSSES
    rate: float


@dataclass(frozen=True)
class NeuronValues:
    """The numbers of one neuron; those of the way back are None where there is no target.

    slope: da/dz
    weights, bias: after one step of gradient descent
    """

    name: str
    z: float
    a: float
    slope: float
    dL_da: float | None = None
    dL_dz: float | None = None
    dL_dw: tuple[float, ...] | None = None
    dL_db: float | None = None
    weights: tuple[float, ...] | None = None
    bias: float | None = None


@dataclass(frozen=True)
class LossValues:
    """What is lost, before and after one step of all weights; after: none where it has no bound."""

    before: float
    after: float | None


LECTURE_EXAMPLE = SmallNetwork(
    (0.1,), (((0.15,),), ((0.25,),)), ((0.4,), (0.5,)), ("sigmoid", "sigmoid")
)


def parse_network(
    x: Vector | None,
    w: tuple[WeightMatrix, ...],
    b: tuple[Vector, ...],
    activations: tuple[ActivationName, ...],
) -> SmallNetwork:
    """Put together what was typed; raises UserError where it doesn't fit together."""
    if x is None or not w:
        raise UserError(
            "option.missing",
            "give inputs and weights, as in --x 0.1 --w 0.15 --b 0.4",
            name="x" if x is None else "w",
        )
    biases = tuple(row.values for row in b) or tuple((0.0,) for _ in w)
    names = tuple(a.name for a in activations) or ("sigmoid",)
    names = names * len(w) if len(names) == 1 else names
    for given, what in ((biases, "--b"), (names, "--activation")):
        if len(given) != len(w):
            raise UserError(
                "option.conflict",
                f"layers by --w: {len(w)}, by {what}: {len(given)}; give one for each",
                name=what[2:],
            )
    if SOFTMAX in names[:-1]:
        raise UserError(
            "option.conflict",
            "softmax makes shares of the last layer; give another activation to those before",
            name="activation",
        )
    biases = tuple(  # one for all neurons of a layer, as some books have it
        row * len(layer.rows) if len(row) == 1 else row
        for row, layer in zip(biases, w, strict=True)
    )
    n = len(x.values)
    for place, (layer, row) in enumerate(zip(w, biases, strict=True), 1):
        if len(layer.rows[0]) != n:
            raise UserError(
                "option.conflict",
                f"layer {place}: inputs {n}, weights of a neuron {len(layer.rows[0])};"
                " give one weight for each input, neurons apart by /",
                name="w",
            )
        if len(row) != len(layer.rows):
            raise UserError(
                "option.conflict",
                f"layer {place}: neurons {len(layer.rows)}, biases {len(row)};"
                " give one bias for each neuron, or one for all",
                name="b",
            )
        n = len(layer.rows)
    return SmallNetwork(x.values, tuple(layer.rows for layer in w), biases, names)


def check_goal(chain: SmallNetwork, goal: LearningGoal) -> None:
    """Raise UserError for a target or a loss that does not go with the last layer."""
    n_out, last = len(chain.weights[-1]), chain.activations[-1]
    if len(goal.target) != n_out:
        raise UserError(
            "option.conflict",
            f"neurons of the last layer: {n_out}, targets: {len(goal.target)}; give as many",
            name="target",
        )
    takes_shares = goal.loss == "cross-entropy"
    if takes_shares != (last == SOFTMAX) and last != "sigmoid":
        raise UserError(
            "option.conflict",
            f"the loss is {goal.loss} and the last layer {last}; cross-entropy goes with sigmoid"
            " and softmax, the squares with all but softmax",
            name="loss",
        )
    if takes_shares and not all(0 <= t <= 1 for t in goal.target):
        raise UserError(
            "option.range",
            f"target is {', '.join(f'{t:g}' for t in goal.target)}; cross-entropy takes 0 to 1",
            name="target",
        )


def choose_loss(chain: SmallNetwork, goal: LearningGoal) -> Callable[..., Tensor]:
    """Choose the loss that is meant: cross-entropy takes a softmax itself."""
    return softmax_loss if chain.activations[-1] == SOFTMAX else LOSSES[goal.loss]


def open_all(chain: SmallNetwork, goal: LearningGoal | None) -> list[list[PrintableNeuron]]:
    """Work out every neuron, layer by layer, each with its proof.

    Raises UserError where a number grows beyond what a float can be, ArithmeticError where the
    check of a neuron fails, which is a fault of ours.
    """
    network = chain.network()
    if goal:
        check_goal(chain, goal)
    refuse_growth(chain, goal)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        layers = [
            [
                open_neuron(
                    network,
                    chain.x,
                    layer=2 * i,
                    unit=unit,
                    target=goal.target if goal else None,
                    loss=choose_loss(chain, goal) if goal else squared_error,
                    rate=goal.rate if goal else 0.0,
                    names=[input_name(i - 1, j, len(rows[0])) for j in range(len(rows[0]))],
                )
                for unit in ticking(range(len(rows)))
            ]
            for i, rows in enumerate(chain.weights)
        ]
    for name, record in ticking(name_neurons(layers)):
        if not all(map(math.isfinite, way_back(record))):
            raise too_large(f"{name}: a number of the way back", "or a target that is nearer")
        record.proven()
    return layers


def take_step(chain: SmallNetwork, layers: Sequence[Sequence[NeuronRecord]]) -> SmallNetwork:
    """Move all weights and biases by one step of gradient descent."""
    weights = tuple(tuple(each.updated_weights for each in layer) for layer in layers)
    biases = tuple(tuple(each.updated_bias for each in layer) for layer in layers)
    return replace(chain, weights=weights, biases=biases)


def evaluate_loss(chain: SmallNetwork, goal: LearningGoal) -> float:
    """Calculate the loss of a network."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        made = chain.network()(np.array([chain.x]))
        return float(choose_loss(chain, goal)(made, np.array([goal.target])).value)


def refuse_growth(chain: SmallNetwork, goal: LearningGoal | None) -> None:
    """Raise UserError at the first neuron whose numbers grow beyond what a float can be."""
    a = np.array(chain.x)
    for i, (rows, biases, name) in enumerate(
        zip(chain.weights, chain.biases, chain.activations, strict=True)
    ):
        w, b = np.array(rows), np.array(biases)
        with np.errstate(over="ignore", invalid="ignore"):
            size = np.abs(w) @ np.abs(a) + np.abs(b)
            a = ActivationName(name).layer()(w @ a + b).value
        for unit in np.flatnonzero(~np.isfinite(size + a)):
            raise too_large(f"{neuron_title(i, int(unit), len(rows))}: its sum", "or fewer layers")
    if goal and not math.isfinite(evaluate_loss(chain, goal)):
        if goal.loss == "cross-entropy" and chain.activations[-1] == "sigmoid":
            raise UserError(
                "option.range",
                "an a of the last layer is so near to 0 or 1 that it is rounded to it, and its"
                " target is another: cross-entropy is infinite there; give smaller inputs and"
                " weights (z between -37 and 37)",
                name="w",
            )
        raise too_large("the loss", "or a target that is nearer")


def too_large(what: str, otherwise: str) -> UserError:
    """Word that a number has grown beyond what a float can be."""
    most = sys.float_info.max
    return UserError(
        "option.range",
        f"{what} is larger than {most:.1e}, the largest number that can be calculated with; give"
        f" smaller inputs and weights, {otherwise}",
        name="w",
        high=most,
    )


def way_back(record: NeuronRecord) -> tuple[float, ...]:
    """List the numbers of the way back, none where there is no loss."""
    if record.backward is None:
        return ()
    dL = record.dL_da, record.dL_dz, record.dL_db, *record.dL_dw
    return *dL, *record.updated_weights, record.updated_bias


def name_neurons(layers: Sequence[Sequence[NeuronRecord]]) -> list[tuple[str, NeuronRecord]]:
    """Name each neuron by its place, layer by layer."""
    return [
        (neuron_title(i, j, len(layer)), record)
        for i, layer in enumerate(layers)
        for j, record in enumerate(layer)
    ]


def input_name(layer: int, unit: int, n: int) -> str:
    """Name what a neuron gets: x, or a of a neuron before it."""
    letter = "x" if layer < 0 else f"a of layer {layer + 1}"
    return letter if n == 1 else f"{letter}, neuron {unit + 1}" if layer >= 0 else f"x{unit + 1}"


def work_out(
    chain: SmallNetwork, goal: LearningGoal | None, digits: int | None
) -> tuple[Document, tuple[NeuronValues, ...], LossValues | None]:
    """Write all neurons out, list their numbers, and tell the loss before and after a step."""
    layers = open_all(chain, goal)
    each = name_neurons(layers)
    loss = None
    if goal:
        after = evaluate_loss(take_step(chain, layers), goal)
        loss = LossValues(evaluate_loss(chain, goal), after if math.isfinite(after) else None)
    told = [(name, neuron_text(record, digits)) for name, record in ticking(each)]
    told += closing_texts(chain, layers, goal, loss, digits)
    tables: list[str] = []
    row = 2  # below the title
    for name, record in ticking(each):
        tables.append(f"{name}\n{to_csv(record, row)}")
        row += tables[-1].count("\n")
    sheet = Document(
        "\n".join(f"{name}\n{text}" for name, text in told),
        render_page(
            "A network worked out by hand",
            [Section(name, preformat(text)) for name, text in told],
        ),
        "\n".join(f"% {name}\n{to_latex(record, digits)}" for name, record in ticking(each)),
        "".join(tables),
    )
    return sheet, tuple(list_values(name, record) for name, record in each), loss


def closing_texts(
    chain: SmallNetwork,
    layers: Sequence[Sequence[NeuronRecord]],
    goal: LearningGoal | None,
    loss: LossValues | None,
    digits: int | None,
) -> list[tuple[str, str]]:
    """Write what comes after the last neuron: the shares of a softmax, and the loss."""
    told = []
    if chain.activations[-1] == SOFTMAX:
        shares = find_shares([each.a for each in layers[-1]])
        lines = [f"  p{i} = e^a{i} / Σ e^a = {number(p, digits)}" for i, p in enumerate(shares, 1)]
        told.append(("softmax", "\n".join(lines) + "\n"))
    if goal and loss:
        words = layers[-1][0].backward
        assert words
        after = "L = " + number(loss.after, digits) if loss.after is not None else TOO_FAR
        lines = [
            f"  L = {words.loss}",
            f"    = {number(loss.before, digits)}",
            f"  after one step of all weights and biases at rate {goal.rate:g}: {after}",
        ]
        told.append(("loss", "\n".join(lines) + "\n"))
    return told


def find_shares(outputs: Sequence[float]) -> tuple[float, ...]:
    """Make the shares of a softmax of what the last layer gives."""
    return tuple(ops.softmax(np.array(outputs)).value.tolist())


def list_values(name: str, record: NeuronRecord) -> NeuronValues:
    """List the numbers of a neuron."""
    values = NeuronValues(name, record.z, record.a, record.derivative)
    if record.backward is None:
        return values
    return replace(
        values,
        dL_da=record.dL_da,
        dL_dz=record.dL_dz,
        dL_dw=record.dL_dw,
        dL_db=record.dL_db,
        weights=record.updated_weights,
        bias=record.updated_bias,
    )


def neuron_title(layer: int, unit: int, n: int) -> str:
    """Name a neuron by its place."""
    return f"layer {layer + 1}" + (f", neuron {unit + 1}" if n > 1 else "")


def neuron_text(record: NeuronRecord, digits: int | None) -> str:
    """Write a neuron out, without its name."""
    return to_text(record, digits, len(record.terms)).partition("\n")[2]
