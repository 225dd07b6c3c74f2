"""How sure the eye's thousand names may be, and when it is none of them.

    neuropil train classify --stage thousand --data DIR -o runs/thousand

DIR holds `101_ObjectCategories`, Caltech-101, of which the eye has seen nothing. The temperature of
the softmax makes the right words most likely (Guo et al. 2017); a neuron on how far the largest
logit stands out of all learns to tell what is on the list from what isn't, both weighing the same.
Then PRIOR to one is added: a photograph that somebody asks about shows mostly something that has a
name here. `runs/thousand/thousand.json` is what ships.

    N  photographs     K = 1000 classes
"""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.classify.app import EYE, Classify
from neuropil.apps.classify.classifier import THOUSAND, of_network, stand_out
from neuropil.apps.classify.lab import photo_sets
from neuropil.apps.classify.lab.photo_sets import LabeledPhoto
from neuropil.kit.atomic import save_text
from neuropil.kit.media.image import Image
from neuropil.kit.progress import track
from neuropil.kit.provenance import git_commit
from neuropil.training.stages import claim_file

Floats = NDArray[np.float64]

PER_FOLDER = 40  # photographs of one class of Caltech-101
PRIOR = 3.0
TEMPERATURES = np.geomspace(0.3, 3, 200)


def calibrate_thousand(output: Path, *, data: Path) -> Path:
    """Find temperature and neuron, and write them to a file."""
    photos = photo_sets.caltech(data, PER_FOLDER)
    file = claim_file(output, THOUSAND.name)
    z = view_logits(photos)
    right = photo_sets.right_matrix(photos)
    known: NDArray[np.bool_] = np.any(right, axis=1)
    mean = z.mean(axis=1)
    weight, bias = fit_none(stand_out(z).mean(axis=1), known)
    told = {
        "temperature": fit_temperature(mean[known], right[known]),
        "none_weight": weight,
        "none_bias": bias - float(np.log(PRIOR)),
        "photographs": len(photos),
        "command": "neuropil train classify --stage thousand --data DIR",
        "commit": git_commit(Path(__file__).parent),
        "date": date.today().isoformat(),
    }
    save_text(file, json.dumps(told, indent=2) + "\n")
    return file


def view_logits(photos: Sequence[LabeledPhoto]) -> Floats:
    """Find the eye's logits of every view: (N, V, K)."""
    classifier = of_network(Classify().network(EYE))
    return np.stack(
        [
            classifier.run(Image.open(photo.file))["logits"].astype(np.float64)
            for photo in track(photos, total=len(photos), title="photographs")
        ]
    )


def fit_temperature(z: Floats, right: NDArray[np.bool_]) -> float:
    """Find the temperature at which logits (N, K) make the right words (N, K) most likely."""
    return float(min(TEMPERATURES, key=lambda T: misfit(z / T, right)))


def misfit(z: Floats, right: NDArray[np.bool_]) -> float:
    """Measure the mean of -log p, p the sum over the classes that are right."""
    every, ours = np.logaddexp.reduce(z, axis=1), np.where(right, z, -np.inf)
    return float((every - np.logaddexp.reduce(ours, axis=1)).mean())


def fit_none(e: Floats, known: NDArray[np.bool_]) -> tuple[float, float]:
    """Find w and b of o = w·e + b, the logit that a photograph (N,) is none of the list."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(class_weight="balanced").fit(e[:, None], ~known)
    return float(model.coef_[0, 0]), float(model.intercept_[0])
