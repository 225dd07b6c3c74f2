"""Cables: how voltage spreads along a dendrite or an axon, from soma to tip.

    x  place, µm        d  diameter, µm        ρ  resistivity of the inside, Ω·cm
    N  nodes            V  voltage, mV         I  current, nA

    λ = √(d / (4 ρ gL))             the length over which a steady voltage falls to 1/e (Rall 1959)
    V(x) = V(0) cosh((L - x) / λ) / cosh(L / λ)          steady, sealed at L

A tree is cut into straight pieces, with nodes where pieces meet. A node has the membrane of the
halves of its pieces, and a conductance to its parent: C dV/dt = -G V + what flows through the
membrane, G being the Laplacian of the tree. The spread alone, exp(-C⁻¹ G t), is computed exactly
from eigenvectors, so that it is stable at any step and branches cost nothing.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.biology.membrane import Floats


@dataclass(frozen=True)
class CableTree:
    """Nodes of one or several cells, each after its parent: parent (N,), area (N,), link (N,)."""

    parent: NDArray[np.intp]  # -1 where a cell begins
    area: Floats  # cm² of membrane
    axial_conductance: Floats  # µS to the parent, 0 where there is none

    def attach_branch(
        self, at: int, *, length: float, diameter: float, pieces: int, resistivity: float
    ) -> "CableTree":
        """Let a branch grow from a node: as many new nodes as pieces, the last one sealed.

        length, diameter: µm. resistivity: Ω·cm. Raises ValueError where one isn't above 0.
        """
        if not (0 <= at < len(self.area)):
            raise ValueError(f"no node {at}: the tree has nodes 0 to {len(self.area) - 1}")
        if not (length > 0 and diameter > 0 and pieces >= 1 and resistivity > 0):
            raise ValueError(
                f"length {length} µm, diameter {diameter} µm, {pieces} pieces and resistivity "
                f"{resistivity} Ω·cm must be above 0"
            )
        new = len(self.area) + np.arange(pieces)
        half = math.pi * diameter * length / pieces / 2 * 1e-8  # cm² of half a piece
        area = np.concatenate((self.area, np.full(pieces, 2 * half)))
        area[at] += half
        area[-1] = half
        link = axial_conductance(length / pieces, diameter, resistivity)
        return CableTree(
            np.concatenate((self.parent, [at], new[:-1])),
            area,
            np.concatenate((self.axial_conductance, np.full(pieces, link))),
        )

    def combine(self, other: "CableTree") -> "CableTree":
        """Put another cell's nodes after these, unconnected."""
        parent = np.where(other.parent < 0, -1, other.parent + len(self.parent))
        return CableTree(
            np.concatenate((self.parent, parent)),
            np.concatenate((self.area, other.area)),
            np.concatenate((self.axial_conductance, other.axial_conductance)),
        )


def soma_node(diameter: float) -> CableTree:
    """Make a soma: one node with the surface of a ball, diameter in µm."""
    if not diameter > 0:
        raise ValueError(f"a ball of {diameter} µm: give a diameter above 0, as 20")
    return CableTree(np.array([-1]), np.array([math.pi * diameter**2 * 1e-8]), np.zeros(1))


def unbranched_cable(
    *, length: float, diameter: float, pieces: int, resistivity: float
) -> CableTree:
    """Make a cable alone, µm and Ω·cm, sealed at both ends: pieces + 1 nodes."""
    point = CableTree(np.array([-1]), np.zeros(1), np.zeros(1))
    return point.attach_branch(
        0, length=length, diameter=diameter, pieces=pieces, resistivity=resistivity
    )


def axial_conductance(length: float, diameter: float, resistivity: float) -> float:
    """Give the conductance along a piece, µS: (π d² / 4) / (ρ length)."""
    return 100 * math.pi * diameter**2 / (4 * resistivity * length)  # 100: from µm and cm to µS


def length_constant(diameter: float, resistivity: float, g_leak: float) -> float:
    """Give λ, µm, for a diameter in µm, Ω·cm and mS/cm²."""
    return 1e4 * math.sqrt(diameter * 1e-4 / (4 * resistivity * g_leak * 1e-3))


def axial_matrix(tree: CableTree) -> Floats:
    """Give G (N, N), µS: G V is the current that flows out of each node along the cables, nA."""
    G = np.zeros((len(tree.area), len(tree.area)))
    for node, (parent, link) in enumerate(zip(tree.parent, tree.axial_conductance, strict=True)):
        if parent >= 0:
            G[[node, parent], [node, parent]] += link
            G[[node, parent], [parent, node]] -= link
    return G


def steady_state_voltage(tree: CableTree, g_leak: float, injected: Floats) -> Floats:
    """Solve for the voltage (N,) above rest, mV, under currents (N,), nA: (G + gL area) V = I."""
    leak = 1e3 * g_leak * tree.area  # µS
    return np.linalg.solve(axial_matrix(tree) + np.diag(leak), injected)


def propagator(tree: CableTree, capacitance: float, step: float) -> Floats:
    """Give exp(-C⁻¹ G step) (N, N), by which voltages spread along the cables in a step, ms.

    C⁻¹ G is made symmetric, C^-½ G C^-½ = Q Λ Qᵀ, whose exponential is Q exp(-Λ step) Qᵀ.
    """
    root = np.sqrt(1e3 * capacitance * tree.area)  # nF^½
    values, Q = np.linalg.eigh(axial_matrix(tree) / np.outer(root, root))
    through: Floats = (Q * np.exp(-values * step)) @ Q.T * root / root[:, None]
    return through
