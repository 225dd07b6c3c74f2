"""The axon: a spike travels along excitable cable, and does not fade.

    v  speed, m/s      d  diameter, µm      ρ  resistivity, Ω·cm      x  place, mm

A traveling spike that keeps its shape goes at v ∝ √(d / ρ) (Hodgkin and Huxley 1952, equation 30):
four times as thick, twice as fast. That is why the squid has a giant axon, and we have myelin.
They computed 18.8 m/s for d = 476 µm, ρ = 35.4 Ω·cm at 18.5 °C, and measured 21.2 m/s.
"""

from dataclasses import dataclass, replace

import numpy as np

from neuropil.biology.cable import length_constant, unbranched_cable
from neuropil.biology.excitable import CompartmentModel
from neuropil.biology.membrane import SQUID, Floats, Membrane, spike_times

RESISTIVITY = 35.4  # Ω·cm, the axoplasm of the squid
PIECES = 120
SITES = (0.4, 0.8)  # of the length: where the passing spike is timed, away from both ends
LENGTH = 6.0  # resting length constants
PULSE = 0.25  # ms
PULSE_DENSITY = 150.0  # µA per cm² of the membrane within one λ: well above threshold


@dataclass(frozen=True)
class Conduction:
    """A spike on its way: time (T,) ms, place (N,) mm, voltage (T, N) mV, speed m/s."""

    time: Floats
    place: Floats
    voltage: Floats
    speed: float


def conduct(
    diameter: float = 476.0,
    *,
    celsius: float = 18.5,
    resistivity: float = RESISTIVITY,
    pieces: int = PIECES,
    step: float = 0.005,
    membrane: Membrane = SQUID,
) -> Conduction:
    """Start a spike at one end of an axon and time it on its way to the other.

    diameter: µm, 0.1 to 2000. celsius: 0 to 28, above which these channels carry no spike.
    Raises ValueError outside of these.
    """
    if not (0.1 <= diameter <= 2000 and 0 <= celsius <= 28):
        raise ValueError(
            f"{diameter} µm at {celsius} °C: diameter from 0.1 to 2000 µm, celsius from 0 to 28"
        )
    warm = replace(membrane, celsius=celsius)
    length = LENGTH * length_constant(diameter, resistivity, membrane.g_leak)  # µm
    cable = unbranched_cable(
        length=length, diameter=diameter, pieces=pieces, resistivity=resistivity
    )
    tissue = CompartmentModel(cable, warm, np.ones(pieces + 1), 0.0, step)
    pulse = 1e3 * PULSE_DENSITY * float(cable.area.sum()) / LENGTH  # nA into the first λ
    return _time_spike(tissue, np.linspace(0, length / 1000, pieces + 1), pulse)


def _time_spike(tissue: CompartmentModel, place: Floats, pulse: float) -> Conduction:
    """Inject a pulse, nA, at the first node until the spike has passed the last site."""
    first, last = (round(part * (len(place) - 1)) for part in SITES)
    quiet = (np.zeros((len(place), 1)), np.zeros((len(place), 1)))
    push = (quiet[0], pulse * np.eye(len(place), 1))
    voltages = [tissue.V[:, 0]]
    while voltages[-1][last] < 0:
        if len(voltages) * tissue.step > 100:
            raise ValueError("no spike arrived within 100 ms: such a membrane carries none")
        given = push if len(voltages) * tissue.step < PULSE else quiet
        tissue.advance(given, given)
        voltages.append(tissue.V[:, 0])
    time, voltage = tissue.step * np.arange(len(voltages)), np.array(voltages)
    took = spike_times(time, voltage[:, last])[0] - spike_times(time, voltage[:, first])[0]
    return Conduction(time, place, voltage, float((place[last] - place[first]) / took))
