"""The tagger by the five folds of ESC-50: five networks, each tried on the fold it never heard.

    neuropil train foley --stage folds --data DIR -o folds --set steps=6000

Clips of one recording share a fold: no network has heard another cut of what it is tried on.
"""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import mean

from neuropil.apps.foley.lab import recordings
from neuropil.kit.atomic import save_text
from neuropil.kit.progress import message
from neuropil.training.stages import claim_file

FILE = "folds.json"
FOLDS = range(1, 6)


def measure_folds(output: Path, *, data: Path, steps: int) -> Path:
    """Train ten networks, on all clips and on those that may ship, and write how right they are.

    steps: of each network; 6,000 take 7 minutes
    """
    file = claim_file(output, FILE)
    figures = {
        f"esc50_accuracy{ending}": mean(
            train_fold(output, data, steps, fold, permissive=permissive) for fold in FOLDS
        )
        for ending, permissive in (("", False), ("_permissive", True))
    }
    save_text(file, json.dumps({**figures, "esc50_steps": steps}, indent=1) + "\n")
    return file


def train_fold(output: Path, data: Path, steps: int, fold: int, *, permissive: bool) -> float:
    """Train on four folds, and give the share of the fifth that is tagged right."""
    from neuropil.apps.foley.lab.train import tagger_of_fold
    from neuropil.kit.networks.network import OnnxNetwork
    from neuropil.training.fit import fit

    examples = partial(recordings.fold_examples, fold=fold, permissive=permissive)
    recipe = replace(tagger_of_fold(), examples=examples, steps=steps)
    folder = output / f"{'permissive' if permissive else 'all'}-{fold}"
    file = fit(recipe, data=data, out=folder)
    score = float(json.loads(OnnxNetwork(file).metadata["scores"])["esc50"])
    message(f"fold {fold}: {score:.1%} right")
    return score
