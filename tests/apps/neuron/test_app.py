"""The notes' numbers, on paper and on the command line; what is typed wrongly."""

import csv
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.neuron import small_network
from neuropil.apps.neuron.app import Neuron
from neuropil.apps.neuron.arguments import (
    ACTIVATION_LAYERS,
    SOFTMAX,
    ActivationName,
    Vector,
    WeightMatrix,
)
from neuropil.core import activations
from neuropil.core.activations import SIGMOID
from neuropil.surfaces.cli import main as cli

LINE = "neuron --x 0.1 --w 0.15 --b 0.4 --then-w 0.25 --then-b 0.5"


def printed(capsys: pytest.CaptureFixture[str], line: str) -> str:
    assert cli.run(line.split()) == 0
    return capsys.readouterr().out


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


@pytest.mark.parametrize("line", [LINE, LINE.replace("then-", ""), "neuron"])
def test_the_notes_example(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [text.strip() for text in printed(capsys, line).splitlines()]
    for number in ("= 0.415", "= 0.602286", "= 0.650572", "= 0.657139"):
        assert number in lines
    assert f"{sigmoid(0.415):.4f}" == "0.6023"
    assert f"{sigmoid(0.6506):.4f}" == "0.6571"


def test_the_number_that_the_notes_print_belongs_to_other_weights() -> None:
    made = Neuron()(
        x=Vector((0.1,)),
        w=(WeightMatrix(((0.15,),)), WeightMatrix(((0.45,),))),
        b=(Vector((0.4,)), Vector((0.65,))),
    )
    assert [f"{a:.4f}" for a in made.outputs] == ["0.7153"]
    default = Neuron()()
    assert f"{default.outputs[0]:.4f}" == "0.6571"
    assert [f"{answer.z:.4f}" for answer in default.neurons] == ["0.4150", "0.6506"]


def test_a_network_by_hand() -> None:
    x, w1, b1 = np.array([0.5, -0.2]), np.array([[0.1, 0.2], [0.3, -0.4]]), np.array([0.0, 0.1])
    w2, b2 = np.array([[1.0, -1.0]]), np.array([0.2])
    hidden = np.maximum(w1 @ x + b1, 0)
    out = sigmoid(float((w2 @ hidden + b2)[0]))
    made = Neuron()(
        x=Vector.parse("0.5,-0.2"),
        w=(WeightMatrix.parse("0.1,0.2/0.3,-0.4"), WeightMatrix.parse("1,-1")),
        b=(Vector.parse("0,0.1"), Vector.parse("0.2")),
        activations=(ActivationName.parse("relu"), ActivationName.parse("sigmoid")),
        target=Vector((1.0,)),
    )
    assert made.outputs == pytest.approx((out,), rel=1e-14)
    assert [answer.name for answer in made.neurons] == [
        "layer 1, neuron 1",
        "layer 1, neuron 2",
        "layer 2",
    ]
    assert "layer 1, neuron 2" in made.document.text
    assert f"dL/da = {2 * (out - 1):.6g}" in made.document.text
    assert "CHECK FAILED" not in made.document.text


@pytest.mark.parametrize("name", sorted(activations.ACTIVATIONS.keys() - {"exp"}))
def test_every_activation_is_worked_out(name: str) -> None:
    chain = small_network.parse_network(
        Vector((0.7,)), (WeightMatrix(((1.3,),)),), (Vector((-0.2,)),), (ActivationName(name),)
    )
    ((record,),) = small_network.open_all(
        chain, small_network.LearningGoal((0.5,), "mean-squares", 0.1)
    )
    assert record.a == pytest.approx(activations.ACTIVATIONS[name].f(0.71), rel=1e-12)
    assert record.check().passed


# Worked examples as they are printed, with as many digits: options, z or a of the neurons in order,
# weights and biases after the step by neuron, loss before.
PUBLISHED = [
    pytest.param(  # Mazur, A Step by Step Backpropagation Example, 2015; its biases stay
        "--x .05,.1 --w .15,.2/.25,.3 --b .35 --w .4,.45/.5,.55 --b .6 --target .01,.99 --rate .5",
        [0.593269992, 0.596884378, 0.75136507, 0.772928465],
        {0: [0.149780716, 0.19956143], 1: [0.24975114, 0.29950229], 2: [0.35891648, 0.408666186]},
        0.298371109,
        id="Mazur",
    ),
    pytest.param(  # a widely copied lecture handout; without biases
        "--x .35,.9 --w .1,.8/.4,.6 --w .3,.9 --target .5 --rate 1",
        [0.68, 0.6637, 0.69],
        {0: [0.09907, 0.7976], 1: [0.3971, 0.5926], 2: [0.2723, 0.873]},
        0.0181,
        id="handout",
    ),
    pytest.param(  # Han, Kamber and Pei, Data Mining, example 9.1
        "--x 1,0,1 --w .2,.4,-.5/-.3,.1,.2 --b -.4,.2 --w -.3,-.2 --b .1 --target 1 --rate .9",
        [0.332, 0.525, 0.474],
        {0: [0.192, 0.4, -0.508], 1: [-0.306, 0.1, 0.194], 2: [-0.261, -0.138]},
        0.1383,
        id="Han",
    ),
    pytest.param(  # Negnevitsky, Artificial Intelligence, section 6.4; thresholds are -b
        "--x 1,1 --w .5,.4/.9,1 --b -.8,.1 --w -1.2,1.1 --b -.3 --target 0 --rate .1",
        [0.525, 0.8808, 0.5097],
        {0: [0.5038, 0.4038], 1: [0.8985, 0.9985], 2: [-1.2067, 1.0888]},
        0.1299,
        id="Negnevitsky",
    ),
    pytest.param(  # logistic regression by hand: dL/dz = a - t
        "--x 3,2 --w 0,0 --target 1 --rate .1 --loss cross-entropy",
        [0.5],
        {0: [0.15, 0.1]},
        0.6931,
        id="logistic regression",
    ),
]


@pytest.mark.parametrize(("line", "outputs", "weights", "loss"), PUBLISHED)
def test_published_examples_come_out_as_printed(
    capsys: pytest.CaptureFixture[str],
    line: str,
    outputs: list[float],
    weights: dict[int, list[float]],
    loss: float,
) -> None:
    usual = "" if "--loss" in line else " --loss half-squares"
    made = json.loads(printed(capsys, f"neuron {line}{usual} --json"))
    assert [n["a"] for n in made["neurons"]] == pytest.approx(outputs, abs=6e-4)
    for number, after in weights.items():
        assert made["neurons"][number]["weights"] == pytest.approx(after, abs=2e-4)
    assert made["loss"]["before"] == pytest.approx(loss, abs=2e-4)
    assert made["loss"]["after"] < made["loss"]["before"]


def test_a_hidden_gradient_is_the_sum_that_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    line = "neuron --x 1 --w 2 --activation identity --w 3/-4 --target 1,2 --loss half-squares"
    out = printed(capsys, line)
    assert "dL/da = Σ dL/dz · w of the next layer = 5·3 - 10·(-4) = 55" in out.replace(
        "+ -10", "- 10"
    )
    assert "after one step of all weights and biases at rate 0.1: L = " in out


def test_a_softmax_makes_shares_of_the_last_layer(capsys: pytest.CaptureFixture[str]) -> None:
    line = "neuron --x 1 --w 1/2/3 --activation softmax --target 0,0,1 --loss cross-entropy"
    made = json.loads(printed(capsys, f"{line} --json"))
    assert made["outputs"] == pytest.approx([0.0900306, 0.2447285, 0.6652410], abs=1e-7)
    assert made["loss"]["before"] == pytest.approx(0.4076059, abs=1e-7)
    assert [n["dL_dz"] for n in made["neurons"]] == pytest.approx(
        [0.0900306, 0.2447285, 0.6652410 - 1], abs=1e-7
    )
    assert "p3 = e^a3 / Σ e^a = 0.665241" in printed(capsys, line)


def test_numbers_are_typed_as_people_write_them() -> None:
    assert Vector.parse("1/3,\N{MINUS SIGN}0.5,1e7").values == (1 / 3, -0.5, 1e7)
    assert WeightMatrix.parse("1/3,1/2;1/4,1").rows == ((1 / 3, 0.5), (0.25, 1.0))
    assert WeightMatrix.parse("1/3,1/2;").rows == ((1 / 3, 0.5),)
    with refused("option.conflict", "1, 2, 1 weights", "1/3,1/2;"):
        WeightMatrix.parse("1/3,1/2")
    assert WeightMatrix.parse("1,2/3,4").rows == ((1, 2), (3, 4))
    assert ActivationName.parse("swish").layer().name == "silu"
    for text in ("1/0", "1/", "/2", "1/2/3"):
        with refused("option.syntax", text):
            Vector.parse(text)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--activation relu --loss cross-entropy", "goes with sigmoid and softmax"),
        ("--activation softmax", "the squares with all but softmax"),
        ("--activation softmax --activation sigmoid --w 1", "makes shares of the last layer"),
    ],
)
def test_losses_that_do_not_go_together_are_refused(
    capsys: pytest.CaptureFixture[str], line: str, words: str
) -> None:
    assert cli.run(f"neuron --x 1 --w 1 --target 1 {line}".split()) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--rate 3", "--loss half-squares"])
