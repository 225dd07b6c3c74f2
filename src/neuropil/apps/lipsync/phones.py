"""Phones, and the mouth-shape cue that an animator draws for each.

Phones are the classes of SAMPA that the network tells apart; `_` is a pause. Cues are the nine of
Preston Blair, as Rhubarb Lip Sync names them:

    A  lips closed                  B  teeth together, a little open     C  open
    D  wide open                    E  a little rounded                  F  puckered
    G  lower lip at the teeth       H  tongue raised                     X  at rest
"""

from types import MappingProxyType

import numpy as np

from neuropil.apps.lipsync.preprocess import Floats
from neuropil.apps.lipsync.shapes import Numbers

CUES = ("A", "B", "C", "D", "E", "F", "G", "H", "X")
PAUSE = "_"
PHONES_OF_CUE = MappingProxyType(
    {
        "A": "p b m",
        "B": "t d n k g N s z h j r i I S Z tS dZ T D",
        "C": "E { V @ EI",
        "D": "A AI aU",
        "E": "O OI r=",
        "F": "u U w @U",
        "G": "f v",
        "H": "l",
        "X": PAUSE,
    }
)
CUE_OF_PHONE = MappingProxyType(
    {phone: cue for cue in CUES for phone in PHONES_OF_CUE[cue].split()}
)
PHONES = tuple(sorted(CUE_OF_PHONE))


def to_chances(logits: Floats) -> Numbers:
    """Take the logits of phones (T, 41) to probabilities."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    chances: Numbers = powers / powers.sum(axis=1, keepdims=True)
    return chances
