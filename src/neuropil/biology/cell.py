"""A cell of compartments: eight dendrites, a soma, an axon, and the soma of the next cell.

    D  dendrites      A  pieces of axon      S  places on it      B  trials at once
    T  steps + 1      M  moments kept        g  conductance, µS   V  voltage, mV

    dendrites, passive            soma      axon, excitable            the next cell
    ─●──╲
    ─●────●━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━<  ●
    ─●──╱                                                        synapse

Soma and axon are of squid membrane at 6.3 °C; the sizes are those of a cortical cell whose
dendrites are cut short, since squid membrane carries little more. A spike
that arrives at the end of the axon opens a synapse on the next soma, strong enough to fire it.
"""

from dataclasses import dataclass

import numpy as np

from neuropil.biology.cable import CableTree, soma_node
from neuropil.biology.excitable import CompartmentModel
from neuropil.biology.membrane import SQUID, Floats
from neuropil.biology.synapse import EXCITATORY
from neuropil.core.nn import Progress

DENDRITES = 8  # D, each a piece with its synapses at the tip: they are short beside λ, 0.7 mm
DENDRITE_LENGTH, DENDRITE_DIAMETER = 100.0, 2.0  # µm
DENDRITE_LEAK = 0.1  # mS/cm²
SOMA_DIAMETER = 30.0  # µm
AXON_PIECES, AXON_LENGTH, AXON_DIAMETER = 60, 3000.0, 2.0  # µm
AXON_SITES = 7  # S: evenly from the soma to the end
RESISTIVITY = 100.0  # Ω·cm, of cytoplasm
ARRIVED = -20.0  # mV: a voltage that rises through this is a spike
DELAY = 0.5  # ms from a spike's arrival to the opening of the next synapse
NEXT_PEAK = 0.05  # µS
KEPT = 0.1  # ms between the moments that are kept

SOMA, TERMINAL, NEXT = 0, AXON_PIECES, AXON_PIECES + 1  # nodes
ON_AXON = np.linspace(SOMA, TERMINAL, AXON_SITES).astype(int)
FIRST_DENDRITE = NEXT + 1
SYNAPSES = FIRST_DENDRITE + np.arange(DENDRITES)
AXON_PLACES = np.linspace(0, AXON_LENGTH, AXON_SITES)  # µm from the soma


@dataclass(frozen=True)
class CellRecording:
    """Voltages, mV, and the next synapse's conductance, µS, at the moments kept.

    time (M,), dendrites (M, D, B), axon (M, S, B) of which the first is the soma, next_soma and
    next_conductance (M, B)
    """

    time: Floats
    dendrites: Floats
    axon: Floats
    next_soma: Floats
    next_conductance: Floats


def build_morphology() -> CableTree:
    """Grow the cell: soma, axon, beside it the next soma, then the dendrites."""
    axon = {"length": AXON_LENGTH, "diameter": AXON_DIAMETER, "resistivity": RESISTIVITY}
    tree = (
        soma_node(SOMA_DIAMETER)
        .attach_branch(SOMA, pieces=AXON_PIECES, **axon)
        .combine(soma_node(SOMA_DIAMETER))
    )
    for _ in range(DENDRITES):
        tree = tree.attach_branch(
            SOMA,
            length=DENDRITE_LENGTH,
            diameter=DENDRITE_DIAMETER,
            pieces=1,
            resistivity=RESISTIVITY,
        )
    return tree


def simulate_cells(
    g: Floats, drive: Floats, current: Floats, step: float, progress: Progress | None = None
) -> CellRecording:
    """Follow B cells from rest, given what reaches them.

    g: (T, D, B) µS, of all synapses of a dendrite together. drive: (T, D, B) nA, the same times
    reversal potentials. current: (B,) nA into the soma. step: ms. progress: wraps the steps
    """
    T, D, B = g.shape
    tree = build_morphology()
    active = (np.arange(len(tree.area)) < FIRST_DENDRITE).astype(float)
    tissue = CompartmentModel(tree, SQUID, active, DENDRITE_LEAK, step, trials=B)
    terminal = AxonTerminal(B, step)
    every = round(KEPT / step)
    kept = [_moment(tissue, terminal)]
    begin = _gather_at_nodes(tissue, g[0], drive[0], current, terminal)
    for t in progress(range(1, T)) if progress else range(1, T):
        before = tissue.V[TERMINAL]
        terminal.advance()
        end = _gather_at_nodes(tissue, g[t], drive[t], current, terminal)
        tissue.advance(begin, end)
        begin = end
        terminal.detect_spikes(before, tissue.V[TERMINAL])
        if t % every == 0:
            kept.append(_moment(tissue, terminal))
    return CellRecording(
        KEPT * np.arange(len(kept)), *(np.array(part) for part in zip(*kept, strict=True))
    )


class AxonTerminal:
    """The end of the axon: every spike that arrives opens the next synapse a little later.

    The two exponentials of the conductance decay by a factor in each step, which is exact.
    """

    def __init__(self, trials: int, step: float) -> None:
        self.coming = np.zeros((round(DELAY / step), trials))  # a ring: row 0 opens next
        self.rising, self.falling = np.zeros(trials), np.zeros(trials)
        self.fade = np.exp(-step / np.array([EXCITATORY.rise, EXCITATORY.decay]))

    @property
    def conductance(self) -> Floats:
        """Give the next synapse's conductance (B,), µS."""
        return NEXT_PEAK * EXCITATORY.scale * (self.falling - self.rising)

    def advance(self) -> None:
        """Take a step: conductances decay, and what was released DELAY ago arrives."""
        self.rising = self.rising * self.fade[0] + self.coming[0]
        self.falling = self.falling * self.fade[1] + self.coming[0]
        self.coming = np.roll(self.coming, -1, axis=0)
        self.coming[-1] = 0

    def detect_spikes(self, before: Floats, after: Floats) -> None:
        """Release transmitter where the voltage (B,) has just risen through ARRIVED."""
        self.coming[-1] = (before < ARRIVED) & (after >= ARRIVED)


def _gather_at_nodes(
    tissue: CompartmentModel, g: Floats, drive: Floats, current: Floats, terminal: AxonTerminal
) -> tuple[Floats, Floats]:
    """Put what reaches the cells, (D, B) and (B,), at its nodes: conductance, drive (N, B)."""
    at_nodes, driving = np.zeros_like(tissue.V), np.zeros_like(tissue.V)
    at_nodes[SYNAPSES], driving[SYNAPSES] = g, drive
    driving[SOMA] = current
    at_nodes[NEXT] = terminal.conductance
    driving[NEXT] = terminal.conductance * EXCITATORY.reversal
    return at_nodes, driving


def _moment(
    tissue: CompartmentModel, terminal: AxonTerminal
) -> tuple[Floats, Floats, Floats, Floats]:
    V = tissue.V
    return V[SYNAPSES], V[ON_AXON], V[NEXT], terminal.conductance
