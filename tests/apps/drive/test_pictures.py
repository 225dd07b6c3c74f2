"""What is drawn of drives, and what of the road the network looks at."""

from pathlib import Path

import numpy as np
import pytest
import torch

from neuropil.apps.drive import render
from neuropil.apps.drive.app import DRIVER, Drive, DriveResult
from neuropil.apps.drive.lab.model import DriveNet
from neuropil.apps.drive.preprocess import ROAD, encode
from neuropil.apps.drive.rollout import (
    DriveLog,
    DriveStep,
    RecordedDrive,
    compress_pixels,
    run_network,
)
from neuropil.apps.drive.saliency import saliency_map, steering_network
from neuropil.kit.networks.onnx_file import OnnxFile


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(256, size=(96, 96, 3), dtype=np.uint8)


def test_the_network_in_numpy_steers_as_the_one_in_the_file(app: Drive) -> None:
    there = steering_network(OnnxFile(app.network(DRIVER).content)).predict(encode(noise()[None]))
    assert there == pytest.approx(run_network(app.network(DRIVER), noise())["steering"], abs=1e-5)


def test_what_is_looked_at_is_the_gradient(untaught: Path) -> None:
    """Torch differentiates a network with the same weights; the road's largest count as much."""
    network, twin = steering_network(OnnxFile.open(untaught)), DriveNet().eval()
    names = [name for name, _ in twin.named_parameters() if not name.startswith("pedals")]
    for name, weights in zip(names, network.parameters().values(), strict=True):
        twin.get_parameter(name).data = torch.from_numpy(weights.value.copy())
    x = torch.from_numpy(encode(noise()[None]).copy()).requires_grad_()
    twin(x)[0].sum().backward()
    assert x.grad is not None
    moves = x.grad[0].abs().sum(dim=0).numpy()[:ROAD]
    found = saliency_map(network, noise())
    assert found.shape == (96, 96)
    assert found[:ROAD] == pytest.approx(np.minimum(moves / np.percentile(moves, 99), 1), abs=1e-3)
    assert (found[ROAD:] == 0).all()


def lap(steering: float = 0.0, gas: float = 0.0, brake: float = 0.0) -> RecordedDrive:
    instant = DriveStep(0, steering, gas, brake, 10.0, 0.0, 0.0, 1.5)
    square = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0))
    picture = np.full((96, 96, 3), 100, np.uint8)
    return RecordedDrive(DriveLog(7, 1.5, (instant, instant)), square, [compress_pixels(picture)])


def drawn(taped: RecordedDrive) -> np.ndarray:
    return render.draw_frame(taped.lap.seed, taped.picture(0), taped.lap.instants[0]).astype(int)


def test_what_is_looked_at_is_violet(untaught: Path) -> None:
    network, grey = steering_network(OnnxFile.open(untaught)), np.full((96, 96, 3), 100, np.uint8)
    amount = saliency_map(network, grey)
    lit = render.overlay_saliency(network, grey).astype(int)
    most = np.unravel_index(amount.argmax(), amount.shape)
    assert lit[most][2] > lit[most][0] > lit[most][1]
    assert (lit[amount == 0] == 100).all()


def test_pedals_and_wheel_are_shown() -> None:
    still = drawn(lap())
    for changed, columns in ((lap(gas=1.0), (518, 544)), (lap(brake=1.0), (576, 602))):
        off = np.abs(drawn(changed) - still).sum(axis=(0, 2))
        assert off[slice(*columns)].sum() > 0.95 * off.sum() > 0
    turned = np.abs(drawn(lap(steering=0.5)) - still).sum(axis=(1, 2))
    assert turned[60:200].sum() == turned.sum() > 0
    assert (drawn(lap(steering=0.5)) != drawn(lap(steering=-0.5))).any()


def test_a_map_shows_road_and_way(drove: DriveResult) -> None:
    assert drove.map
    assert drove.map.pixels.shape == (render.MAP, 2 * render.MAP, 3)
    colors = {tuple(color) for color in drove.map.pixels.reshape(-1, 3).tolist()}
    assert (0x66, 0x66, 0x66) in colors
    assert any(green > 150 > red for red, green, _ in colors), "the way, where it was fast"


def test_maps_are_set_in_rows() -> None:
    assert render.draw_maps([lap()] * 5).pixels.shape[:2] == (2 * render.MAP, 3 * render.MAP)
