"""Excitable cables in time agree with the single patch, and with themselves at smaller steps."""

import numpy as np
import pytest

from neuropil.biology.cable import soma_node, unbranched_cable
from neuropil.biology.excitable import CompartmentModel
from neuropil.biology.membrane import SQUID, simulate

DENSITY = 10.0  # µA/cm²
MS = 2.0  # on the upstroke of the first spike


def patch_voltage(step: float) -> float:
    """Follow one node of squid membrane under the current that `simulate` is given."""
    soma = soma_node(20)
    tissue = CompartmentModel(soma, SQUID, np.ones(1), 0.0, step)
    injected = (np.zeros((1, 1)), np.full((1, 1), DENSITY * soma.area[0] * 1e3))
    for _ in range(round(MS / step)):
        tissue.advance(injected, injected)
    return float(tissue.V[0, 0])


def cable_voltage(step: float) -> float:
    """Follow a short axon of which the first node is pushed."""
    axon = unbranched_cable(length=300, diameter=2, pieces=6, resistivity=100)
    tissue = CompartmentModel(axon, SQUID, np.ones(7), 0.0, step)
    pushed = (np.zeros((7, 1)), np.eye(7, 1) * DENSITY * axon.area.sum() * 1e3)
    for _ in range(round(MS / step)):
        tissue.advance(pushed, pushed)
    return float(tissue.V[-1, 0])


def test_one_node_is_the_patch() -> None:
    reference = simulate(DENSITY, MS, step=0.0025).voltage[-1, 0]
    errors = np.array([abs(patch_voltage(step) - reference) for step in (0.02, 0.01, 0.005)])
    assert np.log2(errors[:-1] / errors[1:]) == pytest.approx(2, abs=0.15)
    assert errors[-1] < 0.05


def test_splitting_is_of_second_order() -> None:
    V = np.array([cable_voltage(step) for step in (0.04, 0.02, 0.01, 0.005)])
    ratio = (V[:-2] - V[1:-1]) / (V[1:-1] - V[2:])
    assert np.log2(abs(ratio)) == pytest.approx(2, abs=0.25)
    assert V[-1] > -50  # the far end has heard of it


def test_passive_nodes_rest_and_stay() -> None:
    dendrite = unbranched_cable(length=200, diameter=2, pieces=4, resistivity=100)
    tissue = CompartmentModel(dendrite, SQUID, np.zeros(5), 0.1, 0.05, trials=3)
    quiet = (np.zeros((5, 3)), np.zeros((5, 3)))
    for _ in range(20):
        tissue.advance(quiet, quiet)
    np.testing.assert_allclose(tissue.V, -65, atol=1e-9)
