"""What is measured of the biological neuron, beside what is known; and four rules that learn.

    neuropil bench biology

Physiology is compared with published values, or with closed forms. The four rules learn the same
1437 digits and are asked once about the same 360 others: mean and standard deviation over seeds.
"""

import subprocess
import sys
import time
from pathlib import Path
from statistics import mean, median, stdev

import numpy as np

from neuropil.biology.axon import conduct
from neuropil.biology.cable import length_constant, steady_state_voltage, unbranched_cable
from neuropil.biology.firing import (
    f_I_curve,
    instability_range,
    repetitive_firing_threshold,
    rheobase,
)
from neuropil.biology.learning import RULES, TrainedClassifier, accuracy
from neuropil.biology.lif import LeakyIntegrateAndFire
from neuropil.biology.membrane import simulate, spike_times, steady_current
from neuropil.biology.plasticity import STDP, pairing_experiment
from neuropil.core.digits import digits
from neuropil.kit.report import Metrics, Report, Table

SEEDS = {"hebb": 1, "oja": 5, "stdp": 3, "backprop": 5}  # Hebb's rule draws nothing
STARTS = 5
START = "from neuropil.biology import simulate; simulate([0.5, 1.0], [4.0, -2.0], ms=50)"
STEPS = {"25us": 0.025, "10us": 0.01}  # ms
CURRENTS = (6.3, 10, 20, 50)  # µA/cm²
NEURON_SPIKES = (1.90097, 16.82258, 31.47183, 46.10900, 60.74528, 75.38150, 90.01771)  # ms
LEARNED = {
    "hebb": "how often its pixel is inked in its class",
    "oja": "its pixel's share in a principal component; 10 more per feature, as Hebb's",
    "stdp": "whether its pixel's spikes come just before its neuron's: one way to write a digit",
    "backprop": "whatever lowers the loss; few look like anything",
}

Row = tuple[str, str, str, str]


def measure(data: Path | None) -> Report:
    """Measure physiology, learning and the start; no data are needed besides the package's own."""
    seconds = start_seconds()
    physiology = Table(
        "Physiology",
        ("what", "measured", "known", "by whom"),
        (
            *bench_membrane(),
            *bench_cables(),
            *bench_stdp(),
            ("cell, fresh process", f"{seconds:.2f} s", "", ""),
        ),
    )
    table, figures = bench_learning_rules()
    return Report((physiology, table), {**squid_figures(), **figures, "seconds_start": seconds})


def squid_figures() -> Metrics:
    """Measure what docs/biology.md sets beside other simulators: the squid's membrane and axon."""
    figures: Metrics = {}
    for name, step in STEPS.items():
        run = simulate(10, 100, step=step)
        spikes = spike_times(run.time, run.voltage[:, 0])
        figures[f"peak_{name}"] = float(run.voltage.max())  # mV
        figures[f"trough_{name}"] = float(run.voltage.min())
        figures[f"first_spike_{name}"] = float(spikes[0])  # ms
        figures[f"seventh_spike_{name}"] = float(spikes[6])
    for current, rate in zip(CURRENTS, f_I_curve(CURRENTS), strict=True):
        figures[f"rate_{current:g}".replace(".", "_")] = float(rate)  # Hz
    figures["rheobase"] = rheobase()  # µA/cm²
    figures["firing_threshold"] = repetitive_firing_threshold()
    figures["axon_speed"] = conduct().speed  # m/s
    figures["axon_speed_240_pieces"] = conduct(pieces=240).speed
    return figures


def bench_membrane() -> list[Row]:
    """Measure the squid's membrane."""
    V = np.linspace(-70, -60, 10_001)
    rest = float(V[np.argmax(steady_current(V) >= 0)])
    run = simulate(10, 100, step=0.01)
    off = abs(spike_times(run.time, run.voltage[:, 0]) - NEURON_SPIKES).max()
    onset = float(f_I_curve(6.3, ms=200)[0])
    first, last = instability_range()
    hh = "Hodgkin, Huxley 1952"
    return [
        ("resting potential", f"{rest:.2f} mV", "-65 mV", hh),
        ("spike peak at 10 µA/cm²", f"{run.voltage.max():.2f} mV", "40.27 mV", "NEURON 9.0.2"),
        ("  its trough", f"{run.voltage.min():.2f} mV", "-75.08 mV", "NEURON 9.0.2"),
        ("  seven spike times", f"within {off:.5f} ms", "0", "NEURON 9.0.2"),
        ("one spike from", f"{rheobase():.2f} µA/cm²", "2.24", "NEURON 9.0.2"),
        (
            "firing from",
            f"{repetitive_firing_threshold():.2f} µA/cm²",
            "6.265",
            "Balti et al. 2018",
        ),
        ("  at a rate of", f"{onset:.1f} Hz", "about 50 Hz", "class 2: Hodgkin 1948"),
        ("rest unstable from", f"{first:.2f} µA/cm²", "9.78", "Hassard 1978, from memory"),
        ("  to", f"{last:.1f} µA/cm²", "154.5", "Hassard 1978, from memory"),
    ]


