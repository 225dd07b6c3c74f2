"""The neuron that joins lines into blocks, learned from pictures whose blocks are known.

neuropil train translate --stage joining --data DIR

P pairs of a line and the one above it   F features

DIR holds scenes.jsonl; pictures of its part "train" teach, and none need be opened. Logistic
regression by Newton's method: the weights that make the known answers likeliest, less PENALTY times
half their squares.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.blocks import FEATURES, LineText, features, pairs
from neuropil.apps.translate.geometry import upright_boxes
from neuropil.apps.translate.lab.scenes import Part, damaged, read_rows
from neuropil.apps.translate.language import NETWORK, language_probabilities
from neuropil.kit.atomic import save_text
from neuropil.kit.networks.network import OnnxNetwork

PENALTY = 0.3
ROUNDS = 30  # of Newton's method; some eight are enough


@dataclass(frozen=True)
class KnownPairs:
    """Pairs of lines of one picture: what is seen of them (P, F), and whether they are one (P,)."""

    x: NDArray[np.float64]
    joined: NDArray[np.float64]


def write_joining(output: Path, *, data: Path) -> Path:
    """Learn the neuron and write joining.json into a folder, with how often it is right.

    Measured on each picture of the training part by what the others teach, and on the test part.
    """
    train, test = (read_pictures(data, part) for part in ("train", "test"))
    weights, bias = fit(train)
    kept = {
        "weights": dict(zip(FEATURES, map(float, weights), strict=True)),
        "bias": bias,
        "right": {
            "left_out": share([score_without(train, k) for k in range(len(train))]),
            "test": share([count_right(picture, weights, bias) for picture in test]),
        },
    }
    path = output / "joining.json"
    save_text(path, json.dumps(kept, indent=1) + "\n")
    return path


def share(counts: Sequence[tuple[int, int]]) -> dict[str, float]:
    """Add up what is right of how many pairs, by picture."""
    right, of = np.sum(counts, axis=0)
    return {"share": round(float(right / of), 4), "pairs": int(of)}


def read_pictures(data: Path, part: Part) -> list[KnownPairs]:
    """Read the pairs of all pictures of a part whose blocks are known."""
    path, pictures = read_rows(data, part)
    network = NETWORK.open(threads=1)
    try:
        known = [known_pairs(picture, network) for picture in pictures if picture.get("blocks")]
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, error) from error
    return [picture for picture in known if len(picture.joined)]


def known_pairs(picture: Mapping[str, Any], network: OnnxNetwork) -> KnownPairs:
    """Take the pairs of which a line is in a block: what is in none goes on with none."""
    numbers = [n for n, item in enumerate(picture["items"]) if not item["ignore"]]
    items = [picture["items"][n] for n in numbers]
    languages = language_probabilities(network, [item["text"] for item in items])
    lines = [LineText(i["text"], row) for i, row in zip(items, languages, strict=True)]
    boxes = upright_boxes([np.array(item["quad"], np.float64) for item in items])
    block = {n: k for k, b in enumerate(picture["blocks"]) for n in b["lines"]}
    of = [block.get(n) for n in numbers]
    known = [(i, j) for i, j in pairs(lines, boxes) if (of[i], of[j]) != (None, None)]
    x = [features(i, j, lines, boxes) for i, j in known]
    joined = [of[i] == of[j] for i, j in known]
    return KnownPairs(np.array(x).reshape(-1, len(FEATURES)), np.array(joined, np.float64))


def score_without(pictures: list[KnownPairs], k: int) -> tuple[int, int]:
    """Count what is right in a picture by what the others teach, and its pairs."""
    return count_right(pictures[k], *fit([p for n, p in enumerate(pictures) if n != k]))


def count_right(picture: KnownPairs, weights: NDArray[np.float64], bias: float) -> tuple[int, int]:
    """Count what is right in a picture, and its pairs."""
    guessed = picture.x @ weights + bias > 0
    return int((guessed == picture.joined).sum()), len(guessed)


def fit(pictures: list[KnownPairs]) -> tuple[NDArray[np.float64], float]:
    """Find weights (F,) and bias: w += H⁻¹ (Xᵀ(t - σ(Xw)) - λ w), H = Xᵀ diag(σ(1-σ)) X + λ."""
    x = np.concatenate([picture.x for picture in pictures])
    x = np.hstack([x, np.ones((len(x), 1))])
    joined = np.concatenate([picture.joined for picture in pictures])
    penalty = np.full(x.shape[1], PENALTY)
    w = np.zeros(x.shape[1])
    for _ in range(ROUNDS):
        a = 1 / (1 + np.exp(-x @ w))
        hessian = (x * (a * (1 - a))[:, None]).T @ x + np.diag(penalty)
        w += np.linalg.solve(hessian, x.T @ (joined - a) - penalty * w)
    return w[:-1], float(w[-1])
