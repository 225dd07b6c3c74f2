"""Averaged weights: written beside a training, and begun from by the next."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import onnx
import pytest
import torch
from refusals import refused
from tiny_recipe import STEPS, tiny
from torch import nn

from neuropil.training import averages
from neuropil.training.fit import fit

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module", autouse=True)
def _few_looks() -> Iterator[None]:
    """Look at a training twice and not twenty times: to draw its curve takes longer than to train.

    Averages are those of the last look, and of the end.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("neuropil.training.fit.EVALUATIONS", 2)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("first")
    fit(tiny(), data=Path(), out=out, device="cpu")
    return out


def test_a_training_leaves_its_averaged_weights_in_16_bits(folder: Path) -> None:
    with np.load(folder / averages.FILE) as file:
        about = json.loads(str(file[averages.ABOUT]))
        kinds = {file[name].dtype for name in file.files if name != averages.ABOUT}
    assert about["step"] == about["steps"] == STEPS
    assert about["recipe"] == tiny().name
    assert np.dtype(np.float16) in kinds
    assert np.dtype(np.float32) not in kinds


def test_a_stage_begins_where_the_last_one_ended(folder: Path, tmp_path: Path) -> None:
    network = tiny().network()
    averages.load(network, folder / averages.FILE)
    with np.load(folder / averages.FILE) as file:
        for name, tensor in network.state_dict().items():
            assert np.array_equal(tensor.numpy(), file[name].astype(tensor.numpy().dtype))
    fit(tiny(), data=Path(), out=tmp_path, device="cpu", init=[folder / averages.FILE])
    with np.load(folder / averages.FILE) as one, np.load(tmp_path / averages.FILE) as two:
        assert any(not np.array_equal(one[name], two[name]) for name in network.state_dict())


def test_of_several_files_the_mean_is_begun_with(tmp_path: Path) -> None:
    files = [tmp_path / f"{n}.npz" for n in (1, 2)]
    for n, file in enumerate(files):
        one = nn.Linear(2, 3)
        nn.init.constant_(one.weight, 1.0 + 2 * n)
        averages.save(one.state_dict(), {"steps": n}, file)
    network = nn.Linear(2, 3)
    assert averages.load(network, *files) == [{"steps": 0}, {"steps": 1}]
    assert (network.weight == 2).all()


@pytest.mark.parametrize("about", ["", "{", "[1]"])
def test_weights_are_read_without_how_they_came_about(about: str, tmp_path: Path) -> None:
    network = nn.Linear(2, 3)
    arrays = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    np.savez(tmp_path / "a.npz", about=about, **arrays)
    assert averages.load(network, tmp_path / "a.npz") == [{}]


def test_no_step_keeps_what_was_begun_with(folder: Path, tmp_path: Path) -> None:
    none = replace(tiny(), steps=0)
    init = [folder / averages.FILE] * 2
    path = fit(none, data=Path(), out=tmp_path / "kept", device="cpu", init=init)
    with np.load(folder / averages.FILE) as one, np.load(tmp_path / "kept" / averages.FILE) as two:
        assert all(np.array_equal(one[name], two[name]) for name in tiny().network().state_dict())
    told = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert [each["steps"] for each in json.loads(told["init"])] == [STEPS, STEPS]
    with refused("training.setting", "--init"):
        fit(none, data=Path(), out=tmp_path / "nothing", device="cpu")
    assert not (tmp_path / "nothing").exists()


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    one, other, deeper = nn.Linear(2, 3), nn.Linear(3, 3), nn.Sequential(nn.Linear(2, 3))
    averages.save(one.state_dict(), {}, tmp_path / "a.npz")
    for network, named in ((other, "weight"), (deeper, "0.bias")):
        with refused("network.mismatch", "a.npz", named):
            averages.load(network, tmp_path / "a.npz")
    again = nn.Linear(2, 3)
    averages.load(again, tmp_path / "a.npz")
    assert torch.equal(again.weight, one.weight.half().float())


@pytest.mark.parametrize("content", [b"no archive", b"PK\x03\x04half of one"])
def test_what_holds_no_weights_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with refused("network.damaged", path):
        averages.load(nn.Linear(2, 3), path)
    with refused("input.missing", "b.npz"):
        averages.load(nn.Linear(2, 3), tmp_path / "b.npz")


def test_weights_are_unpacked_up_to_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, weight=np.zeros((1000, 1000)))
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(averages, "MOST_BYTES", 8_000_000)
    with refused("input.too_large", path):
        averages.load(nn.Linear(2, 3), path)


@pytest.mark.parametrize("content", [{"weight.npy": b"no array"}, {}])
def test_an_archive_of_something_else_is_refused(content: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with ZipFile(path, "w") as archive:
        for name, its in content.items():
            archive.writestr(name, its)
    with refused("network.damaged" if content else "network.mismatch", path):
        averages.load(nn.Linear(2, 3), path)