def bench_cables() -> list[Row]:
    """Measure cables, axons and the integrator."""
    giant, thin, thick = conduct().speed, conduct(10, pieces=150), conduct(1000, pieces=110)
    neuron = LeakyIntegrateAndFire()
    intervals = np.diff(neuron.spikes([0.3] * 4000, 0.7))
    off = abs(1000 / intervals.mean() / neuron.rate(0.3) - 1)
    return [
        ("speed in the giant axon", f"{giant:.2f} m/s", "18.8 m/s", "Hodgkin, Huxley 1952"),
        ("  100 times as thick", f"{thick.speed / thin.speed:.3f} times", "10", "√d, their eq. 30"),
        (
            "cable attenuation, 80 pieces",
            f"off by {attenuation_error():.1e}",
            "0",
            "cosh, Rall 1959",
        ),
        ("integrate-and-fire, f-I", f"off by {off:.1e}", "0", "closed form"),
    ]


def attenuation_error() -> float:
    """Compare a sealed cable of 1.5 λ with cosh((L - x) / λ) / cosh(L / λ)."""
    length = 1.5 * length_constant(2, 100, 0.1)
    tree = unbranched_cable(length=length, diameter=2, pieces=80, resistivity=100)
    V = steady_state_voltage(tree, 0.1, np.eye(1, 81)[0])
    x = np.linspace(0, 1.5, 81)
    return float(abs(V / V[0] - np.cosh(1.5 - x) / np.cosh(1.5)).max())


def bench_stdp() -> list[Row]:
    """Measure the window of spike timing from pairings."""
    after, later, before, earlier = pairing_experiment([5.0, 22.0, -5.0, -39.0], STDP())
    forward, backward = 17 / np.log(after / later), 34 / np.log(before / earlier)
    return [
        ("timing: potentiation fades in", f"{forward:.1f} ms", "17 ms", "Bi, Poo 1998"),
        ("timing: depression fades in", f"{backward:.1f} ms", "34 ms", "Bi, Poo 1998"),
    ]


def bench_learning_rules() -> tuple[Table, Metrics]:
    """Let each rule learn the digits with several seeds, and test it."""
    rows: list[tuple[object, ...]] = []
    figures: Metrics = {}
    for rule, seeds in SEEDS.items():
        scores, learned = test_rule(rule, seeds)
        spread = stdev(scores) if seeds > 1 else 0.0
        figures[f"accuracy_{rule}"], figures[f"accuracy_{rule}_sd"] = mean(scores), spread
        figures[f"seconds_{rule}"] = learned.seconds
        right = f"{100 * mean(scores):.1f} ± {100 * spread:.1f} %"
        rows.append((rule, right, seeds, learned.seconds, learned.synapses, LEARNED[rule]))
    columns = ("rule", "right", "seeds", "seconds", "synapses", "what a synapse learns")
    return Table("The same digits by four rules", columns, tuple(rows)), figures


def test_rule(rule: str, seeds: int) -> tuple[list[float], TrainedClassifier]:
    """Learn with each seed and count right answers on the digits for testing."""
    data = digits()
    scores = []
    for seed in range(seeds):
        learned = RULES[rule](data.x_train, data.y_train, seed)
        scores.append(accuracy(learned, data.x_test, data.y_test))
    return scores, learned


def start_seconds() -> float:
    """Time a fresh process that imports this part and simulates a cell for 50 ms."""
    seconds = []
    for _ in range(STARTS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", START], check=True)
        seconds.append(time.perf_counter() - began)
    return median(seconds)
