"""The benchmark of the colorizer."""

from pathlib import Path

import pytest
import torch
from refusals import refused

from neuropil.apps.colorize.app import Colorize
from neuropil.apps.colorize.lab import bench


def test_a_folder_without_photographs_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "speed", lambda app: pytest.fail("measured"))
    with refused("data.missing", tmp_path, "photographs"):
        bench.measure(tmp_path)


def test_peers_are_made_and_run_without_a_change_to_torch(tmp_path: Path) -> None:
    assert torch.is_grad_enabled()
    peers = bench.network_peers(Colorize(), tmp_path)
    assert torch.is_grad_enabled()
    assert len(peers) == 2
    for run in peers.values():
        run()
    made = peers["neuropil, torch eager, without the eye"]()
    tensor = made if isinstance(made, torch.Tensor) else made[0]  # type: ignore[index]
    assert not tensor.requires_grad
    assert torch.is_grad_enabled()
