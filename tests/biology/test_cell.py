"""A spike starts in the cell, travels down the axon and fires the next cell."""

import numpy as np
import pytest

from neuropil.biology.cell import (
    AXON_PLACES,
    DELAY,
    DENDRITES,
    NEXT_PEAK,
    AxonTerminal,
    CellRecording,
    build_morphology,
    simulate_cells,
)
from neuropil.biology.membrane import REST, spike_times
from neuropil.biology.synapse import EXCITATORY

STEP = 0.05


@pytest.fixture(scope="module")
def pushed() -> CellRecording:
    """Push three cells for 25 ms: not at all, too little, enough."""
    quiet = np.zeros((round(25 / STEP) + 1, DENDRITES, 3))
    return simulate_cells(quiet, quiet, np.array([0, 0.05, 0.5]), STEP)


def test_left_alone_it_rests(pushed: CellRecording) -> None:
    np.testing.assert_allclose(pushed.axon[..., 0], REST, atol=0.05)
    np.testing.assert_allclose(pushed.dendrites[..., 0], REST, atol=0.05)
    np.testing.assert_allclose(pushed.next_soma[..., 0], REST, atol=0.05)


def test_a_weak_push_stays_below_threshold(pushed: CellRecording) -> None:
    assert REST + 0.5 < pushed.axon[..., 1].max() < -50
    assert pushed.next_conductance[..., 1].max() == 0


def test_the_spike_travels_and_fires_the_next_cell(pushed: CellRecording) -> None:
    first = [float(spike_times(pushed.time, V, -20)[0]) for V in pushed.axon[..., 2].T]
    assert (np.diff(first) > 0).all()
    speed = np.diff(AXON_PLACES)[2:5] / np.diff(first)[2:5] / 1000  # m/s, in the middle
    assert speed == pytest.approx(12.3 * np.sqrt(2 / 476 * 35.4 / 100), rel=0.05)
    opens = pushed.time[np.argmax(pushed.next_conductance[..., 2] > 0)]
    assert opens == pytest.approx(first[-1] + DELAY, abs=0.2)
    reached = spike_times(pushed.time, pushed.next_soma[..., 2], -20)
    assert opens < reached[0] < opens + 2


def test_terminal_opens_the_double_exponential() -> None:
    terminal, opened = AxonTerminal(1, STEP), []
    terminal.detect_spikes(np.array([-60.0]), np.array([10.0]))
    for _ in range(400):
        terminal.advance()
        opened.append(float(terminal.conductance[0]))
    since = STEP * np.arange(1, 401) - DELAY
    np.testing.assert_allclose(opened, NEXT_PEAK * EXCITATORY.conductance(since), atol=1e-12)


def test_anatomy_has_one_cell_and_the_next() -> None:
    tree = build_morphology()
    assert (tree.parent == -1).sum() == 2
    assert (tree.parent == 0).sum() == 1 + DENDRITES
    assert (tree.parent < np.arange(len(tree.parent))).all()
