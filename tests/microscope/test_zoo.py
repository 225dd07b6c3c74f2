"""Networks of others in strange forms: each unit opens, or is named with a command that works."""

import re
import shlex
from pathlib import Path

import numpy as np
import onnx
import pytest
from refusals import refused
from zoo import CLOSED, NAMES, NO_ARRAYS, OPENED, ZOO, numbers_for, parse

from neuropil.core.probe import Unit
from neuropil.microscope.activations import record_activations
from neuropil.microscope.graph import parse_model
from neuropil.microscope.nodes import BECAME_INPUTS
from neuropil.microscope.targets import ArrayInput, parse_unit, probe_file
from neuropil.microscope.walk import walk_back
from neuropil.surfaces.cli import main as cli

Output = pytest.CaptureFixture[str]


def type_open(model: onnx.ModelProto, *words: str) -> list[str]:
    """Write a network and its inputs beside where one stands, and word a command."""
    onnx.save(model, "net.onnx")
    line = ["open", "net.onnx"]
    for number, (name, x) in enumerate(numbers_for(model).items()):
        np.save(f"{number}.npy", x)
        line += ["--input", f"{name}={number}.npy"]
    return [*line, *words]


@pytest.fixture(autouse=True)
def _stand_in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("opset", "text", "unit", "value"), OPENED)
def test_units_open(opset: int, text: str, unit: str, value: float) -> None:
    model = parse(text, opset)
    graph = parse_model(model)
    feeds = [ArrayInput(name, x) for name, x in numbers_for(model).items()]
    walk = walk_back(graph, probe_file(graph, Path("n"), feeds, unit, None))
    (record, *_) = (step.record for step in walk.steps)
    assert record.a == pytest.approx(value, rel=1e-6)
    assert record.check().passed


@pytest.mark.parametrize(("opset", "text", "unit", "said"), CLOSED)
def test_what_is_not_opened_is_named(
    opset: int, text: str, unit: str, said: str, capsys: Output
) -> None:
    """In one sentence; the command that it ends with opens something, where there is something."""
    assert cli.run(type_open(parse(text, opset), "--unit", unit)) == 2
    sentence = capsys.readouterr().err
    assert sentence.startswith("neuropil: ")
    assert sentence.count("\n") == 1
    assert said in sentence
    if found := re.search(r"nearest to it: neuropil (.*)$", sentence):
        assert cli.run(shlex.split(found[1])) == 0
    else:
        assert "nothing that leads to it can be opened" in sentence


@pytest.mark.parametrize("name", NAMES)
def test_commands_hold_whatever_names_there_are(name: str, capsys: Output) -> None:
    """The command that leads on works as it is printed, from the list of tensors down."""
    nodes = [
        onnx.helper.make_node("Relu", ["x"], [name]),
        onnx.helper.make_node("Tanh", [name], ["y"]),
    ]
    ends = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1, 2]) for n in "xy"]
    graph = onnx.helper.make_graph(nodes, "g", ends[:1], ends[1:])
    imports = [onnx.helper.make_opsetid("", 18)]
    line = type_open(onnx.helper.make_model(graph, opset_imports=imports, ir_version=8))
    for last in ("next: neuropil ", "deeper: neuropil "):
        assert cli.run(line) == 0
        shown = capsys.readouterr().out
        line = shlex.split(shown[shown.rindex(last) + len(last) :])
    assert cli.run(line) == 0
    assert capsys.readouterr().out.startswith(f"[1 of 1] {name.strip('/')} 1")


def test_of_several_readings_of_a_unit_the_one_that_is_there_counts() -> None:
    """Of a (1, 2) and a tensor called a,0 of two numbers."""
    nodes = [
        onnx.helper.make_node("Relu", ["x"], ["a"]),
        onnx.helper.make_node("ReduceSum", ["a", "axis"], ["a,0"], keepdims=0),
    ]
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 2])
    y = onnx.helper.make_empty_tensor_value_info("a,0")
    axis = onnx.numpy_helper.from_array(np.array([0]), "axis")
    made = onnx.helper.make_graph(nodes, "g", [x], [y], [axis])
    imports = [onnx.helper.make_opsetid("", 18)]
    graph = parse_model(onnx.helper.make_model(made, opset_imports=imports, ir_version=8))
    activations = record_activations(graph, {"x": np.ones((1, 2), np.float32)})
    assert parse_unit("a,0,1", graph, activations) == Unit("a,0", (1,))
    assert parse_unit("a,0,0,1", graph, activations) == Unit("a,0", (0, 1))
    activations.values["a,0"] = np.ones((1, 2, 3))
    assert parse_unit("a,0,1", graph, activations) == Unit("a", (0, 1))


