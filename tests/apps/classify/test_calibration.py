"""The last touch: temperature, and the neuron that says none of them."""

import json
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.classify.app import CLASSIFIER, Classify
from neuropil.apps.classify.lab import calibration, data
from neuropil.apps.classify.lab.data import LabeledImages
from neuropil.apps.classify.preprocess import CLASSES
from neuropil.kit.media.image import Image
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.training.split import Split


def test_calibration_error_by_hand() -> None:
    p = np.array([[0.95, 0.05], [0.95, 0.05], [0.6, 0.4], [0.4, 0.6]])
    labels = np.array([0, 1, 0, 1])  # at 0.95 half are right, at 0.6 all
    assert calibration.calibration_error(p, labels) == pytest.approx((2 * 0.45 + 2 * 0.4) / 4)
    sure = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert calibration.calibration_error(sure, np.array([0, 1])) == 0


def archive(folder: Path, names: list[str]) -> None:
    with zipfile.ZipFile(folder / "photos-0.zip", "w") as files:
        for name in names:
            noise = np.random.default_rng(len(name)).integers(256, size=(40, 60, 3), dtype=np.uint8)
            files.writestr(name, Image(noise).png())


def test_ranges_say_what_photographs_show(tmp_path: Path) -> None:
    names = ["caltech101/00840.png", "caltech101/00001.png", "caltech101/02545.png"]
    archive(tmp_path, [*names, "food/00003.png", "unknown/00001.png", "imagenette/05000.png"])
    found = [(name, shows) for _, name, shows in calibration.list_photos(tmp_path)]
    assert sorted(found) == [
        ("caltech101/00840.png", "airplane"),
        ("caltech101/02545.png", "dog"),
        ("food/00003.png", "none"),
        ("imagenette/05000.png", "truck"),
    ]


def test_without_photographs_it_says_so(tmp_path: Path) -> None:
    with refused("data.missing", tmp_path, "photos-0.zip"):
        list(calibration.list_photos(tmp_path))


def test_long_ranges_are_thinned_out(tmp_path: Path) -> None:
    archive(tmp_path, [f"food/{n:05}.png" for n in range(250)])
    found = [name for _, name, _ in calibration.list_photos(tmp_path)]
    assert found == [f"food/{n:05}.png" for n in range(0, 250, 3)]


def test_ranges_are_of_known_classes_and_do_not_overlap() -> None:
    for ranges in calibration.RANGES.values():
        assert all(first <= last for first, last, _ in ranges)
        ordered = sorted(ranges)
        assert all(a[1] < b[0] for a, b in pairwise(ordered))
    shown = {shows for ranges in calibration.RANGES.values() for _, _, shows in ranges}
    assert shown <= {*CLASSES, "cat or dog", "none"}
    assert {*CLASSES} - shown == {"deer", "frog", "cat"}


def test_a_network_is_calibrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dark pictures count as none of the classes, and random ones as dogs."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(256, size=(40, 32, 32, 3), dtype=np.uint8)
    held = LabeledImages(pixels, np.arange(40) % 10)
    dark = [(Image(p // 8), "none") for p in pixels[:20]]
    light = [(Image(p), "dog") for p in pixels[20:]]
    monkeypatch.setattr(data, "examples", lambda folder: Split(held, held))
    monkeypatch.setattr(calibration, "labeled_photos", lambda folder: iter([*dark, *light]))
    shipped = Classify.networks[CLASSIFIER].path
    model = calibration.calibrate(OnnxNetwork(shipped), tmp_path)
    model.save(tmp_path / "made.onnx")
    network = OnnxNetwork(tmp_path / "made.onnx")
    told = json.loads(network.metadata["scores"])
    assert told["outside_pictures"] == 80
    assert 0 <= told["held_out_calibration_error"] <= 1
    assert float(network.metadata["temperature"]) > 0
    made = Classify(networks=[tmp_path / "made.onnx"]).classifier()
    assert made.predict(dark[0][0]).p_none > 0.5 > made.predict(light[0][0]).p_none
