"""Networks that feed each other opened as one."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from refusals import refused
from zoo import parse

from neuropil.core.probe import Goal, Probe, Unit
from neuropil.microscope.activations import record_activations
from neuropil.microscope.chain import load_chain
from neuropil.microscope.walk import walk_back

FIRST = """
(float[B, 2] x) => (float[B, 2] seen, float[B, 2] y)
<float[2, 2] w = {1, 2, 3, 4}>
{ [one] h = MatMul(x, w)  seen = Relu(h)  y = Neg(seen) }
"""
SECOND = """
(float[B, 2] seen, float[B, 2] told) => (float[B, 2] y)
<float[2, 2] w = {1, 0, 5, 1}>
{ [one] h = Add(seen, told)  y = MatMul(h, w) }
"""


@pytest.fixture
def chain(tmp_path: Path) -> tuple[Path, Path]:
    files = tmp_path / "eye-lite.onnx", tmp_path / "two.onnx"
    for file, text in zip(files, (FIRST, SECOND), strict=True):
        onnx.save(parse(text), file)
    return files


def test_one_feeds_the_other_whatever_their_tensors_are_called(chain: tuple[Path, Path]) -> None:
    graph = load_chain(chain)
    assert graph.inputs == ("x", "told")
    assert graph.outputs == ("y",)
    assert [node.outputs[0] for node in graph.nodes] == ["eye/h", "seen", "h", "y"]
    x, told = np.array([[1, -1]], np.float32), np.array([[7, 0]], np.float32)
    values = record_activations(graph, {"x": x, "told": told}).values
    assert values["eye/h"].tolist() == [[-2, -2]]
    assert values["y"].tolist() == [[7, 0]]  # y of the second, not of the first


def test_a_walk_goes_on_into_the_network_before(chain: tuple[Path, Path]) -> None:
    inputs = {"x": np.ones((1, 2), np.float32), "told": np.zeros((1, 2), np.float32)}
    unit = Unit("y", (0, 0))
    probe = Probe(chain[1], inputs, unit, Goal.of_unit(unit, "y"), before=chain[:1])
    walk = walk_back(load_chain(probe.networks), probe, depth=9)
    assert [step.unit.tensor for step in walk.steps if step.unit] == ["y", "h", "seen"]
    assert [step.record.z for step in walk.steps] == [34, 6, 6]
    assert sorted(term.w for term in walk.steps[-1].record.terms) == [2, 4]


def test_a_chain_of_one_is_that_network(chain: tuple[Path, Path]) -> None:
    assert load_chain(chain[1:]).inputs == ("seen", "told")
    with refused("input.missing", "no.onnx"):
        load_chain((chain[0], chain[0].parent / "no.onnx"))


KINK = """
(float[1, 2] x) => (float[1, 1] y)
<float[2, 2] same = {1, 0, 0, 1}, float[2, 2] w = {1, 0, 0, 3}, float[2, 1] v = {3.7e-9, 1},
 float[1] b = {-0.300000011920929}>
{ h = MatMul(x, same)  u = MatMul(h, w)  s = MatMul(u, v)  z = Add(s, b)  y = Relu(z) }
"""


def test_a_slope_is_that_of_the_run_beside_a_kink(tmp_path: Path) -> None:
    """3 · 0.1 in 32 bits and in 64 lie on either side of the kink of y, whatever is moved."""
    onnx.save(parse(KINK), tmp_path / "kink.onnx")
    goal = Goal.of_unit(Unit("y", (0, 0)), "y")
    inputs = {"x": np.array([[1, 0.1]], np.float32)}
    probe = Probe(tmp_path / "kink.onnx", inputs, Unit("u", (0, 0)), goal)
    walk = walk_back(load_chain(probe.networks), probe, depth=2)
    assert [str(step.unit) for step in walk.steps] == ["u,0,0", "h,0,0"]
    assert walk.steps[0].record.dL_dz == pytest.approx(3.7e-9)
    assert all(step.record.check().passed for step in walk.steps)
