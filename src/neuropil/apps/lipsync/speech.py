"""From sound to the mouth and to phones, step by step through the LSTM.

    said = read_speech(network, samples)
    said.mouths                 # (T, 10): opening, width and coefficients, 50 times a second
    said.at(times)              # the same at moments of frames, (F, 10)

T  steps     H  cells of a layer     F  frames
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.hearing import find_silence, hear, sample_at
from neuropil.apps.lipsync.phones import to_chances
from neuropil.apps.lipsync.preprocess import Floats
from neuropil.apps.lipsync.shapes import MouthBasis, Numbers
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.progress import ticking

AHEAD = 10  # steps of 20 ms that the network hears before it tells of a moment
STATE = ("h1", "c1", "h2", "c2")
INTERVAL = 64  # steps after which it is asked whether to stop


@dataclass(frozen=True, eq=False)
class SpeechReading:
    """What the network says of a recording.

    heard: (T, 80), what went in; mouths: (T, 10), in eye distances; phones: (T, 41), logits;
    hidden: (T, 2 H), the outputs of both layers; is_silent: (T,)
    """

    heard: Floats
    mouths: Numbers
    phones: Floats
    hidden: Floats
    is_silent: NDArray[np.bool_]

    @property
    def chances(self) -> Numbers:
        """Give the probabilities of the phones (T, 41)."""
        return to_chances(self.phones)

    def at(self, times: Numbers) -> Numbers:
        """Give mouths (F, 10) at moments in seconds."""
        return sample_at(times, self.mouths)


def first_state(network: OnnxNetwork) -> dict[str, Floats]:
    """Make the state that a recording starts from: zeros."""
    return {name: np.zeros((1, int(network.input_shapes[name][1])), np.float32) for name in STATE}


def run_steps(network: OnnxNetwork, heard: Floats) -> dict[str, NDArray[Any]]:
    """Run the network over what is heard (T, 80): all outputs by name, each (T, ..).

    The end is heard on for AHEAD steps, and the outputs of the first AHEAD are left out.
    """
    longer = np.concatenate([heard, np.repeat(heard[-1:], AHEAD, axis=0)])
    state = first_state(network)
    made: list[Mapping[str, NDArray[Any]]] = []
    for start in ticking(range(0, len(longer), INTERVAL)):
        for step in longer[start : start + INTERVAL]:
            out = network.run(heard=step[None], **state)
            state = {name: out[f"next_{name}"] for name in STATE}
            made.append(out)
    return {name: np.concatenate([out[name] for out in made[AHEAD:]]) for name in made[0]}


def read_speech(network: OnnxNetwork, samples: NDArray[np.float32]) -> SpeechReading:
    """Read a recording (N,) of 16 kHz."""
    heard = hear(samples)
    return replace(read_heard(network, heard), is_silent=find_silence(samples, len(heard)))


def read_heard(network: OnnxNetwork, heard: Floats) -> SpeechReading:
    """Read what is heard of a recording (T, 80), none of it taken for silence."""
    made = run_steps(network, heard)
    basis = MouthBasis.load()
    mouths = made["mouth"].astype(np.float64) * basis.spread + basis.mean
    hidden = np.concatenate([made["next_h1"], made["next_h2"]], axis=1)
    return SpeechReading(heard, mouths, made["phone"], hidden, np.zeros(len(heard), np.bool_))
