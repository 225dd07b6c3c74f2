"""A worked neuron adds up, and one that was tampered with is found out."""

import csv
import io
import math
from dataclasses import fields, replace

import pytest

from neuropil.core.activations import (
    ACTIVATIONS,
    IDENTITY,
    RELU,
    SIGMOID,
    TANH,
    Activation,
    clip,
    elu,
    leaky_relu,
    power_function,
)
from neuropil.core.formatting import PrintableNeuron, to_csv, to_html, to_latex, to_text
from neuropil.core.neuron import DOUBLE, BackwardPass, NeuronRecord, Observed, Term

NOTES = NeuronRecord(
    "the notes' first neuron",
    (Term("x", 0.1, 0.15),),
    0.4,
    SIGMOID,
    Observed(0.415, 1 / (1 + math.exp(-0.415)), DOUBLE),
)


def with_loss(record: NeuronRecord, target: float = 1.0) -> NeuronRecord:
    """Give a neuron the loss L = (a - target)², and the network (itself) to prove it by."""

    def moved(by: float) -> float:
        return (record.activation.f(record.z + by) - target) ** 2

    return replace(
        record, backward=BackwardPass("(a - t)²", 2 * (record.a - target), 0.5, perturb=moved)
    )


def many(n: int) -> NeuronRecord:
    terms = tuple(Term(f"input {i}", math.sin(i), math.cos(3 * i)) for i in range(n))
    z = math.fsum([*(t.product for t in terms), 0.25])
    return NeuronRecord("many", terms, 0.25, TANH, Observed(z, math.tanh(z), DOUBLE))


def test_the_notes_first_neuron() -> None:
    assert pytest.approx(0.415, abs=1e-15) == NOTES.z
    assert f"{NOTES.a:.4f}" == "0.6023"
    assert NOTES.check().passed


def test_the_way_back_by_hand() -> None:
    record = with_loss(NOTES)
    a = NOTES.a
    dL_dz = 2 * (a - 1) * a * (1 - a)
    assert record.dL_dz == pytest.approx(dL_dz, rel=1e-14)
    assert record.dL_dw == pytest.approx((0.1 * dL_dz,), rel=1e-14)
    assert record.updated_weights == pytest.approx((0.15 - 0.5 * 0.1 * dL_dz,), rel=1e-14)
    assert record.updated_bias == pytest.approx(0.4 - 0.5 * dL_dz, rel=1e-14)
    proof = record.check()
    assert proof.passed
    assert proof.gradient_allowed
    assert proof.largest < 1e-9


def tampered() -> list[NeuronRecord]:
    record = with_loss(many(30))
    terms = record.terms
    back = record.backward
    assert back
    nudged = replace(terms[7], w=terms[7].w * 1.000001)
    return [
        replace(record, terms=(*terms[:7], nudged, *terms[8:])),
        replace(record, terms=terms[:-1]),
        replace(record, bias=record.bias + 1e-9),
        replace(record, observed=replace(record.observed, z=record.z + 1e-9)),
        replace(record, observed=replace(record.observed, a=record.a * (1 + 1e-9))),
        replace(record, observed=replace(record.observed, z=math.nan)),
        replace(record, activation=SIGMOID),
        replace(
            record, activation=replace(TANH, derivative=lambda z: 1.001 * (1 - math.tanh(z) ** 2))
        ),
        replace(record, backward=replace(back, dL_da=back.dL_da * 1.001)),
    ]


@pytest.mark.parametrize("number", range(9))
def test_what_was_tampered_with_fails(number: int) -> None:
    assert with_loss(many(30)).check().passed
    broken = tampered()[number]
    assert not broken.check().passed
    assert "CHECK FAILED" in to_text(broken)


def test_without_a_loss_there_is_no_way_back() -> None:
    with pytest.raises(ValueError, match="give it a target"):
        _ = NOTES.dL_dz


def test_a_weight_that_was_never_learned_stays() -> None:
    shortcut = replace(NOTES, terms=(*NOTES.terms, Term("shortcut", 0.3, 1.0, learned=False)))
    record = with_loss(shortcut)
    assert record.updated_weights[0] != 0.15
    assert record.updated_weights[1] == 1.0
    assert "w2 after" not in to_text(record)


def test_a_bias_that_was_never_learned_stays_and_has_no_line() -> None:
    plain = replace(TWO, bias_learned=False)
    assert plain.updated_bias == plain.bias
    assert "dL/db" in to_text(TWO)
    assert "dL/db" not in to_text(plain)
    assert "b after the step" not in to_text(plain)
    of_five = replace(FIVE, bias_learned=False)
    assert ["bias", "1", "-1", "-1"] in [line.split() for line in to_text(of_five).splitlines()]
    assert "bias,1.0,-1.0,-1.0" in to_csv(of_five).splitlines()


