"""Small sounds, libraries, films and networks that the tests of foley share."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.foley.cues import Cue, CueSheet
from neuropil.apps.foley.onsets import FORMS, Onset
from neuropil.apps.foley.scene import SeenShot, scene_names
from neuropil.apps.foley.sound_library import Recording, SoundLibrary
from neuropil.apps.foley.tagger import EMBEDDING
from neuropil.eye.network import classes
from neuropil.kit.audio.audio import Audio
from neuropil.kit.media.film_writer import write_film
from neuropil.kit.media.frame import Frame
from neuropil.kit.networks.network import NetworkFile

RATE = 48_000
Floats = NDArray[np.float32]


def click(seconds: float = 0.3, at: float = 0.0, hz: float = 900, rate: int = RATE) -> Floats:
    """Make a decaying tone that begins at a moment: (N, 1)."""
    moments = np.arange(round(seconds * rate)) / rate - at
    wave = 0.5 * np.sin(2 * np.pi * hz * moments) * np.exp(-25 * moments) * (moments >= 0)
    return wave.astype(np.float32)[:, None]


def noise(seconds: float = 1.0, level: float = 0.05, seed: int = 0) -> Floats:
    made = np.random.default_rng(seed).normal(0, level, (round(seconds * RATE), 1))
    return made.astype(np.float32)


def save_recording(path: Path, samples: Floats, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Audio(samples, rate).save(path)
    return path


def recording(path: Path, name: str, kind: str = "event", **known: object) -> Recording:
    """Say of a file what a library would know."""
    audio = Audio.open(path)
    plain = Recording(
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        file=path.name,
        name=name,
        kind=kind,
        material="",
        strength="",
        seconds=audio.seconds,
        onset=0.0,
        is_loop=kind == "ambience",
        loudness=-20.0,
        brightness=0.0,
        licence="CC BY 3.0",
        author="Ada",
        title=name,
        source="https://example.org",
        embedding=np.eye(EMBEDDING, dtype=np.float32)[0],
        place=path,
    )
    return replace(plain, **known)  # type: ignore[arg-type]


def make_library(folder: Path) -> SoundLibrary:
    """Make a library of a hit, a splash, a dog and two ambiences."""
    sounds = {
        "hit-wood": click(hz=300),
        "splash": noise(0.4, 0.2),
        "dog-bark": click(0.4, hz=600),
        "birds": noise(1.0, 0.05, seed=1),
        "sea": noise(1.0, 0.05, seed=2),
    }
    made = [
        recording(
            save_recording(folder / f"{name}.wav", samples),
            name,
            "ambience" if name in ("birds", "sea") else "event",
        )
        for name, samples in sounds.items()
    ]
    return SoundLibrary(()).join(SoundLibrary(tuple(made)))


def cue(name: str, time: float, duration: float = 0.3, **changed: object) -> Cue:
    kind = "ambience" if name in ("birds", "sea") else "event"
    plain = Cue(time, duration, kind, name, f"{name}.wav", 0.0, 0.0, 1.0, 0.5, "a test")
    return replace(plain, **changed)  # type: ignore[arg-type]


def sheet(*cues: Cue, seconds: float = 3.0) -> CueSheet:
    return CueSheet("film.mp4", seconds, cues)


def onset(time: float, form: str = "strike", **changed: object) -> Onset:
    forms = np.full(len(FORMS), 0.01)
    forms[FORMS.index(form)] = 1
    plain = Onset(time, round(25 * time), 0.9, 0.5, forms / forms.sum(), 0.0, 0.05)
    return replace(plain, **changed)  # type: ignore[arg-type]


def see(scene: str, **things: float) -> SeenShot:
    """Say that a scene is seen for certain, and things as likely as is said."""
    scenes = np.eye(len(scene_names()))[scene_names().index(scene)]
    return SeenShot(scenes, np.array([things.get(each.name, 0.0) for each in classes()]))


def shoot_hits(
    path: Path, hits: Sequence[float] = (0.6, 1.2), seconds: float = 2.0, fps: int = 25
) -> Path:
    """Film a bar that falls on a line at each moment, and rises again."""
    frames = []
    for n in range(round(seconds * fps)):
        pixels = np.full((72, 96, 3), 90, np.uint8)
        pixels[60:] = 140
        away = min((abs(n / fps - hit) for hit in hits), default=1.0)
        bottom = 60 - round(min(away * 120, 45))
        pixels[max(0, bottom - 12) : bottom, 40:60] = 230
        frames.append(Frame(pixels, Fraction(n, fps)))
    write_film(path, frames, fps=Fraction(fps))
    return path


@cache
def make_networks(folder: Path) -> Mapping[str, NetworkFile]:
    """Write untrained networks, of the form of those that ship."""
    import torch

    from neuropil.apps.foley.lab import train
    from neuropil.eye.network import NETWORK
    from neuropil.training.export import export

    folder.mkdir(exist_ok=True)
    networks = {"eye": NETWORK}
    for recipe in (train.scene(), train.onset(), train.tagger()):
        torch.manual_seed(3)
        network = recipe.network()
        file = export(network.eval(), recipe, {"threshold": 0.5}, folder)
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        networks[recipe.name.split("-")[1]] = NetworkFile(folder, file.name, sha256, "MIT")
    return networks
