"""Recipes: what they are made of, and that a few steps of each can be run."""

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from neuropil import registry
from neuropil.apps.classify.app import CLASSIFIER, Classify
from neuropil.apps.classify.lab import calibration, data, train
from neuropil.apps.classify.lab.data import LabeledImages
from neuropil.kit.media.image import Image
from neuropil.surfaces.cli import main as cli
from neuropil.training.fit import fit
from neuropil.training.optim import Muon
from neuropil.training.recipe import Recipe
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

RECIPES = registry.recipes("classify")
TRICKS = {name: {name.removeprefix("short_")} for name in RECIPES if name.startswith("short_")}


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Split[LabeledImages]:
    monkeypatch.setattr(data, "BATCH", 8)
    rng = np.random.default_rng(0)
    pixels = rng.integers(256, size=(24, 32, 32, 3), dtype=np.uint8)
    made = Split(
        LabeledImages(pixels, np.arange(24) % 10), LabeledImages(pixels[:10], np.arange(10))
    )
    monkeypatch.setattr(data, "examples", lambda folder: made)
    return made


def test_each_trick_has_its_recipe() -> None:
    assert next(iter(RECIPES)) == "long"
    assert len(TRICKS) == 8


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_has_its_own_name(name: str) -> None:
    assert RECIPES[name]().name == f"classify-{name}".replace("_", "-")


@pytest.mark.parametrize("name", TRICKS)
def test_a_variant_changes_one_thing(name: str) -> None:
    short, variant = train.short(), RECIPES[name]()
    changed = {
        f.name
        for f in fields(Recipe)
        if f.name not in ("name", "packings", "network")
        and getattr(short, f.name) != getattr(variant, f.name)
    }
    network = repr(short.network) != repr(variant.network)
    assert len(changed - {"lr", "steps"}) + network == 1, changed
    assert ("steps" in changed) == (name == "short_full_size"), "a larger picture takes longer"


@pytest.mark.parametrize("name", RECIPES)
def test_the_loss_falls(name: str, few: Split[LabeledImages]) -> None:
    recipe = RECIPES[name]()
    torch.manual_seed(0)
    network = recipe.network()
    optimizer = recipe.optimizer(network, recipe.lr)
    for group in optimizer.param_groups:
        group["lr"] = 0.1 * group["initial_lr"]
    losses = []
    for _ in range(4):
        arrays = recipe.batch(few, TrainingStep(0, 0, 9))
        batch = {key: torch.from_numpy(value) for key, value in arrays.items()}
        loss = recipe.loss(network.train(), batch)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(loss.item())
    assert min(losses[2:]) < losses[0]
    assert isinstance(optimizer, Muon) == (name != "short_adamw")


def test_a_training_makes_a_file_that_fits(few: Split[LabeledImages], tmp_path: Path) -> None:
    recipe = replace(train.base(), examples=data.examples, steps=4)
    file = fit(recipe, data=tmp_path, out=tmp_path / "run", device="cpu")
    assert file.name == "classify-base.onnx"
    assert file.stat().st_size < 4_000_000
    network = Classify(networks=[file]).network(CLASSIFIER)
    assert network.outputs == ("logits", "outside", "features")


def test_training_and_calibration_make_what_ships(
    few: Split[LabeledImages], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After four steps it knows nothing, but tells all that the shipped file tells."""
    recipe = replace(train.long(), examples=data.examples, steps=4)
    trained = fit(recipe, data=tmp_path, out=tmp_path / "run", device="cpu")
    before = Classify(networks=trained).network(CLASSIFIER)
    assert (before.metadata["temperature"], before.metadata["outside"]) == ("1.0", "")
    photos = [(Image(p), word) for p in few.held_out.pixels for word in ("none", "dog")]
    monkeypatch.setattr(calibration, "labeled_photos", lambda folder: iter(photos))
    words = ["train", "classify", "--stage", "calibrate", "-o", str(tmp_path / "calibrated")]
    words += ["--data", str(tmp_path), "--network", str(trained)]
    assert cli.run(words) == 0
    app, shipped = Classify(networks=tmp_path / "calibrated" / trained.name), Classify()
    made, ships = app.network(CLASSIFIER), shipped.network(CLASSIFIER)
    assert made.metadata.keys() == ships.metadata.keys()
    assert (made.inputs, made.outputs) == (ships.inputs, ships.outputs)
    scores = [json.loads(network.metadata["scores"]).keys() for network in (made, ships)]
    assert scores[0] == scores[1]
    assert app.classifier().metadata.none_label == shipped.classifier("ten").metadata.none_label
    for key in ("spread", "mean", "classes", "data", "licence", "neuropil"):
        assert made.metadata[key] == ships.metadata[key]
    assert made.metadata["temperature"] != "1.0"
    assert len(app(Image(few.held_out.pixels[0]), top=11).guesses) == 11
    assert cli.run(words) == 2, "a second time would overwrite it"


def test_labels_are_smoothed() -> None:
    logits = torch.tensor([[4.0] + [0.0] * 9])

    def stub(picture: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        return logits, None, None

    batch = {"picture": torch.zeros(1), "label": torch.zeros(1)}
    log_p = logits.log_softmax(dim=1)[0]
    smooth = -(0.8 * log_p[0] + 0.2 * log_p.mean())
    assert train.loss(stub, batch) == pytest.approx(smooth.item())  # type: ignore[arg-type]
    assert train.loss(stub, batch, smoothing=0.0) == pytest.approx(-log_p[0].item())  # type: ignore[arg-type]
