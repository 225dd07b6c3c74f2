"""Voltage spreads along cables as cable theory says."""

import numpy as np
import pytest

from neuropil.biology.cable import (
    CableTree,
    axial_matrix,
    length_constant,
    propagator,
    soma_node,
    steady_state_voltage,
    unbranched_cable,
)
from neuropil.biology.membrane import Floats

LEAK, RESISTIVITY, DIAMETER = 0.1, 100.0, 2.0  # mS/cm², Ω·cm, µm
LAMBDA = length_constant(DIAMETER, RESISTIVITY, LEAK)


def cable(lengths: float, pieces: int, diameter: float = DIAMETER) -> CableTree:
    long = lengths * length_constant(diameter, RESISTIVITY, LEAK)
    return unbranched_cable(length=long, diameter=diameter, pieces=pieces, resistivity=RESISTIVITY)


def at(node: int, tree: CableTree) -> Floats:
    unit: Floats = np.eye(1, len(tree.area), node)[0]
    return unit


def test_length_constant_by_hand() -> None:
    assert pytest.approx(707.1, abs=0.1) == LAMBDA  # √(2e-4 / (4 · 100 · 1e-4)) cm


def attenuation_error(pieces: int) -> float:
    tree = cable(1.5, pieces)
    V = steady_state_voltage(tree, LEAK, at(0, tree))
    x = np.linspace(0, 1.5, pieces + 1)
    return float(abs(V / V[0] - np.cosh(1.5 - x) / np.cosh(1.5)).max())


def test_steady_voltage_falls_as_a_hyperbolic_cosine() -> None:
    errors = np.array([attenuation_error(pieces) for pieces in (10, 20, 40, 80)])
    assert errors[-1] < 1e-5
    assert np.log2(errors[:-1] / errors[1:]) == pytest.approx(2, abs=0.02)


def test_input_conductance_in_siemens() -> None:
    """G = G∞ tanh(L / λ), G∞ = (π / 2) √(d³ gL / ρ) (Rall 1959): the units are right."""
    tree = cable(1.5, 200)
    endless = 1e6 * np.pi / 2 * np.sqrt((DIAMETER * 1e-4) ** 3 * LEAK * 1e-3 / RESISTIVITY)
    measured = 1 / steady_state_voltage(tree, LEAK, at(0, tree))[0]
    assert measured == pytest.approx(endless * np.tanh(1.5), rel=1e-4)


def test_branches_of_the_three_halves_power_are_one_cable() -> None:
    """Rall (1959): daughters with Σ d^(3/2) = D^(3/2), equally long in λ, continue their parent."""
    daughter = DIAMETER / 2 ** (2 / 3)
    length = 0.5 * length_constant(daughter, RESISTIVITY, LEAK)
    branched = cable(0.5, 100)
    for _ in range(2):
        branched = branched.attach_branch(
            100, length=length, diameter=daughter, pieces=100, resistivity=RESISTIVITY
        )
    straight = cable(1.0, 200)
    V, W = (steady_state_voltage(tree, LEAK, at(0, tree)) for tree in (branched, straight))
    np.testing.assert_allclose(V[:101], W[:101], rtol=1e-4)
    np.testing.assert_allclose(V[200], W[200], rtol=1e-4)
    np.testing.assert_allclose(V[101:201], V[201:], rtol=1e-12)


def test_spreading_is_exact_in_time() -> None:
    tree = cable(1.0, 12)
    once, twice = propagator(tree, 1.0, 0.2), propagator(tree, 1.0, 0.1)
    np.testing.assert_allclose(once, twice @ twice, atol=1e-13)
    rate = -axial_matrix(tree) / (1e3 * tree.area)[:, None]
    series, term = np.eye(13), np.eye(13)
    for k in range(1, 60):
        term = term @ rate * 0.2 / k
        series = series + term
    np.testing.assert_allclose(once, series, atol=1e-10)


def test_spreading_keeps_charge_and_evens_out() -> None:
    tree = cable(1.0, 12)
    through = propagator(tree, 1.0, 0.1)
    np.testing.assert_allclose(through.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(tree.area @ through, tree.area, rtol=1e-10)
    assert (through > -1e-15).all()


def test_cells_beside_each_other_do_not_touch() -> None:
    tree = cable(0.5, 3).combine(cable(0.5, 2))
    through = propagator(tree, 1.0, 0.1)
    assert through[:4, 4:] == pytest.approx(0, abs=1e-14)
    assert tree.parent.tolist() == [-1, 0, 1, 2, -1, 4, 5]


def test_a_ball_has_its_surface() -> None:
    assert soma_node(20).area[0] == pytest.approx(np.pi * 400e-8)


@pytest.mark.parametrize("wrong", ["length", "diameter", "pieces", "resistivity"])
def test_what_is_no_branch_is_refused(wrong: str) -> None:
    sizes = {"length": 100, "diameter": 2, "pieces": 4, "resistivity": 100} | {wrong: 0}
    with pytest.raises(ValueError, match=rf"{wrong} 0|0 {wrong}|{wrong}.*0"):
        soma_node(20).attach_branch(0, **sizes)


def test_a_branch_needs_a_node() -> None:
    with pytest.raises(ValueError, match="nodes 0 to 0"):
        soma_node(20).attach_branch(3, length=100, diameter=2, pieces=4, resistivity=100)
    with pytest.raises(ValueError, match="ball of -1"):
        soma_node(-1)