def test_gradients_of_shared_weights_are_of_all_places() -> None:
    shared = replace(NOTES, terms=(replace(NOTES.terms[0], shared_gradient=4.0),))
    assert with_loss(shared).dL_dw == (4.0,)
    assert with_loss(shared).updated_weights == (0.15 - 0.5 * 4.0,)


# --- curves ------------------------------------------------------------------------------------

FORMS = [
    *ACTIVATIONS.values(),
    leaky_relu(0.2),
    elu(1.0),
    elu(0.5),
    clip(-1, 2),
    power_function(3.0),
]


@pytest.mark.parametrize("curve", FORMS, ids=lambda curve: curve.name)
@pytest.mark.parametrize("z", [-4.0, -2.2, -0.3, 0.4, 1.7, 3.5])
def test_slopes_are_those_of_the_curves(curve: Activation, z: float) -> None:
    h = 1e-6
    difference = (curve.f(z + h) - curve.f(z - h)) / (2 * h)
    assert curve.derivative(z) == pytest.approx(difference, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("curve", FORMS, ids=lambda curve: curve.name)
def test_curves_stay_finite_far_out(curve: Activation) -> None:
    far = [-800.0, -40.0, 40.0] if curve.name == "exp" else [-800.0, 800.0]
    assert all(math.isfinite(curve.f(z)) and math.isfinite(curve.derivative(z)) for z in far)


def test_a_kink_is_no_failure() -> None:
    at_zero = NeuronRecord("dead", (Term("x", 0.0, 1.0),), 0.0, RELU, Observed(0.0, 0.0))
    assert with_loss(at_zero).check().passed


# --- any magnitude -----------------------------------------------------------------------------

MAGNITUDES = [
    1e-300,
    1e-100,
    1e-30,
    1e-12,
    1e-6,
    1e-3,
    1.0,
    3.0,
    30.0,
    1e3,
    3e4,
    1e6,
    9e8,
    1e18,
    1e100,
]


def sized(curve: Activation, size: float) -> NeuronRecord:
    """Make a neuron whose inputs and bias are of a size; its loss is (a - 2a)²."""
    terms = tuple(
        Term(f"input {i}", size * (1 + math.sin(i)), 1 + math.cos(3 * i) / 2) for i in range(5)
    )
    bias = 0.25 * size
    z = math.fsum([*(term.product for term in terms), bias])
    return NeuronRecord("sized", terms, bias, curve, Observed(z, curve.f(z), DOUBLE))


def with_far_target(record: NeuronRecord) -> NeuronRecord:
    return with_loss(record, 2 * record.a or 1.0)


def is_told(record: NeuronRecord) -> bool:
    """Tell an activation that float64 has digits of, also where it is a difference."""
    is_lost = record.activation.cancels and abs(record.a) < 1e-8 * abs(record.z)
    return abs(record.a) > 1e-300 and not is_lost


def broken_forward(record: NeuronRecord) -> list[NeuronRecord]:
    """Break the arithmetic in every way, by a millionth."""
    terms, ran, curve, more = record.terms, record.observed, record.activation, 1 + 1e-6
    nudged = replace(terms[2], w=terms[2].w * more)
    made = [
        replace(record, terms=(*terms[:2], nudged, *terms[3:])),
        replace(record, terms=terms[1:]),
        replace(record, bias=record.bias * more),
        replace(record, observed=replace(ran, z=record.z * more)),
        replace(record, observed=replace(ran, z=math.inf)),
    ]
    if is_told(record):
        made.append(replace(record, observed=replace(ran, a=record.a * more)))
        made.append(replace(record, activation=replace(curve, f=lambda z: curve.f(z) * more)))
    return made


def broken_back(record: NeuronRecord) -> list[NeuronRecord]:
    """Break the derivatives, by a hundredth, which float64 must be able to tell."""
    curve, back, made = record.activation, record.backward, list[NeuronRecord]()
    assert back
    assert back.perturb
    seen = abs(record.derivative) * max(1.0, abs(record.z)) > 1e-9 * abs(record.a) and is_told(
        record
    )
    if seen and record.derivative:
        made.append(
            replace(
                record, activation=replace(curve, derivative=lambda z: 1.01 * curve.derivative(z))
            )
        )
    if seen and record.dL_dz and 1e-150 < abs(record.a) < 1e150:  # the square of a is a float
        made.append(replace(record, backward=replace(back, dL_da=1.01 * back.dL_da)))
        made.append(replace(record, backward=replace(back, dL_da=-back.dL_da)))
    return made


@pytest.mark.parametrize("curve", FORMS, ids=lambda curve: curve.name)
@pytest.mark.parametrize("size", [sign * size for size in MAGNITUDES for sign in (1, -1)])
def test_the_proof_holds_at_every_magnitude_and_finds_what_is_wrong(
    curve: Activation, size: float
) -> None:
    if curve.name == "exp" and size > 3:
        pytest.skip("e^z is no float there")
    record = sized(curve, size)
    proof = record.check()
    assert proof.passed, proof
    for broken in broken_forward(record):
        assert not broken.check().passed
    if abs(size) <= 1e100:
        learning = with_far_target(record)
        proof = learning.check()
        assert proof.passed, proof
        for broken in broken_back(learning):
            assert not broken.check().passed


@pytest.mark.parametrize("slope", [0.0, 0.5, 0.99, -1.0, math.nan])
@pytest.mark.parametrize("z", [1e-300, 1e-12, 1e-6, 1.0, 1e9])
def test_beside_a_kink_only_the_slope_of_that_side_is_right(z: float, slope: float) -> None:
    above = NeuronRecord("above", (Term("x", z, 1.0),), 0.0, RELU, Observed(z, z, DOUBLE))
    assert above.check().passed
    assert replace(above, activation=replace(RELU, derivative=lambda _: slope)).check().failed == (
        "da/dz",
    )


def test_a_failed_check_names_what_failed_and_is_raised() -> None:
    assert NOTES.proven() is NOTES
    broken = replace(NOTES, bias=0.5)
    assert broken.check().failed == ("sum", "a")
    assert "CHECK FAILED: sum, a;" in to_text(broken)
    with pytest.raises(ArithmeticError, match="the notes' first neuron failed: sum, a"):
        broken.proven()


# --- telling -----------------------------------------------------------------------------------


def test_few_inputs_are_written_out_as_in_the_notes() -> None:
    lines = [line.strip() for line in to_text(NOTES).splitlines()]
    assert lines[1:7] == [
        "z = w·x + b",
        "= 0.15·0.1 + 0.4",
        "= 0.015 + 0.4",
        "= 0.415",
        "a = σ(z) = 1 / (1 + e^-0.415)",
        "= 0.602286",
    ]


def test_digits_as_many_as_asked_and_exact_ones_read_back() -> None:
    assert "= 0.602\n" in to_text(NOTES, 3)
    exact = to_text(NOTES, None)
    assert repr(NOTES.a) in exact
    assert float(repr(NOTES.a)) == NOTES.a


def test_of_many_inputs_the_rest_is_one_line_and_the_sum_still_adds_up() -> None:
    record = many(100)
    table = to_text(record, None, most=10).splitlines()
    products = [float(line.split()[-1]) for line in table[3:15]]
    assert "the other 90" in table[13]
    assert math.fsum(products) == pytest.approx(record.z, rel=1e-12)


def test_the_table_adds_up_in_a_spreadsheet() -> None:
    record = with_loss(many(20))
    rows = list(csv.reader(io.StringIO(to_csv(record))))
    terms = rows[1:22]
    for _, x, w, product, *_ in terms[:-1]:
        assert float(x) * float(w) == float(product)
    assert math.fsum(float(row[3]) for row in terms) == record.z
    assert rows[22][3] == "=SUM(D2:D22)"
    assert float(rows[1][4]) == record.dL_dw[0]


def test_names_are_never_formulas() -> None:
    record = replace(NOTES, terms=(Term("=cmd()", 0.1, 0.15),))
    assert "\n'=cmd()," in to_csv(record)


def test_a_printable_neuron_writes_itself() -> None:
    printable = PrintableNeuron(**{f.name: getattr(NOTES, f.name) for f in fields(NOTES)})
    assert str(printable) == to_text(NOTES)
    assert printable._repr_html_() == to_html(NOTES)
    assert str(replace(printable, bias=1.0)) == to_text(replace(NOTES, bias=1.0))
    with pytest.raises(ValueError, match="give 1 to 17"):
        to_text(NOTES, 18)


def test_html_is_escaped_and_latex_balanced() -> None:
    record = with_loss(replace(many(30), name="<b>"))
    assert "<b>" not in to_html(record)
    assert "&lt;b&gt;" in to_html(record)
    latex = to_latex(record)
    assert latex.count("{") == latex.count("}")
    assert latex.startswith(r"\begin{aligned}")
    assert "e-0" not in to_latex(replace(NOTES, bias=1e-9))


# Numbers of few binary digits, so that every line can be checked by head.
TWO = NeuronRecord(
    "two inputs",
    (Term("light", 0.5, 0.25), Term("", -2.0, 0.125)),
    0.0625,
    IDENTITY,
    Observed(-0.0625, -0.0625, DOUBLE),
    BackwardPass("mean (a - t)²", 0.5, 0.25),
)
FIVE = NeuronRecord(
    "five inputs",
    tuple(Term(f"i{k}", float(k), 0.5) for k in range(1, 6)),
    -1.0,
    RELU,
    Observed(6.5, 6.5, DOUBLE),
    BackwardPass("a", 2.0, 0.125),
)


def test_every_line_of_the_way_back() -> None:
    assert to_text(TWO).splitlines()[:-1] == [
        "two inputs",
        "  x1: light",
        "  z = w1·x1 + w2·x2 + b",
        "    = 0.25·0.5 + 0.125·(-2) + 0.0625",
        "    = 0.125 - 0.25 + 0.0625",
        "    = -0.0625",
        "  a = z = -0.0625   (no activation function)",
        "  L = mean (a - t)²",
        "  dL/da = 0.5",
        "  dL/dz = dL/da · da/dz = 0.5 · 1 = 0.5",
        "  dL/dw1 = dL/dz · x1 = 0.5 · 0.5 = 0.25",
        "    w1 after the step: 0.25 - 0.25 · 0.25 = 0.1875",
        "  dL/dw2 = dL/dz · x2 = 0.5 · (-2) = -1",
        "    w2 after the step: 0.125 - 0.25 · (-1) = 0.375",
        "  dL/db = dL/dz = 0.5",
        "    b after the step: 0.0625 - 0.25 · 0.5 = -0.0625",
        "  the network ran z = -0.0625, exact -0.0625, difference 0.0e+00",
    ]


def test_every_row_of_a_table() -> None:
    rows = [line.split() for line in to_text(FIVE, most=3).splitlines()[3:9]]
    assert rows[:3] == [
        ["i5", "5", "0.5", "2.5", "10", "-0.75"],
        ["i4", "4", "0.5", "2", "8", "-0.5"],
        ["i3", "3", "0.5", "1.5", "6", "-0.25"],
    ]
    assert rows[3] == ["the", "other", "2", "1.5"]
    assert rows[4] == ["bias", "1", "-1", "-1", "2", "-1.25"]
    assert " ".join(rows[5]) == "z = Σ w·x + b, 5 inputs = 6.5"
    assert "dL/dz = dL/da · da/dz = 2 · 1 = 2" in to_text(FIVE)
    assert "<td>i5</td><td>5</td><td>0.5</td><td>2.5</td><td>10</td><td>-0.75</td>" in (
        to_html(FIVE)
    )


def test_every_line_of_latex_and_csv() -> None:
    assert to_latex(TWO).splitlines()[1:-1] == [
        r"  z &= \sum_i w_i x_i + b \\",
        r"  &= 0.25 \cdot 0.5 + 0.125 \cdot (-2) + 0.0625 \\",
        r"  &= -0.0625 \\",
        r"  a &= -0.0625 \\",
        r"  \frac{da}{dz} &= 1 \\",
        r"  \frac{dL}{da} &= 0.5 \\",
        r"  \frac{dL}{dz} &= \frac{dL}{da} \cdot \frac{da}{dz} = 0.5 \\",
        r"  \frac{dL}{dw_{1}} &= 0.25, \quad w_{1}' = 0.1875 \\",
        r"  \frac{dL}{dw_{2}} &= -1, \quad w_{2}' = 0.375",
    ]
    assert to_csv(FIVE).splitlines()[5:] == [
        "i5,5.0,0.5,2.5,10.0,-0.75",
        "bias,1.0,-1.0,-1.0,2.0,-1.25",
        '"z, added up by the spreadsheet",,,=SUM(D2:D7)',
        '"z, exact",,,6.5',
        '"z, as the network ran",,,6.5',
        '"a, relu",,,6.5',
        '"a, as the network ran",,,6.5',
    ]
    assert to_csv(replace(FIVE, backward=replace(back(FIVE), rate=None))).splitlines()[6] == (
        "bias,1.0,-1.0,-1.0,2.0"
    )


def back(record: NeuronRecord) -> BackwardPass:
    assert record.backward
    return record.backward
