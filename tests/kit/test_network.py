import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from refusals import refused

from neuropil.kit.cpu import cores
from neuropil.kit.networks import network
from neuropil.kit.networks.network import NetworkFile, OnnxNetwork, choose_files, match


def doubling(path: Path, *, owner: str = "double", inputs: str = "x", outputs: str = "y") -> Path:
    """Write a network that doubles its input."""
    two = helper.make_tensor("two", TensorProto.FLOAT, [], [2.0])
    graph = helper.make_graph(
        [helper.make_node("Mul", [inputs, "two"], [outputs])],
        "double",
        [helper.make_tensor_value_info(inputs, TensorProto.FLOAT, ["N"])],
        [helper.make_tensor_value_info(outputs, TensorProto.FLOAT, ["N"])],
        [two],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {"neuropil": owner, "licence": "MIT"})
    onnx.save(model, path)
    return path


@pytest.fixture
def weights(tmp_path: Path) -> NetworkFile:
    path = doubling(tmp_path / "double.onnx")
    return NetworkFile(tmp_path, path.name, hashlib.sha256(path.read_bytes()).hexdigest(), "MIT")


def test_the_packaged_network_runs(weights: NetworkFile) -> None:
    network = weights.open(threads=1)
    made = network.run(x=np.array([1, 2], np.float32))
    assert {name: list(values) for name, values in made.items()} == {"y": [2, 4]}
    assert network.metadata == {"neuropil": "double", "licence": "MIT"}
    assert network.path == weights.folder / weights.file


def test_a_network_can_be_opened_by_its_path(tmp_path: Path) -> None:
    network = OnnxNetwork(doubling(tmp_path / "double.onnx"))
    assert (network.inputs, network.outputs) == (("x",), ("y",))


def test_a_wrong_hash_is_refused(weights: NetworkFile) -> None:
    for broken in (replace(weights, sha256="0" * 64), replace(weights, file="none.onnx")):
        with refused("network.damaged", broken.file):
            broken.open()


def test_other_weights_come_by_path_or_by_variable(
    weights: NetworkFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = (doubling(tmp_path / f"{name}.onnx") for name in ("one", "two"))
    other = doubling(tmp_path / "other.onnx", owner="drive")
    files = {"doubler": weights}
    assert choose_files(files, []) == {}
    assert choose_files(files, [one]) == {"doubler": one}
    monkeypatch.setenv("NEUROPIL_WEIGHTS", os.pathsep.join(map(str, (other, two))))
    assert choose_files(files, []) == {"doubler": two}  # the one of another application is left
    assert choose_files(files, [one]) == {"doubler": one}
    assert choose_files({}, []) == {}
    assert weights.open().path == weights.path


def test_a_file_finds_its_role_by_its_form(weights: NetworkFile, tmp_path: Path) -> None:
    path = doubling(tmp_path / "halve.onnx", inputs="z")
    other = NetworkFile(tmp_path, path.name, hashlib.sha256(path.read_bytes()).hexdigest(), "MIT")
    files = {"doubler": weights, "halver": other}
    assert match(OnnxNetwork(path), files) == "halver"
    assert choose_files(files, [path, weights.path]) == {"halver": path, "doubler": weights.path}


def test_weights_of_another_form_are_refused(weights: NetworkFile, tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("not a network", encoding="utf-8")
    (tmp_path / "empty.onnx").touch()
    for path, code, given in [
        (tmp_path, "input.missing", ()),
        (tmp_path / "none.onnx", "input.missing", ()),
        (tmp_path / "text.onnx", "network.damaged", ()),
        (tmp_path / "empty.onnx", "network.damaged", ()),
        (doubling(tmp_path / "a.onnx", owner="drive"), "network.mismatch", ("drive", "double")),
        (
            doubling(tmp_path / "b.onnx", inputs="z"),
            "network.mismatch",
            ("from z to y", "one from x to y"),
        ),
        (
            doubling(tmp_path / "c.onnx", outputs="z"),
            "network.mismatch",
            ("from x to z", "one from x to y"),
        ),
    ]:
        with refused(code, path, *given):
            choose_files({"doubler": weights}, [path])
    foreign = doubling(tmp_path / "e.onnx", owner="drive")
    with refused("network.mismatch", "made for drive; classify can't use it"):
        choose_files({"doubler": weights}, [foreign], "classify")
    with refused("network.mismatch", "no network"):
        choose_files({}, [doubling(tmp_path / "d.onnx")])


def test_cores_are_those_that_may_be_used() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_weights_in_another_file_are_refused(
    weights: NetworkFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = doubling(tmp_path / "parted.onnx")
    model = onnx.load(path)
    two = numpy_helper.from_array(np.array(2, np.float32), "two")
    model.graph.initializer[0].CopyFrom(two)
    onnx.save(model, path, save_as_external_data=True, location="parted.bin", size_threshold=0)
    with refused("network.damaged", path, "two", "one file"):
        choose_files({"doubler": weights}, [path])
    whole = doubling(tmp_path / "whole.onnx")
    monkeypatch.setattr(network, "MOST_BYTES", whole.stat().st_size - 1)
    with refused("input.too_large", whole):
        choose_files({"doubler": weights}, [whole])


def test_a_network_keeps_the_bytes_that_it_was_read_from(weights: NetworkFile) -> None:
    content = weights.path.read_bytes()
    networks = weights.open(threads=1), OnnxNetwork(weights.path), OnnxNetwork(content)
    weights.path.write_bytes(b"another")
    assert [network.content for network in networks] == [content] * 3
    assert [network.path for network in networks] == [weights.path, weights.path, Path()]
