"""What things and scenes sound like, and what a form of motion sounds like: two committed tables.

    scenes.tsv    scene     its ambience, the likeliest first     what is heard when something hits
    forms.tsv     form of motion     classes of sounds, each with a weight

N classes of sounds   S scenes and objects   M forms of motion
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.foley.onsets import FORMS
from neuropil.apps.foley.scene import scene_names
from neuropil.apps.foley.tagger import read_kinds, tag_names

Table = NDArray[np.float64]

HERE = Path(__file__).parent
ANYWHERE = 0.05  # weight of a sound in scenes that don't name it, beside 1 of one that does
ANYHOW = 0.02  # weight of a sound in forms of motion that don't name it


@dataclass(frozen=True, eq=False)
class SoundTable:
    """How well sounds fit: ambience (S, N) and events (S, N) to scenes, events to forms (M, N)."""

    ambience: Table
    events: Table
    forms: Table


@cache
def read_table() -> SoundTable:
    """Read both tables."""
    numbers = {name: n for n, name in enumerate(tag_names())}
    is_event = np.array([kind == "event" for kind in read_kinds().values()])
    ambience = np.zeros((len(scene_names()), len(numbers)))
    events = np.where(is_event, ANYWHERE, 0) * np.ones_like(ambience)
    for row, line in enumerate(read_lines("scenes.tsv")):
        _, around, struck = line.split("\t")
        for rank, name in enumerate(around.split()):
            ambience[row, numbers[name]] = 0.5**rank
        for rank, name in enumerate(struck.split()):
            events[row, numbers[name]] = 0.85**rank
    forms = np.where(is_event, ANYHOW, 0) * np.ones((len(FORMS), len(numbers)))
    for line in read_lines("forms.tsv"):
        form, weights = line.split("\t")
        words = weights.split()
        for name, weight in zip(words[::2], words[1::2], strict=True):
            forms[FORMS.index(form), numbers[name]] = float(weight)
    return SoundTable(ambience, events, forms)


def read_lines(name: str) -> list[str]:
    """Read the lines of a table."""
    return (HERE / name).read_text(encoding="utf-8").splitlines()


def rate_events(scene: Table, forms: Table) -> Table:
    """Rate what an event is likely to sound like: (N,), together 1.

    p[n] ~ Σ_s scene[s] · events[s, n] · Σ_m forms[m] · weights[m, n]

    scene: (S,), forms: (M,), how likely each is
    """
    table = read_table()
    product = (scene @ table.events) * (forms @ table.forms)
    return normalize(product)


def rate_ambience(scene: Table) -> Table:
    """Rate what a scene sounds like: (N,), together 1."""
    return normalize(scene @ read_table().ambience)


def normalize(product: Table) -> Table:
    """Divide ratings (N,) by their sum."""
    ratings: Table = product / product.sum()
    return ratings