def test_what_means_nothing_without_a_target_is_refused(
    capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert cli.run(f"neuron --x 1 --w 1 {option}".split()) == 2
    assert "means nothing without a target" in capsys.readouterr().err


def test_a_target_of_cross_entropy_is_a_share(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run("neuron --x 1 --w 1 --target 2 --loss cross-entropy".split()) == 2
    assert "cross-entropy takes 0 to 1" in capsys.readouterr().err


def test_many_inputs_and_the_way_back(capsys: pytest.CaptureFixture[str]) -> None:
    line = "neuron --x 1,2,3,4,5,6,7,8,9 --w 1,1,1,1,1,1,1,1,1 --b -40 --target 0"
    out = printed(capsys, f"{line} --activation identity --rate 0.125")
    assert [text.split() for text in out.splitlines() if " x9 " in f"{text} "] == [
        ["x9", "9", "1", "9", "90", "-10.25"]
    ]
    assert "dL/dz = dL/da · da/dz = 10 · 1 = 10" in out


def test_each_table_adds_up_its_own_rows(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    line = f"neuron --x 1,2 --w 1,2/3,4 --b 0,0 --w 1,1 --b 0 -o {path}"
    assert cli.run(line.split()) == 0
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    sums = [(i, row) for i, row in enumerate(rows) if "=SUM(" in ",".join(row)]
    assert len(sums) == 3
    for i, row in sums:
        first, last = (int(number) for number in re.findall(r"D(\d+)", row[-1]))
        assert last == i  # rows are counted from 1: the one above
        total = math.fsum(float(row[3]) for row in rows[first - 1 : last])
        assert total == float(rows[i + 1][-1])


def test_exact_digits_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, f"{LINE} --exact")
    assert repr(sigmoid(0.15 * 0.1 + 0.4)) in out


def test_forms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for ending, sign in (
        (".txt", "layer 2"),
        (".html", "<pre>"),
        (".tex", "aligned"),
        (".csv", "w·x"),
    ):
        path = tmp_path / f"neuron{ending}"
        assert printed(capsys, f"{LINE} -o {path}") == f"{path}\n"
        assert sign in path.read_text(encoding="utf-8")
    assert cli.run(f"{LINE} -o {path}".split()) == 2  # it is there already
    assert '"outputs": [0.657' in printed(capsys, f"{LINE} --json")


WRONG = [
    ("neuron --w 0.1", "give inputs and weights, as in --x 0.1"),
    ("neuron --x a --w 1", "a is no row of numbers"),
    ("neuron --x 1e101 --w 1", "1e101 is too large: numbers go up to 1e+100"),
    ("neuron --x 1 --w 1 --target=-1e308", "-1e308 is too large"),
    ("neuron --x inf --w 1", "inf is too large"),
    ("neuron --x nan --w 1", "is no row of numbers"),
    ("neuron --x 1 --w 1,2", "layer 1: inputs 1, weights of a neuron 2"),
    ("neuron --x 1,2 --w 1,2/3", "the neurons have 2, 1 weights"),
    ("neuron --x 1 --w 1 --w 1 --b 0", "layers by --w: 2, by --b: 1"),
    ("neuron --x 1 --w 1 --b 0,1", "layer 1: neurons 1, biases 2"),
    ("neuron --x 1 --w 1 --activation sgmoid", "did you mean sigmoid?"),
    ("neuron --x 1 --w 1 --target 1,2", "neurons of the last layer: 1, targets: 2"),
    ("neuron-biology --x 2 --w 1", "inputs x from 0 to 1"),
    ("neuron --x 1 --w 1 -o neuron.docx", "end the name in .txt, .html, .tex, .csv"),
    ("neuron-digit nothing.png", "there is no file nothing.png"),
    ("neuron-digit", "as in: neuropil neuron-digit"),
    ("neuron-homework --x 1 --w 1", "no such option: --x"),
    ("neuron-homework -o a.csv", "end the name in .html, .txt"),
    (
        "neuron-homework -o a.html -o b.html",
        "b.html is one name too many: neuron-homework makes document (.html .txt)",
    ),
    ("neuron -o a.png", "end the name in .txt, .html, .tex, .csv"),
]


@pytest.mark.parametrize(("line", "sentence"), WRONG)
def test_mistakes_are_said_in_a_sentence(
    line: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(line.split()) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "text", "what"),
    [
        (Vector, "", "the row of numbers is empty"),
        (Vector, " ", "the row of numbers is empty"),
        (WeightMatrix, "", "the row of numbers is empty"),
        (WeightMatrix, "1,2/", "a row of 1,2/ is empty"),
    ],
)
def test_what_is_empty_is_said(kind: type[Vector | WeightMatrix], text: str, what: str) -> None:
    with refused("option.syntax", what, kind.SYNTAX, "0.1,0.25"):
        kind.parse(text)


def test_values_out_of_range() -> None:
    with refused("option.range", "rate", -1):
        Neuron()(rate=-1)


# --- large and small numbers --------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(ACTIVATION_LAYERS.keys() - {SOFTMAX}))
@pytest.mark.parametrize("x", ["30000", "-30000", "1000000", "0", "1e-6", "-1e-300"])
@pytest.mark.parametrize("w", ["30000", "-0.000001", "0", "1000000"])
@pytest.mark.parametrize("target", ["", "--target 0.25"])
def test_numbers_of_every_size_that_is_allowed_are_proven(
    name: str, x: str, w: str, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = f"neuron --x={x} --w={w} --w={w} --b 1 --b=-2 --activation {name} {target}"
    out = printed(capsys, line)
    assert "CHECK FAILED" not in out
    assert out.count("checked: sum, da/dz") == 2


def grown(n: int, activation: str = "identity", more: str = "") -> str:
    return f"neuron --x 1 {n * '--w 1e6 '} --activation {activation} {more}"


@pytest.mark.parametrize(
    ("line", "where"),
    [
        (grown(60), "layer 52: its sum"),
        (grown(60, "gelu", "--json"), "layer 52: its sum"),
        (grown(60, "relu", "--target 1"), "layer 52: its sum"),
        (grown(30, "softplus", "--target 1"), "the loss"),
        (grown(51, "identity", "--target=1e6"), "the loss"),
        (
            grown(27, "identity", "--target 1 --rate 1000").replace("1e6", "1e-6", 1),
            "layer 1: a number of the way back",
        ),
        ("neuron --x 1 --w 1/1 " + 60 * "--w 1e6,1e6/1,1 ", "layer 53, neuron 1: its sum"),
        ("neuron-biology --x 1 " + 60 * "--w 100 " + 60 * "--w 1e6 ", "its sum"),
    ],
)
def test_what_grows_beyond_floats_is_refused(
    line: str, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    linear = line if "--activation" in line else f"{line} --activation identity"
    assert cli.run(linear.split()) == 2
    said = "".join(capsys.readouterr())
    assert where in said
    assert "1.8e+308" in said
    assert "smaller inputs and weights" in said


def test_what_grows_has_a_code() -> None:
    with refused("option.range", "layer 52", "fewer layers"):
        Neuron()(
            x=Vector((1.0,)),
            w=60 * (WeightMatrix(((1e6,),)),),
            activations=(ActivationName.parse("identity"),),
        )


@pytest.mark.parametrize("line", ["neuron --x 1 --w 1", "neuron-homework", "neuron-biology"])
def test_a_check_that_fails_is_a_fault_of_ours(
    line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = replace(SIGMOID, derivative=lambda z: 0.3)
    monkeypatch.setitem(activations.ACTIVATIONS, "sigmoid", wrong)
    assert cli.run(line.split()) == 1
    assert "the check of neuron 0 of layer 0 (dense) failed: da/dz" in capsys.readouterr().err


@pytest.mark.parametrize(("z", "target"), [(50, 1), (-800, 0)])
def test_a_sigmoid_at_its_target_loses_nothing(
    capsys: pytest.CaptureFixture[str], z: int, target: int
) -> None:
    line = f"neuron --x 1 --w {z} --target {target} --loss cross-entropy --json"
    made = json.loads(printed(capsys, line))
    assert made["loss"] == {"before": 0, "after": 0}
    assert made["neurons"][0]["dL_da"] == 1 - 2 * target  # 0 ln 0 is 0; the other term is left
    assert abs(made["neurons"][0]["dL_dz"]) < 1e-20


def test_an_infinite_cross_entropy_is_told_as_such() -> None:
    x, w = Vector.parse("1"), WeightMatrix.parse("50")
    with refused("option.range", "rounded", "infinite", "between -37 and 37"):
        Neuron()(x=x, w=(w,), target=Vector.parse("0"), loss="cross-entropy")


@pytest.mark.parametrize(
    "line",
    [
        "--x 10 --w 3 --target .5 --rate 1000 --loss cross-entropy",
        "--x 1e70 --w 1 --activation linear --target 0 --rate 1",
    ],
)
def test_a_step_without_bounds_is_said(capsys: pytest.CaptureFixture[str], line: str) -> None:
    assert json.loads(printed(capsys, f"neuron {line} --json"))["loss"]["after"] is None
    assert "L is too large to be calculated; take a smaller rate" in printed(
        capsys, f"neuron {line}"
    )
