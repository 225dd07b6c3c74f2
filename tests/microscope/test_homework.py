"""Homework made of a neuron: what is asked follows from what is given."""

import math
import re

import numpy as np
import pytest

from neuropil.core import Dense, Network, ReLU, Sigmoid
from neuropil.core.neural import squared_error
from neuropil.core.opening import open_neuron
from neuropil.microscope.homework import MOST, pose, render_homework


def network(n_in: int) -> Network:
    return Network(Dense(n_in, 3), ReLU(), Dense(3, 1), Sigmoid(), seed=2, dtype=np.float64)


def given(text: str) -> dict[str, float]:
    return {name: float(v) for name, v in re.findall(r"([\w/]+)\s=\s(-?[\d.]+(?:e-\d+)?)", text)}


def test_solutions_follow_from_what_is_printed() -> None:
    x = np.array([0.3, -1.2])
    record = open_neuron(network(2), x, layer=2, unit=0, target=[1.0], loss=squared_error, rate=0.5)
    forward, back, step = pose(record)
    g, s = given(forward.given), {k: float(v) for k, v in forward.blanks}
    products = [g[f"w{i}"] * g[f"x{i}"] for i in (1, 2, 3)]
    assert s["z"] == pytest.approx(sum(products) + g["b"], rel=1e-3)
    assert s["a"] == pytest.approx(1 / (1 + math.exp(-s["z"])), rel=1e-3)
    assert [s[f"w{i}·x{i}"] for i in (1, 2, 3)] == pytest.approx(products, rel=1e-3)
    slopes = {k: float(v) for k, v in back.blanks}
    assert slopes["da/dz"] == pytest.approx(s["a"] * (1 - s["a"]), rel=1e-3)
    dL_da = given(back.given.replace("dL/da", "dL_da"))["dL_da"]
    assert slopes["dL/dz"] == pytest.approx(dL_da * slopes["da/dz"], rel=1e-3)
    assert slopes["dL/dw2"] == pytest.approx(slopes["dL/dz"] * g["x2"], rel=1e-3)
    after = {k: float(v) for k, v in step.blanks}
    assert after["w2"] == pytest.approx(g["w2"] - 0.5 * slopes["dL/dw2"], rel=1e-3)
    assert after["b"] == pytest.approx(g["b"] - 0.5 * slopes["dL/dz"], rel=1e-3)


def test_of_many_inputs_the_largest_are_asked_for() -> None:
    x = np.linspace(-1, 1, 40)
    record = open_neuron(network(40), x, layer=0, unit=1)
    (forward,) = pose(record)
    assert len([label for label, _ in forward.blanks if label.startswith("w")]) == MOST
    g, s = given(forward.given), {k: float(v) for k, v in forward.blanks}
    asked = sum(g[f"w{i}"] * g[f"x{i}"] for i in range(1, MOST + 1))
    assert s["z"] == pytest.approx(asked + g["r"] + g["b"], abs=2e-3)
    assert s["z"] == pytest.approx(record.z, abs=5e-3)


def test_blanks_are_empty_and_solutions_are_not() -> None:
    record = open_neuron(network(2), np.array([0.3, -1.2]), layer=2, unit=0)
    tasks, solutions = render_homework("a test", [record]).split("<h1>Solutions</h1>")
    assert tasks.count("<i></i>") == solutions.count("</i>") == 5
    assert "<i></i>" not in solutions
    assert "Neurons by hand" in tasks
