"""The biological neuron beside the artificial one, on the same inputs.

    n  inputs          x  input, 0..1          w  weight          b  bias
    M  moments kept    S  places on the axon   D  dendrites       T  steps + 1

    biological                                       artificial
    spikes arrive on FIBERS fibers of input i, at    x_i
        random, x_i · 100 a second on each
    the synapses' conductance, |w_i| · UNIT in all   w_i: excitatory above 0, inhibitory below
    currents flow together at the soma               z = w1·x1 + … + wn·xn + b
    a steady current, b times what w·x = 1 makes     b
    spikes, all alike, travel down the axon          a = σ(z) = 1 / (1 + e⁻ᶻ)
    firing rate, Hz                                  a

Input i ends on dendrite i mod 8, all at one distance, so that equal weights have equal effects. It
is a bundle of fibers because the jolts of a single strong one would fire the neuron by themselves.
At -60 mV an inhibitory synapse (-80 mV) has a third of the driving force of an excitatory one
(0 mV), which a threefold conductance makes up for; in the brain such synapses sit near the soma.

A squid's membrane is silent or fires more than about 50 a second under steady input; the irregular
arrival of spikes is what fills in the rates between, and makes the curve an S. Where the likeness
ends: zero drive is silence, not one half; a drive above about 20 blocks the neuron instead of
saturating it; and of two inputs that cancel, the jolts remain and fire it now and then.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from neuropil.biology.cell import (
    ARRIVED,
    AXON_PLACES,
    DENDRITES,
    KEPT,
    CellRecording,
    simulate_cells,
)
from neuropil.biology.membrane import Floats, spike_times
from neuropil.biology.synapse import EXCITATORY, INHIBITORY, Synapse, current
from neuropil.core.nn import Progress

TOP_RATE = 100.0  # Hz, of an input of 1
FIBERS = 5  # to an input
UNIT = 5e-3  # µS: peak conductance for a weight of 1, of all its fibers together
INHIBITION = 3.0  # times more conductance on average where a weight is below 0
DRIVING = 60.0  # mV, of an excitatory synapse near threshold
STEP = 0.05  # ms
LARGEST = 100.0  # of |w| and |b|
LONGEST = 5000.0  # ms
MOST = 500_000  # ms of all inputs together: what fits into memory


@dataclass(frozen=True)
class NeuronRecording:
    """What happened in the neuron, and what the artificial one made of the same inputs.

    time: (M,) ms                       spike_times: n arrays, ms: when spikes arrived, on any fiber
    weights: (n,)                       conductances: (n, M) µS, of each synapse
    dendritic_currents: (n, M) nA, of each synapse, above 0 where it excites
    dendrites: (D, M) mV, where the synapses sit, synapse i on dendrite i mod D
    soma: (M,) mV                       spikes: ms, when the soma fired
    axon: (S, M) mV                     axon_places: (S,) µm from the soma
    next_conductance: (M,) µS           next_soma: (M,) mV, of the cell at the axon's end
    next_spikes: ms                     firing_rate: Hz
    z, a: the artificial neuron's weighted sum and activation, the sigmoid of z
    """

    time: Floats
    spike_times: tuple[Floats, ...]
    weights: Floats
    conductances: Floats
    dendritic_currents: Floats
    dendrites: Floats
    soma: Floats
    spikes: Floats
    axon: Floats
    axon_places: Floats
    next_conductance: Floats
    next_soma: Floats
    next_spikes: Floats
    firing_rate: float
    z: float
    a: float


def simulate(
    inputs: Sequence[float] | Floats,
    weights: Sequence[float] | Floats,
    bias: float = 0.0,
    *,
    ms: float = 500.0,
    seed: int = 0,
    step: float = STEP,
    progress: Progress | None = None,
) -> NeuronRecording:
    """Let inputs (n,), 0..1, arrive as spikes, weigh them by weights (n,), and follow the neuron.

    weights and bias: -100 to 100. ms: 1 to 5000. step: 0.1 ms divided by 2, 3 … 20.
    progress: wraps each loop: over spikes, inputs and steps.
    The same seed gives the same trace. Raises ValueError for what is outside of these.
    """
    x, w = np.asarray(inputs, float), np.asarray(weights, float)
    _check(x, w, bias, ms, step)
    arrived = poisson_spike_times(x, ms, np.random.default_rng(seed))
    opened = _sum_conductances(arrived, w, ms, step, progress)
    g, drive = _gather_synapses(opened, w, progress)
    run = simulate_cells(
        g[..., None], drive[..., None], np.array([bias * bias_current()]), step, progress
    )
    z = math.fsum([*(w * x).tolist(), bias])
    return _trace(run, arrived, w, opened[:, :: round(KEPT / step)], z)


def firing_rates(
    drives: ArrayLike,
    *,
    ms: float = 500.0,
    seed: int = 0,
    step: float = STEP,
    progress: Progress | None = None,
) -> Floats:
    """Measure the firing rates (B,), Hz, at summed drives z (B,), -100 to 100.

    A drive comes in over one input on each dendrite, x = 1 and w = z / D: excitatory above 0,
    inhibitory below. progress: wraps each loop, as in `simulate`.
    Raises ValueError for other drives, or more of them than fit into memory.
    """
    z = np.atleast_1d(np.asarray(drives, float))
    _check(np.ones(len(z) * DENDRITES), np.repeat(z, DENDRITES), 0.0, ms, step)
    trials = np.random.default_rng(seed).spawn(len(z))
    reached = []
    for total, rng in zip(z, trials, strict=True):
        w = np.full(DENDRITES, total / DENDRITES)
        arrived = poisson_spike_times(np.ones(DENDRITES), ms, rng)
        reached.append(
            _gather_synapses(_sum_conductances(arrived, w, ms, step, progress), w, progress)
        )
    g, drive = (np.stack(part, axis=-1) for part in zip(*reached, strict=True))
    run = simulate_cells(g, drive, np.zeros(len(z)), step, progress)
    counts = [len(spike_times(run.time, soma, ARRIVED)) for soma in run.axon[:, 0].T]
    return 1000 / ms * np.array(counts)


def poisson_spike_times(x: Floats, ms: float, rng: np.random.Generator) -> tuple[Floats, ...]:
    """Draw when spikes arrive at each input, ms: Poisson, x · 100 Hz on each fiber."""
    counts = rng.poisson(x * FIBERS * TOP_RATE * ms / 1000)
    return tuple(np.sort(rng.uniform(0, ms, count)) for count in counts)


def bias_current() -> float:
    """Give the steady current, nA, that is to a bias of 1 as the mean one is to w · x = 1."""
    return DRIVING * UNIT * EXCITATORY.area * TOP_RATE / 1000


def synapse_type(weight: float) -> Synapse:
    """Choose the synapse that a weight stands for, by its sign."""
    return EXCITATORY if weight >= 0 else INHIBITORY


def peak_conductance(weight: float) -> float:
    """Give the peak of one fiber's conductance, µS; below 0 scaled by what inhibition needs."""
    excitatory = UNIT / FIBERS * abs(weight)
    return (
        excitatory if weight >= 0 else INHIBITION * EXCITATORY.area / INHIBITORY.area * excitatory
    )