def test_attributes_that_became_inputs_are_all_known() -> None:
    """Go through the history of ONNX, from the oldest version that ONNX Runtime runs."""
    versions: dict[str, list[onnx.defs.OpSchema]] = {}
    for schema in onnx.defs.get_all_schemas_with_history():
        if not schema.domain:
            versions.setdefault(schema.name, []).append(schema)
    without_input = {"spatial", "directions", "is_test", "consumed_inputs", "height_scale"}
    missing = []
    for op, schemas in versions.items():
        schemas.sort(key=lambda schema: schema.since_version)
        old = [s for s in schemas[:-1] if s.since_version >= 2 and op not in ("Scan", "DFT")]
        gone = {name for s in old for name in s.attributes} - set(schemas[-1].attributes)
        gone -= without_input | {"axis", "broadcast", "output_sequence"}
        missing += [(op, name) for name in gone if name not in BECAME_INPUTS.get(op, {})]
    assert not missing


@pytest.mark.parametrize(
    ("given", "name"),
    [("x=v.npy", "x"), ("x=a=b/v.npy", "x"), ("a=b=v.npy", "a=b"), ("a=b/v.npy", "")],
)
def test_an_input_may_have_an_equals_sign(given: str, name: str) -> None:
    Path("a=b").mkdir()
    for file in ("v.npy", "a=b/v.npy"):
        np.save(file, np.ones(2))
    assert ArrayInput.parse(given, ("x", "a", "a=b")).name == name
    with refused("network.inputs", "z", "x, a"):
        ArrayInput.parse("z=v.npy", ("x", "a"))
    with refused("input.missing", "none.npy"):
        ArrayInput.parse("x=none.npy", ("x",))


@pytest.mark.parametrize(
    "nodes", ["s = Sigmoid (x)  y = Mul (x, s)", "s = Exp (x)  y = Add (x, s)"]
)
def test_a_sum_that_feeds_more_than_its_curve_is_proven(nodes: str) -> None:
    """Of x · σ(x), dL/dz of the sigmoid's z is x · σ'(x), whatever else x does."""
    graph = parse_model(parse(f"(float[1,2] v) => (float[] y) {{ x = Neg (v)  {nodes} }}"))
    feed = ArrayInput("v", np.array([[1, 2]], np.float32))
    (step,) = walk_back(graph, probe_file(graph, Path("n"), [feed], "s,0,1", "y,0,1")).steps
    slope = step.record.activation.derivative(-2.0)
    assert step.record.dL_dz == pytest.approx(slope * (-2 if "Mul" in nodes else 1), rel=1e-6)
    assert step.record.check().gradient_allowed is not None
    assert step.record.check().passed


def test_small_numbers_of_half_precision_are_proven() -> None:
    """Below 2^-14 they are a whole number of 2^-24, rounded to the nearest."""
    model = parse(
        "(float16[1,3] x) => (float16[] y) { a = Cast <to=1> (x)  b = Mul (a, a)"
        "  y = Cast <to=10> (b) }"
    )
    graph = parse_model(model)
    feed = ArrayInput("x", np.array([[1.5e-3, 2.3e-3, 3.7e-3]], np.float16))
    for i in range(3):
        (step, *_) = walk_back(graph, probe_file(graph, Path("n"), [feed], f"y,0,{i}", None)).steps
        assert step.record.check().passed


def test_numbers_that_numpy_lacks_are_passed_through() -> None:
    text = "{ a = Relu (x)  b = Cast <to=16> (a)  y = Cast <to=1> (b) }"
    graph = parse_model(parse(f"(float[1,2] x) => (float[] y) {text}"))
    feed = ArrayInput("x", np.array([[1, 2]], np.float32))
    walk = walk_back(graph, probe_file(graph, Path("n"), [feed], "a,0,0", "y,0,0"))
    assert not walk.no_gradients
    assert walk.steps[0].record.dL_dz == 1
    assert walk.steps[0].record.check().passed


