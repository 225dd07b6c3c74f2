"""What things, scenes and forms of motion sound like: three committed tables.

    scenes.tsv    scene     its ambience, the likeliest first     what is heard when something hits
    things.tsv    thing     the same, of those of the eye's thousand that are heard; by their group,
                            such as dog, where all of it sound alike
    forms.tsv     form of motion     classes of sounds, each with a weight

N classes of sounds   S scenes and objects   K things   M forms of motion
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.foley.onsets import FORMS
from neuropil.apps.foley.scene import SeenShot, scene_names
from neuropil.apps.foley.tagger import read_kinds, tag_names
from neuropil.eye.network import classes

Table = NDArray[np.float64]

HERE = Path(__file__).parent
LATER = 0.7  # weight of a sound that a table names after another
THING = 3.0  # weight of things beside scenes: there are more of them, and they are more exact
FAINT = 0.01  # chance of a thing up to which it says nothing: of 1000, 118 are dogs
ANYWHERE = 0.1  # weight of all sounds of a kind, beside those that are named
FORM = 0.3  # share of the weight of a form that goes to the sounds that it names


@dataclass(frozen=True, eq=False)
class SoundTable:
    """How well sounds fit scenes (S, N), things (K, N) and forms (M, N); each row is together 1.

    Rows of things that are not heard are 0.
    """

    scene_ambience: Table
    scene_events: Table
    thing_ambience: Table
    thing_events: Table
    forms: Table


@cache
def read_table() -> SoundTable:
    """Read the tables."""
    scenes = {name: (around, struck) for name, around, struck in read_lines("scenes.tsv")}
    things = {name: (around, struck) for name, around, struck in read_lines("things.tsv")}
    of_scenes = [scenes[name] for name in scene_names()]
    silent = ("", "")
    of_things = [things.get(c.name) or things.get(c.group) or silent for c in classes()]
    named = dict(read_lines("forms.tsv"))
    return SoundTable(
        weigh_ranked([around for around, _ in of_scenes]),
        weigh_ranked([struck for _, struck in of_scenes]),
        weigh_ranked([around for around, _ in of_things]),
        weigh_ranked([struck for _, struck in of_things]),
        weigh_forms([named[form] for form in FORMS]),
    )


def read_lines(name: str) -> list[list[str]]:
    """Read the cells of a table."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines]


def weigh_ranked(rows: Sequence[str]) -> Table:
    """Weigh the sounds that each row names, the likeliest first."""
    weights = np.zeros((len(rows), len(tag_names())))
    for row, words in zip(weights, rows, strict=True):
        for rank, name in enumerate(words.split()):
            row[tag_names().index(name)] = LATER**rank
    return divide_rows(weights)


def weigh_forms(rows: Sequence[str]) -> Table:
    """Weigh the sounds that each row names with their weights, and all others a little."""
    weights = np.zeros((len(rows), len(tag_names())))
    for row, words in zip(weights, rows, strict=True):
        cells = words.split()
        for name, weight in zip(cells[::2], cells[1::2], strict=True):
            row[tag_names().index(name)] = float(weight)
    return FORM * divide_rows(weights) + (1 - FORM) * all_alike("event")


def divide_rows(weights: Table) -> Table:
    """Divide each row by its sum; rows of nothing stay."""
    divided: Table = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    return divided


def all_alike(kind: str) -> Table:
    """Give all sounds of a kind the same weight, together 1: (N,)."""
    is_kind = np.array([each == kind for each in read_kinds().values()])
    alike: Table = is_kind / is_kind.sum()
    return alike


def rate_events(seen: SeenShot, forms: Table) -> Table:
    """Rate what an event is likely to sound like: (N,), together 1.

    p[n] ~ seen[n] · Σ_m forms[m] · weights[m, n]

    forms: (M,), how likely each is
    """
    table = read_table()
    by_sight = rate_seen(seen, table.scene_events, table.thing_events)
    product = (by_sight + ANYWHERE * all_alike("event")) * (forms @ table.forms)
    ratings: Table = product / product.sum()
    return ratings


def rate_ambience(seen: SeenShot) -> Table:
    """Rate what a shot sounds like without any event: (N,), together 1."""
    table = read_table()
    return rate_seen(seen, table.scene_ambience, table.thing_ambience)


def rate_seen(seen: SeenShot, of_scenes: Table, of_things: Table) -> Table:
    """Rate sounds by what is seen: (N,), together 1.

    seen[n] ~ Σ_s scene[s] · of_scenes[s, n] + 3 · Σ_k max(things[k] - 0.01, 0) · of_things[k, n]
    """
    things = np.maximum(seen.things - FAINT, 0)
    total = seen.scene @ of_scenes + THING * (things @ of_things)
    ratings: Table = total / total.sum()
    return ratings
