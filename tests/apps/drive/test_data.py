"""Recorded drives: written, read, made into batches; and the network that learns from them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from refusals import refused

from neuropil.apps.classify.app import CLASSIFIER, Classify
from neuropil.apps.drive import preprocess, simulator
from neuropil.apps.drive.controls import Controls
from neuropil.apps.drive.lab import collect, data, train
from neuropil.apps.drive.lab.model import DriveNet
from neuropil.surfaces.cli import main as cli
from neuropil.training.step import TrainingStep

SEED = 40_003


def made(folder: Path, seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    np.savez(
        folder / f"{seed}-expert.npz",
        pictures=rng.integers(256, size=(n, 96, 96, 3), dtype=np.uint8),
        controls=rng.random((n, 3), np.float32),
    )


def test_tracks_are_held_out_whole(tmp_path: Path) -> None:
    for seed, n in ((40_001, 3), (40_002, 4), (40_010, 5)):
        made(tmp_path, seed, n)
    found = data.examples(tmp_path)
    assert (len(found.train.pictures), len(found.held_out.controls)) == (7, 5)
    for name in ("40010-expert.npz", "40001-expert.npz"):
        (tmp_path / name).unlink()
        with refused("data.missing", tmp_path, "neuropil train drive --stage collect -o"):
            data.examples(tmp_path)


def test_a_batch_pairs_pictures_with_controls(tmp_path: Path) -> None:
    for seed in (1, 10):
        made(tmp_path, seed, 20)
    found = data.examples(tmp_path)
    batch = data.batch(found, TrainingStep(0, 3, 9))
    again = data.batch(found, TrainingStep(0, 3, 9))
    assert np.array_equal(batch["picture"], again["picture"])
    assert batch["picture"].shape == (data.BATCH, 3, 96, 96)
    for picture, told in zip(batch["picture"][:9], batch["controls"][:9], strict=True):
        (which,) = np.flatnonzero((found.train.controls == told).all(axis=1))
        assert np.array_equal(preprocess.encode(found.train.pictures[which][None])[0], picture)


def test_drives_are_read_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in (1, 10):
        made(tmp_path, seed, 20)
    unpacked = 20 * (96 * 96 * 3 + 3 * 4) + 2 * 128  # with the headers
    monkeypatch.setattr(data, "MOST_BYTES", unpacked)
    assert len(data.examples(tmp_path).train.pictures) == 20
    monkeypatch.setattr(data, "MOST_BYTES", unpacked - 1)
    with refused("input.too_large", "1-expert.npz"):
        data.examples(tmp_path)
    (tmp_path / "1-expert.npz").write_bytes(b"no drive")
    with refused("input.damaged", "1-expert.npz"):
        data.examples(tmp_path)
    np.savez(tmp_path / "1-expert.npz", pictures=np.zeros((1, 96, 96, 3), np.uint8))
    with refused("input.damaged", "1-expert.npz"):
        data.examples(tmp_path)


def test_the_score_is_not_to_be_seen() -> None:
    x = preprocess.encode(np.full((1, 96, 96, 3), 255, np.uint8))
    assert (x[0, :, 84:, :12] == -1).all()
    assert (x[0, :, :84] == 1).all()
    assert (x[0, :, 84:, 12:] == 1).all()
    preprocess.require_camera_frame((96, 96, 3), "a.mp4 has frames")
    with refused("input.content", "a.mp4", "640 × 480", "96 × 96"):
        preprocess.require_camera_frame((480, 640, 3), "a.mp4 has frames")


def test_a_drive_is_recorded_once(tmp_path: Path) -> None:
    words = ["train", "drive", "--stage", "collect", "-o", str(tmp_path / "new")]
    words += ["--set", "tracks=1", "--set", f"first={SEED}"]
    assert cli.run(words) == 0
    (file,) = (tmp_path / "new").iterdir()
    assert file.name == f"{SEED}-expert.npz"
    before = file.stat().st_mtime_ns
    assert cli.run(words) == 0
    assert file.stat().st_mtime_ns == before
    with np.load(file) as drive:
        assert drive["pictures"].shape == (len(drive["controls"]), 96, 96, 3)
        assert len(drive["controls"]) > 300
        assert np.abs(drive["controls"][:, 0]).max() <= 1


def test_a_network_that_drives_names_its_drives(
    tmp_path: Path, untaught: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulator, "MAX_STEPS", 3)
    file = collect.collect_to_file(tmp_path, untaught, SEED)
    assert file.name == f"{SEED}-{untaught.parent.name}.npz"
    with np.load(file) as drive:
        assert len(drive["pictures"]) == len(drive["controls"]) == 3


def test_only_a_network_that_drives_can_drive(tmp_path: Path) -> None:
    with refused("network.mismatch", "classify"):
        collect.collect_drives(
            tmp_path / "new", network=Classify.networks[CLASSIFIER].path, tracks=1, first=SEED
        )
    assert not (tmp_path / "new").exists()


def test_whoever_drives_the_expert_says_what_it_would_do() -> None:
    """Who never steers leaves the road at the first curve, and is told to turn back."""
    straight = list(
        collect.collect(SEED, lambda picture: Controls(0.0, 0.5, 0.0), np.random.default_rng(0))
    )
    assert len(straight) < 400, "it is given up once it has strayed too far"
    assert all(told.steer < -0.4 for _, told in straight[-5:])


def test_the_network_learns_and_is_small(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = DriveNet()
    assert sum(p.numel() for p in network.parameters()) * 2 < 1_000_000  # bytes, in float16
    for seed in (1, 10):
        made(tmp_path, seed, 30)
    found = data.examples(tmp_path)
    arrays = data.batch(found, TrainingStep())
    batch = {name: torch.from_numpy(array) for name, array in arrays.items()}
    optimizer = train.driver().optimizer(network, 1e-3)
    losses = []
    for _ in range(8):
        loss = train.loss(network, batch)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    steering, pedals, *_ = network(batch["picture"])
    assert steering.abs().max() <= 1
    assert 0 <= pedals.min() <= pedals.max() <= 1
    assert set(train.score(network.eval(), found)) == {"steer", "gas", "brake"}
