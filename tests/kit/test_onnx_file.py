"""ONNX files with other weights."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from refusals import refused

from neuropil.kit.networks import onnx_file
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.networks.onnx_file import GraphNode, OnnxFile, check_whole

X = np.array([[1.0, 2.0, 3.0]], np.float32)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write y = W x + b, W in half precision as our own files have it."""
    weights = [
        numpy_helper.from_array(np.ones((2, 3), np.float16), "head.weight.float16"),
        numpy_helper.from_array(np.zeros(2, np.float32), "head.bias"),
    ]
    nodes = [
        helper.make_node("Cast", ["head.weight.float16"], ["head.weight"], to=TensorProto.FLOAT),
        helper.make_node("Gemm", ["x", "head.weight", "head.bias"], ["y"], transB=1),
    ]
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["B", n])
        for name, n in (("x", 3), ("y", 2))
    ]
    graph = helper.make_graph(nodes, "tiny", values[:1], values[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(model, {"neuropil": "tiny", "kept": "yes"})
    onnx.save(model, tmp_path / "tiny.onnx")
    return tmp_path / "tiny.onnx"


def test_weights_and_words_are_replaced(file: Path, tmp_path: Path) -> None:
    weight = np.arange(12.0).reshape(4, 3)
    made = OnnxFile.open(file).with_tensors(
        {"head.weight": weight, "head.bias": np.arange(4.0)}, {"neuropil": "other", "new": "ö"}
    )
    made.save(tmp_path / "made.onnx")
    onnx.checker.check_model(onnx.load(tmp_path / "made.onnx"), full_check=True)
    network = OnnxNetwork(tmp_path / "made.onnx")
    assert network.run(x=X)["y"] == pytest.approx(X @ weight.T + np.arange(4))
    assert network.metadata == {"neuropil": "other", "kept": "yes", "new": "ö"}
    kinds = {t.name: t.data_type for t in onnx.load(tmp_path / "made.onnx").graph.initializer}
    assert kinds == {"head.weight.float16": TensorProto.FLOAT16, "head.bias": TensorProto.FLOAT}
    assert OnnxNetwork(file).run(x=X)["y"].tolist() == [[6, 6]], "the first is as it was"


def test_an_output_is_calculated_otherwise(file: Path, tmp_path: Path) -> None:
    nodes = [GraphNode("Neg", ("x",), "minus"), GraphNode("Mul", ("minus", "three"), "y")]
    three = np.full((1, 3), 3, np.float32)
    made = OnnxFile.open(file).with_outputs(nodes, {"three": three}, {"y": 3})
    made.save(tmp_path / "made.onnx")
    network = OnnxNetwork(tmp_path / "made.onnx")
    assert network.run(x=X)["y"].tolist() == [[-3, -6, -9]]
    assert network.metadata == {"neuropil": "tiny", "kept": "yes"}
    graph = onnx.load(tmp_path / "made.onnx").graph
    assert [node.op_type for node in graph.node] == ["Neg", "Mul"]
    assert [tensor.name for tensor in graph.initializer] == ["three"], "no weight is left over"
    again = OnnxFile.open(tmp_path / "made.onnx").with_outputs(nodes, {"three": three}, {"y": 3})
    assert again.content == made.content


def test_it_is_written_as_onnx_alone(file: Path, tmp_path: Path) -> None:
    opened = OnnxFile.open(file)
    assert tuple(opened.SUFFIXES) == (".onnx",)
    with refused("output.ending", "made.bin", ".onnx"):
        opened.save(tmp_path / "made.bin")


def test_what_it_tells_is_replaced_whole(file: Path, tmp_path: Path) -> None:
    made = OnnxFile.open(str(file)).with_metadata({"neuropil": "other", "new": "ö"})
    made.save(str(tmp_path / "made.onnx"))
    assert OnnxNetwork(tmp_path / "made.onnx").metadata == {"neuropil": "other", "new": "ö"}
    assert made.metadata == {"neuropil": "other", "new": "ö"}
    assert OnnxFile.open(file).metadata == {"neuropil": "tiny", "kept": "yes"}


def test_it_prints_in_few_words(file: Path) -> None:
    assert len(repr(OnnxFile.open(file))) < 20


def test_a_weight_is_read_by_its_name(file: Path) -> None:
    opened = OnnxFile.open(file)
    assert opened.tensor("head.weight").tolist() == [[1, 1, 1], [1, 1, 1]]
    assert opened.tensor("head.weight").dtype == np.float16
    assert opened.tensor("head.bias").tolist() == [0, 0]


def test_a_file_that_is_too_large_is_not_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = file.stat().st_size
    monkeypatch.setattr(onnx_file, "MOST_BYTES", size)
    OnnxFile.open(file)
    monkeypatch.setattr(onnx_file, "MOST_BYTES", size - 1)
    with refused("input.too_large", file):
        OnnxFile.open(file)


def test_weights_in_other_files_are_found_wherever_they_are(file: Path) -> None:
    check_whole(file, file.read_bytes())
    outside = TensorProto(name="outside", data_type=TensorProto.FLOAT, dims=[1])
    outside.data_location = TensorProto.EXTERNAL
    outside.external_data.add(key="location", value="../secret")
    constant = helper.make_node("Constant", [], ["c"], value=outside)
    inner = helper.make_graph([constant], "inner", [], [])
    for made in (
        helper.make_graph([], "g", [], [], [outside]),
        helper.make_graph([constant], "g", [], []),
        helper.make_graph([helper.make_node("If", ["x"], ["y"], then_branch=inner)], "g", [], []),
    ):
        content = helper.make_model(made).SerializeToString()
        with refused("network.damaged", file, "outside"):
            check_whole(file, content)