def test_a_tensor_of_nothing_has_no_units(capsys: Output) -> None:
    line = type_open(parse("(float[0,3] x) => (float[] y) { y = Relu (x) }"))
    assert cli.run([*line, "--unit", "y,0,1"]) == 2
    assert "its 2 axes go over nothing, 0..2" in capsys.readouterr().err
    assert cli.run(line) == 0


def test_a_result_that_is_infinite_has_no_slope() -> None:
    graph = parse_model(parse("(float[1,2] x) => (float[] y) { a = Relu (x)  y = Log (a) }"))
    feed = ArrayInput("x", np.array([[-1, 2]], np.float32))
    walk = walk_back(graph, probe_file(graph, Path("n"), [feed], "a,0,0", "y,0,0"))
    assert "no finite number" in walk.no_gradients
    assert walk.steps[0].record.check().passed


def test_an_input_given_twice_is_refused(capsys: Output) -> None:
    line = type_open(parse("(float[1,2] x) => (float[] y) { y = Relu (x) }"))
    assert cli.run([*line, *line[2:], "--unit", "y,0,0"]) == 2
    assert "x is given twice" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "kind"), NO_ARRAYS)
@pytest.mark.parametrize(
    "typed",
    ["--unit y,0,0", "--input s=x.npy", "--input x.npy --unit y,0,0", "--input s=x.npy --unit y"],
)
def test_an_input_that_is_no_array_is_said(
    text: str, kind: str, typed: str, capsys: Output
) -> None:
    """Whatever is typed: no input has to be tried to learn that none will do."""
    onnx.save(parse(text), "net.onnx")
    np.save("x.npy", np.ones((1, 2), np.float32))
    said = f"s is {kind}, which no .npy file can hold: this network can be listed"
    assert cli.run(["open", "net.onnx", *typed.split()]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "onnx.utils.extract_model" in error
    assert cli.run(["open", "net.onnx"]) == 0
    assert said in capsys.readouterr().out.splitlines()[-1]


def test_a_tensor_is_named_after_a_weight_that_names_its_layer() -> None:
    for weight, label in (("W", "y"), ("dense.weight", "dense")):
        graph = parse_model(
            parse(
                f'(float[1,2] x) => (float[1,1] y) <float[2,1] "{weight}" = {{1,2}}>'
                f' {{ y = MatMul (x, "{weight}") }}'
            )
        )
        feed = ArrayInput("x", np.ones((1, 2), np.float32))
        probe = probe_file(graph, Path("n"), [feed], "y,0,0", None)
        assert probe.goal.text == f"{label} at 0, 0, what is looked at"
        assert walk_back(graph, probe).steps[0].record.name == f"{label} 0"


@pytest.mark.parametrize("text", ZOO)
def test_a_network_is_summed_up(text: str, capsys: Output) -> None:
    """And the commands that it ends with work as they stand."""
    model = parse(text)
    onnx.save(model, "net.onnx")
    assert cli.run(["open", "net.onnx"]) == 0
    lines = capsys.readouterr().out.splitlines()
    n = len(model.graph.node)
    assert lines[0].startswith(f"net.onnx: {n} operator{'s' * (n != 1)}, ")
    for command in (line.removeprefix("next: ") for line in lines if line.startswith("next: ")):
        words = shlex.split(command)
        if words[0] == "python3":
            exec(words[2])
        else:
            assert cli.run(words[1:]) == 0


def test_what_a_summary_says(capsys: Output) -> None:
    text = "(float[N,2] x, int64[1] i) => (float[N,3] y, float[] z) <float[2,3] w, float[3] b>"
    weights = "{ a = MatMul (x, w)  c = Add (a, b)  y = Relu (c)  z = Relu (x) }"
    model = parse(text.replace("w,", "w = {1,2,3,4,5,6},").replace("b>", "b = {1,2,3}>") + weights)
    onnx.save(model, "net.onnx")
    assert cli.run(["open", "net.onnx"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:6] == [
        "net.onnx: 4 operators, 9 parameters",
        "operators: MatMul, Add, Relu 2",
        "input: x  float32 (N, 2)",
        "input: i  int64 (1)",
        "output: y  float32 (N, 3)",
        "output: z  float32",
    ]
    assert lines[-1] == "next: neuropil open net.onnx --input x=x.npy --input i=i.npy --unit y,0,0"
