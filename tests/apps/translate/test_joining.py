"""How the neuron that joins lines is learned: from which pairs, and to which weights."""

import json
from pathlib import Path

import numpy as np
import pytest

from neuropil.apps.translate.blocks import FEATURES
from neuropil.apps.translate.lab import joining
from neuropil.apps.translate.lab.joining import PENALTY, KnownPairs, fit, read_pictures
from neuropil.kit.errors import UserError

LINES = [("Sopa de", 0), ("pescado", 22), ("Pan con", 80), ("tomate", 102), ("Flan", 160)]


def write_scenes(folder: Path) -> Path:
    items = [
        {"quad": [[0, y], [200, y], [200, y + 20], [0, y + 20]], "text": text, "ignore": False}
        for text, y in LINES
    ]
    blocks = [{"lines": [0, 1]}, {"lines": [2, 3]}, {"lines": [4]}]
    rows = [
        {"split": split, "items": items, "blocks": blocks} for split in ("train", "train", "test")
    ]
    rows.append({"split": "train", "items": items})  # a picture whose blocks nobody told
    text = "\n".join(json.dumps(row) for row in rows)
    (folder / "scenes.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_pairs_are_those_whose_blocks_are_known(tmp_path: Path) -> None:
    pictures = read_pictures(write_scenes(tmp_path), "train")
    assert [picture.joined.tolist() for picture in pictures] == [[1, 1], [1, 1]]
    assert pictures[0].x.shape == (2, len(FEATURES))


def test_a_missing_list_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"scenes\.jsonl"):
        read_pictures(tmp_path, "train")


def test_a_damaged_list_is_said(tmp_path: Path) -> None:
    """Rows without what a picture has are refused, as the reader's training refuses them."""
    for text in ("{", '{"split": "train", "blocks": [{}], "items": []}', '{"items": []}'):
        (tmp_path / "scenes.jsonl").write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match="is damaged, or lacks something"):
            read_pictures(tmp_path, "train")


def test_the_weights_are_the_likeliest() -> None:
    """Where the penalized likelihood is highest, its gradient is zero."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    joined = (x @ [2, -1, 0] + 0.5 + rng.normal(size=40) > 0).astype(float)
    weights, bias = fit([KnownPairs(x[:15], joined[:15]), KnownPairs(x[15:], joined[15:])])
    a = 1 / (1 + np.exp(-x @ weights - bias))
    assert x.T @ (joined - a) == pytest.approx(PENALTY * weights, abs=1e-8)
    assert (joined - a).sum() == pytest.approx(PENALTY * bias, abs=1e-8)


def test_what_is_written_has_every_feature(tmp_path: Path) -> None:
    path = joining.write_joining(tmp_path, data=write_scenes(tmp_path))
    kept = json.loads(path.read_text("utf-8"))
    assert list(kept["weights"]) == list(FEATURES)
    assert kept["right"]["test"] == {"share": 1.0, "pairs": 2}