def _sum_conductances(
    arrived: tuple[Floats, ...], w: Floats, ms: float, step: float, progress: Progress | None
) -> Floats:
    """Sum the conductances that the spikes open: (n, T), µS."""
    time = step * np.arange(round(ms / step) + 1)
    opened = np.zeros((len(w), len(time)))
    inputs = np.repeat(np.arange(len(w)), [len(spikes) for spikes in arrived])
    spikes = np.concatenate(arrived)
    begins = np.searchsorted(time, spikes)
    for k in _wrap_range(len(spikes), progress):
        weight = float(w[inputs[k]])
        synapse, peak = synapse_type(weight), peak_conductance(weight)
        lasts = slice(begins[k], begins[k] + int(20 * synapse.decay / step))  # e⁻²⁰ is nothing
        opened[inputs[k], lasts] += peak * synapse.conductance(time[lasts] - spikes[k])
    return opened


def _gather_synapses(opened: Floats, w: Floats, progress: Progress | None) -> tuple[Floats, Floats]:
    """Sum conductances and drives of the synapses of each dendrite: two (T, D)."""
    n, T = opened.shape
    g, drive = np.zeros((2, DENDRITES, T))
    for i in _wrap_range(n, progress):
        g[i % DENDRITES] += opened[i]
        drive[i % DENDRITES] += opened[i] * synapse_type(float(w[i])).reversal
    return g.T, drive.T


def _wrap_range(n: int, progress: Progress | None) -> Iterable[int]:
    """Count to n, through what wraps the loops."""
    return progress(range(n)) if progress else range(n)


def _trace(
    run: CellRecording, arrived: tuple[Floats, ...], w: Floats, opened: Floats, z: float
) -> NeuronRecording:
    dendrites, axon = run.dendrites[..., 0].T, run.axon[..., 0].T
    reversal = np.array([synapse_type(weight).reversal for weight in w])[:, None]
    spikes = spike_times(run.time, axon[0], ARRIVED)
    next_soma = run.next_soma[:, 0]
    return NeuronRecording(
        time=run.time,
        spike_times=arrived,
        weights=w,
        conductances=opened,
        dendritic_currents=current(opened, dendrites[np.arange(len(w)) % DENDRITES], reversal),
        dendrites=dendrites,
        soma=axon[0],
        spikes=spikes,
        axon=axon,
        axon_places=AXON_PLACES,
        next_conductance=run.next_conductance[:, 0],
        next_soma=next_soma,
        next_spikes=spike_times(run.time, next_soma, ARRIVED),
        firing_rate=1000 * len(spikes) / float(run.time[-1]),
        z=z,
        a=sigmoid(z),
    )


def sigmoid(z: float) -> float:
    """Compute σ(z) = 1 / (1 + e⁻ᶻ), for z of either sign without overflow."""
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def _check(x: Floats, w: Floats, bias: float, ms: float, step: float) -> None:
    if x.ndim != 1 or w.shape != x.shape or not len(w):
        raise ValueError(
            f"inputs {x.shape} and weights {w.shape} must be two lists "
            "as long as each other, as simulate([0.2, 0.9], [4, -2])"
        )
    if not ((x >= 0) & (x <= 1)).all():
        raise ValueError(f"inputs {x} must lie from 0 to 1: divide by the largest")
    if not (abs(w) <= LARGEST).all() or not abs(bias) <= LARGEST:
        raise ValueError(f"weights {w} and bias {bias} must lie from -{LARGEST:g} to {LARGEST:g}")
    if not 1 <= ms <= LONGEST:
        raise ValueError(f"{ms} ms: give from 1 to {LONGEST:g}, as 500")
    if len(x) * ms > MOST:
        raise ValueError(
            f"{len(x)} inputs for {ms} ms are more than {MOST} ms together: "
            f"give at most {int(MOST / ms)} inputs, or fewer ms"
        )
    parts = KEPT / step if step > 0 else 0
    if not (2 <= parts <= 20 and abs(parts - round(parts)) < 1e-6):
        raise ValueError(f"a step of {step} ms: give {KEPT} divided by 2, 3 … 20, as 0.05")
