"""The living neuron, to be seen beside the artificial one that the playground works out.

    POST   /api/biology             {"x": [0.8, 0.6], "w": [3, 2], "b": 0.5} -> what happened in it
    GET    /api/biology/curve       its firing rate at each drive, measured once

A simulation takes a core for half a second, so one runs at a time and the others wait.
"""

from functools import cache
from threading import Lock
from typing import Annotated, Any

import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel, Field

from neuropil.biology.neuron import NeuronRecording, firing_rates, simulate
from neuropil.kit.errors import UserError

MS = 200.0  # that are followed
CURVE_MS = 300.0
DRIVES = np.linspace(-6, 16, 23)  # at which the firing rate is measured
EVERY = 2  # moments of the recording, of 0.1 ms, to one that is sent
ONE_AT_A_TIME = Lock()

Weight = Annotated[float, Field(ge=-10, le=10)]


class CellInput(BaseModel):
    """What comes in, 0 to 1 each, the weight of each, and the bias."""

    x: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=1, max_length=8)]
    w: Annotated[list[Weight], Field(min_length=1, max_length=8)]
    b: Weight = 0
    seed: Annotated[int, Field(ge=0, le=10**9)] = 0


def add_biology_routes(app: FastAPI) -> None:
    """Add the routes of the living neuron."""

    @app.post("/api/biology")
    def follow_cell(given: CellInput) -> dict[str, Any]:
        """Simulate the neuron on some inputs, and tell what happened in it."""
        if len(given.x) != len(given.w):
            words = f"{len(given.x)} inputs with {len(given.w)} weights: each input has one"
            raise UserError("option.conflict", words, name="w")
        with ONE_AT_A_TIME:
            return describe(simulate(given.x, given.w, given.b, ms=MS, seed=given.seed))

    @app.get("/api/biology/curve")
    def give_curve() -> dict[str, list[float]]:
        """Tell how the firing rate follows the drive."""
        with ONE_AT_A_TIME:
            return measure_curve()


def describe(run: NeuronRecording) -> dict[str, Any]:
    """Tell a recording in milliseconds and millivolts, of every input when its spikes came."""
    return {
        "ms": MS,
        "time": np.round(run.time[::EVERY], 2).tolist(),
        "soma": np.round(run.soma[::EVERY], 2).tolist(),
        "next": np.round(run.next_soma[::EVERY], 2).tolist(),
        "arrived": [np.round(spikes, 2).tolist() for spikes in run.spike_times],
        "spikes": np.round(run.spikes, 2).tolist(),
        "rate": run.firing_rate,
    }


@cache
def measure_curve() -> dict[str, list[float]]:
    """Measure the firing rate, Hz, at each drive z."""
    rates = firing_rates(DRIVES, ms=CURVE_MS)
    return {"z": DRIVES.tolist(), "rate": np.round(rates, 3).tolist()}
