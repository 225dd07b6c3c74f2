"""A sheet of exercises with blanks, and its solutions: every seed makes another.

The numbers are drawn with two decimals, so that they can be done with a pocket calculator; the
solutions are worked neurons.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from neuropil.apps.neuron.small_network import LearningGoal, SmallNetwork, open_all
from neuropil.core.activations import ACTIVATIONS
from neuropil.core.formatting import number
from neuropil.core.neuron import NeuronRecord
from neuropil.kit.html.sheet import SheetHead, SolvedExercise, render_sheet
from neuropil.kit.media.document import Document

DIGITS = 4  # significant, of the solutions
RATE = 0.5


@dataclass(frozen=True)
class Exercise:
    """What is given, what is to be done, and the blanks with what belongs in them."""

    title: str
    given: str
    task: str
    blanks: tuple[tuple[str, float], ...]


class HomeworkSheet(Document):
    """Exercises with blanks, then their solutions: a page that prints well, or plain text."""

    SUFFIXES: ClassVar = (".html", ".txt")


def exercises(seed: int) -> tuple[Exercise, ...]:
    """Draw the six exercises of a sheet."""
    rng = np.random.default_rng(seed)
    return (
        one_input(rng),
        three_inputs(rng),
        two_layers(rng),
        four_activations(rng),
        *gradient_exercises(rng),
    )


def random_decimals(rng: np.random.Generator, n: int, low: float, high: float) -> tuple[float, ...]:
    """Draw numbers with two decimals, none of them 0."""
    values = rng.integers(round(100 * low), round(100 * high), n, endpoint=True)
    return tuple(float(v or 7) / 100 for v in values)


def one_neuron(
    x: tuple[float, ...], w: tuple[float, ...], b: float, curve: str = "sigmoid"
) -> SmallNetwork:
    """Make one neuron."""
    return SmallNetwork(x, ((w,),), ((b,),), (curve,))


def solve(chain: SmallNetwork, target: float | None = None) -> list[NeuronRecord]:
    """Work out the first neuron of each layer."""
    goal = None if target is None else LearningGoal((target,), "mean-squares", RATE)
    return [layer[0] for layer in open_all(chain, goal)]


def one_input(rng: np.random.Generator) -> Exercise:
    """Ask for a neuron with one input, forward."""
    (x,), (w,), (b,) = (
        random_decimals(rng, 1, 0.1, 0.9),
        random_decimals(rng, 1, -0.9, 0.9),
        random_decimals(rng, 1, -0.5, 0.5),
    )
    (neuron,) = solve(one_neuron((x,), (w,), b))
    return Exercise(
        "A neuron with one input",
        f"x = {x:g}, w = {w:g}, b = {b:g}",
        "Find the weighted sum z = w·x + b and the activation a = σ(z) = 1 / (1 + e^-z).",
        (("z", neuron.z), ("a", neuron.a)),
    )


def three_inputs(rng: np.random.Generator) -> Exercise:
    """Ask for a neuron with three inputs, product by product."""
    x, w, (b,) = (
        random_decimals(rng, 3, 0.1, 0.9),
        random_decimals(rng, 3, -0.9, 0.9),
        random_decimals(rng, 1, -0.5, 0.5),
    )
    (neuron,) = solve(one_neuron(x, w, b))
    products = tuple((f"w{i}·x{i}", t.product) for i, t in enumerate(neuron.terms, 1))
    given = [f"x{i} = {v:g}" for i, v in enumerate(x, 1)]
    given += [f"w{i} = {v:g}" for i, v in enumerate(w, 1)]
    return Exercise(
        "A neuron with three inputs",
        ", ".join([*given, f"b = {b:g}"]),
        "Multiply, add up with the bias, and apply σ. Which input counts most?",
        (*products, ("z", neuron.z), ("a", neuron.a)),
    )


def two_layers(rng: np.random.Generator) -> Exercise:
    """Ask for two neurons, one after the other."""
    (x,), (w1, w2), (b1, b2) = (
        random_decimals(rng, 1, 0.1, 0.9),
        random_decimals(rng, 2, -0.9, 0.9),
        random_decimals(rng, 2, 0, 1),
    )
    chain = SmallNetwork((x,), (((w1,),), ((w2,),)), ((b1,), (b2,)), ("sigmoid", "sigmoid"))
    first, second = solve(chain)
    return Exercise(
        "Two layers",
        f"x = {x:g}; w1 = {w1:g}, b1 = {b1:g}; w2 = {w2:g}, b2 = {b2:g}",
        "What the first neuron gives, a1, is the input of the second. Both use σ.",
        (("z1", first.z), ("a1", first.a), ("z2", second.z), ("a2", second.a)),
    )


def four_activations(rng: np.random.Generator) -> Exercise:
    """Ask for one sum under four activation functions."""
    (x,), (w,), (b,) = (
        random_decimals(rng, 1, 0.1, 0.9),
        random_decimals(rng, 1, -2, 2),
        random_decimals(rng, 1, -1, 1),
    )
    z = solve(one_neuron((x,), (w,), b, "identity"))[0].z
    names = ("identity", "relu", "tanh", "sigmoid")
    return Exercise(
        "One sum, four activation functions",
        f"x = {x:g}, w = {w:g}, b = {b:g}",
        "Find z, then a for: no activation function, relu max(z, 0), tanh, σ. With which of them is"
        " a network of many layers no more than one straight line?",
        (("z", z), *((f"a, {name}", ACTIVATIONS[name].f(z)) for name in names)),
    )


def gradient_exercises(rng: np.random.Generator) -> tuple[Exercise, Exercise]:
    """Ask for the way back through a neuron, and for one step of learning."""
    x, w, (b,) = (
        random_decimals(rng, 2, 0.1, 0.9),
        random_decimals(rng, 2, -0.9, 0.9),
        random_decimals(rng, 1, -0.5, 0.5),
    )
    target = float(rng.integers(2))
    chain = one_neuron(x, w, b)
    (neuron,) = solve(chain, target)
    given = f"x1 = {x[0]:g}, x2 = {x[1]:g}, w1 = {w[0]:g}, w2 = {w[1]:g}, b = {b:g}"
    back = Exercise(
        "The way back",
        f"{given}; the neuron (σ) should have given t = {target:g}; the loss is L = (a - t)²",
        "Find how L changes with a, z, and each weight: dL/da = 2 (a - t), da/dz = a (1 - a),"
        " dL/dz = dL/da · da/dz, dL/dw = dL/dz · x.",
        (
            ("a", neuron.a),
            ("dL/da", neuron.dL_da),
            ("da/dz", neuron.derivative),
            ("dL/dz", neuron.dL_dz),
            ("dL/dw1", neuron.dL_dw[0]),
            ("dL/dw2", neuron.dL_dw[1]),
        ),
    )
    new = replace(chain, weights=((neuron.updated_weights,),), biases=((neuron.updated_bias,),))
    (after,) = solve(new, target)
    step = Exercise(
        "One step of learning",
        f"the neuron of the exercise before; rate {RATE:g}",
        "Move each weight and the bias against its derivative, w - rate · dL/dw, and find a and L"
        " again. Has L become smaller?",
        (
            ("w1", neuron.updated_weights[0]),
            ("w2", neuron.updated_weights[1]),
            ("b", neuron.updated_bias),
            ("a", after.a),
            ("L before", (neuron.a - target) ** 2),
            ("L after", (after.a - target) ** 2),
        ),
    )
    return back, step


def worksheet(seed: int) -> HomeworkSheet:
    """Write the sheet of a seed: the exercises with blanks, then the solutions."""
    tasks = exercises(seed)
    head = SheetHead("A neuron by hand", f"Sheet {seed}", "Four significant digits are enough.")
    return HomeworkSheet(_plain(head.name, tasks), render_sheet(head, list(map(solved, tasks))))


def solved(task: Exercise) -> SolvedExercise:
    """Write what belongs in the blanks of an exercise."""
    blanks = tuple((label, number(value, DIGITS)) for label, value in task.blanks)
    return SolvedExercise(task.title, task.given, task.task, blanks)


def _plain(head: str, tasks: tuple[Exercise, ...]) -> str:
    """Write the sheet and its solutions as text."""
    lines = [head]
    for n, task in enumerate(tasks, 1):
        lines += ["", f"{n}. {task.title}", f"   {task.given}", f"   {task.task}"]
        lines += [f"   {label} = ________" for label, _ in task.blanks]
    lines += ["", "Solutions"]
    for n, task in enumerate(tasks, 1):
        values = ", ".join(f"{label} = {number(value, DIGITS)}" for label, value in task.blanks)
        lines.append(f"{n}. {values}")
    return "\n".join(lines) + "\n"
