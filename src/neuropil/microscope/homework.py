"""An opened neuron as a homework sheet: what is given, blanks for what follows, and the solutions.

    render_homework("Inside steers tanh 0", [step.record for step in walk.steps])

The numbers that are given are rounded, so that a pocket calculator will do, and the solutions are
worked from the rounded ones. Of a neuron with many inputs the largest products are asked for, and
the sum of the others is given.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from neuropil.core.formatting import number
from neuropil.core.neuron import NeuronRecord, Term
from neuropil.kit.html.sheet import SheetHead, SolvedExercise, render_sheet

DIGITS = 4  # significant, of what is given and of the solutions
MOST = 6  # products that are asked for
OTHERS = "r"  # the name of the sum of the others
UNBROKEN = "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"
RULE = "Four significant digits are enough; the solutions are worked from the numbers given here."


def render_homework(name: str, records: Sequence[NeuronRecord]) -> str:
    """Write the sheet of some neurons."""
    exercises = [exercise for record in records for exercise in pose(record)]
    return render_sheet(SheetHead("Neurons by hand", name, RULE), exercises)


def pose(record: NeuronRecord) -> Iterator[SolvedExercise]:
    """Pose the exercises of a neuron: the way forward, back from a loss, and one step."""
    given = simplify(record)
    yield forward(given)
    if given.backward is None or not math.isfinite(given.dL_dz):
        return
    yield back(given)
    if given.backward.rate is not None:
        yield step(given, given.backward.rate)


def simplify(record: NeuronRecord) -> NeuronRecord:
    """Round a neuron's numbers, and put all but its largest terms together."""
    chosen = record.largest(MOST if len(record.terms) > MOST + 1 else len(record.terms))
    terms = [
        Term(f"x{i}", rounded(term.x), rounded(term.w), term.learned)
        for i, term in enumerate((record.terms[n] for n in sorted(chosen)), 1)
    ]
    rest = set(range(len(record.terms))) - set(chosen)
    if rest:
        total = math.fsum(record.terms[n].product for n in rest)
        terms.append(Term(OTHERS, rounded(total), 1.0, learned=False))
    way = record.backward and replace(record.backward, dL_da=rounded(record.dL_da), dL_db=None)
    return replace(record, terms=tuple(terms), bias=rounded(record.bias), backward=way)


def rounded(value: float) -> float:
    """Round to the digits that are given."""
    return float(number(value, DIGITS))


def inputs(record: NeuronRecord) -> list[tuple[int, Term]]:
    """List the terms that are written out, with their numbers."""
    return [(i, term) for i, term in enumerate(record.terms, 1) if term.name != OTHERS]


def forward(record: NeuronRecord) -> SolvedExercise:
    """Ask for the products, their sum, and the activation."""
    pairs = [f"x{i} = {term.x:g}, w{i} = {term.w:g}" for i, term in inputs(record)]
    others = [f"the other products together r = {t.x:g}" for t in record.terms if t.name == OTHERS]
    blanks = [(f"w{i}·x{i}", term.product) for i, term in inputs(record)]
    curve = record.activation
    is_plain = curve.name == "identity"
    task = f"Multiply, and add up the products{', r' if others else ''} and the bias: z."
    task += " There is no activation function." if is_plain else f" Then find a = {curve.formula}."
    return SolvedExercise(
        record.name,
        "; ".join([*pairs, *others, f"b = {record.bias:g}"]).replace(" = ", UNBROKEN),
        task,
        written([*blanks, ("z", record.z), *([] if is_plain else [("a", record.a)])]),
    )


def back(record: NeuronRecord) -> SolvedExercise:
    """Ask for the slopes of the loss."""
    assert record.backward
    letters = {"z": "z", "a": "a", "Z": "z", "A": "a"}
    slope = record.activation.derivative_formula.format(**letters).partition(" = ")[0]
    slopes = zip(inputs(record), record.dL_dw, strict=False)
    blanks = [(f"dL/dw{i}", gradient) for (i, _), gradient in slopes]
    return SolvedExercise(
        f"The way back to {record.name}",
        f"the neuron of the exercise before; L = {record.backward.loss}; dL/da = {record.dL_da:g}",
        f"Find da/dz = {slope}, dL/dz = dL/da · da/dz, and of each weight dL/dw = dL/dz · x.",
        written([("da/dz", record.derivative), ("dL/dz", record.dL_dz), *blanks]),
    )


def step(record: NeuronRecord, rate: float) -> SolvedExercise:
    """Ask for what one step of learning makes of the weights."""
    moved = zip(inputs(record), record.updated_weights, strict=False)
    blanks = [(f"w{i}", weight) for (i, term), weight in moved if term.learned]
    return SolvedExercise(
        f"One step of learning of {record.name}",
        f"the derivatives of the exercise before; rate {rate:g}",
        "Move each weight and the bias against its derivative: w - rate · dL/dw, b - rate · dL/dz.",
        written([*blanks, ("b", record.updated_bias)]),
    )


def written(blanks: Sequence[tuple[str, float]]) -> tuple[tuple[str, str], ...]:
    """Write what belongs in blanks."""
    return tuple((label, number(value, DIGITS)) for label, value in blanks)
