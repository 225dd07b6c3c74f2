"""A small network on paper: its neurons worked out one after the other, as the notes do.

z1 = w1·x + b1, a1 = σ(z1)        z2 = w2·a1 + b2, a2 = σ(z2)        L = mean (a2 - target)²
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuropil.apps.neuron.arguments import ActivationName, Vector, WeightMatrix
from neuropil.core import Dense, Layer, Network, squared_error
from neuropil.core.formatting import PrintableNeuron, to_csv, to_latex, to_text
from neuropil.core.neuron import NeuronRecord
from neuropil.core.opening import open_neuron
from neuropil.kit.errors import UserError
from neuropil.kit.html.page import Section, preformat, render_page
from neuropil.kit.media.document import Document
from neuropil.kit.progress import ticking


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
class NeuronValues:
    """The numbers of one neuron."""

    name: str
    z: float
    a: float
    slope: float  # da/dz


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
    biases = tuple(row.values for row in b) or tuple((0.0,) * len(layer.rows) for layer in w)
    names = tuple(a.name for a in activations) or ("sigmoid",)
    names = names * len(w) if len(names) == 1 else names
    for given, what in ((biases, "--b"), (names, "--activation")):
        if len(given) != len(w):
            raise UserError(
                "option.conflict",
                f"layers by --w: {len(w)}, by {what}: {len(given)}; give one for each",
                name=what[2:],
            )
    n = len(x.values)
    for number, (layer, row) in enumerate(zip(w, biases, strict=True), 1):
        if len(layer.rows[0]) != n:
            raise UserError(
                "option.conflict",
                f"layer {number}: inputs {n}, weights of a neuron {len(layer.rows[0])};"
                " give one weight for each input, neurons apart by /",
                name="w",
            )
        if len(row) != len(layer.rows):
            raise UserError(
                "option.conflict",
                f"layer {number}: neurons {len(layer.rows)}, biases {len(row)};"
                " give one bias for each neuron",
                name="b",
            )
        n = len(layer.rows)
    return SmallNetwork(x.values, tuple(layer.rows for layer in w), biases, names)


def open_all(
    chain: SmallNetwork, target: tuple[float, ...] | None, rate: float
) -> list[list[PrintableNeuron]]:
    """Work out every neuron, layer by layer, each with its proof.

    Raises UserError where a number grows beyond what a float can be, ArithmeticError where the
    check of a neuron fails, which is a fault of ours.
    """
    network = chain.network()
    n_out = len(chain.weights[-1])
    if target is not None and len(target) != n_out:
        raise UserError(
            "option.conflict",
            f"neurons of the last layer: {n_out}, targets: {len(target)}; give as many",
            name="target",
        )
    refuse_growth(chain, target)
    with np.errstate(over="ignore", invalid="ignore"):
        layers = [
            [
                open_neuron(
                    network,
                    chain.x,
                    layer=2 * i,
                    unit=unit,
                    target=target,
                    loss=squared_error,
                    rate=rate,
                    names=[input_name(i - 1, j, len(rows[0])) for j in range(len(rows[0]))],
                )
                for unit in ticking(range(len(rows)))
            ]
            for i, rows in enumerate(chain.weights)
        ]
    for name, worked in ticking(name_neurons(layers)):
        if not all(map(math.isfinite, way_back(worked))):
            raise too_large(f"{name}: a number of the way back", "or a target that is nearer")
        worked.proven()
    return layers


def refuse_growth(chain: SmallNetwork, target: tuple[float, ...] | None) -> None:
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
    if target is not None:
        with np.errstate(over="ignore"):
            loss = np.square(a - np.array(target))
        for unit in np.flatnonzero(~np.isfinite(loss)):
            who = neuron_title(len(chain.weights) - 1, int(unit), len(loss))
            raise too_large(f"{who}: its loss", "or a target that is nearer")


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


def way_back(worked: NeuronRecord) -> tuple[float, ...]:
    """List the numbers of the way back, none where there is no loss."""
    if worked.backward is None:
        return ()
    dL = worked.dL_da, worked.dL_dz, worked.dL_db, *worked.dL_dw
    return *dL, *worked.updated_weights, worked.updated_bias


def name_neurons(layers: Sequence[Sequence[NeuronRecord]]) -> list[tuple[str, NeuronRecord]]:
    """Name each neuron by its place, layer by layer."""
    return [
        (neuron_title(i, j, len(layer)), worked)
        for i, layer in enumerate(layers)
        for j, worked in enumerate(layer)
    ]


def input_name(layer: int, unit: int, n: int) -> str:
    """Name what a neuron gets: x, or a of a neuron before it."""
    letter = "x" if layer < 0 else f"a of layer {layer + 1}"
    return letter if n == 1 else f"{letter}, neuron {unit + 1}" if layer >= 0 else f"x{unit + 1}"


def worked_example(
    chain: SmallNetwork, target: tuple[float, ...] | None, rate: float, digits: int | None
) -> tuple[Document, tuple[NeuronValues, ...]]:
    """Write all neurons out, and list their numbers."""
    each = name_neurons(open_all(chain, target, rate))
    bodies = [neuron_text(worked, digits) for _, worked in ticking(each)]
    names = [name for name, _ in each]
    told = [f"{name}\n{text}" for name, text in zip(names, bodies, strict=True)]
    sections = [Section(name, preformat(text)) for name, text in zip(names, bodies, strict=True)]
    tables: list[str] = []
    row = 2  # below the title
    for name, worked in ticking(each):
        tables.append(f"{name}\n{to_csv(worked, row)}")
        row += tables[-1].count("\n")
    sheet = Document(
        "\n".join(told),
        render_page("A network worked out by hand", sections),
        "\n".join(f"% {name}\n{to_latex(worked, digits)}" for name, worked in ticking(each)),
        "".join(tables),
    )
    return sheet, tuple(NeuronValues(name, w.z, w.a, w.derivative) for name, w in each)


def neuron_title(layer: int, unit: int, n: int) -> str:
    """Name a neuron by its place."""
    return f"layer {layer + 1}" + (f", neuron {unit + 1}" if n > 1 else "")


def neuron_text(worked: NeuronRecord, digits: int | None) -> str:
    """Write a neuron out, without its name."""
    return to_text(worked, digits, len(worked.terms)).partition("\n")[2]
