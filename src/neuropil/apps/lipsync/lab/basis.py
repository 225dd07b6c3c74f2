"""The basis that mouths are told in: principal components of the speaker's mouths.

neuropil train lipsync --stage basis --data DIR
"""

import json
from pathlib import Path

import numpy as np

from neuropil.apps.lipsync.lab.data import Speaker
from neuropil.apps.lipsync.shapes import (
    COEFFICIENTS,
    FILE,
    MouthBasis,
    ShapeBasis,
    align_mouths,
    eye_distances,
)
from neuropil.training.stages import claim_file

EVERY = 5  # frames, of which one is taken


def write_basis(output: Path, data: Path) -> Path:
    """Find the basis of the mouths of the clips that are not the judge's, and write it."""
    file = claim_file(output, FILE.name)
    basis = fit_basis(Speaker.read(data))
    file.write_text(json.dumps(basis.to_json(), separators=(",", ":")) + "\n", encoding="utf-8")
    return file


def fit_basis(speaker: Speaker) -> MouthBasis:
    """Fit the basis: the mean face in eye distances, components, means and deviations."""
    clips = speaker.points[speaker.clips("train")].astype(np.float64)
    face = clips.mean(axis=(0, 1))
    reference = (face - face.mean(axis=0)) / eye_distances(face[None])[0]
    mouths = np.stack([align_mouths(points, reference) for points in clips])
    centered = mouths - mouths.mean(axis=1, keepdims=True)
    shapes = ShapeBasis.fit(centered.reshape(-1, mouths.shape[-1])[::EVERY], COEFFICIENTS)
    mean_mouth = mouths.mean(axis=(0, 1))
    basis = MouthBasis(
        reference, ShapeBasis(mean_mouth, shapes.directions), np.zeros(0), np.zeros(0)
    )
    numbers = np.concatenate([basis.measure(points) for points in clips])
    return MouthBasis(reference, basis.shapes, numbers.mean(axis=0), numbers.std(axis=0))
